//! What the readers of TOML files share: places as people count them, and the parser's words in one line.

use pinfold_core::text::visible;

/// Line and column of a byte offset, both from 1; columns in characters.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Offset and message of an error of the parser. Its message may have several lines and quote the file.
pub(crate) fn fault(error: &toml::de::Error) -> (usize, String) {
    let words = error.message().lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    (error.span().map_or(0, |span| span.start), visible(&words.join("; ")))
}
