//! A publisher with keys that depend on its words, and the manifests that it releases.

use std::collections::BTreeSet;

use pinfold_core::admit::WAITING_PERIOD_SECONDS;
use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::entry::Entry;
use pinfold_core::keyset::{After, Evidence, Keyset, KeysetKey, KeysetParts, Roles, Thresholds};
use pinfold_core::manifest::{Capture, CapturedObject, Manifest};
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::signature::SigningKey;
use pinfold_core::statement::{Artifact, Statement};
use pinfold_core::surface::read_object;
use pinfold_core::withdrawal::{ReleaseReason, Withdrawal};

use super::{TinyLog, key};

/// A publisher of one namespace in one log.
pub(crate) struct Publisher {
    pub(crate) keys: Vec<String>,
    pub(crate) keysets: Vec<Keyset>,
}

impl Publisher {
    /// A publisher with one key, whose keyset 1 is in the log.
    pub(crate) fn claim(log: &mut TinyLog, namespace: &str, word: &str) -> Self {
        let keyset =
            Keyset::of_one_key(namespace.parse().unwrap(), log.origin.clone(), key(word).public_key())
                .unwrap();
        log.submit(&Entry::sign(keyset.clone(), &[&key(word)]).unwrap());
        Self { keys: vec![word.to_owned()], keysets: vec![keyset] }
    }

    /// A publisher with a recovery key, whose root was replaced by it after the wait. Heads are published from `since` on,
    /// for less than thirty days.
    pub(crate) fn recovered(log: &mut TinyLog, namespace: &str, word: &str, since: u64) -> Self {
        let roles = |word: &str, roles| KeysetKey { key: key(word).public_key(), roles };
        let keyset = |after: Option<After>, root: &str| {
            let parts = KeysetParts {
                namespace: namespace.parse().unwrap(),
                origin: log.origin.clone(),
                after,
                keys: vec![
                    roles(root, Roles::Root),
                    roles("release", Roles::Release),
                    roles("recovery", Roles::Recovery),
                ],
                thresholds: Thresholds { recovery: 1, release: 1, root: 1 },
                evidence: Evidence::None,
                delegations: Vec::new(),
            };
            Keyset::build(parts).unwrap()
        };
        let first = keyset(None, word);
        let after = After { claim: first.claim(), previous: first.digest(), version: 1 };
        let second = keyset(Some(after), "new root");
        log.submit(&Entry::sign(first.clone(), &[&key(word)]).unwrap());
        log.publish(since);
        log.submit(&Entry::sign(second.clone(), &[&key("new root"), &key("recovery")]).unwrap());
        for day in 0..=WAITING_PERIOD_SECONDS / 86_400 + 1 {
            log.publish(since + 60 + day * 86_400);
        }
        Self { keys: vec!["release".to_owned()], keysets: vec![first, second] }
    }

    /// The claim's id.
    pub(crate) fn claim_id(&self) -> Digest {
        self.keysets[0].claim()
    }

    /// The namespace.
    pub(crate) fn namespace(&self) -> &Namespace {
        self.keysets[0].namespace()
    }

    /// The keyset that would replace the newest one, with one other key.
    pub(crate) fn next_keyset(&self, word: &str) -> Keyset {
        self.next_with(vec![KeysetKey { key: key(word).public_key(), roles: Roles::ReleaseAndRoot }], 1)
    }

    /// The keyset that would replace the newest one, with these keys.
    pub(crate) fn next_with(&self, keys: Vec<KeysetKey>, release: usize) -> Keyset {
        let last = self.keysets.last().unwrap();
        Keyset::build(KeysetParts {
            namespace: last.namespace().clone(),
            origin: last.origin().clone(),
            after: Some(After { claim: self.claim_id(), previous: last.digest(), version: last.version() }),
            keys,
            thresholds: Thresholds { recovery: 0, release, root: 1 },
            evidence: Evidence::None,
            delegations: Vec::new(),
        })
        .unwrap()
    }

    /// Replaces the key, by a keyset that the old one signs too.
    pub(crate) fn rotate(&mut self, log: &mut TinyLog, word: &str) -> u64 {
        let keyset = self.next_keyset(word);
        let old = key(self.keys.last().unwrap());
        let index = log.submit(&Entry::sign(keyset.clone(), &[&old, &key(word)]).unwrap());
        self.keys.push(word.to_owned());
        self.keysets.push(keyset);
        index
    }

    /// The signed release of a manifest after another one.
    pub(crate) fn release(&self, manifest: &Manifest, previous: Option<&Entry>) -> Entry {
        self.release_by(&[&key(self.keys.last().unwrap())], manifest, previous)
    }

    /// The release of a manifest, signed by these keys.
    pub(crate) fn release_by(
        &self,
        keys: &[&SigningKey],
        manifest: &Manifest,
        previous: Option<&Entry>,
    ) -> Entry {
        let previous = previous.map(|entry| match entry.payload() {
            pinfold_core::entry::Payload::Release(statement) => (statement.sequence, entry.payload_digest()),
            _ => panic!("not a release"),
        });
        Entry::sign(Statement::build(manifest, self.claim_id(), previous), keys).unwrap()
    }

    /// The withdrawal of a release.
    pub(crate) fn withdraw(&self, release: &Entry) -> Entry {
        let pinfold_core::entry::Payload::Release(statement) = release.payload() else {
            panic!("not a release")
        };
        let withdrawal = Withdrawal::of_release(
            self.claim_id(),
            statement.name.clone(),
            statement.sequence,
            statement.version.clone(),
            ReleaseReason::Vulnerable,
        );
        Entry::sign(withdrawal, &[&key(self.keys.last().unwrap())]).unwrap()
    }
}

/// A small manifest: one tool that says its version, and one artifact.
pub(crate) fn manifest(name: &str, version: &str) -> Manifest {
    let tool = format!(
        r#"{{"description":"Looks things up, as of {version}.","inputSchema":{{"type":"object"}},"name":"look"}}"#
    );
    manifest_of(name, version, &[tool])
}

/// A manifest of these tools.
pub(crate) fn manifest_of(name: &str, version: &str, tools: &[String]) -> Manifest {
    let name: RegistryName = name.parse().unwrap();
    let objects = tools
        .iter()
        .map(|tool| CapturedObject { kind: ObjectKind::Tool, bytes: tool.as_bytes().to_vec() })
        .collect();
    manifest_with(&name, version, objects)
}

/// What one condition lists.
#[derive(Default)]
struct Listed {
    names: BTreeSet<(ObjectKind, String)>,
    objects: Vec<CapturedObject>,
}

/// A manifest of these objects, and of one artifact.
pub(crate) fn manifest_with(name: &RegistryName, version: &str, objects: Vec<CapturedObject>) -> Manifest {
    let file = format!("{}-{version}.tgz", name.local());
    let purl = format!("pkg:npm/{}@{version}", name.local());
    let artifact = Artifact::new(&purl, &file, file_digest(file.as_bytes()), None).unwrap();
    // A name stands once under one condition, and a manifest may have several objects of a name.
    let mut listed: Vec<Listed> = vec![Listed::default()];
    for object in objects {
        let read = read_object(object.kind, &object.bytes).unwrap();
        let name = (read.kind, read.name);
        let free = listed.iter_mut().find(|listed| !listed.names.contains(&name));
        match free {
            Some(listed) => {
                listed.names.insert(name);
                listed.objects.push(object);
            }
            None => listed.push(Listed { names: BTreeSet::from([name]), objects: vec![object] }),
        }
    }
    let captures = listed.into_iter().enumerate().map(|(number, listed)| Capture {
        capabilities: Vec::new(),
        era: "2025-11-25".to_owned(),
        variables: if number == 0 { Vec::new() } else { vec![format!("V{number}")] },
        objects: listed.objects,
    });
    let captures: Vec<Capture> = captures.collect();
    Manifest::build(name, &version.parse().unwrap(), &[artifact], &[], &captures).unwrap()
}
