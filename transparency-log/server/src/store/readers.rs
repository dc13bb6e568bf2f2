//! Connections for readers. A read never waits for the writer: that is what the write-ahead log is for.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::database::{Database, Mode};
use super::error::StoreError;
use super::read::Reader;

/// Connections that are open and idle; as many as ever read at once.
#[derive(Debug)]
pub(crate) struct Readers {
    folder: PathBuf,
    idle: Mutex<Vec<Database>>,
}

impl Readers {
    /// Readers of the log in `folder`; opens none yet.
    pub(crate) fn new(folder: PathBuf) -> Readers {
        Readers { folder, idle: Mutex::new(Vec::new()) }
    }

    /// Reads with a connection of its own, in one snapshot. Blocks: not to be called on a thread that answers others.
    ///
    /// # Errors
    /// [`StoreError`], of opening or of `read`.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let database = match idle {
            Some(database) => database,
            None => Database::open(&self.folder, Mode::Read)?,
        };
        let transaction = database.connection.unchecked_transaction()?;
        let result = read(Reader(&transaction));
        transaction.finish()?;
        // A connection that failed is closed: it may be what is wrong.
        if result.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(database);
        }
        result
    }
}
