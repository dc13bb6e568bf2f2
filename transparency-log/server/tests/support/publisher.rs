//! Entries as a publisher makes them.

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::keyset::Keyset;
use pinfold_core::manifest::{Capture, CapturedObject, Manifest};
use pinfold_core::registry_name::RegistryName;
use pinfold_core::signature::SigningKey;
use pinfold_core::statement::{Artifact, ReleaseVersion, Statement};
use pinfold_core::withdrawal::{ReleaseReason, Withdrawal};

/// A namespace with its one key.
pub(crate) struct Publisher {
    pub(crate) key: SigningKey,
    pub(crate) namespace: String,
    pub(crate) origin: Origin,
}

/// An entry with its manifest.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) entry: Entry,
    pub(crate) manifest: Option<Manifest>,
}

impl Prepared {
    /// The body of the submission.
    pub(crate) fn body(&self) -> Vec<u8> {
        let manifest = self.manifest.as_ref().map_or(&b"null"[..], |manifest| manifest.as_bytes());
        [b"{\"entry\":", self.entry.as_bytes(), b",\"manifest\":", manifest, b"}"].concat()
    }

    /// Sequence and digest, for the release after it.
    pub(crate) fn as_previous(&self) -> Option<(u64, Digest)> {
        match self.entry.payload() {
            Payload::Release(statement) => Some((statement.sequence, self.entry.payload_digest())),
            _ => None,
        }
    }
}

impl Publisher {
    pub(crate) fn new(number: u32) -> Publisher {
        let seed = *file_digest(format!("publisher {number}").as_bytes()).as_bytes();
        Publisher {
            key: SigningKey::from_seed(&seed),
            namespace: format!("io.github.p{number}"),
            origin: "log.example".parse().unwrap(),
        }
    }

    pub(crate) fn keyset(&self) -> Prepared {
        Prepared { entry: Entry::sign(self.keyset_1(), &[&self.key]).unwrap(), manifest: None }
    }

    fn keyset_1(&self) -> Keyset {
        let namespace = self.namespace.parse().unwrap();
        Keyset::of_one_key(namespace, self.origin.clone(), self.key.public_key()).unwrap()
    }

    pub(crate) fn claim(&self) -> Digest {
        self.keyset_1().claim()
    }

    pub(crate) fn name(&self, local: &str) -> RegistryName {
        format!("{}/{local}", self.namespace).parse().unwrap()
    }

    pub(crate) fn release(&self, local: &str, version: &str, previous: Option<&Prepared>) -> Prepared {
        self.release_with(local, version, previous, &[&self.key])
    }

    pub(crate) fn release_with(
        &self,
        local: &str,
        version: &str,
        previous: Option<&Prepared>,
        keys: &[&SigningKey],
    ) -> Prepared {
        self.release_of(manifest(&self.name(local), version), previous, keys)
    }

    /// A release of a manifest that was made elsewhere.
    pub(crate) fn release_of(
        &self,
        manifest: Manifest,
        previous: Option<&Prepared>,
        keys: &[&SigningKey],
    ) -> Prepared {
        let statement = Statement::build(&manifest, self.claim(), previous.and_then(Prepared::as_previous));
        Prepared { entry: Entry::sign(statement, keys).unwrap(), manifest: Some(manifest) }
    }

    pub(crate) fn withdrawal(&self, local: &str, sequence: u64, version: &str) -> Prepared {
        let version = version.parse().unwrap();
        let withdrawal = Withdrawal::of_release(
            self.claim(),
            self.name(local),
            sequence,
            version,
            ReleaseReason::Defective,
        );
        Prepared { entry: Entry::sign(withdrawal, &[&self.key]).unwrap(), manifest: None }
    }
}

pub(crate) fn manifest(name: &RegistryName, version: &str) -> Manifest {
    let tool = format!(
        "{{\"description\":\"Reads a file of {name} {version}.\",\"inputSchema\":{{\"type\":\"object\"}},\"name\":\"read\"}}"
    );
    manifest_of(name, version, vec![tool])
}

/// A manifest of these tools.
pub(crate) fn manifest_of(name: &RegistryName, version: &str, tools: Vec<String>) -> Manifest {
    let version: ReleaseVersion = version.parse().unwrap();
    let artifact = Artifact::new(
        &format!("pkg:npm/demo@{version}"),
        &format!("demo-{version}.tgz"),
        file_digest(tools.concat().as_bytes()),
        None,
    )
    .unwrap();
    let capture = Capture {
        capabilities: Vec::new(),
        era: "2025-11-25".to_owned(),
        variables: Vec::new(),
        objects: tools
            .into_iter()
            .map(|tool| CapturedObject { kind: ObjectKind::Tool, bytes: tool.into_bytes() })
            .collect(),
    };
    Manifest::build(name, &version, &[artifact], &[], &[capture]).unwrap()
}
