//! The paths that Rust code names: `std::fs::read`, and those that a `use` with braces spells in parts.

/// One path, its segments, and the line where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The segments; `*` for a glob. A macro's last segment ends with `!`.
    pub(crate) segments: Vec<String>,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl Named {
    /// Whether the path is `start` or lies below it.
    pub(crate) fn is_in(&self, start: &str) -> bool {
        let mut segments = self.segments.iter();
        start.split("::").all(|part| segments.next().is_some_and(|s| s == part))
    }
}

/// Every path in `code`, which must be without comments and literals.
pub(crate) fn named(code: &str) -> Vec<Named> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].text == "use" {
            at = use_tree(&tokens, at + 1, &[], &mut found);
        } else if tokens[at].is_word() {
            at = path(&tokens, at, &mut found);
        } else {
            at += 1;
        }
    }
    found
}

struct Token<'a> {
    text: &'a str,
    line: usize,
}

impl Token<'_> {
    fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut line) = (code, 1);
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if first == '\n' {
            line += 1;
        } else if !first.is_whitespace() {
            found.push(Token { text: &rest[..length], line });
        }
        rest = &rest[length..];
    }
    found
}

/// A path outside `use`: words joined by `::`.
fn path(tokens: &[Token<'_>], start: usize, found: &mut Vec<Named>) -> usize {
    let mut segments = vec![tokens[start].text.to_owned()];
    let mut at = start + 1;
    while at + 1 < tokens.len() && tokens[at].text == "::" && tokens[at + 1].is_word() {
        segments.push(tokens[at + 1].text.to_owned());
        at += 2;
    }
    let is_at = |place: usize, texts: &[&str]| tokens.get(place).is_some_and(|t| texts.contains(&t.text));
    if is_at(at, &["!"]) && is_at(at + 1, &["(", "[", "{"]) {
        segments.last_mut().expect("a path has a segment").push('!');
    }
    found.push(Named { segments, line: tokens[start].line });
    at
}

/// A tree after `use`, with `before` in front of each path; returns where it ended.
fn use_tree(tokens: &[Token<'_>], start: usize, before: &[String], found: &mut Vec<Named>) -> usize {
    let mut segments = before.to_vec();
    let mut at = start;
    let line = tokens.get(start).map_or(0, |t| t.line);
    while let Some(token) = tokens.get(at) {
        match token.text {
            "::" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|t| t.text != "}") {
                    let next = use_tree(tokens, at, &segments, found);
                    at = if tokens.get(next).is_some_and(|t| t.text == ",") { next + 1 } else { next };
                    if next == at && tokens.get(at).is_some_and(|t| t.text != "}") {
                        break;
                    }
                }
                return at + 1;
            }
            "as" => at += 2,
            "self" if !segments.is_empty() => at += 1,
            "*" => {
                segments.push("*".to_owned());
                at += 1;
            }
            _ if token.is_word() => {
                segments.push(token.text.to_owned());
                at += 1;
            }
            _ => break,
        }
    }
    if segments.len() > before.len() || at > start {
        found.push(Named { segments, line });
    }
    at
}

#[cfg(test)]
mod tests {
    use super::named;

    fn list(code: &str) -> Vec<String> {
        named(code).into_iter().map(|n| n.segments.join("::")).collect()
    }

    #[test]
    fn a_use_in_parts_is_put_together() {
        assert_eq!(
            list("use std::{fs, time::{self, Instant as I}, io::*};"),
            ["std::fs", "std::time", "std::time::Instant", "std::io::*"]
        );
        assert_eq!(list("use std as s;"), ["std"]);
        assert_eq!(list("use {std::net, core::fmt};"), ["std::net", "core::fmt"]);
    }

    #[test]
    fn paths_and_macros_in_bodies_are_found_with_their_lines() {
        let found = named("fn f() {\n  std::fs::read(x);\n  println!(y);\n  a != b;\n}");
        let fs = found.iter().find(|n| n.is_in("std::fs")).unwrap();
        assert_eq!((fs.line, fs.segments.len()), (2, 3));
        assert!(found.iter().any(|n| n.is_in("println!")));
        assert!(found.iter().all(|n| !n.is_in("a!") && !n.is_in("std::f")));
    }
}
