//! The tables of version 1, word for word: a database with another schema text is not ours (spec/store.md, Tables).

/// The version of the tables, in `user_version`.
pub const SCHEMA_VERSION: u64 = 1;

/// `Pinf`, in `application_id`.
pub(crate) const APPLICATION_ID: u32 = 0x5069_6e66;

/// Name and definition of every table and index, sorted by name.
pub(crate) const SCHEMA: &[(&str, &str)] = &[
    (
        "answers",
        "CREATE TABLE answers (label TEXT NOT NULL, question BLOB NOT NULL, at INTEGER NOT NULL, \
         document BLOB NOT NULL, PRIMARY KEY (label, question)) STRICT",
    ),
    (
        "asks",
        "CREATE TABLE asks (label TEXT NOT NULL, launch BLOB NOT NULL, ask TEXT NOT NULL, \
         first_seen INTEGER NOT NULL, PRIMARY KEY (label, launch, ask)) STRICT",
    ),
    (
        "counters",
        "CREATE TABLE counters (label TEXT PRIMARY KEY, junk_lines INTEGER NOT NULL, \
         dropped_notifications INTEGER NOT NULL) STRICT",
    ),
    ("decisions", "CREATE TABLE decisions (sequence INTEGER PRIMARY KEY, envelope BLOB NOT NULL) STRICT"),
    (
        "exits",
        "CREATE TABLE exits (label TEXT PRIMARY KEY, launch BLOB NOT NULL, at INTEGER NOT NULL, \
         how TEXT NOT NULL) STRICT",
    ),
    (
        "file_digests",
        "CREATE TABLE file_digests (path BLOB PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL, \
         size INTEGER NOT NULL, mtime INTEGER NOT NULL, ctime INTEGER NOT NULL, digest BLOB NOT NULL) STRICT",
    ),
    (
        "gates",
        "CREATE TABLE gates (boot TEXT NOT NULL, pid INTEGER NOT NULL, start INTEGER NOT NULL, \
         label TEXT NOT NULL, launch BLOB NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL, \
         updated INTEGER NOT NULL, PRIMARY KEY (boot, pid, start)) STRICT",
    ),
    (
        "holds",
        "CREATE TABLE holds (label TEXT NOT NULL, launch BLOB NOT NULL, reason TEXT NOT NULL, \
         pointer TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (label, launch)) STRICT",
    ),
    (
        "interpreters",
        "CREATE TABLE interpreters (path TEXT NOT NULL, digest BLOB NOT NULL, first_seen INTEGER NOT NULL, \
         PRIMARY KEY (path, digest)) STRICT",
    ),
    ("notified", "CREATE TABLE notified (digest BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT"),
    (
        "objects",
        "CREATE TABLE objects (digest BLOB PRIMARY KEY, kind TEXT NOT NULL, decided INTEGER NOT NULL, \
         bytes BLOB NOT NULL) STRICT",
    ),
    (
        "pending",
        "CREATE TABLE pending (label TEXT NOT NULL, launch BLOB NOT NULL, kind TEXT NOT NULL, \
         name TEXT NOT NULL, digest BLOB NOT NULL, reason TEXT NOT NULL, pointer TEXT NOT NULL, \
         compared_with BLOB, fault TEXT, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, \
         PRIMARY KEY (label, launch, kind, name, digest)) STRICT",
    ),
    ("pending_by_digest", "CREATE INDEX pending_by_digest ON pending (digest)"),
    (
        "requests",
        "CREATE TABLE requests (launch BLOB PRIMARY KEY, folder TEXT NOT NULL, created INTEGER NOT NULL, \
         document BLOB NOT NULL) STRICT",
    ),
    (
        "sightings",
        "CREATE TABLE sightings (label TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, \
         absent_since INTEGER NOT NULL, PRIMARY KEY (label, kind, name)) STRICT",
    ),
    (
        "store",
        "CREATE TABLE store (only INTEGER PRIMARY KEY CHECK (only = 1), \
         id BLOB NOT NULL CHECK (length(id) = 16)) STRICT",
    ),
    (
        "wrappers",
        "CREATE TABLE wrappers (client TEXT NOT NULL, file TEXT NOT NULL, place TEXT NOT NULL, \
         label TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (client, file, place)) STRICT",
    ),
];

/// The tables of observations, which a store that was accepted loses.
pub(crate) const OBSERVATIONS: &[&str] = &[
    "answers",
    "asks",
    "counters",
    "exits",
    "file_digests",
    "gates",
    "holds",
    "interpreters",
    "notified",
    "pending",
    "requests",
    "sightings",
    "wrappers",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_sorted_and_each_table_is_strict() {
        assert!(SCHEMA.is_sorted_by_key(|(name, _)| name));
        let tables = SCHEMA.iter().filter(|(_, sql)| sql.starts_with("CREATE TABLE"));
        assert!(tables.clone().all(|(name, sql)| sql.ends_with(" STRICT") && sql.contains(name)));
        let kept = ["decisions", "objects", "store"];
        assert_eq!(tables.count(), OBSERVATIONS.len() + kept.len());
    }
}
