//! Small notes for `status`: what was counted, how a server ended, which digests were announced, which interpreters
//! were seen.

use pinfold_core::digest::Digest;
use pinfold_core::name::Label;
use pinfold_core::pins::UnixSeconds;
use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::open::Store;
use crate::pending::{cut, from_seconds, seconds};

/// What a gate counted and nobody acted on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Lines on the server's standard output that were no messages.
    pub junk_lines: u64,
    /// Notifications that were not passed on.
    pub dropped_notifications: u64,
}

/// How a server of a label ended last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its launch.
    pub launch: Digest,
    /// When.
    pub at: UnixSeconds,
    /// How, in our own words.
    pub how: String,
}

impl Store {
    /// Adds to the counters of a label.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: the gate goes on without.
    pub fn add_counters(&self, label: &Label, more: Counters) -> Result<(), StoreError> {
        let sql = "INSERT INTO counters (label, junk_lines, dropped_notifications) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (label) DO UPDATE SET \
                   junk_lines = min(junk_lines + excluded.junk_lines, 1 << 53), \
                   dropped_notifications = \
                   min(dropped_notifications + excluded.dropped_notifications, 1 << 53)";
        let small = |count: u64| i64::try_from(count.min(1 << 53)).unwrap_or_default();
        let row = (label.key(), small(more.junk_lines), small(more.dropped_notifications));
        self.observing(|transaction| transaction.execute(sql, row).map(|_| ()).map_err(StoreError::from))
    }

    /// The counters of a label.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn counters(&self, label: &Label) -> Result<Counters, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Counters::default()) };
        let sql = "SELECT junk_lines, dropped_notifications FROM counters WHERE label = ?1";
        let found = connection.query_row(sql, [label.key()], |row| {
            let (junk_lines, dropped): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(Counters { junk_lines: junk_lines as u64, dropped_notifications: dropped as u64 })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Notes how a server ended.
    ///
    /// # Errors
    /// As [`Store::add_counters`].
    pub fn record_exit(&self, label: &Label, exit: &Exit) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO exits (label, launch, at, how) VALUES (?1, ?2, ?3, ?4)";
        let row = (label.key(), exit.launch.as_bytes(), seconds(exit.at), cut(&exit.how));
        self.observing(|transaction| transaction.execute(sql, row).map(|_| ()).map_err(StoreError::from))
    }

    /// How a server of a label ended last.
    ///
    /// # Errors
    /// As [`Store::counters`].
    pub fn last_exit(&self, label: &Label) -> Result<Option<Exit>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(None) };
        let sql = "SELECT launch, at, how FROM exits WHERE label = ?1";
        let found = connection.query_row(sql, [label.key()], |row| {
            let (launch, at) = (Digest::from_bytes(row.get(0)?), from_seconds(row.get(1)?));
            Ok(Exit { launch, at, how: row.get(2)? })
        });
        Ok(found.optional()?)
    }

    /// Whether a desktop notification about this digest is due: `true` once, for the first caller.
    ///
    /// # Errors
    /// As [`Store::add_counters`].
    pub fn notify_once(&self, digest: &Digest, now: UnixSeconds) -> Result<bool, StoreError> {
        let sql = "INSERT INTO notified (digest, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.observing(|transaction| {
            let inserted = transaction.execute(sql, (digest.as_bytes(), seconds(now)))?;
            Ok(inserted > 0)
        })
    }

    /// Notes the bytes of an interpreter that changed without a question, because root owns it.
    ///
    /// # Errors
    /// As [`Store::add_counters`].
    pub fn record_interpreter(
        &self,
        path: &str,
        digest: &Digest,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        // Every start asks; hardly any has something to write.
        if self.interpreter_sightings(path)?.iter().any(|(seen, _)| seen == digest) {
            return Ok(());
        }
        let sql = "INSERT INTO interpreters (path, digest, first_seen) VALUES (?1, ?2, ?3) \
                   ON CONFLICT DO NOTHING";
        let row = (path, digest.as_bytes(), seconds(now));
        self.observing(|transaction| transaction.execute(sql, row).map(|_| ()).map_err(StoreError::from))
    }

    /// The digests that an interpreter was seen with, oldest first.
    ///
    /// # Errors
    /// As [`Store::counters`].
    pub fn interpreter_sightings(&self, path: &str) -> Result<Vec<(Digest, UnixSeconds)>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT digest, first_seen FROM interpreters WHERE path = ?1 ORDER BY first_seen, rowid";
        let mut statement = connection.prepare(sql)?;
        let rows = statement
            .query_map([path], |row| Ok((Digest::from_bytes(row.get(0)?), from_seconds(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
