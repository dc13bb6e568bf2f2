//! YAML, with spans.
//!
//! The parser says what a value is and where it begins, in characters. Where a text ends is found here, and compared with
//! what the parser made of it: a text whose bytes are not certain is never moved.

use std::collections::BTreeSet;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Fault, ReadRefusal};
use crate::limits::{MAX_DEPTH, MAX_VALUES};
use crate::tree::{Layout, List, Map, Member, Node, Spelling, Text, Value};

/// Reads the text from `begin` on. A text without a document is null.
pub(super) fn read(text: &str, begin: usize) -> Result<Node, Fault> {
    let body = &text[begin..];
    let offsets = Offsets::of(body, begin);
    let mut reader = Reader { text, offsets, events: Parser::new_from_str(body), values: 0 };
    let mut root = None;
    loop {
        match reader.next()? {
            (Event::DocumentStart(_), span) if root.is_some() => {
                return Err(Fault::new(ReadRefusal::SecondDocument, reader.offsets.byte(span.start.index())));
            }
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
            (Event::StreamEnd, _) => break,
            (event, span) => root = Some(reader.value(event, span, 0)?),
        }
    }
    Ok(root.unwrap_or(Node { span: begin..begin, value: Value::Null }))
}

struct Reader<'t> {
    text: &'t str,
    offsets: Offsets,
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    values: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(Fault::new(ReadRefusal::Yaml, self.offsets.byte(error.marker().index()))),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        let start = self.offsets.byte(span.start.index());
        let end = self.offsets.byte(span.end.index());
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(Fault::new(ReadRefusal::TooManyValues, start));
        }
        if depth > MAX_DEPTH {
            return Err(Fault::new(ReadRefusal::TooDeep, start));
        }
        match event {
            Event::Scalar(decoded, style, anchor, tag) => {
                Ok(self.scalar(decoded.into_owned(), style, anchor != 0 || tag.is_some(), start..end))
            }
            Event::SequenceStart(..) => self.list(start..end, depth),
            Event::MappingStart(..) => self.map(start..end, depth),
            Event::Alias(_) => Ok(Node { span: start..end, value: Value::Alias }),
            _ => Err(Fault::new(ReadRefusal::Yaml, start)),
        }
    }

    fn list(&mut self, opening: Range<usize>, depth: usize) -> Result<Node, Fault> {
        let (start, layout) = (opening.start, self.layout(opening, "["));
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let last = items.last().map(|item| item.span.end);
                let span = start..self.end(layout, span, last.unwrap_or(start));
                return Ok(Node { span, value: Value::List(List { items, layout }) });
            }
            items.push(self.value(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, opening: Range<usize>, depth: usize) -> Result<Node, Fault> {
        let (start, layout) = (opening.start, self.layout(opening, "{"));
        let mut members: Vec<Member> = Vec::new();
        let mut names = BTreeSet::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                let last = members.last().map(|member| member.node.span.end);
                let span = start..self.end(layout, span, last.unwrap_or(start));
                return Ok(Node { span, value: Value::Map(Map { members, layout }) });
            }
            let is_text = matches!(event, Event::Scalar(..));
            let name = match &event {
                Event::Scalar(name, ..) => name.clone().into_owned(),
                // A list or map as a name: no client gives it a meaning.
                _ => String::new(),
            };
            let name_span = self.value(event, span, depth + 1)?.span;
            if is_text && !names.insert(name.clone()) {
                return Err(Fault::new(ReadRefusal::NameTwice, name_span.start));
            }
            let (event, span) = self.next()?;
            let node = self.value(event, span, depth + 1)?;
            members.push(Member { name, name_span, node });
        }
    }

    /// What opens a list in brackets begins with the bracket; in lines it is nothing, or an anchor or tag.
    fn layout(&self, opening: Range<usize>, bracket: &str) -> Layout {
        if self.text.get(opening).is_some_and(|opening| opening.starts_with(bracket)) {
            Layout::Brackets
        } else {
            Layout::Lines
        }
    }

    /// Behind the closing bracket; without one, behind the last value.
    fn end(&self, layout: Layout, span: Span, last: usize) -> usize {
        match layout {
            Layout::Brackets => self.offsets.byte(span.start.index()) + 1,
            Layout::Lines => last,
        }
    }

    fn scalar(&self, decoded: String, style: ScalarStyle, is_marked: bool, span: Range<usize>) -> Node {
        let start = span.start;
        let token = match style {
            ScalarStyle::Plain if !is_marked => {
                self.text[start..].starts_with(&decoded).then(|| start..start + decoded.len())
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                quoted_end(self.text, start).map(|end| start..end)
            }
            _ => None,
        };
        // Quotes have no meaning of their own beyond a text.
        if style == ScalarStyle::Plain
            && !is_marked
            && let Some(value) = resolve(&decoded)
        {
            return Node { span: token.unwrap_or(span), value };
        }
        let spelling = match &token {
            Some(token) if is_marked || self.text[token.clone()].contains(['\n', '\r']) => Spelling::Bound,
            Some(_) if style != ScalarStyle::Plain || is_plain_everywhere(&decoded) => Spelling::Free,
            Some(_) => Spelling::OutsideBrackets,
            None => Spelling::Bound,
        };
        Node { span: token.unwrap_or(span), value: Value::Text(Text { decoded, spelling }) }
    }
}

/// Behind the closing quote of a text that begins with one.
fn quoted_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(start).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// What a text without quotes means in the core schema, if it is no text.
fn resolve(plain: &str) -> Option<Value> {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" => return Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Value::Bool(false)),
        _ => {}
    }
    let unsigned = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let is_special =
        matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(plain, ".nan" | ".NaN" | ".NAN");
    let has_radix = |prefix: &str, radix: u32| {
        plain
            .strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix)))
    };
    let begins_like_number = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let is_number = begins_like_number
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && unsigned.parse::<f64>().is_ok();
    (is_special || has_radix("0x", 16) || has_radix("0o", 8) || is_number)
        .then(|| Value::Other(plain.to_owned()))
}

/// Whether a text without quotes is the same text between brackets, for every parser: a narrow choice.
fn is_plain_everywhere(text: &str) -> bool {
    let begins_well = text.starts_with(|first: char| first.is_alphanumeric() || "/.~$_".contains(first));
    begins_well && text.chars().all(|letter| letter.is_alphanumeric() || "/.~$_@+%=-\\() ".contains(letter))
}

/// Byte offsets of the characters of a text.
enum Offsets {
    /// All characters are one byte long; the offset of the first.
    Ascii(usize, usize),
    /// One offset for each character, and the end.
    Table(Vec<u32>),
}

impl Offsets {
    fn of(body: &str, begin: usize) -> Self {
        if body.is_ascii() {
            return Self::Ascii(begin, begin + body.len());
        }
        let offset = |at: usize| u32::try_from(begin + at).unwrap_or(u32::MAX);
        Self::Table(body.char_indices().map(|(at, _)| offset(at)).chain([offset(body.len())]).collect())
    }

    fn byte(&self, character: usize) -> usize {
        match self {
            Self::Ascii(begin, end) => (begin + character).min(*end),
            Self::Table(offsets) => {
                offsets.get(character).or(offsets.last()).map_or(0, |&offset| offset as usize)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'t>(text: &'t str, root: &Node, name: &str) -> (&'t str, Spelling) {
        let node = root.get(name).unwrap_or_else(|| panic!("no {name}"));
        let Value::Text(value) = &node.value else { panic!("{name} is no text") };
        (&text[node.span.clone()], value.spelling)
    }

    #[test]
    fn texts_are_found_in_every_style() {
        let text = "\u{feff}# é\r\na: npx  # c\r\nb: 'it''s'\r\nc: \"x\\\"é\"\r\nd: C:\\x, y\r\ne: |\r\n  block\r\nf: &x plain\r\ng: two\r\n  lines\r\nh: 'q\r\n  r'\r\ni: !!str 1\r\n";
        let root = read(text, 3).unwrap();
        assert_eq!(at(text, &root, "a"), ("npx", Spelling::Free));
        assert_eq!(at(text, &root, "b"), ("'it''s'", Spelling::Free));
        assert_eq!(at(text, &root, "c"), ("\"x\\\"é\"", Spelling::Free));
        assert_eq!(at(text, &root, "d"), ("C:\\x, y", Spelling::OutsideBrackets));
        for bound in ["e", "f", "g", "h", "i"] {
            assert_eq!(at(text, &root, bound).1, Spelling::Bound, "{bound}");
        }
        assert_eq!(root.get("c").unwrap().as_str(), Some("x\"é"));
    }

    #[test]
    fn lists_know_how_they_are_written() {
        let text = "a:\n- x\n-   y # c\nb: [ é, 'z' ] # d\nc:\n  - name: n\n    k: [\n      1\n    ]\n";
        let root = read(text, 0).unwrap();
        let list = |name: &str| root.get(name).unwrap().as_list().unwrap().clone();
        assert_eq!((list("a").layout, list("b").layout), (Layout::Lines, Layout::Brackets));
        assert!(text[..root.get("a").unwrap().span.end].ends_with("- x\n-   y"));
        assert_eq!(&text[root.get("b").unwrap().span.clone()], "[ é, 'z' ]");
        assert_eq!(&text[root.get("c").unwrap().span.clone()], "- name: n\n    k: [\n      1\n    ]");
        let nested = read("a:\n- [1]\nb: &x [1]\n", 0).unwrap();
        let layout = |name: &str| nested.get(name).unwrap().as_list().unwrap().layout;
        assert_eq!((layout("a"), layout("b")), (Layout::Lines, Layout::Lines));
    }

    #[test]
    fn words_of_the_core_schema() {
        for (plain, kind) in [
            ("~", "null"),
            ("True", "a truth value"),
            ("-1.5e3", "a number"),
            ("0x1F", "a number"),
            (".inf", "a number"),
            ("1.2.3", "a text"),
            ("yes", "a text"),
            ("-y", "a text"),
            (".", "a text"),
            ("infinity", "a text"),
            ("'1'", "a text"),
        ] {
            let root = read(&format!("a: {plain}\n"), 0).unwrap();
            assert_eq!(root.get("a").unwrap().value.kind(), kind, "{plain}");
        }
    }

    #[test]
    fn refusals_say_where() {
        let refusal = |text: &str| {
            let fault = read(text, 0).unwrap_err();
            (fault.refusal, fault.offset)
        };
        assert_eq!(refusal("a: 1\nb: 2\na: 3\n"), (ReadRefusal::NameTwice, 10));
        assert_eq!(refusal("a: 1\n---\nb: 2\n"), (ReadRefusal::SecondDocument, 5));
        assert_eq!(refusal("é: [1,\nb: 2\n").0, ReadRefusal::Yaml);
        assert_eq!(refusal(&"[".repeat(MAX_DEPTH + 2)), (ReadRefusal::TooDeep, MAX_DEPTH + 1));
        assert!(matches!(read("", 0).unwrap().value, Value::Null));
        assert!(matches!(read("# c\n", 0).unwrap().value, Value::Null));
    }
}
