//! How the words of several servers touch each other: one that speaks of another's tools, two that offer one name.

use std::collections::{BTreeMap, BTreeSet};

use super::text::strings;
use super::{Detail, Finding, Server, finding};
use crate::diff::{Reach, reach, tokens};
use crate::digest::ObjectKind;
use crate::json::{self, ReadLimits, Value};
use crate::reason::ReasonCode;
use crate::surface::Received;

/// Shortest name that is looked for in the texts of others. Shorter ones are words of ordinary sentences.
const SHORTEST_NAME_BYTES: usize = 4;

/// What is found between servers: texts that name another server's tool, and names that several servers offer. In no
/// particular order; empty for fewer than two servers.
///
/// A text counts if it reaches a model. A name counts as named where it stands as a word of its own: anywhere if no
/// ordinary word is spelled so (it holds `_`, `-`, `.`, a digit, or a capital behind a small letter), else only in
/// quotation marks and before the word "tool", or behind its server's label. What the server itself offers under that
/// name is its own. A text that is nothing but the name is a value and no speech.
pub fn cross_server(servers: &[Server<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    if servers.len() < 2 {
        return found;
    }
    let offered = offered(servers);
    for server in servers {
        for object in tools(server) {
            collision(server, object, &offered, &mut found);
        }
        // Its tools' names only: a parameter of another tool's name must not hide a text that speaks of that tool.
        let own: BTreeSet<&str> = tools(server).map(|tool| tool.name.as_str()).collect();
        for object in server.objects.iter().filter(|object| object.fault.is_none()) {
            references(server, object, &offered, &own, &mut found);
        }
    }
    found
}

/// Labels by the name of a tool that they offer.
type Offered<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn tools<'a>(server: &Server<'a>) -> impl Iterator<Item = &'a Received> {
    server.objects.iter().filter(|object| object.kind == ObjectKind::Tool && object.fault.is_none())
}

fn offered<'a>(servers: &[Server<'a>]) -> Offered<'a> {
    let mut offered = Offered::new();
    for server in servers {
        for tool in tools(server) {
            offered.entry(tool.name.as_str()).or_default().insert(server.label);
        }
    }
    offered
}

fn collision(server: &Server<'_>, tool: &Received, offered: &Offered<'_>, found: &mut Vec<Finding>) {
    let labels = offered.get(tool.name.as_str()).into_iter().flatten();
    let others: Vec<String> =
        labels.filter(|label| **label != server.label).map(|label| (*label).to_owned()).collect();
    if !others.is_empty() {
        let detail = Detail::OfferedBy(others);
        found.push(finding(server.label, tool, "/name", ReasonCode::NameCollision, detail));
    }
}

fn references(
    server: &Server<'_>,
    object: &Received,
    offered: &Offered<'_>,
    own: &BTreeSet<&str>,
    found: &mut Vec<Finding>,
) {
    let Ok(value) = json::read(&object.bytes, &ReadLimits::LISTING) else { return };
    // One finding an object, at the first place: a text that repeats itself must not flood the page.
    let (mut first, mut tools) = (None, BTreeSet::new());
    reaching(object.kind, &value, &mut |pointer, text| {
        for (name, labels) in words(text).flat_map(|word| word.names(offered)) {
            if !own.contains(name) && !labels.is_empty() {
                first.get_or_insert_with(|| pointer.to_owned());
                tools.extend(labels.into_iter().map(|label| (label.to_owned(), name.to_owned())));
            }
        }
    });
    if let Some(pointer) = first {
        let detail = Detail::SpeaksOf(tools.into_iter().collect());
        found.push(finding(server.label, object, &pointer, ReasonCode::CrossServerRef, detail));
    }
}

/// The texts of an object that reach a model, or that clients show for a prompt.
fn reaching(kind: ObjectKind, value: &Value<'_>, each: &mut impl FnMut(&str, &str)) {
    strings(value, &mut String::new(), &mut |pointer, text, is_name| {
        let is_shown = pointer == "/description";
        if !is_name && (is_shown || reach(kind, &tokens(pointer)) != Reach::Client) {
            each(pointer, text);
        }
    });
}

/// A run of letters, digits, `_`, `-` and `.` in a text, without the dots and hyphens at its ends.
struct Word<'t> {
    text: &'t str,
    /// It stands in quotation marks and before the word "tool".
    is_pointed_at: bool,
    /// It is the whole text.
    is_all: bool,
}

impl<'t> Word<'t> {
    /// The offered names that this word names, with the servers that offer them: itself, or its part behind a dot or
    /// two underscores, as clients write `mcp__server__tool`.
    fn names<'a>(&self, offered: &Offered<'a>) -> Vec<(&'a str, Vec<&'a str>)> {
        let mut names = Vec::new();
        let whole = Some(("", self.text));
        for (before, name) in
            [whole, self.text.rsplit_once('.'), self.text.rsplit_once("__")].into_iter().flatten()
        {
            let Some((name, labels)) = offered.get_key_value(name) else { continue };
            if name.len() < SHORTEST_NAME_BYTES || self.is_all {
                continue;
            }
            let is_plain_speech = is_no_ordinary_word(name) || (self.is_pointed_at && before.is_empty());
            let is_of = |label: &str| is_plain_speech || ends_with_word(before, label);
            names.push((*name, labels.iter().copied().filter(|label| is_of(label)).collect()));
        }
        names
    }
}

/// Whether what stands before a name is a label, alone or behind a prefix of the client's.
fn ends_with_word(before: &str, label: &str) -> bool {
    let tail = before.len().checked_sub(label.len()).and_then(|at| before.get(at..));
    !label.is_empty() && tail.is_some_and(|tail| tail.eq_ignore_ascii_case(label))
}

fn is_no_ordinary_word(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.iter().any(|byte| matches!(byte, b'_' | b'-' | b'.' | b'0'..=b'9'))
        || bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let mut rest = text;
    let mut at = 0;
    let length_of_all = text.trim().len();
    std::iter::from_fn(move || {
        let begin = rest.find(is_part)?;
        let length = rest[begin..].find(|letter| !is_part(letter)).unwrap_or(rest.len() - begin);
        let run = &rest[begin..begin + length];
        let (before, after) = (&text[..at + begin], &rest[begin + length..]);
        let word = run.trim_matches(['.', '-']);
        let is_quoted =
            |letter: Option<char>| letter.is_some_and(|letter| "`'\"\u{201c}\u{201d}".contains(letter));
        let mut behind = after.chars();
        let is_pointed_at = is_quoted(before.chars().next_back())
            && is_quoted(behind.next())
            && behind.as_str().trim_start().get(..4).is_some_and(|next| next.eq_ignore_ascii_case("tool"));
        at += begin + length;
        rest = after;
        Some(Word { text: word, is_pointed_at, is_all: word.len() == length_of_all })
    })
}
