//! Who plays: the gate, a server behind the relay, a client, a home. With the registry the server and the client are
//! the real ones from npm; without it, the workspace's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pinfold_tests::binary::target_folder;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::Folder;

use crate::relay::Edits;

/// The label of the server.
pub(super) const LABEL: &str = "files";

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
}

impl Cast {
    /// Installs the npm packages and lays out home and notes.
    pub(super) fn assemble() -> Result<Self, String> {
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
            pinfold: target.join("release/pinfold"),
            relay,
            npm,
            fixture: Folder::new(&own_server()),
        })
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

    /// `pinfold review` in a terminal that is narrow enough to be shown inside another.
    pub(super) fn review(&self) -> Command {
        let mut command = self.home.command("sh");
        command
            .args(["-c", "stty cols 100 && exec \"$0\" \"$@\""])
            .arg(&self.pinfold)
            .args(["review", LABEL]);
        command
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
    use pinfold_tests::scenario::Step;
    let answer = format!(r#"{{"content":[{{"type":"text","text":"{NOTE}"}}]}}"#);
    Scenario::of_tools(&[
        tool("read_text_file", "Read the complete contents of a file as text."),
        tool("list_directory", "List all files and directories in a path."),
        tool("search_files", "Search for files that match a pattern."),
    ])
    .on("tools/call read_text_file", [Step::Answer(answer)])
}
