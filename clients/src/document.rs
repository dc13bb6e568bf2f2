//! A file that was read: its entries, hints about what its client does not read, and edits.

use std::fmt;

use pinfold_core::json::pointer_push;

use crate::edit;
use crate::entry::Entry;
use crate::file::{ConfigFile, Scope};
use crate::find::{Found, find};
use crate::members::entry_of;
use crate::position::{Finger, Position};
use crate::read::{ReadError, tree};
use crate::tree::{Node, Value};

/// Where an entry stands: a JSON Pointer from the root of the file. Holds names of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(String);

/// A file that its client would read.
#[derive(Clone)]
pub struct Document {
    pub(crate) file: &'static ConfigFile,
    pub(crate) bytes: Vec<u8>,
    pub(crate) root: Node,
    entries: Vec<Entry>,
    /// For each entry, the way to it from the root, by the numbers of members and items.
    ways: Vec<Vec<usize>>,
    hints: Vec<Hint>,
}

/// Something that is no error and that its author would want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What.
    pub kind: HintKind,
    /// Where.
    pub position: Position,
}

/// What a hint is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HintKind {
    /// Servers stand under a key that this client does not read.
    KeyNotRead {
        /// The key they stand under; empty for the root of the file.
        found: String,
        /// The key that the client reads.
        needed: String,
    },
    /// A server's name stands twice, and the client takes the last one.
    KeyTwice {
        /// The name.
        key: String,
    },
}

/// Reads a file as its client does.
///
/// # Errors
/// A [`ReadError`] for what the client would refuse as a whole. A file without servers is no error.
pub fn read(file: &'static ConfigFile, bytes: &[u8]) -> Result<Document, ReadError> {
    let root = tree(file.syntax, bytes)?;
    let found = find(file, &root).map_err(|fault| fault.located(bytes))?;
    let mut document = Document {
        file,
        bytes: bytes.to_vec(),
        root,
        entries: Vec::new(),
        ways: Vec::new(),
        hints: found.hints(bytes),
    };
    let mut finger = Finger::of(bytes);
    for located in found.entries {
        let Some(node) = document.at(&located.way) else { continue };
        let entry = entry_of(file, bytes, node, &located, &mut finger);
        document.entries.push(entry);
        document.ways.push(located.way);
    }
    Ok(document)
}

impl Document {
    /// What kind of file it is.
    pub fn file(&self) -> &'static ConfigFile {
        self.file
    }

    /// The bytes that were read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The servers in the order of the file, those that the client does not read among them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry at a place.
    pub fn entry(&self, place: &Place) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.place == *place)
    }

    /// What the client does not read.
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }

    /// The file with some entries started through our program. Every other byte stays.
    ///
    /// # Errors
    /// The first entry that cannot be wrapped so that [`Document::unwrap`] gives back these very bytes.
    pub fn wrap(&self, wrappings: &[(Place, edit::Wrapping)]) -> Result<Vec<u8>, edit::EditError> {
        edit::wrap(self, wrappings)
    }

    /// The file with the wrappers of some entries taken off.
    ///
    /// Where nothing else was changed since, these are the bytes from before [`Document::wrap`]; else the launch goes
    /// back and the rest stays.
    ///
    /// # Errors
    /// The first entry that is not wrapped or not there.
    pub fn unwrap(&self, places: &[Place]) -> Result<Vec<u8>, edit::EditError> {
        edit::unwrap(self, places)
    }

    /// [`Document::unwrap`] as far as it goes: the file, and the entries whose wrappers are left, each with the reason.
    pub fn unwrap_each(&self, places: &[Place]) -> (Vec<u8>, Vec<(Place, edit::EditError)>) {
        edit::unwrap_each(self, places)
    }

    /// [`Document::unwrap`] of every wrapped entry.
    ///
    /// # Errors
    /// An entry whose layout cannot be put back.
    pub fn unwrap_all(&self) -> Result<Vec<u8>, edit::EditError> {
        let wrapped = self.entries.iter().filter(|entry| entry.wrapped.is_some());
        self.unwrap(&wrapped.map(|entry| entry.place.clone()).collect::<Vec<_>>())
    }

    /// The file with other wrappers around entries that have one: new variables, a moved program.
    ///
    /// # Errors
    /// As [`Document::unwrap`] and [`Document::wrap`].
    pub fn rewrap(&self, wrappings: &[(Place, edit::Wrapping)]) -> Result<Vec<u8>, edit::EditError> {
        edit::rewrap(self, wrappings)
    }

    /// The node of an entry.
    pub(crate) fn node(&self, place: &Place) -> Option<&Node> {
        let index = self.entries.iter().position(|entry| entry.place == *place)?;
        self.at(&self.ways[index])
    }

    fn at(&self, way: &[usize]) -> Option<&Node> {
        way.iter().try_fold(&self.root, |node, &step| match &node.value {
            Value::Map(map) => map.members.get(step).map(|member| &member.node),
            Value::List(list) => list.items.get(step),
            _ => None,
        })
    }
}

impl Place {
    pub(crate) fn of(steps: &[String]) -> Self {
        let mut pointer = String::new();
        for step in steps {
            pointer_push(&mut pointer, step);
        }
        Self(pointer)
    }

    /// A place as [`Place::as_str`] gave it.
    pub fn from_pointer(pointer: impl Into<String>) -> Self {
        Self(pointer.into())
    }

    /// The JSON Pointer.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Document {
    /// The kind of file and the entries, never the bytes.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Document")
            .field("file", &self.file.path)
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

/// One entry before it is read.
pub(crate) struct Located {
    pub(crate) way: Vec<usize>,
    pub(crate) steps: Vec<String>,
    pub(crate) key: String,
    pub(crate) offset: usize,
    pub(crate) scope: Scope,
    pub(crate) project: Option<String>,
    pub(crate) is_read: bool,
    pub(crate) is_repeated: bool,
}

impl Found {
    fn hints(&self, bytes: &[u8]) -> Vec<Hint> {
        let mut finger = Finger::of(bytes);
        self.hints
            .iter()
            .map(|(kind, offset)| Hint { kind: kind.clone(), position: finger.position(*offset) })
            .collect()
    }
}
