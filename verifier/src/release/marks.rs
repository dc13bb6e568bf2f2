//! What was seen before: the high-water marks that a verification is given, and those that it gives back.

use std::collections::BTreeMap;

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::merkle::Hash;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::registry_name::RegistryName;

/// Everything that earlier verifications left. Empty where nothing was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    heads: BTreeMap<Origin, HeadMark>,
    names: BTreeMap<(String, Digest), NameMark>,
}

/// The largest head of a log that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMark {
    /// Entries of the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// The highest time that a quorum of its witnesses stated. `None`: there was none.
    pub quorum_time: Option<UnixSeconds>,
    /// The signed note, kept as evidence for a log that contradicts itself. Never judged again.
    pub note: Vec<u8>,
}

/// What was seen of a name in one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameMark {
    /// The highest sequence of a verified release.
    pub sequence: u64,
    /// The highest sequence that an index stated as the newest.
    pub newest: u64,
    /// The size of the largest head whose index stated it.
    pub under_size: u64,
}

/// What a verified release adds to the marks; store it, then the next verification sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMarks {
    /// The log.
    pub origin: Origin,
    /// Its head as it is to be stored. `None`: the stored one stays.
    pub head: Option<HeadMark>,
    /// The name in lower case.
    pub name: String,
    /// The claim that it stands in.
    pub claim: Digest,
    /// What is to be stored of it.
    pub mark: NameMark,
}

impl Marks {
    /// The largest head seen of a log.
    pub fn head(&self, origin: &Origin) -> Option<&HeadMark> {
        self.heads.get(origin)
    }

    /// What was seen of a name in a claim; the case of the name does not count.
    pub fn name(&self, name: &RegistryName, claim: &Digest) -> Option<&NameMark> {
        self.names.get(&(name.lower(), *claim))
    }

    /// The highest quorum time of any log.
    pub fn quorum_time(&self) -> Option<UnixSeconds> {
        self.heads.values().filter_map(|head| head.quorum_time).max()
    }

    /// Puts a stored head in. A later one of the same origin replaces it.
    pub fn insert_head(&mut self, origin: Origin, mark: HeadMark) {
        self.heads.insert(origin, mark);
    }

    /// Puts a stored mark of a name in. A later one of the same name and claim replaces it.
    pub fn insert_name(&mut self, name: &RegistryName, claim: Digest, mark: NameMark) {
        self.names.insert((name.lower(), claim), mark);
    }

    /// Takes over what a verification gave.
    pub fn apply(&mut self, new: NewMarks) {
        if let Some(head) = new.head {
            self.heads.insert(new.origin, head);
        }
        self.names.insert((new.name, new.claim), new.mark);
    }
}
