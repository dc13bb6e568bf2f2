//! What is found in one server's words by themselves.

use super::{Detail, Finding, Server, finding};
use crate::digest::ObjectKind;
use crate::json::{self, Node, ReadLimits, Value, pointer_push};
use crate::reason::ReasonCode;
use crate::surface::Received;
use crate::text::hidden;

/// Names of parameters that ask the model for its own conversation or for a person's keys, as attacks have used them.
///
/// Compared without case and without `_`, `-`, `.` and blanks. Names that honest tools have (`prompt`, `history`,
/// `token`, `context`) are not among them. None of these occurs in the real servers that were looked at.
const SENSITIVE: &[&str] = &[
    "all_messages",
    "all_tools",
    "chain_of_thought",
    "chat_history",
    "conversation_history",
    "full_conversation",
    "id_rsa",
    "message_history",
    "previous_messages",
    "private_key",
    "sidenote",
    "ssh_key",
    "ssh_private_key",
    "system_message",
    "system_prompt",
    "tool_call_history",
    "tools_list",
];

/// What is found in one server: hidden text, and parameters that ask for what no tool needs. In no particular order.
///
/// An object that breaks a rule of the surface is not looked at: it cannot be approved, and its fault is told.
pub fn in_server(server: &Server<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for object in server.objects.iter().filter(|object| object.fault.is_none()) {
        let Ok(value) = json::read(&object.bytes, &ReadLimits::LISTING) else { continue };
        let mut walk = Walk { label: server.label, object, pointer: String::new(), found: &mut found };
        walk.value(&value);
        if object.kind == ObjectKind::Tool
            && let Some(schema) = value.get("inputSchema")
        {
            walk.at("inputSchema", |walk| walk.parameters(schema));
        }
    }
    found
}

/// Every string of a value with its JSON Pointer, member names included, which have the pointer of their value.
pub(super) fn strings(value: &Value<'_>, pointer: &mut String, each: &mut impl FnMut(&str, &str, bool)) {
    match &value.node {
        Node::String(text) => each(pointer, text, false),
        Node::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                step(pointer, &index.to_string(), |pointer| strings(element, pointer, each));
            }
        }
        Node::Object(members) => {
            for member in members {
                step(pointer, &member.name, |pointer| {
                    each(pointer, &member.name, true);
                    strings(&member.value, pointer, each);
                });
            }
        }
        _ => {}
    }
}

fn step(pointer: &mut String, token: &str, inside: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer_push(pointer, token);
    inside(pointer);
    pointer.truncate(length);
}

struct Walk<'a, 'f> {
    label: &'a str,
    object: &'a Received,
    pointer: String,
    found: &'f mut Vec<Finding>,
}

impl Walk<'_, '_> {
    fn value(&mut self, value: &Value<'_>) {
        let (label, object, found) = (self.label, self.object, &mut *self.found);
        strings(value, &mut String::new(), &mut |pointer, text, _| {
            let hidden = hidden(text);
            let mut push = |detail| {
                found.push(finding(label, object, pointer, ReasonCode::InvisibleChars, detail));
            };
            if let Some(first) = hidden.characters.first() {
                push(Detail::Unseen { count: hidden.characters.len(), first: *first });
            }
            if hidden.gaps > 0 {
                push(Detail::PushedAway);
            }
        });
    }

    /// The names in every `properties` of a schema, at any depth: what only looks like one is data and costs a person
    /// no more than a line.
    fn parameters(&mut self, schema: &Value<'_>) {
        match &schema.node {
            Node::Object(members) => {
                for member in members {
                    self.at(&member.name, |walk| {
                        if member.name == "properties" {
                            walk.names(&member.value);
                        }
                        walk.parameters(&member.value);
                    });
                }
            }
            Node::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.at(&index.to_string(), |walk| walk.parameters(element));
                }
            }
            _ => {}
        }
    }

    fn names(&mut self, properties: &Value<'_>) {
        for member in properties.as_object().unwrap_or_default() {
            let name = reduced(&member.name);
            if let Some(known) = SENSITIVE.iter().find(|known| reduced(known) == name) {
                let mut pointer = self.pointer.clone();
                pointer_push(&mut pointer, &member.name);
                let detail = Detail::AsksFor(known);
                let reason = ReasonCode::ParamNameSensitive;
                self.found.push(finding(self.label, self.object, &pointer, reason, detail));
            }
        }
    }

    fn at(&mut self, token: &str, inside: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        pointer_push(&mut self.pointer, token);
        inside(self);
        self.pointer.truncate(length);
    }
}

fn reduced(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '_' | '-' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}
