//! Desktop notifications in fixed words: a second channel, so that a forged yes does not pass in silence.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where the notifier may lie: system paths only, whatever `PATH` says.
const NOTIFIERS: &[&str] = &["/usr/bin/notify-send", "/bin/notify-send"];
/// The variables that it needs to reach the desktop; it gets no other.
const PASSED: &[&str] =
    &["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HOME", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"];
/// The variables of which one must be there for a desktop to be assumed.
const DESKTOP: &[&str] = &["DISPLAY", "WAYLAND_DISPLAY"];
/// A notifier that takes longer is ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// Shows one notification where there is a desktop, and says whether the notifier took it.
///
/// `body` must be words of ours: labels, counts and verbs, never a server's text.
pub fn desktop(body: &str, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let there = DESKTOP.iter().any(|name| variable(name).is_some_and(|value| !value.is_empty()));
    let notifier = NOTIFIERS.iter().map(Path::new).find(|path| path.is_file());
    let (true, Some(notifier)) = (there, notifier) else { return false };
    let mut command = Command::new(notifier);
    command.env_clear().args(["--app-name=Pinfold", "--", "Pinfold", body]);
    command.envs(PASSED.iter().filter_map(|name| variable(name).map(|value| (name, value))));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let deadline = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
