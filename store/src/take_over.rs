//! Accepting a store: in its place where it is whole, else by a new database with what is kept.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pinfold_core::digest::Digest;
use pinfold_core::pins::{Chain, Decision, Envelope, StoreId, UnixSeconds};
use rusqlite::{Transaction, TransactionBehavior};

use crate::accept::Inspection;
use crate::database::{Database, Mode, set_id};
use crate::decide::insert_decisions;
use crate::error::StoreError;
use crate::folder;
use crate::home;
use crate::marker_file;
use crate::objects::{self, StoredObject};
use crate::open::{Contents, Store, random_bytes};
use crate::places::Places;
use crate::schema::OBSERVATIONS;

type Rows = Vec<(u64, Vec<u8>)>;

/// Writes what an inspection keeps, the acceptance after it, and the marker. Under the exclusive lock.
pub(crate) fn take_over(
    places: &Places,
    inspection: Inspection,
    at: UnixSeconds,
    policy: Option<Digest>,
) -> Result<(), StoreError> {
    let mut chain = inspection.kept_chain.clone();
    let accepted = acceptance(places, &inspection, &mut chain, at, policy)?;
    let id = StoreId(random_bytes()?);
    if inspection.sets_aside {
        let kept = inspection.kept.iter().map(|envelope| (envelope.sequence, envelope.to_bytes()));
        let rows: Rows = kept.chain(accepted).collect();
        let objects = objects_of(places, &inspection.kept);
        replace(places, at, |transaction| {
            insert_decisions(transaction, &rows)?;
            for object in &objects {
                objects::insert(transaction, object)?;
                objects::keep(transaction, &object.digest, object.kind)?;
            }
            set_id(transaction, id)
        })?;
    } else {
        let mut database = Database::open(places, Mode::Write)?.ok_or(StoreError::ReadOnly)?;
        let transaction = database.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in OBSERVATIONS {
            transaction.execute(&format!("DELETE FROM {table}"), ())?;
        }
        insert_decisions(&transaction, &accepted)?;
        set_id(&transaction, id)?;
        transaction.commit()?;
    }
    let database = Database::open(places, Mode::Write)?;
    let contents = Contents { database, chain, ..Contents::default() };
    marker_file::write(places, &contents.marker_now(places)?)
}

/// The decisions that say that the store was accepted, and where.
fn acceptance(
    places: &Places,
    inspection: &Inspection,
    chain: &mut Chain,
    at: UnixSeconds,
    policy: Option<Digest>,
) -> Result<Rows, StoreError> {
    let (reason, marker, kept) = (inspection.reason, inspection.marker, chain.head().sequence);
    let mut decisions = vec![Decision::StoreAccepted { reason, kept, marker }];
    if !home::is_accounts(places.home()) && chain.pins().accepted_home().is_none() {
        decisions.push(Decision::HomeAccepted { home: places.home().to_string_lossy().into_owned() });
    }
    let mut rows = Rows::new();
    for decision in decisions {
        let bytes = chain.decide(decision, at, policy).map_err(StoreError::Refused)?;
        rows.push((chain.head().sequence, bytes));
    }
    Ok(rows)
}

/// The objects that kept decisions name, as far as they can be read; what is missing cannot be compared with later.
fn objects_of(places: &Places, kept: &[Envelope]) -> Vec<StoredObject> {
    let Ok(Some(database)) = Database::open(places, Mode::Read) else { return Vec::new() };
    let contents = Contents { database: Some(database), ..Contents::default() };
    let store = Store::of_contents(places, Mode::Read, contents);
    let mut digests = BTreeSet::new();
    for envelope in kept {
        match &envelope.decision {
            Decision::SurfaceApproved { objects, .. } => {
                digests.extend(objects.iter().map(|object| object.digest));
            }
            Decision::ObjectRejected { digest, .. } => {
                digests.insert(*digest);
            }
            _ => {}
        }
    }
    digests.iter().filter_map(|digest| store.object(digest).ok()).collect()
}

/// Puts a new database in the place of the old one, which gets another name. In every moment one of them is there.
fn replace(
    places: &Places,
    at: UnixSeconds,
    fill: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (old, new) = (places.database(), places.store_folder().join("pinfold.db.new"));
    for leftover in [new.clone(), with_end(&new, "-journal")] {
        if_there(fs::remove_file(&leftover), &leftover)?;
    }
    Database::build(&new, fill).map_err(|error| error.of_disk(places))?;
    let random = pinfold_core::hex::encode(&random_bytes()?[..4]);
    let aside = places.store_folder().join(format!("set-aside-{}-{random}.db", at.0));
    if_there(fs::hard_link(&old, &aside), &old)?;
    // A log that stayed would be applied to the new database.
    for end in ["-wal", "-shm"] {
        if_there(fs::rename(with_end(&old, end), with_end(&aside, end)), &old)?;
    }
    fs::rename(&new, &old).map_err(|error| StoreError::writing(&old, error))?;
    folder::sync(&places.store_folder())
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    PathBuf::from(path)
}

fn if_there(done: io::Result<()>, path: &Path) -> Result<(), StoreError> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::writing(path, error)),
        _ => Ok(()),
    }
}
