//! Writing observations: short transactions that approve nothing.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::database::Mode;
use crate::error::StoreError;
use crate::open::Store;

impl Store {
    /// Runs one short transaction.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: the observation is lost, nothing else.
    pub(crate) fn observing<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.mode != Mode::Write {
            return Err(if self.is_disk_full { StoreError::Full } else { StoreError::ReadOnly });
        }
        let database = self.contents.database.as_ref().ok_or(StoreError::ReadOnly)?;
        let written = Transaction::new_unchecked(&database.connection, TransactionBehavior::Immediate)
            .map_err(StoreError::from)
            .and_then(|transaction| {
                let value = write(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
        written.map_err(|error| error.of_disk(&self.places))
    }

    /// The connection to read observations from; `None` if there is no store yet.
    pub(crate) fn reading(&self) -> Option<&Connection> {
        self.contents.database.as_ref().map(|database| &database.connection)
    }
}
