//! The verdict on one session: what was checked, what was wrong, and what is worth telling.

use serde_json::{Value, json};

use super::client::Client;

/// Faults of one session in the text report; one cause often has many.
const FAULTS_SHOWN: usize = 4;

/// Whether the client starts the server itself or through the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leg {
    /// The client starts the server.
    Unprotected,
    /// The client starts `pinfold run`, which starts the server.
    Gated,
}

impl Leg {
    /// The leg's name in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unprotected => "unprotected",
            Self::Gated => "gated",
        }
    }
}

/// One session judged.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// The client.
    pub(crate) client: Client,
    /// With or without the gate.
    pub(crate) leg: Leg,
    /// The row of the report.
    pub(crate) case: &'static str,
    /// One or two words for the table, such as `shown` or `held`.
    pub(crate) word: &'static str,
    /// How many things were checked.
    pub(crate) checks: usize,
    /// What was wrong; empty when all is well.
    pub(crate) faults: Vec<String>,
    /// What is no fault but should be known.
    pub(crate) notes: Vec<String>,
    /// Something reached the model or the server that never may.
    breached: bool,
    /// It passed at the second try.
    unsteady: bool,
    /// Whether its client had listed again by the last turn, in a session in which it was told to; `None`: it was not.
    listed_again: Option<bool>,
}

impl Verdict {
    /// A verdict without a check yet.
    pub(crate) fn new(client: Client, leg: Leg, case: &'static str) -> Self {
        Self {
            client,
            leg,
            case,
            word: "as approved",
            checks: 0,
            faults: Vec::new(),
            notes: Vec::new(),
            breached: false,
            unsteady: false,
            listed_again: None,
        }
    }

    /// Checks one thing; `fault` says what is wrong where it does not hold.
    pub(crate) fn check(&mut self, holds: bool, fault: impl Into<String>) {
        self.checks += 1;
        if !holds {
            self.faults.push(fault.into());
        }
    }

    /// Checks what the gate promises whatever a client does and however late: where it does not hold there is no second try.
    pub(crate) fn must(&mut self, holds: bool, fault: impl Into<String>) {
        self.breached |= !holds;
        self.check(holds, fault);
    }

    /// Checks a number, or whether something is so, of which more than `expected` never may be.
    pub(crate) fn exactly<T: Ord>(&mut self, is: T, expected: T, fault: impl Into<String>) {
        self.breached |= is > expected;
        self.check(is == expected, fault);
    }

    /// Whether the session may be run a second time: it failed, and by nothing that never may happen.
    pub(crate) fn may_try_again(&self) -> bool {
        !self.passed() && !self.breached
    }

    /// Takes over why the first try of this session failed.
    pub(crate) fn second_try_after(&mut self, first: &Verdict) {
        self.unsteady = self.passed();
        let faults = first.faults.iter().take(FAULTS_SHOWN).cloned().collect::<Vec<_>>().join("; ");
        self.notes.push(format!("UNSTEADY, failed at the first try: {faults}"));
    }

    /// Notes whether the last turn shows that the client listed again, as it was told to; `instead` says what it shows.
    ///
    /// When a client does so is its own matter: one that starts on a busy machine now and then misses the news. What is
    /// held is held all the same, and a call of it is refused. See [`most_listed_again`].
    pub(crate) fn listed_again(&mut self, holds: bool, instead: impl Into<String>) {
        self.checks += 1;
        self.listed_again = Some(holds && self.listed_again.unwrap_or(true));
        if !holds {
            self.notes.push(format!("not listed again by the last turn: {}", instead.into()));
        }
    }

    /// Whether every check held.
    pub(crate) fn passed(&self) -> bool {
        self.faults.is_empty() && self.checks > 0
    }

    fn to_json(&self) -> Value {
        json!({
            "client": self.client.name(), "leg": self.leg.as_str(), "case": self.case, "passed": self.passed(),
            "outcome": self.word, "unsteady": self.unsteady, "checks": self.checks, "faults": self.faults, "notes": self.notes,
        })
    }
}

/// Of all sessions in which a client was told to list again, it must have done so in more than half: a gate that never
/// tells is a fault in each of them.
pub(crate) fn most_listed_again(mut sessions: Vec<&mut Verdict>) {
    let told = sessions.iter().filter_map(|verdict| verdict.listed_again);
    let (again, not): (Vec<bool>, Vec<bool>) = told.partition(|again| *again);
    if not.len() < again.len() {
        return;
    }
    for verdict in sessions.iter_mut().filter(|verdict| verdict.listed_again == Some(false)) {
        verdict
            .check(false, format!("of {} sessions, {} listed again", again.len() + not.len(), again.len()));
    }
}

/// Sessions that may need a second try, of all in a run.
const MAX_UNSTEADY: usize = 2;

/// Four programs that nobody here wrote race with themselves on a machine that does other things, too: a session or two may
/// need a second try. More is a fault of ours, in each of them.
pub(crate) fn few_are_unsteady(sessions: Vec<&mut Verdict>) {
    let unsteady: Vec<_> = sessions.into_iter().filter(|verdict| verdict.unsteady).collect();
    let count = unsteady.len();
    for verdict in unsteady.into_iter().filter(|_| count > MAX_UNSTEADY) {
        verdict.check(false, format!("{count} sessions needed a second try"));
    }
}

/// One JSON document on all verdicts.
pub(crate) fn as_json(verdicts: &[Verdict], versions: &[(Client, String)]) -> Value {
    let failed = verdicts.iter().filter(|verdict| !verdict.passed()).count();
    let versions: serde_json::Map<String, Value> =
        versions.iter().map(|(client, version)| (client.name().to_owned(), json!(version))).collect();
    json!({
        "schema": "pinfold/clients/v1",
        "clients": versions,
        "sessions": verdicts.iter().map(Verdict::to_json).collect::<Vec<_>>(),
        "passed": verdicts.len() - failed,
        "failed": failed,
    })
}

/// A table of cases by clients for each group, which has a name, as a page shows it; then notes and faults, then the counts.
pub(crate) fn as_text(groups: &[(&str, Vec<Verdict>)], versions: &[(Client, String)]) -> String {
    let mut text: String = groups.iter().map(|(name, verdicts)| table(name, verdicts, versions)).collect();
    let verdicts: Vec<&Verdict> = groups.iter().flat_map(|(_, verdicts)| verdicts).collect();
    for verdict in &verdicts {
        let place = format!("{}, {} ({})", verdict.client.name(), verdict.case, verdict.leg.as_str());
        for note in &verdict.notes {
            text.push_str(&format!("note: {place}: {note}\n"));
        }
        for fault in verdict.faults.iter().take(FAULTS_SHOWN) {
            text.push_str(&format!("FAILED: {place}: {fault}\n"));
        }
        if let Some(more @ 1..) = verdict.faults.len().checked_sub(FAULTS_SHOWN) {
            text.push_str(&format!("FAILED: {place}: {more} more, which --json lists\n"));
        }
    }
    let failed = verdicts.iter().filter(|verdict| !verdict.passed()).count();
    let checks: usize = verdicts.iter().map(|verdict| verdict.checks).sum();
    let unsteady = verdicts.iter().filter(|verdict| verdict.unsteady).count();
    text.push_str(&format!(
        "{} sessions, {checks} checks, {unsteady} passed at the second try\nclients: {} passed, {failed} failed",
        verdicts.len(),
        verdicts.len() - failed
    ));
    text
}

fn table(name: &str, verdicts: &[Verdict], versions: &[(Client, String)]) -> String {
    let mut rows: Vec<(&str, Leg)> = Vec::new();
    for verdict in verdicts {
        if !rows.contains(&(verdict.case, verdict.leg)) {
            rows.push((verdict.case, verdict.leg));
        }
    }
    let mut text = format!("== {name}\n| {:<24} | {:<11}", "case", "server");
    for (client, version) in versions {
        text.push_str(&format!(" | {:<17}", format!("{} {version}", client.name())));
    }
    text.push_str(&format!(" |\n|---|---{}|", "|---".repeat(versions.len())));
    for (case, leg) in rows {
        text.push_str(&format!("\n| {case:<24} | {:<11}", leg.as_str()));
        for (client, _) in versions {
            let cell = verdicts.iter().find(|v| (v.client, v.case, v.leg) == (*client, case, leg));
            let word = cell.map_or("-", |verdict| if verdict.passed() { verdict.word } else { "FAILED" });
            text.push_str(&format!(" | {word:<17}"));
        }
        text.push_str(" |");
    }
    text + "\n\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_without_a_check_has_not_passed() {
        let mut verdict = Verdict::new(Client::Codex, Leg::Gated, "x");
        assert!(!verdict.passed());
        verdict.check(true, "never");
        assert!(verdict.passed());
        verdict.check(false, "the reason");
        let text = as_text(&[("one", vec![verdict])], &[(Client::Codex, "1".to_owned())]);
        assert!(
            text.contains("FAILED: codex, x (gated): the reason") && text.ends_with("0 passed, 1 failed"),
            "{text}"
        );
        let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        let row = text.lines().find(|line| line.starts_with("| x ")).map(cells);
        assert_eq!(row.unwrap(), ["", "x", "gated", "FAILED", ""], "{text}");
    }

    #[test]
    fn a_client_may_be_late_now_and_then_and_a_gate_that_never_tells_is_a_fault() {
        let session = |again: bool| {
            let mut verdict = Verdict::new(Client::Gemini, Leg::Gated, "x");
            verdict.listed_again(again, "it offers all");
            verdict
        };
        let mut late_once = [session(true), session(false), session(true)];
        most_listed_again(late_once.iter_mut().collect());
        assert!(late_once.iter().all(Verdict::passed));
        assert_eq!(late_once[1].notes.len(), 1);
        let mut never = [session(false), session(false)];
        most_listed_again(never.iter_mut().collect());
        assert!(!never.iter().any(Verdict::passed));
    }
    #[test]
    fn two_sessions_may_need_a_second_try_and_a_breach_gets_none() {
        let failed = |must: bool| {
            let mut verdict = Verdict::new(Client::OpenCode, Leg::Gated, "x");
            verdict.check(must, "late");
            verdict.must(!must, "a held word is there");
            verdict
        };
        assert!(failed(false).may_try_again());
        assert!(!failed(true).may_try_again());
        let unsteady = || {
            let mut second = Verdict::new(Client::OpenCode, Leg::Gated, "x");
            second.check(true, "never");
            assert!(!second.may_try_again());
            second.second_try_after(&failed(false));
            second
        };
        let mut two = [unsteady(), unsteady()];
        few_are_unsteady(two.iter_mut().collect());
        assert!(two.iter().all(Verdict::passed));
        assert!(two[0].notes[0].contains("late"));
        let mut three = [unsteady(), unsteady(), unsteady()];
        few_are_unsteady(three.iter_mut().collect());
        assert!(!three.iter().any(Verdict::passed));
        let mut failed_twice = failed(false);
        failed_twice.second_try_after(&failed(false));
        assert!(!failed_twice.passed());
    }
}
