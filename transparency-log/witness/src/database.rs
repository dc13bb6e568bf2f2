//! What a witness knows: its own name, and of each log the head that it cosigned last.
//!
//! A file that is not there, one that cannot be read, and one that says nothing of a log are three things. Only the
//! third means that nothing was cosigned.

mod error;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::merkle::Hash;
use pinfold_core::note::VerifierKey;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

pub(crate) use error::DatabaseError;

/// The database's name in the witness's folder.
const FILE: &str = "witness.db";
/// `PinW`, in `application_id`.
const APPLICATION_ID: i64 = 0x5069_6e57;
/// The version of the tables, in `user_version`.
const VERSION: i64 = 1;
/// Name and definition of every table, sorted by name: a database with others is not ours.
const SCHEMA: [(&str, &str); 2] = [
    (
        "heads",
        "CREATE TABLE heads (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, \
         time INTEGER NOT NULL, note BLOB NOT NULL) STRICT",
    ),
    (
        "witness",
        "CREATE TABLE witness (only INTEGER PRIMARY KEY CHECK (only = 1), verifier_key TEXT NOT NULL, \
         counter INTEGER NOT NULL) STRICT",
    ),
];

/// An open database of one witness, the only one in use.
pub(crate) struct Database {
    connection: Connection,
    path: PathBuf,
    /// Device and inode, to see that the file was replaced.
    file: (u64, u64),
    key: VerifierKey,
}

/// The head of a log that was cosigned last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// What it says, with the log's and the witness's signatures.
    pub(crate) note: SignedCheckpoint,
    /// The time in the cosignature.
    pub(crate) time: u64,
}

impl Head {
    /// Size and root, as the decision takes them.
    pub(crate) fn state(&self) -> (u64, Hash) {
        (self.note.checkpoint().size(), *self.note.checkpoint().root())
    }
}

impl Database {
    /// Makes the database of a new witness. Its folder exists.
    ///
    /// # Errors
    /// [`DatabaseError::Exists`], or it cannot be written.
    pub(crate) fn create(folder: &Path, key: &VerifierKey) -> Result<(), DatabaseError> {
        let path = folder.join(FILE);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(DatabaseError::Exists(path));
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(&path).map_err(|error| DatabaseError::io(&path, error))?;
        let mut connection = connect(&path)?;
        let filled = connection.transaction_with_behavior(TransactionBehavior::Exclusive).and_then(|made| {
            for (_, sql) in SCHEMA {
                made.execute(sql, ())?;
            }
            made.execute("INSERT INTO witness VALUES (1, ?1, 0)", [key.to_string()])?;
            made.pragma_update(None, "application_id", APPLICATION_ID)?;
            made.pragma_update(None, "user_version", VERSION)?;
            made.commit()
        });
        filled.map_err(|error| DatabaseError::sqlite(&path, error))?;
        drop(connection);
        sync_folder(folder)
    }

    /// Opens the database that [`Database::create`] made, and tries whether it can be written.
    ///
    /// # Errors
    /// See [`DatabaseError`].
    pub(crate) fn open(folder: &Path) -> Result<Database, DatabaseError> {
        let path = folder.join(FILE);
        let found = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => found,
            Ok(_) => return Err(DatabaseError::Damaged(path, "it is no regular file".to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(DatabaseError::Absent(folder.to_owned()));
            }
            Err(error) => return Err(DatabaseError::io(&path, error)),
        };
        let connection = connect(&path)?;
        check_version(&connection, &path)?;
        let failed = |error| DatabaseError::sqlite(&path, error);
        let pages: String =
            connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(failed)?;
        if pages != "ok" {
            return Err(DatabaseError::Damaged(path, pages));
        }
        // A disk that is full or read-only is found now and not at the first request.
        connection.execute("UPDATE witness SET counter = counter", ()).map_err(failed)?;
        let text: String =
            connection.query_row("SELECT verifier_key FROM witness", (), |row| row.get(0)).map_err(failed)?;
        let key = text.parse().map_err(|error| DatabaseError::Damaged(path.clone(), format!("{error}")))?;
        let file = (found.dev(), found.ino());
        Ok(Database { connection, path, file, key })
    }

    /// The witness's own verifier key.
    pub(crate) fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// How many transactions stored a head.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn counter(&self) -> Result<u64, DatabaseError> {
        read_counter(&self.connection, &self.path)
    }

    /// Every head, by origin.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub(crate) fn heads(&self) -> Result<Vec<Head>, DatabaseError> {
        let failed = |error| DatabaseError::sqlite(&self.path, error);
        let mut statement =
            self.connection.prepare("SELECT origin FROM heads ORDER BY origin").map_err(failed)?;
        let origins = statement.query_map((), |row| row.get(0)).map_err(failed)?;
        let origins: Vec<String> = origins.collect::<Result<_, _>>().map_err(failed)?;
        let damaged = || DatabaseError::Damaged(self.path.clone(), "a head went away".to_owned());
        origins
            .iter()
            .map(|origin| read_head(&self.connection, &self.path, origin)?.ok_or_else(damaged))
            .collect()
    }

    /// Decides and stores in one transaction: `work` sees the heads as they are, and what it puts is on the disk when
    /// this returns. Gives its result and the counter after it. If `work` fails nothing is stored.
    ///
    /// # Errors
    /// Those of `work`; the file was replaced; or the disk. After [`DatabaseError::is_fatal`] what the file says is
    /// not known to be durable, and nothing more may be decided on it.
    pub(crate) fn decide<T>(
        &mut self,
        work: impl FnOnce(&Heads<'_>) -> Result<T, DatabaseError>,
    ) -> Result<(T, u64), DatabaseError> {
        let found = fs::symlink_metadata(&self.path);
        if !found.is_ok_and(|found| (found.dev(), found.ino()) == self.file) {
            return Err(DatabaseError::Replaced(self.path.clone()));
        }
        let path = &self.path;
        let failed = |error| DatabaseError::sqlite(path, error);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let heads = Heads { transaction, path, changed: false.into() };
        let result = work(&heads)?;
        let Heads { transaction, changed, .. } = heads;
        if changed.get() {
            transaction.execute("UPDATE witness SET counter = counter + 1", ()).map_err(failed)?;
        }
        let counter = read_counter(&transaction, path)?;
        transaction.commit().map_err(|error| DatabaseError::sqlite(path, error).of_commit())?;
        Ok((result, counter))
    }
}

/// The heads inside of a transaction.
pub(crate) struct Heads<'a> {
    transaction: Transaction<'a>,
    path: &'a Path,
    changed: std::cell::Cell<bool>,
}

impl Heads<'_> {
    /// The head of a log; `None` if none was ever cosigned.
    ///
    /// # Errors
    /// It cannot be read, or its columns contradict each other.
    pub(crate) fn get(&self, origin: &str) -> Result<Option<Head>, DatabaseError> {
        read_head(&self.transaction, self.path, origin)
    }

    /// Replaces the head of its log.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn put(&self, head: &Head) -> Result<(), DatabaseError> {
        let checkpoint = head.note.checkpoint();
        let put = self.transaction.execute(
            "INSERT OR REPLACE INTO heads VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                checkpoint.origin(),
                // Sizes and times are below 2^63.
                checkpoint.size() as i64,
                checkpoint.root().as_bytes(),
                head.time as i64,
                head.note.to_bytes(),
            ),
        );
        put.map_err(|error| DatabaseError::sqlite(self.path, error))?;
        self.changed.set(true);
        Ok(())
    }
}

fn read_head(connection: &Connection, path: &Path, origin: &str) -> Result<Option<Head>, DatabaseError> {
    type Row = (i64, [u8; 32], i64, Vec<u8>);
    let sql = "SELECT size, root, time, note FROM heads WHERE origin = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let row: Option<Row> = connection
        .query_row(sql, [origin], read)
        .optional()
        .map_err(|error| DatabaseError::sqlite(path, error))?;
    let Some((size, root, time, note)) = row else { return Ok(None) };
    let damaged =
        |what: String| DatabaseError::Damaged(path.to_owned(), format!("the head of {origin}: {what}"));
    let note = SignedCheckpoint::parse(&note).map_err(|error| damaged(error.to_string()))?;
    let checkpoint = note.checkpoint();
    let same = checkpoint.origin() == origin
        && i64::try_from(checkpoint.size()) == Ok(size)
        && *checkpoint.root() == Hash::from_bytes(root);
    let time = u64::try_from(time).map_err(|_| damaged("its time is negative".to_owned()))?;
    if same {
        Ok(Some(Head { note, time }))
    } else {
        Err(damaged("its columns contradict its note".to_owned()))
    }
}

fn read_counter(connection: &Connection, path: &Path) -> Result<u64, DatabaseError> {
    let read = connection.query_row("SELECT counter FROM witness", (), |row| row.get::<_, i64>(0));
    let counter = read.map_err(|error| DatabaseError::sqlite(path, error))?;
    let negative = |_| DatabaseError::Damaged(path.to_owned(), "its counter is negative".to_owned());
    u64::try_from(counter).map_err(negative)
}

fn connect(path: &Path) -> Result<Connection, DatabaseError> {
    let failed = |error| DatabaseError::sqlite(path, error);
    // Links in the folders above are the operator's; the file itself is none.
    let real =
        path.parent().unwrap_or(path).canonicalize().map_err(|error| DatabaseError::io(path, error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(real.join(FILE), flags).map_err(failed)?;
    let hardened = || -> rusqlite::Result<()> {
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        // Every commit is synced before it returns.
        connection.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")
    };
    hardened().map_err(failed)?;
    Ok(connection)
}

fn check_version(connection: &Connection, path: &Path) -> Result<(), DatabaseError> {
    let failed = |error| DatabaseError::sqlite(path, error);
    let number =
        |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    if number("application_id")? != APPLICATION_ID {
        return Err(DatabaseError::Damaged(path.to_owned(), "it is not a witness's database".to_owned()));
    }
    let version = number("user_version")?;
    if version > VERSION {
        return Err(DatabaseError::Newer { path: path.to_owned(), version });
    }
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name COLLATE BINARY";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
    let tables: Vec<(String, String)> = rows.collect::<Result<_, _>>().map_err(failed)?;
    let ours = tables.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).eq(SCHEMA);
    if version == VERSION && ours {
        return Ok(());
    }
    Err(DatabaseError::Damaged(path.to_owned(), "its tables are not those of this version".to_owned()))
}

fn sync_folder(folder: &Path) -> Result<(), DatabaseError> {
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| DatabaseError::io(folder, error))
}
