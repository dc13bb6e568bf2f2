//! `cargo xtask dist`: what is handed out to people without Rust. The programs for this platform, in an npm package, a
//! Python wheel and a tarball, with checksums, licences and a list of ingredients. Two builds of one commit give the
//! same bytes; `--twice` shows it.

mod archive;
mod build;
mod check;
mod components;
mod elf;
mod files;
mod notices;
mod npm;
mod platform;
mod sbom;
mod source;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use pinfold_tests::binary::target_folder;

use self::archive::sha256;
use self::build::Place;
use self::files::File;
use self::platform::Platform;
use self::source::Source;

/// What is handed out, the one for users first.
const PROGRAMS: &[&str] = &["pinfold", "pinfold-log", "pinfold-witness"];

/// Builds everything (`--twice`: in two places, and compares), or installs what was built (`--check`). 0 when it is
/// well, 1 when two builds differ or an installed program does not do what it should, 3 when it could not be tried.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        [] => platform::here().and_then(once).map(|()| true),
        ["--twice"] => platform::here().and_then(twice),
        ["--check"] => platform::here().and_then(|platform| check::all(&out(platform))).map(|()| true),
        _ => {
            eprintln!("usage: cargo xtask dist [--twice | --check]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(3)
        }
    }
}

/// Where the files for a platform are left.
fn out(platform: &Platform) -> PathBuf {
    target_folder().join("dist").join(platform.target)
}

fn once(platform: &'static Platform) -> Result<(), String> {
    let work = target_folder().join("dist/work");
    let files = make(platform, &commit()?, &work, &Place::usual(&work)?)?;
    write(&files, platform)
}

/// The same commit in two folders of different names and lengths, with two cargo homes.
fn twice(platform: &'static Platform) -> Result<bool, String> {
    // Asked once: a commit that is made in the meantime is not compared with this one.
    let commit = commit()?;
    let work = target_folder().join("dist/work");
    let first = make(platform, &commit, &work, &Place::usual(&work)?)?;
    write(&first, platform)?;
    let work = target_folder().join("dist/work-in-another-folder/with-a-longer-name");
    let second = make(platform, &commit, &work, &Place::elsewhere(&work)?)?;
    let mut is_same = first.len() == second.len();
    for (one, other) in first.iter().zip(&second) {
        let alike = one.name == other.name && one.bytes == other.bytes;
        println!("{}  {}", if alike { "same  " } else { "DIFFER" }, one.name);
        is_same &= alike;
    }
    println!(
        "{}",
        if is_same { "Two builds in two places gave the same bytes." } else { "The two builds differ." }
    );
    Ok(is_same)
}

fn commit() -> Result<String, String> {
    let (commit, has_changes) = source::commit(&crate::root())?;
    if has_changes {
        println!("note: the working tree has changes that are in no commit, and not in what is built");
    }
    Ok(commit)
}

fn make(platform: &'static Platform, commit: &str, work: &Path, place: &Place) -> Result<Vec<File>, String> {
    println!("building {commit} for {} in {} …", platform.target, work.display());
    let source = Source::lay_out(&crate::root(), commit, &work.join("source"))?;
    let built = build::build(&source, place, platform.target)?;
    println!("\n== programs\n| program, stripped | bytes |\n|---|---|");
    for name in PROGRAMS {
        println!("| `{name}` | {} |", built.program(name)?.len());
    }
    files::all(&source, &built, platform, work)
}

fn write(files: &[File], platform: &Platform) -> Result<(), String> {
    let folder = out(platform);
    let write = || {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        files.iter().try_for_each(|file| fs::write(folder.join(&file.name), &file.bytes))
    };
    write().map_err(|e| format!("{}: {e}", folder.display()))?;
    println!("in {}:", folder.display());
    for file in files {
        println!("  {}  {:>9}  {}", &sha256(&file.bytes)[..16], file.bytes.len(), file.name);
    }
    println!("\n== files\n| file | bytes |\n|---|---|");
    for file in files {
        println!("| `{}` | {} |", file.name, file.bytes.len());
    }
    println!();
    let others = platform::PLATFORMS.iter().filter(|other| *other != platform).map(|other| other.target);
    println!("not built here: {}", others.collect::<Vec<_>>().join(", "));
    Ok(())
}

/// What a command printed, if it ended well.
fn said(command: &mut Command, name: &str) -> Result<Vec<u8>, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{name} does not start: {e}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name} failed: {}", told.trim_end()))
}
