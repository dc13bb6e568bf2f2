//! A round in the making: what was admitted, and what it changes. Nothing of it is stored yet.

use std::collections::HashMap;

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::merkle::{Hash, leaf_hash};
use tokio::sync::oneshot;

use crate::round::memory::Memory;
use crate::round::queue::Waiting;
use crate::round::submission::{Answer, Content};
use crate::round::tree::{Grown, Nodes, Tree};
use crate::store::write::RoundWriter;
use crate::store::{Database, Identity, Reader, StoreError};

/// What a round will append.
#[derive(Default)]
pub(crate) struct Draft {
    entries: Vec<NewEntry>,
    manifests: Vec<(Digest, Vec<u8>)>,
    grown: Option<Grown>,
    /// Who waits for which index.
    waiting: Vec<(oneshot::Sender<Answer>, u64)>,
}

#[derive(Debug)]
struct NewEntry {
    identity: Option<Identity>,
    bytes: std::sync::Arc<[u8]>,
    leaf: Hash,
}

impl Draft {
    /// Admits a batch, closed by a map-head of `time` in a log with rules. Refusals and duplicates of published entries
    /// are answered here.
    ///
    /// # Errors
    /// [`StoreError`]: then the rules in `memory` are no longer those of what is stored.
    pub(crate) fn build(
        &mut self,
        database: &Database,
        memory: &mut Memory,
        origin: &Origin,
        batch: Vec<Waiting>,
        time: u64,
    ) -> Result<(), StoreError> {
        let reader = Reader(&database.connection);
        let first = memory.head.size;
        let mut known: HashMap<Identity, u64> = HashMap::new();
        let mut batch = batch.into_iter();
        while let Some(Waiting { submission, reply }) = batch.next() {
            let identity = submission.identity;
            if let Some(index) = known.get(&identity) {
                self.waiting.push((reply, *index));
                continue;
            }
            match reader.find(&identity) {
                Ok(None) => {}
                Ok(Some(index)) => {
                    // A submitter that went away is no reason to stop.
                    let _ = reply.send(Answer::Logged { index, just_now: None });
                    continue;
                }
                Err(error) => {
                    let rest = batch.map(|waiting| waiting.reply).chain([reply]);
                    self.waiting.extend(rest.map(|reply| (reply, first)));
                    return Err(error);
                }
            }
            let index = first + self.entries.len() as u64;
            let (bytes, leaf) = match (submission.content, &mut memory.rules) {
                (Content::Raw(bytes), None) => {
                    let leaf = leaf_hash(&bytes);
                    (bytes, leaf)
                }
                (Content::Entry { entry, manifest }, Some(rules)) => {
                    if let Err(refused) = rules.admit(&entry, origin, index) {
                        let _ = reply.send(Answer::Refused(refused));
                        continue;
                    }
                    self.manifests.extend(manifest);
                    (entry.as_bytes().into(), entry.leaf_hash())
                }
                // Each kind of log takes one kind of content; the HTTP side lets no other through.
                (Content::Raw(_), Some(_)) | (Content::Entry { .. }, None) => continue,
            };
            known.insert(identity, index);
            self.entries.push(NewEntry { identity: Some(identity), bytes, leaf });
            self.waiting.push((reply, index));
        }
        if self.entries.is_empty() {
            return Ok(());
        }
        if let Some(rules) = &mut memory.rules {
            let index = first + self.entries.len() as u64;
            let entry = rules.close(origin, index, time)?;
            self.entries.push(NewEntry {
                identity: None,
                leaf: entry.leaf_hash(),
                bytes: entry.as_bytes().into(),
            });
        }
        self.grown = Some(memory.tree.grow(self.entries.iter().map(|entry| entry.leaf)));
        Ok(())
    }

    /// Whether there is nothing to store.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Size and root of the tree with the round.
    pub(crate) fn size_and_root(&self) -> (u64, Hash) {
        self.grown
            .as_ref()
            .map_or((0, pinfold_core::merkle::EMPTY_ROOT), |grown| (grown.tree.size(), grown.tree.root()))
    }

    /// Writes everything but the head.
    ///
    /// # Errors
    /// [`StoreError`]; dropping the writer leaves nothing.
    pub(crate) fn write(&self, writer: &RoundWriter<'_>, memory: &mut Memory) -> Result<(), StoreError> {
        for (index, entry) in (memory.head.size..).zip(&self.entries) {
            writer.entry(index, entry.identity.as_ref(), &entry.bytes)?;
        }
        for (digest, bytes) in &self.manifests {
            writer.manifest(digest.as_bytes(), bytes)?;
        }
        for ((level, index), hashes) in self.grown.iter().flat_map(|grown| &grown.tiles) {
            writer.tile(*level, *index, hashes)?;
        }
        if let Some(rules) = &mut memory.rules {
            rules.write(writer)?;
        }
        Ok(())
    }

    /// The tree with the round, and the hashes for proofs of its entries.
    pub(crate) fn take_tree(&mut self) -> (Tree, Nodes) {
        self.grown.take().map_or_else(Default::default, |grown| (grown.tree, grown.nodes))
    }

    /// Answers everybody who waits for this round.
    pub(crate) fn answer(self, answer: impl Fn(u64) -> Answer) {
        for (reply, index) in self.waiting {
            // A submitter that went away is answered by its next submission.
            let _ = reply.send(answer(index));
        }
    }
}
