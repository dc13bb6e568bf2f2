//! Files on a disk: what is made, what is refused, and what `ssh-keygen` says of it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use pinfold_keys::{
    CreateError, NeverAsk, Passphrase, Protection, ReadError, create, create_from_seed, public_line, read,
    ssh_fingerprint,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// `ssh-keygen` with these arguments; `None`, said loudly, where there is none.
fn ssh_keygen(arguments: &[&str]) -> Option<String> {
    match Command::new("ssh-keygen").args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) => {
            eprintln!("SKIPPED: there is no ssh-keygen here ({error})");
            None
        }
    }
}

#[test]
fn a_new_key_is_its_owners_alone_and_reads_back() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    let made = create(&path, "a@example", Protection::None).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names(temp.path()), ["key"]);
    let back = read(&path, &mut NeverAsk).unwrap();
    assert_eq!(back.signing().public_key(), made.signing().public_key());
    assert_eq!(back.comment(), "a@example");
    let other = create(&temp.path().join("other"), "", Protection::None).unwrap();
    assert_ne!(other.signing().public_key(), made.signing().public_key());
}

#[test]
fn nothing_is_overwritten_or_followed() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    fs::write(&path, b"mine").unwrap();
    assert!(matches!(create(&path, "", Protection::None), Err(CreateError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    let link = temp.path().join("link");
    symlink(temp.path().join("nowhere"), &link).unwrap();
    assert!(matches!(create(&link, "", Protection::None), Err(CreateError::Exists { .. })));
    assert_eq!(names(temp.path()), ["key", "link"]);
}

#[test]
fn a_folder_that_is_absent_or_cannot_be_written_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let absent = temp.path().join("absent/key");
    assert!(matches!(create(&absent, "", Protection::None), Err(CreateError::NoFolder { .. })));
    assert!(matches!(create(Path::new("/"), "", Protection::None), Err(CreateError::Exists { .. })));
    assert!(matches!(
        create(&temp.path().join("k"), "two\nlines", Protection::None),
        Err(CreateError::Comment)
    ));
    assert_eq!(names(temp.path()), [] as [&str; 0]);
    // /proc takes no new files, whoever asks.
    assert!(matches!(create(Path::new("/proc/key"), "", Protection::None), Err(CreateError::Io { .. })));
}

#[test]
fn a_key_open_to_others_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    create(&path, "", Protection::None).unwrap();
    for (bits, refused) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o620, true)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
        let outcome = read(&path, &mut NeverAsk);
        let open = matches!(outcome, Err(ReadError::OpenToOthers { mode, .. }) if mode == bits);
        assert_eq!((open, outcome.is_ok()), (refused, !refused), "{bits:o}");
    }
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let temp = tempfile::tempdir().unwrap();
    assert!(matches!(read(&temp.path().join("absent"), &mut NeverAsk), Err(ReadError::Absent { .. })));
    assert!(matches!(read(temp.path(), &mut NeverAsk), Err(ReadError::NotAFile { .. })));
    let pipe = temp.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert!(matches!(read(&pipe, &mut NeverAsk), Err(ReadError::NotAFile { .. })));
    let large = temp.path().join("large");
    fs::write(&large, vec![b'a'; 64 * 1024 + 1]).unwrap();
    assert!(matches!(read(&large, &mut NeverAsk), Err(ReadError::TooLarge { .. })));
}

#[test]
fn a_passphrase_protects_the_file_and_the_wrong_one_opens_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("key");
    let seed = [7; 32];
    let passphrase = Passphrase::new_for_new_key("correct horse").unwrap();
    create_from_seed(&path, &seed, "", Protection::Passphrase(&passphrase)).unwrap();
    assert!(matches!(read(&path, &mut NeverAsk), Err(ReadError::NoPassphrase { .. })));
    let mut wrong = Passphrase::new("correct house").unwrap();
    assert!(matches!(read(&path, &mut wrong), Err(ReadError::WrongPassphrase { .. })));
    let key = read(&path, &mut passphrase.clone()).unwrap();
    assert!(key.is_encrypted());
    assert_eq!(key.signing().seed(), &seed);
}

#[test]
fn ssh_keygen_reads_our_keys_and_we_read_its() {
    let temp = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new_for_new_key("correct horse").unwrap();
    for (name, words, protection) in
        [("plain", "", Protection::None), ("encrypted", "correct horse", Protection::Passphrase(&passphrase))]
    {
        let path = temp.path().join(name);
        let key = create(&path, "ours@example", protection).unwrap();
        let path = path.to_str().unwrap();
        let Some(public) = ssh_keygen(&["-y", "-P", words, "-f", path]) else { return };
        assert_eq!(public.trim_end(), format!("{} ours@example", public_line(&key.signing().public_key())));
        let fingerprint = ssh_keygen(&["-l", "-f", path]).unwrap();
        assert!(fingerprint.contains(&ssh_fingerprint(&key.signing().public_key())), "{fingerprint}");
        let theirs = temp.path().join(format!("{name}-theirs"));
        let theirs = theirs.to_str().unwrap();
        ssh_keygen(&["-q", "-t", "ed25519", "-N", words, "-C", "theirs", "-f", theirs]).unwrap();
        let read_back = match words {
            "" => read(Path::new(theirs), &mut NeverAsk),
            words => read(Path::new(theirs), &mut Passphrase::new(words).unwrap()),
        };
        let read_back = read_back.unwrap();
        assert_eq!(read_back.comment(), "theirs");
        let public = fs::read_to_string(format!("{theirs}.pub")).unwrap();
        assert_eq!(public.trim_end(), format!("{} theirs", public_line(&read_back.signing().public_key())));
    }
}
