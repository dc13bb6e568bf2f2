//! What gate and guardian say to each other, as bytes.
//!
//! Both are the same binary of the same version, so the format needs no version of its own. Every text is a byte
//! string with its length before it, because arguments and variables need not be UTF-8.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The largest command that a guardian reads: the kernel takes 2 MiB of arguments and variables by default.
pub(super) const MAX_COMMAND_BYTES: usize = 8 << 20;

/// A server's command, resolved: nothing in it is looked up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program, an absolute path.
    pub program: PathBuf,
    /// The name by which the program is called, its first argument.
    pub name: OsString,
    /// The arguments after that.
    pub args: Vec<OsString>,
    /// The complete environment; nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// The working directory.
    pub folder: PathBuf,
}

/// How a server's main process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerExit {
    /// It returned this status.
    Status(u8),
    /// This signal ended it.
    Signal(u8),
    /// Its end was seen, the status was not.
    Unknown,
}

impl ServerExit {
    /// Whether the server ended because it was done, or was told to end: not by a fault of its own.
    pub(crate) fn is_orderly(self) -> bool {
        const TOLD: [u8; 3] = [1, 2, 15];
        match self {
            Self::Status(status) => {
                status == 0 || status.checked_sub(128).is_some_and(|signal| TOLD.contains(&signal))
            }
            Self::Signal(signal) => TOLD.contains(&signal),
            Self::Unknown => false,
        }
    }
}

impl std::fmt::Display for ServerExit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(out, "exited with status {status}"),
            Self::Signal(signal) => write!(out, "was ended by signal {signal}"),
            Self::Unknown => write!(out, "ended"),
        }
    }
}

/// What a guardian reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// The server runs under this process id.
    Started(u32),
    /// It could not be started: the operating system's error number.
    Failed(i32),
    /// Its main process is gone.
    Exited(ServerExit),
}

impl Report {
    /// Length of every report.
    pub(super) const BYTES: usize = 5;

    pub(super) fn encode(self) -> [u8; Self::BYTES] {
        let (tag, value) = match self {
            Self::Started(pid) => (b'S', pid),
            Self::Failed(errno) => (b'F', errno as u32),
            Self::Exited(ServerExit::Status(status)) => (b'X', u32::from(status)),
            Self::Exited(ServerExit::Signal(signal)) => (b'K', u32::from(signal)),
            Self::Exited(ServerExit::Unknown) => (b'U', 0),
        };
        let mut bytes = [tag, 0, 0, 0, 0];
        bytes[1..].copy_from_slice(&value.to_be_bytes());
        bytes
    }

    pub(super) fn decode(bytes: [u8; Self::BYTES]) -> Option<Self> {
        let value = u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]);
        Some(match bytes[0] {
            b'S' => Self::Started(value),
            b'F' => Self::Failed(value as i32),
            b'X' => Self::Exited(ServerExit::Status(value as u8)),
            b'K' => Self::Exited(ServerExit::Signal(value as u8)),
            b'U' => Self::Exited(ServerExit::Unknown),
            _ => return None,
        })
    }
}

impl Command {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, self.program.as_os_str());
        push(&mut out, self.folder.as_os_str());
        push(&mut out, &self.name);
        push_count(&mut out, self.args.len());
        self.args.iter().for_each(|arg| push(&mut out, arg));
        push_count(&mut out, self.env.len());
        for (name, value) in &self.env {
            push(&mut out, name);
            push(&mut out, value);
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let program = pull(&mut rest)?.into();
        let folder = pull(&mut rest)?.into();
        let name = pull(&mut rest)?;
        let args = (0..pull_count(&mut rest)?).map(|_| pull(&mut rest)).collect::<Option<_>>()?;
        let env = (0..pull_count(&mut rest)?)
            .map(|_| Some((pull(&mut rest)?, pull(&mut rest)?)))
            .collect::<Option<_>>()?;
        rest.is_empty().then_some(Self { program, name, args, env, folder })
    }
}

fn push_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&(count as u32).to_be_bytes());
}

fn push(out: &mut Vec<u8>, text: &OsStr) {
    push_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn pull_count(rest: &mut &[u8]) -> Option<usize> {
    let (count, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    let count = u32::from_be_bytes(*count) as usize;
    // Each counted thing takes four bytes at least.
    (count <= after.len()).then_some(count)
}

fn pull(rest: &mut &[u8]) -> Option<OsString> {
    let length = pull_count(rest)?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(OsString::from_vec(text.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_the_wire_with_bytes_that_are_no_text() {
        let command = Command {
            program: "/bin/demo".into(),
            name: "demo".into(),
            args: vec!["a b".into(), OsString::from_vec(vec![0xff, b'x']), "".into()],
            env: vec![("EMPTY".into(), "".into()), ("A".into(), "=\n".into())],
            folder: "/tmp".into(),
        };
        assert_eq!(Command::decode(&command.encode()), Some(command));
    }

    #[test]
    fn a_cut_or_longer_command_is_refused() {
        let command =
            Command { program: "/x".into(), name: "x".into(), args: vec![], env: vec![], folder: "/".into() };
        let bytes = command.encode();
        for end in 0..bytes.len() {
            assert_eq!(Command::decode(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(Command::decode(&[&bytes[..], b"x"].concat()), None);
    }

    #[test]
    fn reports_survive_the_wire() {
        for report in [
            Report::Started(4_000_000),
            Report::Failed(2),
            Report::Exited(ServerExit::Status(255)),
            Report::Exited(ServerExit::Signal(9)),
            Report::Exited(ServerExit::Unknown),
        ] {
            assert_eq!(Report::decode(report.encode()), Some(report));
        }
        assert_eq!(Report::decode([0; 5]), None);
    }
}
