//! What the tests of the store share: homes, launches, words, decisions, and children of the test program itself.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use pinfold_core::digest::{Digest, ObjectKind, file_digest, object_digest};
use pinfold_core::json::{ReadLimits, read};
use pinfold_core::launch::{Launch, ProgramFile};
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, ApprovalState, ChainHead, Decision, UnixSeconds};
use pinfold_store::{Access, Decided, Places, Ruling, Store, StoreError, StoredObject};
use tempfile::TempDir;

/// A home folder of a test, removed at its end.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) places: Places,
}

impl Home {
    pub(crate) fn new() -> Home {
        Home::within(tempfile::tempdir().unwrap())
    }

    pub(crate) fn within(folder: TempDir) -> Home {
        let places = Places::of_home(folder.path()).unwrap();
        Home { folder, places }
    }

    /// One home on every kind of file system at hand: with times of birth and without.
    pub(crate) fn of_every_kind() -> Vec<Home> {
        let mut homes = vec![Home::new()];
        homes.extend(tempfile::tempdir_in("/dev/shm").ok().map(Home::within));
        homes.extend(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).ok().map(Home::within));
        homes
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A home in memory, for tests that make many stores; what is killed is a process, never the machine.
    pub(crate) fn quick() -> Home {
        tempfile::tempdir_in("/dev/shm").map_or_else(|_| Home::new(), Home::within)
    }

    pub(crate) fn read(&self) -> Result<Store, StoreError> {
        Store::open(&self.places, Access::Read)
    }

    pub(crate) fn write(&self) -> Result<Store, StoreError> {
        Store::open(&self.places, Access::Write)
    }

    /// A store in which the launch 1 and the words 1 of `demo` are approved.
    pub(crate) fn with_words() -> Home {
        let home = Home::new();
        home.approve_words();
        home
    }

    pub(crate) fn approve_words(&self) {
        let mut store = self.write().unwrap();
        decide(&mut store, vec![approve_launch(1)]).unwrap();
        approve_tool(&mut store, 1, None).unwrap();
    }

    /// All files below the home that are not empty, with their digests; SQLite's shared memory is no file of ours.
    pub(crate) fn digests(&self) -> Vec<(PathBuf, Digest)> {
        let is_ours = |(path, bytes): &(PathBuf, Vec<u8>)| {
            !bytes.is_empty() && !path.to_string_lossy().ends_with("-shm")
        };
        self.files().into_iter().filter(is_ours).map(|(path, bytes)| (path, file_digest(&bytes))).collect()
    }

    /// All files below the home, with their bytes.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    files.push((path, bytes));
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Home {
    /// What a test made unwritable must be writable to be removed.
    fn drop(&mut self) {
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            let _ = std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700));
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            folders.extend(
                entries
                    .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                    .map(|entry| entry.path()),
            );
        }
    }
}

pub(crate) const NOW: UnixSeconds = UnixSeconds(1_700_000_000);

pub(crate) fn demo() -> Label {
    "demo".parse().unwrap()
}

pub(crate) fn launch(number: u32) -> Launch {
    let path = format!("/usr/bin/server-{number}");
    Launch {
        command: format!("server-{number}"),
        program: vec![ProgramFile { path: path.clone(), file: path, digest: Some(file_digest(b"program")) }],
        args: Vec::new(),
        folder: None,
        env: Default::default(),
        passes: Default::default(),
    }
}

/// The tool `read` with other words for each number.
pub(crate) fn tool(number: u32) -> StoredObject {
    let text = format!("{{\"name\":\"read\",\"description\":\"words {number}\",\"inputSchema\":{{}}}}");
    object(ObjectKind::Tool, &text)
}

pub(crate) fn object(kind: ObjectKind, text: &str) -> StoredObject {
    let digest = object_digest(kind, &read(text.as_bytes(), &ReadLimits::LISTING).unwrap());
    StoredObject { kind, digest, bytes: text.as_bytes().to_vec() }
}

pub(crate) fn approve_launch(number: u32) -> Decision {
    Decision::LaunchApproved { label: demo(), launch: launch(number), replaces: Vec::new() }
}

pub(crate) fn approval(object: &StoredObject, replaces: Option<Digest>) -> Decision {
    let name = String::from("read");
    let approval = Approval { kind: object.kind, name, digest: object.digest, replaces, rules: Vec::new() };
    Decision::SurfaceApproved { label: demo(), claim: None, objects: vec![approval] }
}

pub(crate) fn ruling(seen: ChainHead, decisions: Vec<Decision>, objects: Vec<StoredObject>) -> Ruling {
    Ruling { at: NOW, policy: None, seen, decisions, objects }
}

/// Decides on what the store shows now.
pub(crate) fn decide(store: &mut Store, decisions: Vec<Decision>) -> Result<Decided, StoreError> {
    let seen = store.head();
    store.decide(ruling(seen, decisions, Vec::new()))
}

pub(crate) fn approve_tool(
    store: &mut Store,
    number: u32,
    replaces: Option<u32>,
) -> Result<Decided, StoreError> {
    let (object, seen) = (tool(number), store.head());
    let replaces = replaces.map(|number| tool(number).digest);
    let decisions = vec![approval(&object, replaces)];
    store.decide(ruling(seen, decisions, vec![object]))
}

/// What the pins say about the tool `read` with these words.
pub(crate) fn tool_state(store: &Store, number: u32) -> Option<ApprovalState> {
    store.pins().label(&demo())?.name(ObjectKind::Tool, "read")?.state(&tool(number).digest)
}

pub(crate) fn launch_state(store: &Store, number: u32) -> Option<ApprovalState> {
    store.pins().label(&demo())?.launch_state(&launch(number).digest())
}

/// Runs a test of this very program as a child process; `role` reaches it as the variable `ROLE`.
pub(crate) fn child(test: &str, role: impl AsRef<OsStr>, home: &Path) -> Command {
    wrapped_child(&[], test, role, home)
}

/// The same, run by a program such as `setpriv`.
pub(crate) fn wrapped_child(wrapper: &[&str], test: &str, role: impl AsRef<OsStr>, home: &Path) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = match wrapper.split_first() {
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command.env("ROLE", role).env("ROLE_HOME", home).stdin(Stdio::null());
    command
}

/// In a child, its role and its home; `None` in the run of the whole test program.
pub(crate) fn role() -> Option<(String, Places)> {
    let role = std::env::var("ROLE").ok()?;
    let home = PathBuf::from(std::env::var_os("ROLE_HOME").unwrap());
    Some((role, Places::of_home(&home).unwrap()))
}

/// What a child said with [`say`], one line each.
pub(crate) fn said(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    // The harness prints the name of the test without an end of line before the first one.
    text.lines().filter_map(|line| line.split_once("SAID ")).map(|(_, said)| said.to_owned()).collect()
}

pub(crate) fn say(line: impl std::fmt::Display) {
    println!("SAID {line}");
}

pub(crate) fn output(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

/// Says loudly that a part of a test did not run.
pub(crate) fn not_run(why: impl std::fmt::Display) {
    eprintln!("NOT RUN: {why}");
}

/// One word for what came out, for children to report.
pub(crate) fn outcome<T>(result: &Result<T, StoreError>) -> String {
    match result {
        Ok(_) => String::from("ok"),
        Err(StoreError::Tampered { reason, .. }) => reason.as_str().to_owned(),
        Err(StoreError::ReadOnly) => String::from("read-only"),
        Err(StoreError::Full) => String::from("full"),
        Err(StoreError::NotWritten) => String::from("not written"),
        Err(StoreError::Raced) => String::from("raced"),
        Err(StoreError::Locked) => String::from("locked"),
        Err(other) => format!("{other:?}"),
    }
}
