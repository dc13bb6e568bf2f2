//! Telling a person in fixed words, on the desktop and by a command of their own: a second channel, so that what waits
//! is heard of and a forged yes does not pass in silence.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pinfold_store::HomeStanding;
use pinfold_verifier::policy::Policy;
use rustix::process::{Pid, Signal, kill_process_group};

/// Where the notifier may lie: system paths only, whatever `PATH` says.
const NOTIFIERS: &[&str] = &["/usr/bin/notify-send", "/bin/notify-send"];
/// The variables that it needs to reach the desktop; it gets no other.
const PASSED: &[&str] =
    &["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HOME", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"];
/// The variables of which one must be there for a desktop to be assumed.
const DESKTOP: &[&str] = &["DISPLAY", "WAYLAND_DISPLAY"];
/// A notifier that takes longer is ended.
const PATIENCE: Duration = Duration::from_secs(2);
/// A person's own command may have to reach a telephone.
const COMMAND_PATIENCE: Duration = Duration::from_secs(5);
/// One label and reason is told of at most this often.
const AT_MOST_EVERY: Duration = Duration::from_secs(60);
/// `PATH` of the person's command, whatever the client's is.
const COMMAND_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The reason that a command is given after a decision at a terminal; otherwise it gets a code.
pub const DECIDED: &str = "DECIDED";

/// How the person wants to be told.
#[derive(Debug, Default)]
pub struct Voice {
    desktop: bool,
    /// Program and arguments.
    command: Option<(String, Vec<String>)>,
    told: BTreeMap<(String, String), Instant>,
}

impl Voice {
    /// As the policy says.
    fn of(policy: &Policy) -> Self {
        let command = policy.notify_command();
        Self {
            desktop: policy.notify_desktop(),
            command: command.map(|(program, arguments)| (program.to_owned(), arguments.to_vec())),
            told: BTreeMap::new(),
        }
    }

    /// The same in a home folder of this standing: where it is not the account's and nothing was decided in it, whoever set
    /// `HOME` wrote the policy too, and no command of theirs is run.
    pub fn in_home(policy: &Policy, standing: HomeStanding) -> Self {
        let voice = Self::of(policy);
        match standing {
            HomeStanding::Account | HomeStanding::OtherDecided => voice,
            HomeStanding::OtherUndecided => Self { command: None, ..voice },
        }
    }

    /// Tells of something that waits, or of a decision ([`DECIDED`]); the same label and reason once a minute.
    ///
    /// `body` must be words of ours: labels, counts and verbs, never a server's text. Only the desktop gets it; the
    /// command gets reason and label. Waits for both, for 7 seconds at most.
    pub fn say(&mut self, label: &str, reason: &str, body: &str) {
        let subject = (label.to_owned(), reason.to_owned());
        let now = Instant::now();
        if self.told.get(&subject).is_some_and(|last| now.duration_since(*last) < AT_MOST_EVERY) {
            return;
        }
        self.told.insert(subject, now);
        let variable = |name: &str| std::env::var_os(name);
        if self.desktop {
            desktop(body, variable);
        }
        if let Some((program, arguments)) = &self.command {
            run_command(program, arguments, label, reason, variable);
        }
    }
}

/// Shows one notification where there is a desktop, and says whether the notifier took it.
fn desktop(body: &str, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let there = DESKTOP.iter().any(|name| variable(name).is_some_and(|value| !value.is_empty()));
    let notifier = NOTIFIERS.iter().map(Path::new).find(|path| path.is_file());
    let (true, Some(notifier)) = (there, notifier) else { return false };
    let mut command = Command::new(notifier);
    command.env_clear().args(["--app-name=Pinfold", "--", "Pinfold", body]);
    in_bounds(command, PATIENCE, variable)
}

fn run_command(
    program: &str,
    arguments: &[String],
    label: &str,
    reason: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).current_dir("/");
    command.env_clear().env("PATH", COMMAND_PATH).env("PINFOLD_REASON", reason).env("PINFOLD_LABEL", label);
    in_bounds(command, COMMAND_PATIENCE, variable)
}

/// Runs a command without streams, with few variables beside its own, and not for ever.
fn in_bounds(mut command: Command, patience: Duration, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    command.envs(PASSED.iter().filter_map(|name| variable(name).map(|value| (name, value))));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let Ok(mut child) = command.spawn() else { return false };
    let deadline = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
            _ => return end(&mut child),
        }
    }
}

/// Ends what a command started in its own group; the child was not waited for yet, so its id is still its own.
fn end(child: &mut Child) -> bool {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    false
}
