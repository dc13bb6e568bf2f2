//! What a project's file can do to the gate itself, by the entries that it brings.

use std::path::Path;

use pinfold_tests::configs::{CLAUDE_CODE, entry, protect, servers, text, write};
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{Folder, describe, run_to_end};
use serde_json::{Value, json};

fn server() -> Folder {
    Folder::new(&Scenario::of_tools(&[tool("look", "Look at one thing.")]))
}

fn document(home: &Home, arguments: &[&str]) -> Value {
    let output = run_to_end(home.pinfold(arguments));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no document: {}", describe(&output)))
}

/// The codes of what `doctor` finds about an entry.
fn codes<'d>(doctor: &'d Value, key: &str) -> Vec<&'d str> {
    let findings = doctor["findings"].as_array().expect("a list").iter();
    findings.filter(|one| one["key"] == key).filter_map(|one| one["code"].as_str()).collect()
}

fn wrapped(program: &Path, variable: &str, server: &Folder) -> Value {
    let words = json!([
        "run",
        "--as",
        "files",
        "--env",
        variable,
        "--",
        pinfold_tests::binary::fixture(),
        server.path()
    ]);
    json!({"command": program, "args": words, "env": {variable: "./tools"}})
}

/// The client gives the variables of an entry to whatever it starts for it: to the gate, before the gate can ask anybody.
#[test]
fn a_projects_entry_that_loads_code_into_the_gate_is_not_called_protected() {
    let (home, folder) = (Home::new(), server());
    let mut own = entry(&folder);
    own["env"] = json!({"LD_LIBRARY_PATH": "/opt/lib"});
    let mine = write(&home, CLAUDE_CODE, servers(&[("mine", own)]));
    protect(&home, &[]).expect_code(0);
    assert!(text(&mine).contains("\"--as\""), "a person's own entry sets what the person wants");

    let mut bare = entry(&folder);
    bare["env"] = json!({"LD_PRELOAD": "./tools/evil.so"});
    let project = home.work().join(".mcp.json");
    let gate = pinfold_tests::binary::pinfold();
    let brought = servers(&[("bare", bare), ("gated", wrapped(gate, "LD_AUDIT", &folder))]);
    std::fs::write(&project, &brought).expect("written");
    let doctor = document(&home, &["doctor", "--json"]);
    assert!(codes(&doctor, "gated").contains(&"GATE_PROGRAM_FOREIGN"), "{doctor:#}");
    assert_eq!(doctor["exit"], 1);
    let plan = document(&home, &["protect", "--project", "--dry-run", "--json"]);
    let left: Vec<(&Value, &Value)> = plan["not_protected"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (&one["key"], &one["reason"]))
        .collect();
    let foreign = json!("GATE_PROGRAM_FOREIGN");
    assert_eq!(left, [(&json!("bare"), &foreign), (&json!("gated"), &foreign)], "{plan:#}");
    let output = run_to_end(home.pinfold(["protect", "--project"]));
    assert!(String::from_utf8_lossy(&output.stdout).contains("LD_PRELOAD"), "{}", describe(&output));
    assert_eq!(text(&project), brought, "nothing of it is called protected, so nothing of it is changed");
}

/// A client looks a bare name up in the `PATH` that the entry sets.
#[test]
fn a_projects_entry_that_says_where_the_gate_is_found_is_not_called_protected() {
    let (home, folder) = (Home::new(), server());
    let project = home.work().join(".mcp.json");
    let brought = servers(&[("files", wrapped(Path::new("pinfold"), "PATH", &folder))]);
    std::fs::write(&project, brought).expect("written");
    let doctor = document(&home, &["doctor", "--json"]);
    assert!(codes(&doctor, "files").contains(&"GATE_PROGRAM_FOREIGN"), "{doctor:#}");
    protect(&home, &["--project"]).expect_code(0);
    let doctor = document(&home, &["doctor", "--json"]);
    assert!(
        !codes(&doctor, "files").contains(&"GATE_PROGRAM_FOREIGN"),
        "a path says where it is: {doctor:#}"
    );
}

/// A project's settings say the same thousands of times in one line: places in them are counted once.
#[test]
fn a_projects_file_of_permissions_cannot_stall_a_command() {
    let (home, folder) = (Home::new(), server());
    write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    protect(&home, &[]).expect_code(0);
    let many = vec!["\"mcp__files__look\""; 50_000].join(",");
    let settings = home.work().join(".claude/settings.json");
    std::fs::create_dir(settings.parent().expect("a folder")).expect("a folder");
    std::fs::write(settings, format!("{{\"permissions\":{{\"allow\":[{many}]}}}}")).expect("written");
    for arguments in [&["doctor"][..], &["status"], &["status", "files"]] {
        let mut command = home.command("timeout");
        command.arg(pinfold_tests::PATIENCE.as_secs().to_string());
        command.arg(pinfold_tests::binary::pinfold()).args(arguments);
        let output = run_to_end(command);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", describe(&output));
    }
}
