//! A log in memory behind HTTP, whose answers a test may exchange for lies.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pinfold_core::entry::{Entry, Payload};
use pinfold_core::json::{self, Value};
use pinfold_core::merkle::{EntryTile, MemoryTree, append_entry, tiles_between};
use pinfold_core::registry_name::RegistryName;

use crate::tiny_log::TinyLog;

/// Answers by path; a path that is not there is 404.
pub(crate) type Answers = BTreeMap<String, Vec<u8>>;

/// While there is an answer of this name, bundles of entries come slowly.
pub(crate) const SLOW: &str = "slow";

/// A server of answers. It goes on until the test ends.
pub(crate) struct Served {
    pub(crate) url: String,
    answers: Arc<Mutex<Answers>>,
}

impl Served {
    /// Serves on a free port of loopback.
    pub(crate) fn new(answers: Answers) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answers = Arc::new(Mutex::new(answers));
        let shared = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || answer(stream.expect("a connection"), &shared));
            }
        });
        Served { url, answers }
    }

    /// Serves something else from now on.
    pub(crate) fn serve(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }

    /// Changes one answer.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut answers = self.answers.lock().unwrap();
        change(answers.get_mut(path).unwrap_or_else(|| panic!("{path} is not served")));
    }

    /// Answers one more path.
    pub(crate) fn add(&self, path: &str, body: &[u8]) {
        self.answers.lock().unwrap().insert(path.to_owned(), body.to_vec());
    }

    /// Takes one answer away.
    pub(crate) fn remove(&self, path: &str) -> Vec<u8> {
        self.answers.lock().unwrap().remove(path).expect("it is served")
    }
}

fn answer(mut stream: TcpStream, answers: &Mutex<Answers>) {
    let mut request = Vec::new();
    let mut chunk = [0; 2048];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&chunk[..count]),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    // Slow enough for a signal to come in between.
    if path.starts_with("/tile/entries/") && answers.lock().unwrap().contains_key(SLOW) {
        thread::sleep(Duration::from_millis(700));
    }
    let (status, body) = match answers.lock().unwrap().get(&path) {
        Some(body) => ("200 OK", body.clone()),
        None => ("404 Not Found", Vec::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // The client may have seen enough.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

/// What an honest server answers for a head of a log, about these names.
pub(crate) fn answers(log: &TinyLog, head: usize, names: &[&str]) -> Answers {
    let size = log.heads[head].size;
    let note = log.heads[head].checkpoint.to_bytes();
    let entries = &log.entries[..usize::try_from(size).unwrap()];
    let mut answers = tree(log, entries, &note);
    for name in names {
        let name: RegistryName = name.parse().unwrap();
        let history = history(entries, &name);
        let newest = history
            .iter()
            .rev()
            .find(|(index, entry)| matches!(entry.payload(), Payload::Release(_)) && *index < size);
        let lookup = document(&[
            ("checkpoint", text_json(&note)),
            ("newest", newest.map_or("null".to_owned(), |(index, _)| index.to_string())),
            ("state", String::from_utf8(log.index_proof(&name, head)).unwrap()),
        ]);
        answers.insert(format!("/lookup/{name}"), lookup.into_bytes());
        let items: Vec<String> = history
            .iter()
            .map(|(index, entry)| {
                let leaf = pinfold_core::hex::encode(entry.leaf_hash().as_bytes());
                format!("{{\"index\":{index},\"leaf\":\"{leaf}\"}}")
            })
            .collect();
        let body = format!("{{\"from\":0,\"items\":[{}]}}", items.join(","));
        answers.insert(format!("/history/{name}?from=0"), body.into_bytes());
    }
    answers
}

/// Checkpoint, policy and tiles of these entries.
pub(crate) fn tree(log: &TinyLog, entries: &[Entry], note: &[u8]) -> Answers {
    let mut answers = Answers::new();
    answers.insert("/checkpoint".to_owned(), note.to_vec());
    answers.insert("/policy".to_owned(), log.policy().into_bytes());
    let tree = tree_of(entries);
    let size = entries.len() as u64;
    for tile in tiles_between(0, size) {
        answers.insert(format!("/{tile}"), tree.tile(tile).expect("it is in the tree"));
    }
    for tile in EntryTile::between(0, size) {
        let first = usize::try_from(tile.first_entry()).unwrap();
        let mut bundle = Vec::new();
        for entry in &entries[first..first + usize::from(tile.width().get())] {
            append_entry(&mut bundle, entry.as_bytes()).unwrap();
        }
        answers.insert(format!("/{tile}"), bundle);
    }
    answers
}

/// The tree of these entries.
pub(crate) fn tree_of(entries: &[Entry]) -> MemoryTree {
    let mut tree = MemoryTree::new();
    entries.iter().for_each(|entry| tree.push(entry.leaf_hash()));
    tree
}

/// Adds the parts of the bundle of a release.
pub(crate) fn with_bundle(mut answers: Answers, log: &TinyLog, index: u64, head: usize) -> Answers {
    answers.insert(format!("/bundle/{index}"), log.parts(index, head).to_bytes());
    answers
}

fn history<'a>(entries: &'a [Entry], name: &RegistryName) -> Vec<(u64, &'a Entry)> {
    let is_of = |entry: &Entry| match entry.payload() {
        Payload::Release(statement) => statement.name.lower() == name.lower(),
        Payload::Withdrawal(withdrawal) => {
            withdrawal.name().is_some_and(|withdrawn| withdrawn.lower() == name.lower())
        }
        _ => false,
    };
    (0..).zip(entries).filter(|(_, entry)| is_of(entry)).collect()
}

fn text_json(bytes: &[u8]) -> String {
    let text = Value::string(String::from_utf8(bytes.to_vec()).unwrap());
    String::from_utf8(json::canonical(&text)).unwrap()
}

/// A canonical object of members that are JSON already and sorted.
fn document(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
