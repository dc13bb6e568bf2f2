//! Reading every row once, as `review --store` does: what a start does not read can be wrong too.

use pinfold_core::name::Label;

use crate::error::StoreError;
use crate::objects;
use crate::open::{Store, garbled};

const LABELS: &str = "SELECT label FROM asks UNION SELECT label FROM counters UNION SELECT label FROM exits \
    UNION SELECT label FROM holds UNION SELECT label FROM pending UNION SELECT label FROM sightings";

impl Store {
    /// Reads every object and every observation.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] (edited) for the first row that Pinfold did not write so.
    pub(crate) fn check_every_row(&self) -> Result<(), StoreError> {
        let Some(database) = &self.contents.database else { return Ok(()) };
        database.check_pages()?;
        let connection = &database.connection;
        if !objects::wrong_rows(connection)?.is_empty() {
            return Err(garbled("objects"));
        }
        self.requests()?;
        self.gates()?;
        let mut statement = connection.prepare(LABELS)?;
        let labels =
            statement.query_map((), |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        for label in labels {
            let label: Label = label.parse().map_err(|_| garbled("pending"))?;
            self.pending(&label)?;
            self.pending_asks(&label)?;
            self.holds(&label)?;
            self.absent(&label)?;
            self.counters(&label)?;
            self.last_exit(&label)?;
        }
        Ok(())
    }
}
