//! `status` as people read it.

use pinfold_core::text::visible;

use super::document::{Decided, Server, StorePart};
use super::{runs, vary};
use crate::commands::doctor::sentence;
use crate::output::Output;
use crate::parts::{HeldPart, WhyPart};
use crate::published::lookup::Lookup;
use crate::time;

/// What is unusual about the home folder.
pub(super) fn standing(store: Option<&StorePart>, output: &mut Output<'_>) {
    match store.map(|store| store.home) {
        Some("other-decided") => {
            output.line("This HOME is not your account's; decisions were made in it at a terminal.");
        }
        Some("other-undecided") => {
            output
                .line("This HOME is not your account's and nothing was decided in it: nothing is approved.");
        }
        _ => {}
    }
}

/// All servers, one line each.
pub(super) fn overview(servers: &[Server], output: &mut Output<'_>) {
    if servers.is_empty() {
        output.line(
            "No server is known yet. `pinfold protect` puts the servers of your MCP clients behind the gate.",
        );
    }
    let width = servers.iter().map(|server| server.label.len()).max().unwrap_or_default();
    for server in servers {
        output.line(format!("{:width$}  {}", server.label, summary(server)));
        entries(server, output);
    }
}

/// One server.
pub(super) fn server(server: &Server, output: &mut Output<'_>) {
    output.heading(&server.label);
    output.line(format!("  {}", summary(server)));
    if let Some(publisher) = &server.publisher {
        output.line(format!("  published by {}", publisher.line()));
        let asked = server.lookup.as_ref().map(Lookup::line);
        output.line(format!("    {}", asked.as_deref().unwrap_or("its log was not asked yet")));
        let update = server.update.iter().flat_map(|update| update.lines(&server.label));
        update.for_each(|line| output.line(format!("    {line}")));
    }
    for launch in &server.launches {
        output.line(format!("  launch {} since {}: {}", launch.state, day(&launch.since), launch.launch));
        if let Some(command) = &launch.command {
            output.line(format!("    {command}"));
        }
        if !launch.passes.is_empty() {
            output.line(format!("    let through although not declared: {}", launch.passes.join(" ")));
        }
        for difference in &launch.differences {
            output.line(format!("    now: {difference}"));
        }
        runs::print(&launch.interpreters, output);
    }
    for request in &server.requests {
        output.line(format!(
            "  launch waits since {}: {} ({})",
            day(&request.since),
            request.reason,
            request.launch
        ));
    }
    for hold in &server.server_holds {
        let place = at(&hold.pointer);
        output.line(format!("  whole server held since {}: {}{place}", day(&hold.since), hold.reason));
    }
    server.held.iter().for_each(|one| held(one, output));
    let count = |state: &str| server.decided.iter().filter(|one| one.state == state).count();
    if !server.decided.is_empty() {
        output.line(format!(
            "  decided: {} approved, {} retired, {} rejected",
            count("approved"),
            count("retired"),
            count("rejected")
        ));
    }
    let varying =
        server.decided.iter().filter(|one| one.state == "approved" && !one.may_vary.is_empty()).count();
    if varying > 0 {
        output.line(format!(
            "  parts of {varying} may vary; `pinfold status {} NAME` shows which",
            server.label
        ));
    }
    for one in server.decided.iter().filter(|one| one.state == "rejected") {
        output.line(format!(
            "  {} {} rejected since {}: {}",
            one.kind,
            one.name,
            day(&one.since),
            one.digest
        ));
    }
    for one in server.decided.iter().filter(|one| one.state == "approved" && one.missing_since.is_some()) {
        output.line(format!("  {} {} not listed since {}", one.kind, one.name, day(&one.missing_since)));
    }
    for ask in &server.asks {
        output.line(format!("  asks for {}: {} since {}", ask.name, ask.state, day(&ask.since)));
    }
    for gate in &server.gates {
        output.line(format!("  gate {} is {} since {}", gate.pid, gate.state, day(&gate.since)));
        if let Some(failure) = &gate.failure {
            output.line(format!("    {failure}"));
        }
        if !gate.withheld.is_empty() {
            output.line(format!("    withheld from the server: {}", visible(&gate.withheld.join(" "))));
        }
    }
    if server.junk_lines > 0 || server.dropped_notifications > 0 {
        output.line(format!(
            "  dropped: {} junk lines, {} notifications",
            server.junk_lines, server.dropped_notifications
        ));
    }
    rules(server, output);
    entries(server, output);
    if let Some(exit) = &server.last_exit {
        output.line(format!("  last end of the server, {}: {}", day(&exit.at), exit.how));
    }
    if server.is_held() {
        output.line(format!("  decide: pinfold review {}", server.label));
    }
}

/// One name of a server, every digest of it.
pub(super) fn names(server: &Server, output: &mut Output<'_>) {
    output.heading(&server.label);
    server.held.iter().for_each(|one| held(one, output));
    for one in &server.decided {
        output.line(format!(
            "  {} {} {} since {}: {}",
            one.kind,
            one.name,
            one.state,
            day(&one.since),
            one.digest
        ));
        if let (Some(_), "approved") = (&one.missing_since, one.state) {
            output.line(format!("    not listed since {}", day(&one.missing_since)));
        }
        vary::print(&one.may_vary, output);
    }
    let update = server.update.iter().flat_map(|update| update.lines(&server.label));
    update.for_each(|line| output.line(format!("  {line}")));
    rules(server, output);
}

/// What keeps entries of a server from the gate.
fn entries(server: &Server, output: &mut Output<'_>) {
    for finding in &server.entries {
        output.line(format!("  {}: {}", finding.code, sentence(finding)));
        output.line(format!("    in {}; {}", finding.file.as_deref().unwrap_or_default(), finding.fix));
    }
}

fn rules(server: &Server, output: &mut Output<'_>) {
    for one in &server.rules {
        let what = match (one.rule, &one.allowed_until) {
            ("deny", _) => "denied by your policy, neither listed nor called".to_owned(),
            (_, Some(_)) => format!("may be called until {}", day(&one.allowed_until)),
            _ => format!("each call waits for `pinfold policy allow {} {}`", server.label, one.name),
        };
        output.line(format!("  tool {}: {what} ({}: {})", one.name, one.rule, one.pattern));
    }
}

/// What was decided, the oldest first.
pub(super) fn history(decided: &[Decided], output: &mut Output<'_>) {
    if decided.is_empty() {
        output.line("Nothing was decided yet.");
    }
    for one in decided {
        output.line(&one.line);
    }
}

fn held(one: &HeldPart, output: &mut Output<'_>) {
    let WhyPart { kind, name, digest, reason, pointer, compared_with } = &one.object;
    let place = at(pointer);
    output.line(format!("  {kind} {name} held since {}: {reason}{place}", day(&one.since)));
    output.line(format!("    {}", meaning(reason)));
    if let Some(base) = compared_with {
        output.line(format!("    approved {base}"));
    }
    output.line(format!("    now      {digest}"));
    if !one.can_be_approved {
        output.line("    no yes lets it through; `pinfold review` says why");
    }
}

fn summary(server: &Server) -> String {
    let approved = server.decided.iter().filter(|one| one.state == "approved").count();
    let mut parts = vec![match (server.known, server.requests.is_empty()) {
        (true, true) if approved == 0 => "its command is approved, no word of it yet".to_owned(),
        (true, true) => format!("{approved} approved"),
        (true, false) => format!("{approved} approved, another launch waits"),
        (false, false) => "not approved, waits for you".to_owned(),
        (false, true) => "not approved".to_owned(),
    }];
    if !server.held.is_empty() {
        let mut reasons: Vec<&str> = server.held.iter().map(|one| one.object.reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        parts.push(format!("{} held ({})", server.held.len(), reasons.join(", ")));
    }
    if !server.server_holds.is_empty() {
        parts.push("held as a whole".to_owned());
    }
    if !server.gates.is_empty() {
        parts.push(format!("{} running", server.gates.len()));
    }
    parts.join(", ")
}

fn meaning(reason: &str) -> &'static str {
    reason.parse().map_or("", pinfold_core::reason::ReasonCode::meaning)
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}

/// A time of the document as people read it.
fn day(time: &Option<String>) -> String {
    time::read_for_people(time.as_deref())
}
