//! Logs that we write, checked by Tessera's tools; logs and checkpoints that Tessera writes, read by ours.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pinfold_core::checkpoint::{Checkpoint, Origin, SignedCheckpoint};
use pinfold_core::merkle::{
    EntryTile, HashTile, MemoryTree, TileSource, TileTree, append_entry, leaf_hash, prove_consistency, root,
    tiles_needed, verify_consistency,
};
use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_tests::PATIENCE;
use pinfold_tests::go::{Go, Tessera, or_say};
use pinfold_tests::log::{TestLog, TestWitness};
use tempfile::TempDir;

/// What Tessera's `fsck` says about a whole log: its size if all of it holds, else everything that it printed. Its exit
/// status says nothing. A worker of it that finds a bad tile ends and leaves the rest to the others, so there are many:
/// with one alone, `fsck` waits for ever.
fn fsck(tessera: &Tessera, url: &str, vkey: &Path) -> Result<u64, String> {
    let output = Command::new(&tessera.fsck)
        .args(["--ui=false", "--N=16", "--storage_url", url, "--public_key"])
        .arg(vkey)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = said.split_once("Successfully fsck'd log with size ");
    let size = found.and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    size.filter(|_| !said.contains("fsck failed")).ok_or(said)
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index} {}", "x".repeat((index % 300) as usize)).into_bytes()
}

/// Writes a log as a file server would serve it, from our tree alone.
fn write_log(folder: &Path, size: u64) -> PathBuf {
    let tree: MemoryTree = (0..size).map(|index| leaf_hash(&entry(index))).collect();
    for tile in tiles_needed(size) {
        write(&folder.join(tile.to_string()), &tree.tile(tile).unwrap());
    }
    for tile in EntryTile::between(0, size) {
        let mut bundle = Vec::new();
        for index in 0..u64::from(tile.width().get()) {
            append_entry(&mut bundle, &entry(tile.first_entry() + index)).unwrap();
        }
        write(&folder.join(tile.to_string()), &bundle);
    }
    let (origin, key) = ("log.example".parse::<Origin>().unwrap(), SigningKey::from_seed(&[7; 32]));
    let checkpoint = Checkpoint::new(&origin, size, tree.frontier().root());
    let signed = SignedCheckpoint::sign(checkpoint, &origin.key_name(), &key).unwrap();
    write(&folder.join("checkpoint"), &signed.to_bytes());
    let vkey = folder.join("vkey");
    write(&vkey, VerifierKey::ed25519(origin.key_name(), key.public_key()).to_string().as_bytes());
    vkey
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn fsck_passes_a_log_that_our_tree_wrote() {
    let Some(tessera) = or_say(Go::found().and_then(|go| go.tessera())) else { return };
    for size in [1, 256, 700, 66_000] {
        let folder = TempDir::new().unwrap();
        let vkey = write_log(folder.path(), size);
        let url = format!("file://{}/", folder.path().display());
        assert_eq!(fsck(&tessera, &url, &vkey), Ok(size));
        // What it passes, it must also be able to refuse.
        let spoiled = folder.path().join(tiles_needed(size).last().unwrap().to_string());
        let mut bytes = std::fs::read(&spoiled).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&spoiled, bytes).unwrap();
        assert!(fsck(&tessera, &url, &vkey).is_err(), "a spoiled log of {size} entries passes");
    }
}

/// A log in a folder.
struct Folder<'a>(&'a Path);

impl TileSource for Folder<'_> {
    type Error = std::io::Error;

    fn tile(&self, tile: HashTile) -> Result<Vec<u8>, Self::Error> {
        std::fs::read(self.0.join(tile.to_string()))
    }

    fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, Self::Error> {
        std::fs::read(self.0.join(tile.to_string()))
    }
}

/// A new key of Tessera's kind: the file of the private one, and the verifier key.
fn new_key(interop: &Path, folder: &Path, name: &str) -> (PathBuf, String) {
    let output = Command::new(interop).args(["keys", name]).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let (private, public) = text.trim_end().split_once('\n').unwrap();
    let file = folder.join("private-key");
    std::fs::write(&file, private).unwrap();
    (file, public.to_owned())
}

/// Lets Tessera add entries, each from a file, to its log in a folder; what it printed, if it failed.
fn add(
    tessera: &Tessera,
    folder: &Path,
    key: &Path,
    from: u64,
    to: u64,
    more: &[&str],
) -> Result<(), String> {
    let files = folder.join(format!("entries-{from}"));
    for index in from..to {
        write(&files.join(format!("{index:06}")), &entry(index));
    }
    let output = Command::new(&tessera.posix_oneshot)
        .arg("--storage_dir")
        .arg(folder.join("log"))
        .arg("--entries")
        .arg(files.join("*"))
        .arg("--private_key")
        .arg(key)
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn our_reader_reads_a_log_of_tessera() {
    let found = Go::found().and_then(|go| Ok((go.interop()?, go.tessera()?)));
    let Some((interop, tessera)) = or_say(found) else { return };
    let folder = TempDir::new().unwrap();
    let (key, vkey) = new_key(&interop, folder.path(), "peer.example");
    let vkey: VerifierKey = vkey.parse().unwrap();
    let log = folder.path().join("log");
    let mut heads = Vec::new();
    for (from, to) in [(0, 300), (300, 301), (301, 900)] {
        add(&tessera, folder.path(), &key, from, to, &[]).unwrap();
        let bytes = std::fs::read(log.join("checkpoint")).unwrap();
        let signed = SignedCheckpoint::parse(&bytes).unwrap();
        signed.verify_log(&vkey).unwrap();
        assert_eq!(signed.to_bytes(), bytes);
        let (size, head) = (signed.checkpoint().size(), *signed.checkpoint().root());
        let tree = TileTree::open(Folder(&log), size, head).unwrap();
        let mut read = Vec::new();
        for bundle in 0..size.div_ceil(256) {
            read.extend(tree.entries(bundle).unwrap().entries().map(<[u8]>::to_vec));
        }
        assert_eq!(read, (0..to).map(entry).collect::<Vec<_>>());
        heads.push((size, head));
        for (old, old_head) in &heads {
            assert_eq!(root(&tree, *old).unwrap(), *old_head);
            let proof = prove_consistency(&tree, *old, size).unwrap();
            verify_consistency(*old, old_head, size, &head, &proof).unwrap();
        }
    }
}

/// A log of Tessera that publishes no head without our witness, from its first entry on.
#[test]
fn our_witness_cosigns_a_log_of_tessera() {
    let found = Go::found().and_then(|go| Ok((go.interop()?, go.tessera()?)));
    let Some((interop, tessera)) = or_say(found) else { return };
    let folder = TempDir::new().unwrap();
    let (key, vkey) = new_key(&interop, folder.path(), "peer.example");
    let witness = TestWitness::of(&vkey);
    let policy = folder.path().join("policy");
    std::fs::write(&policy, format!("log {vkey}\n{}quorum w1\n", witness.policy_line())).unwrap();
    let policy = policy.to_str().unwrap();
    let (vkey, witness_key): (VerifierKey, VerifierKey) =
        (vkey.parse().unwrap(), witness.key().parse().unwrap());
    for (from, to) in [(0, 5), (5, 6), (6, 400)] {
        add(&tessera, folder.path(), &key, from, to, &["--witness_policy_file", policy]).unwrap();
        let bytes = std::fs::read(folder.path().join("log/checkpoint")).unwrap();
        let signed = SignedCheckpoint::parse(&bytes).unwrap();
        assert_eq!(signed.checkpoint().size(), to);
        signed.verify_log(&vkey).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let times = signed.cosigned_at(&witness_key).unwrap();
        assert!(times.len() == 1 && times[0] <= now && now - times[0] < 120, "{times:?} at {now}");
    }
}

/// 20,000 entries through the door of our own log, then every tile and entry that it serves.
#[test]
fn fsck_passes_a_log_that_our_server_serves() {
    let found = Go::found().and_then(|go| Ok((go.interop()?, go.tessera()?)));
    let Some((interop, tessera)) = or_say(found) else { return };
    let log = TestLog::of_anything();
    let add = ["add", &format!("{}/add", log.url()), "20000", "64"];
    let output = Command::new(&interop).args(add).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "20000", "different indexes");
    let published = || {
        let signed = SignedCheckpoint::parse(log.checkpoint().as_bytes()).unwrap();
        signed.checkpoint().size()
    };
    let late = Instant::now() + PATIENCE;
    while published() < 20_000 {
        assert!(Instant::now() < late, "published {}", published());
        std::thread::sleep(Duration::from_millis(50));
    }
    let folder = TempDir::new().unwrap();
    let vkey = folder.path().join("vkey");
    let line = log.policy().lines().find_map(|line| line.strip_prefix("log ")).unwrap();
    std::fs::write(&vkey, line.split(' ').next().unwrap()).unwrap();
    assert_eq!(fsck(&tessera, &format!("{}/", log.url()), &vkey), Ok(20_000));
}
