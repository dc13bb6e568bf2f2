//! Every release of real servers, as the data folder has them. The listings are the text of others and not part of the
//! repository; without them there are no releases, and that is said.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits, Value, canonical};
use pinfold_core::surface::{Received, read_object};

use crate::support::{data_folder, files_of};

/// One version of one server.
pub(crate) struct Release {
    pub(crate) version: Vec<u64>,
    pub(crate) spelled: String,
    pub(crate) objects: BTreeMap<(ObjectKind, String), Received>,
}

/// Releases by ecosystem and package, in the order of their versions.
pub(crate) fn releases() -> BTreeMap<String, Vec<Release>> {
    let mut servers: BTreeMap<String, Vec<Release>> = BTreeMap::new();
    let Some(folder) = data_folder("corpus") else { return servers };
    for path in files_of(&folder).iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let bytes = std::fs::read(path).unwrap();
        let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
        let text = |member| server.get(member).and_then(Value::as_str).unwrap().to_owned();
        let release = Release {
            version: text("version").split(|one: char| !one.is_ascii_digit()).flat_map(str::parse).collect(),
            spelled: text("version"),
            objects: objects(&server, &bytes),
        };
        servers.entry(format!("{} {}", text("ecosystem"), text("package"))).or_default().push(release);
    }
    servers.values_mut().for_each(|all| all.sort_by(|a, b| a.version.cmp(&b.version)));
    servers
}

fn objects(server: &Value<'_>, bytes: &[u8]) -> BTreeMap<(ObjectKind, String), Received> {
    let mut objects = BTreeMap::new();
    let mut add = |kind, value: &[u8]| {
        let object = read_object(kind, value).unwrap();
        assert_eq!(object.fault, None);
        objects.insert((kind, object.name.clone()), object);
    };
    for (member, kind) in [
        ("tools", ObjectKind::Tool),
        ("prompts", ObjectKind::Prompt),
        ("resourceTemplates", ObjectKind::ResourceTemplate),
    ] {
        let list = server.get(member);
        let list = list.and_then(|list| list.as_array().or_else(|| list.get(member)?.as_array()));
        list.unwrap_or_default().iter().for_each(|object| add(kind, object.slice(bytes)));
    }
    if let Some(instructions) = server.get("instructions").filter(|text| text.as_str().is_some()) {
        add(ObjectKind::Instructions, instructions.slice(bytes));
    }
    // Of `serverInfo`, name and version pass unpinned.
    let words = server.get("serverInfo").and_then(Value::as_object).unwrap_or_default().iter();
    let words: Vec<_> = words
        .filter(|member| !matches!(&*member.name, "name" | "version"))
        .map(|member| (member.name.clone().into_owned(), member.value.clone()))
        .collect();
    if !words.is_empty() {
        add(ObjectKind::ServerInfo, &canonical(&Value::object(words)));
    }
    objects
}
