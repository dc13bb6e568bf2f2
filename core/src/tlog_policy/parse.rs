//! The text of a policy.

use std::collections::{HashMap, HashSet};

use super::quorum::Quorum;
use super::{PolicyLog, PolicyWitness, TlogPolicy};
use crate::lines::decimal;
use crate::note::{KeyMaterial, VerifierKey, VerifierKeyError};

/// Bytes of a policy.
pub const MAX_POLICY_BYTES: usize = 1 << 18;
/// Logs of a policy. C2SP asks for 32 at least.
pub const MAX_LOGS: usize = 64;
/// Witnesses of a policy. C2SP asks for 32 at least.
pub const MAX_WITNESSES: usize = 64;
/// Groups of a policy. C2SP asks for 32 at least.
pub const MAX_GROUPS: usize = 64;

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct PolicyError {
    /// Counted from 1; the line after the last where something is missing.
    pub line: usize,
    /// What is wrong.
    pub fault: PolicyFault,
}

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// More than [`MAX_POLICY_BYTES`].
    #[error("a policy of more than {MAX_POLICY_BYTES} bytes")]
    TooLong,
    /// A control character other than tab, or DEL.
    #[error("a byte that no policy may hold")]
    Byte,
    /// Not UTF-8. C2SP takes any bytes; a name that nobody can read is refused here.
    #[error("not UTF-8")]
    NotUtf8,
    /// The first word is none of `log`, `witness`, `group`, `quorum`.
    #[error("a line begins with log, witness, group or quorum")]
    UnknownKeyword,
    /// Too few or too many words.
    #[error("too few or too many words for `{keyword}`")]
    WordCount {
        /// The first word.
        keyword: &'static str,
    },
    /// A verifier key that is none.
    #[error(transparent)]
    Key(VerifierKeyError),
    /// A key that stands in an earlier line, maybe under another name or type, maybe as a log's and a witness's.
    #[error("the same key as in an earlier line")]
    KeyTwice,
    /// A witness's key as a log's, or a log's as a witness's.
    #[error("a key of this type cannot sign as a {keyword}")]
    KeyType {
        /// The first word.
        keyword: &'static str,
    },
    /// A name that is defined already; witnesses and groups share their names.
    #[error("the name is taken by an earlier line")]
    NameTwice,
    /// The name `none`.
    #[error("the name `none` is reserved")]
    ReservedName,
    /// A name that no earlier line defines.
    #[error("no earlier line defines `{name}`")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// A name that is a member of an earlier group, or stands twice in this one.
    #[error("`{name}` is a member of a group already")]
    MemberTwice {
        /// The name.
        name: String,
    },
    /// Neither `all`, `any` nor a number from 1 to the number of members.
    #[error("a group needs all, any, or a number from 1 to the number of its members")]
    Threshold,
    /// A second `quorum` line.
    #[error("a second quorum line")]
    QuorumTwice,
    /// No `quorum` line.
    #[error("no quorum line")]
    NoQuorum,
    /// More logs, witnesses or groups than allowed.
    #[error("more than {limit} lines of `{keyword}`")]
    TooMany {
        /// The first word.
        keyword: &'static str,
        /// Lines allowed.
        limit: usize,
    },
}

impl TlogPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// See [`PolicyFault`]. A policy without logs is read: it accepts nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(PolicyError { line: 1, fault: PolicyFault::TooLong });
        }
        let mut draft = Draft::default();
        let mut lines = 0;
        for line in bytes.split(|byte| *byte == b'\n') {
            lines += 1;
            draft.line(line).map_err(|fault| PolicyError { line: lines, fault })?;
        }
        let quorum = draft.quorum.ok_or(PolicyError { line: lines, fault: PolicyFault::NoQuorum })?;
        Ok(Self { logs: draft.logs, witnesses: draft.witnesses, quorum })
    }
}

#[derive(Default)]
struct Draft {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    /// Raw keys of logs and witnesses: a log that cosigns itself is no witness.
    keys: HashSet<Vec<u8>>,
    /// What each name stands for.
    names: HashMap<String, Quorum>,
    members: HashSet<String>,
    groups: usize,
    quorum: Option<Quorum>,
}

impl Draft {
    fn line(&mut self, line: &[u8]) -> Result<(), PolicyFault> {
        if line.iter().any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f) {
            return Err(PolicyFault::Byte);
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        if line.iter().find(|byte| !blank(byte)) == Some(&b'#') {
            return Ok(());
        }
        let line = std::str::from_utf8(line).map_err(|_| PolicyFault::NotUtf8)?;
        // Only space and tab part words: the white space of Unicode belongs to names.
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match words[..] {
            [] => Ok(()),
            ["log", key] => self.log(key, None),
            ["log", key, url] => self.log(key, Some(url)),
            ["log", ..] => Err(PolicyFault::WordCount { keyword: "log" }),
            ["witness", name, key] => self.witness(name, key, None),
            ["witness", name, key, url] => self.witness(name, key, Some(url)),
            ["witness", ..] => Err(PolicyFault::WordCount { keyword: "witness" }),
            ["group", name, needed, ref members @ ..] if !members.is_empty() => {
                self.group(name, needed, members)
            }
            ["group", ..] => Err(PolicyFault::WordCount { keyword: "group" }),
            ["quorum", name] => self.set_quorum(name),
            ["quorum", ..] => Err(PolicyFault::WordCount { keyword: "quorum" }),
            _ => Err(PolicyFault::UnknownKeyword),
        }
    }

    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), PolicyFault> {
        let key: VerifierKey = key.parse().map_err(PolicyFault::Key)?;
        if matches!(key.material(), KeyMaterial::Cosigner(_)) {
            return Err(PolicyFault::KeyType { keyword: "log" });
        }
        if self.logs.len() == MAX_LOGS {
            return Err(PolicyFault::TooMany { keyword: "log", limit: MAX_LOGS });
        }
        if !self.keys.insert(key.key_bytes().to_vec()) {
            return Err(PolicyFault::KeyTwice);
        }
        self.logs.push(PolicyLog { key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), PolicyFault> {
        let key: VerifierKey = key.parse().map_err(PolicyFault::Key)?;
        if matches!(key.material(), KeyMaterial::Ed25519(_)) {
            return Err(PolicyFault::KeyType { keyword: "witness" });
        }
        if self.witnesses.len() == MAX_WITNESSES {
            return Err(PolicyFault::TooMany { keyword: "witness", limit: MAX_WITNESSES });
        }
        self.define(name, Quorum::Witness(self.witnesses.len()))?;
        if !self.keys.insert(key.key_bytes().to_vec()) {
            return Err(PolicyFault::KeyTwice);
        }
        self.witnesses.push(PolicyWitness { name: name.to_owned(), key, url: url.map(str::to_owned) });
        Ok(())
    }

    fn group(&mut self, name: &str, needed: &str, members: &[&str]) -> Result<(), PolicyFault> {
        if self.groups == MAX_GROUPS {
            return Err(PolicyFault::TooMany { keyword: "group", limit: MAX_GROUPS });
        }
        self.groups += 1;
        let needed = match needed {
            "all" => members.len(),
            "any" => 1,
            number => decimal(number)
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=members.len()).contains(number))
                .ok_or(PolicyFault::Threshold)?,
        };
        let mut quorums = Vec::with_capacity(members.len());
        for &member in members {
            let quorum = self.names.get(member);
            let quorum = quorum.ok_or_else(|| PolicyFault::UnknownName { name: member.to_owned() })?;
            quorums.push(quorum.clone());
            if !self.members.insert(member.to_owned()) {
                return Err(PolicyFault::MemberTwice { name: member.to_owned() });
            }
        }
        self.define(name, Quorum::Group { needed, members: quorums })
    }

    fn define(&mut self, name: &str, quorum: Quorum) -> Result<(), PolicyFault> {
        if name == "none" {
            return Err(PolicyFault::ReservedName);
        }
        match self.names.insert(name.to_owned(), quorum) {
            None => Ok(()),
            Some(_) => Err(PolicyFault::NameTwice),
        }
    }

    fn set_quorum(&mut self, name: &str) -> Result<(), PolicyFault> {
        if self.quorum.is_some() {
            return Err(PolicyFault::QuorumTwice);
        }
        self.quorum = Some(match self.names.get(name) {
            _ if name == "none" => Quorum::None,
            Some(quorum) => quorum.clone(),
            None => return Err(PolicyFault::UnknownName { name: name.to_owned() }),
        });
        Ok(())
    }
}
