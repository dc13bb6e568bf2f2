//! What the line formats of C2SP and the numbers in our own texts share: lines, decimal numbers, lists of hashes.

use crate::merkle::{Hash, MAX_PROOF_HASHES};

/// Why lines are no list of hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HashLinesError {
    /// More than [`MAX_PROOF_HASHES`].
    TooMany,
    /// This one, counted from 0, is not standard base64 of 32 bytes.
    NotAHash(usize),
    /// The bytes end before the empty line.
    NoEmptyLine,
}

/// Takes a line with its line feed off the front; `None` where no line feed is left.
pub(crate) fn next_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line)
}

/// Takes hashes, one a line, and the empty line after them off the front.
///
/// # Errors
/// [`HashLinesError`]; what is left of `rest` means nothing then.
pub(crate) fn hash_lines(rest: &mut &[u8]) -> Result<Vec<Hash>, HashLinesError> {
    let mut hashes = Vec::new();
    loop {
        let line = next_line(rest).ok_or(HashLinesError::NoEmptyLine)?;
        if line.is_empty() {
            return Ok(hashes);
        }
        if hashes.len() == MAX_PROOF_HASHES {
            return Err(HashLinesError::TooMany);
        }
        let hash = text(line).and_then(|line| line.parse().ok());
        hashes.push(hash.ok_or(HashLinesError::NotAHash(hashes.len()))?);
    }
}

/// Hashes, one a line, and the empty line after them.
pub(crate) fn write_hash_lines(hashes: &[Hash], out: &mut String) {
    for hash in hashes {
        out.push_str(&format!("{hash}\n"));
    }
    out.push('\n');
}

/// The number on a line that begins with a word and a blank.
pub(crate) fn number_after(word: &str, line: &[u8]) -> Option<u64> {
    decimal(text(line)?.strip_prefix(word)?.strip_prefix(' ')?)
}

/// A decimal number of at most 20 digits in its one spelling: no sign, no leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

fn text(line: &[u8]) -> Option<&str> {
    std::str::from_utf8(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        for (text, number) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(decimal(text), Some(number));
        }
        for text in ["", "00", "07", "+7", "-7", " 7", "7 ", "18446744073709551616", "seven"] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
        assert_eq!(number_after("old", b"old 7"), Some(7));
        for line in [&b"old7"[..], b"old", b"old  7", b"old \xff", b"index 7"] {
            assert_eq!(number_after("old", line), None, "{line:?}");
        }
    }

    #[test]
    fn hashes_end_at_the_empty_line_and_nowhere_else() {
        let hash = Hash::from_bytes([7; 32]);
        let mut text = String::new();
        write_hash_lines(&[hash, hash], &mut text);
        let whole = format!("{text}rest");
        let mut rest = whole.as_bytes();
        assert_eq!(hash_lines(&mut rest), Ok(vec![hash, hash]));
        assert_eq!(rest, b"rest");
        assert_eq!(hash_lines(&mut text.trim_end().as_bytes()), Err(HashLinesError::NoEmptyLine));
        assert_eq!(hash_lines(&mut &b"\xff\n\n"[..]), Err(HashLinesError::NotAHash(0)));
        let mut many = String::new();
        write_hash_lines(&[hash; MAX_PROOF_HASHES + 1], &mut many);
        assert_eq!(hash_lines(&mut many.as_bytes()), Err(HashLinesError::TooMany));
    }
}
