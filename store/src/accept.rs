//! Looking at a store that fails: what is wrong with it, and what accepting it would keep (`review --store`).

use pinfold_core::digest::{Digest, tagged_digest};
use pinfold_core::pins::{Chain, ChainRefusal, Envelope, MarkerPoint, TamperReason, UnixSeconds};

use crate::database::{Database, Mode};
use crate::error::{StoreError, TamperCause};
use crate::folder;
use crate::lock;
use crate::marker_file;
use crate::objects;
use crate::open::{Access, Contents, Store, chain_error, each_decision};
use crate::places::Places;
use crate::take_over::take_over;

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
    /// The decisions that would be kept: from the first one on, as far as nothing contradicts them.
    pub kept: Vec<Envelope>,
    /// How many stored rows of decisions would be dropped.
    pub dropped: u64,
    /// How many stored objects have other bytes than their digests say; they would be dropped.
    pub wrong_objects: u64,
    /// Whether the database would be set aside, and what is kept of it written to a new one.
    pub sets_aside: bool,
    pub(crate) kept_chain: Chain,
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
            self.sets_aside.to_string(),
        ];
        tagged_digest(TAG, shown.join("\n").as_bytes())
    }
}

impl Store {
    /// Takes over a store as it was inspected, after a challenge at a terminal. The acceptance is the next decision of
    /// the kept chain; the store gets a new id; observations are dropped; a database that cannot be kept whole is set
    /// aside in the folder and not deleted.
    ///
    /// # Errors
    /// [`StoreError::Raced`] if the store is not what was inspected; else as [`Store::decide`]. A crash in between
    /// leaves a store that fails, as before or with what is kept.
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
            take_over(places, found.ok_or(StoreError::Raced)?, at, policy)?;
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
    let mut inspection = Inspection {
        reason,
        cause,
        marker: marker_file::read(places).ok().flatten().map(|marker| marker.point),
        kept: Vec::new(),
        dropped: 0,
        wrong_objects: 0,
        sets_aside: true,
        kept_chain: Chain::default(),
    };
    // Whatever goes wrong while it is read: then nothing of it can be kept.
    if let Ok(Some(database)) = Database::open(places, Mode::Read)
        && inspection.keep_what_adds_up(&database).is_ok()
    {
        let is_whole = inspection.dropped == 0 && inspection.wrong_objects == 0;
        inspection.sets_aside = !(is_whole && database.check_pages().is_ok());
    }
    Ok(Some(inspection))
}

impl Inspection {
    fn keep_what_adds_up(&mut self, database: &Database) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        each_decision(&database.connection, 0, |sequence, bytes| {
            rows.push((sequence, bytes.to_vec()));
            Ok(())
        })?;
        let wrong_objects = objects::wrong_rows(&database.connection).map_or(0, |rows| rows.len() as u64);
        let count = self.count_what_adds_up(&rows);
        let mut chain = Chain::default();
        let kept = rows[..count].iter().map(|(_, bytes)| chain.append(bytes).map_err(chain_error));
        self.kept = kept.collect::<Result<_, _>>()?;
        self.kept_chain = chain;
        self.dropped = (rows.len() - count) as u64;
        self.wrong_objects = wrong_objects;
        Ok(())
    }

    /// How many decisions from the first one on are contradicted by nothing: neither by their own bytes and place, nor
    /// by the one after, which names the hash that they had, nor by the marker of an edited store.
    fn count_what_adds_up(&self, rows: &[(i64, Vec<u8>)]) -> usize {
        let known = self.marker.filter(|_| self.reason == TamperReason::Edited);
        let mut chain = Chain::default();
        for (index, (sequence, bytes)) in rows.iter().enumerate() {
            if *sequence != index as i64 + 1 {
                return index;
            }
            match chain.append(bytes) {
                Err(ChainRefusal::Previous { .. }) => return index.saturating_sub(1),
                Err(_) => return index,
                Ok(_) => {}
            }
            let here = MarkerPoint { counter: chain.head().sequence, head: chain.head().hash };
            if known.is_some_and(|known| known.counter == here.counter && known.head != here.head) {
                return index;
            }
        }
        rows.len()
    }
}
