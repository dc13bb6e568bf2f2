//! `policy check`, `policy explain` and `policy trust`.

pub mod trust;

use std::path::Path;

use pinfold_core::name::Label;
use pinfold_core::text::visible_path;
use pinfold_store::{Access, HomeStanding};
use pinfold_verifier::policy::{LabelPolicy, MAX_POLICY_LABELS, Policy};
use serde::Serialize;

use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem};
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

#[derive(Default, Serialize)]
struct ExplainBody {
    file: Option<String>,
    /// `file` or `default`.
    source: Option<&'static str>,
    digest: Option<String>,
    /// Whether decisions may be taken by it; a home folder that is not the account's may only narrow.
    home: Option<&'static str>,
    notify_desktop: Option<bool>,
    servers: Vec<ServerPart>,
}

#[derive(Serialize)]
struct ServerPart {
    /// `null`: every server without a section of its own.
    label: Option<String>,
    own_section: bool,
    elicitation: &'static str,
    sampling: &'static str,
    roots: &'static str,
}

/// Says what is in force.
pub fn explain(label: Option<&str>, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/policy-explain/v1";
    let mut body = ExplainBody::default();
    match fill(label, &mut body) {
        Ok(()) => {
            print(&body, output);
            output.finish(SCHEMA, &body, Exit::Done, None)
        }
        Err(problem) => output.finish(SCHEMA, &body, Exit::Undetermined, Some(&problem)),
    }
}

fn fill(label: Option<&str>, body: &mut ExplainBody) -> Result<(), Problem> {
    let label = label.map(super::parse_label).transpose()?;
    let places = home::places()?;
    let path = places.policy();
    body.file = Some(visible_path(&path));
    let (policy, source) = match policy_file::read(&path) {
        Err(fault) if fault.is_absent() => (Policy::default(), "default"),
        read => (read.map_err(|fault| fault.problem())?, "file"),
    };
    body.source = Some(source);
    body.digest = Some(policy.digest().to_string());
    body.notify_desktop = Some(policy.notify_desktop());
    // A store that cannot be read does not keep anyone from reading the policy.
    body.home = home::store(Access::Read).ok().map(|store| match store.home_standing() {
        HomeStanding::Account => "account",
        HomeStanding::OtherDecided => "other-decided",
        HomeStanding::OtherUndecided => "other-undecided",
    });
    match label {
        Some(label) => {
            let own = policy.labels().any(|known| *known == *label.key());
            body.servers.push(part(Some(label.as_str()), own, policy.for_label(&label)));
        }
        None => {
            body.servers.push(part(None, false, policy.for_label(&unlisted(&policy))));
            for known in policy.labels() {
                if let Ok(label) = known.parse::<Label>() {
                    body.servers.push(part(Some(known), true, policy.for_label(&label)));
                }
            }
        }
    }
    Ok(())
}

/// A label that has no section, so that it shows what holds for all others.
fn unlisted(policy: &Policy) -> Label {
    (0..=MAX_POLICY_LABELS)
        .map(|number| format!("other-{number}"))
        .find(|name| policy.labels().all(|known| known != name))
        .and_then(|name| name.parse().ok())
        .expect("a policy has fewer sections than there are such names, and each is a label")
}

fn part(label: Option<&str>, own_section: bool, policy: LabelPolicy) -> ServerPart {
    ServerPart {
        label: label.map(str::to_owned),
        own_section,
        elicitation: policy.elicitation.as_str(),
        sampling: policy.sampling.as_str(),
        roots: policy.roots.as_str(),
    }
}

fn print(body: &ExplainBody, output: &mut Output<'_>) {
    let file = body.file.as_deref().unwrap_or_default();
    match body.source {
        Some("file") => output.line(format!("In force: {file}")),
        _ => output.line(format!("In force: the defaults; there is no {file}")),
    }
    if body.home == Some("other-undecided") {
        output.line(
            "This HOME is not your account's and nothing was decided in it: its policy may only narrow.",
        );
    }
    let desktop = if body.notify_desktop == Some(true) { "yes" } else { "no" };
    output.line(format!("Desktop notifications: {desktop}"));
    for server in &body.servers {
        output.line("");
        match &server.label {
            Some(label) if server.own_section => {
                output.heading(format!("{label} (has a section of its own)"))
            }
            Some(label) => output.heading(format!("{label} (no section of its own)")),
            None => output.heading("every server without a section of its own"),
        }
        output.line(format!(
            "  elicitation  {:7}{}",
            server.elicitation,
            meaning(server.elicitation, "ask you something in mid-call")
        ));
        output.line(format!(
            "  sampling     {:7}{}",
            server.sampling,
            meaning(server.sampling, "ask the client's model something")
        ));
        output.line(format!(
            "  roots        {:7}{}",
            server.roots,
            meaning(server.roots, "see the client's folders")
        ));
    }
}

fn meaning(word: &str, what: &str) -> String {
    match word {
        "allow" => format!("the server may {what}, once its words are verified"),
        "ask" => format!("the server may not {what} until you approve it in `pinfold review`"),
        _ => format!("the server may not {what}"),
    }
}
