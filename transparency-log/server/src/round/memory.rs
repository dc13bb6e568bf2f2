//! What the one writer knows: the newest signed head, the tree's edge, and the state of names. All of it comes from the
//! database, and whenever a round fails before it signs, all of it is read again.

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::merkle::Hash;
use pinfold_core::note::VerifierKey;

use crate::round::rules::Rules;
use crate::round::tree::Tree;
use crate::store::{Database, Head, Kind, Reader, StoreError};

/// The state of the log after its newest signed head.
pub(crate) struct Memory {
    /// The newest signed head.
    pub(crate) head: Head,
    /// The same, parsed.
    pub(crate) signed: SignedCheckpoint,
    /// The tree under it.
    pub(crate) tree: Tree,
    /// The rules of names; `None` in a log without.
    pub(crate) rules: Option<Rules>,
}

impl Memory {
    /// Reads everything, and checks what can be checked without reading every entry: the head's signature, the root from
    /// the stored tiles, the index from the folded states against the last map-head.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if something does not add up.
    pub(crate) fn load(
        database: &Database,
        origin: &Origin,
        key: &VerifierKey,
    ) -> Result<Memory, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(what.to_owned());
        let transaction = database.connection.unchecked_transaction()?;
        let reader = Reader(&transaction);
        let head = reader.head()?;
        let signed = SignedCheckpoint::parse(&head.note)
            .map_err(|error| StoreError::Damaged(format!("the stored head: {error}")))?;
        let expected = Checkpoint::new(origin, head.size, Hash::from_bytes(head.root));
        if *signed.checkpoint() != expected || signed.verify_log(key).is_err() {
            return Err(damaged("the stored head is not one that this log's key signed"));
        }
        if reader.end()? != head.size {
            return Err(damaged("there are more or fewer entries than the stored head covers"));
        }
        let tree = Tree::load(reader, head.size)?;
        if tree.root().as_bytes() != &head.root {
            return Err(damaged("the stored tiles lead to another root than the stored head's"));
        }
        let rules = match database.log.kind {
            Kind::Names => Some(Rules::load(reader, head.size)?),
            Kind::Test => None,
        };
        transaction.finish()?;
        Ok(Memory { head, signed, tree, rules })
    }
}
