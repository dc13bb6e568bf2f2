//! What one change of an object is for an update: nothing, words, a parameter that can be left out, or power.

use pinfold_core::diff::{Meaning, Stated, Told, schema_keyword, tokens, told};
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::Value;
use pinfold_core::reason::ReasonCode;

use super::AddedPower;
use super::schema::{depends_on_writing, is_monotone, means_the_same, named_members};
use crate::arguments::ArgumentCheck;

/// What one change is. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// More.
    Power(AddedPower),
    /// A parameter that the approved schema does not know and that a call can leave out.
    OptionalParameter,
    /// A description, a title, the instructions.
    Words,
    /// It means what it meant, or less.
    Nothing,
}

/// The two versions of one object.
pub(super) struct Pair<'v, 'a> {
    pub(super) kind: ObjectKind,
    pub(super) old: &'v Value<'a>,
    pub(super) new: &'v Value<'a>,
}

impl Pair<'_, '_> {
    /// The worst change; `old` and `new` are the bytes of the two versions. Two that are the same are no update, so that
    /// nothing passes by it.
    pub(super) fn worst(&self, old: &[u8], new: &[u8]) -> Weight {
        let all = told(self.kind, self.old, self.new);
        let worst = all.iter().map(|one| self.weight(one)).min().unwrap_or(Weight::Power(AddedPower::Other));
        let passes = matches!(worst, Weight::Nothing | Weight::Words);
        if passes && self.kind == ObjectKind::Tool && enforces_less(old, new) {
            return Weight::Power(AddedPower::Unenforced);
        }
        worst
    }

    /// Whether the approved schema can be closed: a member that it does not name can be refused without refusing
    /// anything that it names by another keyword.
    pub(super) fn is_closable(&self) -> bool {
        self.old.get("inputSchema").is_some_and(|schema| named_members(schema).is_some())
    }

    fn weight(&self, told: &Told) -> Weight {
        let place = tokens(&told.change.pointer);
        if told.meaning != Meaning::HiddenText
            && let Some(power) = self.other_dialect(&place, told)
        {
            return power.map_or(Weight::Nothing, Weight::Power);
        }
        match told.meaning {
            // What is evaluated by another keyword is not what is accepted: a schema that accepts everything counts too.
            Meaning::Mechanical
                if told.change.class == ReasonCode::SchemaDialect && self.depends_on_writing() =>
            {
                Weight::Power(AddedPower::Schema)
            }
            // In a value a blank or a line break is a part of it.
            Meaning::Mechanical if is_respaced(told) && !self.is_words(&place, told) => {
                Weight::Power(AddedPower::Value)
            }
            Meaning::Mechanical => Weight::Nothing,
            Meaning::Narrowed if self.stays_monotone() => Weight::Nothing,
            Meaning::Narrowed | Meaning::Widened => Weight::Power(AddedPower::Schema),
            Meaning::Prose | Meaning::Display if self.is_words(&place, told) => Weight::Words,
            Meaning::Prose => Weight::Power(AddedPower::Value),
            Meaning::ParameterAdded if self.is_optional(&place) => Weight::OptionalParameter,
            Meaning::ParameterAdded => Weight::Power(AddedPower::Parameter),
            Meaning::HiddenText => Weight::Power(AddedPower::HiddenText),
            Meaning::AnnotationWeakened | Meaning::AnnotationStrengthened => {
                Weight::Power(AddedPower::Annotation)
            }
            Meaning::Outputs => Weight::Power(AddedPower::Outputs),
            Meaning::Display
            | Meaning::SideData
            | Meaning::Returned
            | Meaning::ProbableRename
            | Meaning::Added
            | Meaning::Removed => Weight::Power(AddedPower::Other),
        }
    }

    /// For a change of `$schema` in the parameters or the outputs: whether the schema means something else by it. `None`:
    /// it is no such change.
    fn other_dialect(&self, place: &[String], told: &Told) -> Option<Option<AddedPower>> {
        let (member, rest) = place.split_first().filter(|_| self.kind == ObjectKind::Tool)?;
        let power = match member.as_str() {
            "inputSchema" => AddedPower::Dialect,
            "outputSchema" => AddedPower::Outputs,
            _ => return None,
        };
        let ("$schema", _) = schema_keyword(rest)? else { return None };
        let is_outermost = rest.len() == 1;
        let schema = self.new.get(member)?;
        let sides = [&told.change.old, &told.change.new].map(Option::as_ref);
        // What is no text names no dialect, also where it is written with the letters of one.
        let are_texts = sides.iter().flatten().all(|side| side.text().is_some());
        let [old, new] = sides.map(|side| side.and_then(Stated::text));
        Some((!is_outermost || !are_texts || !means_the_same(schema, old, new)).then_some(power))
    }

    /// Whether less in a part is less in the whole, in both versions. Parameters of a prompt have no schema.
    fn stays_monotone(&self) -> bool {
        [self.old, self.new].into_iter().all(|side| side.get("inputSchema").is_none_or(is_monotone))
    }

    fn depends_on_writing(&self) -> bool {
        [self.old, self.new].into_iter().any(|side| side.get("inputSchema").is_some_and(depends_on_writing))
    }

    /// Whether a change is one of texts that describe, and of nothing that a call or a client takes for a value.
    fn is_words(&self, place: &[String], told: &Told) -> bool {
        let is_text = |pointer: &str| self.new.at_pointer(pointer).is_some_and(|new| new.as_str().is_some());
        if told.change.new.is_some() && !is_text(&told.change.pointer) {
            return false;
        }
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        match (self.kind, place.as_slice()) {
            (ObjectKind::Instructions, []) => true,
            (ObjectKind::Instructions, _) => false,
            (ObjectKind::Tool, ["inputSchema", rest @ ..]) => {
                matches!(schema_keyword(rest), Some(("description" | "title" | "$comment", [])))
            }
            (ObjectKind::Tool, ["annotations", "title"]) => true,
            (ObjectKind::Prompt, ["arguments", _, "description" | "title"]) => true,
            (ObjectKind::ResourceTemplate | ObjectKind::Resource, ["name"]) => true,
            (_, ["description" | "title"]) => true,
            _ => false,
        }
    }

    /// Whether a new parameter is one of a tool's own, which no call must give.
    fn is_optional(&self, place: &[String]) -> bool {
        let (ObjectKind::Tool, [schema, properties, name]) = (self.kind, place) else { return false };
        let required = self.new.get("inputSchema").and_then(|schema| schema.get("required"));
        let required = required.map_or(Some(&[][..]), Value::as_array);
        let is_left_out =
            required.is_some_and(|names| names.iter().all(|one| one.as_str().is_some_and(|one| one != name)));
        schema == "inputSchema" && properties == "properties" && is_left_out
    }
}

/// Whether a text of the parameters has the same words as before, with other blanks between them.
fn is_respaced(told: &Told) -> bool {
    let change = &told.change;
    change.class == ReasonCode::SchemaTextChanged && change.old.is_some() && change.new.is_some()
}

/// Whether a part of the new tool's schema would not be enforced, where the same part of the old one is: a schema that is
/// not valid accepts everything.
fn enforces_less(old: &[u8], new: &[u8]) -> bool {
    let [(_, before), (_, after)] = [old, new].map(ArgumentCheck::compile);
    after.iter().any(|part| !before.contains(part))
}
