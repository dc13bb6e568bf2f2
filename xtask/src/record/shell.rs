//! A shell in a pseudo-terminal, typed into as a person does.

use std::process::Command;
use std::time::{Duration, Instant};

use pinfold_tests::terminal::Terminal;

/// Columns of the terminal; its rows are so many that no page is shown in parts.
const COLUMNS: u16 = 100;

/// What the shell shows when it waits.
const PROMPT: &str = "$ ";

/// What a question of Pinfold ends with.
const QUESTION: &str = " to approve, or n to refuse: ";

/// The longest that a command may take: `npx` fetches a server that nobody ran here before.
const PATIENCE: Duration = Duration::from_secs(400);

/// How a command's question is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It asks nothing.
    None,
    /// It asks once, and its challenge is typed.
    Approve,
}

/// The running shell.
pub(super) struct Shell {
    terminal: Terminal,
    /// Bytes of the screen that earlier commands filled.
    told: usize,
}

impl Shell {
    /// Starts it and waits for its prompt.
    ///
    /// # Errors
    /// When it shows none.
    pub(super) fn open(command: Command) -> Result<Shell, String> {
        let mut shell = Shell { terminal: Terminal::run_in_columns(command, COLUMNS), told: 0 };
        shell.wait(|text| text == PROMPT)?;
        shell.told = PROMPT.len();
        Ok(shell)
    }

    /// Types a command, answers its question, and gives all that the terminal showed, its prompt first.
    ///
    /// # Errors
    /// When it asks more or less than it should, or does not end.
    pub(super) fn run(&mut self, line: &str, answer: Answer) -> Result<String, String> {
        eprintln!("record: {line}");
        let at_prompt = |text: &str| text.ends_with(&format!("\n{PROMPT}"));
        self.terminal.type_keys(&format!("{line}\n"));
        if answer == Answer::Approve {
            let shown = self.wait(|text| text.ends_with(QUESTION) || at_prompt(text))?;
            let question = shown.strip_suffix(QUESTION).and_then(|text| text.rsplit_once("type "));
            let (_, challenge) = question.ok_or_else(|| format!("it asked nothing:\n{shown}"))?;
            self.terminal.type_keys(&format!("{challenge}\n"));
        }
        let wanted = usize::from(answer == Answer::Approve);
        let asked_more = |text: &str| text.ends_with(QUESTION) && text.matches(QUESTION).count() > wanted;
        let shown = self.wait(|text| at_prompt(text) || asked_more(text))?;
        let asked = shown.matches(QUESTION).count();
        if asked != wanted {
            return Err(format!("it asked {asked} times:\n{shown}"));
        }
        self.told += shown.len();
        let shown = shown.strip_suffix(PROMPT).unwrap_or(&shown);
        Ok(format!("{PROMPT}{shown}"))
    }

    /// Ends the shell.
    ///
    /// # Errors
    /// When it ends with another status than 0 or the last command's.
    pub(super) fn close(self) -> Result<(), String> {
        self.terminal.type_keys("exit 0\n");
        match self.terminal.finish().code() {
            0 => Ok(()),
            code => Err(format!("the shell ended with {code}")),
        }
    }

    /// What was shown since the last command, once it is as it should be.
    fn wait(&mut self, done: impl Fn(&str) -> bool) -> Result<String, String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let over = !self.terminal.is_running();
            let text = self.terminal.text().split_off(self.told);
            if done(&text) {
                return Ok(text);
            }
            if over || Instant::now() > end {
                return Err(format!("the terminal shows\n{text}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
