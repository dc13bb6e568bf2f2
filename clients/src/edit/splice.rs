//! Replacing byte ranges.

use std::ops::Range;

/// One range and what takes its place.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) with: Vec<u8>,
}

impl Splice {
    pub(super) fn replace(range: Range<usize>, with: impl Into<Vec<u8>>) -> Self {
        Self { range, with: with.into() }
    }

    pub(super) fn insert(at: usize, with: impl Into<Vec<u8>>) -> Self {
        Self { range: at..at, with: with.into() }
    }

    pub(super) fn delete(range: Range<usize>) -> Self {
        Self { range, with: Vec::new() }
    }
}

/// The bytes with all ranges replaced; `None` if two of them overlap or one lies outside.
pub(super) fn apply(bytes: &[u8], mut splices: Vec<Splice>) -> Option<Vec<u8>> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut edited =
        Vec::with_capacity(bytes.len() + splices.iter().map(|splice| splice.with.len()).sum::<usize>());
    let mut at = 0;
    for splice in splices {
        edited.extend_from_slice(bytes.get(at..splice.range.start)?);
        edited.extend_from_slice(&splice.with);
        at = splice.range.end;
    }
    edited.extend_from_slice(bytes.get(at..)?);
    Some(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_replaced_in_any_order_and_never_twice() {
        let replace = Splice::replace;
        assert_eq!(
            apply(b"abcd", vec![replace(3..4, "X"), replace(0..1, ""), replace(1..1, "--")]).unwrap(),
            b"--bcX"
        );
        assert_eq!(apply(b"abcd", vec![replace(0..2, ""), replace(1..3, "")]), None);
        assert_eq!(apply(b"abcd", vec![replace(3..5, "")]), None);
        assert_eq!(apply(b"abcd", vec![replace(6..6, "")]), None);
    }
}
