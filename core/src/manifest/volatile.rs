//! The volatile rules of a manifest, each beside the object that it is about.

use std::collections::BTreeMap;

use super::{ManifestError, SurfaceObject};
use crate::digest::Digest;
use crate::document::{Fields, Place};
use crate::json::Value;
use crate::volatile::{self, Rule};

/// Volatile rules of one manifest, at most. Largest real number that we know: 14 (one server's home folder).
pub const MAX_MANIFEST_RULES: usize = 4_096;

/// The rules of each object that has some.
pub(super) type Rules = BTreeMap<Digest, Vec<Rule>>;

/// Reads the rules; `objects` are those of the surface, in its order.
pub(super) fn read_all(
    fields: &Fields<'_, '_, '_>,
    surface: &[SurfaceObject],
    objects: &[&Value<'_>],
) -> Result<Rules, ManifestError> {
    let elements = fields.array("volatile")?;
    if elements.len() > MAX_MANIFEST_RULES {
        return Err(ManifestError::TooManyRules);
    }
    let place = fields.place_of("volatile");
    let mut rules = Rules::new();
    let mut last = None;
    for (index, element) in elements.iter().enumerate() {
        let (digest, rule) = Rule::read_of(element, Place::Element(&place, index))?;
        if last.is_some_and(|before| before > digest) {
            return Err(ManifestError::RulesOrder { index });
        }
        last = Some(digest);
        rules.entry(digest).or_default().push(rule);
    }
    for (digest, of_object) in &rules {
        let index = surface.binary_search_by(|object| object.digest.cmp(digest));
        let index = index.map_err(|_| ManifestError::RuleOfNoObject)?;
        let (Some(named), Some(object)) = (surface.get(index), objects.get(index)) else {
            return Err(ManifestError::RuleOfNoObject);
        };
        volatile::check(named.kind, object, of_object)
            .map_err(|fault| ManifestError::Rules { index, fault })?;
    }
    Ok(rules)
}

/// The member `volatile`.
pub(super) fn write_all(rules: &Rules) -> Value<'static> {
    let all = rules.iter().flat_map(|(digest, rules)| rules.iter().map(|rule| rule.to_value_of(*digest)));
    Value::array(all.collect())
}
