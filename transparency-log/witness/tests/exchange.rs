//! What the built witness answers: every row of the table of statuses, and idle heads.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use pinfold_core::merkle::Hash;
use pinfold_core::witnessing::AddCheckpoint;
use support::{History, Log, Room};

/// Each vector of `spec/vectors/witness/` against the program: the head that it says is stored is cosigned first.
#[test]
fn every_vector_of_a_witness_gets_its_status() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/witness");
    let log = Log::new("log.example");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 20);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let header = std::str::from_utf8(&bytes[..end]).unwrap();
        let take = |key: &str| header.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim();
        let name = file.file_name().unwrap().to_string_lossy();

        let room = Room::new();
        let mut command = room.command(&log);
        for key in take("keys:").split(' ') {
            command.arg("--log").arg(key);
        }
        let witness = room.serve_with(command);
        if let Some((size, root)) = take("stored:").split_once(' ') {
            let head = log.head(size.parse().unwrap(), root.parse::<Hash>().unwrap());
            witness.cosigned(&AddCheckpoint { old_size: 0, proof: Default::default(), checkpoint: head });
        }
        let answer = witness.post(&bytes[end + 2..]);
        assert_eq!(answer.status.to_string(), take("status:"), "{name}: {answer:?}");
        let size_type = answer.content_type == "text/x.tlog.size";
        assert_eq!(size_type, answer.status == 409, "{name}: {answer:?}");
        if answer.status == 409 {
            let stored = take("stored:").split(' ').next().unwrap().replace("none", "0");
            assert_eq!(answer.body, format!("{stored}\n").as_bytes(), "{name}");
        }
        let kept = std::fs::read_dir(room.folder().join("evidence")).map_or(0, Iterator::count);
        assert_eq!(kept, usize::from(take("evidence:") == "yes"), "{name}");
    }
}

/// A witness that skipped heads of an unchanged size once made idle logs look stale.
#[test]
fn an_idle_head_is_cosigned_again_with_a_later_time() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    let witness = room.serve(&log);
    let history = History::of(5);
    let first = witness.cosigned(&log.request(0, &history));
    sleep(Duration::from_millis(1100));
    let second = witness.cosigned(&log.request(5, &history));
    assert!(second > first, "{first} {second}");
    let shown = witness.head(&log).unwrap();
    assert_eq!(shown.cosigned_at(&room.key), Ok(vec![second]));
    assert_eq!(shown.verify_log(&log.verifier_key()), Ok(()));
    // An equal size with another root is never cosigned, and kept.
    let other = log.head(5, Hash::from_bytes([7; 32]));
    let fork = AddCheckpoint { old_size: 5, proof: Default::default(), checkpoint: other };
    let answer = witness.post(&fork.to_bytes());
    assert_eq!(answer.status, 422);
    assert!(witness.says().is_some_and(|line| line.starts_with("evidence: log.example: another root")));
    let file = std::fs::read_dir(room.folder().join("evidence")).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    let parts: Vec<&str> = text.split("-----\n").collect();
    assert_eq!(parts[1].as_bytes(), shown.to_bytes());
    assert_eq!(parts[2].as_bytes(), fork.to_bytes());
    assert_eq!(witness.head(&log), Some(shown));
}

#[test]
fn monitors_read_the_last_head_and_nothing_else() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    let witness = room.serve(&log);
    assert_eq!(witness.head(&log), None);
    // Signatures of strangers are not handed on.
    let mut request = log.request(0, &History::of(3));
    let stranger = "\u{2014} x.example AAAAAAA=\n";
    let line = pinfold_core::note::parse_signature_lines(stranger).unwrap().remove(0);
    request.checkpoint = request.checkpoint.with_signature(line).unwrap();
    witness.cosigned(&request);
    let shown = witness.head(&log).unwrap();
    assert_eq!(shown.note().signatures().len(), 2);
    let about = witness.get("/");
    assert_eq!(about.body, format!("{}\nlogs:\nlog.example\n", room.key).as_bytes());
    for path in ["/checkpoint", "/add-checkpoint", "/x/checkpoint", "/../witness.db"] {
        assert_eq!(witness.get(path).status, 404, "{path}");
    }
}

/// What was cosigned before a stop is known after it.
#[test]
fn a_stop_forgets_nothing() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    let witness = room.serve(&log);
    witness.cosigned(&log.request(0, &History::of(4)));
    let (status, said) = witness.stop();
    assert_eq!(status, Some(0), "{said:?}");
    assert_eq!(said.last().map(String::as_str), Some("stopped; everything that was cosigned is on the disk"));
    let witness = room.serve(&log);
    assert_eq!(witness.head(&log).unwrap().checkpoint().size(), 4);
    let answer = witness.post(&log.request(3, &History::of(6)).to_bytes());
    assert_eq!((answer.status, answer.body.as_slice()), (409, &b"4\n"[..]));
    witness.cosigned(&log.request(4, &History::of(6)));
}
