//! Clients' configuration files in a test's home, and what a client does with their entries.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::home::Home;
use crate::stage::Folder;
use crate::terminal::{Outcome, Terminal};

/// Where Claude Code keeps the servers of a person.
pub const CLAUDE_CODE: &str = ".claude.json";
/// Where Cursor does.
pub const CURSOR: &str = ".cursor/mcp.json";
/// Where Codex does.
pub const CODEX: &str = ".codex/config.toml";

/// Writes a file below the home.
pub fn write(home: &Home, file: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = home.path().join(file);
    std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder for the file");
    std::fs::write(&path, text).expect("the file is written");
    path
}

/// Its text.
pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the file is there")
}

/// A scripted server as an entry has it.
pub fn entry(server: &Folder) -> Value {
    json!({"command": crate::binary::fixture(), "args": [server.path()]})
}

/// A file with these entries under `mcpServers`, as a person's editor would leave it.
pub fn servers(entries: &[(&str, Value)]) -> String {
    let map: serde_json::Map<String, Value> =
        entries.iter().map(|(name, entry)| ((*name).to_owned(), entry.clone())).collect();
    serde_json::to_string_pretty(&json!({"mcpServers": map})).expect("it is JSON") + "\n"
}

/// What a client starts for an entry of a JSON file: its command and arguments, with its variables.
pub fn started(home: &Home, path: &Path, pointer: &str) -> Command {
    let document: Value = serde_json::from_str(&text(path)).expect("the file is JSON");
    let entry = document.pointer(pointer).unwrap_or_else(|| panic!("no entry at {pointer}"));
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let mut command = home.command(word(&entry["command"]));
    command.args(entry["args"].as_array().into_iter().flatten().map(word));
    for (name, value) in entry["env"].as_object().into_iter().flatten() {
        command.env(name, word(value));
    }
    command
}

/// `pinfold protect` at a terminal, every question answered with yes.
pub fn protect(home: &Home, arguments: &[&str]) -> Outcome {
    let arguments = std::iter::once("protect").chain(arguments.iter().copied());
    Terminal::run(home.pinfold(arguments)).approve_all()
}

/// `pinfold unprotect` at a terminal, answered with yes.
pub fn unprotect(home: &Home) -> Outcome {
    Terminal::run(home.pinfold(["unprotect"])).approve_all()
}
