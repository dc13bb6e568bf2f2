//! Which releases of a name are withdrawn.

use thiserror::Error;

use crate::digest::{Digest, tagged_digest};
use crate::json::{self, Node, Value};

/// The tag under which withdrawn sequences are hashed.
const WITHDRAWN_TAG: &str = "pinfold/withdrawn/v1";

/// Ranges of withdrawn sequences of one name, at most.
pub const MAX_WITHDRAWN_RANGES: usize = 4_096;

/// Sequences of withdrawn releases: inclusive ranges that ascend, and between two of which at least one sequence is not
/// withdrawn. So a set of sequences has one form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct WithdrawnRanges(Vec<(u64, u64)>);

/// Why ranges are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WithdrawnError {
    /// Not an array of pairs of whole numbers from 1 to 2^53 − 1.
    #[error("withdrawn sequences are an array of pairs of whole numbers from 1")]
    Form,
    /// A range ends before it begins.
    #[error("range {position} ends before it begins")]
    Backwards {
        /// Its place in the list, from 0.
        position: usize,
    },
    /// A range does not stand clear of the one before it.
    #[error("range {position} does not follow the one before it with a gap")]
    NotApart {
        /// Its place in the list, from 0.
        position: usize,
    },
    /// More than [`MAX_WITHDRAWN_RANGES`].
    #[error("more than {MAX_WITHDRAWN_RANGES} ranges of withdrawn releases")]
    TooMany,
}

impl WithdrawnError {
    /// The name of the refusal in spec/index.md.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Form => "WITHDRAWN_FORM",
            Self::Backwards { .. } => "WITHDRAWN_BACKWARDS",
            Self::NotApart { .. } => "WITHDRAWN_NOT_APART",
            Self::TooMany => "WITHDRAWN_TOO_MANY",
        }
    }
}

impl WithdrawnRanges {
    /// Nothing withdrawn.
    pub const EMPTY: Self = Self(Vec::new());

    /// Whether nothing is withdrawn.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, both ends included.
    pub fn ranges(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// Whether a sequence is withdrawn.
    pub fn contains(&self, sequence: u64) -> bool {
        let after = self.0.partition_point(|range| range.0 <= sequence);
        after > 0 && sequence <= self.0[after - 1].1
    }

    /// Number of withdrawn sequences.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Withdraws one more sequence; one that is withdrawn already changes nothing.
    ///
    /// # Errors
    /// [`WithdrawnError::Form`] for sequence 0 or one above 2^53 − 1; [`WithdrawnError::TooMany`] if it would begin a
    /// range of its own and there is no room. One that touches a range is always accepted.
    pub fn with(&self, sequence: u64) -> Result<Self, WithdrawnError> {
        if !(1..=json::MAX_SAFE_INTEGER).contains(&sequence) {
            return Err(WithdrawnError::Form);
        }
        if self.contains(sequence) {
            return Ok(self.clone());
        }
        let mut ranges = self.0.clone();
        let after = ranges.partition_point(|range| range.0 <= sequence);
        let touches_before = after > 0 && ranges[after - 1].1 + 1 == sequence;
        let touches_after = after < ranges.len() && ranges[after].0 == sequence + 1;
        match (touches_before, touches_after) {
            (true, true) => ranges[after - 1].1 = ranges.remove(after).1,
            (true, false) => ranges[after - 1].1 = sequence,
            (false, true) => ranges[after].0 = sequence,
            (false, false) if ranges.len() == MAX_WITHDRAWN_RANGES => return Err(WithdrawnError::TooMany),
            (false, false) => ranges.insert(after, (sequence, sequence)),
        }
        Ok(Self(ranges))
    }

    /// SHA-256(`pinfold/withdrawn/v1` ‖ 0x00 ‖ canonical JSON); `None` where nothing is withdrawn, as a name's value has
    /// it.
    pub fn digest(&self) -> Option<Digest> {
        (!self.is_empty()).then(|| tagged_digest(WITHDRAWN_TAG, &json::canonical(&self.to_value())))
    }

    /// `[[first,last],…]`
    pub fn to_value(&self) -> Value<'static> {
        let pair = |&(first, last): &(u64, u64)| Value::array(vec![Value::uint(first), Value::uint(last)]);
        Value::array(self.0.iter().map(pair).collect())
    }

    /// Reads `[[first,last],…]`.
    ///
    /// # Errors
    /// A [`WithdrawnError`]: another form than [`WithdrawnRanges::to_value`] writes, or too many ranges.
    pub fn from_value(value: &Value<'_>) -> Result<Self, WithdrawnError> {
        let items = value.as_array().ok_or(WithdrawnError::Form)?;
        if items.len() > MAX_WITHDRAWN_RANGES {
            return Err(WithdrawnError::TooMany);
        }
        let mut ranges: Vec<(u64, u64)> = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            let Node::Array(ends) = &item.node else { return Err(WithdrawnError::Form) };
            let [first, last] = ends.as_slice() else { return Err(WithdrawnError::Form) };
            let end = |end: &Value<'_>| end.as_uint().filter(|&end| end > 0).ok_or(WithdrawnError::Form);
            let (first, last) = (end(first)?, end(last)?);
            if last < first {
                return Err(WithdrawnError::Backwards { position });
            }
            if ranges.last().is_some_and(|before| first <= before.1 + 1) {
                return Err(WithdrawnError::NotApart { position });
            }
            ranges.push((first, last));
        }
        Ok(Self(ranges))
    }
}
