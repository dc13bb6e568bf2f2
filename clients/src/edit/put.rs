//! Putting a wrapper around a launch.

use super::literal::quoted;
use super::scan::{dash_of, indent, line_ending, line_start, skip};
use super::splice::Splice;
use super::{Obstacle, Wrapping};
use crate::document::Document;
use crate::file::Syntax;
use crate::site::Site;
use crate::tree::{Layout, List, Map, Member, Node, Spelling, Value};
use crate::wrapper::words;

/// The replacements that wrap a launch; `None` where [`obstacle`] would have said no.
pub(super) fn splices(document: &Document, site: &Site<'_>, wrapping: &Wrapping) -> Option<Vec<Splice>> {
    let (bytes, syntax) = (&document.bytes, document.file.syntax);
    let written = |had_args| words(&wrapping.label, &wrapping.env_names, had_args);
    let program = quoted(&wrapping.program);
    match site {
        Site::Line { list } => {
            let words: String = written(true).iter().map(|word| quoted(word) + ",").collect();
            Some(vec![Splice::insert(list.span.start + 1, format!("{program},{words}"))])
        }
        Site::Pair { map, command, args } => {
            let original = bytes.get(command.node.span.clone())?;
            let put_program = Splice::replace(command.node.span.clone(), program);
            let put_words = match args {
                Some(args) => before_items(bytes, &args.node, &written(true), original)?,
                None => new_member(syntax, bytes, map, command, &written(false), original)?,
            };
            Some(vec![put_program, put_words])
        }
    }
}

/// Why nothing can be put around a launch.
pub(super) fn obstacle(syntax: Syntax, bytes: &[u8], site: &Site<'_>) -> Option<Obstacle> {
    let (map, command, args) = match site {
        Site::Line { list } => return (!is_bracketed(list)).then_some(Obstacle::Layout),
        Site::Pair { map, command, args } => (map, command, args),
    };
    let Value::Text(text) = &command.node.value else { return Some(Obstacle::Spelling) };
    let fits = |in_brackets: bool| match text.spelling {
        Spelling::Free => true,
        Spelling::OutsideBrackets => !in_brackets,
        Spelling::Bound => false,
    };
    match args {
        Some(args) => {
            let in_brackets = is_bracketed(&args.node);
            if !fits(in_brackets) {
                return Some(Obstacle::Spelling);
            }
            (!in_brackets && items_indent(bytes, &args.node).is_none()).then_some(Obstacle::Layout)
        }
        None => match member_style(syntax, bytes, map, command) {
            None => Some(Obstacle::Layout),
            Some(style) => (!fits(!matches!(style, MemberStyle::YamlLine(_)))).then_some(Obstacle::Spelling),
        },
    }
}

fn is_bracketed(node: &Node) -> bool {
    node.as_list().is_some_and(|list| list.layout == Layout::Brackets)
}

/// Our words and the original command before the first argument.
fn before_items(bytes: &[u8], args: &Node, words: &[String], original: &[u8]) -> Option<Splice> {
    let list = args.as_list()?;
    let mut put = Vec::new();
    if list.layout == Layout::Brackets {
        for word in words {
            put.extend_from_slice(quoted(word).as_bytes());
            put.push(b',');
        }
        put.extend_from_slice(original);
        if !list.items.is_empty() {
            put.push(b',');
        }
        return Some(Splice::insert(args.span.start + 1, put));
    }
    let (dash, indent) = items_indent(bytes, args)?;
    let separator = [line_ending(bytes).as_bytes(), indent].concat();
    for item in words.iter().map(|word| quoted(word).into_bytes()).chain([original.to_vec()]) {
        put.extend_from_slice(b"- ");
        put.extend_from_slice(&item);
        put.extend_from_slice(&separator);
    }
    Some(Splice::insert(dash, put))
}

/// The first dash of a list in lines, and the blanks before it.
fn items_indent<'b>(bytes: &'b [u8], args: &Node) -> Option<(usize, &'b [u8])> {
    let List { items, .. } = args.as_list()?;
    let dash = dash_of(bytes, items.first()?.span.start)?;
    // Each later item must begin with a dash of its own, or the wrapper could not be taken off again.
    let all_have_dashes = items.iter().all(|item| dash_of(bytes, item.span.start).is_some());
    indent(bytes, dash).filter(|_| all_have_dashes).map(|blanks| (dash, blanks))
}

/// How a member is added behind another one.
enum MemberStyle {
    /// `, "args": […]` in the same brackets.
    Brackets,
    /// A line of its own that begins with these bytes.
    TomlLine(Vec<u8>),
    /// A line of its own, indented by so many blanks.
    YamlLine(usize),
}

fn member_style(syntax: Syntax, bytes: &[u8], map: &Map, command: &Member) -> Option<MemberStyle> {
    let name_start = command.name_span.start;
    match (syntax, map.layout) {
        (Syntax::Toml, Layout::Lines) => {
            let prefix = &bytes[line_start(bytes, name_start)..name_start];
            Some(MemberStyle::TomlLine(prefix.to_vec()))
        }
        (Syntax::Yaml, Layout::Lines) => {
            let before = std::str::from_utf8(&bytes[line_start(bytes, name_start)..name_start]).ok()?;
            let is_blank_or_dash = before.bytes().all(|byte| byte == b' ' || byte == b'-');
            is_blank_or_dash.then_some(MemberStyle::YamlLine(before.len()))
        }
        // In TOML a path of names with dots can stand before the name, in brackets too.
        (Syntax::Toml, Layout::Brackets) => {
            let opened = bytes[..name_start].iter().rposition(|byte| matches!(byte, b'{' | b','))?;
            (skip(syntax, bytes, opened + 1) == name_start).then_some(MemberStyle::Brackets)
        }
        (_, Layout::Brackets) => Some(MemberStyle::Brackets),
        _ => None,
    }
}

/// A list of arguments where there was none, right behind the command.
fn new_member(
    syntax: Syntax,
    bytes: &[u8],
    map: &Map,
    command: &Member,
    words: &[String],
    original: &[u8],
) -> Option<Splice> {
    let mut put = Vec::new();
    let line_ending = line_ending(bytes).as_bytes();
    let list = |put: &mut Vec<u8>| {
        put.push(b'[');
        for word in words {
            put.extend_from_slice(quoted(word).as_bytes());
            put.push(b',');
        }
        put.extend_from_slice(original);
        put.push(b']');
    };
    match member_style(syntax, bytes, map, command)? {
        MemberStyle::Brackets => {
            put.extend_from_slice(match syntax {
                Syntax::Toml => b",args=",
                _ => b",\"args\": ",
            });
            list(&mut put);
        }
        MemberStyle::TomlLine(prefix) => {
            put.extend_from_slice(line_ending);
            put.extend_from_slice(&prefix);
            put.extend_from_slice(b"args = ");
            list(&mut put);
        }
        MemberStyle::YamlLine(blanks) => {
            let blanks = " ".repeat(blanks);
            put.extend_from_slice(line_ending);
            put.extend_from_slice(format!("{blanks}args:").as_bytes());
            for item in words.iter().map(|word| quoted(word).into_bytes()).chain([original.to_vec()]) {
                put.extend_from_slice(line_ending);
                put.extend_from_slice(format!("{blanks}  - ").as_bytes());
                put.extend_from_slice(&item);
            }
        }
    }
    Some(Splice::insert(command.node.span.end, put))
}
