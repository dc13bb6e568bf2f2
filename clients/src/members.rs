//! What the members of an entry mean.

use crate::document::{Located, Place};
use crate::edit::{Obstacle, obstacle_of};
use crate::entry::{CommandLine, Entry, Kind, RemoteUrl, Variable};
use crate::file::ConfigFile;
use crate::find::URL_MEMBERS;
use crate::placeholder;
use crate::position::Finger;
use crate::site::Site;
use crate::tool_lists;
use crate::tree::{Node, Value};
use crate::wrapper::{self, Wrapped};

/// Members with a meaning here, beside those of the shape.
const KNOWN: &[&str] = &[
    "type",
    "url",
    "httpUrl",
    "serverUrl",
    "uri",
    "env",
    "envs",
    "environment",
    "headers",
    "http_headers",
    "env_http_headers",
    "cwd",
    "disabled",
    "enabled",
    "envFile",
    "timeout",
    "source",
];

/// Reads one entry.
pub(crate) fn entry_of(
    file: &'static ConfigFile,
    bytes: &[u8],
    node: &Node,
    located: &Located,
    finger: &mut Finger<'_>,
) -> Entry {
    let position = finger.position(located.offset);
    let (kind, wrapped) = kind_of(file, node);
    let shape = &file.shape;
    let text = |name: &str| node.get(name).and_then(Node::as_str).map(str::to_owned);
    let tool_lists = tool_lists::of(file.client, node, finger);
    let is_known = |name: &str| {
        KNOWN.contains(&name)
            || name == shape.command
            || shape.args == Some(name)
            || tool_lists.iter().any(|list| list.member == name)
    };
    let members = node.as_map().map_or(&[][..], |map| &map.members);
    let other_members = members.iter().map(|member| &member.name).filter(|name| !is_known(name)).cloned();
    let mut entry = Entry {
        place: Place::of(&located.steps),
        key: located.key.clone(),
        scope: located.scope,
        project: located.project.clone(),
        position,
        kind,
        wrapped,
        variables: variables(node, shape.env),
        passed_names: ["env_vars", "env_keys"].iter().flat_map(|name| names(node, name)).collect(),
        env_file: text("envFile"),
        cwd: text("cwd"),
        is_disabled: flag(node, "disabled") == Some(true) || flag(node, "enabled") == Some(false),
        is_read: located.is_read,
        other_members: other_members.collect(),
        placeholders: placeholder::pointers(file.client, node),
        tool_lists,
        obstacle: None,
    };
    entry.obstacle = if !entry.is_read {
        Some(Obstacle::NotRead)
    } else if located.is_repeated {
        Some(Obstacle::Repeated)
    } else {
        obstacle_of(file, bytes, node, &entry)
    };
    entry
}

fn kind_of(file: &'static ConfigFile, node: &Node) -> (Kind, Option<Wrapped>) {
    if node.as_map().is_none() {
        return (Kind::Malformed("the entry is no object"), None);
    }
    let type_name = node.get("type").and_then(Node::as_str).unwrap_or_default();
    if is_built_in(node, type_name) {
        return (Kind::BuiltIn, None);
    }
    let url = URL_MEMBERS.iter().find_map(|&member| Some((member, node.get(member)?.as_str()?)));
    let site = Site::of(node, &file.shape);
    if let (Some((member, url)), true) = (url, site.is_none() || is_remote_type(type_name)) {
        let remote = RemoteUrl {
            url: url.to_owned(),
            member,
            is_read: !file.shape.urls.is_empty(),
            is_sse: is_sse(type_name, member, url, node),
        };
        let is_open = placeholder::hides_host(file.client, url);
        return (if is_open { Kind::Placeholder(remote) } else { Kind::Remote(remote) }, None);
    }
    let Some(site) = site else {
        return (Kind::Malformed("neither a command nor a URL that the client knows"), None);
    };
    let (command, args) = match site.words() {
        Ok(words) => words,
        Err(reason) => return (Kind::Malformed(reason), None),
    };
    match wrapper::parse(&command, &args) {
        Some(wrapped) => {
            let line = CommandLine {
                command: args[wrapped.inner].clone(),
                args: args[wrapped.inner + 1..].to_vec(),
            };
            (Kind::Stdio(line), Some(wrapped))
        }
        None => (Kind::Stdio(CommandLine { command, args }), None),
    }
}

/// Parts of Goose, and extensions of Zed, which say where the program is themselves.
fn is_built_in(node: &Node, type_name: &str) -> bool {
    let is_of_extension = node.get("source").and_then(Node::as_str) == Some("extension");
    let has_settings_alone =
        node.get("settings").is_some() && node.get("command").is_none() && node.get("url").is_none();
    matches!(type_name, "builtin" | "platform" | "frontend" | "inline_python")
        || is_of_extension
        || has_settings_alone
}

fn is_remote_type(type_name: &str) -> bool {
    let plain: String =
        type_name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    matches!(plain.as_str(), "http" | "sse" | "remote" | "streamablehttp" | "ws")
}

fn is_sse(type_name: &str, member: &str, url: &str, node: &Node) -> bool {
    let transport = node.get("transport").and_then(Node::as_str).unwrap_or_default();
    let path = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    if type_name.is_empty() && transport.is_empty() {
        return member != "httpUrl" && path.trim_end_matches('/').ends_with("/sse");
    }
    type_name == "sse" || transport == "sse"
}

fn variables(node: &Node, member: &str) -> Vec<Variable> {
    // The older form of one client keeps them beside the path.
    let inner = node.get("command").filter(|command| command.as_map().is_some());
    let map = [Some(node), inner].into_iter().flatten().find_map(|node| node.get(member)?.as_map());
    let value = |node: &Node| match &node.value {
        Value::Text(text) => Some(text.decoded.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Other(written) => Some(written.clone()),
        _ => None,
    };
    let members = map.map_or(&[][..], |map| &map.members);
    members.iter().map(|member| Variable { name: member.name.clone(), value: value(&member.node) }).collect()
}

fn names(node: &Node, member: &str) -> Vec<String> {
    let items = node.get(member).and_then(Node::as_list).map_or(&[][..], |list| &list.items);
    items
        .iter()
        .filter_map(|item| item.as_str().or_else(|| item.get("name")?.as_str()))
        .map(str::to_owned)
        .collect()
}

fn flag(node: &Node, member: &str) -> Option<bool> {
    node.get(member).and_then(Node::as_bool)
}
