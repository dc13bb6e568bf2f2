//! `check`: everything in the database is derived again from the entries, and compared (spec/log.md, LG19).

mod replay;
mod stored;

use std::path::Path;

use pinfold_core::checkpoint::Origin;
use pinfold_core::note::VerifierKey;
use pinfold_core::text::visible;

use self::replay::Replay;
use crate::store::database::Mode;
use crate::store::{Database, Kind, Reader, StoreError};

/// Findings after which a check says no more: one fault has many consequences.
const MAX_FINDINGS: usize = 20;

/// What a check found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// The log's name.
    pub(crate) origin: String,
    /// Entries.
    pub(crate) entries: u64,
    /// Heads that were published.
    pub(crate) heads: u64,
    /// Names that were released.
    pub(crate) names: u64,
    /// Manifests that are kept.
    pub(crate) manifests: u64,
    /// What does not add up; nothing if all does.
    pub(crate) findings: Vec<String>,
}

impl Verdict {
    /// Adds a finding.
    fn find(&mut self, what: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(what.into());
        }
    }

    /// Whether there is room for more findings.
    fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }
}

/// Checks the log in a folder, in one snapshot, changing nothing.
///
/// # Errors
/// It cannot be read.
pub(crate) fn check(folder: &Path, progress: impl Fn(u64, u64)) -> Result<Verdict, StoreError> {
    let database = Database::open(folder, Mode::Read)?;
    let transaction = database.connection.unchecked_transaction()?;
    let reader = Reader(&transaction);
    let mut verdict = Verdict { origin: database.log.origin.clone(), ..Verdict::default() };
    if let Some(what) = reader.quick_check()? {
        // SQLite says it in several lines.
        let what: Vec<&str> = what.lines().collect();
        verdict.find(format!("the database file: {}", visible(&what.join("; "))));
        return Ok(verdict);
    }
    let damaged = |what: String| StoreError::Damaged(what);
    let origin: Origin =
        database.log.origin.parse().map_err(|error| damaged(format!("its origin: {error}")))?;
    let key: VerifierKey =
        database.log.vkey.parse().map_err(|error| damaged(format!("its verifier key: {error}")))?;
    if key.name().as_str() != origin.as_str() {
        verdict.find("the verifier key is not named as the origin");
    }
    let mut replay = Replay::new(&origin, &key, database.log.kind);
    replay.run(reader, &mut verdict, progress)?;
    stored::head(reader, &replay, &mut verdict)?;
    stored::tiles(reader, &replay, &mut verdict)?;
    stored::published(reader, &replay, &mut verdict)?;
    if database.log.kind == Kind::Names && replay.is_whole() {
        stored::states(reader, &replay, &mut verdict)?;
        stored::histories(reader, &replay, &mut verdict)?;
    }
    stored::manifests(reader, &replay, &mut verdict)?;
    transaction.finish()?;
    Ok(verdict)
}
