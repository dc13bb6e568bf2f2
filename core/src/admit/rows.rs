//! The state as rows, for whoever keeps it: each row changes alone.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::release_list::{Release, ReleaseList};
use super::row_values::{MAX_ROW_BYTES, RowFault, read_release};
use super::state::{LastHead, NameState, NamespaceState, Pending, State};
use crate::document::{self, DocumentFault, Fields, Place};
use crate::hex;
use crate::index::IndexKey;
use crate::json::{self, Value};
use crate::statement::ReleaseVersion;

const FORMAT: &str = "pinfold/state/v1";

/// The key of a row. Written as `log`, `namespace/…`, `name/…` or `release/…/VERSION`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// Size, last map-head, credited time.
    Log,
    /// One namespace.
    Namespace(IndexKey),
    /// One name.
    Name(IndexKey),
    /// One release of a name.
    Release(IndexKey, ReleaseVersion),
}

/// Why rows are no state.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum RowError {
    /// No key of a row.
    #[error("{key:?} is no key of a row")]
    Key {
        /// The text.
        key: String,
    },
    /// A row is wrong.
    #[error("row {key}: {fault}")]
    Row {
        /// The row.
        key: Box<RowKey>,
        /// What is wrong with it.
        fault: Box<RowFault>,
    },
    /// Rows, but not the one of the log.
    #[error("the row of the log is missing")]
    NoLog,
}

impl fmt::Display for RowKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log => out.write_str("log"),
            Self::Namespace(key) => write!(out, "namespace/{key}"),
            Self::Name(key) => write!(out, "name/{key}"),
            Self::Release(key, version) => write!(out, "release/{key}/{version}"),
        }
    }
}

impl FromStr for RowKey {
    type Err = RowError;

    fn from_str(text: &str) -> Result<Self, RowError> {
        let index_key = |text: &str| hex::decode(text).ok().map(IndexKey::from_bytes);
        let key = match text.split_once('/') {
            None => (text == "log").then_some(Self::Log),
            Some(("namespace", key)) => index_key(key).map(Self::Namespace),
            Some(("name", key)) => index_key(key).map(Self::Name),
            Some(("release", rest)) => rest
                .split_once('/')
                .and_then(|(key, version)| Some(Self::Release(index_key(key)?, version.parse().ok()?))),
            Some(_) => None,
        };
        key.ok_or_else(|| RowError::Key { key: text.to_owned() })
    }
}

impl State {
    /// The bytes of a row; `None` if the row is to be deleted or never was.
    pub fn row(&self, key: &RowKey) -> Option<Vec<u8>> {
        let value = match key {
            RowKey::Log => self.log_row(),
            RowKey::Namespace(key) => return self.namespaces.get(key).map(NamespaceState::row),
            RowKey::Name(key) => self.names.get(key)?.row(),
            RowKey::Release(key, version) => {
                let name = self.names.get(key)?;
                let (sequence, release) = name.releases.of_version(version)?;
                Value::object(vec![
                    ("index", Value::uint(release.index)),
                    ("sequence", Value::uint(sequence)),
                ])
            }
        };
        Some(json::canonical(&value))
    }

    /// Every key of a row; none for the state of an empty log.
    pub fn row_keys(&self) -> impl Iterator<Item = RowKey> {
        let releases = self.names.iter().flat_map(|(key, name)| {
            name.releases.iter().map(|release| RowKey::Release(*key, release.version.clone()))
        });
        let log = (self.size > 0).then_some(RowKey::Log);
        log.into_iter()
            .chain(self.namespaces.keys().copied().map(RowKey::Namespace))
            .chain(self.names.keys().copied().map(RowKey::Name))
            .chain(releases)
    }

    /// The state of its rows, in any order. No rows are the state of an empty log.
    ///
    /// # Errors
    /// A [`RowError`]: a row that is not readable, or rows that do not fit together.
    ///
    /// Not checked: that the rows are those of a log. Its last map-head commits to the values of the index.
    pub fn from_rows<K, B>(rows: impl IntoIterator<Item = (K, B)>) -> Result<Self, RowError>
    where
        K: AsRef<str>,
        B: AsRef<[u8]>,
    {
        let mut state = Self::new();
        let mut has_log = false;
        let mut releases = Vec::new();
        for (key, bytes) in rows {
            let key: RowKey = key.as_ref().parse()?;
            let bytes = bytes.as_ref();
            let read = match &key {
                RowKey::Log if has_log => Err(RowFault::Contradiction),
                RowKey::Log => {
                    has_log = true;
                    state.read_log(bytes)
                }
                RowKey::Namespace(index_key) => state.read_namespace(*index_key, bytes),
                RowKey::Name(index_key) => state.read_name(*index_key, bytes),
                RowKey::Release(index_key, version) => {
                    read_release(version, bytes).map(|(sequence, release)| {
                        releases.push((*index_key, sequence, release));
                    })
                }
            };
            read.map_err(|fault| at(&key, fault))?;
        }
        let is_empty = state.namespaces.is_empty() && state.names.is_empty() && releases.is_empty();
        if !has_log && !is_empty {
            return Err(RowError::NoLog);
        }
        state.take_releases(releases)?;
        state.check_indexes()?;
        Ok(state)
    }

    /// Nothing stands at or beyond the end of the log.
    fn check_indexes(&self) -> Result<(), RowError> {
        for (key, namespace) in &self.namespaces {
            if namespace.pending.as_ref().is_some_and(|pending| pending.index >= self.size) {
                return Err(at(&RowKey::Namespace(*key), RowFault::Contradiction));
            }
        }
        for (key, name) in &self.names {
            if name.releases.iter().any(|release| release.index >= self.size) {
                return Err(at(&RowKey::Name(*key), RowFault::Contradiction));
            }
        }
        Ok(())
    }

    fn log_row(&self) -> Value<'static> {
        let head = self.head.map_or_else(Value::null, |head| {
            Value::object(vec![
                ("brought", Value::bool(head.brought)),
                ("index", Value::uint(head.index)),
                ("time", Value::uint(head.time)),
            ])
        });
        Value::object(vec![
            ("credited", Value::uint(self.credited)),
            ("format", Value::string(FORMAT)),
            ("head", head),
            ("size", Value::uint(self.size)),
        ])
    }

    fn read_log(&mut self, bytes: &[u8]) -> Result<(), RowFault> {
        let value = document::read(bytes, MAX_ROW_BYTES)?;
        let fields = Fields::of(&value, Place::Document, &["credited", "format", "head", "size"])?;
        fields.format(FORMAT)?;
        self.credited = fields.uint("credited")?;
        self.size = fields.uint("size")?;
        self.head = fields.nullable("head", |fields, name| {
            let names = ["brought", "index", "time"];
            let head = Fields::of(fields.value(name)?, fields.place_of(name), &names)?;
            let brought = head.value("brought")?.as_bool();
            let brought = brought.ok_or_else(|| head.fault("brought", DocumentFault::WrongType))?;
            Ok(LastHead { index: head.uint("index")?, time: head.uint("time")?, brought })
        })?;
        let is_before_the_end = self.head.is_none_or(|head| head.index < self.size);
        if is_before_the_end { Ok(()) } else { Err(RowFault::Contradiction) }
    }

    fn read_namespace(&mut self, key: IndexKey, bytes: &[u8]) -> Result<(), RowFault> {
        let state = NamespaceState::read(bytes)?;
        if IndexKey::namespace(state.ring.keyset.namespace()) != key {
            return Err(RowFault::Contradiction);
        }
        match &state.pending {
            None => {}
            Some(Pending { ends: Some(ends), .. }) => {
                self.waiting.insert((*ends, key));
            }
            Some(_) => {
                self.starting.insert(key);
            }
        }
        let earlier = self.namespaces.insert(key, state);
        if earlier.is_none() { Ok(()) } else { Err(RowFault::Contradiction) }
    }

    fn read_name(&mut self, key: IndexKey, bytes: &[u8]) -> Result<(), RowFault> {
        let earlier = self.names.insert(key, NameState::read(bytes)?);
        if earlier.is_none() { Ok(()) } else { Err(RowFault::Contradiction) }
    }

    /// Gives each name its releases: as many as its newest sequence, one a sequence and one a version.
    fn take_releases(&mut self, mut releases: Vec<(IndexKey, u64, Release)>) -> Result<(), RowError> {
        releases.sort_by_key(|(key, sequence, _)| (*key, *sequence));
        let mut releases = releases.into_iter().peekable();
        for (key, name) in &mut self.names {
            let mut in_order = Vec::new();
            while let Some((_, sequence, release)) = releases.next_if(|(of, ..)| of == key) {
                in_order.push(release);
                if sequence != in_order.len() as u64 {
                    return Err(at(&RowKey::Name(*key), RowFault::Contradiction));
                }
            }
            let is_whole = in_order.len() as u64 == name.newest.sequence
                && in_order.last().is_some_and(|last| last.index == name.newest.index);
            match ReleaseList::of_all(in_order) {
                Ok(list) if is_whole => name.releases = list,
                _ => return Err(at(&RowKey::Name(*key), RowFault::Contradiction)),
            }
        }
        match releases.next() {
            None => Ok(()),
            Some((key, _, release)) => {
                Err(at(&RowKey::Release(key, release.version), RowFault::Contradiction))
            }
        }
    }
}

fn at(key: &RowKey, fault: RowFault) -> RowError {
    RowError::Row { key: Box::new(key.clone()), fault: Box::new(fault) }
}
