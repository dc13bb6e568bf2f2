//! Bits of keys. A key shorter than the position asked for reads as one byte 0x00 and then 0xFF for ever, so that no key
//! is the beginning of another.

use std::cmp::Ordering;

/// Bit `position` of a key, counted from the most significant bit of its first byte.
pub(super) fn bit(key: &[u8], position: u16) -> bool {
    byte(key, usize::from(position / 8)) >> (7 - position % 8) & 1 == 1
}

/// The first bit in which two keys differ; `None` if they are equal.
///
/// Keys have at most [`MAX_KEY_BYTES`](super::MAX_KEY_BYTES), so the position fits.
pub(super) fn first_difference(left: &[u8], right: &[u8]) -> Option<u16> {
    let common = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    // The longer key's own padding differs from the shorter one's at the latest, so this loop ends.
    let last = left.len().max(right.len());
    (common..=last).find_map(|at| {
        let different = byte(left, at) ^ byte(right, at);
        (different != 0).then(|| (at * 8) as u16 + different.leading_zeros() as u16)
    })
}

/// The order of two keys in the trie. For keys of one length it is that of their bytes.
pub(super) fn order(left: &[u8], right: &[u8]) -> Ordering {
    match first_difference(left, right) {
        None => Ordering::Equal,
        Some(position) => bit(left, position).cmp(&bit(right, position)),
    }
}

fn byte(key: &[u8], at: usize) -> u8 {
    key.get(at).copied().unwrap_or(if at == key.len() { 0x00 } else { 0xff })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_most_significant_one() {
        let key = [0b1010_0000, 0b0000_0001];
        let set: Vec<u16> = (0..16).filter(|&position| bit(&key, position)).collect();
        assert_eq!(set, [0, 2, 15]);
    }

    #[test]
    fn a_short_key_reads_on_as_00_and_ff() {
        let set = |range: std::ops::Range<u16>| range.filter(|&position| bit(b"k", position)).count();
        assert_eq!(set(8..16), 0);
        assert_eq!(set(16..2048), 2048 - 16);
        assert_eq!(first_difference(b"", b""), None);
        assert_eq!(first_difference(b"", b"\x00"), Some(8));
        assert_eq!(first_difference(b"k\x00\xff", b"k"), Some(24));
        assert_eq!(order(b"k\x00\xff", b"k"), Ordering::Less);
        assert_eq!(order(b"k\x00", b"k"), Ordering::Less);
        assert_eq!(order(b"k\x01", b"k"), Ordering::Greater);
        assert_eq!(first_difference(&[7; 1023], &[[7; 1023].as_slice(), &[0]].concat()), Some(8192));
    }
}
