//! One SQLite connection, opened so that nothing in the file can surprise us.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use pinfold_core::pins::StoreId;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use rustix::fs::{Access, OFlags};

use crate::error::{StoreError, TamperCause};
use crate::folder;
use crate::lock::MAX_WAIT;
use crate::places::Places;
use crate::schema::{APPLICATION_ID, SCHEMA, SCHEMA_VERSION};

/// An open database whose version and tables are ours.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    pub(crate) id: StoreId,
    /// Device and inode of the file, to see that it was replaced.
    file: (u64, u64),
    /// Whether SQLite was told that the file does not change, so that it would not see it change.
    is_fixed: bool,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

impl Database {
    /// Opens the database; `None` if there is no file, or one in which nothing was ever written.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] (unreadable, or edited for a foreign schema), [`StoreError::Newer`],
    /// [`StoreError::ReadOnly`] for [`Mode::Write`], [`StoreError::Locked`], [`StoreError::Full`].
    pub(crate) fn open(places: &Places, mode: Mode) -> Result<Option<Database>, StoreError> {
        let path = places.database();
        if !folder::is_own_file(&path)? {
            return Ok(None);
        }
        // Looked at and never opened by us: closing a file gives up all locks of the process on it (fcntl(2)), and with
        // them those of every SQLite connection to it.
        let file = fs::symlink_metadata(&path).map_err(|error| StoreError::reading(&path, error))?;
        rustix::fs::access(&path, Access::READ_OK)
            .map_err(|error| StoreError::reading(&path, error.into()))?;
        let (connection, is_fixed) = match mode {
            Mode::Write => (open_to_write(places)?, false),
            Mode::Read => open_to_read(places)?,
        };
        harden(&connection)?;
        if !check_version(&connection)? {
            return Ok(None);
        }
        let id = connection.query_row("SELECT id FROM store", (), |row| row.get(0))?;
        Ok(Some(Database { connection, id: StoreId(id), file: (file.dev(), file.ino()), is_fixed }))
    }

    /// Makes an empty database with a new id. Only under the exclusive lock, and only where [`Database::open`] found
    /// none.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Full`].
    pub(crate) fn create(places: &Places) -> Result<Database, StoreError> {
        let id = StoreId(crate::open::random_bytes()?);
        Database::build(&places.database(), |transaction| set_id(transaction, id))?;
        folder::sync(&places.store_folder())?;
        Database::open(places, Mode::Write)?.ok_or_else(|| StoreError::unreadable(TamperCause::Schema))
    }

    /// Makes a database at a path where there is none, or an empty file, in one transaction.
    pub(crate) fn build(
        path: &Path,
        fill: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        // Made by us and not by SQLite, for its mode; SQLite gives its side files the same one.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        options.custom_flags(OFlags::NOFOLLOW.bits() as i32);
        options.open(path).map_err(|error| StoreError::writing(path, error))?;
        let mut connection = connect_to_write(&real_path(path)?)?;
        harden(&connection)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        for (_, sql) in SCHEMA {
            transaction.execute(sql, ())?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION as i64)?;
        fill(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    /// Whether every page of the file is as SQLite writes it.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] (unreadable).
    pub(crate) fn check_pages(&self) -> Result<(), StoreError> {
        let verdict: String = self.connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        if verdict == "ok" { Ok(()) } else { Err(StoreError::unreadable(TamperCause::Damaged)) }
    }

    /// Whether this connection sees what others write: the file at its place is still the one that was opened.
    pub(crate) fn is_in_place(&self, places: &Places) -> bool {
        let found = fs::symlink_metadata(places.database());
        !self.is_fixed && found.is_ok_and(|found| (found.dev(), found.ino()) == self.file)
    }

    /// How many decisions are stored.
    pub(crate) fn count(&self) -> Result<u64, StoreError> {
        let count = self.connection.query_row("SELECT count(*) FROM decisions", (), |row| row.get(0));
        Ok(count.map(|count: i64| count as u64)?)
    }

    /// Moves what was committed from the write-ahead log into the database, so that it can be read where nothing can
    /// be written. Best effort: readers keep it from happening, and it changes nothing that is said.
    pub(crate) fn settle(&self) {
        let _ = self.connection.busy_timeout(std::time::Duration::ZERO);
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
        let _ = self.connection.busy_timeout(MAX_WAIT);
    }
}

/// Gives the store an id. Part of a transaction.
pub(crate) fn set_id(transaction: &Transaction<'_>, id: StoreId) -> Result<(), StoreError> {
    transaction.execute("INSERT OR REPLACE INTO store (only, id) VALUES (1, ?1)", [id.0])?;
    Ok(())
}

fn open_to_write(places: &Places) -> Result<Connection, StoreError> {
    let path = real_path(&places.database())?;
    for written in [path.parent().unwrap_or(&path), &path] {
        if let Err(error) = rustix::fs::access(written, Access::WRITE_OK) {
            return Err(StoreError::writing(written, error.into()));
        }
    }
    let connection = connect_to_write(&path)?;
    // A new database gets its write-ahead log here, once; SQLite remembers it in the file.
    connection.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(()))?;
    Ok(connection)
}

fn connect_to_write(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(MAX_WAIT)?;
    Ok(connection)
}

/// SQLite needs to write a side file even to read a database in WAL mode. Where that is not possible, and no log is
/// waiting to be read, the database is read as a file that does not change; our lock keeps deciders away meanwhile.
fn open_to_read(places: &Places) -> Result<(Connection, bool), StoreError> {
    let path = real_path(&places.database())?;
    let open = |uri: String| -> Result<Connection, StoreError> {
        let flags = flags() | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(uri, flags)?;
        connection.busy_timeout(MAX_WAIT)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
        Ok(connection)
    };
    let uri = uri(&path);
    match open(uri.clone()) {
        Err(StoreError::Full | StoreError::ReadOnly | StoreError::Sqlite(_)) if !has_log(&path) => {
            Ok((open(format!("{uri}?immutable=1"))?, true))
        }
        opened => Ok((opened?, false)),
    }
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_EXRESCODE
}

/// The path without links above our own folders, which were examined: SQLite follows none then.
fn real_path(path: &Path) -> Result<PathBuf, StoreError> {
    let (folder, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
    let real = fs::canonicalize(folder).map_err(|error| StoreError::reading(folder, error))?;
    Ok(real.join(name))
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    match fs::symlink_metadata(&log) {
        Ok(found) => found.len() > 0,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

fn uri(path: &Path) -> String {
    let mut uri = String::from("file://");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// A database can carry triggers, views and functions that run when it is read; ours has none and runs none.
fn harden(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(())
}

/// Whether the database has our version and exactly our tables; `false` if it has none at all.
fn check_version(connection: &Connection) -> Result<bool, StoreError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = number("application_id")?;
    let version = number("user_version")?;
    let tables = tables(connection)?;
    if application == 0 && version == 0 && tables.is_empty() {
        return Ok(false);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(StoreError::unreadable(TamperCause::NotOurs));
    }
    match u64::try_from(version) {
        Ok(SCHEMA_VERSION) => {}
        Ok(found) if found > SCHEMA_VERSION => return Err(StoreError::Newer { found }),
        _ => return Err(StoreError::unreadable(TamperCause::NotOurs)),
    }
    let ours = SCHEMA.iter().map(|(name, sql)| (*name, *sql));
    if !tables.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).eq(ours) {
        return Err(StoreError::edited(TamperCause::Schema));
    }
    Ok(true)
}

fn tables(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name COLLATE BINARY";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
