//! Requests that a log has signed and that do not continue what it signed before.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use pinfold_core::hex;
use pinfold_core::witnessing::{AddCheckpoint, Refusal};
use sha2::{Digest as _, Sha256};

use crate::database::Head;
use crate::limits::MAX_EVIDENCE_FILES;

/// The line between the parts of a file.
const SEPARATOR: &str = "-----\n";

/// Keeps a request and the head that it contradicts, once for each head that a log signed. Gives the file, or nothing if
/// it is kept already.
///
/// # Errors
/// There are too many, or it cannot be written.
pub(crate) fn keep(
    folder: &Path,
    request: &AddCheckpoint,
    stored: Option<&Head>,
    refusal: &Refusal,
    now: u64,
) -> io::Result<Option<PathBuf>> {
    let folder = folder.join("evidence");
    fs::create_dir_all(&folder)?;
    let checkpoint = request.checkpoint.checkpoint();
    let origin = Sha256::digest(checkpoint.origin().as_bytes());
    let name = format!(
        "{}-{}-{}.txt",
        hex::encode(&origin[..8]),
        checkpoint.size(),
        hex::encode(&checkpoint.root().as_bytes()[..8])
    );
    let path = folder.join(name);
    if path.exists() {
        return Ok(None);
    }
    if fs::read_dir(&folder)?.count() >= MAX_EVIDENCE_FILES {
        return Err(io::Error::other(format!("{} files are kept already", MAX_EVIDENCE_FILES)));
    }
    let mut bytes =
        format!("refused at {now}: {refusal}\nthe head cosigned last, then the request:\n{SEPARATOR}");
    bytes.push_str(&stored.map_or_else(String::new, |head| text(&head.note.to_bytes())));
    bytes.push_str(SEPARATOR);
    bytes.push_str(&text(&request.to_bytes()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(bytes.as_bytes()).and_then(|()| file.sync_all())?;
    Ok(Some(path))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
