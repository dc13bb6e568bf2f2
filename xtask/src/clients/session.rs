//! One headless session of a client, in rooms of its own and with a clean environment.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::client::{Client, Rooms, SERVER_KEY, Server};
use super::http::Request;
use super::install::Installed;
use super::model::{Model, Step};
use super::processes;
use super::server::{Received, State};

/// A session takes 2 to 5 seconds; one that hangs is ended after this long.
const SESSION_MAX: Duration = Duration::from_secs(120);

/// One client with its rooms, its model and its server.
pub(crate) struct Bench {
    /// The client.
    pub(crate) client: Client,
    /// Its home and working folder.
    pub(crate) rooms: Rooms,
    /// Its scripted model.
    pub(crate) model: Model,
    installed: Installed,
    /// Folders that stand before those of `PATH`.
    programs: Vec<PathBuf>,
    state: PathBuf,
    log: PathBuf,
}

/// What a session left.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Every request that the model received.
    pub(crate) requests: Vec<Request>,
    /// Every message that the MCP server received.
    pub(crate) received: Received,
    /// Why the session itself failed, if it did: exit status or time, with the end of what the client printed.
    pub(crate) failure: Option<String>,
    /// When the client was started.
    pub(crate) started: Instant,
    /// How long it took.
    pub(crate) took: Duration,
}

/// The command line of the scripted MCP server, which is this program: it says what the file `state` says, and writes down
/// in `log` what it received.
///
/// # Errors
/// When the system does not say what program this is.
pub(crate) fn scripted_server(state: &Path, log: &Path) -> io::Result<Vec<OsString>> {
    let program = std::env::current_exe()?;
    Ok(vec![program.into(), "clients".into(), "scripted-server".into(), state.into(), log.into()])
}

impl Bench {
    /// Makes the rooms and starts the model.
    ///
    /// # Errors
    /// When a folder cannot be made or no port bound.
    pub(crate) fn new(client: Client, installed: Installed, rooms: Rooms) -> io::Result<Self> {
        fs::create_dir_all(&rooms.home)?;
        fs::create_dir_all(&rooms.work)?;
        let fixture = rooms.home.join("scripted-server");
        fs::create_dir_all(&fixture)?;
        Ok(Self {
            client,
            model: Model::start(client)?,
            installed,
            programs: Vec::new(),
            state: fixture.join("state.json"),
            log: fixture.join("received.log"),
            rooms,
        })
    }

    /// The same with folders of programs that the client and its servers find first.
    pub(crate) fn with_programs(mut self, folders: Vec<PathBuf>) -> Self {
        self.programs = folders;
        self
    }

    /// The command line of this bench's scripted MCP server.
    ///
    /// # Errors
    /// When the system does not say what program this is.
    pub(crate) fn server(&self) -> io::Result<Vec<OsString>> {
        scripted_server(&self.state, &self.log)
    }

    /// The variables that each child of this bench gets, and no others: no agent's marker, no key, no registry, and
    /// a proxy that lets nothing out of this machine.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let trap = format!("http://127.0.0.1:{}", self.model.port());
        vec![
            ("HOME", self.rooms.home.clone().into()),
            ("PATH", self.path()),
            ("LANG", "C.UTF-8".into()),
            ("TERM", "dumb".into()),
            ("SHELL", "/bin/sh".into()),
            ("HTTPS_PROXY", trap.clone().into()),
            ("HTTP_PROXY", trap.into()),
            ("NO_PROXY", "127.0.0.1,localhost".into()),
        ]
    }

    fn path(&self) -> OsString {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.programs.iter().cloned().chain(std::env::split_paths(&inherited));
        std::env::join_paths(folders).unwrap_or(inherited)
    }

    /// Runs one session against the server command line `server`, which says what `state` says.
    ///
    /// # Errors
    /// When the session cannot be set up. A session that fails is an [`Outcome`] with a `failure`.
    pub(crate) fn run(&self, server: &[OsString], state: &State, plan: &[Step]) -> io::Result<Outcome> {
        state.write(&self.state)?;
        let server = Server { key: SERVER_KEY, command: server.to_vec(), env: Vec::new() };
        self.client.configure(&self.rooms, self.model.port(), &[server])?;
        self.session(&[SERVER_KEY], plan)
    }

    /// Runs one session with the servers that the client's file names.
    ///
    /// # Errors
    /// As [`Bench::run`].
    pub(crate) fn session(&self, keys: &[&str], plan: &[Step]) -> io::Result<Outcome> {
        Received::take(&self.log)?;
        self.model.begin(plan);
        let invocation = self.client.invocation(self.model.port(), keys);
        let printed = self.rooms.home.join("printed.log");
        let output = File::create(&printed)?;
        let mut command = self.command();
        command.args(invocation.args).envs(invocation.env);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
        let started = Instant::now();
        let child = command.spawn()?;
        let failure = processes::wait(child, SESSION_MAX)?.map(|reason| {
            let text = fs::read(&printed).unwrap_or_default();
            let end = &text[text.len().saturating_sub(2000)..];
            format!("{reason}; it printed: {}", String::from_utf8_lossy(end).trim())
        });
        Ok(Outcome {
            requests: self.model.requests(),
            received: Received::take(&self.log)?,
            failure,
            started,
            took: started.elapsed(),
        })
    }

    /// The client's program in its rooms, without arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.installed.program(self.client));
        command.env_clear().envs(self.environment()).current_dir(&self.rooms.work);
        command
    }
}
