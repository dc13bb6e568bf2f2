//! What is made of real files, compared with what a person wrote down about each of their entries.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

mod support;

use std::collections::BTreeSet;

use pinfold_clients::{Entry, Kind, Looseness, NotProtected, Place, Registry, Treatment, VersionSpec, read};
use pinfold_core::launch::Bridge;
use serde_json::Value;

fn strings(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn readable() -> Vec<support::Real> {
    let mut files = support::real_files();
    files.retain(|real| real.index["expected"]["result"] != "error");
    files
}

/// Every entry with what the index says about it, in the order of the file.
fn each(mut compare: impl FnMut(&str, &Entry, &Value)) {
    for real in readable() {
        let document = read(real.kind, &real.bytes).unwrap_or_else(|error| panic!("{}: {error}", real.name));
        let expected = real.index["servers"].as_array().cloned().unwrap_or_default();
        let keys: Vec<&str> = document.entries().iter().map(|entry| entry.key.as_str()).collect();
        let mut names: Vec<&str> = expected.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        names.sort_unstable();
        assert_eq!(sorted, names, "{}", real.name);
        for entry in document.entries() {
            let index = expected.iter().find(|index| index["name"] == entry.key.as_str()).unwrap();
            compare(&format!("{} {}", real.name, entry.place), entry, index);
        }
    }
}

#[test]
fn the_treatment_of_every_entry() {
    each(|what, entry, index| {
        let reason = index["reason"].as_str().unwrap_or_default();
        let expected = match (index["protect"].as_str().unwrap(), reason.split(':').next().unwrap()) {
            ("wrap-managed", _) => Treatment::WrapPackage,
            ("wrap", "") => Treatment::Wrap(None),
            ("wrap", "container") => Treatment::Wrap(Some(Looseness::Container)),
            ("wrap", "source is not a registry package") => Treatment::Wrap(Some(Looseness::Source)),
            ("wrap", "the package is only a runner; the server is a local script") => {
                Treatment::Wrap(Some(Looseness::Runner))
            }
            ("wrap", "bridge") => Treatment::Wrap(Some(Looseness::HostedBridge)),
            ("list-not-protected", "remote server") => Treatment::NotProtected(NotProtected::Remote),
            ("list-not-protected", "the client does not read this key") => {
                Treatment::NotProtected(NotProtected::NotRead)
            }
            ("list-not-protected", "the client does not read url entries in this file") => {
                Treatment::NotProtected(NotProtected::UrlNotRead)
            }
            ("list-not-protected", "part of the client, no program of its own") => {
                Treatment::NotProtected(NotProtected::BuiltIn)
            }
            ("list-not-protected", "entry has neither a command nor a URL the client knows") => {
                Treatment::NotProtected(NotProtected::Malformed(
                    "neither a command nor a URL that the client knows",
                ))
            }
            ("list-not-protected", "command is a shell line, not a program") => Treatment::NotProtected(
                NotProtected::Malformed("the command is a line for a shell, not a program"),
            ),
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(entry.treatment(), expected, "{what}");
    });
}

#[test]
fn the_kind_of_every_entry() {
    each(|what, entry, index| {
        let kind = index["kind"].as_str().unwrap();
        let found = match &entry.kind {
            Kind::BuiltIn => "builtin",
            Kind::Malformed(_) => "malformed",
            Kind::Placeholder(_) => "placeholder",
            Kind::Remote(url) if url.is_sse => "remote-sse",
            Kind::Remote(_) => "remote-http",
            Kind::Stdio(line) => {
                let recognised = line.recognise();
                let package =
                    recognised.package.filter(|package| !package.is_runner || recognised.bridge.is_some());
                match (recognised.bridge, package.map(|package| package.registry)) {
                    (Some(_), _) => "mcp-remote",
                    (None, Some(Registry::Npm)) => "npx",
                    (None, Some(Registry::Pypi)) => "uvx",
                    (None, _) if recognised.is_container => "docker",
                    // Told apart there by the language, which nothing depends on.
                    _ => ["node-script", "python-script", "binary", "shell", "other-runtime"]
                        .into_iter()
                        .find(|&own| own == kind)
                        .unwrap_or("own program"),
                }
            }
        };
        assert_eq!(found, kind, "{what}");
    });
}

#[test]
fn packages_versions_and_what_is_behind_bridges() {
    each(|what, entry, index| {
        let recognised = entry.recognise();
        let package = recognised.as_ref().and_then(|recognised| recognised.package.as_ref());
        assert_eq!(package.map(|package| package.name.as_str()), index["package"].as_str(), "{what}");
        if let Some(package) = package {
            assert_eq!(package.version.as_str(), index["version_kind"].as_str().unwrap(), "{what}");
            let version = match &package.version {
                VersionSpec::Tag(text) | VersionSpec::Exact(text) | VersionSpec::Range(text) => {
                    Some(text.as_str())
                }
                VersionSpec::Git | VersionSpec::Url => Some(package.name.as_str()),
                _ => None,
            };
            assert_eq!(version, index["version"].as_str(), "{what}");
        }
        let behind = recognised.and_then(|recognised| recognised.bridge).map(|bridge| match bridge {
            Bridge::Url(url) => url,
            Bridge::Hosted { name, .. } => name,
        });
        assert_eq!(behind.as_deref(), index["behind_it"].as_str(), "{what}");
    });
}

#[test]
fn variables_folders_flags_and_lists() {
    each(|what, entry, index| {
        let names: BTreeSet<String> = entry.variables.iter().map(|variable| variable.name.clone()).collect();
        assert_eq!(names, strings(&index["env_names"]), "{what}");
        let passed: BTreeSet<String> = entry.passed_names.iter().cloned().collect();
        let expected = &strings(&index["env_vars"]) | &strings(&index["env_keys"]);
        assert_eq!(passed, expected, "{what}");
        assert_eq!(entry.cwd.as_deref(), index["cwd"].as_str(), "{what}");
        assert_eq!(entry.is_disabled, index["disabled"] == true, "{what}");
        assert_eq!(
            entry.placeholders.iter().cloned().collect::<BTreeSet<_>>(),
            strings(&index["placeholders_at"]),
            "{what}"
        );
        let lists: BTreeSet<String> = entry
            .tool_lists
            .iter()
            .filter(|list| !list.tools.is_empty())
            .map(|list| list.member.clone())
            .collect();
        assert_eq!(lists, strings(&index["tool_name_lists"]), "{what}");
    });
}

#[test]
fn hints_stand_where_the_index_has_some() {
    for real in readable() {
        let document = read(real.kind, &real.bytes).unwrap();
        let is_expected = real.index["expected"]["hint"].is_string();
        assert_eq!(!document.hints().is_empty(), is_expected, "{} {:?}", real.name, document.hints());
    }
}

#[test]
fn refused_files_are_refused_where_the_index_says() {
    for real in support::real_files() {
        let expected = &real.index["expected"];
        if expected["result"] != "error" {
            continue;
        }
        let error = read(real.kind, &real.bytes).expect_err(&real.name);
        let found = (error.position.line as u64, error.position.column as u64);
        let place = |value: &Value| (value["line"].as_u64().unwrap(), value["column"].as_u64().unwrap());
        let also = expected["error"]["also_accepted"].as_array().unwrap().iter().map(place);
        let accepted: Vec<_> = also.chain([place(&expected["error"])]).collect();
        assert!(accepted.contains(&found), "{}: {error}, not {accepted:?}", real.name);
    }
}

#[test]
fn no_debug_output_holds_a_secret() {
    let mut count = 0;
    for real in readable() {
        let document = read(real.kind, &real.bytes).unwrap();
        let shown = format!("{document:?}");
        let whole: Option<Value> = serde_json::from_slice(&real.bytes).ok();
        for entry in document.entries() {
            let expected = real.index["servers"].as_array().unwrap();
            let index = expected.iter().find(|index| index["name"] == entry.key.as_str()).unwrap();
            for pointer in strings(&index["secret_values_at"]) {
                let whole = whole.as_ref().expect("secrets stand in JSON files");
                let value = whole.pointer(entry.place.as_str()).unwrap().pointer(&pointer).unwrap();
                // The part of a line that is secret: a value after `=` or between `:` and `@`.
                let text = value.as_str().unwrap();
                let secret = text
                    .split(['"', '@', '='])
                    .map(|part| part.rsplit(':').next().unwrap())
                    .max_by_key(|part| part.len())
                    .unwrap();
                // A stand-in such as `test` is a word of other texts, too.
                if secret.len() > 5 {
                    assert!(!shown.contains(secret), "{} {}: {pointer}", real.name, entry.place);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 10 || support::data_folder("configs").is_none(), "{count} secrets only");
}

#[test]
fn an_unknown_place_is_no_entry() {
    for real in readable() {
        let document = read(real.kind, &real.bytes).unwrap();
        assert!(document.unwrap(&[Place::from_pointer("/mcpServers/nobody-has-this")]).is_err());
    }
}
