//! What a number token means.

use super::error::ReadRefusal;

/// The largest whole number that every JSON implementation holds exactly: 2^53 − 1.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Tokens up to this length, sign included, fit an `u64` whatever their digits are.
const SHORT_TOKEN: usize = 19;

/// The double of a token that is known to follow RFC 8259's grammar.
///
/// A token without fraction and exponent must be at most 2^53 − 1 in size. Another token is rounded to the nearest
/// double, ties to even, as ECMAScript does; the result must be finite.
pub(super) fn double_of(token: &str, is_integer: bool) -> Result<f64, ReadRefusal> {
    if !is_integer {
        let double: f64 = token.parse().map_err(|_| ReadRefusal::BadNumber)?;
        return if double.is_finite() { Ok(double) } else { Err(ReadRefusal::NumberNotFinite) };
    }
    let digits = token.strip_prefix('-').unwrap_or(token);
    if digits.len() > SHORT_TOKEN {
        // The grammar allows no leading zeros, so this many digits are beyond the limit.
        return Err(ReadRefusal::IntegerTooLarge);
    }
    let size = digits.bytes().fold(0u64, |size, digit| size * 10 + u64::from(digit - b'0'));
    if size > MAX_SAFE_INTEGER {
        return Err(ReadRefusal::IntegerTooLarge);
    }
    let double = size as f64;
    Ok(if digits.len() < token.len() { -double } else { double })
}
