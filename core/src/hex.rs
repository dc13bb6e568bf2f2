//! Lower-case hexadecimal, one way only: what this writes is the only text that it reads.

use std::fmt;

/// Bytes as lower-case hexadecimal, two digits a byte.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Reads exactly `N` bytes from `2 * N` lower-case digits.
///
/// # Errors
/// Any other length, an upper-case digit, or a character that is no digit.
pub fn decode<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(HexError::Length { expected_digits: N * 2, found_bytes: digits.len() });
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = digit(digits, index * 2)? << 4 | digit(digits, index * 2 + 1)?;
    }
    Ok(bytes)
}

fn digit(digits: &[u8], at: usize) -> Result<u8, HexError> {
    match digits[at] {
        byte @ b'0'..=b'9' => Ok(byte - b'0'),
        byte @ b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(HexError::Digit { offset: at }),
    }
}

/// Why a text is not the hexadecimal form asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HexError {
    /// Too short or too long.
    Length {
        /// Digits asked for.
        expected_digits: usize,
        /// Bytes of the text.
        found_bytes: usize,
    },
    /// Not one of `0-9a-f`.
    Digit {
        /// Byte offset in the text.
        offset: usize,
    },
}

impl fmt::Display for HexError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { expected_digits, found_bytes } => {
                write!(out, "expected {expected_digits} hexadecimal digits, found {found_bytes} bytes")
            }
            Self::Digit { offset } => write!(out, "no lower-case hexadecimal digit at byte {offset}"),
        }
    }
}

impl std::error::Error for HexError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_what_it_writes() {
        let bytes = [0x00, 0x0f, 0xf0, 0xff];
        assert_eq!(encode(&bytes), "000ff0ff");
        assert_eq!(decode::<4>("000ff0ff"), Ok(bytes));
        assert_eq!(decode::<4>("000FF0FF"), Err(HexError::Digit { offset: 3 }));
        assert_eq!(decode::<4>("000ff0f"), Err(HexError::Length { expected_digits: 8, found_bytes: 7 }));
        assert_eq!(decode::<2>("0\u{e9}0"), Err(HexError::Digit { offset: 1 }));
    }
}
