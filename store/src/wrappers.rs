//! Which entries of clients' configurations were put behind the gate, so that one that lost its wrapper is found.

use pinfold_core::name::Label;
use pinfold_core::pins::UnixSeconds;

use crate::error::StoreError;
use crate::open::{Store, garbled};
use crate::pending::{from_seconds, seconds};

/// Most wrappers that are remembered; the oldest gives way. Most entries seen in one file: 22.
pub const MAX_WRAPPERS: usize = 2_048;

/// An entry of a client's configuration that Pinfold put behind the gate. It approves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapper {
    /// The client's short name, such as `claude-code`.
    pub client: String,
    /// Absolute path of the file. Foreign text.
    pub file: String,
    /// Where the entry stands in it, as people read it. Foreign text.
    pub place: String,
    /// The label that the wrapper names.
    pub label: Label,
    /// When it was written.
    pub since: UnixSeconds,
}

impl Store {
    /// Notes wrappers that were just written, each in the place of an earlier one at its place.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: only `status` and `doctor` know less.
    pub fn record_wrappers(&self, wrappers: &[Wrapper]) -> Result<(), StoreError> {
        let insert = "INSERT OR REPLACE INTO wrappers (client, file, place, label, since) \
                      VALUES (?1, ?2, ?3, ?4, ?5)";
        let trim = "DELETE FROM wrappers WHERE rowid IN (SELECT rowid FROM wrappers \
                    ORDER BY since DESC, rowid DESC LIMIT -1 OFFSET ?1)";
        self.observing(|transaction| {
            for one in wrappers {
                let row = (&one.client, &one.file, &one.place, one.label.as_str(), seconds(one.since));
                transaction.execute(insert, row)?;
            }
            transaction.execute(trim, [MAX_WRAPPERS as i64])?;
            Ok(())
        })
    }

    /// Takes a wrapper off the list: it was unwrapped on purpose.
    ///
    /// # Errors
    /// As [`Store::record_wrappers`].
    pub fn forget_wrapper(&self, client: &str, file: &str, place: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM wrappers WHERE client = ?1 AND file = ?2 AND place = ?3";
        self.observing(|transaction| {
            transaction.execute(sql, (client, file, place)).map(|_| ()).map_err(StoreError::from)
        })
    }

    /// Every wrapper that was written and not taken back, by file and place. Whether it still stands there is for the
    /// caller to see.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] if a row holds what Pinfold does not write.
    pub fn wrappers(&self) -> Result<Vec<Wrapper>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT client, file, place, label, since FROM wrappers ORDER BY file, place, client";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map((), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?, row.get::<_, i64>(4)?))
        })?;
        let read = rows.map(|row| {
            let (client, file, place, label, since) = row?;
            let label = label.parse().map_err(|_| garbled("wrappers"))?;
            Ok(Wrapper { client, file, place, label, since: from_seconds(since) })
        });
        read.collect()
    }
}
