//! Real listings: nothing in them breaks a rule of the surface, and the limits have room above them.
//!
//! The listings are the text of others and not part of the repository; without them these tests say so and check
//! nothing.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::name::skeleton;
use pinfold_core::surface::{self, schema};
use support::{data_folder, files_of};

/// Every server of the corpus, or none.
fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(folder) = data_folder("corpus") else { return Vec::new() };
    let mut files = files_of(&folder);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

const LISTS: [(&str, ObjectKind); 4] = [
    ("tools", ObjectKind::Tool),
    ("prompts", ObjectKind::Prompt),
    ("resourceTemplates", ObjectKind::ResourceTemplate),
    ("resources", ObjectKind::Resource),
];

fn list<'v, 'a>(server: &'v Value<'a>, member: &str) -> Option<&'v Value<'a>> {
    let list = server.get(member)?;
    if list.as_array().is_some() { Some(list) } else { list.get(member) }
}

#[test]
fn no_real_object_breaks_a_rule() {
    let mut count = 0;
    for (path, bytes) in corpus() {
        let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
        for (member, kind) in LISTS {
            let Some(list) = list(&server, member) else { continue };
            let result = [b"{\"", member.as_bytes(), b"\":", list.slice(&bytes), b"}"].concat();
            let page = surface::read_page(kind, &result).unwrap();
            for object in page.objects {
                assert_eq!(object.fault, None, "{} {}", path.display(), object.name);
                count += 1;
            }
        }
    }
    println!("{count} real objects read, none breaks a rule");
}

#[test]
fn no_two_real_names_of_one_server_look_alike() {
    for (path, bytes) in corpus() {
        let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
        for (member, _) in &LISTS[..3] {
            let mut seen = BTreeMap::new();
            for object in list(&server, member).and_then(Value::as_array).unwrap_or_default() {
                let name_member = if *member == "resourceTemplates" { "uriTemplate" } else { "name" };
                let name = object.get(name_member).and_then(Value::as_str).unwrap();
                if let Some(other) = seen.insert(skeleton(name), name) {
                    panic!("{}: {other:?} and {name:?}", path.display());
                }
            }
        }
    }
}

#[test]
fn real_schemas_are_far_below_the_limits() {
    let (mut count, mut depth) = (0, 0);
    for (_, bytes) in corpus() {
        let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
        for tool in list(&server, "tools").and_then(Value::as_array).unwrap_or_default() {
            for member in ["inputSchema", "outputSchema"] {
                let Some(document) = tool.get(member) else { continue };
                let applied = schema::applied(document).unwrap();
                count = count.max(applied.count);
                depth = depth.max(applied.depth);
            }
        }
    }
    println!("most schemas on one value: {count}, longest chain: {depth}");
    assert!(count * 20 < schema::MAX_APPLIED_SCHEMAS);
    assert!(depth * 4 < schema::MAX_APPLIED_DEPTH);
}
