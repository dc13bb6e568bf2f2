//! The rules of names in the log: `admit`, the index, and what of both is stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use pinfold_core::admit::{EvidenceFact, Facts, Refusal, RowKey, State, admit};
use pinfold_core::checkpoint::Origin;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{Index, IndexKey, MapHead};
use pinfold_core::registry_name::RegistryName;
use pinfold_core::withdrawal::Withdrawn as WithdrawnSubject;

use crate::http::Refused;
use crate::published::{Names, Withdrawn};
use crate::store::read::{HistoryKind, HistoryRow};
use crate::store::write::RoundWriter;
use crate::store::{Reader, StoreError};

/// The folded state of all entries, and the index that says the same.
pub(crate) struct Rules {
    state: State,
    index: Index,
    withdrawn: Withdrawn,
    map_head: Option<Arc<Entry>>,
    /// Rows that this round changed.
    rows: BTreeSet<RowKey>,
    /// What this round appended to histories.
    histories: Vec<(IndexKey, HistoryKind, HistoryRow)>,
}

impl Rules {
    /// Reads the state of the log of `size` entries, builds the index, and compares it with the last map-head.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if they do not agree.
    pub(crate) fn load(reader: Reader<'_>, size: u64) -> Result<Rules, StoreError> {
        let damaged = |what: String| StoreError::Damaged(what);
        let state = State::from_rows(reader.state_rows()?)
            .map_err(|error| damaged(format!("the folded state: {error}")))?;
        if state.size() != size {
            return Err(damaged("the folded state is of another size than the head".to_owned()));
        }
        if state.anything_waits() {
            // This program takes no keyset that waits; a newer one, which does, wrote it.
            return Err(damaged("a keyset waits, which this version does not know of".to_owned()));
        }
        let values: Vec<_> = state.values().collect();
        let withdrawn = values.iter().map(|(key, _)| (*key, state.withdrawn_under(key)));
        let withdrawn = Arc::new(withdrawn.filter(|(_, ranges)| !ranges.is_empty()).collect());
        let index = Index::build(values).map_err(|error| damaged(error.to_string()))?;
        let map_head = match state.last_map_head() {
            None => None,
            Some((last, _)) if last + 1 != size => {
                return Err(damaged("the last entry is no map-head".to_owned()));
            }
            Some((last, _)) => {
                let entry = Entry::parse(&reader.entry(last)?)
                    .map_err(|error| damaged(format!("entry {last}: {error}")))?;
                match entry.payload() {
                    Payload::MapHead(head) if head.root == index.root() => Some(Arc::new(entry)),
                    _ => return Err(damaged("the index is not the one of the last map-head".to_owned())),
                }
            }
        };
        Ok(Rules { state, index, withdrawn, map_head, rows: BTreeSet::new(), histories: Vec::new() })
    }

    /// The time of the last map-head; 0 in an empty log.
    pub(crate) fn last_time(&self) -> u64 {
        self.state.last_map_head().map_or(0, |(_, time)| time)
    }

    /// The index as of the last map-head.
    pub(crate) fn names(&self) -> Names {
        Names {
            index: self.index.clone(),
            withdrawn: self.withdrawn.clone(),
            map_head: self.map_head.clone(),
        }
    }

    /// Admits an entry at `index`, or leaves everything as it was.
    ///
    /// # Errors
    /// What the submitter is told.
    pub(crate) fn admit(&mut self, entry: &Entry, origin: &Origin, index: u64) -> Result<(), Refused> {
        let facts = Facts { origin, index, evidence: EvidenceFact::NotChecked };
        let change = admit(&self.state, entry, &facts).map_err(|refusal| refused(&refusal))?;
        let touched = self.state.apply(change);
        self.state.say_in(&mut self.index, &touched);
        self.rows.extend(touched.rows);
        let (key, kind) = match entry.payload() {
            Payload::Release(statement) => self.name_changed(&statement.name),
            Payload::Withdrawal(withdrawal) => match &withdrawal.subject {
                WithdrawnSubject::Release { name, .. } => self.name_changed(name),
                WithdrawnSubject::Key { .. } | WithdrawnSubject::Pending { .. } => {
                    (IndexKey::namespace(&withdrawal.namespace), HistoryKind::Keysets)
                }
            },
            Payload::Keyset(keyset) => (IndexKey::namespace(keyset.namespace()), HistoryKind::Keysets),
            Payload::MapHead(_) => return Ok(()),
        };
        let leaf = *entry.leaf_hash().as_bytes();
        self.histories.push((key, kind, HistoryRow { index, entry: index, leaf }));
        Ok(())
    }

    fn name_changed(&mut self, name: &RegistryName) -> (IndexKey, HistoryKind) {
        let key = IndexKey::name(name);
        let ranges = self.state.withdrawn(name);
        // The map is shared with readers and copied when it changes, so it is left alone where it does not.
        if self.withdrawn.get(&key) != Some(&ranges).filter(|ranges| !ranges.is_empty()) {
            let withdrawn = Arc::make_mut(&mut self.withdrawn);
            if ranges.is_empty() {
                withdrawn.remove(&key);
            } else {
                withdrawn.insert(key, ranges);
            }
        }
        (key, HistoryKind::Name)
    }

    /// Closes the batch: the map-head at `index`, over all entries before it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the rules do not take it, which means that this program is wrong.
    pub(crate) fn close(&mut self, origin: &Origin, index: u64, time: u64) -> Result<Arc<Entry>, StoreError> {
        let wrong = |what: String| StoreError::Damaged(format!("the map-head of entry {index}: {what}"));
        let previous = self.state.last_map_head().map(|(index, _)| index);
        let head = MapHead { root: self.index.root(), previous, time };
        let entry = Entry::assemble(head, Vec::new()).map_err(|error| wrong(error.to_string()))?;
        let facts = Facts { origin, index, evidence: EvidenceFact::NotChecked };
        let change = admit(&self.state, &entry, &facts).map_err(|refusal| wrong(refusal.to_string()))?;
        let touched = self.state.apply(change);
        if !touched.keys.is_empty() {
            return Err(wrong(
                "it brings something into force, which this version does not know of".to_owned(),
            ));
        }
        self.rows.extend(touched.rows);
        let entry = Arc::new(entry);
        self.map_head = Some(entry.clone());
        Ok(entry)
    }

    /// Writes what the round changed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub(crate) fn write(&mut self, writer: &RoundWriter<'_>) -> Result<(), StoreError> {
        for key in std::mem::take(&mut self.rows) {
            writer.state(&key.to_string(), self.state.row(&key).as_deref())?;
        }
        for (key, kind, row) in std::mem::take(&mut self.histories) {
            writer.history(key.as_bytes(), kind, row)?;
        }
        Ok(())
    }
}

/// What a submitter is told about a refusal of the rules.
fn refused(refusal: &Refusal) -> Refused {
    let status = match refusal {
        Refusal::ClaimInForce { .. }
        | Refusal::ClaimPending { .. }
        | Refusal::RecoveryPending { .. }
        | Refusal::ClaimNotInForce { .. }
        | Refusal::KeysetVersion { .. }
        | Refusal::KeysetPrevious { .. }
        | Refusal::SequenceTaken { .. }
        | Refusal::SequenceGap { .. }
        | Refusal::PreviousMismatch { .. }
        | Refusal::VersionUsed { .. }
        | Refusal::AlreadyWithdrawn => StatusCode::CONFLICT,
        _ => StatusCode::FORBIDDEN,
    };
    Refused { index: refusal.winner(), ..Refused::new(status, refusal.name(), refusal.to_string()) }
}
