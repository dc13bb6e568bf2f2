//! Where the built programs are, built once when they are not there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `pinfold` program of this workspace, in the profile of the running test.
pub fn pinfold() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("pinfold", "pinfold"))
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

/// Cargo gives a test only the programs of its own package, so this asks Cargo for the others. It is a matter of
/// milliseconds when they are up to date, and Cargo's own lock makes test processes wait for each other.
fn build(package: &str, program: &str) -> PathBuf {
    let folder = profile_folder();
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
    folder.join(program)
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
