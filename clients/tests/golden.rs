//! Golden files: for each client, a file before and after. What is compared is every byte.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pinfold_clients::{Client, ConfigFile, Document, Place, Scope, Wrapping, read};

/// The files, and which kind of file of their client they are.
const FILES: &[(&str, Client, &str, Scope)] = &[
    ("claude-code/user.json", Client::ClaudeCode, ".claude.json", Scope::User),
    ("claude-code/project-crlf.json", Client::ClaudeCode, ".mcp.json", Scope::Project),
    ("claude-desktop/linux.json", Client::ClaudeDesktop, "Claude/claude_desktop_config.json", Scope::User),
    ("cline/flags.json", Client::Cline, ".cline/data/settings/cline_mcp_settings.json", Scope::User),
    ("codex/spellings.toml", Client::Codex, "config.toml", Scope::User),
    ("codex/tables.toml", Client::Codex, ".codex/config.toml", Scope::Project),
    ("continue/list.yaml", Client::Continue, ".continue/mcpServers/*.yaml", Scope::User),
    ("copilot/list.json", Client::CopilotCli, ".copilot/mcp-config.json", Scope::User),
    ("cursor/names.json", Client::Cursor, ".cursor/mcp.json", Scope::User),
    ("gemini/shared.json", Client::Gemini, ".gemini/settings.json", Scope::User),
    ("goose/mixed.yaml", Client::Goose, "goose/config.yaml", Scope::User),
    ("jetbrains/lenient.json", Client::AiAssistant, ".ai/mcp/mcp.json", Scope::User),
    ("junie/plain.json", Client::Junie, ".junie/mcp/mcp.json", Scope::Project),
    ("kiro/settings.json", Client::Kiro, ".kiro/settings/mcp.json", Scope::User),
    ("lm-studio/plain.json", Client::LmStudio, ".lmstudio/mcp.json", Scope::User),
    ("opencode/vector.jsonc", Client::OpenCode, "opencode.jsonc", Scope::Project),
    ("roo/placeholder.json", Client::Roo, ".roo/mcp.json", Scope::Project),
    ("vscode/settings.jsonc", Client::VsCode, "Code/User/settings.json", Scope::User),
    ("vscode/variables.jsonc", Client::VsCode, ".vscode/mcp.json", Scope::Project),
    ("windsurf/remote.json", Client::Windsurf, ".codeium/windsurf/mcp_config.json", Scope::User),
    ("zed/settings.jsonc", Client::Zed, "zed/settings.json", Scope::User),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn kind(client: Client, path: &str, scope: Scope) -> &'static ConfigFile {
    client.files().find(|file| file.path == path && file.scope == scope).unwrap()
}

fn bytes(name: &str, state: &str) -> Vec<u8> {
    let (stem, ending) = name.rsplit_once('.').unwrap();
    let path = folder().join(format!("{stem}.{state}.{ending}"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn label(key: &str) -> String {
    let is_good = |letter: &char| letter.is_ascii_alphanumeric() || "._-".contains(*letter);
    let label: String = key.chars().filter(is_good).collect();
    if label.is_empty() { "unnamed".to_owned() } else { label }
}

fn wrappings(document: &Document) -> Vec<(Place, Wrapping)> {
    let free = document.entries().iter().filter(|entry| entry.obstacle.is_none());
    free.map(|entry| {
        let wrapping = Wrapping {
            program: "/usr/bin/pinfold".to_owned(),
            label: label(&entry.key).parse().unwrap(),
            env_names: entry.declared_names(),
        };
        (entry.place.clone(), wrapping)
    })
    .collect()
}

#[test]
fn every_golden_file_is_wrapped_as_it_stands_there() {
    for &(name, client, path, scope) in FILES {
        let (file, before, after) = (kind(client, path, scope), bytes(name, "before"), bytes(name, "after"));
        let document = read(file, &before).unwrap_or_else(|error| panic!("{name}: {error}"));
        let all = wrappings(&document);
        assert!(!all.is_empty(), "{name}");
        let wrapped = document.wrap(&all).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(String::from_utf8(wrapped).unwrap(), String::from_utf8(after.clone()).unwrap(), "{name}");
        assert_eq!(read(file, &after).unwrap().unwrap_all().unwrap(), before, "{name}");
    }
}

#[test]
fn every_client_and_every_golden_file_is_in_the_table() {
    let clients: BTreeSet<Client> = FILES.iter().map(|&(_, client, _, _)| client).collect();
    assert_eq!(clients.len(), Client::ALL.len());
    let mut known = BTreeSet::new();
    for client in
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in std::fs::read_dir(&client).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let client = client.file_name().unwrap().to_string_lossy();
            known.insert(format!("{client}/{}", name.replace(".before.", ".").replace(".after.", ".")));
        }
    }
    assert_eq!(known, FILES.iter().map(|&(name, ..)| name.to_owned()).collect());
}
