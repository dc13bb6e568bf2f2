//! What is read from the database. Nothing here knows what is published: the caller gives the size.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::database::Identity;
use super::error::StoreError;

/// The newest signed head, durable before it leaves the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Entries that it covers.
    pub(crate) size: u64,
    /// Root of the tree.
    pub(crate) root: [u8; 32],
    /// The head with the log's signature and no other.
    pub(crate) note: Vec<u8>,
}

/// Which history of an index key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum HistoryKind {
    /// Releases and withdrawals of a name.
    Name = 0,
    /// Keysets of a namespace, in the order in which they came into force.
    Keysets = 1,
}

/// One element of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HistoryRow {
    /// The index that the history's chain is over: the entry's own, or from where a keyset is in force.
    pub(crate) index: u64,
    /// The index of the entry.
    pub(crate) entry: u64,
    /// The leaf hash of the entry.
    pub(crate) leaf: [u8; 32],
}

/// Reading through one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a Connection);

impl Reader<'_> {
    /// The newest signed head.
    pub(crate) fn head(self) -> Result<Head, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT size, root, note FROM head")?;
        let head = statement
            .query_row((), |row| Ok(Head { size: number(row, 0)?, root: row.get(1)?, note: row.get(2)? }));
        head.optional()?.ok_or_else(|| StoreError::Damaged("the row `head` is missing".into()))
    }

    /// The index after the last entry; 0 without any. Whether one before it is missing is not checked.
    pub(crate) fn end(self) -> Result<u64, StoreError> {
        Ok(self.0.query_row("SELECT coalesce(max(idx) + 1, 0) FROM entries", (), |row| number(row, 0))?)
    }

    /// One entry.
    pub(crate) fn entry(self, index: u64) -> Result<Vec<u8>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT entry FROM entries WHERE idx = ?1")?;
        let entry = statement.query_row([index as i64], |row| row.get(0)).optional()?;
        entry.ok_or_else(|| StoreError::Damaged(format!("entry {index} is missing")))
    }

    /// Calls `each` with index, identity and bytes of the entries from `from` up to `to`, in order.
    pub(crate) fn each_entry(
        self,
        from: u64,
        to: u64,
        mut each: impl FnMut(u64, Option<Identity>, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT idx, identity, entry FROM entries WHERE idx >= ?1 AND idx < ?2 ORDER BY idx";
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params![from as i64, to as i64])?;
        let mut expected = from;
        while let Some(row) = rows.next()? {
            let index = number(row, 0)?;
            if index != expected {
                return Err(StoreError::Damaged(format!("entry {expected} is missing")));
            }
            let identity: Option<[u8; 32]> = row.get(1)?;
            let entry = row.get_ref(2)?.as_blob().map_err(|_| StoreError::Damaged("no blob".into()))?;
            each(index, identity.map(Identity), entry)?;
            expected += 1;
        }
        if expected == to { Ok(()) } else { Err(StoreError::Damaged(format!("entry {expected} is missing"))) }
    }

    /// The index of the entry with this identity.
    pub(crate) fn find(self, identity: &Identity) -> Result<Option<u64>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT idx FROM entries WHERE identity = ?1")?;
        Ok(statement.query_row([identity.0.as_slice()], |row| number(row, 0)).optional()?)
    }

    /// The hashes of a tile as far as they are known; empty if there are none.
    pub(crate) fn tile(self, level: u8, index: u64) -> Result<Vec<u8>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT hashes FROM tiles WHERE level = ?1 AND idx = ?2")?;
        let tile = statement.query_row(params![level, index as i64], |row| row.get(0)).optional()?;
        Ok(tile.unwrap_or_default())
    }

    /// The smallest head above `index` that was published, as it was first published.
    pub(crate) fn first_published(self, index: u64) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let sql = "SELECT size, note FROM published WHERE size > ?1 ORDER BY size LIMIT 1";
        let mut statement = self.0.prepare_cached(sql)?;
        let found = statement.query_row([index as i64], |row| Ok((number(row, 0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// The largest head that was published.
    pub(crate) fn last_published(self) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let sql = "SELECT size, note FROM published ORDER BY size DESC LIMIT 1";
        Ok(self.0.query_row(sql, (), |row| Ok((number(row, 0)?, row.get(1)?))).optional()?)
    }

    /// The head of exactly this size, as it was first published.
    pub(crate) fn published(self, size: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT note FROM published WHERE size = ?1")?;
        Ok(statement.query_row([size as i64], |row| row.get(0)).optional()?)
    }

    /// The sizes of all published heads, rising.
    pub(crate) fn published_sizes(self) -> Result<Vec<u64>, StoreError> {
        let mut statement = self.0.prepare("SELECT size FROM published ORDER BY size")?;
        let sizes = statement.query_map((), |row| number(row, 0))?;
        Ok(sizes.collect::<Result<_, _>>()?)
    }

    /// A manifest by its SHA-256.
    pub(crate) fn manifest(self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.0.prepare_cached("SELECT bytes FROM manifests WHERE digest = ?1")?;
        Ok(statement.query_row([digest.as_slice()], |row| row.get(0)).optional()?)
    }

    /// Every row of the folded state, in order of keys.
    pub(crate) fn state_rows(self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut statement = self.0.prepare("SELECT key, value FROM state ORDER BY key")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// At most `limit` elements of a history from position `from` on, below position `to`.
    pub(crate) fn history(
        self,
        key: &[u8; 32],
        kind: HistoryKind,
        (from, to): (u64, u64),
        limit: usize,
    ) -> Result<Vec<HistoryRow>, StoreError> {
        let sql = "SELECT idx, entry, leaf FROM history WHERE key = ?1 AND kind = ?2 AND position >= ?3 AND \
                   position < ?4 ORDER BY position LIMIT ?5";
        let mut statement = self.0.prepare_cached(sql)?;
        let bounds = (i64::try_from(from).unwrap_or(i64::MAX), i64::try_from(to).unwrap_or(i64::MAX));
        let rows = statement
            .query_map(params![key.as_slice(), kind as i64, bounds.0, bounds.1, limit as i64], |row| {
                Ok(HistoryRow { index: number(row, 0)?, entry: number(row, 1)?, leaf: row.get(2)? })
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The position at which the last `count` elements begin, of those below index `size`: where a claim's own history
    /// begins in that of all claims.
    pub(crate) fn claim_start(
        self,
        key: &[u8; 32],
        kind: HistoryKind,
        size: u64,
        count: u64,
    ) -> Result<u64, StoreError> {
        let sql = "SELECT position + 1 FROM history WHERE key = ?1 AND kind = ?2 AND idx < ?3 \
                   ORDER BY position DESC LIMIT 1";
        let mut statement = self.0.prepare_cached(sql)?;
        let values = params![key.as_slice(), kind as i64, size as i64];
        let end: u64 = statement.query_row(values, |row| number(row, 0)).optional()?.unwrap_or(0);
        end.checked_sub(count).ok_or_else(|| StoreError::Damaged("a history is too short".into()))
    }
}

/// What only a whole check asks for.
impl Reader<'_> {
    /// What SQLite finds wrong with its file.
    pub(crate) fn quick_check(self) -> Result<Option<String>, StoreError> {
        let verdict: String = self.0.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        Ok((verdict != "ok").then_some(verdict))
    }

    /// Bytes of all tiles together.
    pub(crate) fn tile_bytes(self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(length(hashes)), 0) FROM tiles";
        Ok(self.0.query_row(sql, (), |row| number(row, 0))?)
    }

    /// Number of manifests.
    pub(crate) fn count_manifests(self) -> Result<u64, StoreError> {
        Ok(self.0.query_row("SELECT count(*) FROM manifests", (), |row| number(row, 0))?)
    }

    /// Calls `each` with key, kind, position and content of every row of every history, in order.
    pub(crate) fn each_history(
        self,
        mut each: impl FnMut(([u8; 32], i64, u64, HistoryRow)) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT key, kind, position, idx, entry, leaf FROM history ORDER BY key, kind, position";
        let mut statement = self.0.prepare(sql)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let content = HistoryRow { index: number(row, 3)?, entry: number(row, 4)?, leaf: row.get(5)? };
            each((row.get(0)?, row.get(1)?, number(row, 2)?, content))?;
        }
        Ok(())
    }
}

/// A column that is never negative.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let found: i64 = row.get(column)?;
    u64::try_from(found).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, found))
}
