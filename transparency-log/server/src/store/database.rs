//! One SQLite connection, opened so that nothing in the file can surprise us.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pinfold_core::digest::{Digest, file_digest};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use rustix::fs::{FlockOperation, OFlags};

use super::error::StoreError;
use super::schema::{APPLICATION_ID, SCHEMA, SCHEMA_VERSION};

/// What a log is for, chosen when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Entries pass admission; every head ends in a map-head.
    Names,
    /// Raw entries without any rule, for testing other tools.
    Test,
}

/// What the log is, written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogRow {
    /// The log's name in every head.
    pub(crate) origin: String,
    /// With rules or without.
    pub(crate) kind: Kind,
    /// The verifier key of its heads.
    pub(crate) vkey: String,
    /// Where it says that it is reached.
    pub(crate) url: Option<String>,
}

/// By what a duplicate is known: SHA-256 of payload type, 0x00, SHA-256 of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity(pub(crate) [u8; 32]);

impl Identity {
    /// The identity of a signed payload.
    pub(crate) fn of(payload_type: &str, payload_digest: &Digest) -> Identity {
        let mut bytes = payload_type.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(payload_digest.as_bytes());
        Identity(*file_digest(&bytes).as_bytes())
    }

    /// The identity of a raw entry of a log without rules.
    pub(crate) fn of_raw(entry: &[u8]) -> Identity {
        Identity(*file_digest(entry).as_bytes())
    }
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reading only.
    Read,
    /// The one writer.
    Write,
}

impl Mode {
    /// SQLite's page cache: negative numbers are KiB. Readers are many and mostly read what the system has cached.
    fn cache_kib(self) -> i32 {
        match self {
            Mode::Read => -2_048,
            Mode::Write => -65_536,
        }
    }
}

/// An open database of our version.
#[derive(Debug)]
pub(crate) struct Database {
    /// The connection.
    pub(crate) connection: Connection,
    /// What the log is.
    pub(crate) log: LogRow,
}

/// Where the database stands in a log's folder.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("log.sqlite")
}

impl Database {
    /// Opens the database of the log in `folder`.
    ///
    /// # Errors
    /// [`StoreError`]: absent, newer, foreign, damaged, not writable, and so on.
    pub(crate) fn open(folder: &Path, mode: Mode) -> Result<Database, StoreError> {
        let path = path(folder);
        match fs::metadata(&path) {
            Ok(found) if found.is_file() && found.len() > 0 => {}
            Ok(_) => return Err(StoreError::Foreign { path, what: "it is empty, or no file" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Absent(folder.to_owned()));
            }
            Err(error) => return Err(StoreError::reading(&path, error)),
        }
        rustix::fs::access(&path, rustix::fs::Access::READ_OK)
            .map_err(|error| StoreError::reading(&path, error.into()))?;
        if mode == Mode::Write {
            for written in [folder, &path] {
                rustix::fs::access(written, rustix::fs::Access::WRITE_OK)
                    .map_err(|error| StoreError::writing(written, error.into()))?;
            }
        }
        let connection = connect(&path, mode)?;
        check_version(&connection, folder, &path)?;
        harden(&connection)?;
        connection.pragma_update(None, "cache_size", mode.cache_kib())?;
        let log = read_log(&connection)?;
        Ok(Database { connection, log })
    }

    /// Makes the database of a new log, with an empty signed head, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one; not writable; full.
    pub(crate) fn create(
        folder: &Path,
        log: &LogRow,
        root: &[u8; 32],
        note: &[u8],
    ) -> Result<(), StoreError> {
        let path = path(folder);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Exists(path.clone()),
            _ => StoreError::writing(&path, error),
        })?;
        let filled = Database::fill(&path, log, root, note);
        if filled.is_err() {
            for end in ["", "-wal", "-shm"] {
                let mut file = path.as_os_str().to_owned();
                file.push(end);
                // What cannot be removed is in the way of the next `init`, which says so.
                let _ = fs::remove_file(PathBuf::from(file));
            }
        }
        filled?;
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| StoreError::writing(folder, error))
    }

    fn fill(path: &Path, log: &LogRow, root: &[u8; 32], note: &[u8]) -> Result<(), StoreError> {
        let mut connection = connect(path, Mode::Write)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        harden(&connection)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        for (_, sql) in SCHEMA {
            transaction.execute(sql, ())?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        let kind = match log.kind {
            Kind::Names => "names",
            Kind::Test => "test",
        };
        transaction.execute(
            "INSERT INTO log (only, origin, kind, vkey, url) VALUES (1, ?1, ?2, ?3, ?4)",
            params![log.origin, kind, log.vkey, log.url],
        )?;
        transaction.execute(
            "INSERT INTO head (only, size, root, note) VALUES (1, 0, ?1, ?2)",
            params![root.as_slice(), note],
        )?;
        transaction.commit()?;
        connection.close().map_err(|(_, error)| StoreError::from(error))
    }

    /// Moves all that was committed into the database file, synced, and syncs the folder. A commit whose own sync failed
    /// may be readable and yet not durable; after this it is durable, and so is the name of the write-ahead log, for
    /// which SQLite syncs the folder too, but does not mind if that fails.
    ///
    /// # Errors
    /// [`StoreError`] if not all of it could be moved.
    pub(crate) fn settle(&self, folder: &Path) -> Result<(), StoreError> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
        if busy != 0 {
            return Err(StoreError::Held);
        }
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| StoreError::writing(folder, error))
    }

    /// Moves what was committed into the database file as far as no reader holds it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing that was committed is lost then.
    pub(crate) fn settle_some(&self) -> Result<(), StoreError> {
        self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()))?;
        Ok(())
    }
}

/// Takes the lock that says: this process serves the log. Given up when the file is dropped, or the process ends.
///
/// # Errors
/// [`StoreError::Locked`] if another process has it; not writable.
pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("serving.lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits() as i32);
    let file = options.open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::Absent(folder.to_owned()),
        _ => StoreError::writing(&path, error),
    })?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::Locked(folder.to_owned())),
        Err(error) => Err(StoreError::writing(&path, error.into())),
    }
}

fn connect(path: &Path, mode: Mode) -> Result<Connection, StoreError> {
    let access = match mode {
        Mode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A database can carry triggers, views and functions that run when it is read; ours has none and runs none.
/// Every commit is synced; the writer moves the write-ahead log itself, between rounds.
fn harden(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(())
}

fn check_version(connection: &Connection, folder: &Path, path: &Path) -> Result<(), StoreError> {
    let foreign = |what| StoreError::Foreign { path: path.to_owned(), what };
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = match number("application_id") {
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(foreign("it is no SQLite database"));
        }
        found => found?,
    };
    if application != i64::from(APPLICATION_ID) {
        return Err(foreign("another program made it"));
    }
    match number("user_version")? {
        version if version == i64::from(SCHEMA_VERSION) => {}
        found if found > i64::from(SCHEMA_VERSION) => {
            return Err(StoreError::Newer { folder: folder.to_owned(), found });
        }
        _ => return Err(foreign("it has an unknown version")),
    }
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name COLLATE BINARY";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let tables = rows.collect::<Result<Vec<_>, _>>()?;
    if tables.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).eq(SCHEMA.iter().copied()) {
        Ok(())
    } else {
        Err(foreign("its tables are not ours"))
    }
}

fn read_log(connection: &Connection) -> Result<LogRow, StoreError> {
    let row = connection
        .query_row("SELECT origin, kind, vkey, url FROM log", (), |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let (origin, kind, vkey, url) =
        row.ok_or_else(|| StoreError::Damaged("the row `log` is missing".into()))?;
    let kind = match kind.as_str() {
        "names" => Kind::Names,
        "test" => Kind::Test,
        _ => return Err(StoreError::Damaged("the log is of no known kind".into())),
    };
    Ok(LogRow { origin, kind, vkey, url })
}
