//! Where the built programs are, built once when they are not there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The `pinfold` program of this workspace, in the profile of the running test.
pub fn pinfold() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("pinfold", "pinfold"))
}

/// The log's program.
pub fn pinfold_log() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("pinfold-log", "pinfold-log"))
}

/// The witness's program.
pub fn pinfold_witness() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("pinfold-witness", "pinfold-witness"))
}

/// The scripted server, see [`crate::scenario`].
pub fn fixture() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("pinfold-tests", "pinfold-fixture"))
}

/// Writes down what passes between a client and its server: `pinfold-tee FILE COMMAND…`.
pub fn tee() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("pinfold-tests", "pinfold-tee"))
}

/// Another program of this package, by its name.
pub fn program_of_tests(name: &str) -> PathBuf {
    build("pinfold-tests", name)
}

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// The target folder that the running test was built into; files made once for all tests go below it.
pub fn target_folder() -> PathBuf {
    profile_folder().parent().expect("the profile folder lies in the target folder").to_owned()
}

/// Cargo gives a test only the programs of its own package, so this asks Cargo for the others. Cargo's own lock makes test
/// processes wait for each other.
///
/// A program that is newer than all sources is taken as it is: `cargo test --workspace` built it, with the features of all
/// packages together, and a second build of one package alone would compile half of the dependencies again.
fn build(package: &str, program: &str) -> PathBuf {
    let folder = profile_folder();
    let path = folder.join(program);
    if modified(&path).is_some_and(|built| newest_source().is_some_and(|source| source < built)) {
        return path;
    }
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(workspace())
        .args(["build", "--quiet", "--profile", profile, "-p", package, "--bin", program])
        .arg("--target-dir")
        .arg(target_folder())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{program} does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    path
}

/// When a source of any program was last changed.
fn newest_source() -> Option<SystemTime> {
    let folders = [
        "core",
        "verifier",
        "keys",
        "gate",
        "store",
        "clients",
        "transparency-log/client",
        "transparency-log/server",
        "transparency-log/witness",
        "cli",
        "tests",
    ];
    let mut waiting: Vec<PathBuf> =
        folders.iter().map(|folder| workspace().join(folder).join("src")).collect();
    let manifests = folders.iter().map(|folder| workspace().join(folder).join("Cargo.toml"));
    let mut files: Vec<PathBuf> = manifests.collect();
    files.extend(["Cargo.toml", "Cargo.lock"].map(|file| workspace().join(file)));
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let path = entry.path();
            if path.is_dir() { waiting.push(path) } else { files.push(path) }
        }
    }
    files.iter().map(|file| modified(file)).max().flatten()
}

fn modified(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

fn profile_folder() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows where it is");
    let folder = own.parent().expect("a program lies in a folder");
    // Tests lie in `deps`, benches and programs one folder higher.
    if folder.ends_with("deps") {
        folder.parent().expect("deps lies in the profile folder").to_owned()
    } else {
        folder.to_owned()
    }
}
