//! Real servers, configured as people do it: `npx` and `uvx` with floating versions. The packages are fetched once
//! into caches below `target/clients`; after that nothing is asked of a registry, so that runs can be compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pinfold_tests::client::Client;

use super::client::{Rooms, Server};

/// A server as it stands in a configuration.
pub(crate) struct Real {
    /// Its key.
    pub(crate) key: &'static str,
    line: &'static [&'static str],
    /// Variables that its entry sets.
    pub(crate) env: &'static [(&'static str, &'static str)],
    /// A tool that can be called without arguments, where there is one.
    pub(crate) tool: Option<&'static str>,
}

/// Stands for the working folder.
const HERE: &str = "HERE";

/// How long a registry may take for one server.
const FETCH_MAX: Duration = Duration::from_secs(300);

const INITIALIZE: &str =
    r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"fetch","version":"1"}}"#;

const fn real(key: &'static str, line: &'static [&'static str], tool: Option<&'static str>) -> Real {
    Real { key, line, env: &[], tool }
}

/// Five that many people have.
pub(crate) const FIVE: [Real; 5] = [
    real("memory", &["npx", "-y", "@modelcontextprotocol/server-memory"], Some("read_graph")),
    real("thinking", &["npx", "-y", "@modelcontextprotocol/server-sequential-thinking"], None),
    real(
        "files",
        &["npx", "-y", "@modelcontextprotocol/server-filesystem", HERE],
        Some("list_allowed_directories"),
    ),
    real("time", &["uvx", "mcp-server-time"], None),
    real("fetch", &["uvx", "mcp-server-fetch"], None),
];

/// Five that do not say the same each time: by the client's capabilities, the order of a set, a clock, a time zone, a
/// path.
pub(crate) const RESTLESS: [Real; 5] = [
    real("everything", &["npx", "-y", "@modelcontextprotocol/server-everything"], None),
    Real {
        key: "atlassian",
        line: &["uvx", "mcp-atlassian"],
        env: &[
            ("JIRA_URL", "https://jira.example.com"),
            ("JIRA_USERNAME", "ann@example.com"),
            ("JIRA_API_TOKEN", "secret-of-ann"),
            ("CONFLUENCE_URL", "https://wiki.example.com"),
            ("CONFLUENCE_USERNAME", "ann@example.com"),
            ("CONFLUENCE_API_TOKEN", "secret-of-ann"),
        ],
        tool: None,
    },
    Real {
        key: "currents",
        line: &["npx", "-y", "@currents/mcp"],
        env: &[("CURRENTS_API_KEY", "secret-of-ann")],
        tool: None,
    },
    real("clock", &["uvx", "mcp-server-time"], None),
    real("desktop", &["npx", "-y", "@wonderwhy-er/desktop-commander"], None),
];

/// The keys of the five.
pub(crate) fn keys() -> Vec<&'static str> {
    FIVE.iter().map(|real| real.key).collect()
}

/// Servers as entries for a client with these rooms.
pub(crate) fn entries(servers: &[Real], rooms: &Rooms) -> Vec<Server> {
    let part = |part: &&str| match *part {
        HERE => rooms.work.clone().into(),
        part => part.into(),
    };
    let entry = |real: &Real| Server {
        key: real.key,
        command: real.line.iter().map(part).collect(),
        env: real.env.to_vec(),
    };
    servers.iter().map(entry).collect()
}

/// Where `uvx` and the caches are.
#[derive(Debug, Clone)]
pub(crate) struct Launchers {
    root: PathBuf,
}

impl Launchers {
    /// Installs `uv` below `root` if it is not there.
    ///
    /// # Errors
    /// When Python, npm or a registry fails.
    pub(crate) fn prepare(root: &Path) -> Result<Self, String> {
        let launchers = Self { root: root.to_path_buf() };
        let environment = root.join("uv");
        if !environment.join("bin/uvx").is_file() {
            eprintln!("clients: installing uv into {}", environment.display());
            done(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
            let list = crate::root().join("xtask/clients_assets/requirements.txt");
            let pip = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "-r"];
            done(Command::new(environment.join("bin/python")).args(pip).arg(list))?;
        }
        Ok(launchers)
    }

    /// Fetches what servers need, if that was not done before.
    ///
    /// # Errors
    /// When npm, uv or a registry fails, or a server does not start.
    pub(crate) fn fetch(&self, servers: &[Real]) -> Result<(), String> {
        for real in servers {
            let stamp = self.root.join(format!("fetched-{}", real.key));
            if !stamp.is_file() {
                eprintln!("clients: fetching {}", real.key);
                self.start_once(real)?;
                fs::write(&stamp, "").map_err(|error| format!("{}: {error}", stamp.display()))?;
            }
        }
        Ok(())
    }

    /// Folders of programs that clients and servers must find.
    pub(crate) fn programs(&self) -> Vec<PathBuf> {
        vec![self.root.join("uv/bin")]
    }

    /// Gives a home folder the users' configuration of `npm` and `uv`: the caches, and whether they may be left.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn settle(&self, home: &Path, online: bool) -> Result<(), String> {
        let registry = said(Command::new("npm").args(["config", "get", "registry"]))?;
        let npm = format!(
            "registry={registry}\ncache={}\noffline={}\nignore-scripts=true\nupdate-notifier=false\n",
            self.root.join("cache-npm").display(),
            !online,
        );
        let mut uv = format!(
            "cache-dir = \"{}\"\noffline = {}\nsystem-certs = true\n",
            self.root.join("cache-uv").display(),
            !online,
        );
        if let Ok(index) =
            said(Command::new("python3").args(["-m", "pip", "config", "get", "global.index-url"]))
        {
            uv.push_str(&format!("[[index]]\nurl = \"{index}\"\ndefault = true\n"));
        }
        write(&home.join(".npmrc"), &npm)?;
        write(&home.join(".config/uv/uv.toml"), &uv)
    }

    /// Starts a server once, with the registries.
    fn start_once(&self, real: &Real) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let rooms = Rooms { home: folder.path().join("home"), work: folder.path().join("work") };
        fs::create_dir_all(&rooms.work).map_err(|error| error.to_string())?;
        self.settle(&rooms.home, true)?;
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(self.programs().into_iter().chain(std::env::split_paths(&inherited)))
            .map_err(|error| error.to_string())?;
        for server in entries(std::slice::from_ref(real), &rooms) {
            let mut command = Command::new("timeout");
            command.arg(FETCH_MAX.as_secs().to_string()).args(&server.command).current_dir(&rooms.work);
            command.env("HOME", &rooms.home).env("PATH", &path).envs(server.env);
            let mut client = Client::start(command);
            client.ask("initialize", INITIALIZE);
            if client.wait_for(FETCH_MAX, |line| line.is_answer()).is_none() {
                return Err(format!("{} does not answer: {}", server.key, client.complaints()));
            }
        }
        Ok(())
    }
}

/// Writes a file, and the folders above it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn done(command: &mut Command) -> Result<(), String> {
    said(command).map(drop)
}

fn said(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program} cannot be started: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program} failed: {}", errors.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
