//! Whether HOME is the account's own home folder.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Largest user database that is read, in bytes; sites with more users than that serve them from elsewhere.
const MAX_PASSWD_BYTES: u64 = 16 << 20;

const PASSWD: &str = "/etc/passwd";

/// What a home folder is worth. Clients, containers and repositories can set HOME to anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HomeStanding {
    /// It is the home folder that the user database gives the account.
    Account,
    /// It is another one, and a decision at a terminal was made there.
    OtherDecided,
    /// It is another one, or the user database does not know the account. Its policy may narrow, but approves, trusts
    /// and runs nothing.
    OtherUndecided,
}

/// Whether a folder is the home of the running user in `/etc/passwd`; the folders are compared, not their names.
pub(crate) fn is_accounts(home: &Path) -> bool {
    let uid = rustix::process::geteuid().as_raw();
    let mut passwd = Vec::new();
    let read = File::open(PASSWD).and_then(|file| file.take(MAX_PASSWD_BYTES).read_to_end(&mut passwd));
    read.is_ok() && home_of(&passwd, uid).is_some_and(|account| is_same_folder(&account, home))
}

/// The home folder of a user in the form of passwd(5); the first line with that number counts, as for getpwuid(3).
fn home_of(passwd: &[u8], uid: u32) -> Option<PathBuf> {
    let lines = passwd.split(|byte| *byte == b'\n');
    let fields = lines.map(|line| line.split(|byte| *byte == b':').collect::<Vec<_>>());
    let of_uid = |fields: &Vec<&[u8]>| fields.len() == 7 && fields[2] == uid.to_string().as_bytes();
    let home = fields.into_iter().find(of_uid)?[5];
    let home = PathBuf::from(OsStr::from_bytes(home));
    home.is_absolute().then_some(home)
}

fn is_same_folder(left: &Path, right: &Path) -> bool {
    let identity = |path| fs::metadata(path).ok().filter(fs::Metadata::is_dir).map(|at| (at.dev(), at.ino()));
    matches!((identity(left), identity(right)), (Some(left), Some(right)) if left == right)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\n\
        +::::::\n\
        ann:x:1000:1000:Ann:/home/ann:/bin/sh\n\
        twin:x:1000:1000::/home/twin:/bin/sh\n\
        short:x:1001:1001:/home/short\n\
        relative:x:1002:1002::home:/bin/sh";

    #[test]
    fn the_first_line_of_a_user_counts_and_broken_lines_do_not() {
        assert_eq!(home_of(PASSWD, 0), Some(PathBuf::from("/root")));
        assert_eq!(home_of(PASSWD, 1000), Some(PathBuf::from("/home/ann")));
        assert_eq!(home_of(PASSWD, 1001), None);
        assert_eq!(home_of(PASSWD, 1002), None);
        assert_eq!(home_of(PASSWD, 4242), None);
        assert_eq!(home_of(b"", 0), None);
    }

    #[test]
    fn folders_are_compared_and_not_names() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        let link = folder.path().join("link");
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(is_same_folder(&real, &link));
        assert!(!is_same_folder(&real, folder.path()));
        assert!(!is_same_folder(&real, &folder.path().join("absent")));
    }
}
