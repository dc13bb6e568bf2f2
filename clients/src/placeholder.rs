//! Variables that a client fills in before it starts anything.

use pinfold_core::json::pointer_push;

use crate::client::Client;
use crate::tree::{Node, Value};

/// JSON Pointers to the texts of an entry that hold a variable.
pub(crate) fn pointers(client: Client, node: &Node) -> Vec<String> {
    let mut found = Vec::new();
    collect(client, node, &mut String::new(), &mut found);
    found
}

fn collect(client: Client, node: &Node, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    match &node.value {
        Value::Text(text) if is_in(client, &text.decoded) => found.push(pointer.clone()),
        Value::List(list) => {
            for (index, item) in list.items.iter().enumerate() {
                pointer_push(pointer, &index.to_string());
                collect(client, item, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Map(map) => {
            for member in &map.members {
                pointer_push(pointer, &member.name);
                collect(client, &member.node, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// Whether a text holds a variable of the client. `${` counts everywhere: nobody means it literally.
pub(crate) fn is_in(client: Client, text: &str) -> bool {
    text.contains("${") || first_of(client, text).is_some()
}

/// Whether the host of a URL is a variable.
pub(crate) fn hides_host(client: Client, url: &str) -> bool {
    let variable = [url.find("${"), first_of(client, url)].into_iter().flatten().min();
    let host = url.find("://").map_or(0, |at| at + 3);
    let host_end = url[host..].find(['/', '?', '#']).map_or(url.len(), |length| host + length);
    // A variable can hold slashes itself, so only where it begins counts.
    variable.is_some_and(|at| at <= host_end)
}

/// Where the first variable in the client's own spelling begins.
fn first_of(client: Client, text: &str) -> Option<usize> {
    match client {
        Client::OpenCode => [text.find("{env:"), text.find("{file:")].into_iter().flatten().min(),
        Client::Gemini | Client::CopilotCli => text.match_indices('$').map(|(at, _)| at).find(|&at| {
            text[at + 1..].starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_spelling() {
        assert!(is_in(Client::VsCode, "a ${input:x}"));
        assert!(is_in(Client::Codex, "${X}"));
        assert!(is_in(Client::Gemini, "Z*,$TMP"));
        assert!(!is_in(Client::ClaudeCode, "Z*,$TMP"));
        assert!(is_in(Client::OpenCode, "x={env:K}"));
        assert!(!is_in(Client::Gemini, "costs 5$ and $5"));
    }

    #[test]
    fn a_variable_behind_the_host_hides_nothing() {
        assert!(hides_host(Client::VsCode, "https://${input:name}.host/"));
        assert!(hides_host(Client::ClaudeCode, "${URL:-https://h.example/x}"));
        assert!(hides_host(Client::Gemini, "https://$HOST/mcp"));
        assert!(!hides_host(Client::OpenCode, "https://h.example/mcp?k={env:K}"));
        assert!(!hides_host(Client::VsCode, "https://h.example/${x}"));
        assert!(!hides_host(Client::VsCode, "https://h.example"));
    }
}
