//! A replay as a file, so that the next one goes on from there (`spec/audit.md`).

use std::collections::BTreeSet;

use pinfold_core::admit::{RowError, State};
use pinfold_core::checkpoint::{CheckpointError, LogSignatureError, Origin, SignedCheckpoint};
use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::hex;
use pinfold_core::index::Index;
use pinfold_core::merkle::{Frontier, FrontierError};
use pinfold_core::note::VerifierKey;

use super::{Audit, Counts};

/// Bytes of the file. A name with one release takes about 1,000.
pub const MAX_AUDIT_FILE_BYTES: usize = 4 << 30;

const FIRST_LINE: &str = "pinfold/audit/v1";
/// Bytes of the last line: `sha256 `, 64 digits, a line feed.
const LAST_LINE_BYTES: usize = 7 + 64 + 1;

/// Why bytes are no replay to go on from.
#[derive(Debug, thiserror::Error)]
pub enum AuditFileError {
    /// Nothing at all, which is not the same as no file.
    #[error("it is empty")]
    Empty,
    /// Another format or version.
    #[error("it is of another format")]
    Format,
    /// The digest at its end is not that of what stands before it.
    #[error("it is damaged: its digest is another")]
    Damaged,
    /// A line is not what it must be.
    #[error("line {line} is not what it must be")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// The hashes of the tree are none.
    #[error("the hashes of its tree: {0}")]
    Frontier(#[from] FrontierError),
    /// The rows are no state.
    #[error("its rows: {0}")]
    Rows(#[from] RowError),
    /// The head is no checkpoint.
    #[error("its head: {0}")]
    Head(#[from] CheckpointError),
    /// The head is not the log's.
    #[error("its head: {0}")]
    Signature(#[from] LogSignatureError),
    /// Sizes, counts and head do not fit together.
    #[error("its parts do not fit together")]
    Parts,
}

impl Audit {
    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Counts { releases, keysets, withdrawals, map_heads } = self.counts;
        let mut text = format!(
            "{FIRST_LINE}\nlog {}\ncounts {releases} {keysets} {withdrawals} {map_heads}\nfrontier {}\n",
            self.key,
            hex::encode(&self.frontier.to_bytes())
        );
        let keys: Vec<_> = self.state.row_keys().collect();
        text.push_str(&format!("rows {}\n", keys.len()));
        for key in keys {
            let row = self.state.row(&key).expect("every key has a row");
            let row = std::str::from_utf8(&row).expect("canonical JSON is UTF-8");
            text.push_str(&format!("{key} {row}\n"));
        }
        text.push_str(&format!("keysets {}\n", self.keysets.len()));
        for keyset in &self.keysets {
            text.push_str(&format!("{keyset}\n"));
        }
        let note = self.head.as_ref().map(SignedCheckpoint::to_bytes).unwrap_or_default();
        text.push_str(&format!("head {}\n", note.len()));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&note);
        let digest = hex::encode(file_digest(&bytes).as_bytes());
        bytes.extend_from_slice(format!("sha256 {digest}\n").as_bytes());
        bytes
    }

    /// Reads a file and puts the index together again.
    ///
    /// # Errors
    ///
    /// [`AuditFileError`]. Not checked: that the rows are what the log's entries add up to. Whoever can write the file
    /// can change that; the roots of later map-heads would then not match.
    pub fn from_bytes(bytes: &[u8]) -> Result<Audit, AuditFileError> {
        let body = check_digest(bytes)?;
        let mut lines = Lines { rest: body, line: 0 };
        if lines.next()? != FIRST_LINE {
            return Err(AuditFileError::Format);
        }
        let key = lines.after("log ")?;
        let key: VerifierKey = key.parse().map_err(|_| lines.fault())?;
        let origin: Origin = key.name().as_str().parse().map_err(|_| lines.fault())?;
        let counts = lines.after("counts ")?;
        let counts = counts_of(counts).ok_or_else(|| lines.fault())?;
        let frontier = lines.after("frontier ")?;
        let frontier = Frontier::from_bytes(&hex_bytes(frontier).ok_or_else(|| lines.fault())?)?;
        let count = lines.number("rows ")?;
        let mut rows = Vec::new();
        for _ in 0..count {
            let row = lines.next()?;
            rows.push(row.split_once(' ').ok_or_else(|| lines.fault())?);
        }
        let state = State::from_rows(rows)?;
        let mut keysets = BTreeSet::new();
        for _ in 0..lines.number("keysets ")? {
            let keyset = lines.next()?.parse().map_err(|_| lines.fault())?;
            keysets.insert(keyset);
        }
        let note_bytes = lines.number("head ")?;
        let note = lines.rest;
        if note.len() as u64 != note_bytes {
            return Err(lines.fault());
        }
        let head = match note {
            [] => None,
            note => Some(SignedCheckpoint::parse(note)?),
        };
        if let Some(head) = &head {
            head.verify_log(&key)?;
        }
        let size = frontier.size();
        let total = counts.releases + counts.keysets + counts.withdrawals + counts.map_heads;
        let known = head.as_ref().map_or(0, |head| head.checkpoint().size());
        let keyset_count = keysets.len() as u64;
        if state.size() != size || total != size || known < size || keyset_count != counts.keysets {
            return Err(AuditFileError::Parts);
        }
        let index = Index::build(state.values().collect()).map_err(|_| AuditFileError::Parts)?;
        Ok(Audit { origin, key, state, index, frontier, counts, keysets, head })
    }
}

fn check_digest(bytes: &[u8]) -> Result<&[u8], AuditFileError> {
    if bytes.is_empty() {
        return Err(AuditFileError::Empty);
    }
    if !bytes.starts_with(format!("{FIRST_LINE}\n").as_bytes()) {
        return Err(AuditFileError::Format);
    }
    let (body, last) = bytes.split_at(bytes.len().saturating_sub(LAST_LINE_BYTES));
    let stated = std::str::from_utf8(last)
        .ok()
        .and_then(|last| last.strip_prefix("sha256 ")?.strip_suffix('\n'))
        .and_then(|digits| hex::decode(digits).ok())
        .map(Digest::from_bytes);
    if stated == Some(file_digest(body)) { Ok(body) } else { Err(AuditFileError::Damaged) }
}

struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, AuditFileError> {
        self.line += 1;
        let end = self.rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| self.fault())?;
        let line = std::str::from_utf8(&self.rest[..end]).map_err(|_| self.fault())?;
        self.rest = &self.rest[end + 1..];
        Ok(line)
    }

    fn after(&mut self, prefix: &str) -> Result<&'a str, AuditFileError> {
        self.next()?.strip_prefix(prefix).ok_or_else(|| self.fault())
    }

    fn number(&mut self, prefix: &str) -> Result<u64, AuditFileError> {
        let digits = self.after(prefix)?;
        number(digits).ok_or_else(|| self.fault())
    }

    fn fault(&self) -> AuditFileError {
        AuditFileError::Line { line: self.line }
    }
}

fn number(digits: &str) -> Option<u64> {
    let plain = digits == "0"
        || (!digits.is_empty()
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit()));
    // Sums of four of them cannot overflow.
    plain.then(|| digits.parse().ok()).flatten().filter(|number: &u64| *number < 1 << 60)
}

fn counts_of(text: &str) -> Option<Counts> {
    let mut numbers = text.split(' ').map(number);
    let mut next = || numbers.next().flatten();
    let counts = Counts { releases: next()?, keysets: next()?, withdrawals: next()?, map_heads: next()? };
    numbers.next().is_none().then_some(counts)
}

fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| hex::decode::<1>(std::str::from_utf8(pair).ok()?).ok().map(|[byte]| byte)).collect()
}
