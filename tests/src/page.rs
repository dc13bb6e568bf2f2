//! A page of `docs/` as a story: its `console` blocks are run command by command, and what they show is compared.
//!
//! In a block, a line that begins with `$ ` is a command for `sh`; one that ends with ` &` is left running until the page
//! ends. The lines after it are what a person sees at a terminal: `…` stands for anything, also for lines; `[exit status
//! N]` at the end says how a command ends that does not end well. A line `type CODE to approve, or n to refuse: …` is
//! answered as the page answers it: by the text that is really shown, or by `n`. Between blocks, a comment `<!-- then:
//! WORD -->` asks the test to change the world, and a `text` block after `<!-- file: NAME -->` is written to that file.
//! What stands between `<!-- demo: NAME -->` and `<!-- end -->` is a command's own output, compared there.

use std::process::{Child, Command, Stdio};

use crate::PATIENCE;
use crate::terminal::Terminal;

/// Columns of the terminal.
const COLUMNS: u16 = 110;

/// What stands before the end of a question, and after the word that is typed.
const QUESTION: &str = " to approve, or n to refuse:";

/// What a page asks for, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The test does what it calls by this word.
    Then(String),
    /// This file has this text.
    File(String, String),
    /// This is run.
    Run(Line),
}

/// A command of a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line in the page, from 1.
    pub at: usize,
    /// What a person types.
    pub command: String,
    /// What is shown then.
    pub shown: Vec<String>,
}

/// Reads a page.
///
/// # Panics
/// Where a block does not end, or says something before its first command.
pub fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut file = None;
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if line.starts_with("<!-- demo: ") {
            assert!(lines.any(|(_, line)| line == "<!-- end -->"), "line {}: it does not end", at + 1);
            continue;
        }
        let marked = |what| {
            let rest: Option<&str> = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_prefix(what));
            rest.and_then(|rest| rest.strip_suffix(" -->")).map(str::to_owned)
        };
        if let Some(word) = marked("then: ") {
            steps.push(Step::Then(word));
        } else if let Some(name) = marked("file: ") {
            file = Some(name);
        } else if let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) {
            let inside: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| *line != "```").collect();
            if language == "console" {
                commands(&inside, &mut steps);
            } else if let Some(name) = file.take() {
                let text: String = inside.iter().map(|(_, line)| format!("{line}\n")).collect();
                steps.push(Step::File(name, text));
            }
        }
        assert!(!line.starts_with("```") || line.len() > 3, "line {}: a block without a language", at + 1);
    }
    steps
}

fn commands(block: &[(usize, &str)], steps: &mut Vec<Step>) {
    let mut goes_on = false;
    for (at, text) in block {
        if let Some(command) = text.strip_prefix("$ ") {
            steps.push(Step::Run(Line { at: at + 1, command: command.to_owned(), shown: Vec::new() }));
        } else {
            let Some(Step::Run(line)) = steps.last_mut() else { panic!("line {}: no command", at + 1) };
            if goes_on {
                line.command.push('\n');
                line.command.push_str(text);
            } else {
                line.shown.push((*text).to_owned());
            }
        }
        goes_on = text.ends_with('\\') && (goes_on || text.starts_with("$ "));
    }
}

/// Runs the commands of a page in a home.
pub struct Reader<'p> {
    shell: Box<dyn Fn(&str) -> Command + 'p>,
    /// What the page writes, and what it is in this run.
    names: Vec<(String, String)>,
    running: Vec<Child>,
    wrong: Vec<String>,
}

impl<'p> Reader<'p> {
    /// `shell` makes the command that runs a line of a page.
    pub fn new(shell: impl Fn(&str) -> Command + 'p) -> Self {
        Reader { shell: Box::new(shell), names: Vec::new(), running: Vec::new(), wrong: Vec::new() }
    }

    /// The page writes `page` where this run has `real`.
    pub fn call(&mut self, page: impl Into<String>, real: impl Into<String>) {
        self.names.push((page.into(), real.into()));
    }

    /// A text of the page as it is in this run.
    pub fn real(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (page, real)| text.replace(page, real))
    }

    /// Runs one command. What is wrong is told at the end of the page, by [`Reader::finish`].
    pub fn run(&mut self, line: &Line) {
        let command = self.real(&line.command);
        if let Some(command) = command.strip_suffix(" &") {
            self.running.push(serve((self.shell)(&format!("exec {command}"))));
            return;
        }
        let mut terminal = Terminal::run_in_columns((self.shell)(&command), COLUMNS);
        for answer in line.shown.iter().filter_map(|shown| answer(shown)) {
            let word = terminal.challenge();
            terminal.type_keys(&if answer == "n" { answer.to_owned() } else { format!("{word}\n") });
        }
        let outcome = terminal.finish();
        let mut text =
            self.names.iter().fold(outcome.text.clone(), |text, (page, real)| text.replace(real, page));
        if outcome.code() != 0 {
            text.push_str(&format!("\n[exit status {}]\n", outcome.code()));
        }
        let (seen, expected) = (plain(text.lines()), plain(line.shown.iter().map(String::as_str)));
        if !fits(&expected, &seen) {
            self.wrong.push(format!("line {}: $ {}\n{seen}", line.at, line.command));
        }
    }

    /// Ends what is left running.
    ///
    /// # Panics
    /// If a command showed something else than the page.
    pub fn finish(mut self) {
        let wrong = std::mem::take(&mut self.wrong);
        assert!(wrong.is_empty(), "the page says something else:\n\n{}", wrong.join("\n\n"));
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether a part of a page shows what is seen, but for what is another in each run.
pub fn alike(page: &str, seen: &str) -> bool {
    let [page, seen] = [page, seen].map(|text| plain(text.lines()));
    fits(&page, &seen)
}

/// Starts a server and waits until it says that it listens.
fn serve(mut command: Command) -> Child {
    use std::io::BufRead;
    let pipe = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = pipe.spawn().expect("the program starts");
    let errors = std::io::BufReader::new(child.stderr.take().expect("it is a pipe"));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in errors.lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    let mut said = Vec::new();
    while let Ok(line) = told.recv_timeout(PATIENCE) {
        if line.contains("on http://") {
            return child;
        }
        said.push(line);
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("{command:?} does not listen: {said:?}");
}

/// What a page types at a question, where the line is one.
fn answer(shown: &str) -> Option<&str> {
    shown.strip_prefix("type ").and_then(|rest| rest.split_once(QUESTION)).map(|(_, answer)| answer.trim())
}

/// Lines in one form: no white space at their ends, no empty ones, one word for every text that is typed.
fn plain<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    let line = |line: &str| match answer(line) {
        Some("n") => format!("type CODE{QUESTION} n\n"),
        Some(_) => format!("type CODE{QUESTION} CODE\n"),
        None => format!("{}\n", settled(line.trim_end())),
    };
    lines.filter(|line| !line.trim().is_empty()).map(line).collect()
}

/// The same without what is another in each run: days and minutes (`2026-11-26 07:52`, `2026-11-26T07:52:02Z`), and
/// twelve or more hexadecimal digits, which a page may cut short by `…`.
fn settled(line: &str) -> String {
    let (mut text, mut rest) = (String::new(), line);
    while let Some(letter) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| matches!(c, '0'..='9' | 'a'..='f')).len();
        if let Some(after) = after_date(rest) {
            text.push_str("DATE");
            rest = after;
        } else if digits >= 12 {
            text.push_str("HEX");
            rest = rest[digits..].strip_prefix('…').unwrap_or(&rest[digits..]);
        } else {
            let length = digits.max(letter.len_utf8());
            text.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    text
}

/// What stands after the day and minute, or instant, that a text begins with.
fn after_date(text: &str) -> Option<&str> {
    const FORM: &[u8; 16] = b"0000-00-00 00:00";
    let fits = |(seen, form): (u8, &u8)| match form {
        b'0' => seen.is_ascii_digit(),
        b' ' => matches!(seen, b' ' | b'T'),
        other => seen == *other,
    };
    if text.len() < FORM.len() || !text.bytes().zip(FORM).all(fits) {
        return None;
    }
    let rest = &text[FORM.len()..];
    let seconds = rest
        .strip_prefix(':')
        .and_then(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('Z'));
    Some(seconds.unwrap_or(rest))
}

/// Whether a text is what was expected, `…` standing for anything.
fn fits(expected: &str, seen: &str) -> bool {
    let parts: Vec<&str> = expected.split('…').map(|part| part.trim_matches('\n')).collect();
    let seen = seen.trim_matches('\n');
    let [first, middle @ .., last] = parts.as_slice() else { return parts == [seen] };
    let Some(mut rest) = seen.strip_prefix(first) else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_in_its_order() {
        let page = "# A\n<!-- demo: x -->\n```console\n$ not this\n```\n<!-- end -->\n<!-- then: the server changes -->\n```console\n$ one \\\n  two\nsaid\n$ three\n```\n\
                    ```rust\n$ not this\n```\n<!-- file: a.toml -->\n```toml\nx = 1\n```\n";
        let run = |at, command: &str, shown: &[&str]| {
            let shown = shown.iter().map(|line| (*line).to_owned()).collect();
            Step::Run(Line { at, command: command.to_owned(), shown })
        };
        let expected = [
            Step::Then("the server changes".to_owned()),
            run(9, "one \\\n  two", &["said"]),
            run(12, "three", &[]),
            Step::File("a.toml".to_owned(), "x = 1\n".to_owned()),
        ];
        assert_eq!(steps(page), expected);
    }

    #[test]
    fn what_a_page_leaves_out_may_be_anything_and_nothing_else() {
        assert!(fits("one\ntwo\n", "one\ntwo\n"));
        assert!(fits("one\n…\ntwo 1…2\n", "one\nmore\ntwo 1502\n"));
        assert!(fits("…\ntwo\n", "one\ntwo\n"));
        for (expected, seen) in
            [("one\n", "one\ntwo\n"), ("one …\ntwo\n", "two\n"), ("", "one\n"), ("one\n…\nx", "one\n")]
        {
            assert!(!fits(expected, seen), "{expected:?} {seen:?}");
        }
        let [typed, refused] =
            ["type abc to approve, or n to refuse: abc", "type abc to approve, or n to refuse: n"];
        assert_eq!(plain([typed].into_iter()), plain([typed.replace("abc", "xyz").as_str()].into_iter()));
        assert_ne!(plain([typed].into_iter()), plain([refused].into_iter()));
        assert_eq!(settled("2026-11-26 07:52: at 2026-11-26T07:52:02Z 1"), "DATE: at DATE 1");
        assert_eq!(settled("sha256:0123456789abcdef added"), settled("sha256:fedcba987654… added"));
    }
}
