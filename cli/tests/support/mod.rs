//! A home with a store, and a terminal to drive the built program in.
#![allow(dead_code, unreachable_pub)]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::launch::{Launch, ProgramFile};
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, Decision, UnixSeconds};
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::read_object;
use pinfold_store::{Access, Held, Places, Request, Ruling, Store, StoredObject};
use pty_process::blocking::Pty;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Stands in every text that nobody approved.
pub const POISON: &str = "POISON";
/// The label of the tests.
pub const LABEL: &str = "demo";

/// A home folder of its own.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        Home { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn places(&self) -> Places {
        Places::of_home(self.path()).expect("a home")
    }

    pub fn store(&self) -> Store {
        Store::open(&self.places(), Access::Write).expect("the store opens")
    }

    /// The program with a small environment: this home, no agent's marker.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pinfold"));
        command.args(args).env_clear().env("HOME", self.path()).env("PATH", "/usr/bin:/bin");
        command.env("TERM", "xterm").env("TZ", "UTC").current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// Runs it in a session of its own, so that it has no terminal.
    pub fn output(&self, args: &[&str]) -> Output {
        self.without_terminal(self.command(args))
    }

    pub fn without_terminal(&self, command: Command) -> Output {
        let mut detached = Command::new("setsid");
        detached.arg("--wait").arg(command.get_program()).args(command.get_args()).env_clear();
        detached.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        detached.current_dir(self.path()).stdin(Stdio::null()).output().expect("setsid runs")
    }

    pub fn json(&self, args: &[&str]) -> (serde_json::Value, i32) {
        let output = self.output(args);
        let document = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}\n{}", describe(&output)));
        (document, output.status.code().unwrap_or(-1))
    }

    /// Every file of the store with the digest of its bytes. A log that is empty says nothing, and SQLite's index of the
    /// log is shared memory that holds nothing.
    pub fn store_bytes(&self) -> Vec<(String, Digest)> {
        let folder = self.places().store_folder();
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("a store")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| !path.to_string_lossy().ends_with("-shm"))
            .map(|path| (path.to_string_lossy().into_owned(), std::fs::read(&path).expect("it can be read")))
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(path, bytes)| (path, file_digest(&bytes)))
            .collect();
        files.sort();
        files
    }

    pub fn decide(&self, decisions: Vec<Decision>, objects: Vec<StoredObject>) {
        let mut store = self.store();
        let seen = store.head();
        let ruling = Ruling { at: now(), policy: None, seen, decisions, objects };
        store.decide(ruling).expect("it is decided");
    }

    /// A launch that somebody asked for.
    pub fn request(&self, launch: &Launch, withheld: &[&str]) {
        let request = Request {
            label: label(),
            launch: launch.clone(),
            folder: "/home/somebody/project".into(),
            client: "a client".into(),
            values_shown: Vec::new(),
            withheld: withheld.iter().map(|name| (*name).to_owned()).collect(),
            reason: ReasonCode::ServerUnknown,
            created: now(),
        };
        self.store().record_request(&request).expect("it is noted");
    }

    pub fn approve_launch(&self, launch: &Launch) {
        let decision =
            Decision::LaunchApproved { label: label(), launch: launch.clone(), replaces: Vec::new() };
        self.decide(vec![decision], Vec::new());
    }

    pub fn approve(&self, objects: &[&str]) {
        let objects: Vec<StoredObject> = objects.iter().map(|text| object(text)).collect();
        let approvals = objects.iter().map(|object| Approval {
            kind: object.kind,
            name: name_of(object),
            digest: object.digest,
            replaces: None,
            rules: Vec::new(),
        });
        let decision =
            Decision::SurfaceApproved { label: label(), claim: None, objects: approvals.collect() };
        self.decide(vec![decision], objects);
    }

    /// An object that a gate held.
    pub fn hold(&self, text: &str, reason: ReasonCode) -> Digest {
        let object = object(text);
        let (digest, name) = (object.digest, name_of(&object));
        let fault = read_object(object.kind, &object.bytes).expect("it is read").fault;
        let held = Held {
            object,
            name,
            reason,
            pointer: "/description".into(),
            compared_with: None,
            fault: fault.map(|fault| fault.detail.to_string()),
        };
        let store = self.store();
        store.record_held(&label(), &launch("one").digest(), &[held], now()).expect("it is noted");
        digest
    }

    /// A home in which `stay` is approved and this text is held under the name of an approved one.
    pub fn with_a_change(old: &str, new: &str) -> Home {
        let home = Home::new();
        home.approve_launch(&launch("one"));
        home.approve(&[old]);
        home.hold(new, ReasonCode::DescChanged);
        home
    }
}

pub fn label() -> Label {
    LABEL.parse().expect("a label")
}

pub fn now() -> UnixSeconds {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    UnixSeconds(now.as_secs())
}

/// A launch of a binary that is its own.
pub fn launch(name: &str) -> Launch {
    let path = format!("/opt/{name}");
    Launch {
        command: path.clone(),
        program: vec![ProgramFile {
            path: path.clone(),
            file: path,
            digest: Some(file_digest(name.as_bytes())),
        }],
        args: Vec::new(),
        folder: None,
        env: Default::default(),
        passes: Default::default(),
    }
}

pub fn tool(name: &str, description: &str) -> String {
    let description = serde_json::Value::from(description);
    format!(r#"{{"name":"{name}","description":{description},"inputSchema":{{"type":"object"}}}}"#)
}

pub fn object(text: &str) -> StoredObject {
    let read = read_object(ObjectKind::Tool, text.as_bytes()).expect("a tool");
    StoredObject { kind: ObjectKind::Tool, digest: read.digest, bytes: text.as_bytes().to_vec() }
}

fn name_of(object: &StoredObject) -> String {
    read_object(object.kind, &object.bytes).expect("a tool").name
}

pub fn describe(output: &Output) -> String {
    format!(
        "{}\n-- stdout\n{}\n-- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Rows of a terminal in which no page is shown in parts.
const TALL: u16 = 2000;

/// The program in a pseudo-terminal that is its controlling terminal.
pub struct Terminal {
    child: Child,
    keyboard: Arc<Pty>,
    screen: Arc<Mutex<Vec<u8>>>,
    read: usize,
}

impl Terminal {
    pub fn run(command: Command) -> Terminal {
        Terminal::start(command.into(), TALL, "")
    }

    /// The same in a terminal of so many rows.
    pub fn run_in(command: Command, rows: u16) -> Terminal {
        Terminal::start(command.into(), rows, "")
    }

    /// The same after these keys were typed.
    pub fn run_typed_ahead(command: Command, keys: &str) -> Terminal {
        Terminal::start(command.into(), TALL, keys)
    }

    /// The same with answers on standard input.
    pub fn run_with_input(command: Command, input: impl Into<Stdio>) -> Terminal {
        Terminal::start(pty_process::blocking::Command::from(command).stdin(input), TALL, "")
    }

    fn start(command: pty_process::blocking::Command, rows: u16, typed_ahead: &str) -> Terminal {
        let (pty, other_end) = pty_process::blocking::open().expect("a pseudo-terminal");
        (&pty).write_all(typed_ahead.as_bytes()).expect("it takes keys");
        pty.resize(pty_process::Size::new(rows, 100)).expect("a size");
        let child = command.spawn(other_end).expect("it starts");
        let (keyboard, screen) = (Arc::new(pty), Arc::<Mutex<Vec<u8>>>::default());
        let (from, to) = (Arc::clone(&keyboard), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = (&*from).read(&mut buffer) {
                to.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
            }
        });
        Terminal { child, keyboard, screen, read: 0 }
    }

    /// All that was shown, without colours and carriage returns.
    pub fn text(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut text = String::from_utf8_lossy(&screen).replace('\r', "");
        for sequence in [
            "\x1b[0m",
            "\x1b[1m",
            "\x1b[31m",
            "\x1b[1;31m",
            "\x1b[32m",
            "\x1b[1;32m",
            "\x1b[36m",
            "\x1b[1;36m",
        ] {
            text = text.replace(sequence, "");
        }
        text
    }

    pub fn type_keys(&self, keys: &str) {
        (&*self.keyboard).write_all(keys.as_bytes()).expect("it takes keys");
    }

    /// Waits for the next question and gives its challenge.
    pub fn challenge(&mut self) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            for (at, line) in lines_with_places(&text) {
                let Some((word, _)) = line
                    .strip_prefix("type ")
                    .and_then(|rest| rest.split_once(" to approve, or n to refuse: "))
                else {
                    continue;
                };
                if at >= self.read {
                    self.read = at + 1;
                    return word.to_owned();
                }
            }
            assert!(Instant::now() < end && self.is_running(), "no question:\n{text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn wait_for(&self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.text().contains(words) {
            assert!(Instant::now() < end, "{words:?} is not shown:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }

    /// The end: exit status and all that was shown.
    pub fn end(mut self) -> (i32, String) {
        let end = Instant::now() + PATIENCE;
        while self.is_running() {
            assert!(Instant::now() < end, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
        let status = self.child.wait().expect("it ended");
        std::thread::sleep(Duration::from_millis(50));
        (status.code().unwrap_or(-1), self.text())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_with_places(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}
