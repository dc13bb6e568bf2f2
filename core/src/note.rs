//! Signed notes: a text and signatures under it, each by a named key.
//!
//! Source: `spec/signed-note.md`; C2SP signed-note. The bytes that a signature covers are the text as it stands: there
//! is no other spelling of the same note, and what was parsed is written back byte for byte.

mod verifier_key;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use verifier_key::{KeyMaterial, MAX_VERIFIER_KEY_BYTES, SignatureType, VerifierKey, VerifierKeyError};

use crate::signature::{Signature, SigningKey};

/// Bytes of a whole note. Sixteen post-quantum signatures are about 80,000.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// Signature lines of a note. C2SP asks for sixteen at least.
pub const MAX_SIGNATURES: usize = 64;

/// Bytes of a key's name.
pub const MAX_KEY_NAME_BYTES: usize = 1024;

/// A text with its signatures, none of which has been verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line: whose it says to be, and the bytes. Nothing about them is checked before a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: KeyName,
    /// The first four bytes of a hash over name, type and key; not unique, so a match is no proof of anything.
    pub id: [u8; 4],
    /// What follows the id: the signature, in the form of its type.
    pub blob: Vec<u8>,
}

/// The name of a key: at least one byte, no white space of Unicode, no control character, no `+`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// Why bytes are no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`MAX_NOTE_BYTES`].
    #[error("a note of {found} bytes; at most {MAX_NOTE_BYTES} are read")]
    TooLong {
        /// Bytes there are.
        found: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// The first byte that is none.
        offset: usize,
    },
    /// A byte below 0x20 that is no line feed.
    #[error("a control character at byte {offset}")]
    ControlCharacter {
        /// Where it stands.
        offset: usize,
    },
    /// No empty line parts a text from signatures.
    #[error("no empty line between text and signatures")]
    NoSeparator,
    /// The text does not end with a line feed.
    #[error("the text does not end with a line feed")]
    TextEnd,
    /// Nothing follows the empty line.
    #[error("no signature line")]
    NoSignature,
    /// The last signature line has no line feed.
    #[error("the last signature line does not end with a line feed")]
    NoLineEnd,
    /// More than [`MAX_SIGNATURES`] lines.
    #[error("more than {MAX_SIGNATURES} signature lines")]
    TooManySignatures,
    /// A signature line is none.
    #[error("signature line {line}: {fault}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
}

/// What is wrong with a signature line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It does not begin with an em dash and a space.
    #[error("does not begin with an em dash and a space")]
    Dash,
    /// It has no second space.
    #[error("is not a name, a space and base64")]
    Parts,
    /// The name is none.
    #[error(transparent)]
    Name(KeyNameError),
    /// Not standard base64 with padding and without stray bits.
    #[error("the signature is not standard base64")]
    Base64,
    /// Fewer than five bytes: an id and nothing signed.
    #[error("the signature is shorter than a key id and one byte")]
    Short,
}

/// Why a text is no name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyNameError {
    /// Nothing.
    #[error("a key's name is empty")]
    Empty,
    /// More than [`MAX_KEY_NAME_BYTES`].
    #[error("a key's name of more than {MAX_KEY_NAME_BYTES} bytes")]
    TooLong,
    /// White space of Unicode or a control character.
    #[error("a key's name holds white space or a control character")]
    Space,
    /// A plus sign, which parts the fields of a verifier key.
    #[error("a key's name holds a plus sign")]
    Plus,
}

/// Why a note is not one that a key has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteSignatureError {
    /// No line carries the key's name and id.
    #[error("no signature by this key")]
    Absent,
    /// A line carries the key's name and id, and its signature does not verify: the note is refused.
    #[error("a signature by this key does not verify")]
    Bad,
    /// The key is of a type that signs something else.
    #[error("a key of another type")]
    KeyType,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// See [`NoteError`]. Not checked: any signature, and what the text says.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong { found: bytes.len() });
        }
        let whole =
            std::str::from_utf8(bytes).map_err(|error| NoteError::NotUtf8 { offset: error.valid_up_to() })?;
        refuse_controls(whole)?;
        let end = whole.rfind("\n\n").ok_or(NoteError::NoSeparator)?;
        let signatures = parse_signature_lines(&whole[end + 2..])?;
        Ok(Self { text: whole[..=end].to_owned(), signatures })
    }

    /// A note of a text that is yet to be signed. It cannot be read back before it carries a signature.
    ///
    /// # Errors
    /// The text does not end with a line feed, holds a control character, or is too long.
    pub fn unsigned(text: &str) -> Result<Self, NoteError> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong { found: text.len() });
        }
        refuse_controls(text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::TextEnd);
        }
        Ok(Self { text: text.to_owned(), signatures: Vec::new() })
    }

    /// The text with its final line feed, without the empty line: what signatures cover.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The note with one more signature line. A line of the same name and id is replaced, so that a repeated
    /// signature (such as a newer cosignature of the same head) does not pile up.
    ///
    /// # Errors
    /// The note would have too many lines or too many bytes.
    pub fn with_signature(mut self, signature: NoteSignature) -> Result<Self, NoteError> {
        self.signatures.retain(|line| (&line.name, line.id) != (&signature.name, signature.id));
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        let found = self.to_bytes().len();
        if found > MAX_NOTE_BYTES { Err(NoteError::TooLong { found }) } else { Ok(self) }
    }

    /// The note with only those signature lines that `keep` says.
    #[must_use]
    pub fn only(mut self, keep: impl FnMut(&NoteSignature) -> bool) -> Self {
        self.signatures.retain(keep);
        self
    }

    /// The bytes of the note: exactly those it was read from.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}\n", self.text).into_bytes();
        for signature in &self.signatures {
            bytes.extend_from_slice(signature.to_string().as_bytes());
        }
        bytes
    }

    /// Verifies what `key` (type 0x01) has signed of this note: at least one line is its, and every line that carries
    /// its name and id verifies. Lines of other names and ids are not looked at.
    ///
    /// # Errors
    /// See [`NoteSignatureError`].
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteSignatureError> {
        let KeyMaterial::Ed25519(public) = key.material() else { return Err(NoteSignatureError::KeyType) };
        let mut found = false;
        for line in self.lines_of(key) {
            let signature = Signature::from_slice(&line.blob).map_err(|_| NoteSignatureError::Bad)?;
            public.verify(self.text.as_bytes(), &signature).map_err(|_| NoteSignatureError::Bad)?;
            found = true;
        }
        if found { Ok(()) } else { Err(NoteSignatureError::Absent) }
    }

    /// The lines that carry the name and the id of a key.
    pub fn lines_of<'a>(&'a self, key: &'a VerifierKey) -> impl Iterator<Item = &'a NoteSignature> {
        self.signatures.iter().filter(|line| line.name == *key.name() && line.id == key.id())
    }
}

/// Signs the text of a note with an Ed25519 key (type 0x01).
///
/// Not checked: that the text is one of a note, and that the key signs under no other name or type.
pub fn sign(name: &KeyName, key: &SigningKey, text: &str) -> NoteSignature {
    NoteSignature {
        name: name.clone(),
        id: VerifierKey::ed25519(name.clone(), key.public_key()).id(),
        blob: key.sign(text.as_bytes()).as_bytes().to_vec(),
    }
}

/// Reads signature lines alone, each with its line feed, as a witness answers them.
///
/// # Errors
/// No line, too many, no final line feed, or a line that is none.
pub fn parse_signature_lines(text: &str) -> Result<Vec<NoteSignature>, NoteError> {
    if text.is_empty() {
        return Err(NoteError::NoSignature);
    }
    let lines = text.strip_suffix('\n').ok_or(NoteError::NoLineEnd)?;
    if lines.split('\n').count() > MAX_SIGNATURES {
        return Err(NoteError::TooManySignatures);
    }
    let parse =
        |(at, line)| NoteSignature::parse(line).map_err(|fault| NoteError::Line { line: at + 1, fault });
    lines.split('\n').enumerate().map(parse).collect()
}

fn refuse_controls(text: &str) -> Result<(), NoteError> {
    match text.bytes().position(|byte| byte < 0x20 && byte != b'\n') {
        Some(offset) => Err(NoteError::ControlCharacter { offset }),
        None => Ok(()),
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Result<Self, LineFault> {
        let rest = line.strip_prefix("\u{2014} ").ok_or(LineFault::Dash)?;
        let (name, base64) = rest.split_once(' ').ok_or(LineFault::Parts)?;
        let name = name.parse().map_err(LineFault::Name)?;
        let bytes = STANDARD.decode(base64).map_err(|_| LineFault::Base64)?;
        let (id, blob) = bytes.split_first_chunk().ok_or(LineFault::Short)?;
        if blob.is_empty() {
            return Err(LineFault::Short);
        }
        Ok(Self { name, id: *id, blob: blob.to_vec() })
    }
}

impl fmt::Display for NoteSignature {
    /// The line with its line feed.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.blob].concat();
        writeln!(out, "\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(KeyNameError::Empty);
        }
        if text.len() > MAX_KEY_NAME_BYTES {
            return Err(KeyNameError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c < ' ') {
            return Err(KeyNameError::Space);
        }
        if text.contains('+') {
            return Err(KeyNameError::Plus);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
