//! The controlling terminal: the one place where unapproved text is shown and where a yes is typed.

mod parts;
mod secret;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp, tcsetattr,
};

use self::parts::Seen;
use crate::challenge::{Challenge, Shown};
use crate::exit::Exit;
use crate::keys::{Answer, Offers, Step, Typing};
use crate::markers::agent_marker;
use crate::output::{Problem, colour_wanted};
use crate::screen::Screen;

/// The name of the controlling terminal, whatever the standard streams are.
const DEVICE: &str = "/dev/tty";
/// How long one wait for a key lasts before signals are looked at.
const POLL: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// Why nobody can be asked here.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    /// An agent's marker is set.
    #[error("the variable {0} says that an agent runs this")]
    Marker(&'static str),
    /// There is no controlling terminal that can be opened.
    #[error("no terminal: {0}")]
    Absent(io::Error),
    /// The process runs in the background of its terminal.
    #[error("this runs in the background of its terminal")]
    Background,
    /// The terminal's foreground is a process that is not seen from here: one outside of this namespace of processes.
    #[error("the terminal belongs to a process outside of this namespace")]
    Outside,
}

impl NoTerminal {
    /// The two lines for a person, exit status 4; `command` is what to run instead.
    pub fn problem(&self, command: &str) -> Problem {
        let (code, message) = match self {
            NoTerminal::Marker(name) => (
                "AGENT_MARKER",
                format!("a person has to decide this, and {name} says that an agent runs this command"),
            ),
            NoTerminal::Absent(_) => {
                ("NO_TERMINAL", "a person has to decide this, and there is no terminal to ask at".to_owned())
            }
            NoTerminal::Background => {
                ("NO_TERMINAL", "a person has to decide this, and this runs in the background".to_owned())
            }
            NoTerminal::Outside => (
                "NO_TERMINAL",
                "a person has to decide this, and the terminal belongs to a process outside of this sandbox"
                    .to_owned(),
            ),
        };
        let place = match self {
            NoTerminal::Outside => "outside of the sandbox, or in a shell that you start inside of it,",
            _ => "yourself,",
        };
        let hint = format!("run `{command}` {place} in a terminal of your own that no agent started");
        Problem::new(Exit::Waits, code, message, hint)
    }
}

/// The controlling terminal, opened for reading and writing.
#[derive(Debug)]
pub struct Terminal {
    device: File,
    colour: bool,
    ended: Arc<AtomicBool>,
}

impl Terminal {
    /// Opens the controlling terminal, unless an agent's marker is set or the process is in the background.
    ///
    /// # Errors
    ///
    /// [`NoTerminal`]: that the name exists is not enough, it must open, be a terminal and be ours to read.
    pub fn open(variable: impl Fn(&str) -> Option<OsString>) -> Result<Terminal, NoTerminal> {
        if let Some(marker) = agent_marker(&variable) {
            return Err(NoTerminal::Marker(marker));
        }
        let device = File::options().read(true).write(true).open(DEVICE).map_err(NoTerminal::Absent)?;
        tcgetattr(&device).map_err(|error| NoTerminal::Absent(error.into()))?;
        let foreground = tcgetpgrp(&device).map_err(|error| match error {
            // The number 0: `rustix` gives no group for it.
            Errno::OPNOTSUPP => NoTerminal::Outside,
            error => NoTerminal::Absent(error.into()),
        })?;
        if foreground != rustix::process::getpgrp() {
            return Err(NoTerminal::Background);
        }
        let ended = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP]
        {
            // The second one of a kind ends the process as usual.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&ended))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&ended)))
                .map_err(NoTerminal::Absent)?;
        }
        Ok(Terminal { device, colour: colour_wanted(&variable), ended })
    }

    /// Prints a page; one that is longer than the terminal in parts, each after a key.
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn show(&self, screen: &Screen) -> io::Result<()> {
        self.show_in_parts(screen).map(|_| ())
    }

    /// Prints a page, the keys that are offered, and asks for the challenge of what was shown.
    ///
    /// # Errors
    ///
    /// As [`Terminal::ask`].
    pub fn ask_page(&self, screen: &Screen, shown: &Shown, offers: Offers) -> io::Result<Answer> {
        let mut screen = screen.clone();
        let keys = [
            (offers.also, "a keep the old as well"),
            (offers.each, "e each by itself"),
            (offers.unchanged, "u show everything"),
            (offers.names, "l let withheld variables through"),
            (offers.reject, "r reject for good"),
        ];
        let keys: Vec<&str> = keys.iter().filter(|(offered, _)| *offered).map(|(_, words)| *words).collect();
        if !keys.is_empty() {
            screen.own(format!("keys: {}", keys.join(", ")));
        }
        self.ask_as_shown(&screen, shown, offers)
    }

    /// The same of a page that names its keys itself.
    ///
    /// # Errors
    ///
    /// As [`Terminal::ask`].
    pub fn ask_as_shown(&self, screen: &Screen, shown: &Shown, offers: Offers) -> io::Result<Answer> {
        // What is typed meanwhile must not be echoed into the page.
        let _quiet = Keys::grab(&self.device)?;
        if self.show_in_parts(screen)? == Seen::Stopped {
            return Ok(Answer::Refuse);
        }
        let challenge = shown.challenge();
        self.ask(&format!("type {} to approve, or n to refuse:", challenge.as_str()), &challenge, offers)
    }

    /// Asks for the challenge, or for one of the keys of `offers`, and waits without limit.
    ///
    /// Whatever was typed before the question is thrown away. `prompt` is our own line.
    ///
    /// # Errors
    ///
    /// The terminal went away; nothing was answered.
    pub fn ask(&self, prompt: &str, challenge: &Challenge, offers: Offers) -> io::Result<Answer> {
        let keys = Keys::grab(&self.device)?;
        tcflush(&self.device, QueueSelector::IFlush)?;
        write!(&self.device, "{prompt} ")?;
        let mut typing = Typing::new(challenge, offers);
        let answer = loop {
            match self.next_byte()? {
                None => break Answer::Refuse,
                Some(byte) => match typing.key(byte) {
                    Step::Echo(text) => (&self.device).write_all(text.as_bytes())?,
                    Step::Again(text) => {
                        tcflush(&self.device, QueueSelector::IFlush)?;
                        write!(&self.device, "\n{text}\n{prompt} ")?;
                    }
                    Step::Done(answer) => break answer,
                },
            }
        };
        writeln!(&self.device)?;
        // What was pasted or typed ahead after the answer must not reach the next question or the shell.
        tcflush(&self.device, QueueSelector::IFlush)?;
        drop(keys);
        Ok(answer)
    }

    /// Asks for one line of plain text, such as names to let through; the empty line is an answer too.
    ///
    /// `None`: refused by an interrupt, end of input, or more than 4,096 bytes.
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn ask_line(&self, prompt: &str) -> io::Result<Option<String>> {
        const LONGEST_BYTES: usize = 4096;
        let keys = Keys::grab(&self.device)?;
        tcflush(&self.device, QueueSelector::IFlush)?;
        write!(&self.device, "{prompt} ")?;
        let mut line = String::new();
        let answer = loop {
            match self.next_byte()? {
                None | Some(0x03 | 0x04 | 0x1c | 0x1b) => break None,
                Some(b'\r' | b'\n') => break Some(line),
                Some(0x08 | 0x7f) => {
                    if line.pop().is_some() {
                        (&self.device).write_all(b"\x08 \x08")?;
                    }
                }
                Some(byte) if byte == b' ' || byte.is_ascii_graphic() => {
                    line.push(char::from(byte));
                    (&self.device).write_all(&[byte])?;
                    if line.len() > LONGEST_BYTES {
                        break None;
                    }
                }
                Some(_) => {}
            }
        };
        writeln!(&self.device)?;
        drop(keys);
        Ok(answer)
    }

    /// Whether a signal asked the program to end; questions count as refused from then on.
    pub fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// The next byte that is typed; `None` at the end of input or after a signal that ends the program.
    fn next_byte(&self) -> io::Result<Option<u8>> {
        loop {
            if self.is_ended() {
                return Ok(None);
            }
            let mut fds = [PollFd::new(&self.device, PollFlags::IN)];
            match poll(&mut fds, Some(&POLL)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let mut byte = [0];
            match (&self.device).read(&mut byte) {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(Some(byte[0])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // A terminal that hung up gives EIO: the end of input, not an answer.
                Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// The terminal's mode while keys are read one by one; the old mode comes back when this is dropped.
struct Keys<'a> {
    device: &'a File,
    before: Termios,
}

impl<'a> Keys<'a> {
    fn grab(device: &'a File) -> io::Result<Keys<'a>> {
        let before = tcgetattr(device)?;
        let mut mode = before.clone();
        // The interrupt key is an answer here: it must not leave the terminal without its line mode.
        mode.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        tcsetattr(device, OptionalActions::Drain, &mode)?;
        Ok(Keys { device, before })
    }
}

impl Drop for Keys<'_> {
    fn drop(&mut self) {
        // Nothing can be done when the terminal is gone.
        let _ = tcsetattr(self.device, OptionalActions::Drain, &self.before);
    }
}
