//! `log info`: the published head, who signed it, how old it is, and what the log is judged by.

use pinfold_core::text::visible_lines;
use serde::Serialize;

use super::Checks;
use super::which::{HeadPart, choose, head_line};
use crate::args::WhichLog;
use crate::exit::Exit;
use crate::output::{Output, Problem};

const SCHEMA: &str = "pinfold/log-info/v1";

#[derive(Default, Serialize)]
struct Body {
    head: Option<HeadPart>,
    /// The tlog-policy that the head was judged by.
    policy: Option<String>,
    checks: Checks,
}

/// Runs the command.
pub(super) fn run(which: &WhichLog, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = look(which, &mut body, output).map(|()| Exit::Done);
    output.end(SCHEMA, &body, done)
}

fn look(which: &WhichLog, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let asked = choose(which)?;
    let published = asked.published(output)?;
    output.heading(head_line(&published.part));
    published.say_checks(&mut body.checks, output);
    output.line("");
    output.line("The log is judged by this tlog-policy:");
    for line in visible_lines(asked.trusted.policy_text().trim_end()) {
        output.line(format!("  {line}"));
    }
    body.head = Some(published.part);
    body.policy = Some(asked.trusted.policy_text().to_owned());
    Ok(())
}
