//! The lock that spans commit and marker: shared while both are read, exclusive while both are written.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;

use crate::error::StoreError;
use crate::folder;

/// How long we wait for another process; the lock is held for milliseconds.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(5);

/// A held lock; dropping it lets go.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Takes the lock for reading. `None`: there is no lock file, so nobody ever decided here.
///
/// # Errors
/// [`StoreError::Locked`] after [`MAX_WAIT`].
pub(crate) fn shared(path: &Path) -> Result<Option<Lock>, StoreError> {
    if !folder::is_own_file(path)? {
        return Ok(None);
    }
    let open = || folder::open_own(path).map_err(|error| StoreError::reading(path, error));
    take(path, open, FlockOperation::NonBlockingLockShared).map(Some)
}

/// Takes the lock for writing; makes the lock file if there is none.
///
/// # Errors
/// [`StoreError::Locked`] after [`MAX_WAIT`]; [`StoreError::ReadOnly`]; [`StoreError::Full`].
pub(crate) fn exclusive(path: &Path) -> Result<Lock, StoreError> {
    folder::is_own_file(path)?;
    let open = || {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.custom_flags(OFlags::NOFOLLOW.bits() as i32);
        options.open(path).map_err(|error| StoreError::writing(path, error))
    };
    take(path, open, FlockOperation::NonBlockingLockExclusive)
}

fn take(
    path: &Path,
    open: impl Fn() -> Result<File, StoreError>,
    operation: FlockOperation,
) -> Result<Lock, StoreError> {
    let deadline = Instant::now() + MAX_WAIT;
    loop {
        let file = open()?;
        match rustix::fs::flock(&file, operation) {
            Ok(()) if is_still_there(path, &file)? => return Ok(Lock { _file: file }),
            Ok(()) => {}
            Err(Errno::WOULDBLOCK | Errno::INTR) => thread::sleep(PAUSE),
            Err(error) => return Err(StoreError::io(path, error.into())),
        }
        if Instant::now() >= deadline {
            return Err(StoreError::Locked);
        }
    }
}

/// A lock on a file that was removed meanwhile excludes nobody.
fn is_still_there(path: &Path, file: &File) -> Result<bool, StoreError> {
    let held = file.metadata().map_err(|error| StoreError::io(path, error))?;
    match path.symlink_metadata() {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io(path, error)),
    }
}
