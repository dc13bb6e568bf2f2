//! Unsigned LEB128, in its shortest form only.

use super::ProofError;

/// Appends a number.
pub(super) fn push(out: &mut Vec<u8>, mut number: u16) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number off the front of `bytes`.
///
/// # Errors
/// [`ProofError::Truncated`], [`ProofError::VarintNotMinimal`], or [`ProofError::VarintTooLarge`] above 2^16 − 1, which
/// is more than any length or position here can be.
pub(super) fn take(bytes: &mut &[u8]) -> Result<u16, ProofError> {
    let mut number: u32 = 0;
    for at in 0..3 {
        let &byte = bytes.get(at).ok_or(ProofError::Truncated)?;
        number |= u32::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            if byte == 0 && at > 0 {
                return Err(ProofError::VarintNotMinimal);
            }
            *bytes = &bytes[at + 1..];
            return u16::try_from(number).map_err(|_| ProofError::VarintTooLarge);
        }
    }
    Err(ProofError::VarintTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_form() {
        for number in 0..=u16::MAX {
            let mut bytes = Vec::new();
            push(&mut bytes, number);
            let mut rest = bytes.as_slice();
            assert_eq!(take(&mut rest), Ok(number));
            assert!(rest.is_empty());
            let last = bytes.len() - 1;
            bytes[last] |= 0x80;
            assert_eq!(
                take(&mut bytes.as_slice()),
                Err(if last == 2 { ProofError::VarintTooLarge } else { ProofError::Truncated })
            );
            bytes.push(0);
            let longer = take(&mut bytes.as_slice());
            assert!(
                matches!(longer, Err(ProofError::VarintNotMinimal | ProofError::VarintTooLarge)),
                "{longer:?}"
            );
        }
    }
}
