//! What settled itself when a name passes again with approved words: a held object, and that it was missing.

use pinfold_core::digest::ObjectKind;
use pinfold_core::name::Label;

use crate::error::StoreError;
use crate::objects;
use crate::open::Store;

impl Store {
    /// Takes names that were just seen to pass off the list of held objects, and out of the memory of what was missing.
    /// What was decided about them stays decided.
    ///
    /// A gate that still holds something of such a name notes it again at its next listing.
    ///
    /// # Errors
    /// As [`Store::record_held`].
    pub fn settle_passing(&self, label: &Label, names: &[(ObjectKind, String)]) -> Result<(), StoreError> {
        let Some(connection) = self.reading() else { return Ok(()) };
        let any = "SELECT EXISTS (SELECT 1 FROM pending WHERE label = ?1 \
                   UNION ALL SELECT 1 FROM sightings WHERE label = ?1)";
        let is_any: bool = connection.prepare_cached(any)?.query_row([label.key()], |row| row.get(0))?;
        if !is_any {
            return Ok(());
        }
        let held = "DELETE FROM pending WHERE label = ?1 AND kind = ?2 AND name = ?3";
        let missing = "DELETE FROM sightings WHERE label = ?1 AND kind = ?2 AND name = ?3";
        self.observing(|transaction| {
            let mut removed = 0;
            let label = label.key();
            for (kind, name) in names {
                let row = (&*label, kind.as_str(), name);
                removed += transaction.execute(held, row)?;
                transaction.execute(missing, row)?;
            }
            if removed > 0 { objects::drop_unused(transaction) } else { Ok(()) }
        })
    }
}
