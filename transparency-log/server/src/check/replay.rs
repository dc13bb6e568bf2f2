//! Reading every entry once: the tree, the rules and the index, derived again.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_core::admit::{EvidenceFact, Facts, State, admit};
use pinfold_core::checkpoint::{Origin, SignedCheckpoint};
use pinfold_core::digest::Digest;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{Index, IndexKey};
use pinfold_core::manifest::Manifest;
use pinfold_core::merkle::{Hash, leaf_hash};
use pinfold_core::note::VerifierKey;
use pinfold_core::withdrawal::Withdrawn;

use super::Verdict;
use crate::round::submission::identity;
use crate::round::tree::Tree;
use crate::store::read::{HistoryKind, HistoryRow};
use crate::store::{Identity, Kind, Reader, StoreError};

/// Entries between two comparisons of tiles; a multiple of a tile's width.
const CHUNK: u64 = 4096;

/// The log as its entries say it is.
pub(super) struct Replay<'a> {
    pub(super) origin: &'a Origin,
    pub(super) key: &'a VerifierKey,
    kind: Kind,
    pub(super) tree: Tree,
    pub(super) state: State,
    index: Index,
    /// Where each published head must be, and what it must say: size and root.
    pub(super) histories: BTreeMap<([u8; 32], i64), Vec<HistoryRow>>,
    /// Digests of the manifests that releases name.
    pub(super) manifests: BTreeSet<Digest>,
    /// Tiles that are full, which were compared on the way.
    pub(super) full_tiles: u64,
    /// Sizes at which a head must have been published: after each map-head.
    pub(super) closed: Vec<u64>,
    fold_broke: bool,
}

impl<'a> Replay<'a> {
    pub(super) fn new(origin: &'a Origin, key: &'a VerifierKey, kind: Kind) -> Replay<'a> {
        Replay {
            origin,
            key,
            kind,
            tree: Tree::default(),
            state: State::new(),
            index: Index::new(),
            histories: BTreeMap::new(),
            manifests: BTreeSet::new(),
            full_tiles: 0,
            closed: Vec::new(),
            fold_broke: false,
        }
    }

    /// Whether every entry was admitted again, so that what follows from all of them is known.
    pub(super) fn is_whole(&self) -> bool {
        !self.fold_broke
    }

    pub(super) fn run(
        &mut self,
        reader: Reader<'_>,
        verdict: &mut Verdict,
        progress: impl Fn(u64, u64),
    ) -> Result<(), StoreError> {
        let size = reader.head()?.size;
        let mut heads = reader.published_sizes()?.into_iter().peekable();
        if heads.peek() == Some(&0) {
            heads.next();
            self.published(reader, 0, &self.tree.root(), verdict)?;
        }
        let mut from = 0;
        while from < size && !verdict.is_full() {
            let to = size.min(from + CHUNK);
            let mut leaves = Vec::new();
            let each = reader.each_entry(from, to, |index, stored, bytes| {
                leaves.push(leaf_hash(bytes));
                self.entry(reader, index, stored, bytes, verdict)
            });
            match each {
                Err(StoreError::Damaged(what)) => {
                    verdict.find(what);
                    self.fold_broke = true;
                    break;
                }
                other => other?,
            }
            // Heads inside the chunk: the tree is grown up to each of them.
            let mut done = from;
            while let Some(head) = heads.next_if(|head| *head <= to) {
                self.grow(reader, &leaves[(done - from) as usize..(head - from) as usize], verdict)?;
                done = head;
                self.published(reader, head, &self.tree.root(), verdict)?;
            }
            self.grow(reader, &leaves[(done - from) as usize..], verdict)?;
            from = to;
            progress(from, size);
        }
        verdict.entries = self.tree.size();
        verdict.names = self.state.names() as u64;
        Ok(())
    }

    fn grow(&mut self, reader: Reader<'_>, leaves: &[Hash], verdict: &mut Verdict) -> Result<(), StoreError> {
        let grown = self.tree.grow(leaves.iter().copied());
        self.tree = grown.tree;
        for ((level, index), hashes) in grown.tiles {
            let is_full = hashes.len() == 256 * 32;
            self.full_tiles += u64::from(is_full);
            let stored = reader.tile(level, index)?;
            let agrees = if is_full { stored == hashes } else { stored.starts_with(&hashes) };
            if !agrees {
                verdict.find(format!("tile {level}/{index} is not what the entries give"));
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        reader: Reader<'_>,
        index: u64,
        stored: Option<Identity>,
        bytes: &[u8],
        verdict: &mut Verdict,
    ) -> Result<(), StoreError> {
        if self.kind == Kind::Test {
            if stored != Some(Identity::of_raw(bytes)) {
                verdict.find(format!("entry {index} is stored under the identity of another one"));
            }
            return Ok(());
        }
        let entry = match Entry::parse(bytes) {
            Ok(entry) => entry,
            Err(error) => {
                verdict.find(format!("entry {index} is none: {error}"));
                self.fold_broke = true;
                return Ok(());
            }
        };
        let is_map_head = matches!(entry.payload(), Payload::MapHead(_));
        if stored != (!is_map_head).then(|| identity(&entry)) {
            verdict.find(format!("entry {index} is stored under the identity of another one"));
        }
        if self.fold_broke {
            return Ok(());
        }
        if let Payload::MapHead(head) = entry.payload() {
            if head.root != self.index.root() {
                verdict.find(format!("the map-head of entry {index} has another root than the entries give"));
            }
            self.closed.push(index + 1);
        }
        let facts = Facts { origin: self.origin, index, evidence: EvidenceFact::Accepted };
        match admit(&self.state, &entry, &facts) {
            Ok(change) => {
                let touched = self.state.apply(change);
                self.state.say_in(&mut self.index, &touched);
            }
            Err(refusal) => {
                verdict.find(format!("entry {index} breaks the rule {}: {refusal}", refusal.name()));
                self.fold_broke = true;
                return Ok(());
            }
        }
        self.remember(index, &entry);
        if let Payload::Release(statement) = entry.payload() {
            let kept = reader.manifest(statement.manifest.as_bytes())?;
            let manifest = kept.as_deref().map(Manifest::from_bytes);
            match manifest {
                None => verdict.find(format!("the manifest of entry {index} is missing")),
                Some(Err(error)) => verdict.find(format!("the manifest of entry {index}: {error}")),
                Some(Ok(manifest)) => {
                    if let Err(mismatch) = statement.check_manifest(&manifest) {
                        verdict.find(format!("the manifest of entry {index}: {mismatch}"));
                    }
                }
            }
            self.manifests.insert(statement.manifest);
        }
        Ok(())
    }

    fn remember(&mut self, index: u64, entry: &Entry) {
        let (key, kind) = match entry.payload() {
            Payload::Release(statement) => (IndexKey::name(&statement.name), HistoryKind::Name),
            Payload::Withdrawal(withdrawal) => match &withdrawal.subject {
                Withdrawn::Release { name, .. } => (IndexKey::name(name), HistoryKind::Name),
                _ => (IndexKey::namespace(&withdrawal.namespace), HistoryKind::Keysets),
            },
            Payload::Keyset(keyset) => (IndexKey::namespace(keyset.namespace()), HistoryKind::Keysets),
            Payload::MapHead(_) => return,
        };
        let row = HistoryRow { index, entry: index, leaf: *entry.leaf_hash().as_bytes() };
        self.histories.entry((*key.as_bytes(), kind as i64)).or_default().push(row);
    }

    /// A published head: signed by the log, over this size and root.
    fn published(
        &self,
        reader: Reader<'_>,
        size: u64,
        root: &Hash,
        verdict: &mut Verdict,
    ) -> Result<(), StoreError> {
        verdict.heads += 1;
        let note = reader.published(size)?.unwrap_or_default();
        let head = match SignedCheckpoint::parse(&note) {
            Ok(head) => head,
            Err(error) => {
                verdict.find(format!("the published head of size {size} is none: {error}"));
                return Ok(());
            }
        };
        if let Err(error) = head.verify_log(self.key) {
            verdict.find(format!("the published head of size {size}: {error}"));
        }
        let checkpoint = head.checkpoint();
        if checkpoint.size() != size || checkpoint.root() != root {
            verdict.find(format!("the published head of size {size} has another root than the entries give"));
        }
        Ok(())
    }
}
