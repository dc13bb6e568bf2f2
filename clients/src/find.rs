//! Which values of a file are entries.

use std::collections::BTreeMap;

use crate::document::{HintKind, Located};
use crate::file::{ConfigFile, Scope};
use crate::limits::{MAX_ENTRY_MEMBERS, MAX_SERVERS};
use crate::read::{Fault, ReadRefusal};
use crate::tree::{Map, Member, Node, Value};

/// The entries of a file, and what stands where the client does not look.
pub(crate) struct Found {
    pub(crate) entries: Vec<Located>,
    pub(crate) hints: Vec<(HintKind, usize)>,
}

/// Keys of other clients, under which people put servers by mistake.
const KEYS_OF_CLIENTS: &[&str] = &["mcpServers", "servers", "mcp_servers", "context_servers", "mcp"];

/// Finds the entries.
///
/// # Errors
/// The root, or a value under the client's key, is of a kind that the client refuses.
pub(crate) fn find(file: &'static ConfigFile, root: &Node) -> Result<Found, Fault> {
    let mut found = Found { entries: Vec::new(), hints: Vec::new() };
    let map = match &root.value {
        Value::Map(map) => map,
        // An empty YAML file.
        Value::Null => return Ok(found),
        other => return Err(Fault::new(ReadRefusal::WrongKind(other.kind(), "an object"), root.span.start)),
    };
    let mut is_there = false;
    for keys in file.servers.keys {
        let walk = Walk { file, steps: Vec::new(), way: Vec::new(), project: None };
        is_there |= walk.follow(root, keys, &mut found)?;
    }
    if !is_there && file.servers.root_if_absent && holds_servers(map) {
        let walk = Walk { file, steps: Vec::new(), way: Vec::new(), project: None };
        walk.members(map, true, &mut found)?;
        return Ok(found);
    }
    unread(file, map, &mut found)?;
    Ok(found)
}

struct Walk {
    file: &'static ConfigFile,
    steps: Vec<String>,
    way: Vec<usize>,
    project: Option<String>,
}

impl Walk {
    /// Follows member names to the map or list of entries. Whether there is one.
    fn follow(&self, node: &Node, keys: &[&str], found: &mut Found) -> Result<bool, Fault> {
        let Some((key, rest)) = keys.split_first() else { return self.servers(node, found) };
        let Some(map) = node.as_map() else { return Ok(false) };
        if *key == "*" {
            let mut is_there = false;
            for (index, member) in map.members.iter().enumerate() {
                let mut below = self.below(index, &member.name);
                below.project = Some(member.name.clone());
                is_there |= below.follow(&member.node, rest, found)?;
            }
            return Ok(is_there);
        }
        match map.members.iter().rposition(|member| member.name == *key) {
            Some(index) => self.below(index, key).follow(&map.members[index].node, rest, found),
            None => Ok(false),
        }
    }

    fn servers(&self, node: &Node, found: &mut Found) -> Result<bool, Fault> {
        let is_list = self.file.shape.is_list;
        match &node.value {
            Value::Map(map) if !is_list => self.members(map, true, found)?,
            Value::List(_) if is_list => self.items(node, found)?,
            Value::Null => {}
            other => {
                let needed = if is_list { "a list" } else { "an object" };
                return Err(Fault::new(ReadRefusal::WrongKind(other.kind(), needed), node.span.start));
            }
        }
        Ok(true)
    }

    fn members(&self, map: &Map, is_read: bool, found: &mut Found) -> Result<(), Fault> {
        check_count(found.entries.len() + map.members.len(), MAX_SERVERS, &map.members)?;
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, member) in map.members.iter().enumerate() {
            places.entry(&member.name).or_default().push(index);
        }
        for (index, member) in map.members.iter().enumerate() {
            let of_name = places.get(member.name.as_str()).map_or(&[][..], Vec::as_slice);
            let is_repeated = of_name.len() > 1;
            if is_repeated && of_name.last() != Some(&index) {
                let kind = HintKind::KeyTwice { key: member.name.clone() };
                found.hints.push((kind, member.name_span.start));
                continue;
            }
            check_members(&member.node)?;
            let below = self.below(index, &member.name);
            found.entries.push(below.entry(&member.name, member.name_span.start, is_read, is_repeated));
        }
        Ok(())
    }

    fn items(&self, node: &Node, found: &mut Found) -> Result<(), Fault> {
        let items = node.as_list().map_or(&[][..], |list| &list.items);
        if found.entries.len() + items.len() > MAX_SERVERS {
            return Err(Fault::new(ReadRefusal::TooManyServers, node.span.start));
        }
        for (index, item) in items.iter().enumerate() {
            let key = item.get("name").and_then(Node::as_str).unwrap_or_default();
            check_members(item)?;
            let below = self.below(index, &index.to_string());
            found.entries.push(below.entry(key, item.span.start, true, false));
        }
        Ok(())
    }

    fn below(&self, index: usize, name: &str) -> Self {
        let mut steps = self.steps.clone();
        steps.push(name.to_owned());
        let mut way = self.way.clone();
        way.push(index);
        Self { file: self.file, steps, way, project: self.project.clone() }
    }

    fn entry(self, key: &str, offset: usize, is_read: bool, is_repeated: bool) -> Located {
        let scope = if self.project.is_some() { Scope::Local } else { self.file.scope };
        Located {
            way: self.way,
            steps: self.steps,
            key: key.to_owned(),
            offset,
            scope,
            project: self.project,
            is_read,
            is_repeated,
        }
    }
}

/// Servers under keys of other clients, and beside the key.
fn unread(file: &'static ConfigFile, map: &Map, found: &mut Found) -> Result<(), Fault> {
    let needed = file.servers.keys.first().map(|keys| keys.join(".")).unwrap_or_default();
    let walk = || Walk { file, steps: Vec::new(), way: Vec::new(), project: None };
    for (index, member) in map.members.iter().enumerate() {
        if file.servers.keys.iter().any(|keys| keys.first() == Some(&member.name.as_str())) {
            continue;
        }
        let Value::Map(inner) = &member.node.value else { continue };
        let below = walk().below(index, &member.name);
        if KEYS_OF_CLIENTS.contains(&member.name.as_str()) && holds_servers(inner) {
            let kind = HintKind::KeyNotRead { found: member.name.clone(), needed: needed.clone() };
            found.hints.push((kind, member.name_span.start));
            below.members(inner, false, found)?;
        } else if !file.servers.is_shared && names_server(&member.node) {
            let kind = HintKind::KeyNotRead { found: String::new(), needed: needed.clone() };
            found.hints.push((kind, member.name_span.start));
            check_count(found.entries.len() + 1, MAX_SERVERS, std::slice::from_ref(member))?;
            check_members(&member.node)?;
            found.entries.push(below.entry(&member.name, member.name_span.start, false, false));
        }
    }
    Ok(())
}

fn check_count(count: usize, limit: usize, members: &[Member]) -> Result<(), Fault> {
    let offset = members.first().map_or(0, |member| member.name_span.start);
    if count > limit { Err(Fault::new(ReadRefusal::TooManyServers, offset)) } else { Ok(()) }
}

/// The members of an entry, and of the maps in it: what is compared with each other has to stay few.
fn check_members(entry: &Node) -> Result<(), Fault> {
    let Some(map) = entry.as_map() else { return Ok(()) };
    check_count(map.members.len(), MAX_ENTRY_MEMBERS, &map.members)?;
    for inner in map.members.iter().filter_map(|member| member.node.as_map()) {
        check_count(inner.members.len(), MAX_ENTRY_MEMBERS, &inner.members)?;
    }
    Ok(())
}

/// Whether a map has an entry among its members.
fn holds_servers(map: &Map) -> bool {
    map.members.iter().any(|member| names_server(&member.node))
}

/// Whether a value looks like an entry of any client.
fn names_server(node: &Node) -> bool {
    let has = |name: &str| {
        node.get(name).is_some_and(|value| matches!(value.value, Value::Text(_) | Value::List(_)))
    };
    ["command", "cmd"].iter().chain(URL_MEMBERS).any(|name| has(name))
}

/// Members that hold a URL, of any client.
pub(crate) const URL_MEMBERS: &[&str] = &["url", "httpUrl", "serverUrl", "uri"];
