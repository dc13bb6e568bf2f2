//! Plans for files in a folder of the test's own. Nothing is started.

use std::path::Path;

use pinfold_clients::{AdminList, Client};
use pinfold_core::pins::Pins;
use serde_json::{Value, json};

use super::*;
use crate::launch::MemoryDigests;
use crate::protect::find::{files, roots};

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(files: &[(&str, Value)]) -> Home {
        let home = Home { folder: tempfile::tempdir().unwrap() };
        for (name, content) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content.to_string()).unwrap();
        }
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn files(&self) -> Files {
        let roots = roots(self.path(), &self.path().join("project"), |_| None);
        files(&Client::ALL, &roots, true)
    }

    fn plan(&self, files: &Files) -> Plan {
        let around = Surroundings {
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            folder: self.path().to_owned(),
            home: None,
        };
        plan(
            files,
            Here {
                pins: &Pins::new(),
                around,
                nowhere: self.path().join("nowhere"),
                project: self.path().join("project"),
                program: "/usr/bin/pinfold".to_owned(),
                cache: &mut MemoryDigests::default(),
            },
        )
    }
}

fn starts(plan: &Plan) -> Vec<(&str, Start)> {
    plan.servers.iter().map(|server| (server.label.as_str(), server.start)).collect()
}

fn codes(plan: &Plan) -> Vec<(&str, String)> {
    plan.left.iter().map(|left| (left.key.as_str(), crate::protect::why_code(&left.why))).collect()
}

#[test]
fn an_entry_that_an_administrator_admits_only_as_it_is_stays_as_it_is() {
    let home = Home::new(&[(
        ".claude.json",
        json!({"mcpServers": {
            "listed": {"command": "sh", "args": ["-c", "true"]},
            "unlisted": {"command": "sh", "args": ["-c", "false"]},
        }}),
    )]);
    let mut files = home.files();
    let list = json!({"allowedMcpServers": [{"serverCommand": ["sh", "-c", "true"]}]}).to_string();
    files.admin.push((Client::ClaudeCode, AdminList::read(Client::ClaudeCode, list.as_bytes()).unwrap()));
    let plan = home.plan(&files);
    assert_eq!(codes(&plan), [("listed", "ADMINISTRATOR_LIST".to_owned())]);
    // What the client does not start either way may stand behind the gate.
    assert_eq!(starts(&plan), [("unlisted", Start::Now)]);
    files.exclusive.push(Client::ClaudeCode);
    let plan = home.plan(&files);
    let alone = "ADMINISTRATOR_FILE".to_owned();
    assert_eq!(codes(&plan), [("listed", alone.clone()), ("unlisted", alone)]);
    assert!(plan.servers.is_empty());
}

#[test]
fn one_server_in_two_scopes_is_heard_where_it_is_the_persons_own() {
    let same = json!({"command": "sh", "args": ["-c", "true"], "cwd": "/tmp"});
    let home = Home::new(&[
        (
            ".cursor/mcp.json",
            json!({"mcpServers": {"a": same, "off": {"command": "sh", "args": ["x", "y"], "disabled": true}}}),
        ),
        (
            "project/.cursor/mcp.json",
            json!({"mcpServers": {"b": same, "c": {"command": "sh", "args": ["z", "z"]}}}),
        ),
    ]);
    std::fs::create_dir_all(home.path().join("project")).unwrap();
    let files = home.files();
    let plan = home.plan(&files);
    assert_eq!(
        starts(&plan),
        [("a", Start::Now), ("off", Start::Later(Later::Disabled)), ("c", Start::Later(Later::Project)),]
    );
    assert_eq!(plan.servers[0].spots.len(), 2);
}

#[test]
fn secrets_do_not_part_what_is_one_launch_and_other_values_do() {
    let with = |token: &str, level: &str| json!({"command": "sh", "args": ["-c", "true"], "env": {"DEMO_TOKEN": token, "DEMO_LEVEL": level}});
    let home = Home::new(&[
        (
            ".cursor/mcp.json",
            json!({"mcpServers": {"one": with("secret-a", "1"), "two": with("secret-a", "2")}}),
        ),
        (".gemini/settings.json", json!({"mcpServers": {"three": with("secret-b", "1")}})),
    ]);
    let files = home.files();
    let plan = home.plan(&files);
    let spots: Vec<(&str, usize)> =
        plan.servers.iter().map(|server| (server.label.as_str(), server.spots.len())).collect();
    assert_eq!(spots, [("one", 2), ("two", 1)]);
}

#[test]
fn what_cannot_be_found_or_started_is_named() {
    let home = Home::new(&[
        (
            ".claude.json",
            json!({"mcpServers": {
                "gone": {"command": "a-program-that-nobody-has"},
                "folder": {"command": "/tmp"},
                "remote": {"type": "http", "url": "https://mcp.example.com"},
            }}),
        ),
        (".cursor/mcp.json", json!({"servers": {"misplaced": {"command": "sh"}}})),
    ]);
    let files = home.files();
    let plan = home.plan(&files);
    let code = |key: &str| codes(&plan).into_iter().find(|(left, _)| *left == key).map(|(_, code)| code);
    assert_eq!(code("gone").as_deref(), Some("COMMAND_NOT_FOUND"));
    assert_eq!(code("folder").as_deref(), Some("COMMAND_NOT_FOUND"));
    assert_eq!(code("remote").as_deref(), Some("REMOTE"));
    assert_eq!(code("misplaced").as_deref(), Some("KEY_NOT_READ"));
    assert!(plan.servers.is_empty());
}
