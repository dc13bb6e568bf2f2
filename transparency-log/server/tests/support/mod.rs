//! Logs of the built binary, and what a submitter and a reader of them needs.
#![allow(dead_code)] // each test file uses its own part

pub(crate) mod http;
pub(crate) mod publisher;
pub(crate) mod witness;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::SignedCheckpoint;
use pinfold_core::merkle::{Hash, HashReader, HashTile, Tile, TreePosition, verify_consistency};
use pinfold_core::note::VerifierKey;
use pinfold_core::tlog_proof::TlogProof;

use self::http::Answer;

/// The program under test.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinfold-log"));
    command.env_remove("HOME");
    command
}

/// Folders of one log, and its verifier key.
pub(crate) struct Log {
    pub(crate) root: tempfile::TempDir,
    pub(crate) key: VerifierKey,
    /// The text of a policy for it, without witnesses.
    pub(crate) policy: String,
}

/// A serving process.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: String,
    stderr: Arc<Mutex<String>>,
}

impl Log {
    pub(crate) fn new() -> Log {
        Log::made_with(&[])
    }

    pub(crate) fn made_with(options: &[&str]) -> Log {
        let root = tempfile::tempdir().unwrap();
        let mut command = program();
        command.args(["init", "--origin", "log.example", "--json", "--dir"]).arg(root.path().join("log"));
        command.arg("--last-signed").arg(root.path().join("last")).args(options);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let made: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        Log {
            root,
            key: made["verifier_key"].as_str().unwrap().parse().unwrap(),
            policy: made["policy"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.root.path().join("log")
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.root.path().join("last")
    }

    /// The command line of `serve`, on a port that the system chooses.
    pub(crate) fn serve_command(&self, options: &[&str]) -> Command {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(self.dir());
        command.arg("--last-signed").arg(self.record()).args(options);
        command
    }

    pub(crate) fn serve(&self) -> Serving {
        Serving::start(self.serve_command(&[]))
    }

    pub(crate) fn serve_with(&self, options: &[&str]) -> Serving {
        Serving::start(self.serve_command(options))
    }

    /// Writes a witness policy and gives its path.
    pub(crate) fn witness_policy(&self, witnesses: &[&witness::Witness], quorum: usize) -> String {
        let path = self.root.path().join("policy");
        let mut text = format!("log {}\n", self.key);
        for (number, witness) in witnesses.iter().enumerate() {
            text.push_str(&format!("witness w{number} {} {}\n", witness.key(), witness.url()));
        }
        let names: Vec<String> = (0..witnesses.len()).map(|number| format!("w{number}")).collect();
        text.push_str(&format!("group all {quorum} {}\nquorum all\n", names.join(" ")));
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn check(&self) -> Output {
        program().args(["check", "--json", "--dir"]).arg(self.dir()).output().unwrap()
    }

    /// `check` must find nothing wrong.
    #[track_caller]
    pub(crate) fn adds_up(&self) -> serde_json::Value {
        let output = self.check();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A copy of the log's folder after a session.
    pub(crate) fn backup_after(&self, session: impl FnOnce(&Serving)) -> PathBuf {
        let mut serving = self.serve();
        session(&serving);
        assert!(serving.terminate().success());
        self.backup("newest")
    }

    /// A copy of the log's folder, as a backup makes it.
    pub(crate) fn backup(&self, name: &str) -> PathBuf {
        let to = self.root.path().join(name);
        copy(&self.dir(), &to);
        to
    }

    pub(crate) fn restore(&self, from: &Path) {
        std::fs::remove_dir_all(self.dir()).unwrap();
        copy(from, &self.dir());
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

impl Serving {
    /// Starts and waits until the port is announced.
    pub(crate) fn start(command: Command) -> Serving {
        Serving::try_start(command).unwrap_or_else(|(status, stderr)| panic!("{status}: {stderr}"))
    }

    /// The status and the words of a process that ended before it served.
    pub(crate) fn try_start(mut command: Command) -> Result<Serving, (ExitStatus, String)> {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Arc::new(Mutex::new(String::new()));
        let (pipe, text) = (child.stderr.take().unwrap(), stderr.clone());
        let reading = thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                text.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                reading.join().unwrap();
                let text = stderr.lock().unwrap().clone();
                return Err((status, text));
            }
            let text = stderr.lock().unwrap().clone();
            if let Some(line) = text.lines().find(|line| line.starts_with("serving ")) {
                let address = line.rsplit("http://").next().unwrap().to_owned();
                return Ok(Serving { child, address, stderr });
            }
            assert!(Instant::now() < until, "not serving after 60 s: {text}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        http::request(&self.address, "GET", path, &[]).unwrap()
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &[u8]) -> Answer {
        http::request(&self.address, "POST", path, body).unwrap()
    }

    /// The published head, its signature verified.
    #[track_caller]
    pub(crate) fn checkpoint(&self, key: &VerifierKey) -> SignedCheckpoint {
        self.checkpoint_if_it_answers(key).expect("the log answers")
    }

    /// The same of a log that may have ended; `None`: nobody answers.
    #[track_caller]
    pub(crate) fn checkpoint_if_it_answers(&self, key: &VerifierKey) -> Option<SignedCheckpoint> {
        let answer = http::request(&self.address, "GET", "/checkpoint", &[]).ok()?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let head = SignedCheckpoint::parse(&answer.body).unwrap();
        head.verify_log(key).unwrap();
        Some(head)
    }

    /// Waits until `is` holds for the published head.
    #[track_caller]
    pub(crate) fn wait_for(
        &self,
        key: &VerifierKey,
        is: impl Fn(&SignedCheckpoint) -> bool,
    ) -> SignedCheckpoint {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = self.get("/checkpoint");
            if answer.status == 200 {
                let head = SignedCheckpoint::parse(&answer.body).unwrap();
                head.verify_log(key).unwrap();
                if is(&head) {
                    return head;
                }
            }
            assert!(Instant::now() < until, "the head did not come: {}\n{}", answer.text(), self.stderr());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the log signs: a body that is no submission is then refused for what it is.
    #[track_caller]
    pub(crate) fn wait_for_open(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        while self.post("/submit", b"{}").status == 503 {
            assert!(Instant::now() < until, "it does not sign: {}", self.stderr());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the process has said something.
    #[track_caller]
    pub(crate) fn wait_for_words(&self, words: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        while !self.stderr().contains(words) {
            assert!(Instant::now() < until, "it never said `{words}`: {}", self.stderr());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.end()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn end(&mut self) -> ExitStatus {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end: {}", self.stderr());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Verifies that `newer` continues `older`, from the tiles that are served.
    #[track_caller]
    pub(crate) fn continues(&self, older: &SignedCheckpoint, newer: &SignedCheckpoint) {
        let (old, new) = (older.checkpoint(), newer.checkpoint());
        if old.size() == new.size() || old.size() == 0 {
            assert!(old.size() == 0 || old.root() == new.root(), "two heads of size {}", old.size());
            return;
        }
        let tiles = Served { serving: self, size: new.size() };
        let proof = pinfold_core::merkle::prove_consistency(&tiles, old.size(), new.size()).unwrap();
        verify_consistency(old.size(), old.root(), new.size(), new.root(), &proof).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Served<'a> {
    serving: &'a Serving,
    size: u64,
}

impl HashReader for Served<'_> {
    type Error = std::convert::Infallible;

    fn hashes(&self, wanted: &[TreePosition]) -> Result<Vec<Hash>, Self::Error> {
        let hash = |position: &TreePosition| {
            let level = position.level() / 8;
            let index = (position.index() << (position.level() % 8)) / 256;
            let tile = HashTile::in_tree(level, index, self.size).unwrap();
            let path = pinfold_core::merkle::TilePath::Hash(tile);
            let answer = self.serving.get(&format!("/{path}"));
            assert_eq!(answer.status, 200, "{path}");
            Tile::parse(tile, &answer.body).unwrap().hash_at(*position).unwrap()
        };
        Ok(wanted.iter().map(hash).collect())
    }
}

/// The proof in an answer to a submission, verified for `leaf` and signed by the log; and its index.
#[track_caller]
pub(crate) fn proven(answer: &Answer, leaf: Hash, key: &VerifierKey) -> (u64, SignedCheckpoint) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(document["schema"], "pinfold/submitted/v1");
    let proof = TlogProof::parse(document["first"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(document["index"].as_u64(), Some(proof.index()));
    proof.verify_path(leaf).unwrap();
    proof.checkpoint().verify_log(key).unwrap();
    (proof.index(), proof.checkpoint().clone())
}

/// The status, the two lines and the code of a process that refused to start.
#[track_caller]
pub(crate) fn refused_start(command: Command) -> (Option<i32>, String) {
    match Serving::try_start(command) {
        Ok(serving) => panic!("it serves: {}", serving.stderr()),
        Err((status, stderr)) => (status.code(), stderr),
    }
}

/// One `error:` line and one `hint:` line after it.
#[track_caller]
pub(crate) fn has_one_error_and_one_hint(stderr: &str) {
    let count = |what: &str| stderr.lines().filter(|line| line.starts_with(what)).count();
    assert_eq!((count("error: "), count("hint: ")), (1, 1), "{stderr}");
}
