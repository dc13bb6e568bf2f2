//! Entries of real configuration files: what stood for a secret there is in no record.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use std::collections::BTreeMap;

use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::launch::{Launch, Masked, Piece, ProgramFile, mask_arguments, pin_variable};
use support::data_folder;

#[test]
fn no_secret_of_a_real_configuration_is_in_a_record() {
    let Some(folder) = data_folder("configs") else { return };
    let index = std::fs::read(folder.join("INDEX.json")).unwrap();
    let index = json::read(&index, &ReadLimits::OWN).unwrap();
    let (mut entries, mut secrets, mut unread) = (0, 0, 0);
    for file in index.get("files").and_then(Value::as_array).unwrap() {
        let name = text(file, "file").unwrap();
        let listed = file.get("servers").and_then(Value::as_array).unwrap_or_default();
        let plain = without_comments(&std::fs::read_to_string(folder.join(name)).unwrap());
        let Ok(doc) = json::read(plain.as_bytes(), &ReadLimits::OWN) else {
            let hides = listed.iter().any(|server| server.get("secret_values_at").is_some());
            assert!(!hides, "{name} is not read, and has secrets");
            unread += 1;
            continue;
        };
        for server in listed {
            let Some(entry) = find(file, &doc, text(server, "name").unwrap()) else { continue };
            let Some((command, args)) = command_line(entry) else { continue };
            entries += 1;
            let pointers = server.get("secret_values_at").and_then(Value::as_array).unwrap_or_default();
            secrets += pointers.len();
            let values: Vec<String> = pointers.iter().map(|at| secret(entry, at.as_str().unwrap())).collect();
            let shown = everything(&record(&command, &args, entry));
            for value in values {
                assert!(!shown.contains(&value), "{name}: {value} in {shown}");
            }
        }
    }
    assert!(entries > 100 && secrets > 10, "{entries} entries, {secrets} secrets");
    println!(
        "{entries} entries, {secrets} secrets, none shown; {unread} files that are not JSON were not read"
    );
}

/// The record of an entry; its program is made up, because the machine is another one.
fn record(command: &str, args: &[String], entry: &Value<'_>) -> Launch {
    let file = "/usr/bin/x".to_owned();
    let variables =
        ["env", "environment"].into_iter().find_map(|name| entry.get(name)?.as_object()).unwrap_or_default();
    let env: BTreeMap<_, _> = variables
        .iter()
        .map(|variable| (variable.name.to_string(), pin_variable(&variable.name, variable.value.as_str())))
        .collect();
    let launch = Launch {
        command: command.to_owned(),
        program: vec![ProgramFile { path: file.clone(), file, digest: None }],
        args: mask_arguments(command, args),
        folder: None,
        env,
        passes: Default::default(),
    };
    launch.check().unwrap();
    assert_eq!(Launch::from_bytes(&launch.to_bytes()).unwrap(), launch);
    launch
}

/// The record as it is stored, debugged and described.
fn everything(launch: &Launch) -> String {
    let description = launch.describe();
    let words = description.command_line.iter().flatten();
    let line: Vec<&str> = words
        .filter_map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None })
        .collect();
    let stored = String::from_utf8(launch.to_bytes()).unwrap();
    format!("{stored}\n{launch:?}\n{description:?}\n{}", line.join(" "))
}

/// The secret in the value at a pointer: the user of a URL, what stands behind `=`, or the whole value.
fn secret(entry: &Value<'_>, pointer: &str) -> String {
    let value = entry.at_pointer(pointer).and_then(Value::as_str).unwrap();
    let part = match (value.split_once("://"), value.split_once('=')) {
        (Some((_, rest)), _) => rest.rsplit_once('@').map_or(rest, |(user, _)| user),
        (None, Some((_, value))) => value,
        (None, None) => value,
    };
    part.trim_matches(['"', ':']).to_owned()
}

fn find<'v, 'a>(file: &Value<'_>, doc: &'v Value<'a>, name: &str) -> Option<&'v Value<'a>> {
    let servers = match text(file, "servers_key") {
        Some(key) if !key.is_empty() => doc.get(key)?,
        _ => doc,
    };
    match servers.as_array() {
        Some(list) => list.iter().find(|server| text(server, "name") == Some(name)),
        None => servers.get(name),
    }
}

/// Command and arguments: two members, one list, or an object with a path.
fn command_line(entry: &Value<'_>) -> Option<(String, Vec<String>)> {
    let command = entry.get("command").or_else(|| entry.get("cmd"))?;
    let strings = |list: Option<&Value<'_>>| -> Vec<String> {
        let elements = list.and_then(Value::as_array).unwrap_or_default();
        elements.iter().filter_map(|element| element.as_str().map(str::to_owned)).collect()
    };
    if let Some(text) = command.as_str() {
        return Some((text.to_owned(), strings(entry.get("args"))));
    }
    if let Some(path) = text(command, "path") {
        return Some((path.to_owned(), strings(command.get("args"))));
    }
    let mut words = strings(Some(command)).into_iter();
    Some((words.next()?, words.collect()))
}

fn text<'v>(value: &'v Value<'_>, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// The document without comments and trailing commas, as several clients read it.
fn without_comments(doc: &str) -> String {
    let mut plain = String::with_capacity(doc.len());
    let mut letters = doc.trim_start_matches('\u{feff}').chars().peekable();
    let mut in_string = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if in_string => {
                plain.push(letter);
                plain.extend(letters.next());
                continue;
            }
            '"' => in_string = !in_string,
            '/' if !in_string && letters.peek() == Some(&'/') => {
                while letters.peek().is_some_and(|next| *next != '\n') {
                    letters.next();
                }
                continue;
            }
            '/' if !in_string && letters.peek() == Some(&'*') => {
                letters.next();
                while letters.next().is_some_and(|next| next != '*' || letters.peek() != Some(&'/')) {}
                letters.next();
                continue;
            }
            ']' | '}' if !in_string => {
                let kept = plain.trim_end().len();
                if plain[..kept].ends_with(',') {
                    plain.truncate(kept - 1);
                }
            }
            _ => {}
        }
        plain.push(letter);
    }
    plain
}

#[test]
fn the_example_of_the_specification_is_a_launch_with_that_digest() {
    let page = std::fs::read_to_string(support::repository().join("spec/launch.md")).unwrap();
    let example = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let launch = Launch::from_value(&json::read(example.as_bytes(), &ReadLimits::OWN).unwrap()).unwrap();
    assert!(page.contains(&format!("`{}`", launch.digest())), "{}", launch.digest());
    assert_eq!(launch.args[4], mask_arguments("npx", &["--api-key=x".to_owned()])[0]);
    assert_ne!(launch.args[4], Masked::plain("--api-key=x"));
}
