//! `policy check`, `policy explain`, `policy allow` and `policy trust`.

pub mod allow;
mod explain;
pub mod trust;

pub use explain::explain;

use std::path::Path;

use pinfold_core::text::visible_path;
use serde::Serialize;

use crate::exit::Exit;
use crate::home;
use crate::output::Output;
use crate::policy_file::{self, PolicyFault};

#[derive(Default, Serialize)]
struct CheckBody {
    file: Option<String>,
    /// `valid`, `absent` or `invalid`.
    verdict: Option<&'static str>,
    line: Option<usize>,
    column: Option<usize>,
    labels: Vec<String>,
}

/// Says whether a policy file is valid. The user's own one may be absent; a named one may not.
pub fn check(file: Option<&Path>, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/policy-check/v1";
    let mut body = CheckBody::default();
    let path = match file {
        Some(path) => Ok(path.to_owned()),
        None => home::places().map(|places| places.policy()),
    };
    let path = match path {
        Ok(path) => path,
        Err(problem) => return output.finish(SCHEMA, &body, Exit::Undetermined, Some(&problem)),
    };
    let shown = visible_path(&path);
    body.file = Some(shown.clone());
    match policy_file::read(&path) {
        Ok(policy) => {
            body.verdict = Some("valid");
            body.labels = policy.labels().map(str::to_owned).collect();
            output.line(format!("{shown} is valid."));
            output.finish(SCHEMA, &body, Exit::Done, None)
        }
        Err(fault) if fault.is_absent() && file.is_none() => {
            body.verdict = Some("absent");
            output.line(format!("There is no {shown}; the defaults are in force."));
            output.finish(SCHEMA, &body, Exit::Done, None)
        }
        Err(fault) => {
            if let PolicyFault::Invalid(_, error) = &fault {
                (body.line, body.column) = (Some(error.line), Some(error.column));
            }
            let problem = fault.problem();
            body.verdict = (problem.exit == Exit::Usage).then_some("invalid");
            output.finish(SCHEMA, &body, Exit::Usage, Some(&problem))
        }
    }
}
