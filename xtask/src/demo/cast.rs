//! Who plays: the gate, a server behind the relay, a client, a home. With the registry the server and the client are
//! the real ones from npm; without it, the workspace's own.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pinfold_tests::binary::target_folder;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::Folder;

use super::readme::Transcript;
use crate::relay::Edits;

/// The label of the server.
pub(super) const LABEL: &str = "files";

/// The label of the server whose words are published.
pub(super) const SIGNED_LABEL: &str = "docs";

/// Two releases of one server, one after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Release {
    /// The first.
    One,
    /// The next, in which one tool is another.
    Two,
}

/// What the note says that the real call reads.
pub(super) const NOTE: &str = "Buy milk.";

/// Everything that the story needs.
pub(super) struct Cast {
    pub(super) home: Home,
    pub(super) real: bool,
    pinfold: PathBuf,
    relay: PathBuf,
    npm: PathBuf,
    fixture: Folder,
    /// Without the registry: the releases, each a server of its own, and the one that is installed.
    releases: [Folder; 2],
    /// What the README shows of what the person saw, in its order.
    seen: RefCell<Vec<Transcript>>,
}

impl Cast {
    /// Installs the npm packages and lays out home and notes. `pinfold` is the release build where none is given.
    pub(super) fn assemble(pinfold: Option<PathBuf>) -> Result<Self, String> {
        let target = target_folder();
        let npm = target.join("demo");
        let real = match install(&npm) {
            Ok(()) => true,
            Err(why) => {
                println!("{why}: the workspace's own small server and client play instead.");
                false
            }
        };
        let home = Home::new();
        std::fs::write(home.work().join("note.txt"), format!("{NOTE}\n"))
            .map_err(|e| format!("a note: {e}"))?;
        let relay = std::env::current_exe().map_err(|e| format!("the place of this program: {e}"))?;
        Ok(Self {
            home,
            real,
            pinfold: pinfold.unwrap_or_else(|| target.join("release/pinfold")),
            relay,
            npm,
            fixture: Folder::new(&own_server()),
            releases: [Release::One, Release::Two].map(|release| Folder::new(&own_release(release))),
            seen: RefCell::default(),
        })
    }

    /// The README shows this.
    pub(super) fn show(&self, transcript: Transcript) {
        self.seen.borrow_mut().push(transcript);
    }

    /// All that the README shows.
    pub(super) fn seen(&self) -> Vec<Transcript> {
        self.seen.take()
    }

    /// Who plays, in words.
    pub(super) fn names(&self) -> (&'static str, &'static str) {
        if self.real {
            (
                "@modelcontextprotocol/server-filesystem 2026.8.31",
                "the official TypeScript client (@modelcontextprotocol/sdk 1.32.2)",
            )
        } else {
            ("the workspace's fixture server", "the workspace's own client")
        }
    }

    /// Where the relay looks for what to change.
    pub(super) fn edits(&self) -> PathBuf {
        self.fixture.file("edits.json")
    }

    /// Lets the server say something else from now on.
    pub(super) fn edit(&self, edits: &Edits) -> Result<(), String> {
        edits.write(&self.edits()).map_err(|e| format!("the relay's file: {e}"))
    }

    /// The note's path, as the client gives it to the server.
    pub(super) fn note(&self) -> PathBuf {
        self.home.work().join("note.txt")
    }

    /// A client's process with the gate and the server behind it.
    pub(super) fn client(&self) -> Command {
        let mut command = self.client_of(&self.pinfold);
        command.args(["run", "--as", LABEL, "--"]).args(self.server());
        command
    }

    /// A client's process with the server and nothing between.
    pub(super) fn bare_client(&self) -> Command {
        let server = self.server();
        let mut command = self.client_of(&server[0]);
        command.args(&server[1..]);
        command
    }

    fn client_of(&self, program: &Path) -> Command {
        let mut command = if self.real {
            let mut node = self.home.command("node");
            node.arg(self.npm.join("session.mjs"));
            node
        } else {
            let mut own = self.home.command(&self.relay);
            own.arg("demo-session");
            own
        };
        command.arg(program);
        command
    }

    /// `pinfold review` of the first label.
    pub(super) fn review(&self) -> Command {
        self.narrow(&["review", LABEL])
    }

    /// `pinfold` in a terminal that is narrow enough to be shown inside another.
    pub(super) fn narrow(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command("sh");
        command.args(["-c", "stty cols 100 && exec \"$0\" \"$@\""]).arg(&self.pinfold).args(arguments);
        command
    }

    /// `pinfold` in a home.
    pub(super) fn pinfold(&self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = home.command(&self.pinfold);
        command.args(arguments);
        command
    }

    /// A release's version.
    pub(super) fn version(&self, release: Release) -> &'static str {
        match (self.real, release) {
            (true, Release::One) => "2025.7.29",
            (true, Release::Two) => "2025.8.18",
            (false, Release::One) => "1.0.0",
            (false, Release::Two) => "1.1.0",
        }
    }

    /// The tool that the second release changes, and how the gate calls that.
    pub(super) fn changed_tool(&self) -> (&'static str, &'static str) {
        if self.real {
            ("list_allowed_directories", "DESC_CHANGED")
        } else {
            ("list_directory", "DESC_CHANGED")
        }
    }

    /// The published file of a release, as npm packs it; `None` without the registry.
    pub(super) fn tarball(&self, release: Release, folder: &Path) -> Result<Option<PathBuf>, String> {
        if !self.real {
            return Ok(None);
        }
        let mut npm = self.home.command("npm");
        npm.args(["pack", "--offline", "--ignore-scripts", "--silent", "--pack-destination"]);
        let output = npm.arg(folder).arg(self.package(release)).stdin(Stdio::null()).output();
        let output = output.map_err(|e| format!("npm does not start: {e}"))?;
        let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || name.is_empty() {
            return Err(format!("npm pack: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(Some(folder.join(name)))
    }

    /// The command of a release, as its publisher starts it.
    pub(super) fn release_command(&self, release: Release) -> Vec<PathBuf> {
        if self.real {
            let script = self.package(release).join("dist/index.js");
            return vec!["node".into(), script, self.home.work().to_owned()];
        }
        let folder = &self.releases[usize::from(release == Release::Two)];
        vec![pinfold_tests::binary::fixture().to_owned(), folder.path().to_owned()]
    }

    /// Puts a release where the user's client starts it from.
    pub(super) fn install(&self, release: Release) -> Result<(), String> {
        let target = match self.real {
            true => self.package(release),
            false => self.releases[usize::from(release == Release::Two)].path().to_owned(),
        };
        let (link, new) = (self.installed(), self.home.work().join("server.new"));
        std::os::unix::fs::symlink(target, &new)
            .and_then(|()| std::fs::rename(new, link))
            .map_err(|e| format!("a release is put in place: {e}"))
    }

    /// A client's process with the gate and the installed release behind it.
    pub(super) fn signed_client(&self) -> Command {
        let mut command = self.client_of(&self.pinfold);
        command.args(["run", "--as", SIGNED_LABEL, "--"]);
        if self.real {
            command.arg("node").arg(self.installed().join("dist/index.js")).arg(self.home.work());
        } else {
            command.arg(pinfold_tests::binary::fixture()).arg(self.installed());
        }
        command
    }

    fn installed(&self) -> PathBuf {
        self.home.work().join("server")
    }

    fn package(&self, release: Release) -> PathBuf {
        let name = if release == Release::One { "release-one" } else { "release-two" };
        self.npm.join("node_modules").join(name)
    }

    fn server(&self) -> Vec<PathBuf> {
        let mut line: Vec<PathBuf> =
            vec![self.relay.clone(), "relay".into(), "--edits".into(), self.edits(), "--".into()];
        if self.real {
            let script = self.npm.join("node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
            line.extend(["node".into(), script, self.home.work().to_owned()]);
        } else {
            line.extend([pinfold_tests::binary::fixture().to_owned(), self.fixture.path().to_owned()]);
        }
        line
    }
}

/// Installs the packages of `xtask/demo/package-lock.json` once.
fn install(folder: &Path) -> Result<(), String> {
    let source = crate::root().join("xtask/demo");
    std::fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
    let lock =
        std::fs::read(source.join("package-lock.json")).map_err(|e| format!("package-lock.json: {e}"))?;
    let mark = folder.join("installed");
    for file in ["package.json", "package-lock.json", "session.mjs"] {
        std::fs::copy(source.join(file), folder.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("Installing the server and the client from npm ...");
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--fetch-retries=1",
        "--fetch-timeout=20000",
    ]);
    let output = npm.current_dir(folder).stdin(Stdio::null()).output();
    match output {
        Err(why) => Err(format!("npm does not start ({why})")),
        Ok(output) if !output.status.success() => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            let first = words.lines().next().unwrap_or_default().trim().to_owned();
            Err(format!("the npm registry gives no packages ({first})"))
        }
        Ok(_) => std::fs::write(mark, lock).map_err(|e| format!("a mark in {}: {e}", folder.display())),
    }
}

/// The same tools, as far as the story needs them, from the workspace's scripted server.
fn own_server() -> Scenario {
    own_release(Release::One)
}

fn own_release(release: Release) -> Scenario {
    use pinfold_tests::scenario::Step;
    let answer = format!(r#"{{"content":[{{"type":"text","text":"{NOTE}"}}]}}"#);
    let listing = match release {
        Release::One => "List all files and directories in a path.",
        Release::Two => "List all files and directories in a path, sorted by name.",
    };
    Scenario::of_tools(&[
        tool("read_text_file", "Read the complete contents of a file as text."),
        tool("list_directory", listing),
        tool("search_files", "Search for files that match a pattern."),
    ])
    .on("tools/call read_text_file", [Step::Answer(answer)])
}
