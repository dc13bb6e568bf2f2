//! Everything that the servers of these histories may say, and what each is beside the others.

use std::collections::BTreeSet;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::surface::read_object;
use pinfold_core::volatile::{Passed, Rule, RuleKind};
use serde_json::Value;

use ObjectKind::{Instructions, Prompt, ResourceTemplate, ServerInfo, Tool};

/// One definition that a server may show. Each has a word of its own, so that it is known wherever it turns up.
pub(crate) struct Thing {
    pub(crate) kind: ObjectKind,
    pub(crate) name: String,
    pub(crate) digest: Digest,
    pub(crate) text: &'static str,
    pub(crate) value: Value,
    /// Its own word.
    pub(crate) word: &'static str,
    /// It can be approved: it breaks no rule.
    pub(crate) is_sound: bool,
}

const THINGS: &[(ObjectKind, &str, &str)] = &[
    (
        Tool,
        "WORD00",
        r#"{"name":"look","description":"WORD00.","inputSchema":{"type":"object","properties":{"count":{"type":["integer","null"]}}}}"#,
    ),
    (
        Tool,
        "WORD01",
        r#"{"name":"look","description":"WORD01.","inputSchema":{"type":"object","properties":{"count":{"type":["integer","null"]},"deep":{"type":"boolean"}}}}"#,
    ),
    (Tool, "WORD02", r#"{"name":"find","description":"WORD02.","inputSchema":{"type":"object"}}"#),
    (Tool, "WORD03", r#"{"name":"find","description":"WORD03.","inputSchema":{"type":"object"}}"#),
    (Tool, "WORD04", r#"{"name":"Find","description":"WORD04.","inputSchema":{"type":"object"}}"#),
    (Tool, "WORD05", r#"{"name":"send","description":"WORD05.","inputSchema":{"type":"object"}}"#),
    (Tool, "WORD06", r#"{"name":"pinfold_notice","description":"WORD06.","inputSchema":{"type":"object"}}"#),
    (Tool, "WORD07", r#"{"name":"find","description":"WORD07 \u202e.","inputSchema":{"type":"object"}}"#),
    (Tool, "WORD08", r#"{"description":"WORD08.","inputSchema":{"type":"object"}}"#),
    (Prompt, "WORD09", r#"{"name":"ask","description":"WORD09."}"#),
    (Prompt, "WORD10", r#"{"name":"ask","description":"WORD10."}"#),
    (Prompt, "WORD11", r#"{"name":"tell","description":"WORD11."}"#),
    (ResourceTemplate, "WORD12", r#"{"name":"n","uriTemplate":"demo://{one}","description":"WORD12."}"#),
    (ResourceTemplate, "WORD13", r#"{"name":"n","uriTemplate":"demo://{one}","description":"WORD13."}"#),
    (Instructions, "WORD14", r#""WORD14.""#),
    (Instructions, "WORD15", r#""WORD15.""#),
    (ServerInfo, "WORD16", r#"{"title":"WORD16."}"#),
    (ServerInfo, "WORD17", r#"{"title":"WORD17."}"#),
    // A clock, and what is like it but for something else than the clock.
    (
        Tool,
        "2026-01-01T00:00:18Z",
        r#"{"name":"when","description":"At 2026-01-01T00:00:18Z, since 2025-01-01T00:00:00Z.","inputSchema":{"type":"object"}}"#,
    ),
    (
        Tool,
        "2026-01-02T00:00:19Z",
        r#"{"name":"when","description":"At 2026-01-02T00:00:19Z, since 2025-01-01T00:00:00Z.","inputSchema":{"type":"object"}}"#,
    ),
    (
        Tool,
        "WORD20",
        r#"{"name":"when","description":"At WORD20, since 2025-01-01T00:00:00Z.","inputSchema":{"type":"object"}}"#,
    ),
    (
        Tool,
        "2026-01-03T00:00:21Z",
        r#"{"name":"when","description":"At 2026-01-03T00:00:21Z, since 2025-01-02T00:00:00Z.","inputSchema":{"type":"object"}}"#,
    ),
    (
        Tool,
        "2026-01-04T00:00:22Z",
        r#"{"name":"when","description":"At 2026-01-04T00:00:22Z, since 2025-01-01T00:00:00Z.","inputSchema":{"type":"object","properties":{"deep":{"type":"boolean"}}}}"#,
    ),
    // A path that a gate may have passed.
    (Prompt, "/home/w23", r#"{"name":"home","description":"In /home/w23, as you like."}"#),
    (Prompt, "/home/w24", r#"{"name":"home","description":"In /home/w24, as you like."}"#),
    (Prompt, "/home/w25", r#"{"name":"home","description":"In /home/w25, as you like."}"#),
    (Instructions, "2026-01-05T00:00:26Z", r#""It is 2026-01-05T00:00:26Z.""#),
    (Instructions, "2026-01-06T00:00:27Z", r#""It is 2026-01-06T00:00:27Z.""#),
    // Narrower and wider, and what is published.
    (
        Tool,
        "5028",
        r#"{"name":"trim","description":"Trim.","inputSchema":{"type":"object","properties":{"count":{"type":"integer","maximum":5028}}}}"#,
    ),
    (
        Tool,
        "5029",
        r#"{"name":"trim","description":"Trim.","inputSchema":{"type":"object","properties":{"count":{"type":"integer","maximum":5029}}}}"#,
    ),
    (
        Tool,
        "WORD30",
        r#"{"name":"trim","description":"WORD30.","inputSchema":{"type":"object","properties":{"count":{"type":"integer","maximum":5027}}}}"#,
    ),
    (
        Tool,
        "WORD31",
        r#"{"name":"look","description":"WORD31.","inputSchema":{"type":"object","properties":{"count":{"type":["integer","null"]},"deep":{"type":"boolean"}}}}"#,
    ),
    (Tool, "WORD32", r#"{"name":"find","description":"WORD32.","inputSchema":{"type":"object"}}"#),
    (
        Tool,
        "WORD33",
        r#"{"name":"find","description":"WORD33.","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#,
    ),
    (Tool, "WORD34", r#"{"name":"extra","description":"WORD34.","inputSchema":{"type":"object"}}"#),
    (Prompt, "WORD35", r#"{"name":"ask","description":"WORD35."}"#),
    (ResourceTemplate, "WORD36", r#"{"name":"n","uriTemplate":"demo://{one}","description":"WORD36."}"#),
    (Instructions, "WORD37", r#""WORD37.""#),
    (ServerInfo, "WORD38", r#"{"title":"WORD38."}"#),
];

/// The words of what two releases have.
pub(crate) const RELEASES: [&[&str]; 2] = [
    &["5028", "WORD31", "WORD32", "WORD34", "WORD35", "WORD36", "WORD37", "WORD38"],
    &["WORD30", "WORD01", "WORD33", "WORD04", "WORD05", "WORD11"],
];

/// What differ in nothing but their clock, or in the path of the home folder.
const ALIKE: [&[&str]; 3] = [
    &["2026-01-01T00:00:18Z", "2026-01-02T00:00:19Z"],
    &["/home/w23", "/home/w24", "/home/w25"],
    &["2026-01-05T00:00:26Z", "2026-01-06T00:00:27Z"],
];

/// What the change from an approved definition to a published one is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    Nothing,
    Words,
    /// Words, and a parameter that can be left out.
    Parameter,
    Power,
}

/// All of them.
pub(crate) fn things() -> Vec<Thing> {
    let thing = |(kind, word, text): &(ObjectKind, &'static str, &'static str)| {
        let received = read_object(*kind, text.as_bytes()).unwrap();
        let is_sound = received.fault.is_none();
        let value = serde_json::from_str(text).unwrap();
        Thing { kind: *kind, name: received.name, digest: received.digest, text, value, word, is_sound }
    };
    THINGS.iter().map(thing).collect()
}

/// The objects of a release, in the form in which they are published.
pub(crate) fn release(words: &[&str]) -> Vec<(ObjectKind, Vec<u8>)> {
    let published = THINGS.iter().filter(|(_, word, _)| words.contains(word));
    published.map(|(kind, _, text)| (*kind, text.as_bytes().to_vec())).collect()
}

impl Thing {
    /// The rule under which the place of its word may hold something else, where it may.
    pub(crate) fn rule(&self) -> Option<Rule> {
        let kind = match self.word {
            word if word.starts_with("2026-") => RuleKind::DateTime,
            word if word.starts_with("/home/") => RuleKind::Home,
            _ => return None,
        };
        let (pointer, words) = match self.kind {
            Instructions => ("", &self.value),
            _ => ("/description", &self.value["description"]),
        };
        let start = words.as_str().unwrap().find(self.word).unwrap();
        Some(Rule { pointer: pointer.to_owned(), start, end: start + self.word.len(), kind })
    }

    /// Whether another one is equal to it under its rule.
    pub(crate) fn is_equal(&self, live: &Thing, passed: &Passed) -> bool {
        let alike = ALIKE.iter().any(|words| words.contains(&self.word) && words.contains(&live.word));
        let is_path = live.word.starts_with('/');
        alike && (!is_path || passed.home.as_deref() == Some(live.word))
    }

    /// The change to it from one of its name that is approved.
    pub(crate) fn change_from(&self, base: &Thing) -> Change {
        match (self.word, base.word) {
            ("5028", "5029") => Change::Nothing,
            ("WORD31" | "WORD01", "WORD00") => Change::Parameter,
            ("5028" | "WORD33", _) | (_, "WORD33") => Change::Power,
            _ => Change::Words,
        }
    }

    /// Whether its schema takes these arguments, and, where it is closed, no member that it does not name.
    pub(crate) fn takes(&self, arguments: Option<&Value>, is_closed: bool) -> bool {
        let Some(arguments) = arguments.filter(|arguments| !arguments.is_null()) else { return true };
        let Some(members) = arguments.as_object() else { return false };
        let properties = &self.value["inputSchema"]["properties"];
        let named: BTreeSet<&str> = properties
            .as_object()
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let takes = |name: &str, value: &Value| match (&*self.name, name) {
            _ if !named.contains(name) => !is_closed,
            ("look", "count") => value.is_null() || value.is_i64(),
            (_, "count") => {
                let most = properties["count"]["maximum"].as_i64().unwrap();
                value.as_i64().is_some_and(|count| count <= most)
            }
            _ => value.is_boolean(),
        };
        members.iter().all(|(name, value)| takes(name, value))
    }
}
