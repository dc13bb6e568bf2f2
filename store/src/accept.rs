//! Accepting a store that fails: looked at first, then taken over exactly as it was looked at (`review --store`).

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use pinfold_core::digest::{Digest, tagged_digest};
use pinfold_core::pins::{Chain, Decision, Envelope, MarkerPoint, StoreId, TamperReason, UnixSeconds};
use rusqlite::TransactionBehavior;

use crate::database::{Database, Mode, set_id};
use crate::decide::insert_decisions;
use crate::error::{StoreError, TamperCause};
use crate::folder;
use crate::home;
use crate::lock;
use crate::marker_file;
use crate::objects;
use crate::open::{Access, Contents, Store, each_decision, garbled, random_bytes};
use crate::places::Places;
use crate::schema::OBSERVATIONS;

/// The tag under which an inspection is hashed.
const TAG: &str = "pinfold/inspection/v1";

/// What is wrong with a store and what accepting it would keep.
#[derive(Debug)]
pub struct Inspection {
    /// Which of the five reasons.
    pub reason: TamperReason,
    /// What showed it.
    pub cause: TamperCause,
    /// What the marker knows, if it can be read.
    pub marker: Option<MarkerPoint>,
    /// The decisions that would be kept: from the first one on, as far as the chain adds up.
    pub kept: Vec<Envelope>,
    /// How many stored rows of decisions would be dropped.
    pub dropped: u64,
    /// How many stored objects have other bytes than their digests say; they would be dropped.
    pub wrong_objects: u64,
    /// Whether the database would be set aside and an empty one made.
    pub starts_anew: bool,
    kept_chain: Chain,
}

impl Inspection {
    /// Looks at a store that fails. `None`: it does not fail.
    ///
    /// # Errors
    /// What accepting cannot mend: [`StoreError::Newer`], [`StoreError::Unsafe`], [`StoreError::Locked`] and so on.
    pub fn of(places: &Places) -> Result<Option<Inspection>, StoreError> {
        folder::examine(places)?;
        let _lock = lock::shared(&places.lock())?;
        inspect(places)
    }

    /// A digest of all that is shown, to derive the challenge from.
    pub fn digest(&self) -> Digest {
        let marker =
            self.marker.map_or_else(String::new, |point| format!("{} {}", point.counter, point.head));
        let head = self.kept_chain.head();
        let shown = [
            self.reason.as_str().to_owned(),
            marker,
            format!("{} {}", head.sequence, head.hash),
            self.dropped.to_string(),
            self.wrong_objects.to_string(),
            self.starts_anew.to_string(),
        ];
        tagged_digest(TAG, shown.join("\n").as_bytes())
    }
}

impl Store {
    /// Takes over a store as it was inspected, after a challenge at a terminal. The acceptance is the next decision of
    /// the kept chain; the store gets a new id; observations are dropped; a database that could not be read, or that
    /// loses rows, is set aside in the folder and not deleted.
    ///
    /// # Errors
    /// [`StoreError::Raced`] if the store is not what was inspected; else as [`Store::decide`]. A crash in between
    /// leaves a store that fails as before.
    pub fn accept(
        places: &Places,
        inspection: &Inspection,
        at: UnixSeconds,
        policy: Option<Digest>,
    ) -> Result<Store, StoreError> {
        folder::ensure(places)?;
        {
            let _lock = lock::exclusive(&places.lock())?;
            let found = inspect(places)?.filter(|found| found.digest() == inspection.digest());
            let found = found.ok_or(StoreError::Raced)?;
            take_over(places, found, at, policy)?;
        }
        Store::open(places, Access::Write)
    }
}

fn inspect(places: &Places) -> Result<Option<Inspection>, StoreError> {
    let failure = match Contents::read_locked(places, Mode::Read) {
        Ok((contents, _)) => Store::of_contents(places, Mode::Read, contents).check_every_row().err(),
        Err(error) => Some(error),
    };
    let (reason, cause) = match failure {
        None => return Ok(None),
        Some(StoreError::Tampered { reason, cause }) => (reason, cause),
        Some(other) => return Err(other),
    };
    let marker = marker_file::read(places).ok().flatten().map(|marker| marker.point);
    let mut inspection = Inspection {
        reason,
        cause,
        marker,
        kept: Vec::new(),
        dropped: 0,
        wrong_objects: 0,
        starts_anew: true,
        kept_chain: Chain::default(),
    };
    // Whatever goes wrong while reading it: a database that cannot be read to its end is started anew.
    if let Ok(Some(database)) = Database::open(places, Mode::Read) {
        inspection.starts_anew = inspection.keep_what_adds_up(&database).is_err();
    }
    if inspection.starts_anew {
        inspection.kept.clear();
        inspection.kept_chain = Chain::default();
        (inspection.dropped, inspection.wrong_objects) = (0, 0);
    }
    Ok(Some(inspection))
}

impl Inspection {
    fn keep_what_adds_up(&mut self, database: &Database) -> Result<(), StoreError> {
        each_decision(&database.connection, 0, |sequence, bytes| {
            let is_next = self.dropped == 0 && sequence == self.kept_chain.head().sequence as i64 + 1;
            match is_next.then(|| self.kept_chain.append(bytes)) {
                Some(Ok(envelope)) => self.kept.push(envelope),
                _ => self.dropped += 1,
            }
            Ok(())
        })?;
        self.wrong_objects = objects::wrong_rows(&database.connection)?.len() as u64;
        Ok(())
    }
}

fn take_over(
    places: &Places,
    inspection: Inspection,
    at: UnixSeconds,
    policy: Option<Digest>,
) -> Result<(), StoreError> {
    if inspection.starts_anew {
        set_aside(places, at)?;
    }
    let mut database = match Database::open(places, Mode::Write)? {
        Some(database) => database,
        None => Database::create(places)?,
    };
    if inspection.dropped > 0 {
        copy_aside(places, &database, at)?;
    }
    let mut chain = inspection.kept_chain;
    let kept = chain.head().sequence;
    let Inspection { reason, marker, .. } = inspection;
    let mut decisions = vec![Decision::StoreAccepted { reason, kept, marker }];
    if !home::is_accounts(places.home()) && chain.pins().accepted_home().is_none() {
        decisions.push(Decision::HomeAccepted { home: places.home().to_string_lossy().into_owned() });
    }
    let mut rows = Vec::new();
    for decision in decisions {
        let bytes = chain.decide(decision, at, policy).map_err(StoreError::Refused)?;
        rows.push((chain.head().sequence, bytes));
    }
    let id = StoreId(random_bytes()?);
    let transaction = database.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("DELETE FROM decisions WHERE sequence > ?1 OR sequence < 1", [kept as i64])?;
    for table in OBSERVATIONS {
        transaction.execute(&format!("DELETE FROM {table}"), ())?;
    }
    for row in objects::wrong_rows(&transaction)? {
        transaction.execute("DELETE FROM objects WHERE rowid = ?1", [row])?;
    }
    insert_decisions(&transaction, &rows)?;
    set_id(&transaction, id)?;
    transaction.commit()?;
    database.settle();
    database.id = id;
    let contents = Contents { database: Some(database), chain, ..Contents::default() };
    marker_file::write(places, &contents.marker_now(places)?)
}

/// Renames the database and its side files, so that nothing of them is read again and nothing is lost.
fn set_aside(places: &Places, at: UnixSeconds) -> Result<(), StoreError> {
    let aside = aside(places, at)?;
    for end in ["-wal", "-shm", ""] {
        let with_end = |path: PathBuf| {
            let mut path = path.into_os_string();
            path.push(end);
            PathBuf::from(path)
        };
        let from = with_end(places.database());
        match fs::rename(&from, with_end(aside.clone())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::writing(&from, error));
            }
            _ => {}
        }
    }
    folder::sync(&places.store_folder())
}

fn copy_aside(places: &Places, database: &Database, at: UnixSeconds) -> Result<(), StoreError> {
    let aside = aside(places, at)?;
    // Made by us and not by SQLite, for its mode.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside);
    made.map_err(|error| StoreError::writing(&aside, error))?;
    let name = aside.to_str().ok_or_else(|| garbled("decisions"))?;
    database.connection.execute("VACUUM INTO ?1", [name])?;
    folder::sync(&places.store_folder())
}

fn aside(places: &Places, at: UnixSeconds) -> Result<PathBuf, StoreError> {
    let random = pinfold_core::hex::encode(&random_bytes()?[..4]);
    Ok(places.store_folder().join(format!("set-aside-{}-{random}.db", at.0)))
}
