//! `policy allow`: lets a tool that the policy wants confirmed be called for a while, at the terminal.

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::name::{Label, is_tool_name};
use pinfold_core::pins::{Decision, MAX_ALLOWED_SECONDS, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_core::text::visible;
use pinfold_store::{Access, Places, Ruling, Store, StoreError};
use pinfold_verifier::policy::{Policy, ToolRule};
use serde::Serialize;

use super::super::review::tell;
use super::super::run::counted;
use crate::challenge::Shown;
use crate::commands::status::unknown;
use crate::exit::Exit;
use crate::home;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::policy_file;
use crate::screen::{Mark, Screen};
use crate::terminal::Terminal;
use crate::time;

const SCHEMA: &str = "pinfold/policy-allow/v1";

#[derive(Default, Serialize)]
struct Body {
    label: Option<String>,
    tool: Option<String>,
    seconds: Option<u64>,
    /// When calls are refused again.
    until: Option<String>,
    /// `allowed`, `free` (the policy asks for nothing), `waits` or `refused`.
    verdict: Option<&'static str>,
}

/// Runs the command.
pub fn run(label: &str, tool: &str, seconds: u64, output: &mut Output<'_>) -> Exit {
    let mut body = Body { seconds: Some(seconds), ..Body::default() };
    match allow(label, tool, seconds, &mut body, output) {
        Ok(()) => output.finish(SCHEMA, &body, Exit::Done, None),
        Err(problem) => {
            body.verdict = match problem.exit {
                Exit::Waits => Some("waits"),
                Exit::Refused => Some("refused"),
                _ => None,
            };
            output.finish(SCHEMA, &body, problem.exit, Some(&problem))
        }
    }
}

/// Reads how long: a whole number with `s`, `m` or `h` behind it, a day at most.
///
/// # Errors
/// What is wrong, for the line of usage.
pub fn seconds_of(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{}` is no time; write 90s, 10m or 2h", visible(text));
    let unit = text.chars().last().ok_or_else(wrong)?;
    let each = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let seconds = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(each));
    match seconds {
        Some(seconds @ 1..=MAX_ALLOWED_SECONDS) => Ok(seconds),
        _ => Err("calls are allowed for one second at least and a day (24h) at most".to_owned()),
    }
}

fn allow(
    label: &str,
    tool: &str,
    seconds: u64,
    body: &mut Body,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let label = super::super::parse_label(label)?;
    if !is_tool_name(tool) {
        return Err(Problem::new(
            Exit::Usage,
            "NAME_INVALID",
            format!("`{}` is not the name of a tool", visible(tool)),
            "name one tool, as `pinfold status LABEL` lists it; a policy's `prefix*` is not one",
        ));
    }
    body.label = Some(label.to_string());
    body.tool = Some(tool.to_owned());
    let places = home::places()?;
    let (policy, digest) = policy_of(&places)?;
    let pattern = match policy.for_label(&label).tool(tool) {
        ToolRule::Confirm(pattern) => pattern.to_string(),
        ToolRule::Deny(pattern) => return Err(denied(&label, tool, pattern.as_str())),
        ToolRule::Free => {
            let seen = Store::open(&places, Access::Read).map_err(|error| home::problem(&error))?;
            approved_digest(&seen, &label, tool)?;
            body.verdict = Some("free");
            output.line(format!("Your policy wants no yes for `{tool}` of `{label}`; nothing was decided."));
            return Ok(());
        }
    };
    let seen = Store::open(&places, Access::Read).map_err(|error| home::problem(&error))?;
    let approved = approved_digest(&seen, &label, tool)?;
    let command = format!("pinfold policy allow {label} {tool} --for {seconds}s");
    if output.is_json() {
        return Err(waits(&command));
    }
    let terminal = Terminal::open(|name| std::env::var_os(name)).map_err(|none| none.problem(&command))?;
    let (screen, shown) = page(&seen, &label, tool, &pattern, seconds, &approved);
    let answer = terminal
        .ask_page(&screen, &shown, Offers::default())
        .map_err(|error| Problem::terminal_lost(&error, "nothing was decided"))?;
    if answer != Answer::Approve {
        return Err(Problem::new(
            Exit::Refused,
            "NOT_ALLOWED",
            format!("nothing was decided: calls of `{tool}` are refused as before"),
            "run the same command again if it shall be called",
        ));
    }
    let now = time::now();
    let until = UnixSeconds(now.0 + seconds);
    record(
        &places,
        &seen,
        Decision::CallAllowed { label: label.clone(), tool: tool.to_owned(), until },
        now,
        digest,
    )?;
    body.verdict = Some("allowed");
    body.until = time::for_programs(until);
    tell(&format!("Calls of a tool of {label} were allowed at a terminal for {}.", spoken(seconds)), &places);
    output.line(format!("`{tool}` of `{label}` may be called until {}.", time::for_people(until)));
    Ok(())
}

fn policy_of(places: &Places) -> Result<(Policy, Option<Digest>), Problem> {
    match policy_file::read(&places.policy()) {
        Ok(policy) => {
            let digest = policy.digest();
            Ok((policy, Some(digest)))
        }
        Err(fault) if fault.is_absent() => Ok((Policy::default(), None)),
        Err(fault) => Err(fault.problem()),
    }
}

/// The words of the tool that a person approved last; without any, no call is made anyway.
fn approved_digest(store: &Store, label: &Label, tool: &str) -> Result<Digest, Problem> {
    if store.pins().label(label).is_none() {
        return Err(unknown(label));
    }
    let known = counted(store).label(label).filter(|known| known.is_known());
    let name = known.and_then(|known| known.name(ObjectKind::Tool, tool));
    name.filter(|name| name.is_approved()).and_then(|name| name.latest()).ok_or_else(|| {
        Problem::new(
            Exit::Refused,
            ReasonCode::ToolNotApproved.as_str(),
            format!("`{label}` has no approved tool `{tool}`, so no call of it could be made"),
            format!("`pinfold status {label}` lists what is approved and what is held"),
        )
    })
}

fn page(
    store: &Store,
    label: &Label,
    tool: &str,
    pattern: &str,
    seconds: u64,
    approved: &Digest,
) -> (Screen, Shown) {
    let mut screen = Screen::new();
    screen.heading(format!("Let `{tool}` of `{label}` be called for {}", spoken(seconds)));
    screen.gap();
    screen.own(format!("Your policy wants a yes for it (confirm: {pattern})."));
    match store.object(approved).ok().and_then(|object| description(&object.bytes)) {
        Some(text) => {
            screen.own("What it says it does, as you approved it:");
            screen.foreign(Mark::Plain, &text);
        }
        None => screen.own("It has no description."),
    }
    screen.gap();
    screen.own(format!(
        "A yes means: whatever a client asks of this tool in the next {} is done without a further question.",
        spoken(seconds)
    ));
    let mut shown = Shown::new("allow", &label.key());
    shown.answer("tool", tool);
    shown.answer("seconds", &seconds.to_string());
    shown.digest("approved", approved);
    (screen, shown)
}

fn description(bytes: &[u8]) -> Option<String> {
    let object = read(bytes, &ReadLimits::OWN).ok()?;
    object.get("description").and_then(Value::as_str).map(str::to_owned)
}

fn record(
    places: &Places,
    seen: &Store,
    decision: Decision,
    at: UnixSeconds,
    policy: Option<Digest>,
) -> Result<(), Problem> {
    let mut store = Store::open(places, Access::Write).map_err(|error| home::problem(&error))?;
    let ruling = Ruling { at, policy, seen: seen.head(), decisions: vec![decision], objects: Vec::new() };
    match store.decide(ruling) {
        Ok(_) => Ok(()),
        Err(StoreError::Raced) => Err(Problem::new(
            Exit::Refused,
            "CHANGED_WHILE_SHOWN",
            "something about this server was decided before you answered; no call was allowed",
            "run the same command again",
        )),
        Err(other) => Err(home::problem(&other)),
    }
}

fn denied(label: &Label, tool: &str, pattern: &str) -> Problem {
    Problem::new(
        Exit::Refused,
        ReasonCode::ToolDenied.as_str(),
        format!("your policy bars `{tool}` of `{label}` (deny: {pattern}), and that wins over every yes"),
        "take it out of `deny` in your policy file if it may be called",
    )
}

fn waits(command: &str) -> Problem {
    Problem::new(
        Exit::Waits,
        "CONFIRM_NEEDED",
        "a person has to decide this at a terminal",
        format!("run `{command}` yourself, in a terminal of your own that no agent started"),
    )
}

fn spoken(seconds: u64) -> String {
    let (count, unit) = match seconds {
        _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    crate::output::counted(count, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit_and_a_day_at_most() {
        for (text, seconds) in [("1s", 1), ("10m", 600), ("2h", 7_200), ("24h", 86_400), ("86400s", 86_400)] {
            assert_eq!(seconds_of(text), Ok(seconds));
        }
        for wrong in ["", "m", "10", "0m", "25h", "-1m", "1.5h", "+1m", "1d", "99999999999999999999s", "1µ"]
        {
            assert!(seconds_of(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn times_are_spoken_in_their_largest_whole_unit() {
        for (seconds, words) in [(1, "1 second"), (90, "90 seconds"), (600, "10 minutes"), (3_600, "1 hour")]
        {
            assert_eq!(spoken(seconds), words);
        }
    }
}
