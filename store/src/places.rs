//! Where the files lie: fixed places under HOME.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::{HomeFault, StoreError};

/// Longest HOME, in bytes: `PATH_MAX` of Linux, less what is added below it.
const MAX_HOME_BYTES: usize = 3_584;

/// The places of one home folder. No variable but HOME moves them: clients give their servers different ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    home: PathBuf,
}

impl Places {
    /// The places under a home folder, which need not exist yet.
    ///
    /// # Errors
    /// [`StoreError::Home`] if the path is empty, relative, too long or has a NUL: nothing is guessed instead.
    pub fn of_home(home: &Path) -> Result<Places, StoreError> {
        let bytes = home.as_os_str().as_bytes();
        let fault = if bytes.is_empty() {
            HomeFault::Empty
        } else if !home.is_absolute() || bytes.contains(&0) {
            HomeFault::NotAbsolute
        } else if bytes.len() > MAX_HOME_BYTES {
            HomeFault::TooLong
        } else {
            return Ok(Places { home: home.to_owned() });
        };
        Err(StoreError::Home(fault))
    }

    /// The home folder as it was given.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The folder of the store; it holds nothing else.
    pub fn store_folder(&self) -> PathBuf {
        self.home.join(".local/share/pinfold/store")
    }

    /// The SQLite database.
    pub fn database(&self) -> PathBuf {
        self.store_folder().join("pinfold.db")
    }

    /// The folder of marker and lock.
    pub fn state_folder(&self) -> PathBuf {
        self.home.join(".local/state/pinfold")
    }

    /// The marker.
    pub fn marker(&self) -> PathBuf {
        self.state_folder().join("marker.json")
    }

    /// The lock that spans commit and marker.
    pub fn lock(&self) -> PathBuf {
        self.state_folder().join("lock")
    }

    /// The policy file. The store does not read it.
    pub fn policy(&self) -> PathBuf {
        self.home.join(".config/pinfold/policy.toml")
    }

    /// The folders that are ours alone, parents first.
    pub(crate) fn own_folders(&self) -> [PathBuf; 3] {
        [self.home.join(".local/share/pinfold"), self.store_folder(), self.state_folder()]
    }
}
