//! What changed between two versions of one object, each change with its place and its class.
//!
//! Source: `spec/surface.md`, *Changes*, for [`changes`], and `spec/changes.md` for [`told`], [`alike`] and
//! [`probable_renames`]. A class says what kind of thing changed and stands beside what is held; a [`Meaning`] says it
//! for people and policies. Neither says that a change is harmless: every object with another digest is held.

mod alike;
mod meaning;
mod pairs;
mod prompt;
mod reach;
mod rename;
mod schema;
mod tool;
mod walk;
mod words;

use crate::digest::ObjectKind;
use crate::json::{self, Value};
use crate::reason::ReasonCode;

pub use alike::{Alike, alike};
pub use meaning::{Meaning, Told, told};
pub use reach::{Reach, reach, schema_keyword, tokens};
pub use rename::probable_renames;
pub use schema::is_known_dialect;
pub use words::{Piece, text_diff};

/// One place where two versions of an object differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// JSON Pointer into the new object; into the old one for what is gone. Holds foreign text.
    pub pointer: String,
    /// JSON Pointer into the old object; another one where an element of a list moved. Holds foreign text.
    pub old_pointer: String,
    /// The class of the change.
    pub class: ReasonCode,
    /// What stood there. `None`: nothing. Foreign text.
    pub old: Option<Stated>,
    /// What stands there now, likewise.
    pub new: Option<Stated>,
}

/// A value as a change tells it. A text and another value that is written with the same letters are two values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stated {
    /// The text of a string.
    Text(String),
    /// The canonical form of anything else.
    Json(String),
}

impl Stated {
    fn of(value: &Value<'_>) -> Stated {
        match value.as_str() {
            Some(text) => Stated::Text(text.to_owned()),
            None => Stated::Json(String::from_utf8_lossy(&json::canonical(value)).into_owned()),
        }
    }

    /// The letters, whatever it is.
    pub fn as_str(&self) -> &str {
        match self {
            Stated::Text(letters) | Stated::Json(letters) => letters,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Stated::Text(text) = self { Some(text) } else { None }
    }
}

/// The classes of changes, the most dangerous first.
///
/// What steers the model comes before what it can be made to send, then what weakens a safeguard, what a person is
/// shown, what only clients read, and last what takes something away or changes nothing.
pub const BY_DANGER: &[ReasonCode] = &[
    ReasonCode::InstructionsChanged,
    ReasonCode::DescChanged,
    ReasonCode::ParamAdded,
    ReasonCode::SchemaTextChanged,
    ReasonCode::SchemaWidened,
    ReasonCode::AnnotWeakened,
    ReasonCode::AnnotTightened,
    ReasonCode::DisplayChanged,
    ReasonCode::ServerWordsChanged,
    ReasonCode::ExtraFieldChanged,
    ReasonCode::SchemaNarrowed,
    ReasonCode::SchemaDialect,
];

/// Every place where two versions of an object differ, the most dangerous class first, then by place.
///
/// A member or element that is new or gone as a whole is one change at its own pointer, except inside a schema, where
/// its keywords are told one by one. Empty iff both versions have the same canonical form.
pub fn changes(kind: ObjectKind, old: &Value<'_>, new: &Value<'_>) -> Vec<Change> {
    let mut walk = walk::Walk::default();
    match kind {
        ObjectKind::Tool => tool::tool(&mut walk, old, new),
        ObjectKind::Prompt => prompt::prompt(&mut walk, old, new),
        ObjectKind::ResourceTemplate | ObjectKind::Resource => prompt::resource(&mut walk, old, new),
        ObjectKind::Instructions => walk.whole(ReasonCode::InstructionsChanged, old, new),
        ObjectKind::ServerInfo => walk.data(ReasonCode::ServerWordsChanged, Some(old), Some(new)),
    }
    let mut changes = walk.into_changes();
    changes.sort_by_key(|change| danger(change.class));
    changes
}

/// The most dangerous class among changes, and where it stands first. `None` without changes.
pub fn headline(changes: &[Change]) -> Option<&Change> {
    changes.iter().min_by_key(|change| danger(change.class))
}

/// The class that stands for a change whose old version cannot be read any more.
pub fn generic_class(kind: ObjectKind) -> ReasonCode {
    match kind {
        ObjectKind::Instructions => ReasonCode::InstructionsChanged,
        ObjectKind::ServerInfo => ReasonCode::ServerWordsChanged,
        ObjectKind::Tool | ObjectKind::Prompt | ObjectKind::ResourceTemplate | ObjectKind::Resource => {
            ReasonCode::DescChanged
        }
    }
}

fn danger(class: ReasonCode) -> usize {
    BY_DANGER.iter().position(|known| *known == class).unwrap_or(0)
}

fn is_same(old: &Value<'_>, new: &Value<'_>) -> bool {
    json::canonical(old) == json::canonical(new)
}
