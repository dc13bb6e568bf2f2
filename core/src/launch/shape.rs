//! Values of variables that are no secrets: a closed list of shapes.

use std::str::FromStr;

use super::credential::{looks_like_credential, words};
use super::loader::loader_variable;
use super::token::holds_token;

/// The form of a variable's value. Everything that is not one of the closed forms is taken for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueShape {
    /// Empty, or one of `0 1 true false yes no on off`, in any case.
    Flag,
    /// A decimal number of at most 15 digits.
    Number,
    /// A host name with a dot, `localhost` or an IP address, each with or without a port.
    Host,
    /// A URL without user information, query and fragment.
    Url,
    /// One word in a variable whose name says that it chooses among several (`AWS_PROFILE`, `LOG_LEVEL`).
    Word,
    /// Whatever a variable that loads or redirects code holds: it is part of the program.
    Code,
    /// Anything else.
    Secret,
}

/// Last words of names whose value chooses among several and is not secret.
const CHOOSING: &[&str] = &[
    "ACCOUNT",
    "CLUSTER",
    "CONTEXT",
    "DATABASE",
    "DB",
    "ENV",
    "ENVIRONMENT",
    "LANG",
    "LANGUAGE",
    "LEVEL",
    "LOCALE",
    "MODE",
    "NAMESPACE",
    "ORG",
    "ORGANIZATION",
    "PROFILE",
    "PROJECT",
    "REGION",
    "SCHEMA",
    "STAGE",
    "TENANT",
    "TIMEZONE",
    "TRANSPORT",
    "TZ",
    "WORKSPACE",
    "ZONE",
];

const FLAGS: &[&str] = &["", "0", "1", "true", "false", "yes", "no", "on", "off"];

/// Digits of a number; longer ones are account or card numbers as often as sizes.
const MAX_DIGITS: usize = 15;

/// Bytes of a word that chooses.
const MAX_WORD_BYTES: usize = 64;

/// The shape of a value under a name. A name that looks like a credential makes any value a secret.
pub fn value_shape(name: &str, value: &str) -> ValueShape {
    let is_code = loader_variable(name) || name == "PATH";
    // The name of a function or of a setting says nothing about the value.
    let is_named_freely = name.starts_with("BASH_FUNC_") || name.starts_with("GIT_CONFIG_");
    if looks_like_credential(name) && !is_named_freely {
        return ValueShape::Secret;
    }
    if is_code {
        return ValueShape::Code;
    }
    if FLAGS.iter().any(|flag| flag.eq_ignore_ascii_case(value)) {
        return ValueShape::Flag;
    }
    if is_number(value) {
        return ValueShape::Number;
    }
    if holds_token(value) {
        return ValueShape::Secret;
    }
    if is_host_and_port(value) {
        return ValueShape::Host;
    }
    if is_plain_url(value) {
        return ValueShape::Url;
    }
    if chooses(name) && is_word(value) {
        return ValueShape::Word;
    }
    ValueShape::Secret
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    let parts: Vec<&str> = digits.splitn(2, '.').collect();
    let all_digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().all(all_digits) && parts.iter().map(|part| part.len()).sum::<usize>() <= MAX_DIGITS
}

fn is_host_and_port(value: &str) -> bool {
    let (host, port) = split_port(value);
    is_host(host) && port.is_none_or(is_port)
}

/// The host, and what follows the last colon outside brackets.
fn split_port(value: &str) -> (&str, Option<&str>) {
    match value.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (value, None),
    }
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// A host as a person writes one: lower case, more than one label unless it is `localhost` or a number.
fn is_host(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return std::net::Ipv6Addr::from_str(inside).is_ok();
    }
    if host == "localhost" || std::net::Ipv4Addr::from_str(host).is_ok() {
        return true;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    labels.len() >= 2
        && host.len() <= 253
        && labels.iter().all(|label| is_label(label))
        && top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_label(label: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len())
        && label.bytes().all(good)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_plain_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = split_port(authority);
    let host_is_named = is_host(host) || is_label(host);
    let path_is_plain =
        path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"'\\<>`{}|^".contains(&byte));
    let scheme_is_plain = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    scheme_is_plain && host_is_named && port.is_none_or(is_port) && path_is_plain
}

fn chooses(name: &str) -> bool {
    words(name).last().is_some_and(|last| CHOOSING.contains(&last.as_str()))
}

fn is_word(value: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/+-".contains(&byte);
    (1..=MAX_WORD_BYTES).contains(&value.len()) && value.bytes().all(good)
}

impl ValueShape {
    /// Every shape.
    pub const ALL: [ValueShape; 7] =
        [Self::Flag, Self::Number, Self::Host, Self::Url, Self::Word, Self::Code, Self::Secret];

    /// The shape's name in records and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Number => "number",
            Self::Host => "host",
            Self::Url => "url",
            Self::Word => "word",
            Self::Code => "code",
            Self::Secret => "secret",
        }
    }
}

/// The closed lists of this file under their names in `spec/launch.md`.
#[cfg(test)]
pub(super) const LISTS: &[(&str, &[&str])] = &[("choosing", CHOOSING)];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shape(name: &str, value: &str) -> &'static str {
        value_shape(name, value).as_str()
    }

    #[test]
    fn closed_shapes() {
        for value in ["", "0", "1", "true", "FALSE", "Yes", "no", "on", "OFF"] {
            assert_eq!(shape("X", value), "flag", "{value:?}");
        }
        for value in ["2", "3306", "-1.5", "+12", "0.25", "123456789012345", "-123456789012.345"] {
            assert_eq!(shape("PORT", value), "number", "{value:?}");
        }
        for value in
            ["localhost", "localhost:80", "192.168.0.10:6379", "db.example.com", "[::1]:8080", "[::1]"]
        {
            assert_eq!(shape("X", value), "host", "{value:?}");
        }
        for value in
            ["http://localhost:3000", "https://127.0.0.1:27124", "https://a.example/b/c", "redis://db/0"]
        {
            assert_eq!(shape("X", value), "url", "{value:?}");
        }
    }

    #[test]
    fn everything_else_is_secret() {
        for value in [
            "debug",
            "hunter2",
            "correct horse",
            "/home/a/key.pem",
            "C:\\x",
            "Abc.def",
            "a.b.",
            "1234567890123456",
            "localhost:http",
            "1.2.3.4:99999",
            "https://u:p@h.example/",
            "https://h.example/?k=v",
            "https://h.example/#f",
            "https://hooks.example.com/s/T00000000/AbC12dEf34GhI56jKl78MnO9",
            "${TOKEN}",
            "http://",
            "://x",
            "1.",
            ".5",
        ] {
            assert_eq!(shape("X", value), "secret", "{value:?}");
        }
    }

    #[test]
    fn the_name_decides_first() {
        assert_eq!(shape("API_KEY", "1"), "secret");
        assert_eq!(shape("MYSQL_PASS", "true"), "secret");
        assert_eq!(shape("GITHUB_TOKEN", ""), "secret");
        assert_eq!(shape("MAX_TOKENS", "4096"), "number");
        assert_eq!(shape("NODE_OPTIONS", "--require ./x.js"), "code");
        assert_eq!(shape("PATH", "/usr/bin"), "code");
        assert_eq!(shape("GIT_CONFIG_KEY_0", "core.sshCommand"), "code");
        assert_eq!(shape("BASH_FUNC_pass%%", "() { x; }"), "code");
        assert_eq!(shape("AWS_PROFILE", "from_entry"), "word");
        assert_eq!(shape("GCP_REGION", "us-west1"), "word");
        assert_eq!(shape("AWS_PROFILE", "two words"), "secret");
        assert_eq!(shape("TENANT", "00000000-0000-4000-8000-000000000000"), "secret");
    }
}
