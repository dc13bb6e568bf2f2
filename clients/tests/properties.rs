//! Properties of edits for files that were made up.

mod writing;

use pinfold_clients::{Client, ConfigFile, Document, Kind, Obstacle, Place, Syntax, Wrapping, read};
use proptest::prelude::*;
use writing::{Choices, Server};

/// A client for each strictness.
const CLIENTS: [(Syntax, Client); 6] = [
    (Syntax::Json, Client::Cursor),
    (Syntax::JsonWithComments, Client::Gemini),
    (Syntax::Jsonc, Client::VsCode),
    (Syntax::LenientJson, Client::AiAssistant),
    (Syntax::Toml, Client::Codex),
    (Syntax::Yaml, Client::Goose),
];

fn kind_of_file(client: Client) -> &'static ConfigFile {
    client.files().next().expect("every client has a file")
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("npx".to_owned()),
        Just("--".to_owned()),
        Just("--as".to_owned()),
        Just("run".to_owned()),
        Just("pinfold".to_owned()),
        Just("/usr/bin/pinfold".to_owned()),
        "[a-z/.-]{1,8}",
        "[a-z0-9/.\\\\ \"'#,:\\[\\]{}éß😀$@=%-]{1,12}",
    ]
}

fn server() -> impl Strategy<Value = Server> {
    let args = proptest::option::weighted(0.8, proptest::collection::vec(word(), 0..5));
    let variables = proptest::collection::vec(("[A-Z]{1,4}[0-9]", word()), 0..3);
    ("[a-z @/é\".-]{1,8}", word(), args, variables, any::<bool>()).prop_map(
        |(key, command, args, mut variables, is_disabled)| {
            variables.sort();
            variables.dedup_by(|one, other| one.0 == other.0);
            Server { key, command, args, variables, is_disabled }
        },
    )
}

/// A file and the client that reads it.
fn any_file() -> impl Strategy<Value = (&'static ConfigFile, Vec<u8>)> {
    file_of(0..CLIENTS.len())
}

fn file_of(clients: std::ops::Range<usize>) -> impl Strategy<Value = (&'static ConfigFile, Vec<u8>)> {
    let servers = proptest::collection::btree_map("[a-z @/é\".-]{1,8}", server(), 0..4);
    let choices = proptest::collection::vec(any::<u8>(), 1..80);
    (clients, servers, choices, any::<bool>(), any::<bool>()).prop_map(
        |(client, servers, choices, crlf, bom)| {
            let (syntax, client) = CLIENTS[client];
            let servers: Vec<Server> =
                servers.into_iter().map(|(key, server)| Server { key, ..server }).collect();
            let mut text = writing::file(syntax, &servers, &mut Choices::new(choices));
            if client == Client::VsCode {
                text = text.replace("mcpServers", "servers");
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            let text = if bom { ["\u{feff}", &text].concat() } else { text };
            (kind_of_file(client), text.into_bytes())
        },
    )
}

fn wrappings(document: &Document) -> Vec<(Place, Wrapping)> {
    let free = document.entries().iter().filter(|entry| entry.obstacle.is_none());
    let wrapping = |(index, env_names): (usize, Vec<String>)| Wrapping {
        program: "/opt/\"my\" tools/é/pinfold".to_owned(),
        label: format!("l.{index}").parse().expect("a label"),
        env_names,
    };
    free.enumerate()
        .map(|(index, entry)| (entry.place.clone(), wrapping((index, entry.declared_names()))))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_put_comes_off_again((file, bytes) in any_file()) {
        let document = read(file, &bytes).map_err(|error| TestCaseError::fail(format!("{error}: {}", String::from_utf8_lossy(&bytes))))?;
        for entry in document.entries() {
            // Everything a person can write in one line can be wrapped, except these.
            let is_expected = match (&entry.kind, entry.obstacle) {
                (Kind::Malformed(_), Some(Obstacle::NoProgram)) | (Kind::Stdio(_), None) => true,
                (Kind::Stdio(_), Some(Obstacle::Wrapped | Obstacle::OwnProgram)) => true,
                (Kind::Stdio(_), Some(Obstacle::Spelling)) => file.syntax == Syntax::Yaml,
                _ => false,
            };
            prop_assert!(is_expected, "{:?} {:?}\n{}", entry, entry.obstacle, String::from_utf8_lossy(&bytes));
        }
        let all = wrappings(&document);
        let wrapped = document.wrap(&all).map_err(|error| TestCaseError::fail(format!("{error}: {}", String::from_utf8_lossy(&bytes))))?;
        let again = read(file, &wrapped).expect("a wrapped file is read");
        let places: Vec<Place> = all.iter().map(|(place, _)| place.clone()).collect();
        prop_assert_eq!(&again.unwrap(&places).expect("it comes off"), &bytes);
        // In the other order, one by one.
        let mut left = wrapped;
        for place in places.iter().rev() {
            left = read(file, &left).expect("read").unwrap(std::slice::from_ref(place)).expect("off");
        }
        prop_assert_eq!(left, bytes);
    }

    #[test]
    fn a_second_wrap_finds_nothing_to_do((file, bytes) in any_file()) {
        let document = read(file, &bytes).expect("read");
        let wrapped = document.wrap(&wrappings(&document)).expect("wrapped");
        let again = read(file, &wrapped).expect("read");
        prop_assert!(wrappings(&again).is_empty());
        prop_assert_eq!(again.wrap(&[]).expect("nothing"), wrapped);
    }

    #[test]
    fn other_variables_change_the_wrapper_alone((file, bytes) in any_file()) {
        let document = read(file, &bytes).expect("read");
        let mut all = wrappings(&document);
        let wrapped = read(file, &document.wrap(&all).expect("wrapped")).expect("read");
        for (_, wrapping) in &mut all {
            wrapping.env_names.push("ADDED".to_owned());
        }
        let rewrapped = read(file, &wrapped.rewrap(&all).expect("rewrapped")).expect("read");
        let places: Vec<Place> = all.iter().map(|(place, _)| place.clone()).collect();
        prop_assert_eq!(rewrapped.unwrap(&places).expect("off"), bytes);
        for (place, wrapping) in &all {
            let entry = rewrapped.entry(place).expect("there");
            prop_assert_eq!(&entry.wrapped.as_ref().expect("wrapped").env_names, &wrapping.env_names);
        }
    }

    #[test]
    fn a_client_that_writes_the_file_anew_loses_nothing((file, bytes) in file_of(0..1), is_pretty in any::<bool>()) {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let document = read(file, bytes).expect("read");
        let all = wrappings(&document);
        let wrapped = document.wrap(&all).expect("wrapped");
        let value: serde_json::Value = serde_json::from_slice(&wrapped).expect("JSON");
        let anew = if is_pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
        let places: Vec<Place> = all.into_iter().map(|(place, _)| place).collect();
        let bare = read(file, &anew.expect("written")).expect("read").unwrap(&places).expect("off");
        let bare: serde_json::Value = serde_json::from_slice(&bare).expect("JSON");
        let original: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        prop_assert_eq!(bare, original);
    }

    #[test]
    fn no_bytes_make_the_readers_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200), client in 0..CLIENTS.len()) {
        let _ = read(kind_of_file(CLIENTS[client].1), &bytes);
    }

    #[test]
    fn broken_files_are_read_or_refused((file, bytes) in any_file(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut broken = bytes;
        prop_assume!(!broken.is_empty());
        let at = at.index(broken.len());
        broken[at] = byte;
        if let Ok(document) = read(file, &broken) {
            // Whatever it says now, wrapping it is exact or refused.
            if let Ok(wrapped) = document.wrap(&wrappings(&document)) {
                let again = read(file, &wrapped).expect("read");
                prop_assert!(again.entries().len() == document.entries().len());
            }
        }
    }
}
