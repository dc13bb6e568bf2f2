//! The tables of version 1 (spec/log.md, Storage).

/// The version of the tables, in `user_version`.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// `Pinl`, in `application_id`.
pub(crate) const APPLICATION_ID: u32 = 0x5069_6e6c;

/// Name and definition of every table, sorted by name.
///
/// Entry bundles are not stored: they are the rows of `entries`, joined. A partial tile is the beginning of the row in
/// `tiles`. So nothing is written twice that could then differ.
pub(crate) const SCHEMA: &[(&str, &str)] = &[
    // `identity` is NULL for map-heads: SHA-256 of payload type, 0x00, SHA-256 of the payload.
    (
        "entries",
        "CREATE TABLE entries (idx INTEGER PRIMARY KEY, identity BLOB UNIQUE, entry BLOB NOT NULL) STRICT",
    ),
    (
        "head",
        "CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL, root BLOB NOT NULL, \
         note BLOB NOT NULL) STRICT",
    ),
    // What is chained under an index key: `kind` 0, releases and withdrawals of a name; 1, keysets of a namespace. `idx` is
    // the index in the chain, `entry` that of the entry; a keyset that waited is in force from a later index on.
    (
        "history",
        "CREATE TABLE history (key BLOB NOT NULL, kind INTEGER NOT NULL, position INTEGER NOT NULL, \
         idx INTEGER NOT NULL, entry INTEGER NOT NULL, leaf BLOB NOT NULL, PRIMARY KEY (key, kind, position)) STRICT, WITHOUT ROWID",
    ),
    (
        "log",
        "CREATE TABLE log (only INTEGER PRIMARY KEY CHECK (only = 1), origin TEXT NOT NULL, kind TEXT NOT NULL, \
         vkey TEXT NOT NULL, url TEXT) STRICT",
    ),
    ("manifests", "CREATE TABLE manifests (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT"),
    ("published", "CREATE TABLE published (size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT"),
    ("state", "CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID"),
    (
        "tiles",
        "CREATE TABLE tiles (level INTEGER NOT NULL, idx INTEGER NOT NULL, hashes BLOB NOT NULL, \
         PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_sorted_and_each_table_is_strict() {
        assert!(SCHEMA.is_sorted_by_key(|(name, _)| name));
        assert!(SCHEMA.iter().all(|(name, sql)| sql.contains("STRICT") && sql.contains(name)));
    }
}
