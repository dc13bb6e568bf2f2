//! Whose signatures an entry bears.

use super::Refusal;
use crate::entry::{Entry, EntrySignature};
use crate::keyset::{Keyset, Role};
use crate::signature::{KeyId, PublicKey};

/// The signatures of an entry, each with the key that may have made it. Not verified before [`Signers::verify`].
pub(super) struct Signers<'e, 'k> {
    entry: &'e Entry,
    keys: Vec<(&'k PublicKey, &'e EntrySignature)>,
}

impl<'e, 'k> Signers<'e, 'k> {
    /// Pairs every signature with one of the keys that may sign.
    ///
    /// # Errors
    /// For the first signature of another key, what `stranger` says.
    pub(super) fn of(
        entry: &'e Entry,
        allowed: impl Iterator<Item = &'k PublicKey>,
        stranger: impl Fn(KeyId) -> Refusal,
    ) -> Result<Self, Refusal> {
        let allowed: Vec<(KeyId, &PublicKey)> = allowed.map(|key| (key.id(), key)).collect();
        let key_of = |signature: &'e EntrySignature| {
            let found = allowed.iter().find(|(id, _)| *id == signature.key_id);
            found.map(|(_, key)| (*key, signature)).ok_or_else(|| stranger(signature.key_id))
        };
        let keys = entry.signatures().iter().map(key_of).collect::<Result<_, _>>()?;
        Ok(Self { entry, keys })
    }

    /// Whether a key is among them.
    pub(super) fn has(&self, key: &PublicKey) -> bool {
        self.keys.iter().any(|(signer, _)| *signer == key)
    }

    /// How many keys of a role of a keyset are among them. Signatures are one a key, so no key counts twice.
    pub(super) fn count(&self, keyset: &Keyset, role: Role) -> usize {
        keyset.keys_of(role).filter(|key| self.has(key)).count()
    }

    /// Whether the threshold of a role is met; one of no keys never is.
    pub(super) fn meets(&self, keyset: &Keyset, role: Role) -> bool {
        keyset.threshold(role) > 0 && self.count(keyset, role) >= keyset.threshold(role)
    }

    /// # Errors
    /// The threshold of a role is not met.
    pub(super) fn demand(&self, keyset: &Keyset, role: Role) -> Result<(), Refusal> {
        if self.meets(keyset, role) { Ok(()) } else { Err(self.shortage(keyset, role)) }
    }

    /// The refusal for a threshold that is not met.
    pub(super) fn shortage(&self, keyset: &Keyset, role: Role) -> Refusal {
        let (need, have) = (keyset.threshold(role), self.count(keyset, role));
        Refusal::ThresholdNotMet { role, version: keyset.version(), need, have }
    }

    /// Verifies every signature.
    ///
    /// # Errors
    /// The first that does not verify.
    pub(super) fn verify(&self) -> Result<(), Refusal> {
        let signed = self.entry.signed_bytes();
        for (key, signature) in &self.keys {
            let verified = key.verify(&signed, &signature.signature);
            verified.map_err(|_| Refusal::SignatureBad { key_id: signature.key_id })?;
        }
        Ok(())
    }
}
