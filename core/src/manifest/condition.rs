//! Conditions: what a client said and had when the surface was captured, and what it was shown then.

use std::collections::BTreeSet;

use super::{ManifestError, SurfaceObject};
use crate::document::{DocumentError, DocumentFault, Fields, Place};
use crate::json::Value;

/// Conditions of one manifest, at most.
pub const MAX_CONDITIONS: usize = 64;
/// Capabilities, and variables, of one condition, at most.
pub const MAX_CONDITION_NAMES: usize = 256;
/// Bytes of one of these names, at most.
const MAX_NAME_BYTES: usize = 128;

/// One condition, and the objects that were listed under it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// The client's capabilities, sorted.
    pub capabilities: Vec<String>,
    /// The protocol version that was spoken, such as `2025-11-25`.
    pub era: String,
    /// Indexes into the surface, in the order of the listing.
    pub objects: Vec<usize>,
    /// Names of the variables that were set, sorted; never their values.
    pub variables: Vec<String>,
}

pub(super) fn read_all(
    fields: &Fields<'_, '_, '_>,
    surface: &[SurfaceObject],
) -> Result<Vec<Condition>, ManifestError> {
    let elements = fields.array("conditions")?;
    if elements.is_empty() {
        return Err(ManifestError::NoCondition);
    }
    if elements.len() > MAX_CONDITIONS {
        return Err(ManifestError::TooManyConditions);
    }
    let place = fields.place_of("conditions");
    let mut conditions: Vec<Condition> = Vec::with_capacity(elements.len());
    let mut is_listed = vec![false; surface.len()];
    for (index, element) in elements.iter().enumerate() {
        let condition = Condition::read(element, Place::Element(&place, index), index)?;
        if conditions.iter().any(|other| other.question() == condition.question()) {
            return Err(ManifestError::ConditionTwice { condition: index });
        }
        condition.check_objects(surface, index)?;
        condition.objects.iter().for_each(|object| is_listed[*object] = true);
        conditions.push(condition);
    }
    match is_listed.iter().position(|is_listed| !is_listed) {
        Some(index) => Err(ManifestError::Unlisted { index }),
        None => Ok(conditions),
    }
}

impl Condition {
    fn question(&self) -> (&[String], &str, &[String]) {
        (&self.capabilities, &self.era, &self.variables)
    }

    fn read(value: &Value<'_>, place: Place<'_>, condition: usize) -> Result<Self, ManifestError> {
        let fields = Fields::of(value, place, &["capabilities", "era", "objects", "variables"])?;
        let objects_place = fields.place_of("objects");
        let objects = fields.array("objects")?.iter().enumerate().map(|(at, index)| {
            let index = index.as_uint().and_then(|index| usize::try_from(index).ok());
            index.ok_or_else(|| Place::Element(&objects_place, at).fault(DocumentFault::WrongType))
        });
        Ok(Self {
            capabilities: names(&fields, "capabilities", is_capability, condition)?,
            era: fields.one_of("era", |text| is_era(text).then(|| text.to_owned()))?,
            objects: objects.collect::<Result<_, DocumentError>>()?,
            variables: names(&fields, "variables", is_variable, condition)?,
        })
    }

    fn check_objects(&self, surface: &[SurfaceObject], condition: usize) -> Result<(), ManifestError> {
        let mut seen = BTreeSet::new();
        for index in &self.objects {
            let object = surface.get(*index).ok_or(ManifestError::NoSuchObject { condition })?;
            if !seen.insert((object.kind, object.name.as_str())) {
                return Err(ManifestError::NameTwice { condition });
            }
        }
        Ok(())
    }
}

fn names(
    fields: &Fields<'_, '_, '_>,
    member: &str,
    is_name: fn(&str) -> bool,
    condition: usize,
) -> Result<Vec<String>, ManifestError> {
    let elements = fields.array(member)?;
    if elements.len() > MAX_CONDITION_NAMES {
        return Err(ManifestError::TooManyNames { condition });
    }
    let place = fields.place_of(member);
    let mut names: Vec<String> = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let name = element.as_str().filter(|name| name.len() <= MAX_NAME_BYTES && is_name(name));
        let name = name.ok_or_else(|| Place::Element(&place, index).fault(DocumentFault::WrongText))?;
        if names.last().is_some_and(|before| before.as_str() >= name) {
            return Err(ManifestError::NamesOrder { condition });
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// A capability, or a path to a part of one, such as `elicitation` or `sampling/tools`.
fn is_capability(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'_' | b'-'))
}

/// A variable's name; POSIX allows more than shells can write, real entries do not use it.
fn is_variable(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A protocol version: a date.
fn is_era(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
