//! Strict reading of our own canonical documents: exactly the members that are asked for, each of its type.

use thiserror::Error;

use crate::digest::{Digest, ObjectKind};
use crate::json::{self, Member, Node, ReadError, ReadLimits, ReadRefusal, Value};
use crate::launch::{Launch, LaunchError};
use crate::name::Label;
use crate::text::plain_pointer;

/// Why bytes are not the document that they should be.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{fault}{}", place(pointer))]
pub struct DocumentError {
    /// JSON Pointer to the value at fault; empty for the whole document. Holds foreign text.
    pub pointer: String,
    /// What is wrong with it.
    pub fault: DocumentFault,
}

/// Where a fault is; nothing for the whole document.
fn place(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" (at \"{}\")", plain_pointer(pointer)) }
}

/// What is wrong with a value of a document.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DocumentFault {
    /// No strict JSON.
    #[error("{0}")]
    Json(ReadError),
    /// Another spelling than RFC 8785's.
    #[error("not in canonical form")]
    NotCanonical,
    /// A member is missing.
    #[error("a member is missing")]
    Missing,
    /// A member that the format does not have.
    #[error("a member that the format does not have")]
    Unknown,
    /// A value of another JSON type, or a number that is no unsigned integer up to 2^53 − 1.
    #[error("a value of the wrong type")]
    WrongType,
    /// A text that is none of the texts that the format allows here.
    #[error("a text that the format does not have here")]
    WrongText,
    /// A document of another format.
    #[error("another format")]
    WrongFormat,
    /// A version that this program does not know.
    #[error("version {found} is newer than this program")]
    Newer {
        /// The version.
        found: u64,
    },
    /// The launch in it is none.
    #[error("{0}")]
    Launch(LaunchError),
}

impl DocumentError {
    /// The name of the refusal in the pages of the formats.
    pub fn name(&self) -> &'static str {
        match &self.fault {
            DocumentFault::Json(error) => error.reason().as_str(),
            DocumentFault::NotCanonical => "NOT_CANONICAL",
            DocumentFault::Missing => "MISSING_MEMBER",
            DocumentFault::Unknown => "UNKNOWN_MEMBER",
            DocumentFault::WrongType | DocumentFault::WrongText => "MALFORMED",
            DocumentFault::WrongFormat => "UNKNOWN_FORMAT",
            DocumentFault::Newer { .. } => "NEWER_FORMAT",
            DocumentFault::Launch(error) => error.name(),
        }
    }
}

/// Reads bytes that must be one canonical document.
pub(crate) fn read(bytes: &[u8], max_bytes: usize) -> Result<Value<'_>, DocumentError> {
    read_within(bytes, &ReadLimits { max_bytes, ..ReadLimits::OWN })
}

/// Like [`read`], with limits of the caller's own.
pub(crate) fn read_within<'a>(bytes: &'a [u8], limits: &ReadLimits) -> Result<Value<'a>, DocumentError> {
    json::read_canonical(bytes, limits).map_err(|error| DocumentError {
        pointer: error.pointer.clone(),
        fault: match error.refusal {
            ReadRefusal::NotCanonical => DocumentFault::NotCanonical,
            _ => DocumentFault::Json(error),
        },
    })
}

/// Where a value stands; written out as a JSON Pointer only when something is wrong there.
#[derive(Clone, Copy)]
pub(crate) enum Place<'p> {
    /// The document itself.
    Document,
    /// A member of the object at a place.
    Member(&'p Place<'p>, &'p str),
    /// An element of the array at a place.
    Element(&'p Place<'p>, usize),
}

impl Place<'_> {
    /// An error here.
    pub(crate) fn fault(&self, fault: DocumentFault) -> DocumentError {
        DocumentError { pointer: self.pointer(), fault }
    }

    fn pointer(&self) -> String {
        match self {
            Place::Document => String::new(),
            Place::Member(object, name) => {
                let mut pointer = object.pointer();
                json::pointer_push(&mut pointer, name);
                pointer
            }
            Place::Element(array, index) => format!("{}/{index}", array.pointer()),
        }
    }
}

/// The members of an object that has exactly the members asked for.
pub(crate) struct Fields<'v, 'a, 'p> {
    place: Place<'p>,
    members: &'v [Member<'a>],
}

impl<'v, 'a, 'p> Fields<'v, 'a, 'p> {
    /// # Errors
    /// No object; a member is missing or one too many.
    pub(crate) fn of(value: &'v Value<'a>, place: Place<'p>, names: &[&str]) -> Result<Self, DocumentError> {
        let Node::Object(members) = &value.node else { return Err(place.fault(DocumentFault::WrongType)) };
        let fields = Fields { place, members };
        if let Some(extra) = members.iter().find(|member| !names.contains(&member.name.as_ref())) {
            return Err(fields.fault(&extra.name, DocumentFault::Unknown));
        }
        match names.iter().find(|name| fields.find(name).is_none()) {
            Some(missing) => Err(fields.fault(missing, DocumentFault::Missing)),
            None => Ok(fields),
        }
    }

    /// An error at a member.
    pub(crate) fn fault(&self, name: &str, fault: DocumentFault) -> DocumentError {
        self.place_of(name).fault(fault)
    }

    /// Where a member stands.
    pub(crate) fn place_of<'q>(&'q self, name: &'q str) -> Place<'q> {
        Place::Member(&self.place, name)
    }

    /// The value of a member.
    pub(crate) fn value(&self, name: &str) -> Result<&'v Value<'a>, DocumentError> {
        self.find(name).ok_or_else(|| self.fault(name, DocumentFault::Missing))
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Result<&'v str, DocumentError> {
        match &self.value(name)?.node {
            Node::String(text) => Ok(text),
            _ => Err(self.fault(name, DocumentFault::WrongType)),
        }
    }

    /// An array.
    pub(crate) fn array(&self, name: &str) -> Result<&'v [Value<'a>], DocumentError> {
        match &self.value(name)?.node {
            Node::Array(items) => Ok(items),
            _ => Err(self.fault(name, DocumentFault::WrongType)),
        }
    }

    /// An integer from 0 to 2^53 − 1. The reader has refused larger ones, and the canonical form other spellings.
    pub(crate) fn uint(&self, name: &str) -> Result<u64, DocumentError> {
        match &self.value(name)?.node {
            Node::Number(number) => {
                number.token.parse().map_err(|_| self.fault(name, DocumentFault::WrongType))
            }
            _ => Err(self.fault(name, DocumentFault::WrongType)),
        }
    }

    /// A text that is one of a closed set.
    pub(crate) fn one_of<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, DocumentError> {
        read(self.text(name)?).ok_or_else(|| self.fault(name, DocumentFault::WrongText))
    }

    /// A digest.
    pub(crate) fn digest(&self, name: &str) -> Result<Digest, DocumentError> {
        self.one_of(name, |text| text.parse().ok())
    }

    /// A label.
    pub(crate) fn label(&self, name: &str) -> Result<Label, DocumentError> {
        self.one_of(name, |text| text.parse().ok())
    }

    /// A kind of object.
    pub(crate) fn kind(&self, name: &str) -> Result<ObjectKind, DocumentError> {
        self.one_of(name, |text| text.parse().ok())
    }

    /// `None` for `null`, else what `read` makes of the member.
    pub(crate) fn nullable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<T, DocumentError>,
    ) -> Result<Option<T>, DocumentError> {
        match self.value(name)?.node {
            Node::Null => Ok(None),
            _ => read(self, name).map(Some),
        }
    }

    /// A launch.
    pub(crate) fn launch(&self, name: &str) -> Result<Launch, DocumentError> {
        let launch = Launch::from_value(self.value(name)?);
        launch.map_err(|error| self.fault(name, DocumentFault::Launch(error)))
    }

    /// The member `format`: a name that ends in `/v` and a version of which this program knows the first.
    pub(crate) fn format(&self, format: &str) -> Result<(), DocumentError> {
        let found = self.text("format")?;
        if found == format {
            return Ok(());
        }
        let version = |format: &str| {
            let (name, version) = format.rsplit_once("/v")?;
            Some((name.to_owned(), version.parse::<u64>().ok()?))
        };
        let fault = match (version(found), version(format)) {
            (Some((name, found)), Some((ours, known))) if name == ours && found > known => {
                DocumentFault::Newer { found }
            }
            _ => DocumentFault::WrongFormat,
        };
        Err(self.fault("format", fault))
    }

    fn find(&self, name: &str) -> Option<&'v Value<'a>> {
        self.members.iter().find(|member| member.name == name).map(|member| &member.value)
    }
}

/// `null` or a digest in its written form.
pub(crate) fn nullable_digest(digest: Option<Digest>) -> Value<'static> {
    digest.map_or_else(Value::null, |digest| Value::string(digest.to_string()))
}
