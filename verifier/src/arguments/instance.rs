//! Arguments as they are checked: read once, strings borrowed, numbers in the form they have.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::ArgumentFault;

/// One value of the arguments.
#[derive(Debug)]
pub(super) enum Instance<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'a, str>),
    Array(Vec<Instance<'a>>),
    Object(Vec<(Cow<'a, str>, Instance<'a>)>),
}

/// Objects with more members than this are searched for a duplicate by sorting.
const FEW: usize = 16;

const DUPLICATE: &str = "duplicate member";

/// Reads arguments.
///
/// # Errors
/// What is no JSON, a member that comes twice at any depth (the server could read the other one), a number outside the
/// range of a double, more nesting than serde_json reads (127 levels).
pub(super) fn read(bytes: &[u8]) -> Result<Instance<'_>, ArgumentFault> {
    serde_json::from_slice(bytes).map_err(|error| {
        let words = error.to_string();
        ArgumentFault::whole(match () {
            () if words.starts_with(DUPLICATE) => "every member once",
            () if words.starts_with("number out of range") => "numbers within the range of a double",
            () if words.starts_with("recursion limit") => "at most 127 levels of arrays and objects",
            () => "JSON",
        })
    })
}

impl Instance<'_> {
    pub(super) fn is_deeper_than(&self, levels: usize) -> bool {
        match self {
            Self::Array(elements) => {
                levels == 0 || elements.iter().any(|element| element.is_deeper_than(levels - 1))
            }
            Self::Object(members) => {
                levels == 0 || members.iter().any(|(_, value)| value.is_deeper_than(levels - 1))
            }
            _ => false,
        }
    }

    /// The value as the validator compares it with a constant.
    pub(super) fn to_serde(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(truth) => serde_json::Value::Bool(*truth),
            Self::Number(number) => serde_json::Value::Number(number.clone()),
            Self::String(text) => serde_json::Value::String(text.to_string()),
            Self::Array(elements) => elements.iter().map(Self::to_serde).collect(),
            Self::Object(members) => {
                members.iter().map(|(name, value)| (name.to_string(), value.to_serde())).collect()
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Instance<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Instance<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Instance::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Instance::Bool(truth))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Instance::Number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Instance::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Number::from_f64(number).map(Instance::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Instance::String(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Instance::String(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Instance::String(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Instance::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Instance<'de>)> = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            if members.len() <= FEW && members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(DUPLICATE));
            }
            members.push((name, map.next_value()?));
        }
        if members.len() > FEW && has_duplicate(&members) {
            return Err(A::Error::custom(DUPLICATE));
        }
        Ok(Instance::Object(members))
    }
}

fn has_duplicate(members: &[(Cow<'_, str>, Instance<'_>)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// A member name, borrowed where it holds no escape.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameReading).map(Name)
    }
}

struct NameReading;

impl<'de> Visitor<'de> for NameReading {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a member name")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
