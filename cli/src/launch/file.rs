//! Digests of files, computed anew only where a file may have changed.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use pinfold_core::digest::Digest;
use pinfold_core::launch::FileHash;
use pinfold_core::pins::UnixSeconds;
use pinfold_store::{FileKey, Store};
use thiserror::Error;

use crate::own_file;

/// Bytes of a file of a program. Largest real one: 99 MB (Node); single-file programs of other makers reach 300 MB.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// A file that changed this recently is hashed again next time: it could change once more within one tick of the file
/// system's clock and look the same.
const SETTLED_AFTER_SECONDS: i64 = 2;

/// How often a file that changes while it is read is tried.
const TRIES: usize = 3;

/// Digests that are known by a file's identity: its place, size, times and inode.
pub trait DigestCache {
    /// The digest that the file with just this path, size, times, inode and device had.
    fn known(&self, file: &Path, metadata: &Metadata) -> Option<Digest>;
    /// Notes a digest. Only for files that have not changed within the last seconds.
    fn note(&mut self, file: &Path, metadata: &Metadata, digest: Digest);
}

/// What can be wrong with a file of a program.
#[derive(Debug, Error)]
pub enum FileFault {
    /// It could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A folder, a pipe or a device.
    #[error("not a regular file")]
    NotAFile,
    /// Larger than the limit.
    #[error("larger than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    /// It changed again and again while it was read.
    #[error("it changes while it is read")]
    Changing,
}

/// A file as it was when it was hashed.
pub(super) struct Hashed {
    pub(super) digest: Digest,
    pub(super) metadata: Metadata,
    /// The first bytes, enough for a `#!` line.
    pub(super) start: Vec<u8>,
}

/// Plain SHA-256 of a file; from the cache if nothing about the file changed.
///
/// # Errors
/// See [`FileFault`].
pub fn hash_file(file: &Path, cache: &mut dyn DigestCache) -> Result<Digest, FileFault> {
    Ok(read_file(file, cache)?.digest)
}

pub(super) fn read_file(file: &Path, cache: &mut dyn DigestCache) -> Result<Hashed, FileFault> {
    for _ in 0..TRIES {
        let mut opened = own_file::open(file)?;
        let before = opened.metadata()?;
        if !before.is_file() {
            return Err(FileFault::NotAFile);
        }
        let start = read_start(&mut opened)?;
        let known = cache.known(file, &before);
        let digest = match known {
            Some(digest) => digest,
            None => hash(&start, &mut opened)?,
        };
        let after = opened.metadata()?;
        if same_identity(&before, &after) {
            if known.is_none() && is_settled(&after) {
                cache.note(file, &after, digest);
            }
            return Ok(Hashed { digest, metadata: after, start });
        }
    }
    Err(FileFault::Changing)
}

/// Whether nothing about a file changed that changes with its bytes.
pub(super) fn same_identity(before: &Metadata, after: &Metadata) -> bool {
    identity(before) == identity(after)
}

/// Device, inode, size, time of the last change of bytes and of anything.
type Identity = (u64, u64, u64, i64, i64, i64, i64);

fn identity(of: &Metadata) -> Identity {
    (of.dev(), of.ino(), of.size(), of.mtime(), of.mtime_nsec(), of.ctime(), of.ctime_nsec())
}

fn read_start(opened: &mut File) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    opened.take(512).read_to_end(&mut start)?;
    Ok(start)
}

fn hash(start: &[u8], opened: &mut File) -> Result<Digest, FileFault> {
    let mut hash = FileHash::new();
    hash.update(start);
    let mut buffer = vec![0; 256 << 10];
    let mut total = start.len() as u64;
    loop {
        let count = match opened.read(&mut buffer) {
            Ok(0) => return Ok(hash.finish()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        total += count as u64;
        if total > MAX_FILE_BYTES {
            return Err(FileFault::TooLarge);
        }
        hash.update(&buffer[..count]);
    }
}

fn is_settled(metadata: &Metadata) -> bool {
    metadata.ctime().max(metadata.mtime()) + SETTLED_AFTER_SECONDS <= now_seconds()
}

fn now_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

/// Digests that last as long as the process.
#[derive(Default)]
pub struct MemoryDigests(BTreeMap<PathBuf, (Identity, Digest)>);

impl DigestCache for MemoryDigests {
    fn known(&self, file: &Path, metadata: &Metadata) -> Option<Digest> {
        self.0.get(file).filter(|(noted, _)| *noted == identity(metadata)).map(|(_, digest)| *digest)
    }

    fn note(&mut self, file: &Path, metadata: &Metadata, digest: Digest) {
        self.0.insert(file.to_owned(), (identity(metadata), digest));
    }
}

impl MemoryDigests {
    /// Lets the store keep what is known here, so that the next process does not hash these files again. One that is
    /// another by now is left out.
    pub(crate) fn keep(&self, store: &Store) {
        for (file, (noted, digest)) in &self.0 {
            if let Ok(metadata) = std::fs::metadata(file)
                && identity(&metadata) == *noted
            {
                StoreDigests(store).note(file, &metadata, *digest);
            }
        }
    }
}

/// Digests that the store keeps. What the store does not give or take costs time and nothing else.
pub struct StoreDigests<'s>(pub &'s Store);

impl DigestCache for StoreDigests<'_> {
    fn known(&self, file: &Path, metadata: &Metadata) -> Option<Digest> {
        self.0.file_digest(&FileKey::new(file, metadata)?).ok().flatten()
    }

    fn note(&mut self, file: &Path, metadata: &Metadata, digest: Digest) {
        let Some(key) = FileKey::new(file, metadata) else { return };
        let now = UnixSeconds(u64::try_from(now_seconds()).unwrap_or_default());
        // A store that is read-only or full is no reason not to start: the file is hashed again next time.
        let _ = self.0.record_file_digest(&key, &digest, now);
    }
}
