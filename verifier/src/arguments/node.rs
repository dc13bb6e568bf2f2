//! The arguments as the validator walks them, with a meter on every look.
//!
//! A schema can make a validator look at the same values again and again: twice a level is already beyond all bounds
//! at fifty levels. When the meter is spent, every value passes for `null`, which has no parts to go into, and the
//! outcome is thrown away.

use std::borrow::Cow;
use std::cell::Cell;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, Node, NodeIdentity, Object, cmp};
use serde_json::{Number, Value};

use super::instance::Instance;

/// The steps that are left.
pub(super) struct Meter {
    left: Cell<u64>,
}

impl Meter {
    pub(super) fn new(steps: u64) -> Self {
        Self { left: Cell::new(steps) }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    fn step(&self) {
        self.left.set(self.left.get().saturating_sub(1));
    }
}

/// One value under a meter. A member name under `propertyNames` has none: it has no parts.
#[derive(Clone, Copy)]
pub(super) struct Metered<'a> {
    instance: &'a Instance<'a>,
    meter: Option<&'a Meter>,
}

impl<'a> Metered<'a> {
    pub(super) fn new(instance: &'a Instance<'a>, meter: &'a Meter) -> Self {
        Self { instance, meter: Some(meter) }
    }

    /// One look. `None`: the meter is spent.
    fn look(&self) -> Option<&'a Instance<'a>> {
        if let Some(meter) = self.meter {
            if meter.is_spent() {
                return None;
            }
            meter.step();
        }
        Some(self.instance)
    }
}

/// The representation of JSON that the validator is compiled for.
pub(super) struct Measured;

impl Json for Measured {
    type Node<'a> = Metered<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    const KEYS_PER_LOOKUP: usize = 2;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(Metered<'_>) -> T) -> T {
        f(Metered { instance: &Instance::String(Cow::Borrowed(string)), meter: None })
    }
}

impl<'a> Node<'a, Measured> for Metered<'a> {
    type Object = Members<'a>;
    type Array = Elements<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<Members<'a>> {
        match self.look()? {
            Instance::Object(members) => Some(Members { members, meter: self.meter }),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        match self.look()? {
            Instance::Array(elements) => Some(Elements { elements, meter: self.meter }),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self.look()? {
            Instance::String(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<&'a Number> {
        match self.look()? {
            Instance::Number(number) => Some(number),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.look()? {
            Instance::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.look(), None | Some(Instance::Null))
    }

    fn json_type(&self) -> JsonType {
        match self.look() {
            None | Some(Instance::Null) => JsonType::Null,
            Some(Instance::Bool(_)) => JsonType::Boolean,
            Some(Instance::Number(_)) => JsonType::Number,
            Some(Instance::String(_)) => JsonType::String,
            Some(Instance::Array(_)) => JsonType::Array,
            Some(Instance::Object(_)) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (self.look(), expected) {
            (Some(Instance::String(text)), Value::String(expected)) => text == expected,
            (None | Some(Instance::Null), Value::Null) => true,
            (Some(Instance::Bool(truth)), Value::Bool(expected)) => truth == expected,
            (Some(Instance::Number(number)), Value::Number(_)) => {
                cmp::equal(&Value::Number(number.clone()), expected)
            }
            (Some(Instance::Array(_)), Value::Array(_)) | (Some(Instance::Object(_)), Value::Object(_)) => {
                cmp::equal(&self.instance.to_serde(), expected)
            }
            _ => false,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(self.look().map_or(Value::Null, Instance::to_serde))
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref(self.instance).addr()))
    }
}

/// The members of an object.
#[derive(Clone, Copy)]
pub(super) struct Members<'a> {
    members: &'a [(Cow<'a, str>, Instance<'a>)],
    meter: Option<&'a Meter>,
}

impl<'a> Object<'a, Measured> for Members<'a> {
    type Node = Metered<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        self.members.len()
    }

    fn get(&self, key: &String) -> Option<Metered<'a>> {
        let (_, instance) = self.members.iter().find(|(name, _)| name == key)?;
        Some(Metered { instance, meter: self.meter })
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter { members: self.members.iter(), meter: self.meter }
    }
}

/// See [`Members`].
pub(super) struct MembersIter<'a> {
    members: std::slice::Iter<'a, (Cow<'a, str>, Instance<'a>)>,
    meter: Option<&'a Meter>,
}

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, Metered<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.members.next().map(|(name, instance)| (&**name, Metered { instance, meter: self.meter }))
    }
}

/// The elements of an array.
#[derive(Clone, Copy)]
pub(super) struct Elements<'a> {
    elements: &'a [Instance<'a>],
    meter: Option<&'a Meter>,
}

impl<'a> Array<'a, Measured> for Elements<'a> {
    type Node = Metered<'a>;
    type ElementsIter = ElementsIter<'a>;

    fn len(&self) -> usize {
        self.elements.len()
    }

    fn elements(&self) -> ElementsIter<'a> {
        ElementsIter { elements: self.elements.iter(), meter: self.meter }
    }
}

/// See [`Elements`].
pub(super) struct ElementsIter<'a> {
    elements: std::slice::Iter<'a, Instance<'a>>,
    meter: Option<&'a Meter>,
}

impl<'a> Iterator for ElementsIter<'a> {
    type Item = Metered<'a>;

    fn next(&mut self) -> Option<Metered<'a>> {
        self.elements.next().map(|instance| Metered { instance, meter: self.meter })
    }
}
