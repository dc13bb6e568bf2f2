//! What one round writes: rows first, the head last, all in one transaction.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::database::Identity;
use super::error::StoreError;
use super::read::{Head, HistoryKind, HistoryRow};

/// An open transaction of one round. Dropped, it leaves the database as it was.
pub(crate) struct RoundWriter<'a>(Transaction<'a>);

/// The head was not replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    /// The database's head is not the one that the round was built on.
    #[error("the head in the database is another one than this process signed last")]
    Overtaken,
    /// Writing failed: whether the round is stored is not known.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<'a> RoundWriter<'a> {
    /// Begins, as the only writer.
    pub(crate) fn begin(connection: &'a mut Connection) -> Result<Self, StoreError> {
        Ok(Self(connection.transaction_with_behavior(TransactionBehavior::Immediate)?))
    }

    /// Appends an entry.
    pub(crate) fn entry(
        &self,
        index: u64,
        identity: Option<&Identity>,
        entry: &[u8],
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO entries (idx, identity, entry) VALUES (?1, ?2, ?3)";
        let identity = identity.map(|identity| identity.0.as_slice());
        self.0.prepare_cached(sql)?.execute(params![index as i64, identity, entry])?;
        Ok(())
    }

    /// Stores a manifest; one that is there is the same, its key being its digest.
    pub(crate) fn manifest(&self, digest: &[u8; 32], bytes: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO manifests (digest, bytes) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING";
        self.0.prepare_cached(sql)?.execute(params![digest.as_slice(), bytes])?;
        Ok(())
    }

    /// Replaces the hashes of a tile by the same and more.
    pub(crate) fn tile(&self, level: u8, index: u64, hashes: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO tiles (level, idx, hashes) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (level, idx) DO UPDATE SET hashes = excluded.hashes";
        self.0.prepare_cached(sql)?.execute(params![level, index as i64, hashes])?;
        Ok(())
    }

    /// Replaces or removes a row of the folded state.
    pub(crate) fn state(&self, key: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        match value {
            Some(value) => {
                let sql = "INSERT INTO state (key, value) VALUES (?1, ?2) \
                           ON CONFLICT (key) DO UPDATE SET value = excluded.value";
                self.0.prepare_cached(sql)?.execute(params![key, value])?;
            }
            None => {
                self.0.prepare_cached("DELETE FROM state WHERE key = ?1")?.execute([key])?;
            }
        }
        Ok(())
    }

    /// Appends to a history.
    pub(crate) fn history(
        &self,
        key: &[u8; 32],
        kind: HistoryKind,
        row: HistoryRow,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO history (key, kind, position, idx, entry, leaf) VALUES (?1, ?2, \
                   (SELECT coalesce(max(position) + 1, 0) FROM history WHERE key = ?1 AND kind = ?2), ?3, ?4, ?5)";
        let (index, entry) = (row.index as i64, row.entry as i64);
        let values = params![key.as_slice(), kind as i64, index, entry, row.leaf.as_slice()];
        self.0.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Replaces the head, if it is still `old`, and commits. `published`: the note is also the first published one.
    ///
    /// # Errors
    /// [`CommitError`]. After any of them the state of the database is not known to this process.
    pub(crate) fn commit(self, old: &Head, new: &Head, published: bool) -> Result<(), CommitError> {
        let sql =
            "UPDATE head SET size = ?1, root = ?2, note = ?3 WHERE only = 1 AND size = ?4 AND root = ?5";
        let values =
            params![new.size as i64, new.root.as_slice(), new.note, old.size as i64, old.root.as_slice()];
        let changed =
            self.0.prepare_cached(sql).and_then(|mut s| s.execute(values)).map_err(StoreError::from)?;
        if changed != 1 {
            return Err(CommitError::Overtaken);
        }
        if published {
            first_publication(&self.0, new.size, &new.note)?;
        }
        Ok(self.0.commit().map_err(StoreError::from)?)
    }
}

/// Keeps a note as first published; one that is there stays.
pub(crate) fn first_publication(connection: &Connection, size: u64, note: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT INTO published (size, note) VALUES (?1, ?2) ON CONFLICT (size) DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![size as i64, note])?;
    Ok(())
}
