//! SARIF 2.1.0: what changed, for programs that collect findings. No text of a server is in it (`spec/changes.md`).

use std::collections::BTreeMap;
use std::path::Path;

use pinfold_core::diff::{Meaning, Reach, Told};
use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::findings::Finding;
use pinfold_core::reason::ReasonCode;
use serde::Serialize;

use crate::elsewhere;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The results of one comparison or review.
#[derive(Default)]
pub(crate) struct Report {
    rules: BTreeMap<String, Rule>,
    results: Vec<Entry>,
    /// The file that is judged, where there is one and its name is a plain one.
    artifact: Option<String>,
}

/// The object that a result is about. `name` is foreign and printed as it may be elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) kind: ObjectKind,
    pub(crate) name: &'a str,
    pub(crate) digest: Digest,
}

struct Rule {
    level: Level,
    words: String,
}

struct Entry {
    rule: String,
    level: Level,
    text: String,
    place: String,
    fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
}

impl Report {
    /// Results are about this file. A path with other characters than `A-Z a-z 0-9 . _ - /` is left out.
    pub(crate) fn about_file(&mut self, path: &Path) {
        let is_plain = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '_' | '-' | '/');
        self.artifact = path.to_str().filter(|path| path.chars().all(is_plain)).map(str::to_owned);
    }

    /// Every change of one object.
    pub(crate) fn changes(&mut self, about: About<'_>, told: &[Told]) {
        for one in told {
            let reach = match one.reach {
                Reach::Model => "reaches the model",
                Reach::SomeModels => "reaches some models",
                Reach::Client => "reaches clients only",
            };
            let tail = format!(", {reach} ({})", one.change.class);
            self.meaning(about, one.meaning, &one.change.pointer, &tail);
        }
    }

    /// One object as a whole: new, gone, or back.
    pub(crate) fn whole(&mut self, about: About<'_>, meaning: Meaning) {
        self.meaning(about, meaning, "", "");
    }

    fn meaning(&mut self, about: About<'_>, meaning: Meaning, pointer: &str, tail: &str) {
        let level = match meaning {
            _ if meaning < Meaning::Prose => Level::Error,
            _ if meaning <= Meaning::Added => Level::Warning,
            _ => Level::Note,
        };
        let words = format!("A change of a server's words: {}.", meaning.words());
        let text = format!("{}: {}{tail}", described(about, pointer), meaning.words());
        self.add(meaning.as_str(), level, words, text, about, pointer);
    }

    /// An object that is held for what no yes mends, or whose name is taken for another.
    pub(crate) fn held(&mut self, about: About<'_>, reason: ReasonCode, pointer: &str) {
        let text = format!("{}: {}", described(about, pointer), reason.meaning());
        self.add(reason.as_str(), Level::Error, reason.meaning().to_owned(), text, about, pointer);
    }

    /// A finding.
    pub(crate) fn finding(&mut self, one: &Finding) {
        let about = About { kind: one.kind, name: &one.name, digest: one.digest };
        let text = format!("{}: {}", described(about, &one.pointer), one.detail.words());
        let words = one.reason.meaning().to_owned();
        self.add(one.reason.as_str(), Level::Warning, words, text, about, &one.pointer);
    }

    /// A launch that waits, or a server that is held whole; `digest` is that of the launch.
    pub(crate) fn server(&mut self, label: &str, reason: ReasonCode, digest: &Digest) {
        let text = format!("{label}: {}", reason.meaning());
        self.rule(reason.as_str(), Level::Warning, reason.meaning().to_owned());
        self.results.push(Entry {
            rule: reason.as_str().to_owned(),
            level: Level::Warning,
            text,
            place: format!("server {label}"),
            fingerprints: BTreeMap::from([("pinfold/launch/v1", digest.to_string())]),
        });
    }

    fn rule(&mut self, id: &str, level: Level, words: String) {
        self.rules.entry(id.to_owned()).or_insert(Rule { level, words });
    }

    fn add(&mut self, id: &str, level: Level, words: String, text: String, about: About<'_>, pointer: &str) {
        self.rule(id, level, words);
        let place = [about.kind.as_str(), about.name, pointer].join("\0");
        let place = file_digest(place.as_bytes()).to_string();
        let place = place.trim_start_matches("sha256:").chars().take(16).collect();
        self.results.push(Entry {
            rule: id.to_owned(),
            level,
            text,
            place: described(about, pointer),
            fingerprints: BTreeMap::from([
                ("pinfold/object/v1", about.digest.to_string()),
                ("pinfold/place/v1", place),
            ]),
        });
    }

    /// The document, as it is printed.
    pub(crate) fn document(&self) -> String {
        let ids: Vec<&String> = self.rules.keys().collect();
        let rules = self.rules.iter().map(|(id, rule)| RulePart {
            id,
            short_description: Text { text: &rule.words },
            default_configuration: Configuration { level: rule.level },
        });
        let results = self.results.iter().map(|one| ResultPart {
            rule_id: &one.rule,
            rule_index: ids.iter().position(|id| **id == one.rule).unwrap_or_default(),
            level: one.level,
            message: Text { text: &one.text },
            locations: [Location {
                physical_location: self
                    .artifact
                    .as_deref()
                    .map(|uri| Physical { artifact_location: Uri { uri } }),
                logical_locations: [Logical { fully_qualified_name: &one.place, kind: "object" }],
            }],
            partial_fingerprints: &one.fingerprints,
        });
        let driver =
            Driver { name: "pinfold", semantic_version: env!("CARGO_PKG_VERSION"), rules: rules.collect() };
        let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results: results.collect() };
        let document = Document { schema: SCHEMA, version: "2.1.0", runs: [run] };
        // Serializing texts and numbers of our own types to a string cannot fail.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

/// Kind, name and place of an object, as they may be printed anywhere.
fn described(about: About<'_>, pointer: &str) -> String {
    let kind = about.kind.as_str();
    let mut words = kind.to_owned();
    if about.name != kind {
        words.push_str(&format!(" {}", elsewhere::name(about.name)));
    }
    if !pointer.is_empty() {
        words.push_str(&format!(" {}", elsewhere::pointer(pointer)));
    }
    words
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    results: Vec<ResultPart<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<RulePart<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RulePart<'a> {
    id: &'a str,
    short_description: Text<'a>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: Level,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultPart<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: Level,
    message: Text<'a>,
    locations: [Location<'a>; 1],
    partial_fingerprints: &'a BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Physical<'a>>,
    logical_locations: [Logical<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical<'a> {
    artifact_location: Uri<'a>,
}

#[derive(Serialize)]
struct Uri<'a> {
    uri: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    fully_qualified_name: &'a str,
    kind: &'static str,
}
