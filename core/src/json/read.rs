//! The strict reader.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::Names;
use super::canonical::{is_canonical_number, other_escape, utf16_order};
use super::error::{ReadError, ReadRefusal};
use super::number;
use super::pointer::pointer_push;
use super::scan::{self, TokenFault};
use super::value::{Member, Node, Number, Span, Value};
use crate::limits::MAX_HASHED_DEPTH;

/// What one document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Bytes of the document.
    pub max_bytes: usize,
    /// Levels of arrays and objects; a document that is one flat object has one.
    pub max_depth: u8,
    /// Bytes of one decoded string or member name.
    pub max_string_bytes: usize,
    /// Members of one object.
    pub max_members: usize,
    /// Values at all levels together; bounds the memory that a document of many small values takes.
    pub max_values: usize,
}

impl ReadLimits {
    /// One page of a listing, or a handshake. Largest real ones: 358,189 bytes and 15,793 values (401 tools), depth
    /// 22, a string of 34,728 bytes, 41 members.
    pub const LISTING: ReadLimits = ReadLimits {
        max_bytes: 16 << 20,
        max_depth: MAX_HASHED_DEPTH,
        max_string_bytes: 1 << 20,
        max_members: 4_096,
        max_values: 1 << 20,
    };

    /// Our own documents: launches, decisions, requests.
    pub const OWN: ReadLimits = ReadLimits {
        max_bytes: 4 << 20,
        max_depth: 16,
        max_string_bytes: 1 << 20,
        max_members: 4_096,
        max_values: 1 << 18,
    };
}

/// Reads one JSON document of I-JSON's careful kind: RFC 8259 with UTF-8 and no byte order mark, no duplicate member,
/// no lone surrogate, no number that a double cannot hold.
///
/// # Errors
/// The first thing wrong by byte offset, with its JSON Pointer. Nothing is repaired or skipped.
///
/// Not checked: which characters strings hold, and what the document means.
pub fn read<'a>(doc: &'a [u8], limits: &ReadLimits) -> Result<Value<'a>, ReadError> {
    read_form(doc, limits, false)
}

/// Like [`read`], and demands that the bytes are the RFC 8785 form already, so that nobody needs to write it again: no
/// white space, names sorted by UTF-16 code units, one form for each string and number.
///
/// # Errors
/// As of [`read`]; [`ReadRefusal::NotCanonical`] at the first byte of white space, member name, escape or number that
/// the canonical form does not have there. Of several faults the one that stands first is told.
///
/// Not checked: as of [`read`].
pub fn read_canonical<'a>(doc: &'a [u8], limits: &ReadLimits) -> Result<Value<'a>, ReadError> {
    read_form(doc, limits, true)
}

fn read_form<'a>(doc: &'a [u8], limits: &ReadLimits, is_canonical: bool) -> Result<Value<'a>, ReadError> {
    if doc.len() > limits.max_bytes {
        let refusal = ReadRefusal::TooLarge { limit_bytes: limits.max_bytes };
        return Err(ReadError { refusal, pointer: String::new(), offset: limits.max_bytes });
    }
    if doc.starts_with(b"\xef\xbb\xbf") {
        return Err(ReadError { refusal: ReadRefusal::ByteOrderMark, pointer: String::new(), offset: 0 });
    }
    let text = longest_valid(doc);
    let is_whole = text.len() == doc.len();
    let mut reader =
        Reader { text, bytes: text.as_bytes(), at: 0, is_whole, is_canonical, values: 0, limits };
    reader.document().map_err(|fault| fault.into_error())
}

/// How the names before stand to one that should come after them: `Less` if it does, `Equal` if one of them is the same.
fn order_after(before: &[Member<'_>], name: &str) -> Ordering {
    match before.last().map_or(Ordering::Less, |last| utf16_order(&last.name, name)) {
        Ordering::Greater if before.iter().any(|member| member.name == name) => Ordering::Equal,
        order => order,
    }
}

/// The longest prefix that is UTF-8. The reader meets the bad byte in its place and names what it was reading.
fn longest_valid(doc: &[u8]) -> &str {
    match std::str::from_utf8(doc) {
        Ok(text) => text,
        Err(bad) => std::str::from_utf8(&doc[..bad.valid_up_to()]).unwrap_or_default(),
    }
}

struct Reader<'a, 'l> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Whether `text` is the whole document, or a byte that is not UTF-8 follows.
    is_whole: bool,
    /// Whether only the RFC 8785 form is accepted.
    is_canonical: bool,
    values: usize,
    limits: &'l ReadLimits,
}

/// A refusal on its way up; the path is collected innermost first.
struct Fault {
    refusal: ReadRefusal,
    offset: usize,
    path: Vec<String>,
}

impl Fault {
    fn within(mut self: Box<Self>, step: impl Into<String>) -> Box<Self> {
        self.path.push(step.into());
        self
    }

    fn into_error(self) -> ReadError {
        let mut pointer = String::new();
        for step in self.path.iter().rev() {
            pointer_push(&mut pointer, step);
        }
        ReadError { refusal: self.refusal, pointer, offset: self.offset }
    }
}

type Read<T> = Result<T, Box<Fault>>;

impl<'a> Reader<'a, '_> {
    fn document(&mut self) -> Read<Value<'a>> {
        let space = scan::skip_space(self.bytes, 0);
        if space == self.bytes.len() && self.is_whole {
            return self.refuse(ReadRefusal::Empty, space);
        }
        self.skip_space()?;
        let value = self.value(0)?;
        self.skip_space()?;
        match (self.at < self.bytes.len(), self.is_whole) {
            (false, true) => Ok(value),
            (true, _) => self.refuse(ReadRefusal::TrailingData, self.at),
            (false, false) => self.end(),
        }
    }

    /// One value; `depth` arrays and objects are open around it. Recursion is bounded by the depth limit.
    fn value(&mut self, depth: u8) -> Read<Value<'a>> {
        self.values += 1;
        if self.values > self.limits.max_values {
            return self.refuse(ReadRefusal::TooManyValues { limit: self.limits.max_values }, self.at);
        }
        let start = self.at;
        let node = match self.bytes.get(start) {
            None => return self.end(),
            Some(b'"') => Node::String(self.string()?),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'-' | b'0'..=b'9') => Node::Number(self.number()?),
            Some(b't') => self.word("true", Node::Bool(true))?,
            Some(b'f') => self.word("false", Node::Bool(false))?,
            Some(b'n') => self.word("null", Node::Null)?,
            Some(&byte) => return self.refuse(ReadRefusal::UnexpectedByte { byte }, start),
        };
        Ok(Value { span: Span { start, end: self.at }, node })
    }

    fn object(&mut self, depth: u8) -> Read<Node<'a>> {
        self.enter(depth)?;
        let mut members = Vec::new();
        if self.closes(b'}') {
            return Ok(Node::Object(members));
        }
        // In canonical form names rise, and the one before tells whether a name comes twice.
        let mut names = (!self.is_canonical).then(Names::default);
        loop {
            let member = self.member(depth, &mut names, &members)?;
            members.push(member);
            if !self.goes_on(b'}')? {
                return Ok(Node::Object(members));
            }
        }
    }

    /// `before` are the members that stand before this one, and `names` theirs, where the order does not tell.
    fn member(
        &mut self,
        depth: u8,
        names: &mut Option<Names<'a>>,
        before: &[Member<'a>],
    ) -> Read<Member<'a>> {
        let start = self.at;
        match self.bytes.get(start) {
            None => return self.end(),
            Some(b'"') => {}
            Some(&byte) => return self.refuse(ReadRefusal::UnexpectedByte { byte }, start),
        }
        let name = self.string()?;
        let name_span = Span { start, end: self.at };
        let order = match names {
            Some(names) => {
                if names.insert(name.clone()) {
                    Ordering::Less
                } else {
                    Ordering::Equal
                }
            }
            None => order_after(before, &name),
        };
        match order {
            Ordering::Less => {}
            Ordering::Equal => {
                return self.refuse(ReadRefusal::DuplicateMember, start).map_err(|fault| fault.within(name));
            }
            Ordering::Greater => return self.refuse(ReadRefusal::NotCanonical, start),
        }
        if before.len() >= self.limits.max_members {
            return self.refuse(ReadRefusal::TooManyMembers { limit: self.limits.max_members }, start);
        }
        self.skip_space()?;
        self.expect(b':')?;
        self.skip_space()?;
        match self.value(depth + 1) {
            Ok(value) => Ok(Member { name, name_span, value }),
            Err(fault) => Err(fault.within(name)),
        }
    }

    fn array(&mut self, depth: u8) -> Read<Node<'a>> {
        self.enter(depth)?;
        let mut elements = Vec::new();
        if self.closes(b']') {
            return Ok(Node::Array(elements));
        }
        loop {
            match self.value(depth + 1) {
                Ok(element) => elements.push(element),
                Err(fault) => return Err(fault.within(elements.len().to_string())),
            }
            if !self.goes_on(b']')? {
                return Ok(Node::Array(elements));
            }
        }
    }

    /// Steps over the opening bracket, if one more level is allowed.
    fn enter(&mut self, depth: u8) -> Read<()> {
        if depth >= self.limits.max_depth {
            return self.refuse(ReadRefusal::TooDeep { limit: self.limits.max_depth }, self.at);
        }
        self.at += 1;
        self.skip_space()?;
        Ok(())
    }

    fn closes(&mut self, bracket: u8) -> bool {
        let is_closed = self.bytes.get(self.at) == Some(&bracket);
        self.at += usize::from(is_closed);
        is_closed
    }

    /// After an element: `true` past a comma, `false` past the closing bracket.
    fn goes_on(&mut self, bracket: u8) -> Read<bool> {
        self.skip_space()?;
        if self.closes(bracket) {
            return Ok(false);
        }
        self.expect(b',')?;
        self.skip_space()?;
        Ok(true)
    }

    fn expect(&mut self, expected: u8) -> Read<()> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte == expected => {
                self.at += 1;
                Ok(())
            }
            Some(&byte) => self.refuse(ReadRefusal::UnexpectedByte { byte }, self.at),
            None => self.end(),
        }
    }

    fn string(&mut self) -> Read<Cow<'a, str>> {
        let start = self.at + 1;
        let token = scan::string(self.bytes, start).or_else(|fault| self.token_fault(fault))?;
        let text: &'a str = &self.text[start..token.end - 1];
        let text = if token.escaped {
            if let Some(at) = self.is_canonical.then(|| other_escape(text)).flatten() {
                return self.refuse(ReadRefusal::NotCanonical, start + at);
            }
            let decoded = scan::decode(text);
            Cow::Owned(decoded.or_else(|at| self.refuse(ReadRefusal::LoneSurrogate, start + at))?)
        } else {
            Cow::Borrowed(text)
        };
        if text.len() > self.limits.max_string_bytes {
            let refusal = ReadRefusal::StringTooLong { limit_bytes: self.limits.max_string_bytes };
            return self.refuse(refusal, start - 1);
        }
        self.at = token.end;
        Ok(text)
    }

    fn number(&mut self) -> Read<Number<'a>> {
        let start = self.at;
        let token = scan::number(self.bytes, start).or_else(|fault| self.token_fault(fault))?;
        let text = &self.text[start..token.end];
        let double =
            number::double_of(text, token.is_integer).or_else(|refusal| self.refuse(refusal, start))?;
        if self.is_canonical && !is_canonical_number(text, token.is_integer, double) {
            return self.refuse(ReadRefusal::NotCanonical, start);
        }
        self.at = token.end;
        Ok(Number { token: Cow::Borrowed(text), double })
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Read<Node<'a>> {
        for expected in word.bytes() {
            self.expect(expected)?;
        }
        Ok(node)
    }

    fn skip_space(&mut self) -> Read<()> {
        let start = self.at;
        self.at = scan::skip_space(self.bytes, start);
        if self.is_canonical && self.at > start {
            return self.refuse(ReadRefusal::NotCanonical, start);
        }
        Ok(())
    }

    fn token_fault<T>(&self, fault: TokenFault) -> Read<T> {
        match fault {
            TokenFault::End => self.end(),
            TokenFault::Control(at) => self.refuse(ReadRefusal::ControlInString, at),
            TokenFault::Escape(at) => self.refuse(ReadRefusal::BadEscape, at),
            TokenFault::Number(at) => self.refuse(ReadRefusal::BadNumber, at),
        }
    }

    /// The valid text ends here, though a value does not.
    fn end<T>(&self) -> Read<T> {
        let refusal = if self.is_whole { ReadRefusal::UnexpectedEnd } else { ReadRefusal::InvalidUtf8 };
        self.refuse(refusal, self.bytes.len())
    }

    #[cold]
    fn refuse<T>(&self, refusal: ReadRefusal, offset: usize) -> Read<T> {
        Err(Box::new(Fault { refusal, offset, path: Vec::new() }))
    }
}
