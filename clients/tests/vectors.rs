//! The vectors of spec/client-configurations.md, and its table of files.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

mod support;

use std::collections::BTreeMap;

use pinfold_clients::{
    Base, Client, CommandLine, ConfigFile, Entry, Kind, Place, Syntax, VersionSpec, Wrapping, read,
};
use pinfold_core::json::{self, ReadLimits};

struct Vector {
    name: String,
    header: BTreeMap<String, String>,
    input: Vec<u8>,
}

impl Vector {
    fn take(&mut self, key: &str) -> String {
        self.header.remove(key).unwrap_or_else(|| panic!("{}: no `{key}:`", self.name))
    }
}

fn vectors() -> Vec<Vector> {
    let folder = support::repository().join("spec/vectors/client-configurations");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let lines = std::str::from_utf8(&bytes[..end]).unwrap().lines();
        let header = lines.map(|line| line.split_once(':').unwrap());
        let header = header.map(|(key, value)| (key.to_owned(), value.trim().to_owned())).collect();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        found.push(Vector { name, header, input: bytes[end + 2..].to_vec() });
    }
    assert!(found.len() > 20, "{} vectors only", found.len());
    found
}

#[test]
fn every_vector_comes_out_as_it_says() {
    for mut vector in vectors() {
        let (kind, expect) = (vector.take("kind"), vector.take("expect"));
        vector.take("check");
        if kind == "package" {
            is_package(&mut vector, &expect);
            assert!(vector.header.is_empty(), "{}: {:?}", vector.name, vector.header);
            continue;
        }
        let client = Client::from_name(&vector.take("client")).unwrap();
        let path = vector.take("file");
        let file = client.files().find(|file| file.path == path).unwrap_or_else(|| panic!("{}", vector.name));
        match kind.as_str() {
            "read" => is_read(&mut vector, file, &expect),
            "entries" => has_entries(&mut vector, file),
            "wrap" => is_wrapped(&vector, file),
            "unwrap" => is_unwrapped(&vector, file),
            other => panic!("{}: kind {other}", vector.name),
        }
        assert!(vector.header.is_empty(), "{}: {:?}", vector.name, vector.header);
    }
}

fn is_read(vector: &mut Vector, file: &'static ConfigFile, expect: &str) {
    match read(file, &vector.input) {
        Ok(_) => assert_eq!(expect, "ok", "{}", vector.name),
        Err(error) => {
            let position = format!("{}:{}", error.position.line, error.position.column);
            assert_eq!((error.refusal.as_str(), position), (expect, vector.take("at")), "{}", vector.name);
        }
    }
}

fn is_package(vector: &mut Vector, expect: &str) {
    let line = json::read(&vector.input, &ReadLimits::OWN).unwrap();
    let args = line.get("args").unwrap().as_array().unwrap();
    let line = CommandLine {
        command: line.get("command").unwrap().as_str().unwrap().to_owned(),
        args: args.iter().map(|arg| arg.as_str().unwrap().to_owned()).collect(),
    };
    let Some(package) = line.recognise().package else {
        return assert_eq!("none", expect, "{}", vector.name);
    };
    assert_eq!(expect, "ok", "{}: {package:?}", vector.name);
    let named = format!("{} {}", package.registry.as_str(), package.name);
    assert_eq!(named, vector.take("package"), "{}", vector.name);
    let kind = match package.version.as_str() {
        "latest" => "tag",
        kind => kind,
    };
    let version = match &package.version {
        VersionSpec::Tag(text)
        | VersionSpec::Exact(text)
        | VersionSpec::Range(text)
        | VersionSpec::Digest(text) => format!("{kind} {text}"),
        _ => kind.to_owned(),
    };
    assert_eq!(version, vector.take("version"), "{}", vector.name);
    let runner = vector.header.remove("runner");
    assert_eq!(runner.as_deref(), package.is_runner.then_some("yes"), "{}", vector.name);
}

fn has_entries(vector: &mut Vector, file: &'static ConfigFile) {
    let document = read(file, &vector.input).unwrap();
    let shown = |entry: &Entry| {
        let kind = match entry.kind {
            Kind::Stdio(_) => "stdio",
            Kind::Remote(_) => "remote",
            Kind::Placeholder(_) => "placeholder",
            Kind::BuiltIn => "built-in",
            Kind::Malformed(_) => "malformed",
        };
        format!("{}={kind}{}", entry.key, if entry.is_read { "" } else { " not-read" })
    };
    let found: Vec<String> = document.entries().iter().map(shown).collect();
    assert_eq!(found.join("; "), vector.take("entries"), "{}", vector.name);
}

fn before_and_after(vector: &Vector) -> (&str, &str) {
    std::str::from_utf8(&vector.input).unwrap().split_once("=====\n").unwrap()
}

fn is_wrapped(vector: &Vector, file: &'static ConfigFile) {
    let (before, after) = before_and_after(vector);
    let document = read(file, before.as_bytes()).unwrap();
    let wrapping = |entry: &Entry| Wrapping {
        program: "/usr/bin/pinfold".to_owned(),
        label: "demo".parse().unwrap(),
        env_names: entry.declared_names(),
    };
    let free = document.entries().iter().filter(|entry| entry.obstacle.is_none());
    let all: Vec<(Place, Wrapping)> = free.map(|entry| (entry.place.clone(), wrapping(entry))).collect();
    assert!(!all.is_empty(), "{}", vector.name);
    let wrapped = String::from_utf8(document.wrap(&all).unwrap()).unwrap();
    assert_eq!(wrapped, after, "{}", vector.name);
    assert_eq!(
        read(file, after.as_bytes()).unwrap().unwrap_all().unwrap(),
        before.as_bytes(),
        "{}",
        vector.name
    );
}

fn is_unwrapped(vector: &Vector, file: &'static ConfigFile) {
    let (before, after) = before_and_after(vector);
    let bare = read(file, before.as_bytes()).unwrap().unwrap_all().unwrap();
    assert_eq!(String::from_utf8(bare).unwrap(), after, "{}", vector.name);
}

#[test]
fn the_table_of_files_is_that_of_the_specification() {
    let page = std::fs::read_to_string(support::repository().join("spec/client-configurations.md")).unwrap();
    let table = page.lines().skip_while(|line| !line.starts_with("| client | folder |")).skip(2);
    let stated: Vec<&str> = table.take_while(|line| line.starts_with('|')).collect();
    let files = Client::ALL.into_iter().flat_map(Client::files).map(row);
    assert_eq!(stated, files.collect::<Vec<_>>());
}

fn row(file: &ConfigFile) -> String {
    let folder = match file.base {
        Base::Home => "home",
        Base::XdgConfig => "XDG",
        Base::ClaudeConfig => "Claude",
        Base::CodexHome => "Codex",
        Base::Project => "project",
    };
    let syntax = match file.syntax {
        Syntax::Json => "JSON",
        Syntax::JsonWithComments => "JSON with comments",
        Syntax::Jsonc => "JSONC",
        Syntax::LenientJson => "lenient JSON",
        Syntax::Toml => "TOML",
        Syntax::Yaml => "YAML",
    };
    let keys: Vec<String> = file.keys().iter().map(|key| format!("`{key}`")).collect();
    format!("| `{}` | {folder} | `{}` | {syntax} | {} |", file.client.name(), file.path, keys.join(", "))
}
