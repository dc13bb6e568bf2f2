//! A file system of its own over a home, which can be full or read-only.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A small file system mounted over a folder, seen only by commands that are put [inside](Disk::inside).
pub struct Disk {
    keeper: Child,
    place: PathBuf,
    as_root: bool,
}

impl Disk {
    /// Mounts `kibibytes` of memory over the folder, in a mount namespace of its own.
    ///
    /// # Errors
    /// The reason in one line where this system does not let us.
    pub fn over(place: &Path, kibibytes: u32) -> Result<Disk, String> {
        let as_root = rustix::process::geteuid().is_root();
        let mut command = Command::new("unshare");
        if !as_root {
            command.arg("--map-root-user");
        }
        // The keeper lives as long as its input.
        let script = r#"mount -t tmpfs -o "size=$2k,mode=0700" tmpfs "$1" && echo ready && exec cat"#;
        command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
        command.arg(place).arg(kibibytes.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().map_err(|error| format!("unshare does not run: {error}"))?;
        let mut line = String::new();
        let output = keeper.stdout.take().ok_or("unshare has no output")?;
        BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
        let disk = Disk { keeper, place: place.to_owned(), as_root };
        if line == "ready\n" { Ok(disk) } else { Err("no file system can be mounted here".to_owned()) }
    }

    /// The same command, inside.
    pub fn inside(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.arg("--target").arg(self.keeper.id().to_string()).arg("--mount");
        if !self.as_root {
            inside.args(["--user", "--preserve-credentials"]);
        }
        if let Some(folder) = command.get_current_dir() {
            let mut wd = std::ffi::OsString::from("--wd=");
            wd.push(folder);
            inside.arg(wd);
        }
        inside.arg("--").arg(command.get_program()).args(command.get_args()).env_clear();
        inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        inside
    }

    /// Writes until nothing more fits, to the last block.
    pub fn fill(&self) {
        self.script(r#"dd if=/dev/zero of="$1/fill" bs=64k; dd if=/dev/zero of="$1/rest" bs=1k; true"#);
    }

    /// Takes away what [`Disk::fill`] wrote.
    pub fn empty(&self) {
        self.script(r#"rm "$1/fill" "$1/rest""#);
    }

    /// Makes the file system read-only.
    pub fn make_read_only(&self) {
        self.script(r#"mount -o remount,ro "$1""#);
    }

    fn script(&self, script: &str) {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(&self.place);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = self.inside(&command).output().expect("nsenter runs");
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.keeper.stdin = None;
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
