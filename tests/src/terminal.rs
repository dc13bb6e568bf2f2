//! A terminal of our own, so that a test can be the person at the keyboard.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pty_process::blocking::Pty;

use crate::PATIENCE;

/// Rows of a terminal in which no page is shown in parts.
const TALL: u16 = 20_000;

/// Columns, unless a test wants others.
const WIDE: u16 = 160;

/// A command that runs in a session of its own with a pseudo-terminal as its controlling terminal.
pub struct Terminal {
    child: Child,
    keyboard: Arc<Pty>,
    screen: Arc<Mutex<Vec<u8>>>,
    read: usize,
}

impl Terminal {
    /// Runs the command with the terminal as its input, output and errors.
    pub fn run(command: Command) -> Terminal {
        Terminal::start(command.into(), WIDE)
    }

    /// The same, with so many columns.
    pub fn run_in_columns(command: Command, columns: u16) -> Terminal {
        Terminal::start(command.into(), columns)
    }

    /// Runs the command with the terminal, but with this standard input (a pipe full of answers, say).
    pub fn run_with_input(command: Command, input: impl Into<Stdio>) -> Terminal {
        Terminal::start(pty_process::blocking::Command::from(command).stdin(input), WIDE)
    }

    fn start(command: pty_process::blocking::Command, columns: u16) -> Terminal {
        let (pty, other_end) = pty_process::blocking::open().expect("a pseudo-terminal");
        pty.resize(pty_process::Size::new(TALL, columns)).expect("the terminal takes a size");
        let child = command.spawn(other_end).expect("the command starts in the terminal");
        let keyboard = Arc::new(pty);
        let screen = Arc::default();
        let (from, kept) = (Arc::clone(&keyboard), Arc::clone(&screen));
        std::thread::spawn(move || watch(&from, &kept));
        Terminal { child, keyboard, screen, read: 0 }
    }

    /// Everything shown so far, escapes included.
    pub fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        String::from_utf8_lossy(&screen).into_owned()
    }

    /// Everything shown so far as a person reads it: without colours and cursor movements, lines ended by `\n`.
    pub fn text(&self) -> String {
        plain(&self.screen())
    }

    /// Waits until `needle` is shown after all that was waited for before, and gives the text up to its end.
    pub fn wait_for(&mut self, needle: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let over = !self.is_running();
            let text = self.text();
            if let Some(position) = text[self.read..].find(needle) {
                let start = self.read;
                self.read += position + needle.len();
                return text[start..self.read].to_owned();
            }
            assert!(!over, "{needle:?} was not shown before the end:\n{text}");
            assert!(Instant::now() < end, "{needle:?} is not shown:\n{text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types these keys.
    pub fn type_keys(&self, keys: &str) {
        (&*self.keyboard).write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits for the next challenge (`type k7m-2qx to approve, or n to refuse:`) and gives its word.
    pub fn challenge(&mut self) -> String {
        match self.next_challenge() {
            Some(word) => word,
            None => panic!("it ended without a challenge:\n{}", self.text()),
        }
    }

    /// Answers every challenge with its word, until the command ends. Gives all that was shown, and the exit code.
    pub fn approve_all(mut self) -> Outcome {
        let mut challenges = 0;
        while let Some(word) = self.next_challenge() {
            challenges += 1;
            assert!(challenges < 20, "there is no end to the challenges:\n{}", self.text());
            self.type_keys(&format!("{word}\n"));
        }
        self.finish()
    }

    /// Refuses every question, until the command ends: nothing is decided.
    pub fn refuse_all(mut self) -> Outcome {
        while self.next_challenge().is_some() {
            self.type_keys("n");
        }
        self.finish()
    }

    /// Rejects for good whatever is asked, until the command ends.
    pub fn reject_all(mut self) -> Outcome {
        while self.next_challenge().is_some() {
            self.type_keys("r");
            self.wait_for("r again");
            self.type_keys("r");
        }
        self.finish()
    }

    /// Waits for the command's end.
    pub fn finish(mut self) -> Outcome {
        let end = Instant::now() + PATIENCE;
        while self.is_running() {
            assert!(Instant::now() < end, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
        let status = self.child.wait().expect("the child can be waited for");
        // The last words may still be on their way through the terminal.
        std::thread::sleep(Duration::from_millis(50));
        Outcome { text: self.text(), screen: self.screen(), status }
    }

    /// Whether the command still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the child can be waited for").is_none()
    }

    /// The process id of the command.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next challenge's word, or `None` when the command ends without one. A command that goes on telling what it
    /// waits for is waited for.
    fn next_challenge(&mut self) -> Option<String> {
        let longest = Instant::now() + PATIENCE * 10;
        let mut end = Instant::now() + PATIENCE * 2;
        let mut shown = 0;
        loop {
            let over = !self.is_running();
            if over {
                std::thread::sleep(Duration::from_millis(50));
            }
            let text = self.text();
            if let Some((word, after)) = find_challenge(&text, self.read) {
                self.read = after;
                return Some(word);
            }
            if over {
                return None;
            }
            if text.len() > shown {
                shown = text.len();
                end = (Instant::now() + PATIENCE * 2).min(longest);
            }
            assert!(Instant::now() < end, "neither a challenge nor an end:\n{text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What is left of a command in a terminal.
#[derive(Debug)]
pub struct Outcome {
    /// All that was shown, as a person reads it.
    pub text: String,
    /// All that was shown, escapes included.
    pub screen: String,
    /// How it ended.
    pub status: ExitStatus,
}

impl Outcome {
    /// The exit code; −1 after a signal.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// Fails unless the command ended with this code.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Outcome {
        assert_eq!(self.code(), code, "it showed:\n{}", self.text);
        self
    }
}

/// The next `type WORD to approve` at or after `from`, once the line is shown to its end (the colon).
fn find_challenge(text: &str, from: usize) -> Option<(String, usize)> {
    const BEGINNING: &str = "type ";
    const END: &str = " to approve, or n to refuse:";
    let end = from + text[from..].find(END)?;
    let start = text[..end].rfind(BEGINNING)? + BEGINNING.len();
    Some((text[start..end].to_owned(), end + END.len()))
}

fn watch(mut from: &Pty, screen: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    // Reading fails with EIO once the last process has closed the other end.
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut screen = screen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        screen.extend_from_slice(&buffer[..count]);
    }
}

/// Without CSI and OSC sequences, other escapes and carriage returns.
fn plain(screen: &str) -> String {
    let mut text = String::with_capacity(screen.len());
    let mut characters = screen.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {}
            '\u{1b}' => match characters.next() {
                Some('[') => while characters.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                Some(']') => while characters.next().is_some_and(|c| c != '\u{7}' && c != '\\') {},
                _ => {}
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_no_escapes() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\r\nnext\u{1b}]0;title\u{7}!"), "red\nnext!");
    }

    #[test]
    fn the_word_of_a_challenge_is_found_once_its_line_is_whole() {
        let text = "words type of tool\ntype k7m-2qx to approve, or n to refuse: ";
        let (word, after) = find_challenge(text, 0).expect("there is one");
        assert_eq!(word, "k7m-2qx");
        assert!(find_challenge(text, after).is_none());
        assert!(find_challenge("type k7m-2qx to appr", 0).is_none());
    }

    #[test]
    fn a_command_in_the_terminal_reads_keys_from_its_controlling_terminal() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "printf 'type abc to approve, or n to refuse: ' >/dev/tty; read word </dev/tty; echo got $word",
        ]);
        let outcome = Terminal::run_with_input(command, Stdio::null()).approve_all().expect_code(0);
        assert!(outcome.text.contains("got abc"), "{}", outcome.text);
    }
}
