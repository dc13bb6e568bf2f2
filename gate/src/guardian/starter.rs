//! The gate's side: starting a guardian and hearing from it.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::pipe::{PipeFlags, pipe_with};

use super::message::{Command, Report, ServerExit};

/// The name under which our binary serves as a guardian.
pub const GUARDIAN_VERB: &str = "__guardian";

/// A server under guard: its two ends of traffic, and the line to its guardian.
#[derive(Debug)]
pub struct Guarded {
    /// Writes to the server's standard input. Closing it is the end of input.
    pub to_server: OwnedFd,
    /// Reads from the server's standard output.
    pub from_server: OwnedFd,
    /// The line to the guardian; closing every copy of it ends the tree.
    pub line: UnixStream,
    /// The guardian's own process.
    pub process: Child,
}

/// What comes from a guardian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardianEvent {
    /// The server runs under this process id.
    Started(u32),
    /// The server could not be started: the operating system's error number.
    Failed(i32),
    /// The server's main process is gone.
    Exited(ServerExit),
    /// The guardian closed its line: the tree is gone, or the guardian was killed.
    Gone,
}

/// Why no guardian could be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A pipe, a socket or a process could not be had.
    #[error("the guardian of the server could not be started: {0}")]
    Guardian(#[source] io::Error),
    /// The guardian went away before it had the command.
    #[error("the guardian of the server did not take the command: {0}")]
    Command(#[source] io::Error),
}

/// Starts `binary` (our own) as the guardian of `command`.
///
/// The server inherits our standard error and nothing else. The guardian runs in a process group of its own, so that
/// a Ctrl-C meant for the client does not reach it before the gate has ended the server in order.
///
/// # Errors
/// [`StartError`] when the operating system refuses. A command that cannot be run is not an error here: it arrives as
/// [`GuardianEvent::Failed`].
pub fn start(binary: &Path, command: &Command) -> Result<Guarded, StartError> {
    let (server_input, to_server) =
        pipe_with(PipeFlags::CLOEXEC).map_err(|e| StartError::Guardian(e.into()))?;
    let (from_server, server_output) =
        pipe_with(PipeFlags::CLOEXEC).map_err(|e| StartError::Guardian(e.into()))?;
    let (line, guardian_end) = UnixStream::pair().map_err(StartError::Guardian)?;
    let process = std::process::Command::new(binary)
        .arg(GUARDIAN_VERB)
        .stdin(Stdio::from(OwnedFd::from(guardian_end)))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .process_group(0)
        .spawn()
        .map_err(StartError::Guardian)?;
    hand_over(&line, command, &server_input, &server_output).map_err(StartError::Command)?;
    Ok(Guarded { to_server, from_server, line, process })
}

/// Sends the command, and with its first byte the server's two ends of the pipes.
fn hand_over(line: &UnixStream, command: &Command, input: &OwnedFd, output: &OwnedFd) -> io::Result<()> {
    let body = command.encode();
    let head = (body.len() as u32).to_be_bytes();
    let ends: [BorrowedFd<'_>; 2] = [input.as_fd(), output.as_fd()];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&ends)) {
        return Err(io::Error::other("no room for two descriptors"));
    }
    let sent = sendmsg(line, &[IoSlice::new(&head)], &mut ancillary, SendFlags::NOSIGNAL)?;
    if sent != head.len() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    (&*line).write_all(&body)
}

/// Waits for the guardian's next word. Blocks.
pub(crate) fn next_event(mut line: &UnixStream) -> GuardianEvent {
    let mut bytes = [0; Report::BYTES];
    match line.read_exact(&mut bytes).ok().and_then(|()| Report::decode(bytes)) {
        Some(Report::Started(pid)) => GuardianEvent::Started(pid),
        Some(Report::Failed(errno)) => GuardianEvent::Failed(errno),
        Some(Report::Exited(exit)) => GuardianEvent::Exited(exit),
        None => GuardianEvent::Gone,
    }
}
