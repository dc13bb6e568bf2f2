//! `policy explain`: what is in force, and who says so.

use pinfold_core::digest::ObjectKind;
use pinfold_core::name::Label;
use pinfold_core::pins::Pins;
use pinfold_core::text::{visible, visible_path};
use pinfold_store::{Access, HomeStanding};
use pinfold_verifier::policy::{LabelPolicy, MAX_POLICY_LABELS, Policy, ToolList};
use serde::Serialize;

use super::super::run::counted;
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem};
use crate::{policy_file, time};

#[derive(Default, Serialize)]
struct ExplainBody {
    file: Option<String>,
    /// `file` or `default`.
    source: Option<&'static str>,
    digest: Option<String>,
    /// Whether decisions may be taken by it; a home folder that is not the account's may only narrow.
    home: Option<&'static str>,
    notify_desktop: Option<bool>,
    /// The program that is run to tell you; its arguments are not printed.
    notify_command: Option<String>,
    /// The locks that you accept, by the digest of their files.
    locks: Vec<String>,
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
    start: &'static str,
    updates: &'static str,
    prose: &'static str,
    /// With its unit.
    min_age: String,
    deny: Vec<PatternPart>,
    confirm: Vec<PatternPart>,
    /// Whiles that are not over yet.
    allowed: Vec<AllowedPart>,
}

#[derive(Serialize)]
struct PatternPart {
    pattern: String,
    /// The approved tools of the label that it means; `null` where no label is asked about or the store is unreadable.
    tools: Option<Vec<String>>,
}

#[derive(Serialize)]
struct AllowedPart {
    tool: String,
    until: Option<String>,
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
    let label = label.map(super::super::parse_label).transpose()?;
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
    body.notify_command = policy.notify_command().map(|(program, _)| visible(program));
    body.locks = policy.locks().map(ToString::to_string).collect();
    // A store that cannot be read does not keep anyone from reading the policy.
    let store = home::store(Access::Read).ok();
    body.home = store.as_ref().map(|store| match store.home_standing() {
        HomeStanding::Account => "account",
        HomeStanding::OtherDecided => "other-decided",
        HomeStanding::OtherUndecided => "other-undecided",
    });
    let pins = store.as_ref().map(counted);
    match label {
        Some(label) => {
            let own = policy.labels().any(|known| *known == *label.key());
            body.servers.push(part(Some(&label), own, policy.for_label(&label), pins));
        }
        None => {
            body.servers.push(part(None, false, policy.for_label(&unlisted(&policy)), pins));
            for known in policy.labels() {
                if let Ok(label) = known.parse::<Label>() {
                    body.servers.push(part(Some(&label), true, policy.for_label(&label), pins));
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

fn part(label: Option<&Label>, own_section: bool, policy: LabelPolicy, pins: Option<&Pins>) -> ServerPart {
    let known = label.zip(pins).map(|(label, pins)| pins.label(label));
    let tools: Option<Vec<&str>> = known.map(|known| {
        let names = known.into_iter().flat_map(|known| known.objects());
        let tools = names.filter(|((kind, _), pins)| *kind == ObjectKind::Tool && pins.is_approved());
        tools.map(|((_, name), _)| name.as_str()).collect()
    });
    let now = time::now();
    let allowances = known.flatten().into_iter().flat_map(|known| known.allowances());
    let lasting = allowances.filter(|(_, allowance)| allowance.holds_at(now));
    ServerPart {
        label: label.map(ToString::to_string),
        own_section,
        elicitation: policy.elicitation.as_str(),
        sampling: policy.sampling.as_str(),
        roots: policy.roots.as_str(),
        start: policy.start.as_str(),
        updates: policy.updates.updates.as_str(),
        prose: policy.updates.prose.as_str(),
        min_age: policy.updates.min_age.to_string(),
        deny: patterns(&policy.deny, tools.as_deref()),
        confirm: patterns(&policy.confirm, tools.as_deref()),
        allowed: lasting
            .map(|(tool, allowance)| AllowedPart {
                tool: tool.to_owned(),
                until: time::for_programs(allowance.until),
            })
            .collect(),
    }
}

fn patterns(list: &ToolList, tools: Option<&[&str]>) -> Vec<PatternPart> {
    list.patterns()
        .map(|pattern| PatternPart {
            pattern: pattern.to_string(),
            tools: tools.map(|tools| {
                tools.iter().filter(|tool| pattern.matches(tool)).map(|tool| (*tool).to_owned()).collect()
            }),
        })
        .collect()
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
    if let Some(program) = &body.notify_command {
        output.line(format!("Run to tell you: {program}"));
    }
    for lock in &body.locks {
        output.line(format!("Lock that you accept: {lock}"));
    }
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
        let when = if server.start == "on-call" { "at its first call" } else { "with its client" };
        output.line(format!("  start        {:7}the server is started {when}", server.start));
        updates(server, output);
        tools("deny", "never listed, never called", &server.deny, output);
        tools("confirm", "each call waits for `pinfold policy allow`", &server.confirm, output);
        for one in &server.allowed {
            let until = time::read_for_people(one.until.as_deref());
            output.line(format!("               {} may be called until {until}", one.tool));
        }
    }
}

fn updates(server: &ServerPart, output: &mut Output<'_>) {
    let what = match server.updates {
        "signed" => "published updates that add no power pass",
        "approved-words" => {
            "published updates that add no power pass, words around them stay the approved ones"
        }
        _ => return output.line("  updates      ask    every change waits for you in `pinfold review`"),
    };
    let words = if server.prose == "allow" { "other words too" } else { "no other words" };
    output.line(format!(
        "  updates      {}: {what}, {} after release; {words}",
        server.updates, server.min_age
    ));
    if server.updates == "approved-words" {
        output.line(
            "               what a release adds is kept out without a question (`review LABEL --unseen`)",
        );
    }
}

fn tools(member: &str, what: &str, list: &[PatternPart], output: &mut Output<'_>) {
    if list.is_empty() {
        return;
    }
    output.line(format!("  {member:13}{what}:"));
    for one in list {
        let means = match one.tools.as_deref() {
            None => String::new(),
            Some([]) => "  (no approved tool has such a name)".to_owned(),
            Some(tools) if tools == [one.pattern.as_str()] => String::new(),
            Some(tools) => format!("  ({})", tools.join(" ")),
        };
        output.line(format!("               {}{means}", one.pattern));
    }
}

fn meaning(word: &str, what: &str) -> String {
    match word {
        "allow" => format!("the server may {what}, once its words are verified"),
        "ask" => format!("the server may not {what} until you approve it in `pinfold review`"),
        _ => format!("the server may not {what}"),
    }
}
