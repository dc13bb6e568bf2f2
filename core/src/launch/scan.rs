//! Secrets inside a text that are known by what stands around them.

use std::ops::Range;

use super::credential::option_holds_secret;
use super::token::{is_random, tokens_in};

/// What a text is read as. In a line of code as little as possible is hidden, because what is hidden can change unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// An ordinary argument or value.
    Plain,
    /// A line for a shell.
    Shell,
    /// A line in another language, where a secret stands in quotes.
    Code,
}

/// Words before a credential in an `Authorization` header; they stay.
const SCHEMES: &[&str] = &["Bearer ", "Basic ", "Token "];

/// Beginnings of words that name a package, a commit or a file: nothing random is looked for in them.
const SPECIFICATIONS: &[&str] = &[
    "/",
    "./",
    "../",
    "~/",
    "@",
    "git+",
    "git@",
    "git:",
    "github:",
    "gitlab:",
    "bitbucket:",
    "gist:",
    "file:",
    "npm:",
    "jsr:",
    "nix:",
    "path:",
    "flake:",
];

/// Ends of words that name an archive or a repository.
const ARCHIVES: &[&str] = &[".git", ".tgz", ".tar.gz", ".whl", ".zip", ".js", ".mjs", ".cjs", ".ts", ".py"];

/// Hosts whose URLs name commits.
const FORGES: &[&str] =
    &["github.com/", "githubusercontent.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/"];

/// The byte ranges of secrets in a text, in no order.
pub(super) fn secrets_in(text: &str, mode: Mode) -> Vec<Range<usize>> {
    let mut secrets = tokens_in(text, false);
    url_users(text, &mut secrets);
    assignments(text, mode, &mut secrets);
    if mode == Mode::Plain {
        dsn_user(text, &mut secrets);
        random_words(text, &mut secrets);
    }
    secrets
}

/// The name at the beginning of a text (dashes left out) and where it ends; `None` if there is no name.
pub(super) fn leading_name(text: &str) -> Option<(&str, usize)> {
    let dashes = text.bytes().take_while(|&byte| byte == b'-').count();
    let length = text[dashes..].bytes().take_while(|&byte| is_name_byte(byte)).count();
    (length > 0).then(|| (&text[dashes..dashes + length], dashes + length))
}

/// Where a credential begins after an optional scheme such as `Bearer `.
pub(super) fn after_scheme(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    let scheme =
        |name: &&&str| rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes());
    at + SCHEMES.iter().find(scheme).map_or(0, |name| name.len())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// `scheme://user:password@`: the part before the `@`.
fn url_users(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut word_end = 0;
    for (at, _) in text.match_indices("://") {
        let scheme_length =
            text[..at].bytes().rev().take_while(|&byte| is_name_byte(byte) || byte == b'+').count();
        let scheme = &text[at - scheme_length..at];
        let start = at + 3;
        let ends = |letter: char| letter.is_whitespace() || "\"'<>`\\".contains(letter);
        let rest = &text[start..];
        // Found once a word: a word of nothing but `://` must not cost its length for each.
        if word_end < start {
            word_end = start + rest.find(ends).unwrap_or(rest.len());
        }
        let whole = &text[start..word_end];
        let authority = &whole[..whole.find(['/', '?', '#']).unwrap_or(whole.len())];
        let is_git = scheme.starts_with("git") || scheme.starts_with("ssh");
        let user = if is_git || scheme.starts_with("http") || scheme.starts_with("ws") {
            authority.rfind('@')
        } else {
            // Passwords of databases hold slashes that nobody escaped.
            let before_query = &whole[..whole.find('?').unwrap_or(whole.len())];
            before_query.rfind('@').or_else(|| whole.rfind('@'))
        };
        let Some(length) = user else { continue };
        // The account name of a repository host is no secret.
        if !(is_git && !whole[..length].contains(':') && whole.starts_with("git@")) {
            secrets.push(start..start + length);
        }
    }
}

/// `user:password@tcp(host:3306)/db`, `user:password@localhost:5432/db`: the part from the colon to the `@`.
fn dsn_user(text: &str, secrets: &mut Vec<Range<usize>>) {
    let Some(colon) = text.find(':') else { return };
    let Some(at) = text.rfind('@').filter(|&at| at > colon + 1) else { return };
    let user = &text[..colon];
    let host = &text[at + 1..];
    let host_name = &host[..host.find([':', '/']).unwrap_or(host.len())];
    let is_host = host.starts_with("tcp(")
        || host.starts_with("unix(")
        || (host.len() > host_name.len() && (host_name == "localhost" || host_name.contains('.')));
    let is_user =
        !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let is_specification = SPECIFICATIONS.iter().any(|name| text.starts_with(name));
    if is_user && is_host && !is_specification && !text[colon..].starts_with("://") {
        secrets.push(colon + 1..at);
    }
}

/// Values of names that say they are secret: `key=value`, `"key": "value"`, `Header: value`, `--key value`.
fn assignments(text: &str, mode: Mode, secrets: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|&&byte| is_name_byte(byte)).count();
        let name = text[at..end].trim_start_matches(['-', '.']);
        let name_is_option = text[at..end].starts_with('-');
        at = end;
        if let Some(value) = value_place(text, end, name_is_option, mode)
            && option_holds_secret(name)
            && let Some(secret) = value_range(text, value, mode)
        {
            at = secret.end.max(end);
            secrets.push(secret);
        }
    }
}

/// Where the value after a name begins, its opening quote included.
fn value_place(text: &str, name_end: usize, is_option: bool, mode: Mode) -> Option<usize> {
    let bytes = text.as_bytes();
    let closing = quote_length(bytes, name_end);
    let after_name = name_end + closing;
    let separator = skip_spaces(bytes, after_name);
    match bytes.get(separator)? {
        b'=' if bytes.get(separator + 1) != Some(&b'=') => {
            // In a shell a space ends the assignment.
            let spaces =
                if mode == Mode::Shell { 0 } else { skip_spaces(bytes, separator + 1) - separator - 1 };
            (mode != Mode::Shell || separator == after_name).then_some(separator + 1 + spaces)
        }
        b':' if !text[separator..].starts_with("://") => Some(skip_spaces(bytes, separator + 1)),
        b'-' => None,
        _ if is_option && closing == 0 && separator > after_name && mode != Mode::Code => Some(separator),
        _ => None,
    }
}

fn value_range(text: &str, place: usize, mode: Mode) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let opening = quote_length(bytes, place);
    if opening > 0 {
        let start = place + opening;
        let end = closing_quote(text, place..start).unwrap_or(text.len());
        let expands =
            mode == Mode::Shell && bytes[start - 1] == b'"' && text[start..end].contains(['$', '`']);
        let secret = after_scheme(text, start).min(end)..end;
        return (!expands && !secret.is_empty()).then_some(secret);
    }
    let start = after_scheme(text, place);
    let end = match (mode, bytes.get(start)?) {
        (Mode::Code, _) => return None,
        (Mode::Shell, _) => {
            start
                + run(&bytes[start..], |byte| {
                    !byte.is_ascii_whitespace() && !b";|&<>()$`\"'\\".contains(&byte)
                })
        }
        (Mode::Plain, b'[' | b'{') => closing_bracket(bytes, start),
        (Mode::Plain, _) => {
            start
                + run(&bytes[start..], |byte| !byte.is_ascii_whitespace() && !b";&,\"')}]|<>".contains(&byte))
        }
    };
    (end > start).then_some(start..end)
}

/// Bytes of a quote with the backslashes before it, or 0.
fn quote_length(bytes: &[u8], at: usize) -> usize {
    let backslashes = run(bytes.get(at..).unwrap_or_default(), |byte| byte == b'\\');
    match bytes.get(at + backslashes) {
        Some(b'"' | b'\'') => backslashes + 1,
        _ => 0,
    }
}

/// Where the quote that was opened is closed: the same quote behind as many backslashes.
fn closing_quote(text: &str, opening: Range<usize>) -> Option<usize> {
    let quote = &text[opening.clone()];
    let is_closing = |&(at, _): &(usize, &str)| !text[..at].ends_with('\\');
    text[opening.end..]
        .match_indices(quote)
        .map(|(at, found)| (opening.end + at, found))
        .find(is_closing)
        .map(|(at, _)| at)
}

fn closing_bracket(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 1 => return at + 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    bytes.len()
}

/// Long random strings, word by word; a word that names a package, a commit or a file is left alone.
fn random_words(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut at = 0;
    for word in text.split(|letter: char| letter.is_whitespace() || "\"'`".contains(letter)) {
        let value_at =
            leading_name(word).filter(|(_, end)| word[*end..].starts_with('=')).map_or(0, |(_, end)| end + 1);
        let value = &word[value_at..];
        if is_base64(value) {
            secrets.push(at + value_at..at + word.len());
        } else if !is_specification(value) {
            let found = tokens_in(value, true);
            secrets.extend(
                found.into_iter().map(|range| at + value_at + range.start..at + value_at + range.end),
            );
        }
        at += word.len() + text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
    }
}

fn is_specification(word: &str) -> bool {
    let is_drive = word.as_bytes().get(1..3).is_some_and(|rest| rest == b":\\" || rest == b":/");
    let is_url = word.contains("://");
    let plain = word.split(['?', '#']).next().unwrap_or_default();
    is_drive
        || SPECIFICATIONS.iter().any(|name| word.starts_with(name))
        || ARCHIVES.iter().any(|end| plain.ends_with(end))
        || (is_url && FORGES.iter().any(|host| word.contains(host)))
        || (!is_url && word.contains('/'))
}

/// A word of base64 that holds its two extra letters.
fn is_base64(word: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let letters: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    word.len() >= 30
        && !word.starts_with('/')
        && word.contains(['+', '/', '='])
        && word.bytes().all(good)
        && is_random(&letters)
}

fn skip_spaces(bytes: &[u8], at: usize) -> usize {
    at + run(bytes.get(at..).unwrap_or_default(), |byte| byte == b' ')
}

fn run(bytes: &[u8], accepts: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| accepts(byte)).count()
}

/// The closed lists of this file under their names in `spec/launch.md`.
#[cfg(test)]
pub(super) const LISTS: &[(&str, &[&str])] = &[
    ("specification-beginnings", SPECIFICATIONS),
    ("specification-ends", ARCHIVES),
    ("specification-hosts", FORGES),
];
