//! `check` finds whatever was changed in the database.
#![allow(clippy::unwrap_used)]

mod support;

use support::Log;
use support::publisher::Publisher;

/// What is changed, and a word of what is found. Entry 0 is a keyset, 2 and 4 are releases, 6 a withdrawal; the other
/// ones are map-heads.
const CHANGES: &[(&str, &str)] = &[
    (
        "UPDATE entries SET entry = CAST(replace(CAST(entry AS TEXT), 'a', 'b') AS BLOB) WHERE idx = 2",
        "entry 2",
    ),
    ("UPDATE entries SET entry = (SELECT entry FROM entries WHERE idx = 2) WHERE idx = 4", "entry 4"),
    ("UPDATE entries SET identity = zeroblob(32) WHERE idx = 2", "entry 2 is stored under the identity"),
    ("UPDATE entries SET identity = NULL WHERE idx = 2", "entry 2 is stored under the identity"),
    ("UPDATE entries SET identity = zeroblob(32) WHERE idx = 1", "entry 1 is stored under the identity"),
    ("DELETE FROM entries WHERE idx = 3", "entry 3 is missing"),
    ("DELETE FROM entries WHERE idx = 7", "entry 7 is missing"),
    ("INSERT INTO entries (idx, entry) SELECT 8, entry FROM entries WHERE idx = 1", "does not cover"),
    ("UPDATE tiles SET hashes = zeroblob(length(hashes))", "tile 0/0"),
    ("UPDATE tiles SET hashes = CAST(hashes || zeroblob(32) AS BLOB)", "more or fewer hashes"),
    ("INSERT INTO tiles VALUES (1, 0, zeroblob(32))", "more or fewer hashes"),
    ("DELETE FROM tiles", "tile 0/0"),
    ("UPDATE head SET root = zeroblob(32)", "signed head"),
    ("UPDATE head SET size = 6", "signed head"),
    ("UPDATE head SET note = (SELECT note FROM published WHERE size = 4)", "signed head"),
    (
        "UPDATE published SET note = (SELECT note FROM published WHERE size = 2) WHERE size = 4",
        "published head of size 4",
    ),
    ("UPDATE published SET note = zeroblob(9) WHERE size = 4", "published head of size 4"),
    (
        "UPDATE published SET note = CAST(replace(CAST(note AS TEXT), '— log.example', '— log.exampl') AS BLOB) WHERE size = 4",
        "published head of size 4",
    ),
    ("DELETE FROM published WHERE size = 4", "published heads are not those"),
    ("INSERT INTO published SELECT 5, note FROM published WHERE size = 4", "published head of size 5"),
    ("INSERT INTO published SELECT 12, note FROM published WHERE size = 4", "a head of size 12"),
    ("DELETE FROM state WHERE key LIKE 'release/%/1.1.0'", "folded state"),
    (
        "UPDATE state SET value = (SELECT value FROM state WHERE key = 'log') WHERE key LIKE 'name/%'",
        "folded state",
    ),
    (
        "UPDATE state SET value = CAST(replace(CAST(value AS TEXT), 'size\":8', 'size\":9') AS BLOB) WHERE key = 'log'",
        "folded state",
    ),
    ("INSERT INTO state VALUES ('name/', zeroblob(1))", "folded state"),
    ("DELETE FROM history WHERE position = 1", "histories"),
    ("UPDATE history SET idx = idx + 1 WHERE position = 1", "histories"),
    ("UPDATE history SET entry = 3 WHERE entry = 2", "histories"),
    ("UPDATE history SET leaf = zeroblob(32) WHERE position = 1", "histories"),
    ("INSERT INTO history VALUES (zeroblob(32), 0, 0, 2, 2, zeroblob(32))", "histories"),
    ("DELETE FROM manifests", "manifest of entry 2 is missing"),
    ("UPDATE manifests SET bytes = CAST(bytes || x'20' AS BLOB)", "manifest of entry 2"),
    ("INSERT INTO manifests VALUES (zeroblob(32), zeroblob(5))", "3 manifests are kept, releases name 2"),
    ("UPDATE log SET origin = 'other.example'", "the verifier key"),
];

#[test]
fn check_finds_every_change() {
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let first = publisher.release("files", "1.0.0", None);
    let second = publisher.release("files", "1.1.0", Some(&first));
    let mut serving = log.serve();
    for prepared in [&publisher.keyset(), &first, &second, &publisher.withdrawal("files", 1, "1.0.0")] {
        assert_eq!(serving.post("/submit", &prepared.body()).status, 200);
    }
    // It runs beside a log that serves.
    let verdict = log.adds_up();
    assert!(serving.terminate().success());
    assert_eq!(log.adds_up(), verdict);
    assert_eq!(
        (&verdict["entries"], &verdict["heads"], &verdict["names"], &verdict["manifests"]),
        (&8.into(), &5.into(), &1.into(), &2.into())
    );
    let good = log.backup("good");
    for (sql, words) in CHANGES {
        log.restore(&good);
        let connection = rusqlite::Connection::open(log.dir().join("log.sqlite")).unwrap();
        connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(connection.changes() > 0, "{sql} changes nothing");
        drop(connection);
        let output = log.check();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{sql}: {stderr}");
        support::has_one_error_and_one_hint(&stderr);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&document["exit"], &document["error"]["code"]), (&1.into(), &"LOG_WRONG".into()));
        let findings = document["findings"].to_string();
        assert!(findings.contains(words), "{sql}: {findings}");
    }
    // A damaged file is found too, and what cannot be read is not called wrong.
    log.restore(&good);
    let path = log.dir().join("log.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    let pages = bytes.len() / 4096;
    bytes[4096 * (pages / 2)..4096 * (pages / 2 + 1)].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(log.check().status.code(), Some(1 | 3)));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(log.check().status.code(), Some(3));
}

#[test]
fn a_log_that_was_changed_is_not_served() {
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let mut serving = log.serve();
    for prepared in [publisher.keyset(), publisher.release("files", "1.0.0", None)] {
        assert_eq!(serving.post("/submit", &prepared.body()).status, 200);
    }
    assert!(serving.terminate().success());
    let good = log.backup("good");
    for sql in [
        "UPDATE tiles SET hashes = zeroblob(length(hashes))",
        "UPDATE head SET root = zeroblob(32)",
        "UPDATE head SET note = (SELECT note FROM published WHERE size = 2)",
        "DELETE FROM state WHERE key LIKE 'name/%'",
        "DELETE FROM state",
        "DELETE FROM entries WHERE idx = 3",
    ] {
        log.restore(&good);
        let connection = rusqlite::Connection::open(log.dir().join("log.sqlite")).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let (code, stderr) = support::refused_start(log.serve_command(&[]));
        assert_eq!(code, Some(3), "{sql}: {stderr}");
        support::has_one_error_and_one_hint(&stderr);
    }
}
