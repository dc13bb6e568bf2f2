//! JSON and its relatives, with spans.

use super::{Fault, ReadRefusal};
use crate::file::Syntax;
use crate::limits::{MAX_DEPTH, MAX_VALUES};
use crate::tree::{Layout, List, Map, Member, Node, Spelling, Text, Value};

/// What a client reads beyond RFC 8259.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leniency {
    comments: bool,
    trailing_commas: bool,
    bare_words: bool,
}

impl Leniency {
    pub(super) fn of(syntax: Syntax) -> Self {
        Self {
            comments: matches!(syntax, Syntax::JsonWithComments | Syntax::Jsonc | Syntax::LenientJson),
            trailing_commas: matches!(syntax, Syntax::Jsonc | Syntax::LenientJson),
            bare_words: syntax == Syntax::LenientJson,
        }
    }
}

/// Reads one value that fills the text from `begin` on.
pub(super) fn read(text: &str, begin: usize, leniency: Leniency) -> Result<Node, Fault> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: begin, last_end: begin, leniency, values: 0 };
    reader.skip()?;
    if reader.peek().is_none() {
        return Err(Fault::new(ReadRefusal::Empty, begin));
    }
    let root = reader.value(0)?;
    reader.skip()?;
    if reader.peek().is_some() {
        return Err(Fault::new(ReadRefusal::TrailingData, reader.at));
    }
    Ok(root)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Where the last token ended: the place of an error at the end of the file.
    last_end: usize,
    leniency: Leniency,
    values: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes behind one token.
    fn pass(&mut self, end: usize) {
        self.at = end;
        self.last_end = end;
    }

    fn unexpected(&self, needed: &'static str) -> Fault {
        match self.text[self.at..].chars().next() {
            Some(found) => Fault::new(ReadRefusal::Unexpected(found, needed), self.at),
            None => Fault::new(ReadRefusal::UnexpectedEnd(needed), self.last_end),
        }
    }

    /// Skips white space, and comments where the client does.
    fn skip(&mut self) -> Result<(), Fault> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') => {
                    let length = match self.bytes.get(self.at + 1) {
                        Some(b'/') => {
                            let rest = &self.bytes[self.at..];
                            rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
                        }
                        Some(b'*') => match self.text[self.at + 2..].find("*/") {
                            Some(length) => length + 4,
                            None => return Err(Fault::new(ReadRefusal::UnexpectedEnd("`*/`"), self.at)),
                        },
                        _ => return Ok(()),
                    };
                    if !self.leniency.comments {
                        return Err(Fault::new(ReadRefusal::Comment, self.at));
                    }
                    self.at += length;
                }
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Fault::new(ReadRefusal::TooManyValues, self.at));
        }
        if depth > MAX_DEPTH {
            return Err(Fault::new(ReadRefusal::TooDeep, self.at));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(Text { decoded: self.string()?, spelling: Spelling::Free }),
            Some(byte) if is_word_byte(byte) => self.word()?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { span: start..self.at, value })
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut members = Vec::new();
        self.items(b'}', "`}`", |reader| {
            let start = reader.at;
            let name = match reader.peek() {
                Some(b'"') => reader.string()?,
                Some(byte) if reader.leniency.bare_words && is_word_byte(byte) => {
                    let end = reader.word_end();
                    reader.pass(end);
                    reader.text[start..end].to_owned()
                }
                _ => return Err(reader.unexpected("a name in quotes")),
            };
            let name_span = start..reader.at;
            reader.skip()?;
            if reader.peek() != Some(b':') {
                return Err(reader.unexpected("`:`"));
            }
            reader.pass(reader.at + 1);
            reader.skip()?;
            let node = reader.value(depth + 1)?;
            members.push(Member { name, name_span, node });
            Ok(())
        })?;
        Ok(Value::Map(Map { members, layout: Layout::Brackets }))
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        self.items(b']', "`]`", |reader| {
            items.push(reader.value(depth + 1)?);
            Ok(())
        })?;
        Ok(Value::List(List { items, layout: Layout::Brackets }))
    }

    /// What stands between two brackets, separated by commas.
    fn items(
        &mut self,
        close: u8,
        needed: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.pass(self.at + 1);
        let mut comma = None;
        loop {
            self.skip()?;
            if self.peek() == Some(close) {
                if let Some(comma) = comma.filter(|_| !self.leniency.trailing_commas) {
                    return Err(Fault::new(ReadRefusal::TrailingComma, comma));
                }
                self.pass(self.at + 1);
                return Ok(());
            }
            if self.peek().is_none() {
                return Err(self.unexpected(needed));
            }
            item(self)?;
            self.skip()?;
            match self.peek() {
                Some(b',') => {
                    comma = Some(self.at);
                    self.pass(self.at + 1);
                }
                Some(found) if found == close => comma = None,
                _ => return Err(self.unexpected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
            }
        }
    }

    /// Where a word ends: at a sign, or at a comment.
    fn word_end(&self) -> usize {
        let rest = &self.bytes[self.at..];
        let begins_comment = |at: usize| rest[at] == b'/' && matches!(rest.get(at + 1), Some(b'/' | b'*'));
        let end = (0..rest.len()).find(|&at| !is_word_byte(rest[at]) || begins_comment(at));
        self.at + end.unwrap_or(rest.len())
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let (start, end) = (self.at, self.word_end());
        let word = &self.text[start..end];
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number if is_number(number) => Value::Other(number.to_owned()),
            bare if self.leniency.bare_words => {
                Value::Text(Text { decoded: bare.to_owned(), spelling: Spelling::Free })
            }
            // A word that only lacks its end is an end of the file.
            _ if end == self.bytes.len()
                && ["null", "true", "false"].iter().any(|full| full.starts_with(word)) =>
            {
                return Err(Fault::new(ReadRefusal::UnexpectedEnd("a value"), end));
            }
            _ => return Err(Fault::new(ReadRefusal::BadWord, start)),
        };
        self.pass(end);
        Ok(value)
    }

    fn string(&mut self) -> Result<String, Fault> {
        let mut decoded = String::new();
        let mut at = self.at + 1;
        loop {
            let rest = &self.bytes[at..];
            let plain = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            let Some(length) = plain else {
                return Err(Fault::new(ReadRefusal::UnexpectedEnd("`\"`"), self.bytes.len()));
            };
            decoded.push_str(&self.text[at..at + length]);
            at += length;
            match self.bytes[at] {
                b'"' => {
                    self.pass(at + 1);
                    return Ok(decoded);
                }
                b'\\' => {
                    let (character, length) =
                        escape(&self.text[at..]).ok_or(Fault::new(ReadRefusal::BadEscape, at))?;
                    decoded.push(character);
                    at += length;
                }
                _ => return Err(Fault::new(ReadRefusal::ControlCharacter, at)),
            }
        }
    }
}

/// Bytes of numbers and of words without quotes.
fn is_word_byte(byte: u8) -> bool {
    byte > 0x20 && !matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"' | b'\'')
}

fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match word.find(['e', 'E']) {
        Some(at) => (&word[..at], Some(&word[at + 1..])),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// The character of the escape at the beginning of a text, and its length in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let character = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = |at: usize| {
                let digits =
                    text.get(at..at + 4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
                u32::from_str_radix(digits, 16).ok()
            };
            let first = unit(2)?;
            if let Some(character) = char::from_u32(first) {
                return Some((character, 6));
            }
            let second = text.get(6..8).filter(|next| *next == "\\u").and_then(|_| unit(8))?;
            let is_pair = (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second);
            let scalar = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
            return char::from_u32(scalar).filter(|_| is_pair).map(|character| (character, 12));
        }
        _ => return None,
    };
    Some((character, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refusal(text: &str, syntax: Syntax) -> (ReadRefusal, usize) {
        let fault = read(text, 0, Leniency::of(syntax)).unwrap_err();
        (fault.refusal, fault.offset)
    }

    #[test]
    fn spans_are_those_of_the_tokens() {
        let text = " { \"a\" : [1, \"x\\u00e9\\ud83d\\ude00\" ] , \"b\":{} } ";
        let root = read(text, 0, Leniency::of(Syntax::Json)).unwrap();
        assert_eq!(&text[root.span.clone()], text.trim());
        let a = root.as_map().unwrap().get("a").unwrap();
        assert_eq!(&text[a.name_span.clone()], "\"a\"");
        let items = &a.node.as_list().unwrap().items;
        assert_eq!(&text[items[1].span.clone()], "\"x\\u00e9\\ud83d\\ude00\"");
        assert_eq!(items[1].as_str(), Some("xé😀"));
        assert_eq!(format!("{root:?}"), format!("an object at {:?}", root.span));
    }

    #[test]
    fn each_strictness_reads_its_own() {
        let ok = |text: &str, syntax| read(text, 0, Leniency::of(syntax)).is_ok();
        for (text, from) in [
            (r#"{"a":[]}"#, Syntax::Json),
            ("// x\n{/*y*/\"a\":1}", Syntax::JsonWithComments),
            ("{\"a\":true/* y */,\"b\":1//x\n}", Syntax::JsonWithComments),
            ("{\"a\":[1,],}", Syntax::Jsonc),
            ("{a:npx}", Syntax::LenientJson),
        ] {
            for syntax in [Syntax::Json, Syntax::JsonWithComments, Syntax::Jsonc, Syntax::LenientJson] {
                assert_eq!(ok(text, syntax), syntax >= from, "{text} {syntax:?}");
            }
        }
    }

    #[test]
    fn refusals_say_where() {
        use ReadRefusal as R;
        assert_eq!(refusal("", Syntax::Json), (R::Empty, 0));
        assert_eq!(refusal("  ", Syntax::Json), (R::Empty, 0));
        assert_eq!(refusal("{\"a\":[1],}", Syntax::Json), (R::TrailingComma, 8));
        assert_eq!(refusal("{ // x\n}", Syntax::Json), (R::Comment, 2));
        assert_eq!(refusal("{\"a\":{}\n // x\n", Syntax::Jsonc), (R::UnexpectedEnd("`,` or `}`"), 7));
        assert_eq!(refusal("{\"a\" 1}", Syntax::Json), (R::Unexpected('1', "`:`"), 5));
        assert_eq!(refusal("[,]", Syntax::Jsonc), (R::Unexpected(',', "a value"), 1));
        assert_eq!(refusal("{} x", Syntax::Json), (R::TrailingData, 3));
        assert_eq!(refusal("[\"\t\"]", Syntax::Jsonc), (R::ControlCharacter, 2));
        assert_eq!(refusal("[\"a\\x\"]", Syntax::Json), (R::BadEscape, 3));
        assert_eq!(refusal("[\"\\ud800\"]", Syntax::Json), (R::BadEscape, 2));
        assert_eq!(refusal("[01]", Syntax::Json), (R::BadWord, 1));
        assert_eq!(refusal("[nul", Syntax::Json), (R::UnexpectedEnd("a value"), 4));
        assert_eq!(refusal("[\"x", Syntax::Json), (R::UnexpectedEnd("`\"`"), 3));
        assert_eq!(refusal("/* {}", Syntax::Jsonc), (R::UnexpectedEnd("`*/`"), 0));
        let deep = "[".repeat(MAX_DEPTH + 2);
        assert_eq!(refusal(&deep, Syntax::Json), (R::TooDeep, MAX_DEPTH + 1));
    }
}
