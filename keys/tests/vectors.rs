//! Every vector of `spec/vectors/key-files`, as a file of mode 0600.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pinfold_keys::{AskPassphrase, NeverAsk, Passphrase, ReadError, public_line, read};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors/key-files");

#[test]
fn every_vector_reads_as_it_says() {
    let temp = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let end = bytes.windows(2).position(|two| two == b"\n\n").expect("an empty line ends the header");
        let header = std::str::from_utf8(&bytes[..end]).unwrap();
        let value = |key: &str| header.lines().find_map(|line| line.strip_prefix(&format!("{key}: ")));
        for line in header.lines() {
            let key = line.split(": ").next().unwrap();
            assert!(["check", "expect", "passphrase", "public", "comment"].contains(&key), "{path:?}: {key}");
        }
        let file = temp.path().join(path.file_stem().unwrap());
        fs::write(&file, &bytes[end + 2..]).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let mut known = value("passphrase").map(|text| Passphrase::new(text).unwrap());
        let mut nobody = NeverAsk;
        let ask: &mut dyn AskPassphrase = match &mut known {
            Some(passphrase) => passphrase,
            None => &mut nobody,
        };
        match (value("expect").unwrap(), read(&file, ask)) {
            ("ok", Ok(key)) => {
                assert_eq!(public_line(&key.signing().public_key()), value("public").unwrap(), "{path:?}");
                assert_eq!(key.comment(), value("comment").unwrap(), "{path:?}");
                assert_eq!(key.is_encrypted(), value("passphrase").is_some(), "{path:?}");
            }
            (expected, Err(error)) => {
                assert_eq!(expected, class(&error), "{path:?}: {error}");
                assert!(!error.to_string().contains('\n') && !error.hint().is_empty());
            }
            (expected, Ok(_)) => panic!("{path:?} reads, and should be {expected}"),
        }
        seen += 1;
    }
    assert!(seen >= 20, "{seen} vectors");
}

/// The name of the variant.
fn class(error: &ReadError) -> String {
    let debug = format!("{error:?}");
    debug.split([' ', '{', '(']).next().unwrap().to_owned()
}
