//! Opening a store: everything is read, checked against the marker and folded before anything is said.

use pinfold_core::digest::Digest;
use pinfold_core::pins::{
    Chain, ChainHead, ChainRefusal, DocumentFault, Envelope, FoundStore, Marker, Pins, Standing, judge,
};
use rusqlite::Connection;

use crate::database::{Database, Mode};
use crate::error::{StoreError, TamperCause};
use crate::folder::{self, Presence};
use crate::home::{self, HomeStanding};
use crate::lock;
use crate::marker_file;
use crate::places::Places;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read pins and objects. Nothing is made or changed.
    Read,
    /// To decide or to note observations as well. A store that is not there is made.
    Write,
    /// As [`Access::Write`] where that is possible, else as [`Access::Read`]: what a gate does, which must run approved
    /// tools on a full disk and in a read-only home.
    Observe,
}

/// An open store. It holds the pins as of [`Store::open`] or the last [`Store::refresh`].
#[derive(Debug)]
pub struct Store {
    pub(crate) places: Places,
    pub(crate) mode: Mode,
    pub(crate) contents: Contents,
    is_accounts_home: bool,
    /// It was to be written and is only read because the disk is full.
    pub(crate) is_disk_full: bool,
}

/// What was read and found sound.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// `None`: there is no store yet.
    pub(crate) database: Option<Database>,
    pub(crate) chain: Chain,
    /// The hash of every envelope, for the marker.
    pub(crate) hashes: Vec<Digest>,
    pub(crate) marker: Option<Marker>,
}

impl Store {
    /// Opens the store of a home folder. A store that is not there, and that no marker knows, is empty.
    ///
    /// # Errors
    /// Any [`StoreError`]; then nothing is approved. [`StoreError::ReadOnly`] and [`StoreError::Full`] with
    /// [`Access::Write`] say that [`Access::Read`] may still do.
    pub fn open(places: &Places, access: Access) -> Result<Store, StoreError> {
        let reading = || Contents::read(places, Mode::Read).map(|(contents, _)| (Mode::Read, contents));
        let writing = || Contents::read_to_write(places).map(|contents| (Mode::Write, contents));
        let mut is_disk_full = false;
        let (mode, contents) = match access {
            Access::Read => reading()?,
            Access::Write => writing()?,
            Access::Observe => match writing() {
                Err(refusal @ (StoreError::ReadOnly | StoreError::Full | StoreError::NotWritten)) => {
                    is_disk_full = matches!(refusal, StoreError::Full);
                    reading()?
                }
                written => written?,
            },
        };
        Ok(Store { is_disk_full, ..Store::of_contents(places, mode, contents) })
    }

    pub(crate) fn of_contents(places: &Places, mode: Mode, contents: Contents) -> Store {
        let is_accounts_home = home::is_accounts(places.home());
        Store { places: places.clone(), mode, contents, is_accounts_home, is_disk_full: false }
    }

    /// What is approved, as of the last opening or refresh.
    pub fn pins(&self) -> &Pins {
        self.contents.chain.pins()
    }

    /// The end of the chain that [`Store::pins`] is the fold of. Whoever shows something to a person keeps it for
    /// [`crate::Ruling::seen`].
    pub fn head(&self) -> ChainHead {
        self.contents.chain.head()
    }

    /// Where the store lies.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Whether decisions and observations can be written.
    pub fn is_writable(&self) -> bool {
        self.mode == Mode::Write
    }

    /// What this home folder is worth. A chain with a decision in it, which the marker of this folder knows, is the
    /// record that a decision was made at a terminal here.
    pub fn home_standing(&self) -> HomeStanding {
        match (self.is_accounts_home, self.head() == ChainHead::EMPTY) {
            (true, _) => HomeStanding::Account,
            (false, false) => HomeStanding::OtherDecided,
            (false, true) => HomeStanding::OtherUndecided,
        }
    }

    /// Reads what was decided since. Returns whether anything was.
    ///
    /// Decisions that were read before are not hashed again, unless the file was replaced.
    ///
    /// # Errors
    /// As [`Store::open`]; the pins are then as before and must not be used for anything new.
    pub fn refresh(&mut self) -> Result<bool, StoreError> {
        let before = self.head();
        match lock::shared(&self.places.lock())? {
            Some(_lock) => self.reread()?,
            None => self.contents = Contents::read(&self.places, self.mode)?.0,
        }
        Ok(self.head() != before)
    }

    /// [`Store::refresh`] for a caller that holds the lock.
    pub(crate) fn reread(&mut self) -> Result<(), StoreError> {
        let in_place = self.contents.database.as_ref().is_some_and(|found| found.is_in_place(&self.places));
        if in_place && self.contents.catch_up(&self.places)? {
            return Ok(());
        }
        self.contents = Contents::read_locked(&self.places, self.mode)?.0;
        Ok(())
    }
}

impl Contents {
    fn read(places: &Places, mode: Mode) -> Result<(Contents, Standing), StoreError> {
        let presence = folder::examine(places)?;
        if presence == (Presence { store: false, state: false }) {
            return Ok((Contents::default(), Standing::New));
        }
        let mut lock = lock::shared(&places.lock())?;
        if lock.is_none() {
            // Another process may be making the store now. It makes the lock first and the marker last; looked at from
            // the other end, either nothing is there or the lock is.
            if marker_file::read(places)?.is_none() && !folder::is_own_file(&places.database())? {
                return Ok((Contents::default(), Standing::New));
            }
            lock = lock::shared(&places.lock())?;
        }
        let found = Contents::read_locked(places, mode);
        drop(lock);
        found
    }

    /// Reads the store, and under the exclusive lock makes what is missing and repairs a marker that lags.
    fn read_to_write(places: &Places) -> Result<Contents, StoreError> {
        let (contents, standing) = Contents::read(places, Mode::Write)?;
        if contents.database.is_some() && standing != Standing::Lagging {
            return Ok(contents);
        }
        drop(contents);
        folder::ensure(places)?;
        let _lock = lock::exclusive(&places.lock())?;
        let (mut contents, standing) = Contents::read_locked(places, Mode::Write)?;
        if contents.database.is_none() {
            let created = Database::create(places).map_err(|error| error.of_disk(places));
            contents.database = Some(created?);
        }
        if standing == Standing::Lagging {
            contents.repair_marker(places)?;
        }
        Ok(contents)
    }

    pub(crate) fn read_locked(places: &Places, mode: Mode) -> Result<(Contents, Standing), StoreError> {
        folder::examine(places)?;
        let marker = marker_file::read(places)?;
        let database = Database::open(places, mode).map_err(|error| error.of_disk(places))?;
        let mut contents = Contents { database, marker, ..Contents::default() };
        if let Some(database) = &contents.database {
            read_decisions(database, &mut contents.chain, &mut contents.hashes)?;
        }
        let Contents { database, marker, hashes, .. } = &contents;
        let standing = judge_found(places, marker.as_ref(), database.as_ref(), hashes)?;
        Ok((contents, standing))
    }

    /// Reads decisions after those known. `false`: the file does not continue what is known, read it from the start.
    fn catch_up(&mut self, places: &Places) -> Result<bool, StoreError> {
        let Some(database) = &self.database else { return Ok(false) };
        let known = self.chain.head().sequence as i64;
        let sql = "SELECT count(*), coalesce(max(sequence), 0) FROM decisions WHERE sequence <= ?1";
        let found: (i64, i64) =
            database.connection.query_row(sql, [known], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if found != (known, known) {
            return Ok(false);
        }
        // On copies: what does not pass the judgement must not be seen.
        let (mut chain, mut hashes) = (self.chain.clone(), self.hashes.clone());
        read_decisions(database, &mut chain, &mut hashes)?;
        let marker = marker_file::read(places)?;
        judge_found(places, marker.as_ref(), Some(database), &hashes)?;
        (self.chain, self.hashes, self.marker) = (chain, hashes, marker);
        Ok(true)
    }
}

/// Continues a chain and its list of hashes by the decisions that are stored after it.
fn read_decisions(
    database: &Database,
    chain: &mut Chain,
    hashes: &mut Vec<Digest>,
) -> Result<(), StoreError> {
    each_decision(&database.connection, chain.head().sequence, |sequence, bytes| {
        chain.append(bytes).map_err(chain_error)?;
        // The row's own number is what the table is sorted by; the envelope's is what is hashed.
        if sequence != chain.head().sequence as i64 {
            return Err(garbled("decisions"));
        }
        hashes.push(chain.head().hash);
        Ok(())
    })
}

/// Judges what was found by the marker.
pub(crate) fn judge_found(
    places: &Places,
    marker: Option<&Marker>,
    database: Option<&Database>,
    hashes: &[Digest],
) -> Result<Standing, StoreError> {
    let tampered = |reason| StoreError::Tampered { reason, cause: TamperCause::Marker };
    let Some(database) = database else {
        return judge(marker, None).map_err(tampered);
    };
    let (inode, birth) = folder::identity(&places.store_folder())?;
    let identity_files = folder::identity_files(&places.store_folder())?;
    let found = FoundStore { id: database.id, inode, birth, identity_files: &identity_files, hashes };
    judge(marker, Some(&found)).map_err(tampered)
}

/// Calls `each` with number and bytes of every stored decision after `after`, in order.
pub(crate) fn each_decision(
    connection: &Connection,
    after: u64,
    mut each: impl FnMut(i64, &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // From the start means all rows: one before the first is one too many.
    let after = if after == 0 { i64::MIN } else { after as i64 };
    let sql = "SELECT sequence, envelope FROM decisions WHERE sequence > ?1 ORDER BY sequence";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([after])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(1)?.as_blob().map_err(|_| garbled("decisions"))?;
        each(row.get(0)?, bytes)?;
    }
    Ok(())
}

/// Fresh random bytes from the system.
pub(crate) fn random_bytes() -> Result<[u8; 16], StoreError> {
    let mut bytes = [0; 16];
    let path = std::path::Path::new("/dev/urandom");
    getrandom::fill(&mut bytes).map_err(|error| StoreError::io(path, std::io::Error::other(error)))?;
    Ok(bytes)
}

pub(crate) fn garbled(table: &'static str) -> StoreError {
    StoreError::edited(TamperCause::Row(table))
}

pub(crate) fn chain_error(refusal: ChainRefusal) -> StoreError {
    match &refusal {
        ChainRefusal::Document(error) => match error.fault {
            DocumentFault::Newer { found } => StoreError::Newer { found },
            _ => StoreError::edited(TamperCause::Chain(refusal)),
        },
        _ => StoreError::edited(TamperCause::Chain(refusal)),
    }
}

/// Reads one stored envelope that is known to be sound.
pub(crate) fn envelope(bytes: &[u8]) -> Result<Envelope, StoreError> {
    Envelope::from_bytes(bytes).map_err(|error| chain_error(error.into()))
}
