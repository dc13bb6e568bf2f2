//! A witness on a disk that is full or read-only: nothing is cosigned that is not on the disk, and it stays up.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::merkle::{Hash, leaf_hash, node_hash};
use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_tests::binary::pinfold_witness;
use pinfold_tests::disk::Disk;

/// A log of one key whose heads have the sizes 1 and 2, so that a proof is one hash.
struct Log {
    origin: Origin,
    key: SigningKey,
}

impl Log {
    fn new() -> Log {
        Log { origin: "log.example".parse().expect("a host name"), key: SigningKey::from_seed(&[3; 32]) }
    }

    fn request(&self, old: u64, size: u64, root: Hash, proof: &str) -> Vec<u8> {
        let head = Checkpoint::new(&self.origin, size, root);
        let head = SignedCheckpoint::sign(head, &self.origin.key_name(), &self.key).expect("a short head");
        [format!("old {old}\n{proof}\n").into_bytes(), head.to_bytes()].concat()
    }
}

fn start(disk: &Disk, command: &Command) -> (Child, String) {
    let mut child = disk.inside(command).stderr(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("serving on http://").map(str::to_owned));
    // What it says later must find a reader.
    std::thread::spawn(move || lines.count());
    (child, address.expect("it serves"))
}

fn post(address: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nhost: w\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer)
}

/// A disk of the witness's folder alone; the last-signed record lies elsewhere.
fn disk_over(place: &Path) -> Option<Disk> {
    match Disk::over(place, 1024) {
        Ok(disk) => Some(disk),
        Err(reason) => {
            // Past the capture of the test harness, so that nobody takes this for a test that ran.
            let _ = writeln!(std::io::stderr(), "\nNOT RUN: a disk of our own cannot be made: {reason}\n");
            assert!(std::env::var("CI").as_deref() != Ok("true"), "under CI the disk is a must: {reason}");
            None
        }
    }
}

#[test]
fn a_full_disk_cosigns_nothing_and_a_read_only_one_does_not_start() {
    let room = tempfile::tempdir().expect("a folder");
    let place = room.path().join("disk");
    std::fs::create_dir(&place).expect("a folder");
    let Some(disk) = disk_over(&place) else { return };
    let log = Log::new();
    let folder = place.join("witness");
    let mut init = Command::new(pinfold_witness());
    init.args(["init", "--name", "w.example", "--dir"]).arg(&folder);
    assert!(disk.inside(&init).stdout(Stdio::null()).status().expect("it runs").success());
    let mut serve = Command::new(pinfold_witness());
    let key = VerifierKey::ed25519(log.origin.key_name(), log.key.public_key());
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log", &key.to_string(), "--dir"]).arg(&folder);
    serve.arg("--last-signed").arg(room.path().join("w.last"));

    let (first, second) = (leaf_hash(b"first"), leaf_hash(b"second"));
    let other = leaf_hash(b"another");
    let (mut child, address) = start(&disk, &serve);
    assert_eq!(post(&address, &log.request(0, 1, first, "")).0, 200);

    // One page of the write-ahead log is there; what comes after it is not.
    disk.fill();
    let proof = format!("{second}\n");
    let grown = log.request(1, 2, node_hash(&first, &second), &proof);
    let mut refused = 0;
    for _ in 0..100 {
        // An idle head is cosigned until the last block is used.
        match post(&address, &log.request(1, 1, first, "")) {
            (200, _) => {}
            (503, answer) => {
                assert!(answer.to_ascii_lowercase().contains("retry-after:"), "{answer}");
                refused += 1;
                break;
            }
            (_, answer) => panic!("{answer}"),
        }
    }
    assert_eq!(refused, 1, "the disk was never full");
    assert_eq!(post(&address, &grown).0, 503);

    disk.empty();
    let fork = log.request(1, 2, node_hash(&first, &other), &format!("{other}\n"));
    assert_eq!(post(&address, &grown).0, 200);
    // What was refused for want of room left no trace, and what was cosigned did.
    assert_eq!(post(&address, &fork).0, 409);
    child.kill().expect("it runs");
    child.wait().expect("it ends");

    disk.make_read_only();
    let output = disk.inside(&serve).output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.starts_with("error: ") && said.contains("read-only") && said.contains("\nhint: "), "{said}");
}
