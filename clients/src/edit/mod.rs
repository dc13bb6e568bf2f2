//! Edits: byte ranges are replaced, nothing is written anew.
//!
//! The bytes of the original command move into the arguments, behind our own words, so that they can be put back from
//! the file alone. Each wrapped file is read again and unwrapped before it is given out; what does not come back byte by
//! byte is refused.

mod literal;
mod put;
mod scan;
mod splice;
mod take;

use pinfold_core::launch::variable_name;
use pinfold_core::name::Label;
use thiserror::Error;

use crate::document::{Document, Place, read};
use crate::entry::{Entry, Kind};
use crate::file::ConfigFile;
use crate::site::Site;
use crate::tree::Node;
use crate::wrapper::is_own_program;

/// What is put around an entry's launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapping {
    /// The absolute path of our program; its file name is [`PROGRAM_NAME`](crate::PROGRAM_NAME).
    pub program: String,
    /// The label.
    pub label: Label,
    /// Names of the variables that the entry declares.
    pub env_names: Vec<String>,
}

/// Why an entry is not wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// It starts no program.
    #[error("it starts no program")]
    NoProgram,
    /// It stands under a key that the client does not read.
    #[error("the client does not read this key")]
    NotRead,
    /// It has a wrapper.
    #[error("it is wrapped")]
    Wrapped,
    /// It starts our own program for something else.
    #[error("it starts pinfold itself")]
    OwnProgram,
    /// Its name, its command or its arguments stand twice, and readers differ in which they take.
    #[error("a name stands twice, and programs differ in which one they take")]
    Repeated,
    /// The command is written in a way that means something else where it would have to go.
    #[error("the command is written in a way that cannot be moved")]
    Spelling,
    /// The list of arguments is written in a way into which nothing can be put that comes out again.
    #[error("the arguments are written in a way that cannot be added to")]
    Layout,
}

impl Obstacle {
    /// The name in spec/client-configurations.md and in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoProgram => "no-program",
            Self::NotRead => "key-not-read",
            Self::Wrapped => "wrapped",
            Self::OwnProgram => "own-program",
            Self::Repeated => "repeated",
            Self::Spelling => "spelling",
            Self::Layout => "layout",
        }
    }
}

/// Why a file was not edited. No byte of it was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// There is no entry at the place, or it was named twice.
    #[error("no entry at {0}")]
    Unknown(Place),
    /// The entry cannot be wrapped.
    #[error("{place}: {obstacle}")]
    Obstacle {
        /// Where the entry stands.
        place: Place,
        /// Why.
        obstacle: Obstacle,
    },
    /// The entry has no wrapper.
    #[error("{0} is not wrapped")]
    NotWrapped(Place),
    /// The program is no absolute path, or its file has another name.
    #[error("the program must be the absolute path of a file named pinfold")]
    Program,
    /// The label begins with `-`.
    #[error("a label that begins with a dash reads like an option")]
    Label,
    /// A name that no variable can be declared by.
    #[error(
        "it declares a variable by what is no name of one: empty, too long, or with a blank, a comma or another sign in it"
    )]
    VariableName,
    /// The edited file would not give back these bytes.
    #[error("the edit could not be taken back exactly")]
    NotExact,
}

/// See [`Document::wrap`].
pub(crate) fn wrap(document: &Document, wrappings: &[(Place, Wrapping)]) -> Result<Vec<u8>, EditError> {
    let mut splices = Vec::new();
    for (index, (place, wrapping)) in wrappings.iter().enumerate() {
        check(wrapping)?;
        let (entry, node) = located(document, place)?;
        if wrappings[..index].iter().any(|(earlier, _)| earlier == place) {
            return Err(EditError::Unknown(place.clone()));
        }
        if let Some(obstacle) = entry.obstacle {
            return Err(EditError::Obstacle { place: place.clone(), obstacle });
        }
        let site = Site::of(node, &document.file.shape).ok_or(EditError::NotExact)?;
        splices.extend(put::splices(document, &site, wrapping).ok_or(EditError::NotExact)?);
    }
    let edited = splice::apply(&document.bytes, splices).ok_or(EditError::NotExact)?;
    let places: Vec<Place> = wrappings.iter().map(|(place, _)| place.clone()).collect();
    let again = read(document.file, &edited).map_err(|_| EditError::NotExact)?;
    let is_same = wrappings.iter().all(|(place, wrapping)| is_wrapped_as(document, &again, place, wrapping));
    if !is_same || unwrap(&again, &places)? != document.bytes {
        return Err(EditError::NotExact);
    }
    Ok(edited)
}

/// See [`Document::unwrap`].
pub(crate) fn unwrap(document: &Document, places: &[Place]) -> Result<Vec<u8>, EditError> {
    let mut splices = Vec::new();
    for place in places {
        let (entry, node) = located(document, place)?;
        let wrapped = entry.wrapped.as_ref().ok_or_else(|| EditError::NotWrapped(place.clone()))?;
        let site = Site::of(node, &document.file.shape).ok_or(EditError::NotExact)?;
        splices.extend(take::splices(document, &site, wrapped).ok_or(EditError::NotExact)?);
    }
    let edited = splice::apply(&document.bytes, splices).ok_or(EditError::NotExact)?;
    let again = read(document.file, &edited).map_err(|_| EditError::NotExact)?;
    if places.iter().all(|place| is_back(document, &again, place)) {
        Ok(edited)
    } else {
        Err(EditError::NotExact)
    }
}

/// See [`Document::unwrap_each`].
pub(crate) fn unwrap_each(document: &Document, places: &[Place]) -> (Vec<u8>, Vec<(Place, EditError)>) {
    if let Ok(edited) = unwrap(document, places) {
        return (edited, Vec::new());
    }
    let (mut now, mut left) = (document.clone(), Vec::new());
    for place in places {
        let edited = unwrap(&now, std::slice::from_ref(place));
        match edited.and_then(|edited| read(document.file, &edited).map_err(|_| EditError::NotExact)) {
            Ok(next) => now = next,
            Err(error) => left.push((place.clone(), error)),
        }
    }
    (now.bytes, left)
}

/// See [`Document::rewrap`].
pub(crate) fn rewrap(document: &Document, wrappings: &[(Place, Wrapping)]) -> Result<Vec<u8>, EditError> {
    let places: Vec<Place> = wrappings.iter().map(|(place, _)| place.clone()).collect();
    let bare = unwrap(document, &places)?;
    wrap(&read(document.file, &bare).map_err(|_| EditError::NotExact)?, wrappings)
}

/// Why an entry that the client reads cannot be wrapped.
pub(crate) fn obstacle_of(
    file: &'static ConfigFile,
    bytes: &[u8],
    node: &Node,
    entry: &Entry,
) -> Option<Obstacle> {
    let Kind::Stdio(line) = &entry.kind else { return Some(Obstacle::NoProgram) };
    if entry.wrapped.is_some() {
        return Some(Obstacle::Wrapped);
    }
    if is_own_program(&line.command) {
        return Some(Obstacle::OwnProgram);
    }
    let Some(site) = Site::of(node, &file.shape) else { return Some(Obstacle::NoProgram) };
    if site.repeats() { Some(Obstacle::Repeated) } else { put::obstacle(file.syntax, bytes, &site) }
}

fn located<'d>(document: &'d Document, place: &Place) -> Result<(&'d Entry, &'d Node), EditError> {
    document.entry(place).zip(document.node(place)).ok_or_else(|| EditError::Unknown(place.clone()))
}

fn check(wrapping: &Wrapping) -> Result<(), EditError> {
    let is_plain = !wrapping.program.contains(|letter: char| letter.is_control());
    if !wrapping.program.starts_with('/') || !is_own_program(&wrapping.program) || !is_plain {
        return Err(EditError::Program);
    }
    if wrapping.label.as_str().starts_with('-') {
        return Err(EditError::Label);
    }
    let is_name = |name: &String| variable_name(name).is_ok();
    if wrapping.env_names.iter().all(is_name) { Ok(()) } else { Err(EditError::VariableName) }
}

/// Whether an entry starts now what stood behind its wrapper.
fn is_back(before: &Document, after: &Document, place: &Place) -> bool {
    let line = before.entry(place).and_then(Entry::command_line);
    let words = after.node(place).and_then(|node| Site::of(node, &after.file.shape)?.words().ok());
    line.zip(words).is_some_and(|(line, (command, args))| line.command == command && line.args == args)
}

fn is_wrapped_as(before: &Document, after: &Document, place: &Place, wrapping: &Wrapping) -> bool {
    let entries = before.entry(place).zip(after.entry(place));
    entries.is_some_and(|(before, after)| {
        after.wrapped.as_ref().is_some_and(|wrapped| {
            wrapped.program == wrapping.program
                && wrapped.label == wrapping.label.as_str()
                && wrapped.env_names == wrapping.env_names
        }) && after.kind == before.kind
            && after.variables == before.variables
    })
}
