//! `cargo xtask dist --check`: installs each package on a search path without Rust, uses what was installed and removes
//! it; then follows the pages of `docs/` from the packages alone.

mod registry;
mod roles;
mod sandbox;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::home::Home;

use super::archive::sha256;
use super::{PROGRAMS, said};

/// A client's file, in which `protect` is to find one server.
const CLIENT: &str = r#"{"mcpServers": {"notes": {"command": "npx", "args": ["-y", "notes-server"]}}}"#;

/// A document to which a message of the program leads.
const PAGE: &str = "docs/isolation.md";

/// Checks every package in the folder and says so.
///
/// # Errors
/// What did not work, with what the tool said.
pub(super) fn all(folder: &Path) -> Result<(), String> {
    let files = sums(folder)?;
    println!("SHA256SUMS names all {} files, and their bytes", files.len());
    let find = |end: &str| {
        let found = files.iter().find(|name| name.ends_with(end)).map(|name| folder.join(name));
        found.ok_or_else(|| format!("no file ends with {end}; `cargo xtask dist` makes them"))
    };
    npm(&find(".tgz")?)?;
    wheel(&find(".whl")?)?;
    tarball(&find(".tar.gz")?)?;
    // Those who follow the pages panic with what they saw, as in tests; here that is one way for the check to fail.
    let folder = folder.to_owned();
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{}", panic.payload_as_str().unwrap_or("a helper failed"))
    }));
    let played = std::thread::spawn(move || roles::play(&folder)).join();
    played.unwrap_or_else(|_| Err("the pages do not hold for somebody with the packages".to_owned()))
}

/// The npm package, installed and removed.
///
/// # Errors
/// What did not work.
pub(super) fn npm(package: &Path) -> Result<(), String> {
    let machine = Machine::new()?;
    let prefix = machine.home.path().join("npm");
    let npm = |arguments: &[&OsStr]| {
        let mut npm = machine.command("npm");
        npm.args(["--offline", "--no-audit", "--no-fund", "--global", "--prefix"])
            .arg(&prefix)
            .args(arguments);
        said(&mut npm, "npm")
    };
    npm(&["install".as_ref(), package.as_os_str()])?;
    let program = prefix.join("bin/pinfold");
    machine.uses(&program)?;
    is_there(&prefix.join("share/man/man1/pinfold.1"))?;
    let packages = prefix.join("lib/node_modules");
    let name = fs::read_dir(&packages).ok().and_then(|mut all| all.next()?.ok());
    let name = name.ok_or("npm has no package after the installation")?.file_name();
    is_there(&packages.join(&name).join(PAGE))?;
    npm(&["uninstall".as_ref(), &name])?;
    is_gone(&program)?;
    println!("npm: installed, used and removed {}", base(package));
    Ok(())
}

/// The wheel, in a virtual environment of its own.
///
/// # Errors
/// What did not work.
pub(super) fn wheel(package: &Path) -> Result<(), String> {
    let machine = Machine::new()?;
    let place = machine.home.path().join("venv");
    said(machine.command("python3").args(["-m", "venv"]).arg(&place), "python3 -m venv")?;
    let pip = |arguments: &[&OsStr]| said(machine.command(place.join("bin/pip")).args(arguments), "pip");
    pip(&["install".as_ref(), "--no-index".as_ref(), "--no-deps".as_ref(), package.as_os_str()])?;
    let program = place.join("bin/pinfold");
    machine.uses(&program)?;
    is_there(&place.join("share/man/man1/pinfold.1"))?;
    is_there(&place.join("share/doc/pinfold").join(PAGE))?;
    pip(&["uninstall".as_ref(), "--yes".as_ref(), "pinfold".as_ref()])?;
    is_gone(&program)?;
    println!("pip: installed, used and removed {}", base(package));
    Ok(())
}

/// The tarball, below a prefix.
fn tarball(package: &Path) -> Result<(), String> {
    let machine = Machine::new()?;
    let prefix = machine.home.path().join(".local");
    fs::create_dir_all(&prefix).map_err(|e| format!("{}: {e}", prefix.display()))?;
    let mut tar = machine.command("tar");
    said(tar.arg("-xzf").arg(package).args(["--strip-components=1", "-C"]).arg(&prefix), "tar")?;
    machine.uses(&prefix.join("bin/pinfold"))?;
    for name in PROGRAMS {
        let version = said(machine.command(prefix.join("bin").join(name)).arg("--version"), name)?;
        if !String::from_utf8_lossy(&version).starts_with(&format!("{name} ")) {
            return Err(format!("{name} --version says {:?}", String::from_utf8_lossy(&version)));
        }
        let page = if *name == PROGRAMS[0] { format!("man1/{name}.1") } else { format!("man8/{name}.8") };
        is_there(&prefix.join("share/man").join(page))?;
        for script in
            ["bash-completion/completions/X", "zsh/site-functions/_X", "fish/vendor_completions.d/X.fish"]
        {
            is_there(&prefix.join("share").join(script.replace('X', name)))?;
        }
    }
    is_there(&prefix.join("share/doc/pinfold").join(PAGE))?;
    println!("tar: unpacked and used {}", base(package));
    Ok(())
}

/// A home of its own, and a search path on which there is no Rust.
struct Machine {
    home: Home,
    path: OsString,
}

impl Machine {
    fn new() -> Result<Machine, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let has_rust = |folder: &PathBuf| ["cargo", "rustc"].iter().any(|name| folder.join(name).exists());
        let path = std::env::join_paths(std::env::split_paths(&path).filter(|folder| !has_rust(folder)));
        let home = Home::new();
        fs::write(home.path().join(".claude.json"), CLIENT).map_err(|e| format!("a client's file: {e}"))?;
        Ok(Machine { home, path: path.map_err(|e| e.to_string())? })
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.home.command(program);
        command.env("PATH", &self.path);
        command
    }

    /// Uses an installed `pinfold` as a person would at first.
    fn uses(&self, program: &Path) -> Result<(), String> {
        let real = program.canonicalize().map_err(|e| format!("{}: {e}", program.display()))?;
        let bytes = fs::read(&real).map_err(|e| format!("{}: {e}", real.display()))?;
        if !bytes.starts_with(b"\x7fELF") {
            return Err(format!("{} is not the program itself", program.display()));
        }
        let told = |arguments: &[&str]| {
            let said =
                said(self.command(program).args(arguments), &format!("pinfold {}", arguments.join(" ")));
            said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        for (arguments, word) in [
            (&["--version"][..], "pinfold "),
            (&["completions", "bash"], "complete -F _pinfold"),
            (&["protect", "--dry-run"], "notes"),
        ] {
            let said = told(arguments)?;
            if !said.contains(word) {
                return Err(format!("pinfold {} does not say {word:?}:\n{said}", arguments.join(" ")));
            }
        }
        let after = fs::read(self.home.path().join(".claude.json")).map_err(|e| e.to_string())?;
        if after != CLIENT.as_bytes() {
            return Err("a dry run changed a client's file".to_owned());
        }
        Ok(())
    }
}

/// The files that SHA256SUMS names, each with the bytes it says, and no file beside them.
fn sums(folder: &Path) -> Result<Vec<String>, String> {
    let file = folder.join("SHA256SUMS");
    let list = fs::read_to_string(&file)
        .map_err(|e| format!("{}: {e}; `cargo xtask dist` makes it", file.display()))?;
    let mut names = Vec::new();
    for line in list.lines() {
        let (digest, name) = line.split_once("  ").ok_or_else(|| format!("no line of checksums: {line}"))?;
        let bytes = fs::read(folder.join(name)).map_err(|e| format!("{name}: {e}"))?;
        if sha256(&bytes) != digest {
            return Err(format!("{name} has other bytes than SHA256SUMS says"));
        }
        names.push(name.to_owned());
    }
    let there = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?.count();
    if there != names.len() + 1 {
        return Err(format!("{there} files, but {} checksums", names.len()));
    }
    Ok(names)
}

fn is_there(path: &Path) -> Result<(), String> {
    let is_file = fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0);
    if is_file { Ok(()) } else { Err(format!("{} is not there", path.display())) }
}

fn is_gone(path: &Path) -> Result<(), String> {
    if path.symlink_metadata().is_err() { Ok(()) } else { Err(format!("{} is still there", path.display())) }
}

fn base(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use pinfold_tests::binary::pinfold;

    use super::super::archive::{Entry, sha256};
    use super::super::{elf, npm, platform, wheel};

    /// The test's own build in the packages that `dist` makes; what it says must not depend on the profile.
    fn packages(folder: &std::path::Path) -> (std::path::PathBuf, std::path::PathBuf) {
        let program = fs::read(pinfold()).unwrap();
        let parts = npm::Parts {
            version: env!("CARGO_PKG_VERSION"),
            epoch: 1_700_000_000,
            platform: platform::here().unwrap(),
            needs: &elf::needs(&program).unwrap(),
            program: &program,
            manual: &[Entry::text("man1/pinfold.1", ".TH pinfold 1\n")],
            papers: &[Entry::text("README.md", "# Pinfold\n"), Entry::text("LICENSE-MIT", "MIT\n")],
            documents: &[Entry::text("docs/isolation.md", "# In a sandbox\n")],
        };
        let leave = |(name, bytes): (String, Vec<u8>)| {
            fs::write(folder.join(&name), bytes).unwrap();
            folder.join(name)
        };
        (leave(npm::package(&parts).unwrap()), leave(wheel::package(&parts).unwrap()))
    }

    fn has(program: &str, arguments: &[&str]) -> bool {
        let output = std::process::Command::new(program).args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    }

    #[test]
    fn the_packages_install_and_work_where_there_is_no_rust() {
        let folder = tempfile::tempdir().unwrap();
        let (npm, wheel) = packages(folder.path());
        if has("npm", &["--version"]) {
            super::npm(&npm).unwrap();
        } else {
            pinfold_tests::absent("npm", "the npm package is not tried");
        }
        if has("python3", &["-c", "import venv, ensurepip"]) {
            super::wheel(&wheel).unwrap();
        } else {
            pinfold_tests::absent("python3 with venv", "the wheel is not tried");
        }
    }

    #[test]
    fn a_file_with_other_bytes_or_without_a_checksum_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "1").unwrap();
        fs::write(at("SHA256SUMS"), format!("{}  a\n", sha256(b"1"))).unwrap();
        assert_eq!(super::sums(folder.path()).unwrap(), ["a"]);
        fs::write(at("b"), "1").unwrap();
        assert!(
            super::sums(folder.path()).unwrap_err().contains("2 files")
                || super::sums(folder.path()).is_err()
        );
        fs::remove_file(at("b")).unwrap();
        fs::write(at("a"), "2").unwrap();
        assert!(super::sums(folder.path()).unwrap_err().contains("other bytes"));
    }
}
