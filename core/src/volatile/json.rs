//! Canonical JSON of rules.

use super::{Rule, RuleKind, Separator};
use crate::digest::Digest;
use crate::document::{DocumentError, DocumentFault, Fields, Place};
use crate::json::Value;

/// The members of a rule in a pin; in a manifest `object` comes to them.
const MEMBERS: [&str; 5] = ["end", "kind", "pointer", "separator", "start"];
const MEMBERS_WITH_OBJECT: [&str; 6] = ["end", "kind", "object", "pointer", "separator", "start"];

impl Rule {
    /// The rule as it stands in a pin, where the object is known (spec/volatile-rules.md).
    pub fn to_value(&self) -> Value<'static> {
        Value::object(self.members())
    }

    /// The rule as it stands in a manifest, with the digest of its object.
    pub fn to_value_of(&self, object: Digest) -> Value<'static> {
        let mut members = self.members();
        members.push(("object", Value::string(object.to_string())));
        Value::object(members)
    }

    /// Reads a rule as it stands in a pin. Whether it fits an object is [`super::check`]'s to say.
    ///
    /// # Errors
    /// A [`DocumentError`] with a pointer from this value on.
    pub fn from_value(value: &Value<'_>) -> Result<Rule, DocumentError> {
        Rule::read(value, Place::Document)
    }

    /// Reads a rule of a pin.
    pub(crate) fn read(value: &Value<'_>, place: Place<'_>) -> Result<Rule, DocumentError> {
        Rule::of(&Fields::of(value, place, &MEMBERS)?)
    }

    /// Reads a rule of a manifest.
    pub(crate) fn read_of(value: &Value<'_>, place: Place<'_>) -> Result<(Digest, Rule), DocumentError> {
        let fields = Fields::of(value, place, &MEMBERS_WITH_OBJECT)?;
        Ok((fields.digest("object")?, Rule::of(&fields)?))
    }

    fn of(fields: &Fields<'_, '_, '_>) -> Result<Rule, DocumentError> {
        let place = |member| {
            let number = fields.uint(member)?;
            usize::try_from(number).map_err(|_| fields.fault(member, DocumentFault::WrongType))
        };
        let separator = fields.nullable("separator", |fields, member| {
            fields.one_of(member, |text| Separator::ALL.into_iter().find(|one| one.as_str() == text))
        })?;
        let kind = fields.text("kind")?;
        Ok(Rule {
            pointer: fields.text("pointer")?.to_owned(),
            start: place("start")?,
            end: place("end")?,
            kind: match (RuleKind::PLAIN.into_iter().find(|one| one.as_str() == kind), separator) {
                (Some(kind), None) => kind,
                (None, Some(separator)) if kind == RuleKind::Permutation(separator).as_str() => {
                    RuleKind::Permutation(separator)
                }
                (Some(_), Some(_)) => return Err(fields.fault("separator", DocumentFault::WrongText)),
                (None, _) => return Err(fields.fault("kind", DocumentFault::WrongText)),
            },
        })
    }

    fn members(&self) -> Vec<(&'static str, Value<'static>)> {
        let separator = self.kind.separator();
        vec![
            ("end", Value::uint(self.end as u64)),
            ("kind", Value::string(self.kind.as_str())),
            ("pointer", Value::string(self.pointer.clone())),
            ("separator", separator.map_or_else(Value::null, |one| Value::string(one.as_str()))),
            ("start", Value::uint(self.start as u64)),
        ]
    }
}

/// Reads the rules of an array, in its order.
pub(crate) fn read_all(fields: &Fields<'_, '_, '_>, member: &str) -> Result<Vec<Rule>, DocumentError> {
    let place = fields.place_of(member);
    let elements = fields.array(member)?.iter().enumerate();
    elements.map(|(index, element)| Rule::read(element, Place::Element(&place, index))).collect()
}

/// The rules as an array.
pub(crate) fn write_all(rules: &[Rule]) -> Value<'static> {
    Value::array(rules.iter().map(Rule::to_value).collect())
}
