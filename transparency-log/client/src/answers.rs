//! JSON answers of a log (`spec/log.md`), as far as they can be read without trusting them.

use pinfold_core::hex;
use pinfold_core::index::IndexProof;
use pinfold_core::json::{self, Node, ReadLimits, Value};
use pinfold_core::merkle::Hash;

use crate::limits::{MAX_PARTS_BYTES, MAX_SMALL_ANSWER_BYTES};

/// Items of one answer to `/history`.
pub const MAX_HISTORY_ITEMS: usize = 1_000;

const LIMITS: ReadLimits = ReadLimits {
    max_bytes: MAX_PARTS_BYTES,
    max_depth: 24,
    max_string_bytes: 2 << 20,
    max_members: 64,
    max_values: 1 << 18,
};

/// The answer to `/lookup/NAME`: nothing of it is verified.
#[derive(Debug)]
pub struct LookupAnswer {
    /// The checkpoint that the proof is under, a signed note.
    pub checkpoint: Vec<u8>,
    /// What the log says is the newest release's index.
    pub newest: Option<u64>,
    /// The index proof.
    pub state: IndexProof,
}

/// The answer to `/history/NAME`: nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryAnswer {
    /// Place of the first item in the history, from 0.
    pub from: u64,
    /// Index and leaf hash of each entry, in order.
    pub items: Vec<(u64, Hash)>,
}

impl LookupAnswer {
    /// Reads the answer; `None`: it is none.
    pub fn parse(body: &[u8]) -> Option<LookupAnswer> {
        if body.len() > MAX_SMALL_ANSWER_BYTES {
            return None;
        }
        let document = json::read_canonical(body, &LIMITS).ok()?;
        Some(LookupAnswer {
            checkpoint: document.get("checkpoint")?.as_str()?.as_bytes().to_vec(),
            newest: match &document.get("newest")?.node {
                Node::Null => None,
                _ => Some(document.get("newest")?.as_uint()?),
            },
            state: IndexProof::from_value(document.get("state")?, body).ok()?,
        })
    }
}

impl HistoryAnswer {
    /// Reads the answer; `None`: it is none.
    pub fn parse(body: &[u8]) -> Option<HistoryAnswer> {
        let document = json::read_canonical(body, &LIMITS).ok()?;
        let items = document.get("items")?.as_array()?;
        if items.len() > MAX_HISTORY_ITEMS {
            return None;
        }
        let items: Option<Vec<_>> = items.iter().map(item).collect();
        Some(HistoryAnswer { from: document.get("from")?.as_uint()?, items: items? })
    }
}

fn item(value: &Value<'_>) -> Option<(u64, Hash)> {
    let leaf = hex::decode(value.get("leaf")?.as_str()?).ok()?;
    Some((value.get("index")?.as_uint()?, Hash::from_bytes(leaf)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_read_or_is_none() {
        let leaf = "ab".repeat(32);
        let good = format!(r#"{{"from":3,"items":[{{"index":7,"leaf":"{leaf}"}}]}}"#);
        let answer = HistoryAnswer::parse(good.as_bytes()).unwrap();
        assert_eq!((answer.from, answer.items.len(), answer.items[0].0), (3, 1, 7));
        let many = format!(r#"{{"index":7,"leaf":"{leaf}"}},"#).repeat(MAX_HISTORY_ITEMS + 1);
        for bad in [
            String::new(),
            "[]".to_owned(),
            good.replace("7", "-7"),
            good.replace("ab", "xy"),
            format!(r#"{{"from":0,"items":[{}]}}"#, many.trim_end_matches(',')),
        ] {
            assert_eq!(HistoryAnswer::parse(bad.as_bytes()), None);
        }
    }
}
