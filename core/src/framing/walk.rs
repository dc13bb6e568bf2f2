//! One pass over a text: is it well-formed JSON, and where do its values end?

use std::borrow::Cow;

use super::FrameLimits;
use super::error::FrameError;
use super::id::string_text;
use super::raw::{Raw, RawFault};
use crate::json::Names;
use crate::json::scan::{self, TokenFault};
use crate::limits::MAX_TRAFFIC_DEPTH;

/// White space of JSON.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The line as text without white space at its end.
pub(super) fn text_of<'a>(line: &'a [u8], limits: &FrameLimits) -> Result<&'a str, FrameError> {
    if line.len() > limits.max_bytes {
        return Err(FrameError::TooLong { limit_bytes: limits.max_bytes });
    }
    let text = std::str::from_utf8(line).map_err(|bad| FrameError::BadUtf8 { offset: bad.valid_up_to() })?;
    let text = without_tail(text);
    if text.is_empty() { Err(FrameError::Blank) } else { Ok(text) }
}

/// The text without white space at its end.
pub(super) fn without_tail(text: &str) -> &str {
    text.trim_end_matches(SPACE)
}

/// The text without white space at its beginning.
pub(super) fn without_lead(text: &str) -> &str {
    text.trim_start_matches(SPACE)
}

/// Goes over one value of any kind.
pub(super) fn any_value<'a>(text: &'a str, limits: &FrameLimits) -> Result<&'a str, FrameError> {
    let mut walk = Walk::over(text, limits);
    walk.skip_value(0)?;
    walk.end()?;
    Ok(without_lead(text))
}

/// A position in the text. A fault that leaves the text well-formed is noted and told at the end, so that what is no
/// JSON at all is always told as that.
pub(super) struct Walk<'a, 'l> {
    pub(super) text: &'a str,
    bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) limits: &'l FrameLimits,
    max_depth: usize,
    fault: Option<FrameError>,
}

impl<'a, 'l> Walk<'a, 'l> {
    /// At the first byte that is not white space.
    pub(super) fn over(text: &'a str, limits: &'l FrameLimits) -> Self {
        let max_depth = limits.max_depth.min(MAX_TRAFFIC_DEPTH);
        let at = text.len() - without_lead(text).len();
        Walk { text, bytes: text.as_bytes(), at, limits, max_depth, fault: None }
    }

    /// The members of the object here, which was gone over before.
    pub(super) fn members(mut self) -> Result<Vec<(Cow<'a, str>, Raw<'a>)>, RawFault> {
        if self.peek() != Some(b'{') {
            return Err(RawFault::NotAnObject);
        }
        let mut members = Vec::new();
        let mut names = Names::default();
        self.opened(0).map_err(|_| RawFault::NotAnObject)?;
        let mut more = !self.closes(b'}');
        while more {
            let name = self.name().map_err(|_| RawFault::NotAnObject)?;
            let name = string_text(name).ok_or(RawFault::LoneSurrogate)?;
            if !names.insert(name.clone()) {
                return Err(RawFault::DupKey);
            }
            if members.len() == self.limits.max_members {
                return Err(RawFault::TooMany);
            }
            members.push((name, self.value(1).map_err(|_| RawFault::NotAnObject)?));
            more = self.goes_on(b'}').map_err(|_| RawFault::NotAnObject)?;
        }
        Ok(members)
    }

    /// The elements of the array here, which was gone over before.
    pub(super) fn elements(mut self) -> Result<Vec<Raw<'a>>, RawFault> {
        if self.peek() != Some(b'[') {
            return Err(RawFault::NotAnArray);
        }
        let mut elements = Vec::new();
        self.opened(0).map_err(|_| RawFault::NotAnArray)?;
        let mut more = !self.closes(b']');
        while more {
            if elements.len() == self.limits.max_members {
                return Err(RawFault::TooMany);
            }
            elements.push(self.value(1).map_err(|_| RawFault::NotAnArray)?);
            more = self.goes_on(b']').map_err(|_| RawFault::NotAnArray)?;
        }
        Ok(elements)
    }

    /// A name as written, and past the colon after it.
    pub(super) fn name(&mut self) -> Result<&'a str, FrameError> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.not_json(start));
        }
        self.string()?;
        let name = &self.text[start..self.at];
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        Ok(name)
    }

    fn value(&mut self, open: usize) -> Result<Raw<'a>, FrameError> {
        let start = self.at;
        self.skip_value(open)?;
        Ok(Raw::checked(&self.text[start..self.at]))
    }

    /// Past one value of any kind. No recursion: which brackets are open is a bit each.
    pub(super) fn skip_value(&mut self, open: usize) -> Result<(), FrameError> {
        let mut nest = Nest::default();
        loop {
            let bracket = match self.peek() {
                Some(b'"') => {
                    self.string()?;
                    None
                }
                Some(b'{') => Some(b'}'),
                Some(b'[') => Some(b']'),
                Some(b'-' | b'0'..=b'9') => {
                    self.number()?;
                    None
                }
                Some(b't') => self.word(b"true")?,
                Some(b'f') => self.word(b"false")?,
                Some(b'n') => self.word(b"null")?,
                _ => return Err(self.not_json(self.at)),
            };
            if let Some(bracket) = bracket {
                self.opened(open + nest.depth)?;
                if !self.closes(bracket) {
                    nest.push(bracket == b'}');
                    if bracket == b'}' {
                        self.name()?;
                    }
                    continue;
                }
            }
            loop {
                let Some(in_object) = nest.top() else { return Ok(()) };
                if self.goes_on(if in_object { b'}' } else { b']' })? {
                    if in_object {
                        self.name()?;
                    }
                    break;
                }
                nest.pop();
            }
        }
    }

    /// Past the opening bracket, if one more level is allowed.
    pub(super) fn opened(&mut self, open: usize) -> Result<(), FrameError> {
        if open >= self.max_depth {
            return Err(FrameError::TooDeep { limit: self.max_depth, offset: self.at });
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    pub(super) fn closes(&mut self, bracket: u8) -> bool {
        let is_closed = self.peek() == Some(bracket);
        self.at += usize::from(is_closed);
        is_closed
    }

    /// After an element: `true` past a comma, `false` past the closing bracket.
    pub(super) fn goes_on(&mut self, bracket: u8) -> Result<bool, FrameError> {
        self.skip_space();
        if self.closes(bracket) {
            return Ok(false);
        }
        self.expect(b',')?;
        self.skip_space();
        Ok(true)
    }

    fn string(&mut self) -> Result<(), FrameError> {
        self.at = scan::string(self.bytes, self.at + 1).map_err(|fault| self.token_fault(fault))?.end;
        Ok(())
    }

    fn number(&mut self) -> Result<(), FrameError> {
        self.at = scan::number(self.bytes, self.at).map_err(|fault| self.token_fault(fault))?.end;
        Ok(())
    }

    fn word(&mut self, word: &'static [u8]) -> Result<Option<u8>, FrameError> {
        for &expected in word {
            self.expect(expected)?;
        }
        Ok(None)
    }

    fn expect(&mut self, expected: u8) -> Result<(), FrameError> {
        if self.peek() != Some(expected) {
            return Err(self.not_json(self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// Nothing may follow, and nothing may have been noted.
    pub(super) fn end(&mut self) -> Result<(), FrameError> {
        self.skip_space();
        if self.at < self.bytes.len() {
            return Err(self.not_json(self.at));
        }
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Past white space. A line break among it is a fault: the caller took the line's end away.
    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => {}
                b'\r' | b'\n' => self.note(FrameError::LineBreak { offset: self.at }),
                _ => return,
            }
            self.at += 1;
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Keeps the first fault.
    pub(super) fn note(&mut self, fault: FrameError) {
        self.fault.get_or_insert(fault);
    }

    #[cold]
    fn not_json(&self, offset: usize) -> FrameError {
        FrameError::NotJson { offset }
    }

    #[cold]
    fn token_fault(&self, fault: TokenFault) -> FrameError {
        self.not_json(match fault {
            TokenFault::End => self.bytes.len(),
            TokenFault::Control(at) | TokenFault::Escape(at) | TokenFault::Number(at) => at,
        })
    }
}

/// Which of the open brackets are objects', a bit each.
#[derive(Default)]
struct Nest {
    objects: [u64; MAX_TRAFFIC_DEPTH / 64],
    depth: usize,
}

impl Nest {
    /// The depth limit was checked before.
    fn push(&mut self, is_object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        self.objects[word] = self.objects[word] & !(1 << bit) | u64::from(is_object) << bit;
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth -= 1;
    }

    /// Whether the innermost bracket is an object's; `None` if none is open.
    fn top(&self) -> Option<bool> {
        let index = self.depth.checked_sub(1)?;
        Some(self.objects[index / 64] >> (index % 64) & 1 == 1)
    }
}
