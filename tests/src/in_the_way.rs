//! What can stand at a path where a plain file belongs. Tests of other crates take this file in by its path, so it needs
//! nothing but `std`.
#![allow(unreachable_pub, reason = "a test that takes it in is a program, which shows nothing to others")]

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// Everything but what is too large, for which each file has a limit of its own.
pub const IN_THE_WAY: [&str; 6] = ["nothing", "empty", "folder", "pipe", "loop", "garbage"];

/// Puts it there, in the place of a file; `large` is 17 MiB of zeros.
///
/// # Panics
/// When it cannot be made, or is none of these.
pub fn put(what: &str, at: &Path) {
    let _ = fs::remove_file(at);
    let made = match what {
        "nothing" => Ok(()),
        "empty" => fs::write(at, b""),
        "folder" => fs::create_dir(at),
        "pipe" => {
            Command::new("mkfifo").arg("-m600").arg(at).status().map(|status| assert!(status.success()))
        }
        "loop" => symlink(at, at),
        "garbage" => fs::write(at, b"\xff\xfe nothing that anybody wrote"),
        "large" => File::create(at).and_then(|file| file.set_len(17 << 20)),
        other => panic!("{other} is nothing that stands in the way"),
    };
    made.unwrap_or_else(|error| panic!("{what} at {}: {error}", at.display()));
}

/// Takes it away again.
pub fn take_away(at: &Path) {
    let _ = if at.is_dir() { fs::remove_dir(at) } else { fs::remove_file(at) };
}
