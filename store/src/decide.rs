//! Recording decisions: one transaction and the marker, under one lock.

use pinfold_core::digest::Digest;
use pinfold_core::pins::{
    Chain, ChainHead, Decision, FolderIdentity, FolderProof, Marker, MarkerPoint, UnixSeconds,
};
use rusqlite::{Transaction, TransactionBehavior};

use crate::database::{Database, Mode};
use crate::error::StoreError;
use crate::folder;
use crate::home::HomeStanding;
use crate::lock;
use crate::marker_file;
use crate::objects::{self, StoredObject};
use crate::open::{Contents, Store, each_decision, envelope};
use crate::places::Places;
use crate::{pending, requests};

/// What a person decided, after a challenge at a terminal. The store does not ask; whoever calls it has asked.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// When.
    pub at: UnixSeconds,
    /// Digest of the policy file in force.
    pub policy: Option<Digest>,
    /// [`Store::head`] at the moment when the person was shown what the decisions are about.
    pub seen: ChainHead,
    /// The decisions; all are recorded, or none.
    pub decisions: Vec<Decision>,
    /// The objects that are approved or rejected, as far as [`Store::object`] does not know them.
    pub objects: Vec<StoredObject>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The end of the chain now.
    pub head: ChainHead,
    /// How many decisions were recorded; 0 if all were in force already.
    pub recorded: u64,
}

impl Store {
    /// Records decisions. What is in force already is not recorded again.
    ///
    /// In a home folder other than the account's, the first decision is preceded by [`Decision::HomeAccepted`].
    ///
    /// # Errors
    /// [`StoreError::Raced`] if something about the same label or interpreter was decided after `seen` and the
    /// decisions would change something; [`StoreError::Refused`] if one makes no sense; [`StoreError::ObjectMissing`]
    /// and [`StoreError::ObjectWrong`]; [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`];
    /// [`StoreError::Tampered`] and whatever else [`Store::open`] has. Nothing was recorded then.
    pub fn decide(&mut self, ruling: Ruling) -> Result<Decided, StoreError> {
        if self.mode != Mode::Write {
            return Err(StoreError::ReadOnly);
        }
        let _lock = lock::exclusive(&self.places.lock())?;
        self.reread()?;
        let open = self.unsettled(ruling.decisions, ruling.at);
        if open.is_empty() {
            return Ok(Decided { head: self.head(), recorded: 0 });
        }
        if self.contents.is_raced(ruling.seen, &open)? {
            return Err(StoreError::Raced);
        }
        let before = self.head();
        let decisions = self.home_accepted().into_iter().chain(open).collect::<Vec<_>>();
        self.contents.record(&self.places, &decisions, ruling.at, ruling.policy, &ruling.objects)?;
        Ok(Decided { head: self.head(), recorded: self.head().sequence - before.sequence })
    }

    /// The decisions that would change something, each after those before it. Whether they make sense is not judged.
    fn unsettled(&self, decisions: Vec<Decision>, at: UnixSeconds) -> Vec<Decision> {
        let mut pins = self.pins().clone();
        let mut open = Vec::new();
        for decision in decisions {
            if !pins.is_settled(&decision) {
                let _ = pins.apply(&decision, at);
                open.push(decision);
            }
        }
        open
    }

    /// The decision that goes before the first one in a home folder that is not the account's.
    pub(crate) fn home_accepted(&self) -> Option<Decision> {
        let home = self.places.home().to_string_lossy().into_owned();
        let decision = Decision::HomeAccepted { home };
        (self.home_standing() == HomeStanding::OtherUndecided && !self.pins().is_settled(&decision))
            .then_some(decision)
    }
}

impl Contents {
    /// Whether something about the same was decided after the person looked.
    fn is_raced(&self, seen: ChainHead, decisions: &[Decision]) -> Result<bool, StoreError> {
        if seen == self.chain.head() {
            return Ok(false);
        }
        let known = usize::try_from(seen.sequence).ok().and_then(|count| count.checked_sub(1));
        let is_of_this_chain = match known {
            None => seen == ChainHead::EMPTY,
            Some(index) => self.hashes.get(index) == Some(&seen.hash),
        };
        let Some(database) = self.database.as_ref().filter(|_| is_of_this_chain) else { return Ok(true) };
        let mut is_raced = false;
        each_decision(&database.connection, seen.sequence, |_, bytes| {
            let later = envelope(bytes)?.decision;
            is_raced |= decisions.iter().any(|decision| decision.concerns_the_same(&later));
            Ok(())
        })?;
        Ok(is_raced)
    }

    /// Appends decisions in one transaction: the marker is told what is to come, the transaction is committed, the
    /// marker is told that it was. Under the exclusive lock.
    pub(crate) fn record(
        &mut self,
        places: &Places,
        decisions: &[Decision],
        at: UnixSeconds,
        policy: Option<Digest>,
        given: &[StoredObject],
    ) -> Result<(), StoreError> {
        let mut chain = self.chain.clone();
        let mut hashes = self.hashes.clone();
        let mut rows = Vec::new();
        for decision in decisions {
            let bytes = chain.decide(decision.clone(), at, policy).map_err(StoreError::Refused)?;
            hashes.push(chain.head().hash);
            rows.push((chain.head().sequence, bytes));
        }
        objects::check(given)?;
        let before = self.marker_now(places)?;
        let announced = Marker { next: Some(point(&chain)), ..before.clone() };
        marker_file::write(places, &announced)?;
        let database = self.database.as_mut().ok_or(StoreError::ReadOnly)?;
        if let Err(error) = commit(database, &rows, decisions, given) {
            // A transaction can fail and be stored all the same; what is stored is what counts.
            let stored = database.count()?;
            if stored == before.point.counter {
                let _ = marker_file::write(places, &before);
            }
            if stored != chain.head().sequence {
                return Err(error.of_disk(places));
            }
        }
        database.settle();
        (self.chain, self.hashes) = (chain, hashes);
        let after = Marker { point: point(&self.chain), next: None, ..before };
        self.marker = Some(match marker_file::write(places, &after) {
            Ok(()) => after,
            // The decision is recorded; the marker lags, and the next writer repairs it.
            Err(_) => announced,
        });
        Ok(())
    }

    /// Lets a marker that lags catch up. Under the exclusive lock, after the judgement.
    pub(crate) fn repair_marker(&mut self, places: &Places) -> Result<(), StoreError> {
        let marker = self.marker_now(places)?;
        marker_file::write(places, &marker)?;
        self.marker = Some(marker);
        Ok(())
    }

    /// The marker that says what the store is now. The folder's identity is kept if one is known.
    pub(crate) fn marker_now(&self, places: &Places) -> Result<Marker, StoreError> {
        let database = self.database.as_ref().ok_or(StoreError::ReadOnly)?;
        let folder = match &self.marker {
            Some(marker) => marker.folder.clone(),
            None => identify(places)?,
        };
        Ok(Marker { store: database.id, folder, point: point(&self.chain), next: None })
    }
}

/// By what the folder of the store is known again.
fn identify(places: &Places) -> Result<FolderIdentity, StoreError> {
    let folder = places.store_folder();
    let (inode, birth) = folder::identity(&folder)?;
    let proof = match birth {
        Some(birth) => FolderProof::Birth(birth),
        None => FolderProof::File(folder::new_identity_file(&folder)?),
    };
    Ok(FolderIdentity { inode, proof })
}

fn point(chain: &Chain) -> MarkerPoint {
    let ChainHead { sequence, hash } = chain.head();
    MarkerPoint { counter: sequence, head: hash }
}

fn commit(
    database: &mut Database,
    rows: &[(u64, Vec<u8>)],
    decisions: &[Decision],
    given: &[StoredObject],
) -> Result<(), StoreError> {
    let transaction = database.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for object in given {
        objects::insert(&transaction, object)?;
    }
    insert_decisions(&transaction, rows)?;
    for decision in decisions {
        settle_observations(&transaction, decision)?;
    }
    transaction.commit()?;
    Ok(())
}

pub(crate) fn insert_decisions(
    transaction: &Transaction<'_>,
    rows: &[(u64, Vec<u8>)],
) -> Result<(), StoreError> {
    let mut insert = transaction.prepare("INSERT INTO decisions (sequence, envelope) VALUES (?1, ?2)")?;
    for (sequence, bytes) in rows {
        insert.execute((*sequence as i64, bytes))?;
    }
    Ok(())
}

/// What a decision answers need not be asked again; what it names is kept for ever.
fn settle_observations(transaction: &Transaction<'_>, decision: &Decision) -> Result<(), StoreError> {
    match decision {
        Decision::LaunchApproved { label, launch, .. } | Decision::LaunchRejected { label, launch } => {
            requests::settle(transaction, label, launch)
        }
        Decision::SurfaceApproved { label, objects, .. } => objects.iter().try_for_each(|object| {
            objects::keep(transaction, &object.digest, object.kind)?;
            pending::remove(transaction, label, object.kind, &object.name, &object.digest)?;
            pending::clear_sighting(transaction, label, object.kind, &object.name)
        }),
        Decision::ObjectRejected { label, kind, name, digest } => {
            objects::keep(transaction, digest, *kind)?;
            pending::remove(transaction, label, *kind, name, digest)
        }
        Decision::AskApproved { label, ask } | Decision::AskRejected { label, ask } => {
            pending::remove_ask(transaction, label, *ask)
        }
        Decision::LabelForgotten { label } => pending::forget(transaction, label),
        Decision::CallAllowed { .. }
        | Decision::InterpreterAccepted { .. }
        | Decision::HomeAccepted { .. }
        | Decision::StoreAccepted { .. } => Ok(()),
    }
}
