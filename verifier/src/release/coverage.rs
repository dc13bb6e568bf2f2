//! How a verified release stands to what a live server says.

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::manifest::SurfaceObject;
use pinfold_core::surface::read_object;
use pinfold_core::volatile::{Passed, matches};

use super::report::Release;

/// How a release stands to one live object (spec/signed-servers.md, *Coverage*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// It has the object: the same digest under the same kind and name, or one that its volatile rules make equal.
    Same,
    /// It has the name, with other words.
    Other,
    /// It does not have the name.
    Absent,
}

impl Coverage {
    /// The word in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Other => "other",
            Self::Absent => "absent",
        }
    }
}

impl Release {
    /// How the release stands to an object of a live server: its kind, name, digest and bytes as received.
    ///
    /// Whether the digest is that of the bytes is not checked; bytes that cannot be read are equal to nothing by rules.
    pub fn coverage(
        &self,
        kind: ObjectKind,
        name: &str,
        digest: &Digest,
        object: &[u8],
        passed: &Passed,
    ) -> Coverage {
        let mut known = self.named(kind, name).peekable();
        if known.peek().is_none() {
            return Coverage::Absent;
        }
        let is_same =
            |pinned: &SurfaceObject| pinned.digest == *digest || self.is_equal(pinned, object, passed);
        if known.any(is_same) { Coverage::Same } else { Coverage::Other }
    }

    /// Every object of the release under a name: several, where conditions of the capture made it say different words.
    pub fn named<'r>(
        &'r self,
        kind: ObjectKind,
        name: &'r str,
    ) -> impl Iterator<Item = &'r SurfaceObject> + 'r {
        self.manifest().surface().iter().filter(move |object| object.kind == kind && object.name == name)
    }

    fn is_equal(&self, pinned: &SurfaceObject, object: &[u8], passed: &Passed) -> bool {
        let rules = self.manifest().rules(&pinned.digest);
        if rules.is_empty() || read_object(pinned.kind, object).is_err() {
            return false;
        }
        let read = |bytes| json::read(bytes, &ReadLimits::LISTING).ok();
        let (Some(live), Some(known)) = (read(object), read(self.manifest().object_bytes(pinned))) else {
            return false;
        };
        matches(pinned.kind, &known, rules, &live, passed)
    }
}
