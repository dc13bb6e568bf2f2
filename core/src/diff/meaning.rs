//! What a change means for a person and a policy.
//!
//! Source: `spec/changes.md`, *Meanings*. A meaning orders and groups; it never decides whether something is held, and
//! the digest does not know it.

use super::reach::{Reach, reach, tokens};
use super::{Change, Stated, changes, is_known_dialect};
use crate::digest::ObjectKind;
use crate::json::{Node, Value};
use crate::reason::ReasonCode;
use crate::text::{Hidden, hidden};

/// What a change means. The order is the order of risk: the most dangerous first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// The new text holds characters that show nothing, or stands out of sight, more than the old one did.
    HiddenText,
    /// There is a parameter that was not there.
    ParameterAdded,
    /// The schema accepts or demands something else.
    Widened,
    /// A hint promises less care.
    AnnotationWeakened,
    /// The same name was gone, retired or rejected, and is back.
    Returned,
    /// Words are others.
    Prose,
    /// New, and its words are nearly those of something that is gone.
    ProbableRename,
    /// New.
    Added,
    /// What the tool says it answers is otherwise.
    Outputs,
    /// A title or icon is another.
    Display,
    /// A side member is otherwise, such as `_meta` or a vendor's own.
    SideData,
    /// A hint promises more care.
    AnnotationStrengthened,
    /// The schema accepts less.
    Narrowed,
    /// Gone.
    Removed,
    /// Written otherwise, and means what it meant: dialect, order, a default that is spelled out, blanks.
    Mechanical,
}

impl Meaning {
    /// All meanings in the order of risk.
    pub const ALL: [Meaning; 15] = [
        Meaning::HiddenText,
        Meaning::ParameterAdded,
        Meaning::Widened,
        Meaning::AnnotationWeakened,
        Meaning::Returned,
        Meaning::Prose,
        Meaning::ProbableRename,
        Meaning::Added,
        Meaning::Outputs,
        Meaning::Display,
        Meaning::SideData,
        Meaning::AnnotationStrengthened,
        Meaning::Narrowed,
        Meaning::Removed,
        Meaning::Mechanical,
    ];

    /// The name in documents and vectors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Meaning::HiddenText => "hidden-text",
            Meaning::ParameterAdded => "parameter-added",
            Meaning::Widened => "widened",
            Meaning::AnnotationWeakened => "annotation-weakened",
            Meaning::Returned => "returned",
            Meaning::Prose => "prose",
            Meaning::ProbableRename => "probable-rename",
            Meaning::Added => "added",
            Meaning::Outputs => "outputs",
            Meaning::Display => "display",
            Meaning::SideData => "side-data",
            Meaning::AnnotationStrengthened => "annotation-strengthened",
            Meaning::Narrowed => "narrowed",
            Meaning::Removed => "removed",
            Meaning::Mechanical => "mechanical",
        }
    }

    /// The words for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Meaning::HiddenText => "hidden text",
            Meaning::ParameterAdded => "new parameter",
            Meaning::Widened => "wider",
            Meaning::AnnotationWeakened => "weaker promise",
            Meaning::Returned => "returned",
            Meaning::Prose => "words",
            Meaning::ProbableRename => "probably renamed",
            Meaning::Added => "new",
            Meaning::Outputs => "outputs",
            Meaning::Display => "display",
            Meaning::SideData => "side data",
            Meaning::AnnotationStrengthened => "stronger promise",
            Meaning::Narrowed => "narrower",
            Meaning::Removed => "gone",
            Meaning::Mechanical => "mechanical",
        }
    }

    /// Whether a server can do or get more by it, words aside. What is not known to take away or to mean the same adds
    /// power.
    pub const fn adds_power(self) -> bool {
        matches!(
            self,
            Meaning::HiddenText
                | Meaning::ParameterAdded
                | Meaning::Widened
                | Meaning::AnnotationWeakened
                | Meaning::Returned
                | Meaning::ProbableRename
                | Meaning::Added
        )
    }
}

/// A change with what it means and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The change.
    pub change: Change,
    /// What it means.
    pub meaning: Meaning,
    /// Who reads what changed.
    pub reach: Reach,
}

/// Every place where two versions of an object differ, the most dangerous meaning first, then what reaches a model,
/// then by the class of the change and its place.
///
/// Empty iff both versions have the same canonical form.
pub fn told(kind: ObjectKind, old: &Value<'_>, new: &Value<'_>) -> Vec<Told> {
    let mut told: Vec<Told> = changes(kind, old, new)
        .into_iter()
        .map(|change| {
            let place = tokens(&change.pointer);
            let reach = reach(kind, &place);
            Told { meaning: meaning(kind, &change, &place, old, new), reach, change }
        })
        .collect();
    told.sort_by_key(|one| (one.meaning, one.reach));
    told
}

fn meaning(kind: ObjectKind, change: &Change, place: &[String], old: &Value<'_>, new: &Value<'_>) -> Meaning {
    let before = change.old.as_ref().map(|one| hidden_at(old, &change.old_pointer, one.as_str()));
    let now = change.new.as_ref().map(|one| hidden_at(new, &change.pointer, one.as_str()));
    if now.unwrap_or_default().is_more_than(&before.unwrap_or_default()) {
        return Meaning::HiddenText;
    }
    let last = place.last().map_or("", String::as_str);
    match change.class {
        ReasonCode::ParamAdded => Meaning::ParameterAdded,
        ReasonCode::SchemaWidened => Meaning::Widened,
        ReasonCode::SchemaNarrowed => Meaning::Narrowed,
        ReasonCode::SchemaDialect => Meaning::Mechanical,
        ReasonCode::AnnotWeakened => Meaning::AnnotationWeakened,
        ReasonCode::AnnotTightened => Meaning::AnnotationStrengthened,
        ReasonCode::DisplayChanged | ReasonCode::ServerWordsChanged => Meaning::Display,
        ReasonCode::ExtraFieldChanged => side_member(kind, change, place),
        ReasonCode::SchemaTextChanged if last == "default" => default(change, old, new),
        ReasonCode::SchemaTextChanged if last == "title" && is_generated(change, place, new) => {
            Meaning::Mechanical
        }
        _ if is_rewrapped(change) => Meaning::Mechanical,
        _ => Meaning::Prose,
    }
}

/// What is hidden in the value at a place, or in the text of it where the place leads elsewhere.
fn hidden_at(root: &Value<'_>, pointer: &str, text: &str) -> Hidden {
    let Some(value) = root.at_pointer(pointer) else { return hidden(text) };
    let mut all = Hidden::default();
    let mut add = |text: &str| {
        let mut more = hidden(text);
        all.characters.append(&mut more.characters);
        all.gaps += more.gaps;
    };
    each_text(value, &mut add);
    all
}

fn each_text(value: &Value<'_>, each: &mut impl FnMut(&str)) {
    match &value.node {
        Node::String(text) => each(text),
        Node::Array(elements) => elements.iter().for_each(|element| each_text(element, each)),
        Node::Object(members) => {
            for member in members {
                each(&member.name);
                each_text(&member.value, each);
            }
        }
        _ => {}
    }
}

/// A default that is no text and was not written out before means what it meant; one that is another does not.
fn default(change: &Change, old: &Value<'_>, new: &Value<'_>) -> Meaning {
    let is_text = |root: &Value<'_>, pointer: &str| root.at_pointer(pointer).is_some_and(holds_text);
    match (&change.old, &change.new) {
        (_, Some(_)) if is_text(new, &change.pointer) => Meaning::Prose,
        (Some(_), _) if is_text(old, &change.old_pointer) => Meaning::Prose,
        (Some(_), Some(_)) => Meaning::Widened,
        _ => Meaning::Mechanical,
    }
}

fn holds_text(value: &Value<'_>) -> bool {
    let mut holds = false;
    each_text(value, &mut |text| holds |= !text.is_empty());
    holds
}

/// A title that a library makes of the parameter's own name says nothing of its own. Going away it says nothing either.
fn is_generated(change: &Change, place: &[String], new: &Value<'_>) -> bool {
    let reduced = |text: &str| -> String {
        text.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (owner, endings): (&str, &[&str]) = match place {
        [.., names, name, _] if names == "properties" => (name, &[""]),
        [_, _] => (new.get("name").and_then(Value::as_str).unwrap_or_default(), &["", "arguments", "schema"]),
        _ => return false,
    };
    let owner = reduced(owner);
    let is_made_of =
        |title: &str| reduced(title).strip_prefix(&owner).is_some_and(|rest| endings.contains(&rest));
    change.old.iter().chain(&change.new).all(|title| title.text().is_some_and(is_made_of))
}

/// The same words with other blanks between them. A value that is no text has no words.
fn is_rewrapped(change: &Change) -> bool {
    match (&change.old, &change.new) {
        (Some(Stated::Text(old)), Some(Stated::Text(new))) => {
            old.split_whitespace().eq(new.split_whitespace())
        }
        _ => false,
    }
}

/// Members that only clients read.
fn side_member(kind: ObjectKind, change: &Change, place: &[String]) -> Meaning {
    let place: Vec<&str> = place.iter().map(String::as_str).collect();
    let (old, new) = (change.old.as_ref(), change.new.as_ref());
    match place.as_slice() {
        // A hint in this class means what it meant. Only those of a tool are hints.
        ["annotations", hint] if kind == ObjectKind::Tool && is_known_hint(hint) => Meaning::Mechanical,
        ["outputSchema", "$schema"] if new.is_none_or(|new| new.text().is_some_and(is_known_dialect)) => {
            Meaning::Mechanical
        }
        ["outputSchema", ..] => Meaning::Outputs,
        ["icons", ..] => Meaning::Display,
        // The default, spelled out or left away. Source: MCP 2025-11-25, `ToolExecution`.
        ["execution"] if [old, new].iter().flatten().all(|value| is_default_execution(value)) => {
            Meaning::Mechanical
        }
        ["execution", "taskSupport"]
            if [old, new].iter().flatten().all(|value| value.text() == Some("forbidden")) =>
        {
            Meaning::Mechanical
        }
        _ => Meaning::SideData,
    }
}

fn is_known_hint(name: &str) -> bool {
    matches!(name, "readOnlyHint" | "destructiveHint" | "idempotentHint" | "openWorldHint")
}

fn is_default_execution(value: &Stated) -> bool {
    matches!(value, Stated::Json(json) if matches!(json.as_str(), "{}" | r#"{"taskSupport":"forbidden"}"#))
}
