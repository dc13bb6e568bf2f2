//! A log on loopback for a test, alone or with witnesses: the built programs, each in a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use tempfile::TempDir;

use crate::PATIENCE;
use crate::binary::{pinfold_log, pinfold_witness};

/// The name of every log that is made here.
pub const ORIGIN: &str = "log.example";

/// A running log with its witnesses. All of it ends when this is dropped.
pub struct TestLog {
    folder: TempDir,
    log: Served,
    witnesses: Vec<Served>,
    policy: String,
    kind: Kind,
    rewitness: u64,
}

/// How long a head without new entries goes without new cosignatures, unless a test wants another time.
const REWITNESS_SECONDS: u64 = 60;

/// What a log takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Signed entries, by the rules.
    Ordinary,
    /// Any bytes at `POST /add`.
    Anything,
}

/// A running witness for the logs of others. It ends when this is dropped.
pub struct TestWitness {
    _folder: TempDir,
    served: Served,
    key: String,
}

impl TestWitness {
    /// A witness that cosigns for the log with this verifier key.
    pub fn of(log_key: &str) -> TestWitness {
        let folder = tempfile::Builder::new().prefix("pinfold-witness-").tempdir().expect("a folder for it");
        let (served, key) = witness(folder.path(), 1, log_key);
        TestWitness { _folder: folder, served, key }
    }

    /// Its verifier key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its line in a tlog-policy, under the name `w1`.
    pub fn policy_line(&self) -> String {
        policy_line(&self.served, 1, &self.key)
    }
}

impl Drop for TestWitness {
    fn drop(&mut self) {
        let _ = self.served.child.kill();
        let _ = self.served.child.wait();
    }
}

/// A program that serves, and where.
struct Served {
    child: Child,
    address: SocketAddr,
}

impl TestLog {
    /// A log without witnesses.
    pub fn alone() -> TestLog {
        TestLog::with_witnesses(0, 0)
    }

    /// A log whose heads need `needed` of `count` witnesses.
    pub fn with_witnesses(count: usize, needed: usize) -> TestLog {
        TestLog::of_kind(Kind::Ordinary, count, needed, REWITNESS_SECONDS)
    }

    /// The same with a head that is cosigned anew each second, so that releases grow older by the witnesses' word.
    pub fn that_ages(count: usize, needed: usize) -> TestLog {
        TestLog::of_kind(Kind::Ordinary, count, needed, 1)
    }

    /// A log that takes any bytes at `POST /add`, and whose heads need its one witness.
    pub fn of_anything() -> TestLog {
        TestLog::of_kind(Kind::Anything, 1, 1, REWITNESS_SECONDS)
    }

    fn of_kind(kind: Kind, count: usize, needed: usize, rewitness: u64) -> TestLog {
        let folder = tempfile::Builder::new().prefix("pinfold-log-").tempdir().expect("a folder for the log");
        let port = free_port();
        let url = format!("http://{port}");
        let mut init = Command::new(pinfold_log());
        init.args(["init", "--origin", ORIGIN, "--url", &url, "--json", "--dir"])
            .arg(folder.path().join("log"));
        init.arg("--last-signed").arg(folder.path().join("last"));
        if kind == Kind::Anything {
            init.arg("--test");
        }
        let made = run(&mut init);
        let log_key = made["verifier_key"].as_str().expect("init tells the log's key").to_owned();
        let mut policy = format!("log {log_key} {url}\n");
        let mut witnesses = Vec::new();
        for number in 1..=count {
            let (served, key) = witness(folder.path(), number, &log_key);
            policy.push_str(&policy_line(&served, number, &key));
            witnesses.push(served);
        }
        let names: Vec<String> = (1..=count).map(|number| format!("w{number}")).collect();
        if count == 0 {
            policy.push_str("quorum none\n");
        } else {
            policy.push_str(&format!("group all-of-them {needed} {}\nquorum all-of-them\n", names.join(" ")));
        }
        let log = serve_log(folder.path(), port, kind, rewitness, count > 0, &policy);
        TestLog { folder, log, witnesses, policy, kind, rewitness }
    }

    /// Where it answers, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.log.address)
    }

    /// The tlog-policy that a person trusts this log by.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// That policy as a file.
    pub fn policy_file(&self) -> PathBuf {
        let file = self.folder.path().join("log.policy");
        std::fs::write(&file, &self.policy).expect("the policy is written");
        file
    }

    /// The log's folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Its processes, for a program that is ended by a signal and drops nothing.
    pub fn processes(&self) -> Vec<u32> {
        std::iter::once(&self.log).chain(&self.witnesses).map(|served| served.child.id()).collect()
    }

    /// Ends one witness, so that it answers no more.
    pub fn stop_witness(&mut self, number: usize) {
        let witness = &mut self.witnesses[number - 1];
        let _ = witness.child.kill();
        let _ = witness.child.wait();
    }

    /// Ends the log at once, as a power cut would, and starts it again.
    pub fn kill_and_restart(&mut self) {
        let _ = self.log.child.kill();
        let _ = self.log.child.wait();
        let has_witnesses = !self.witnesses.is_empty();
        let (folder, address) = (self.folder.path(), self.log.address);
        self.log = serve_log(folder, address, self.kind, self.rewitness, has_witnesses, &self.policy);
    }

    /// The published head, as its text stands.
    pub fn checkpoint(&self) -> String {
        get(self.log.address, "/checkpoint")
    }
}

impl Drop for TestLog {
    fn drop(&mut self) {
        for served in std::iter::once(&mut self.log).chain(&mut self.witnesses) {
            let _ = served.child.kill();
            let _ = served.child.wait();
        }
    }
}

fn serve_log(
    folder: &Path,
    port: SocketAddr,
    kind: Kind,
    rewitness: u64,
    has_witnesses: bool,
    policy: &str,
) -> Served {
    let mut command = Command::new(pinfold_log());
    command.args(["serve", "--listen", &port.to_string(), "--dir"]).arg(folder.join("log"));
    command.args(["--rewitness", &rewitness.to_string()]);
    command.arg("--last-signed").arg(folder.join("last"));
    if kind == Kind::Anything {
        command.arg("--test-add");
    }
    if has_witnesses {
        let file = folder.join("witnesses.policy");
        std::fs::write(&file, policy).expect("the policy is written");
        command.arg("--witness-policy").arg(file);
    }
    serve(&mut command)
}

/// Makes and serves one witness; it and its verifier key.
fn witness(folder: &Path, number: usize, log_key: &str) -> (Served, String) {
    let (name, dir) = (format!("w{number}.example"), folder.join(format!("w{number}")));
    let init = ["init", "--name", &name, "--json", "--dir"];
    let made = run(Command::new(pinfold_witness()).args(init).arg(&dir));
    let key = made["verifier_key"].as_str().expect("init tells the witness's key").to_owned();
    let mut command = Command::new(pinfold_witness());
    command.args(["serve", "--listen", "127.0.0.1:0", "--log", log_key, "--dir"]).arg(&dir);
    command.arg("--last-signed").arg(folder.join(format!("w{number}.last")));
    (serve(&mut command), key)
}

fn policy_line(witness: &Served, number: usize, key: &str) -> String {
    format!("witness w{number} {key} http://{}\n", witness.address)
}

fn run(command: &mut Command) -> serde_json::Value {
    let output = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("one document")
}

/// Starts a program and waits until it says where it listens. What it says later is thrown away.
fn serve(command: &mut Command) -> Served {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let errors = BufReader::new(child.stderr.take().expect("it is a pipe"));
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in errors.lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    let mut said = Vec::new();
    while let Ok(line) = told.recv_timeout(PATIENCE) {
        if let Some(address) = line.split_once("on http://").and_then(|(_, rest)| rest.trim().parse().ok()) {
            return Served { child, address };
        }
        said.push(line);
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("{command:?} does not listen: {said:?}");
}

/// The body of an answer with status 200.
fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.split(' ').nth(1) == Some("200"), "{path}: {head}");
    body.to_owned()
}

/// An address on loopback at which nobody listens now.
pub fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it has an address")
}
