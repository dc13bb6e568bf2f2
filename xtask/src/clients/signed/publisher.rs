//! The publisher of the scripted server, and the log that its releases stand in.

use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::home::Home;
use pinfold_tests::log::TestLog;
use pinfold_tests::stage::run_to_end;

use super::super::client::Client;
use super::super::{processes, session};
use super::Release;

/// A log with two witnesses that serves all clients.
pub(crate) struct PublicLog {
    // It ends with this.
    _log: TestLog,
    policy: PathBuf,
}

impl PublicLog {
    /// Starts the built programs on loopback.
    pub(crate) fn start() -> Self {
        // By the policy a release passes only once its witnesses have seen it for a while.
        let log = TestLog::that_ages(2, 2);
        processes::end_beside_us(&log.processes());
        Self { policy: log.policy_file(), _log: log }
    }

    /// The tlog-policy by which it is trusted.
    pub(crate) fn policy(&self) -> &Path {
        &self.policy
    }
}

/// Who releases the scripted server: a home with a key of its own, and a name of its own for each client.
pub(super) struct Publisher<'a> {
    home: Home,
    pinfold: &'a Path,
    log: &'a PublicLog,
    name: String,
}

impl<'a> Publisher<'a> {
    /// Makes the key.
    ///
    /// # Errors
    /// When the program refuses.
    pub(super) fn new(pinfold: &'a Path, client: Client, log: &'a PublicLog) -> Result<Self, String> {
        let name = format!("io.github.acme-{}/demo", client.name());
        let publisher = Self { home: Home::new(), pinfold, log, name };
        publisher.run(&mut publisher.command(&["key", "new", "--no-passphrase"]))?;
        Ok(publisher)
    }

    /// Signs and logs a release; the first one claims the namespace. Gives the bundle.
    ///
    /// # Errors
    /// When the program refuses, or a file cannot be written.
    pub(super) fn publish(&self, release: Release) -> Result<PathBuf, String> {
        let place = |name: &str| self.home.work().join(name);
        release.state().write(&place("state.json")).map_err(|error| error.to_string())?;
        let server = session::scripted_server(&place("state.json"), &place("received.log"));
        let bundle = place(&format!("{}.pinfold", release.version()));
        let mut command = self.command(&["publish", "--yes", "--json", "--name", &self.name]);
        command.args(["--version", release.version(), "--policy"]).arg(self.log.policy());
        command.arg("--output").arg(&bundle).arg("--").args(server.map_err(|error| error.to_string())?);
        self.run(&mut command)?;
        Ok(bundle)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(self.pinfold);
        command.args(arguments);
        command
    }

    fn run(&self, command: &mut Command) -> Result<(), String> {
        let line = format!("{command:?}");
        let output = run_to_end(std::mem::replace(command, Command::new("true")));
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(format!("{line} ended with {}: {}", output.status, String::from_utf8_lossy(&said).trim()))
    }
}
