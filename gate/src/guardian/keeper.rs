//! The guardian's side: taking a command from the parent gate, starting it, ending all of it.

use std::io::{self, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg, sockopt};
use rustix::process::{Pid, WaitOptions, WaitStatus, getpid, getppid, set_child_subreaper, wait};

use super::message::{Command, MAX_COMMAND_BYTES, Report, ServerExit};
use super::process_tree::end_descendants;
use super::{GRACE_AFTER_END_OF_INPUT, GRACE_AFTER_TERM};

/// Why this process is no guardian.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAGuardian {
    /// Standard input is no socket from our parent process.
    #[error(
        "the guardian is started by a running gate and takes its command from there; by hand it starts nothing"
    )]
    NoParentGate,
    /// The parent sent no whole command.
    #[error("the gate ended before it had handed over its command")]
    NoCommand,
    /// The operating system refused what a guardian needs.
    #[error("the guardian cannot watch over processes here: {0}")]
    System(#[source] io::Error),
}

/// Serves as a guardian until the server's whole process tree has ended.
///
/// Reads the command from standard input, which must be a socket that our parent process made and whose program is the
/// same file as ours.
///
/// # Errors
/// [`NotAGuardian`] when there is no parent gate; then nothing was started.
pub(super) fn keep() -> Result<(), NotAGuardian> {
    let line = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().map_err(NotAGuardian::System)?);
    parent_made(&line)?;
    ignore_terminal_signals().map_err(NotAGuardian::System)?;
    set_child_subreaper(Some(getpid())).map_err(|error| NotAGuardian::System(error.into()))?;
    let (command, input, output) = receive(&line).ok_or(NotAGuardian::NoCommand)?;
    let started = std::process::Command::new(&command.program)
        .arg0(&command.name)
        .args(&command.args)
        .env_clear()
        .envs(command.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&command.folder)
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output))
        .stderr(Stdio::inherit())
        .process_group(0)
        .spawn();
    match started {
        // The command, and with it our copies of the pipes' ends, is gone by the end of the statement above.
        Ok(server) => {
            let server = Pid::from_child(&server);
            tell(&line, Report::Started(server.as_raw_nonzero().get() as u32));
            watch(line, server);
        }
        Err(error) => tell(&line, Report::Failed(error.raw_os_error().unwrap_or(0))),
    }
    Ok(())
}

/// Waits for the end of the server or of the gate, then ends the tree.
fn watch(line: UnixStream, server: Pid) {
    let (events, inbox) = mpsc::channel();
    let gate_gone = line.try_clone().map(|copy| {
        let events = events.clone();
        std::thread::spawn(move || {
            // The gate sends nothing more: the first byte or the end means the same.
            let _ = (&copy).read(&mut [0]);
            let _ = events.send(Event::GateIsDone);
        })
    });
    std::thread::spawn(move || reap(server, &events));

    let mut tree_is_gone = false;
    if gate_gone.is_ok() {
        while let Ok(event) = inbox.recv() {
            match event {
                Event::ServerExited(exit) => tell(&line, Report::Exited(exit)),
                Event::TreeIsGone => {
                    tree_is_gone = true;
                    break;
                }
                Event::GateIsDone => break,
            }
        }
    }
    if tree_is_gone {
        return;
    }
    // The gate has closed the server's input by now, or died and thereby closed it.
    STOP_REAPING.store(true, Ordering::SeqCst);
    let deadline = Instant::now() + GRACE_AFTER_END_OF_INPUT;
    loop {
        match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::ServerExited(exit)) => {
                tell(&line, Report::Exited(exit));
                break;
            }
            Ok(Event::TreeIsGone) => return,
            Ok(Event::GateIsDone) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    end_descendants(GRACE_AFTER_TERM);
}

/// What a guardian waits for.
enum Event {
    ServerExited(ServerExit),
    TreeIsGone,
    GateIsDone,
}

/// Set when the tree is being ended: from then on `end_descendants` reaps.
static STOP_REAPING: AtomicBool = AtomicBool::new(false);

/// Collects every child that ends, the server and whatever it orphaned.
fn reap(server: Pid, events: &mpsc::Sender<Event>) {
    let mut server_runs = true;
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => {
                if pid == server {
                    server_runs = false;
                    let _ = events.send(Event::ServerExited(exit_of(status)));
                }
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            // No child is left. If another waiter saw the server's end, its status is lost, its end is not.
            Err(_) => {
                if server_runs && !STOP_REAPING.load(Ordering::SeqCst) {
                    let _ = events.send(Event::ServerExited(ServerExit::Unknown));
                }
                let _ = events.send(Event::TreeIsGone);
                return;
            }
        }
    }
}

fn exit_of(status: WaitStatus) -> ServerExit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(status), _) => ServerExit::Status(status as u8),
        (None, Some(signal)) => ServerExit::Signal(signal as u8),
        (None, None) => ServerExit::Unknown,
    }
}

/// Checks that the socket was made by our parent and that our parent is the same program.
fn parent_made(line: &UnixStream) -> Result<(), NotAGuardian> {
    let maker = sockopt::socket_peercred(line).map_err(|_| NotAGuardian::NoParentGate)?;
    let parent = getppid().ok_or(NotAGuardian::NoParentGate)?;
    let program_of = |pid: Pid| rustix::fs::stat(format!("/proc/{}/exe", pid.as_raw_nonzero()));
    match (program_of(parent), program_of(getpid())) {
        (Ok(theirs), Ok(ours))
            if maker.pid == parent && (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino) =>
        {
            Ok(())
        }
        _ => Err(NotAGuardian::NoParentGate),
    }
}

/// Reads the command and the server's ends of its two pipes.
fn receive(line: &UnixStream) -> Option<(Command, OwnedFd, OwnedFd)> {
    let mut head = [0; 4];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got =
        recvmsg(line, &mut [IoSliceMut::new(&mut head)], &mut ancillary, RecvFlags::CMSG_CLOEXEC).ok()?;
    let mut ends = ancillary.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    let (input, output) = (ends.next()?, ends.next()?);
    drop(ends);
    let mut line = line;
    line.read_exact(&mut head[got.bytes..]).ok()?;
    let length = u32::from_be_bytes(head) as usize;
    if length > MAX_COMMAND_BYTES {
        return None;
    }
    let mut body = vec![0; length];
    line.read_exact(&mut body).ok()?;
    Some((Command::decode(&body)?, input, output))
}

/// A guardian ends when its gate does, not when somebody presses Ctrl-C or closes the terminal.
fn ignore_terminal_signals() -> io::Result<()> {
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, std::sync::Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

/// Reports to the gate; a gate that is gone hears nothing and needs nothing.
fn tell(mut line: &UnixStream, report: Report) {
    let _ = line.write_all(&report.encode());
}

/// Kept here so that the two grace periods are seen together by whoever changes one.
const _: () = assert!(GRACE_AFTER_TERM.as_millis() > GRACE_AFTER_END_OF_INPUT.as_millis());
