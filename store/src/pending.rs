//! What gates held and nobody decided yet: objects, asks, whole servers; and names that were seen to be gone.

use std::collections::BTreeMap;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::name::Label;
use pinfold_core::pins::{ApprovalState, Ask, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use rusqlite::{Row, Transaction};

use crate::error::StoreError;
use crate::objects::{self, StoredObject};
use crate::open::{Store, garbled};

/// Most held objects of one label; the one that was seen longest ago gives way. Largest real listing: 401 tools.
pub const MAX_PENDING_A_LABEL: usize = 8_192;

/// Most bytes of objects that wait for a decision, a label. Largest real listing: 358,189 bytes.
pub const MAX_PENDING_BYTES: usize = 64 << 20;

/// Longest text of a pointer or fault that is kept, in bytes; what is longer is cut, it serves people only.
const MAX_TEXT_BYTES: usize = 4_096;

/// An object that a gate held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The object as received.
    pub object: StoredObject,
    /// Its name.
    pub name: String,
    /// Why it was held.
    pub reason: ReasonCode,
    /// JSON Pointer to what was wrong; empty for the whole object. Foreign text.
    pub pointer: String,
    /// The approved digest that it was compared with.
    pub compared_with: Option<Digest>,
    /// What the surface rules said, if that was it.
    pub fault: Option<String>,
}

/// An object that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingObject {
    /// The launch whose server said it.
    pub launch: Digest,
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name. Foreign text.
    pub name: String,
    /// Its digest; [`Store::object`] has the bytes.
    pub digest: Digest,
    /// Why it was held when it was seen last.
    pub reason: ReasonCode,
    /// JSON Pointer to what was wrong. Foreign text.
    pub pointer: String,
    /// The approved digest that it was compared with.
    pub compared_with: Option<Digest>,
    /// What the surface rules said, if that was it.
    pub fault: Option<String>,
    /// When it was seen first.
    pub first_seen: UnixSeconds,
    /// When it was seen last.
    pub last_seen: UnixSeconds,
    /// What was decided about this digest before: rejected or retired, or nothing.
    pub state: Option<ApprovalState>,
}

/// Something that a server asked of its client and that nobody decided yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingAsk {
    /// What it asked for.
    pub ask: Ask,
    /// The launch whose server asked.
    pub launch: Digest,
    /// When it asked first.
    pub first_seen: UnixSeconds,
}

/// A whole server that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHold {
    /// The launch of the server.
    pub launch: Digest,
    /// Why.
    pub reason: ReasonCode,
    /// JSON Pointer to what was wrong; may be empty. Foreign text.
    pub pointer: String,
    /// Since when.
    pub since: UnixSeconds,
}

impl Store {
    /// Notes objects that a gate held, with their bytes.
    ///
    /// # Errors
    /// [`StoreError::ObjectWrong`]; [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: the gate
    /// goes on without.
    pub fn record_held(
        &self,
        label: &Label,
        launch: &Digest,
        held: &[Held],
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let objects: Vec<_> = held.iter().map(|held| held.object.clone()).collect();
        objects::check(&objects)?;
        self.observing(|transaction| {
            for held in held {
                objects::insert(transaction, &held.object)?;
                insert(transaction, label, launch, held, now)?;
            }
            trim(transaction, label)
        })
    }

    /// Everything of a label that was held and is not approved since, in the order in which it came. An approved text that
    /// was held because the session knew the name with another one stays until the name passes again.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] if a row holds what Pinfold does not write.
    pub fn pending(&self, label: &Label) -> Result<Vec<PendingObject>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT launch, kind, name, digest, reason, pointer, compared_with, fault, first_seen, \
                   last_seen FROM pending WHERE label = ?1 ORDER BY rowid";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([label.key()], |row| Ok(read_pending(row)))?;
        let pins = self.pins().label(label);
        let mut pending = Vec::new();
        for row in rows {
            let mut object = row??;
            let name = pins.and_then(|pins| pins.name(object.kind, &object.name));
            object.state = name.and_then(|name| name.state(&object.digest));
            let is_switch = object.reason == ReasonCode::MidsessionChange;
            if object.state != Some(ApprovalState::Approved) || is_switch {
                pending.push(object);
            }
        }
        Ok(pending)
    }

    /// Notes that a server asked for something that nobody decided.
    ///
    /// # Errors
    /// As [`Store::record_held`].
    pub fn record_ask(
        &self,
        label: &Label,
        launch: &Digest,
        ask: Ask,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO asks (label, launch, ask, first_seen) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT DO NOTHING";
        let row = (label.key(), launch.as_bytes(), ask.as_str(), seconds(now));
        self.observing(|transaction| transaction.execute(sql, row).map(|_| ()).map_err(StoreError::from))
    }

    /// What a label's servers asked for and nobody decided.
    ///
    /// # Errors
    /// As [`Store::pending`].
    pub fn pending_asks(&self, label: &Label) -> Result<Vec<PendingAsk>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT ask, launch, first_seen FROM asks WHERE label = ?1 ORDER BY rowid";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([label.key()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?))
        })?;
        let mut asks = Vec::new();
        for row in rows {
            let (name, launch, first_seen) = row?;
            let ask = Ask::from_name(&name).ok_or_else(|| garbled("asks"))?;
            let ask =
                PendingAsk { ask, launch: Digest::from_bytes(launch), first_seen: from_seconds(first_seen) };
            if self.pins().label(label).is_none_or(|pins| pins.ask_state(ask.ask).is_none()) {
                asks.push(ask);
            }
        }
        Ok(asks)
    }

    /// Notes why a whole server is held, or with `None` that it is not.
    ///
    /// # Errors
    /// As [`Store::record_held`].
    pub fn record_hold(
        &self,
        label: &Label,
        launch: &Digest,
        hold: Option<(ReasonCode, &str)>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let delete = "DELETE FROM holds WHERE label = ?1 AND launch = ?2";
        let insert = "INSERT INTO holds (label, launch, reason, pointer, since) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.observing(|transaction| {
            transaction.execute(delete, (label.key(), launch.as_bytes()))?;
            if let Some((reason, pointer)) = hold {
                let row = (label.key(), launch.as_bytes(), reason.as_str(), cut(pointer), seconds(now));
                transaction.execute(insert, row)?;
            }
            Ok(())
        })
    }

    /// Which servers of a label are held whole.
    ///
    /// # Errors
    /// As [`Store::pending`].
    pub fn holds(&self, label: &Label) -> Result<Vec<ServerHold>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT launch, reason, pointer, since FROM holds WHERE label = ?1 ORDER BY rowid";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([label.key()], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, i64>(3)?))
        })?;
        let read = rows.map(|row| {
            let (launch, reason, pointer, since) = row?;
            let reason = reason.parse().map_err(|_| garbled("holds"))?;
            Ok(ServerHold { launch: Digest::from_bytes(launch), reason, pointer, since: from_seconds(since) })
        });
        read.collect()
    }

    /// Notes that approved names were missing from a complete listing. The first time counts.
    ///
    /// # Errors
    /// As [`Store::record_held`].
    pub fn record_absent(
        &self,
        label: &Label,
        names: &[(ObjectKind, String)],
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO sightings (label, kind, name, absent_since) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT DO NOTHING";
        self.observing(|transaction| {
            for (kind, name) in names {
                transaction.execute(sql, (label.key(), kind.as_str(), name, seconds(now)))?;
            }
            Ok(())
        })
    }

    /// Approved names that were missing from a complete listing, and since when. Kept until the name passes again or
    /// something of it is approved again, so that a name that comes back with other words is called that.
    ///
    /// # Errors
    /// As [`Store::pending`].
    pub fn absent(&self, label: &Label) -> Result<BTreeMap<(ObjectKind, String), UnixSeconds>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(BTreeMap::new()) };
        let sql = "SELECT kind, name, absent_since FROM sightings WHERE label = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([label.key()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, i64>(2)?))
        })?;
        let read = rows.map(|row| {
            let (kind, name, since) = row?;
            Ok(((kind.parse().map_err(|_| garbled("sightings"))?, name), from_seconds(since)))
        });
        read.collect()
    }
}

/// A time as SQLite has it.
pub(crate) fn seconds(at: UnixSeconds) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// A time from SQLite; one before 1970 was never written.
pub(crate) fn from_seconds(at: i64) -> UnixSeconds {
    UnixSeconds(u64::try_from(at).unwrap_or_default())
}

/// A text cut at a character's border.
pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

pub(crate) fn remove(
    transaction: &Transaction<'_>,
    label: &Label,
    kind: ObjectKind,
    name: &str,
    digest: &Digest,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM pending WHERE label = ?1 AND kind = ?2 AND name = ?3 AND digest = ?4";
    let row = (label.key(), kind.as_str(), name, digest.as_bytes());
    transaction.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

pub(crate) fn clear_sighting(
    transaction: &Transaction<'_>,
    label: &Label,
    kind: ObjectKind,
    name: &str,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM sightings WHERE label = ?1 AND kind = ?2 AND name = ?3";
    transaction.prepare_cached(sql)?.execute((label.key(), kind.as_str(), name))?;
    Ok(())
}

pub(crate) fn remove_ask(transaction: &Transaction<'_>, label: &Label, ask: Ask) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM asks WHERE label = ?1 AND ask = ?2", (label.key(), ask.as_str()))?;
    Ok(())
}

/// Drops every observation of a label.
pub(crate) fn forget(transaction: &Transaction<'_>, label: &Label) -> Result<(), StoreError> {
    for table in ["asks", "counters", "exits", "holds", "pending", "sightings"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE label = ?1"), [label.key()])?;
    }
    objects::drop_unused(transaction)
}

fn insert(
    transaction: &Transaction<'_>,
    label: &Label,
    launch: &Digest,
    held: &Held,
    now: UnixSeconds,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO pending (label, launch, kind, name, digest, reason, pointer, compared_with, fault, \
               first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10) \
               ON CONFLICT (label, launch, kind, name, digest) DO UPDATE SET reason = excluded.reason, \
               pointer = excluded.pointer, compared_with = excluded.compared_with, fault = excluded.fault, \
               last_seen = excluded.last_seen";
    transaction.prepare_cached(sql)?.execute((
        label.key(),
        launch.as_bytes(),
        held.object.kind.as_str(),
        &held.name,
        held.object.digest.as_bytes(),
        held.reason.as_str(),
        cut(&held.pointer),
        held.compared_with.as_ref().map(Digest::as_bytes),
        held.fault.as_deref().map(cut),
        seconds(now),
    ))?;
    Ok(())
}

/// Makes room: what was seen longest ago gives way, within the label, so that no server pushes out another's words.
fn trim(transaction: &Transaction<'_>, label: &Label) -> Result<(), StoreError> {
    let bytes_sql = "SELECT coalesce(sum(length(bytes)), 0) FROM objects WHERE decided = 0 \
                     AND digest IN (SELECT digest FROM pending WHERE label = ?1)";
    let count_sql = "SELECT count(*) FROM pending WHERE label = ?1";
    let drop_sql = "DELETE FROM pending WHERE rowid IN (SELECT rowid FROM pending WHERE label = ?1 \
                    ORDER BY last_seen, rowid LIMIT ?2)";
    loop {
        let count: i64 = transaction.query_row(count_sql, [label.key()], |row| row.get(0))?;
        let bytes: i64 = transaction.query_row(bytes_sql, [label.key()], |row| row.get(0))?;
        let too_many = count - MAX_PENDING_A_LABEL as i64;
        let surplus = if too_many > 0 {
            too_many
        } else if bytes > MAX_PENDING_BYTES as i64 {
            // In steps, so that a thousand small ones do not take a thousand rounds.
            (count / 16).max(1)
        } else {
            return Ok(());
        };
        transaction.execute(drop_sql, (label.key(), surplus))?;
        objects::drop_unused(transaction)?;
    }
}

fn read_pending(row: &Row<'_>) -> Result<PendingObject, StoreError> {
    let text = |index| row.get::<_, String>(index);
    let compared_with: Option<[u8; 32]> = row.get(6)?;
    Ok(PendingObject {
        launch: Digest::from_bytes(row.get(0)?),
        kind: text(1)?.parse().map_err(|_| garbled("pending"))?,
        name: text(2)?,
        digest: Digest::from_bytes(row.get(3)?),
        reason: text(4)?.parse().map_err(|_| garbled("pending"))?,
        pointer: text(5)?,
        compared_with: compared_with.map(Digest::from_bytes),
        fault: row.get(7)?,
        first_seen: from_seconds(row.get(8)?),
        last_seen: from_seconds(row.get(9)?),
        state: None,
    })
}
