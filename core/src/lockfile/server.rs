//! One server of a lock.

use std::collections::BTreeSet;

use super::{LIMITS, LockError, rises};
use crate::digest::{Digest, ObjectKind, object_digest};
use crate::document::{DocumentFault, Fields, Place};
use crate::json::{self, Value};
use crate::launch::PortableLaunch;
use crate::name::Label;
use crate::pins::{Ask, MAX_NAME_BYTES};
use crate::surface::object_name;
use crate::volatile::{self, Rule};

/// Launches of one server of a lock, at most.
pub const MAX_LOCKED_LAUNCHES: usize = 64;
/// Objects of one server of a lock, at most. The largest real server has 401 tools.
pub const MAX_LOCKED_OBJECTS: usize = 8_192;
/// Bytes of what names a package, at most.
const MAX_PACKAGE_BYTES: usize = 512;

/// What is locked of one server.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedServer {
    /// Its label.
    pub label: Label,
    /// How it may be started.
    pub launches: Vec<LockedLaunch>,
    /// What it may say.
    pub objects: Vec<LockedObject>,
    /// What it may ask of its client.
    pub asks: BTreeSet<Ask>,
}

/// A launch of a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedLaunch {
    /// The launch.
    pub launch: PortableLaunch,
    /// The package that it fetches, such as `npm @scope/name@1.2.3`; for people, nothing is compared with it.
    pub package: Option<String>,
}

/// An object of a lock.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name; foreign text.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// What may vary in it.
    pub rules: Vec<Rule>,
    /// Its canonical bytes, where something may vary: what a live object is compared with. Else `None`: the digest says all.
    pub object: Option<Vec<u8>>,
}

impl LockedServer {
    pub(super) fn sort(&mut self) {
        self.launches.sort_by_key(LockedLaunch::key);
        self.launches.dedup();
        self.objects.sort_by(|one, other| one.key().cmp(&other.key()));
    }

    pub(super) fn to_value(&self) -> Value<'static> {
        Value::object(vec![
            ("asks", Value::array(self.asks.iter().map(|ask| Value::string(ask.as_str())).collect())),
            ("label", Value::string(self.label.to_string())),
            ("launches", Value::array(self.launches.iter().map(LockedLaunch::to_value).collect())),
            ("objects", Value::array(self.objects.iter().map(LockedObject::to_value).collect())),
        ])
    }

    pub(super) fn read(value: &Value<'_>, place: Place<'_>, server: usize) -> Result<Self, LockError> {
        let fields = Fields::of(value, place, &["asks", "label", "launches", "objects"])?;
        let (launches, objects) = (fields.array("launches")?, fields.array("objects")?);
        if launches.len() > MAX_LOCKED_LAUNCHES {
            return Err(LockError::TooMany("launches"));
        }
        if objects.len() > MAX_LOCKED_OBJECTS {
            return Err(LockError::TooMany("objects"));
        }
        if launches.is_empty() {
            return Err(LockError::NoLaunch { server });
        }
        let (launch_place, object_place) = (fields.place_of("launches"), fields.place_of("objects"));
        let launches = launches.iter().enumerate();
        let launches = launches.map(|(at, one)| LockedLaunch::read(one, Place::Element(&launch_place, at)));
        let objects = objects.iter().enumerate();
        let objects =
            objects.map(|(at, one)| LockedObject::read(one, Place::Element(&object_place, at), server));
        let asks = fields.array("asks")?.iter().map(|ask| ask.as_str().and_then(Ask::from_name));
        let asks = asks.collect::<Option<Vec<Ask>>>();
        let read = Self {
            label: fields.label("label")?,
            launches: launches.collect::<Result<_, _>>()?,
            objects: objects.collect::<Result<_, _>>()?,
            asks: asks.clone().unwrap_or_default().into_iter().collect(),
        };
        let Some(asks) = asks else { return Err(fields.fault("asks", DocumentFault::WrongText).into()) };
        let is_sorted = rises(asks.iter())
            && rises(read.launches.iter().map(LockedLaunch::key))
            && rises(read.objects.iter().map(LockedObject::key));
        if is_sorted { Ok(read) } else { Err(LockError::Order { server }) }
    }
}

impl LockedLaunch {
    /// Launches rise by their canonical form.
    fn key(&self) -> Vec<u8> {
        json::canonical(&self.to_value())
    }

    fn to_value(&self) -> Value<'static> {
        let mut members = self.launch.members();
        let package = self.package.clone();
        members.push(("package", package.map_or_else(Value::null, Value::string)));
        Value::object(members)
    }

    fn read(value: &Value<'_>, place: Place<'_>) -> Result<Self, LockError> {
        let fields = Fields::of(value, place, &["args", "command", "env", "package", "passes"])?;
        let is_package = |text: &str| {
            text.len() <= MAX_PACKAGE_BYTES && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        let package = fields.nullable("package", |fields, member| {
            fields.one_of(member, |text| is_package(text).then(|| text.to_owned()))
        })?;
        Ok(Self { launch: PortableLaunch::read(&fields, place)?, package })
    }
}

impl LockedObject {
    fn key(&self) -> (ObjectKind, &str, Digest) {
        (self.kind, &self.name, self.digest)
    }

    fn to_value(&self) -> Value<'static> {
        // What does not read again is not written; the reader refuses the lock then, for the missing object.
        let object = self.object.as_deref().and_then(|bytes| json::read(bytes, &LIMITS).ok());
        Value::object(vec![
            ("digest", Value::string(self.digest.to_string())),
            ("kind", Value::string(self.kind.as_str())),
            ("name", Value::string(self.name.clone())),
            ("object", object.map_or_else(Value::null, Value::into_owned)),
            ("volatile", volatile::write_all(&self.rules)),
        ])
    }

    fn read(value: &Value<'_>, place: Place<'_>, server: usize) -> Result<Self, LockError> {
        let fields = Fields::of(value, place, &["digest", "kind", "name", "object", "volatile"])?;
        let (kind, digest) = (fields.kind("kind")?, fields.digest("digest")?);
        let name = fields.one_of("name", |text| (text.len() <= MAX_NAME_BYTES).then(|| text.to_owned()))?;
        let rules = volatile::read_all(&fields, "volatile")?;
        let object = Some(fields.value("object")?).filter(|object| !object.is_null());
        if let Some(object) = object {
            if object_digest(kind, object) != digest || object_name(kind, object) != Some(&name) {
                return Err(LockError::Object { server });
            }
            volatile::check(kind, object, &rules).map_err(|fault| LockError::Rules { server, fault })?;
        }
        if object.is_some() == rules.is_empty() {
            return Err(LockError::Object { server });
        }
        Ok(Self { kind, name, digest, rules, object: object.map(json::canonical) })
    }
}
