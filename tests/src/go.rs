//! Programs in Go to compare ours with, built once below `target/interop`: our own two small ones in
//! `tests/interop/go`, and tools of Tessera, Torchwood and actionlint from the module cache.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::binary::{target_folder, workspace};
use crate::home::without_agent_markers;

/// The module that has Tessera's tools.
const TESSERA: &str = "github.com/transparency-dev/tessera";
const TESSERA_VERSION: &str = "v1.0.4";

/// The module that has Torchwood's Merkle-Patricia tree, and the checksum of its zip.
const TORCHWOOD: &str = "filippo.io/torchwood@v0.10.0";
const TORCHWOOD_SUM: &str = "h1:zgBIImawK53X7lM0qHKcjn0pbDtFLqU04NU9qDvBnjs=";

/// A linter of workflows, from its own module.
const ACTIONLINT_VERSION: &str = "v1.7.12";

/// What a step in Go gave, or none after saying loudly what is missing.
///
/// # Panics
/// Under `CI=true`, where the comparison with Go is a must.
pub fn or_say<T>(found: Result<T, String>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(reason) => {
            let is_must = std::env::var("CI").as_deref() == Ok("true");
            assert!(!is_must, "under CI the programs in Go are a must: {reason}");
            // Past the capture of the test harness, so that nobody takes this for a test that ran.
            let _ = writeln!(std::io::stderr(), "\nNOT RUN: no comparison with Go: {reason}\n");
            None
        }
    }
}

/// A Go toolchain with its caches below `target/interop`. While it lives, no other test builds with it.
#[derive(Debug)]
pub struct Go {
    folder: PathBuf,
    _turn: File,
}

impl Go {
    /// The toolchain of this machine.
    ///
    /// # Errors
    /// Why there is none, in one line.
    pub fn found() -> Result<Go, String> {
        let folder = target_folder().join("interop");
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        let turn = File::create(folder.join("lock")).map_err(|error| error.to_string())?;
        rustix::fs::flock(&turn, rustix::fs::FlockOperation::LockExclusive)
            .map_err(|error| error.to_string())?;
        let go = Go { folder, _turn: turn };
        go.run(go.command(&["version"]))?;
        Ok(go)
    }

    /// Our own program `interop`, see `tests/interop/go/main.go`.
    ///
    /// # Errors
    /// Why it cannot be built, in one line.
    pub fn interop(&self) -> Result<PathBuf, String> {
        self.build(&workspace().join("tests/interop/go"), "interop")
    }

    /// Our own program `trie`, together with Torchwood's tree, which is taken from its module and never kept here.
    ///
    /// # Errors
    /// Why it cannot be built, in one line.
    pub fn trie(&self) -> Result<PathBuf, String> {
        let sources = self.folder.join("trie");
        std::fs::create_dir_all(sources.join("mpt")).map_err(|error| error.to_string())?;
        for file in ["go.mod", "main.go"] {
            std::fs::copy(workspace().join("tests/interop/go/trie").join(file), sources.join(file))
                .map_err(|error| error.to_string())?;
        }
        let zip = self.torchwood()?;
        let mut unpack = Command::new(self.interop()?);
        unpack.arg("mpt").arg(zip).arg(sources.join("mpt"));
        self.run(unpack)?;
        self.build(&sources, "trie")
    }

    /// Tessera's tools `fsck` and `posix-oneshot`.
    ///
    /// # Errors
    /// Why they cannot be built, in one line.
    pub fn tessera(&self) -> Result<Tessera, String> {
        let tools = self.folder.join(format!("tessera-{TESSERA_VERSION}"));
        let tessera = Tessera { fsck: tools.join("fsck"), posix_oneshot: tools.join("posix-oneshot") };
        if !tessera.fsck.is_file() || !tessera.posix_oneshot.is_file() {
            let module = |path: &str| format!("{TESSERA}/cmd/{path}@{TESSERA_VERSION}");
            let mut install = self.command(&["install", &module("fsck"), &module("examples/posix-oneshot")]);
            install.env("GOBIN", &tools);
            self.run(install)?;
        }
        Ok(tessera)
    }

    /// A linter of GitHub's workflows.
    ///
    /// # Errors
    /// Why it cannot be built, in one line.
    pub fn actionlint(&self) -> Result<PathBuf, String> {
        let folder = self.folder.join(format!("actionlint-{ACTIONLINT_VERSION}"));
        let program = folder.join("actionlint");
        if !program.is_file() {
            let module = format!("github.com/rhysd/actionlint/cmd/actionlint@{ACTIONLINT_VERSION}");
            let mut install = self.command(&["install", &module]);
            install.env("GOBIN", &folder);
            self.run(install)?;
        }
        Ok(program)
    }

    /// The zip of Torchwood's module. A toolchain older than the module asks for says so and downloads it all the same.
    fn torchwood(&self) -> Result<PathBuf, String> {
        let output = self.output(self.command(&["mod", "download", "-json", TORCHWOOD]))?;
        let told: serde_json::Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("{TORCHWOOD}: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
        let zip = told["Zip"].as_str().map(PathBuf::from);
        match zip.filter(|zip| told["Sum"] == TORCHWOOD_SUM && zip.is_file()) {
            Some(zip) => Ok(zip),
            None => Err(format!("{TORCHWOOD}: {}", told["Error"])),
        }
    }

    fn build(&self, sources: &Path, name: &str) -> Result<PathBuf, String> {
        let program = self.folder.join(format!("{name}-program"));
        let mut build = self.command(&["build", "-o"]);
        build.arg(&program).arg(".").current_dir(sources);
        self.run(build)?;
        Ok(program)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("go");
        without_agent_markers(&mut command);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("GOPATH", self.folder.join("modules"))
            .env("GOCACHE", self.folder.join("cache"))
            .env("GOTOOLCHAIN", "local")
            // Modules that can be deleted with the target folder.
            .env("GOFLAGS", "-modcacherw -buildvcs=false");
        command
    }

    fn run(&self, command: Command) -> Result<(), String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let output = self.output(command)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
        Err(format!("{program} failed: {}", last.into_iter().rev().collect::<Vec<_>>().join(" / ")))
    }

    fn output(&self, mut command: Command) -> Result<Output, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.output().map_err(|error| format!("{program} does not run: {error}"))
    }
}

/// Where Tessera's tools are.
#[derive(Debug)]
pub struct Tessera {
    /// Checks a whole log: every tile and entry against its checkpoint.
    pub fsck: PathBuf,
    /// Adds entries to a log in a folder, with the cosignatures that a policy asks for.
    pub posix_oneshot: PathBuf,
}
