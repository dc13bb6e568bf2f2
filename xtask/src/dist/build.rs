//! The release build of one laid-out commit, without a trace of where it was built.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::source::Source;
use super::{PROGRAMS, said};

/// The program that writes the manual; built beside the others, and not handed out.
const MANUAL: &str = "pinfold-manual";

/// The profile of what is handed out, and cargo's folder for it.
const PROFILE: &str = "dist";

/// Parts of SQLite that libsqlite3-sys asks for and nothing here uses.
const WITHOUT: &str =
    "-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5 -USQLITE_ENABLE_RTREE";

/// Variables by which the caller's shell or an outer cargo would change the build. Those that say where registries are
/// reached stay.
const STRANGE: &[&str] =
    &["AWS_LC_SYS_", "CARGO", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS", "MAKEFLAGS", "RUSTC", "RUSTFLAGS"];
const KEPT: &[&str] = &["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_"];

/// Where a build happens.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// For cargo's output.
    pub(super) target: PathBuf,
    /// Cargo's home, with the sources of the dependencies.
    pub(super) cargo_home: PathBuf,
    /// Whether the registry may be asked.
    pub(super) is_offline: bool,
}

impl Place {
    /// The caller's own cargo home, output below `work`.
    ///
    /// # Errors
    /// When there is neither `CARGO_HOME` nor a home.
    pub(super) fn usual(work: &Path) -> Result<Place, String> {
        let home = || std::env::home_dir().map(|home| home.join(".cargo"));
        let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home);
        let cargo_home = cargo_home.ok_or("there is no CARGO_HOME and no HOME")?;
        Ok(Place { target: work.join("build"), cargo_home, is_offline: false })
    }

    /// Another cargo home below `work`, which has what the usual one has downloaded and unpacks it again.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub(super) fn elsewhere(work: &Path) -> Result<Place, String> {
        let usual = Place::usual(work)?;
        let cargo_home = work.join("another-home-of-cargo");
        let link = || {
            let _ = fs::remove_dir_all(&cargo_home);
            fs::create_dir_all(cargo_home.join("registry"))?;
            for part in ["registry/index", "registry/cache", "config.toml"] {
                if usual.cargo_home.join(part).exists() {
                    std::os::unix::fs::symlink(usual.cargo_home.join(part), cargo_home.join(part))?;
                }
            }
            std::io::Result::Ok(())
        };
        link().map_err(|e| format!("{}: {e}", cargo_home.display()))?;
        Ok(Place { target: usual.target, cargo_home, is_offline: true })
    }
}

/// What came out.
pub(super) struct Built {
    place: Place,
    target: String,
    source: PathBuf,
    /// Packages of which something was compiled for the target, by cargo's ids.
    pub(super) for_target: BTreeSet<String>,
    /// Packages of which something was compiled for this machine, to build with.
    pub(super) for_host: BTreeSet<String>,
}

impl Built {
    /// A program as it is handed out.
    ///
    /// # Errors
    /// When it cannot be read, or names a folder of this machine.
    pub(super) fn program(&self, name: &str) -> Result<Vec<u8>, String> {
        let bytes = fs::read(self.path(name)).map_err(|e| format!("{name}: {e}"))?;
        for folder in [&self.source, &self.place.target, &self.place.cargo_home] {
            let needle = folder.to_string_lossy().into_owned();
            if bytes.windows(needle.len()).any(|part| part == needle.as_bytes()) {
                return Err(format!("{name} names a folder of this machine: {needle}"));
            }
        }
        Ok(bytes)
    }

    /// Where cargo left a program.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.target.join(&self.target).join(PROFILE).join(name)
    }

    /// Writes the manual pages of all programs into a folder.
    ///
    /// # Errors
    /// Whatever the writer says.
    pub(super) fn write_manual(&self, folder: &Path) -> Result<(), String> {
        said(Command::new(self.path(MANUAL)).arg(folder), MANUAL).map(drop)
    }

    /// What cargo knows about all packages, as it was built here.
    ///
    /// # Errors
    /// When cargo fails or its answer is not JSON.
    pub(super) fn metadata(&self) -> Result<Value, String> {
        let mut cargo = cargo(&self.source, &self.place, "metadata");
        cargo.args(["--format-version", "1", "--filter-platform", &self.target]);
        serde_json::from_slice(&said(&mut cargo, "cargo metadata")?)
            .map_err(|e| format!("cargo metadata: {e}"))
    }
}

/// Builds the programs for `target`.
///
/// # Errors
/// When cargo fails; it has said why.
pub(super) fn build(source: &Source, place: &Place, target: &str) -> Result<Built, String> {
    let mut fetch = cargo(&source.folder, place, "fetch");
    said(fetch.args(["--quiet", "--target", target]), "cargo fetch")?;
    let mut cargo = cargo(&source.folder, place, "build");
    cargo.args(["--profile", PROFILE, "--target", target, "--bins"]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    for package in PROGRAMS.iter().chain(&[MANUAL]) {
        cargo.args(["-p", package]);
    }
    let (flags, for_c) = no_traces(source, place)?;
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags).env("CFLAGS", for_c).env("CARGO_INCREMENTAL", "0");
    cargo.env("LIBSQLITE3_FLAGS", WITHOUT);
    cargo.env("SOURCE_DATE_EPOCH", source.epoch.to_string());
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(|e| format!("cargo does not start: {e}"))?;
    let mut built = Built {
        place: place.clone(),
        target: target.to_owned(),
        source: source.folder.clone(),
        for_target: BTreeSet::new(),
        for_host: BTreeSet::new(),
    };
    let folder = place.target.join(target);
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(|e| format!("cargo build: {e}"))?;
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        if message["reason"] == "compiler-artifact" {
            let id = message["package_id"].as_str().unwrap_or_default().to_owned();
            let files = message["filenames"].as_array().map_or(&[][..], Vec::as_slice);
            let is_ours =
                |file: &Value| file.as_str().is_some_and(|file| Path::new(file).starts_with(&folder));
            if files.iter().any(is_ours) { &mut built.for_target } else { &mut built.for_host }.insert(id);
        }
    }
    let status = child.wait().map_err(|e| format!("cargo build: {e}"))?;
    if status.success() { Ok(built) } else { Err("cargo build failed".to_owned()) }
}

/// Flags for rustc and for the C compiler by which the folders of this machine get other names in what is compiled.
fn no_traces(source: &Source, place: &Place) -> Result<(OsString, String), String> {
    let registry = place.cargo_home.join("registry/src");
    let unpacked = fs::read_dir(&registry).map_err(|e| format!("{}: {e}", registry.display()))?;
    let mut names: Vec<(PathBuf, &str)> =
        unpacked.flatten().map(|folder| (folder.path(), "/dependencies")).collect();
    names.sort();
    names.push((place.target.clone(), "/build"));
    names.push((source.folder.clone(), "/pinfold"));
    let (mut rust, mut c) = (OsString::new(), Vec::new());
    for (folder, name) in names {
        let folder = folder.to_str().ok_or("a folder of the build is not UTF-8")?.to_owned();
        if !rust.is_empty() {
            rust.push("\u{1f}");
        }
        rust.push(format!("--remap-path-prefix={folder}={name}"));
        c.push(format!("-ffile-prefix-map={folder}={name}"));
    }
    Ok((rust, c.join(" ")))
}

fn cargo(source: &Path, place: &Place, verb: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let begins = |list: &[&str]| list.iter().any(|start| text.starts_with(start));
        if begins(STRANGE) && !begins(KEPT) {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(source).stdin(Stdio::null()).args([verb, "--locked"]);
    if place.is_offline {
        cargo.arg("--offline");
    }
    cargo.env("CARGO_HOME", &place.cargo_home).env("CARGO_TARGET_DIR", &place.target);
    cargo
}
