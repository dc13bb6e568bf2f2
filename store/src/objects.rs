//! Objects as received, by digest. What is read is hashed again.

use pinfold_core::digest::{Digest, ObjectKind, object_digest};
use pinfold_core::json::{self, ReadLimits};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::error::{StoreError, TamperCause};
use crate::open::{Store, garbled};

/// Objects are read as they were judged: a string that is too long holds its object, and the object is kept.
const STORED: ReadLimits =
    ReadLimits { max_string_bytes: ReadLimits::LISTING.max_bytes, ..ReadLimits::LISTING };

/// One object of a server's surface, byte for byte as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Its kind, which is part of what is hashed.
    pub kind: ObjectKind,
    /// Its digest.
    pub digest: Digest,
    /// The slice of the listing, or the JSON string of instructions.
    pub bytes: Vec<u8>,
}

impl Store {
    /// An object by its digest. Of several spellings of one object, the first that came from a server is kept.
    ///
    /// # Errors
    /// [`StoreError::ObjectMissing`]; [`StoreError::Tampered`] (edited) if the bytes do not have the digest.
    pub fn object(&self, digest: &Digest) -> Result<StoredObject, StoreError> {
        let connection = self.reading().ok_or(StoreError::ObjectMissing(*digest))?;
        let sql = "SELECT kind, bytes FROM objects WHERE digest = ?1";
        let found: Option<(String, Vec<u8>)> = connection
            .prepare_cached(sql)?
            .query_row([digest.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (kind, bytes) = found.ok_or(StoreError::ObjectMissing(*digest))?;
        let kind = kind.parse().map_err(|_| garbled("objects"))?;
        let object = StoredObject { kind, digest: *digest, bytes };
        if !object.has_its_digest() {
            return Err(StoreError::edited(TamperCause::Object(*digest)));
        }
        Ok(object)
    }

    /// Takes what a server says of objects that are kept in canonical form, which is how a release has them: they are
    /// answered as the server itself would. What is not kept, or is kept as a server wrote it, stays as it is.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: nothing was changed.
    pub fn respell(&self, objects: &[StoredObject]) -> Result<(), StoreError> {
        let is_better = |object: &&StoredObject| {
            let known = self.object(&object.digest);
            known.is_ok_and(|known| known.bytes != object.bytes && known.is_canonical())
                && object.has_its_digest()
        };
        let better: Vec<&StoredObject> = objects.iter().filter(is_better).collect();
        if better.is_empty() {
            return Ok(());
        }
        let sql = "UPDATE objects SET bytes = ?3 WHERE digest = ?1 AND kind = ?2";
        self.observing(|transaction| {
            for object in better {
                let row = (object.digest.as_bytes(), object.kind.as_str(), &object.bytes);
                transaction.prepare_cached(sql)?.execute(row)?;
            }
            Ok(())
        })
    }
}

impl StoredObject {
    fn is_canonical(&self) -> bool {
        json::read(&self.bytes, &STORED).is_ok_and(|value| json::canonical(&value) == self.bytes)
    }

    fn has_its_digest(&self) -> bool {
        let value = json::read(&self.bytes, &STORED);
        value.is_ok_and(|value| object_digest(self.kind, &value) == self.digest)
    }
}

/// Refuses objects whose bytes do not have the digest that they are given for.
pub(crate) fn check(objects: &[StoredObject]) -> Result<(), StoreError> {
    match objects.iter().find(|object| !object.has_its_digest()) {
        Some(object) => Err(StoreError::ObjectWrong(object.digest)),
        None => Ok(()),
    }
}

/// The rows whose bytes do not have the digest under which they are stored.
pub(crate) fn wrong_rows(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare("SELECT rowid, digest, kind, bytes FROM objects")?;
    let mut rows = statement.query(())?;
    let mut wrong = Vec::new();
    while let Some(row) = rows.next()? {
        let digest: Option<[u8; 32]> = row.get_ref(1)?.as_blob().ok().and_then(|blob| blob.try_into().ok());
        let kind = row.get_ref(2)?.as_str().ok().and_then(|kind| kind.parse().ok());
        let object = digest.zip(kind).map(|(digest, kind)| -> Result<_, StoreError> {
            Ok(StoredObject { kind, digest: Digest::from_bytes(digest), bytes: row.get(3)? })
        });
        if !object.transpose()?.is_some_and(|object| object.has_its_digest()) {
            wrong.push(row.get(0)?);
        }
    }
    Ok(wrong)
}

/// Stores an object that was checked, unless it is there.
pub(crate) fn insert(transaction: &Transaction<'_>, object: &StoredObject) -> Result<(), StoreError> {
    let sql = "INSERT INTO objects (digest, kind, decided, bytes) VALUES (?1, ?2, 0, ?3) \
               ON CONFLICT (digest) DO NOTHING";
    let row = (object.digest.as_bytes(), object.kind.as_str(), &object.bytes);
    transaction.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Keeps an object for ever because a decision names it.
pub(crate) fn keep(
    transaction: &Transaction<'_>,
    digest: &Digest,
    kind: ObjectKind,
) -> Result<(), StoreError> {
    let sql = "UPDATE objects SET decided = 1 WHERE digest = ?1 AND kind = ?2";
    match transaction.prepare_cached(sql)?.execute((digest.as_bytes(), kind.as_str()))? {
        0 => Err(StoreError::ObjectMissing(*digest)),
        _ => Ok(()),
    }
}

/// Drops objects that no decision names and that no longer wait for one.
pub(crate) fn drop_unused(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "DELETE FROM objects WHERE decided = 0 \
               AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.digest = objects.digest)";
    transaction.execute(sql, ())?;
    Ok(())
}
