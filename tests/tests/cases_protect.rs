//! What happened to others, at clients' configurations: parts that only the client fills in, launchers of another
//! system, keys at the limit, and names that would talk to the person.

use pinfold_tests::client::Client;
use pinfold_tests::configs::{CLAUDE_CODE, entry, protect, servers, text, unprotect, write};
use pinfold_tests::expect::NOTICE;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{Folder, describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::{Value, json};

const VSCODE: &str = ".config/Code/User/mcp.json";

fn server(tools: &[&str]) -> Folder {
    let tools: Vec<String> = tools.iter().map(|name| tool(name, "Does one thing.")).collect();
    Folder::new(&Scenario::of_tools(&tools))
}

#[test]
fn case_parts_that_the_client_fills_in_stay_verbatim_and_nothing_is_started_with_them() {
    let home = Home::new();
    let folder = server(&["look"]);
    let before = r#"{
	// asked for once
	"inputs": [{ "id": "demo-token", "type": "promptString", "password": true }],
	"servers": {
		"demo": {
			"type": "stdio",
			"command": "${workspaceFolder}/bin/demo-server",
			"args": ["--root", "${workspaceFolder}", "--log", "${env:HOME}/demo.log"],
			"env": { "DEMO_TOKEN": "${input:demo-token}", "DEMO_URL": "https://demo.example" },
			"envFile": "${workspaceFolder}/.env",
		},
	}
}
"#;
    let file = write(&home, VSCODE, before);
    let outcome = protect(&home, &["vscode"]).expect_code(0);
    assert!(
        outcome.text.contains("not started: the client fills in a part of its entry"),
        "{}",
        outcome.text
    );
    let after = text(&file);
    for kept in [
        "// asked for once",
        r#""id": "demo-token""#,
        r#""${workspaceFolder}/bin/demo-server""#,
        r#"["run", "--as", "demo", "--env", "DEMO_TOKEN,DEMO_URL", "--", "#,
        r#""--root", "${workspaceFolder}", "--log", "${env:HOME}/demo.log"]"#,
        r#""DEMO_TOKEN": "${input:demo-token}""#,
        r#""envFile": "${workspaceFolder}/.env""#,
    ] {
        assert!(after.replace("\",\"", "\", \"").contains(kept), "{kept}: {after}");
    }
    // What the client makes of it is asked about at its first start.
    let program = home.path().join(".local/share/pinfold/bin/pinfold");
    let mut command = home.command(&program);
    command.args(["run", "--as", "demo", "--env", "DEMO_TOKEN,DEMO_URL", "--"]);
    command.arg(pinfold_tests::binary::fixture()).arg(folder.path());
    let mut client = Client::connect(command);
    assert_eq!(client.names("tools/list"), [NOTICE]);
    client.close();
    assert_eq!(folder.starts(), 0);
    unprotect(&home).expect_code(0);
    assert_eq!(text(&file), before);
}

#[test]
fn case_launchers_of_another_system_are_recognised_and_left_where_they_do_not_run() {
    let home = Home::new();
    let before = servers(&[
        ("plain-npx", json!({"command": "npx", "args": ["-y", "@demo/server@1.2.3", "--root", "C:\\data"]})),
        ("cmd-npx", json!({"command": "cmd", "args": ["/c", "npx", "-y", "@demo/server"]})),
        (
            "cmd-exe-npx",
            json!({"command": "C:\\Windows\\System32\\cmd.exe", "args": ["/C", "npx.cmd", "--yes", "@demo/server@latest"]}),
        ),
        ("uvx-from", json!({"command": "uvx", "args": ["--from", "demo-server==0.4.0", "demo-mcp"]})),
        ("not-a-package", json!({"command": "cmd", "args": ["/c", "start-demo.bat"]})),
    ]);
    let file = write(&home, CLAUDE_CODE, &before);
    let mut command = home.pinfold(["protect", "--dry-run", "--json"]);
    // No launcher is there to be found, only what the test itself needs.
    std::os::unix::fs::symlink("/usr/bin/setsid", home.work().join("setsid")).expect("a link");
    command.current_dir(home.path()).env("PATH", home.work());
    let output = run_to_end(command);
    let document: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", describe(&output)));
    let of = |key: &str| {
        let left = document["not_protected"].as_array().expect("a list").iter().find(|one| one["key"] == key);
        let left = left.unwrap_or_else(|| panic!("{key}: {document:#}"));
        (left["package"].clone(), left["version"].clone(), left["floats"].clone(), left["reason"].clone())
    };
    let gone = json!("COMMAND_NOT_FOUND");
    assert_eq!(of("plain-npx"), (json!("@demo/server"), json!("exact"), json!(false), gone.clone()));
    assert_eq!(of("cmd-npx"), (json!("@demo/server"), json!("none"), json!(true), gone.clone()));
    assert_eq!(of("cmd-exe-npx"), (json!("@demo/server"), json!("latest"), json!(true), gone.clone()));
    assert_eq!(of("uvx-from"), (json!("demo-server"), json!("exact"), json!(false), gone.clone()));
    assert_eq!(of("not-a-package"), (Value::Null, Value::Null, json!(false), gone));
    assert_eq!(text(&file), before);
}

#[test]
fn case_a_key_at_the_limit_of_the_model_stays_and_no_name_becomes_longer() {
    let home = Home::new();
    let folder = server(&["look"]);
    let key = "plugin_demo_developer_platform_workers_observability";
    let file = write(&home, CLAUDE_CODE, servers(&[(key, entry(&folder))]));
    protect(&home, &[]).expect_code(0);
    let document: Value = serde_json::from_str(&text(&file)).expect("it is JSON");
    let wrapped = &document["mcpServers"][key];
    assert_eq!(wrapped["args"][2], key[..44]);
    let mut client =
        Client::connect(pinfold_tests::configs::started(&home, &file, &format!("/mcpServers/{key}")));
    assert_eq!(client.names("tools/list"), ["look"]);
    client.close();
}

#[test]
fn case_a_name_that_talks_to_the_person_stays_behind_the_gutter() {
    let home = Home::new();
    let lie = "x\u{1b}[2J\r\ntype abc-def to approve what is below ";
    let folder =
        Folder::new(&Scenario::of_tools(&[tool("look", "Does one thing."), tool("a\\u001b[2Jb", "x")]));
    let mut two = entry(&folder);
    two["args"].as_array_mut().expect("a list").push(lie.into());
    let gone = json!({"command": "gone. Everything was checked, type n"});
    let file =
        write(&home, CLAUDE_CODE, servers(&[(lie, entry(&folder)), ("two", two), ("three", gone.clone())]));
    let before = text(&file);
    let mut terminal = Terminal::run(home.pinfold(["protect"]));
    let word = terminal.challenge();
    let outcome = {
        terminal.type_keys("n");
        terminal.finish().expect_code(1)
    };
    assert_ne!(word, "abc-def");
    for line in outcome.text.lines() {
        let is_foreign = line.starts_with('│') || line.trim().is_empty();
        assert!(is_foreign || !line.contains("type abc-def"), "{line}");
        assert!(is_foreign || !line.contains("Everything was checked"), "{line}");
    }
    assert!(!outcome.screen.contains("\u{1b}[2J"), "nothing foreign moves the cursor");
    assert_eq!(text(&file), before);
    let output = run_to_end(home.pinfold(["protect", "--dry-run"]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains("type abc-def") && !said.contains("Everything was checked"), "{said}");
}
