//! Names of the MCP registry: `namespace/name`, such as `io.github.acme/weather`.
//!
//! Source: `spec/entry.md`, "Names"; the pattern is that of the registry's `server.json`. The spelling is kept; whoever
//! compares or looks up uses the lower-case form.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The longest name, in bytes: the registry's own limit.
pub const MAX_REGISTRY_NAME_BYTES: usize = 200;

/// A name of the registry, as it was spelled. Two names that differ in case only are different values here and one name
/// in a log: compare [`RegistryName::lower`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryName {
    text: String,
    slash: usize,
}

/// The part of a name before its slash, such as `io.github.acme`: what a publisher claims.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(String);

/// Why a text is no name of the registry, or no namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RegistryNameError {
    /// It is too long.
    #[error("longer than {MAX_REGISTRY_NAME_BYTES} bytes")]
    TooLong,
    /// A name has exactly one slash, a namespace none.
    #[error("a name is written namespace/name, with one slash")]
    Slash,
    /// The part before the slash is empty or holds a character that is none of `a-z A-Z 0-9 . -`.
    #[error("a namespace consists of letters, digits, dots and hyphens")]
    Namespace,
    /// The part after the slash is empty or holds a character that is none of `a-z A-Z 0-9 . _ -`.
    #[error("a name consists of letters, digits, dots, underscores and hyphens after its slash")]
    Name,
}

impl RegistryName {
    /// The name as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The lower-case form, under which names are unique and found.
    pub fn lower(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// Its namespace, in the spelling of the name.
    pub fn namespace(&self) -> Namespace {
        Namespace(self.text[..self.slash].to_owned())
    }

    /// The part after the slash.
    pub fn local(&self) -> &str {
        &self.text[self.slash + 1..]
    }
}

impl Namespace {
    /// The namespace as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lower-case form, under which namespaces are unique and found.
    pub fn lower(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Whether a name belongs to this namespace, in whatever case both are written.
    pub fn holds(&self, name: &RegistryName) -> bool {
        self.0.eq_ignore_ascii_case(&name.text[..name.slash])
    }
}

impl FromStr for RegistryName {
    type Err = RegistryNameError;

    /// Reads `^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$` of at most 200 bytes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_REGISTRY_NAME_BYTES {
            return Err(RegistryNameError::TooLong);
        }
        let (namespace, local) = text.split_once('/').ok_or(RegistryNameError::Slash)?;
        if local.contains('/') {
            return Err(RegistryNameError::Slash);
        }
        if namespace.is_empty() || !namespace.bytes().all(is_namespace_byte) {
            return Err(RegistryNameError::Namespace);
        }
        if local.is_empty() || !local.bytes().all(|byte| is_namespace_byte(byte) || byte == b'_') {
            return Err(RegistryNameError::Name);
        }
        Ok(Self { text: text.to_owned(), slash: namespace.len() })
    }
}

impl FromStr for Namespace {
    type Err = RegistryNameError;

    /// Reads `^[a-zA-Z0-9.-]+$`, short enough that a name of one byte still fits behind it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_REGISTRY_NAME_BYTES - 2 {
            return Err(RegistryNameError::TooLong);
        }
        if text.contains('/') {
            return Err(RegistryNameError::Slash);
        }
        if text.is_empty() || !text.bytes().all(is_namespace_byte) {
            return Err(RegistryNameError::Namespace);
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_namespace_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

macro_rules! shown_as_spelled {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), out)
            }
        }
    };
}

shown_as_spelled!(RegistryName);
shown_as_spelled!(Namespace);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_registrys_pattern() {
        let longest = format!("{}/n", "a".repeat(MAX_REGISTRY_NAME_BYTES - 2));
        for good in ["io.github.acme/weather", "A/b", "a-b.c/d_e-f.G", ".-/._-", longest.as_str()] {
            let name: RegistryName = good.parse().unwrap();
            assert_eq!(name.as_str(), good);
            assert_eq!(format!("{}/{}", name.namespace(), name.local()), good);
            assert_eq!(name.namespace().as_str().parse::<Namespace>().unwrap(), name.namespace());
        }
        let too_long = format!("{longest}n");
        for (bad, error) in [
            ("", RegistryNameError::Slash),
            ("weather", RegistryNameError::Slash),
            ("a/b/c", RegistryNameError::Slash),
            ("/b", RegistryNameError::Namespace),
            ("a_b/c", RegistryNameError::Namespace),
            ("\u{e9}/c", RegistryNameError::Namespace),
            ("a /c", RegistryNameError::Namespace),
            ("a/", RegistryNameError::Name),
            ("a/b c", RegistryNameError::Name),
            ("a/b\n", RegistryNameError::Name),
            ("a/\u{e9}", RegistryNameError::Name),
            (too_long.as_str(), RegistryNameError::TooLong),
        ] {
            assert_eq!(bad.parse::<RegistryName>(), Err(error), "{bad:?}");
        }
        assert_eq!("a/b".parse::<Namespace>(), Err(RegistryNameError::Slash));
        assert_eq!("".parse::<Namespace>(), Err(RegistryNameError::Namespace));
        assert_eq!("a".repeat(199).parse::<Namespace>(), Err(RegistryNameError::TooLong));
    }

    #[test]
    fn spelling_is_kept_and_ignored_in_comparison() {
        let name: RegistryName = "IO.GitHub.Acme/Weather".parse().unwrap();
        assert_eq!(name.lower(), "io.github.acme/weather");
        assert_eq!(name.namespace().lower(), "io.github.acme");
        let namespace: Namespace = "io.github.acme".parse().unwrap();
        assert!(namespace.holds(&name));
        assert!(!namespace.holds(&"io.github.acm/e".parse().unwrap()));
    }
}
