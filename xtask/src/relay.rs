//! `cargo xtask relay --edits FILE -- COMMAND…`: a server between a client and a real server that passes every byte,
//! except where FILE says to edit a tool listing. So the demo can let a real server change its words.
//!
//! FILE is absent or one JSON document (see [`Edits`]). It is read again whenever it changes, and a change is announced
//! with `notifications/tools/list_changed`, as an honest server would.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How often FILE is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What is different from what the server says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Edits {
    /// What is put behind a description, by tool name.
    pub(crate) append: BTreeMap<String, String>,
    /// Further tools, at the end of the listing.
    pub(crate) add: Vec<Value>,
}

impl Edits {
    /// Puts `self` in place of what FILE said, in one step.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&self, file: &Path) -> std::io::Result<()> {
        let new = file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        std::fs::rename(new, file)
    }

    /// An absent file edits nothing.
    fn read(file: &Path) -> Self {
        std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// The line that goes to the client instead; `None` where it goes as it came.
    fn apply(&self, line: &[u8]) -> Option<Vec<u8>> {
        if *self == Self::default() {
            return None;
        }
        let mut message: Value = serde_json::from_slice(line).ok()?;
        let tools = message.pointer_mut("/result/tools")?.as_array_mut()?;
        for tool in tools.iter_mut() {
            let name = tool["name"].as_str().unwrap_or_default();
            if let Some(text) = self.append.get(name) {
                let before = tool["description"].as_str().unwrap_or_default();
                tool["description"] = json!(format!("{before}{text}"));
            }
        }
        tools.extend(self.add.iter().cloned());
        let mut edited = serde_json::to_vec(&message).ok()?;
        edited.push(b'\n');
        Some(edited)
    }
}

/// Passes bytes until one side ends; the exit code is the server's.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let [flag, file, dashes, program, rest @ ..] = args else { return usage() };
    if flag != "--edits" || dashes != "--" {
        return usage();
    }
    let child = Command::new(program).args(rest).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    match child {
        Ok(child) => pass(child, PathBuf::from(file)),
        Err(why) => {
            eprintln!("error: {program} does not start: {why}");
            ExitCode::from(3)
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: cargo xtask relay --edits FILE -- COMMAND [ARGUMENTS]");
    ExitCode::from(2)
}

fn pass(mut child: Child, file: PathBuf) -> ExitCode {
    let edits = Arc::new(Mutex::new(Edits::read(&file)));
    if let Some(mut input) = child.stdin.take() {
        // Its end closes the server's input, which is how a server learns that its client is gone.
        std::thread::spawn(move || std::io::copy(&mut std::io::stdin(), &mut input));
    }
    let output = Arc::new(Mutex::new(std::io::stdout()));
    let (shared, to_client) = (Arc::clone(&edits), Arc::clone(&output));
    std::thread::spawn(move || watch(&file, &shared, &to_client));
    if let Some(from) = child.stdout.take() {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while matches!(from.read_until(b'\n', &mut line), Ok(1..)) {
            let edited = lock(&edits).apply(&line);
            if send(&output, edited.as_deref().unwrap_or(&line)).is_err() {
                break;
            }
            line.clear();
        }
    }
    let code = child.wait().ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}

fn watch(file: &Path, edits: &Mutex<Edits>, output: &Mutex<std::io::Stdout>) {
    loop {
        std::thread::sleep(LOOK_AGAIN);
        let now = Edits::read(file);
        let changed = std::mem::replace(&mut *lock(edits), now.clone()) != now;
        let notice = br#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
        if changed && send(output, &[notice.as_slice(), b"\n"].concat()).is_err() {
            return;
        }
    }
}

fn send(output: &Mutex<std::io::Stdout>, line: &[u8]) -> std::io::Result<()> {
    let mut output = lock(output);
    output.write_all(line)?;
    output.flush()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Edits;

    const LISTING: &[u8] =
        b"{\"id\":1,\"result\":{\"tools\":[ {\"name\":\"look\",\"description\":\"Look.\"} ]}}\n";

    #[test]
    fn without_edits_no_line_is_touched() {
        assert_eq!(Edits::default().apply(LISTING), None);
    }

    #[test]
    fn edits_touch_listings_of_tools_only() {
        let mut edits = Edits { add: vec![json!({"name": "more"})], ..Edits::default() };
        edits.append.insert("look".to_owned(), " Twice.".to_owned());
        let edited: Value = serde_json::from_slice(&edits.apply(LISTING).unwrap()).unwrap();
        assert_eq!(
            edited["result"]["tools"],
            json!([{"name": "look", "description": "Look. Twice."}, {"name": "more"}])
        );
        assert_eq!(edits.apply(b"{\"id\":1,\"result\":{\"content\":[]}}\n"), None);
        assert_eq!(edits.apply(b"starting up\n"), None);
    }
}
