//! A server's capabilities as the gate gives them on.

use pinfold_core::framing::{FrameLimits, Raw};

use super::members_of;

/// The members whose listings can change behind the gate: after an approval, whatever the server itself says.
const LISTED: [&str; 3] = ["tools", "prompts", "resources"];

/// The server's own capabilities, except that each listing that it declares is said to change, and that `tools` is
/// declared if the notice needs it. `capabilities` is a JSON object that was read strictly.
pub(crate) fn with_list_changed(capabilities: &[u8], declare_tools: bool) -> Vec<u8> {
    let members =
        Raw::read(capabilities, &FrameLimits::TRAFFIC).map(|raw| members_of(&raw)).unwrap_or_default();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let has_tools = members.iter().any(|(name, value)| name == "tools" && !value.is_null());
    if declare_tools && !has_tools {
        parts.push(br#""tools":{"listChanged":true}"#.to_vec());
    }
    for (name, value) in &members {
        if value.is_null() && LISTED.contains(&&**name) {
            continue;
        }
        let value = if LISTED.contains(&&**name) { listed(value) } else { value.bytes().to_vec() };
        parts.push([&crate::words::quoted(name)[..], b":", &value].concat());
    }
    [b"{", &parts.join(&b","[..])[..], b"}"].concat()
}

fn listed(capability: &Raw<'_>) -> Vec<u8> {
    let mut parts = vec![br#""listChanged":true"#.to_vec()];
    for (name, value) in members_of(capability) {
        if name != "listChanged" {
            parts.push([&crate::words::quoted(&name)[..], b":", value.bytes()].concat());
        }
    }
    [b"{", &parts.join(&b","[..])[..], b"}"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(capabilities: &str, declare_tools: bool) -> String {
        String::from_utf8(with_list_changed(capabilities.as_bytes(), declare_tools)).unwrap()
    }

    #[test]
    fn what_is_listed_can_change_and_the_rest_stays() {
        assert_eq!(
            given(
                r#"{"tools":{},"resources":{"subscribe":true,"listChanged":false},"logging":{"x":1.0}}"#,
                false
            ),
            r#"{"tools":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true},"logging":{"x":1.0}}"#
        );
    }

    #[test]
    fn tools_are_declared_for_the_notice_alone() {
        assert_eq!(given("{}", false), "{}");
        assert_eq!(given("{}", true), r#"{"tools":{"listChanged":true}}"#);
        assert_eq!(
            given(r#"{"tools":null,"prompts":{}}"#, true),
            r#"{"tools":{"listChanged":true},"prompts":{"listChanged":true}}"#
        );
    }
}
