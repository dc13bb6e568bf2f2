//! A server's capabilities as the gate gives them on.

use pinfold_core::framing::{FrameLimits, Raw};

use super::members_of;

/// The capabilities that are given on: those behind which the gate knows every method. Whatever else a server declares is
/// foreign text that nobody approved, and what it promises is not to be had through the gate.
const KNOWN: &[Known] = &[
    Known::empty("completions"),
    Known::empty("logging"),
    Known::listed("prompts", &[]),
    Known::listed("resources", &[Known::flag("subscribe")]),
    Known::object(
        "tasks",
        &[
            Known::empty("cancel"),
            Known::empty("list"),
            Known::object("requests", &[Known::object("tools", &[Known::empty("call")])]),
        ],
    ),
    Known::listed("tools", &[]),
];

/// A member that may stand in the capabilities that are given on.
struct Known {
    name: &'static str,
    shape: Shape,
}

enum Shape {
    /// True or false.
    Flag,
    /// An object of these members.
    Object(&'static [Known]),
    /// The same of a listing: it can change behind the gate, after an approval, whatever the server itself says.
    Listed(&'static [Known]),
}

impl Known {
    const fn flag(name: &'static str) -> Self {
        Self { name, shape: Shape::Flag }
    }

    const fn empty(name: &'static str) -> Self {
        Self::object(name, &[])
    }

    const fn object(name: &'static str, members: &'static [Known]) -> Self {
        Self { name, shape: Shape::Object(members) }
    }

    const fn listed(name: &'static str, members: &'static [Known]) -> Self {
        Self { name, shape: Shape::Listed(members) }
    }

    /// The member as it is given on; `None`: it counts as absent.
    fn given(&self, value: &Raw<'_>) -> Option<String> {
        let value = match self.shape {
            _ if value.is_null() => return None,
            Shape::Flag => value.as_bool()?.to_string(),
            Shape::Object(known) => object(known_members(known, value)),
            Shape::Listed(known) => {
                let changes = ["\"listChanged\":true".to_owned()];
                object(changes.into_iter().chain(known_members(known, value)))
            }
        };
        Some(format!("\"{}\":{value}", self.name))
    }
}

/// What a server declares of the known capabilities, each listing as one that changes; and `tools` if the notice needs it.
/// `capabilities` is a JSON object that was read strictly.
pub(crate) fn given_on(capabilities: &[u8], declare_tools: bool) -> Vec<u8> {
    let read = Raw::read(capabilities, &FrameLimits::TRAFFIC).ok();
    let mut members = read.map(|raw| known_members(KNOWN, &raw)).unwrap_or_default();
    let tools = "\"tools\":{\"listChanged\":true}";
    if declare_tools && !members.iter().any(|member| member == tools) {
        members.push(tools.to_owned());
    }
    object(members).into_bytes()
}

/// The known ones of an object's members; none of what is no object.
fn known_members(known: &[Known], value: &Raw<'_>) -> Vec<String> {
    let members = members_of(value);
    let given = |known: &Known| {
        let (_, value) = members.iter().find(|(name, _)| *name == known.name)?;
        known.given(value)
    };
    known.iter().filter_map(given).collect()
}

fn object(members: impl IntoIterator<Item = String>) -> String {
    format!("{{{}}}", members.into_iter().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(capabilities: &str, declare_tools: bool) -> String {
        String::from_utf8(given_on(capabilities.as_bytes(), declare_tools)).unwrap()
    }

    #[test]
    fn what_is_listed_can_change() {
        assert_eq!(
            given(r#"{"tools":{},"resources":{"subscribe":true,"listChanged":false},"logging":{}}"#, false),
            r#"{"logging":{},"resources":{"listChanged":true,"subscribe":true},"tools":{"listChanged":true}}"#
        );
    }

    #[test]
    fn no_word_of_a_server_stands_in_what_is_given_on() {
        let declared = concat!(
            r#"{"experimental":{"POISON":{}},"extensions":{"a/b":{"x":"POISON"}},"POISON":true,"#,
            r#""logging":{"level":"POISON"},"completions":"POISON","prompts":["POISON"],"#,
            r#""resources":{"subscribe":"POISON","POISON":1},"#,
            r#""tasks":{"list":{},"cancel":{"POISON":1},"requests":{"tools":{"call":{"POISON":1}},"POISON":{}}},"#,
            r#""tools":{"listChanged":"POISON"}}"#
        );
        assert_eq!(
            given(declared, false),
            concat!(
                r#"{"completions":{},"logging":{},"prompts":{"listChanged":true},"#,
                r#""resources":{"listChanged":true},"tasks":{"cancel":{},"list":{},"requests":{"tools":{"call":{}}}},"tools":{"listChanged":true}}"#
            )
        );
    }

    #[test]
    fn tools_are_declared_for_the_notice_alone() {
        assert_eq!(given("{}", false), "{}");
        assert_eq!(given("{}", true), r#"{"tools":{"listChanged":true}}"#);
        assert_eq!(
            given(r#"{"tools":null,"prompts":{}}"#, true),
            r#"{"prompts":{"listChanged":true},"tools":{"listChanged":true}}"#
        );
    }
}
