//! The first line of a script.

use thiserror::Error;

use super::limits::MAX_SHEBANG_BYTES;

/// What a `#!` line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shebang {
    /// Absolute path of the interpreter.
    pub interpreter: String,
    /// All the rest of the line, which the system passes as one argument.
    pub argument: Option<String>,
}

/// Why a `#!` line cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ShebangRefusal {
    /// Longer than the system reads.
    #[error("the #! line is longer than {MAX_SHEBANG_BYTES} bytes")]
    TooLong,
    /// Nothing after `#!`.
    #[error("the #! line names no interpreter")]
    Empty,
    /// A relative path would be another program in another folder.
    #[error("the #! line names a relative path")]
    Relative,
    /// Not UTF-8, or a NUL.
    #[error("the #! line is no text")]
    NotText,
}

/// Reads the `#!` line at the beginning of a file; `Ok(None)` if it has none. `start` is the file, or its first 256 bytes
/// at least.
///
/// # Errors
/// A line that this system would not follow, or would follow to another program in another folder.
pub fn parse_shebang(start: &[u8]) -> Result<Option<Shebang>, ShebangRefusal> {
    let Some(rest) = start.strip_prefix(b"#!") else { return Ok(None) };
    let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    if length + 2 > MAX_SHEBANG_BYTES {
        return Err(ShebangRefusal::TooLong);
    }
    let line = std::str::from_utf8(&rest[..length]).map_err(|_| ShebangRefusal::NotText)?;
    if line.contains('\0') {
        return Err(ShebangRefusal::NotText);
    }
    let blank = [' ', '\t'];
    let line = line.trim_matches(blank);
    let (interpreter, argument) = line.split_once(blank).unwrap_or((line, ""));
    if interpreter.is_empty() {
        return Err(ShebangRefusal::Empty);
    }
    if !interpreter.starts_with('/') {
        return Err(ShebangRefusal::Relative);
    }
    let argument = argument.trim_start_matches(blank);
    let argument = (!argument.is_empty()).then(|| argument.to_owned());
    Ok(Some(Shebang { interpreter: interpreter.to_owned(), argument }))
}

impl ShebangRefusal {
    /// The name of the refusal in `spec/launch.md`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLong => "SHEBANG_TOO_LONG",
            Self::Empty => "SHEBANG_EMPTY",
            Self::Relative => "SHEBANG_RELATIVE",
            Self::NotText => "SHEBANG_NOT_TEXT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Option<(String, Option<String>)> {
        parse_shebang(text.as_bytes()).unwrap().map(|found| (found.interpreter, found.argument))
    }

    #[test]
    fn the_rest_of_the_line_is_one_argument() {
        assert_eq!(line("#!/bin/sh\nx"), Some(("/bin/sh".into(), None)));
        assert_eq!(
            line("#! \t/usr/bin/env  -S node --x \t\nx"),
            Some(("/usr/bin/env".into(), Some("-S node --x".into())))
        );
        assert_eq!(line("#!/bin/sh -e"), Some(("/bin/sh".into(), Some("-e".into()))));
        assert_eq!(line("\x7fELF"), None);
        assert_eq!(line(""), None);
    }

    #[test]
    fn refusals() {
        assert_eq!(parse_shebang(b"#!\nx"), Err(ShebangRefusal::Empty));
        assert_eq!(parse_shebang(b"#!bin/sh\n"), Err(ShebangRefusal::Relative));
        assert_eq!(parse_shebang(b"#!/bin/\xff\n"), Err(ShebangRefusal::NotText));
        assert_eq!(parse_shebang(b"#!/bin/sh\0\n"), Err(ShebangRefusal::NotText));
        let long = [b"#!/".as_slice(), &[b'a'; 252], b"\n"].concat();
        assert!(parse_shebang(&long).is_ok());
        let longer = [b"#!/".as_slice(), &[b'a'; 253], b"\n"].concat();
        assert_eq!(parse_shebang(&longer), Err(ShebangRefusal::TooLong));
    }
}
