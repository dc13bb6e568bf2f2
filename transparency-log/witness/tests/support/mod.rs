//! A log that signs what a test wants, and the built witness.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::hex;
use pinfold_core::merkle::{ConsistencyProof, Hash, MemoryTree, leaf_hash, prove_consistency, root};
use pinfold_core::note::{VerifierKey, parse_signature_lines};
use pinfold_core::signature::SigningKey;
use pinfold_core::witnessing::AddCheckpoint;
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest as _, Sha256};

const PATIENCE: Duration = Duration::from_secs(40);

/// A log with a key, which signs any tree: an honest log has one, these tests have several.
pub(crate) struct Log {
    pub(crate) origin: Origin,
    pub(crate) key: SigningKey,
}

/// Leaves of one history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History(pub(crate) Vec<String>);

impl Log {
    pub(crate) fn new(origin: &str) -> Log {
        // The key with which the vectors of the specification were made.
        let seed = Sha256::digest(b"pinfold vectors log").into();
        Log { origin: origin.parse().unwrap(), key: SigningKey::from_seed(&seed) }
    }

    pub(crate) fn verifier_key(&self) -> VerifierKey {
        VerifierKey::ed25519(self.origin.key_name(), self.key.public_key())
    }

    /// A signed head of any size and root.
    pub(crate) fn head(&self, size: u64, root: Hash) -> SignedCheckpoint {
        let checkpoint = Checkpoint::new(&self.origin, size, root);
        SignedCheckpoint::sign(checkpoint, &self.origin.key_name(), &self.key).unwrap()
    }

    /// The request to cosign the whole of a history, from an older size of it.
    pub(crate) fn request(&self, old_size: u64, history: &History) -> AddCheckpoint {
        let tree = history.tree();
        let size = history.0.len() as u64;
        let proof = match old_size {
            0 => ConsistencyProof::default(),
            _ => prove_consistency(&tree, old_size, size).unwrap(),
        };
        AddCheckpoint { old_size, proof, checkpoint: self.head(size, root(&tree, size).unwrap()) }
    }
}

impl History {
    /// The leaves of the vectors of the specification.
    pub(crate) fn of(size: usize) -> History {
        History((0..size).map(|at| format!("entry {at}")).collect())
    }

    pub(crate) fn and(&self, leaf: impl Into<String>) -> History {
        let mut longer = self.clone();
        longer.0.push(leaf.into());
        longer
    }

    fn tree(&self) -> MemoryTree {
        self.0.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect()
    }
}

/// A place for one witness: its folder, and outside of it the last-signed record.
pub(crate) struct Room {
    place: tempfile::TempDir,
    pub(crate) key: VerifierKey,
}

impl Room {
    pub(crate) fn new() -> Room {
        let place = tempfile::tempdir().unwrap();
        let made = init(&place.path().join("witness"));
        assert!(made.status.success(), "{made:?}");
        let key = String::from_utf8(made.stdout).unwrap().lines().next().unwrap().parse().unwrap();
        Room { place, key }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.place.path().join("witness")
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.place.path().join("state/witness.last")
    }

    pub(crate) fn command(&self, log: &Log) -> Command {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--log"]).arg(log.verifier_key().to_string());
        command.arg("--dir").arg(self.folder()).arg("--last-signed").arg(self.record());
        command
    }

    pub(crate) fn serve(&self, log: &Log) -> Witness {
        Witness::start(self.command(log), self.key.clone())
    }

    pub(crate) fn serve_with(&self, command: Command) -> Witness {
        Witness::start(command, self.key.clone())
    }

    /// A start that is expected to fail: exit status and stderr.
    pub(crate) fn fails(&self, log: &Log, more: &[&str]) -> (Option<i32>, String) {
        let output = self.command(log).args(more).stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinfold-witness"));
    command.env_remove("HOME");
    command
}

pub(crate) fn init(folder: &Path) -> Output {
    program().args(["init", "--name", "witness.example/w1", "--dir"]).arg(folder).output().unwrap()
}

/// A running witness.
pub(crate) struct Witness {
    child: Child,
    pub(crate) address: String,
    pub(crate) key: VerifierKey,
    lines: Receiver<String>,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Witness {
    fn start(mut command: Command, key: VerifierKey) -> Witness {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let mut witness = Witness { child, address: String::new(), key, lines };
        let mut seen = Vec::new();
        while witness.address.is_empty() {
            let line =
                witness.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("not serving: {seen:?}"));
            witness.address = line.strip_prefix("serving on http://").unwrap_or_default().to_owned();
            seen.push(line);
        }
        witness
    }

    pub(crate) fn post(&self, body: &[u8]) -> Answer {
        post(&self.address, body).unwrap()
    }

    /// Asks, and expects one of our cosignatures: the time in it.
    pub(crate) fn cosigned(&self, request: &AddCheckpoint) -> u64 {
        let answer = self.post(&request.to_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        time_of(request, &answer, &self.key)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        exchange(&self.address, &format!("GET {path} HTTP/1.1\r\nhost: w\r\nconnection: close\r\n\r\n"), &[])
            .unwrap()
    }

    /// The head that monitors see.
    pub(crate) fn head(&self, log: &Log) -> Option<SignedCheckpoint> {
        let digest = hex::encode(&Sha256::digest(log.origin.as_str().as_bytes()));
        let answer = self.get(&format!("/{digest}/checkpoint"));
        (answer.status == 200).then(|| SignedCheckpoint::parse(&answer.body).unwrap())
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit status with what it said.
    pub(crate) fn stop(mut self) -> (Option<i32>, Vec<String>) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        (status.code(), self.lines.iter().collect())
    }

    /// The next line that it says, if it says one soon.
    pub(crate) fn says(&self) -> Option<String> {
        self.lines.recv_timeout(Duration::from_secs(5)).ok()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time in the one cosignature line of an answer, which verifies over the head that was sent.
pub(crate) fn time_of(request: &AddCheckpoint, answer: &Answer, key: &VerifierKey) -> u64 {
    let lines = parse_signature_lines(std::str::from_utf8(&answer.body).unwrap()).unwrap();
    let [line] = &lines[..] else { panic!("{answer:?}") };
    let signed = request.checkpoint.clone().with_signature(line.clone()).unwrap();
    let times = signed.cosigned_at(key).unwrap();
    assert_eq!(times.len(), 1, "{answer:?}");
    times[0]
}

/// # Errors
/// The connection broke, as when the witness is killed.
pub(crate) fn post(address: &str, body: &[u8]) -> std::io::Result<Answer> {
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    exchange(address, &head, body)
}

fn exchange(address: &str, head: &str, body: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let broken = || std::io::Error::other("the connection broke");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(broken)?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let field = |name: &str| head.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
    let body = bytes[end + 4..].to_vec();
    if field("content-length:").is_some_and(|length| length != body.len().to_string()) {
        return Err(broken());
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    Ok(Answer { status, content_type: field("content-type:").unwrap_or_default(), body })
}

/// Copies a folder's files.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
