//! What is read by path, and the mode in which other tools of the tlog-tiles world load the log.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use pinfold_core::merkle::{EntryBundle, EntryTile, leaf_hash};

use support::{Log, Serving, has_one_error_and_one_hint, refused_start};

const LONG: &str = "public, max-age=31536000, immutable";

/// Path, status, and number of 32-byte hashes (hash tiles only), for a log of exactly 280 entries.
const TABLE: &[(&str, u16, Option<usize>)] = &[
    ("/tile/0/000", 200, Some(256)),
    ("/tile/0/001", 404, None),
    ("/tile/0/001.p/24", 200, Some(24)),
    ("/tile/0/001.p/25", 404, None),
    ("/tile/0/001.p/0", 404, None),
    ("/tile/0/001.p/024", 404, None),
    ("/tile/0/002", 404, None),
    ("/tile/0/000.p/256", 404, None),
    ("/tile/1/000.p/1", 200, Some(1)),
    ("/tile/1/000.p/2", 404, None),
    ("/tile/1/000", 404, None),
    ("/tile/2/000.p/1", 404, None),
    ("/tile/entries/000", 200, None),
    ("/tile/entries/001", 404, None),
    ("/tile/entries/001.p/24", 200, None),
    ("/tile/entries/001.p/25", 404, None),
    ("/tile/0/0", 404, None),
    ("/tile/0/-01", 404, None),
    ("/tile/0/x000/000", 404, None),
    ("/tile/0/x001/000", 404, None),
    ("/tile/00/000", 404, None),
    ("/tile/64/000", 404, None),
    ("/tile/0/000/", 404, None),
    ("/tile/0/000.p", 404, None),
    ("/tile/0/%30%30%30", 404, None),
    ("//tile/0/000", 404, None),
    ("/tile/", 404, None),
];

fn test_log() -> (Log, Serving) {
    let log = Log::made_with(&["--test"]);
    let serving = log.serve_with(&["--test-add"]);
    (log, serving)
}

fn add(serving: &Serving, entry: &str) -> u64 {
    let answer = serving.post("/add", entry.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().parse().unwrap()
}

/// Case of a log whose storage answered the path of a full tile before it was full, to be kept for ever.
#[test]
fn tile_paths_of_a_log_of_280_entries() {
    let (log, serving) = test_log();
    for number in 0..280 {
        assert_eq!(add(&serving, &format!("entry {number}")), number);
    }
    let head = serving.checkpoint(&log.key);
    assert_eq!(head.checkpoint().size(), 280);
    assert_eq!(serving.get("/checkpoint").header("cache-control"), Some("no-cache"));
    assert_eq!(serving.get("/checkpoint").header("content-type"), Some("text/plain; charset=utf-8"));
    for (path, status, hashes) in TABLE {
        let answer = serving.get(path);
        assert_eq!(answer.status, *status, "{path}: {}", answer.text());
        if let Some(hashes) = hashes {
            assert_eq!(answer.body.len(), hashes * 32, "{path}");
        }
        let kept = answer.header("cache-control");
        assert_eq!(kept, Some(if *status == 200 { LONG } else { "no-cache" }), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        if *status == 200 {
            assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{path}");
        }
    }
    // The bundles hold the entries, and the tiles their hashes.
    let mut leaves = Vec::new();
    for (index, path) in [(0, "/tile/entries/000"), (1, "/tile/entries/001.p/24")] {
        let name = EntryTile::in_tree(index, 280).unwrap();
        let bundle = EntryBundle::parse(name, serving.get(path).body).unwrap();
        leaves.extend(bundle.leaf_hashes());
    }
    let expected: Vec<_> = (0..280).map(|number| leaf_hash(format!("entry {number}").as_bytes())).collect();
    assert_eq!(leaves, expected);
    let level_0 = [serving.get("/tile/0/000").body, serving.get("/tile/0/001.p/24").body].concat();
    assert_eq!(level_0, leaves.iter().flat_map(|hash| *hash.as_bytes()).collect::<Vec<_>>());
    log.adds_up();
}

#[test]
fn the_test_mode_takes_raw_entries() {
    let (log, mut serving) = test_log();
    assert_eq!([add(&serving, "a"), add(&serving, "b"), add(&serving, "a")], [0, 1, 0]);
    assert_eq!(serving.post("/submit", b"{}").status, 404);
    let large = vec![b'x'; 65_535];
    assert_eq!(serving.post("/add", &large).status, 200);
    assert_eq!(serving.post("/add", &[&large[..], b"x"].concat()).status, 413);
    assert!(serving.terminate().success());
    log.adds_up();

    // Only in a log made for it, only where it is asked for, only on loopback.
    let serving = log.serve();
    assert_eq!(serving.post("/add", b"c").status, 405);
    drop(serving);
    let (code, stderr) = refused_start(Log::new().serve_command(&["--test-add"]));
    assert_eq!(code, Some(2), "{stderr}");
    has_one_error_and_one_hint(&stderr);
    let mut elsewhere = support::program();
    elsewhere.args(["serve", "--test-add", "--listen", "0.0.0.0:0", "--dir"]).arg(log.dir());
    elsewhere.arg("--last-signed").arg(log.record());
    let (code, stderr) = refused_start(elsewhere);
    assert_eq!(code, Some(2), "{stderr}");
}

#[test]
fn a_log_with_all_places_taken_says_so() {
    /// Those of `spec/log.md`, Limits.
    const PLACES: usize = 512;
    let (_log, serving) = test_log();
    let idle: Vec<TcpStream> = (0..PLACES).map(|_| TcpStream::connect(&serving.address).unwrap()).collect();
    let answer = serving.get("/checkpoint");
    assert_eq!((answer.status, answer.refusal().as_str()), (503, "TooManyConnections"), "{}", answer.text());
    assert_eq!((answer.header("retry-after"), answer.header("connection")), (Some("1"), Some("close")));
    drop(idle);
    let end = Instant::now() + Duration::from_secs(60);
    while serving.get("/checkpoint").status != 200 {
        assert!(Instant::now() < end, "the places of connections that ended stay taken");
        thread::sleep(Duration::from_millis(50));
    }
}
