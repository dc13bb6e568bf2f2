//! What was decided, newest first.

use pinfold_core::pins::Envelope;

use crate::error::StoreError;
use crate::open::{Store, envelope, garbled};

impl Store {
    /// The last decisions, newest first, at most `limit`. They are those that [`Store::pins`] is the fold of.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] if a row cannot be read.
    pub fn history(&self, limit: usize) -> Result<Vec<Envelope>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT envelope FROM decisions WHERE sequence <= ?1 ORDER BY sequence DESC LIMIT ?2";
        let mut statement = connection.prepare(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query((self.head().sequence as i64, limit))?;
        let mut history = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob().map_err(|_| garbled("decisions"))?;
            history.push(envelope(bytes)?);
        }
        Ok(history)
    }
}
