//! `pinfold protect` and the files that it meets: other people's, broken ones, ones that change under its hands.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

use pinfold_tests::client::Client;
use pinfold_tests::configs::{CLAUDE_CODE, CURSOR, entry, protect, servers, started, text, unprotect, write};
use pinfold_tests::expect::NOTICE;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, Step, tool};
use pinfold_tests::stage::{Folder, describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::{Value, json};

fn server(tools: &[&str]) -> Folder {
    let tools: Vec<String> = tools.iter().map(|name| tool(name, "Does one thing.")).collect();
    Folder::new(&Scenario::of_tools(&tools))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

fn plan(home: &Home, arguments: &[&str]) -> Value {
    let output = run_to_end(home.pinfold([&["protect", "--dry-run", "--json"], arguments].concat()));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no document: {}", describe(&output)))
}

#[test]
fn a_malformed_file_is_untouched_and_the_others_are_protected() {
    let home = Home::new();
    let folder = server(&["look"]);
    let broken = "{\n  // a comment is allowed by the client\n  \"theme\": \"dark\",\n  \"mcpServers\": {\n    \"demo\": { \"command\": \"python3\", \"args\": [\"/opt/demo/plain.py\"]\n";
    let gemini = write(&home, ".gemini/settings.json", broken);
    let claude = write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    let before = std::fs::metadata(&gemini).expect("it is there");
    let outcome = protect(&home, &[]).expect_code(3);
    assert!(outcome.text.contains("error: ") && outcome.text.contains("settings.json"), "{}", outcome.text);
    assert!(outcome.text.contains("line 5, column 67"), "{}", outcome.text);
    assert!(text(&claude).contains("\"--as\""));
    let after = std::fs::metadata(&gemini).expect("it is there");
    assert_eq!(text(&gemini), broken);
    assert_eq!((before.mtime_nsec(), before.ino()), (after.mtime_nsec(), after.ino()));
    let document = plan(&home, &[]);
    assert_eq!((&document["exit"], &document["error"]["code"]), (&json!(3), &json!("CONFIG_UNREADABLE")));
}

#[test]
fn what_its_client_writes_meanwhile_is_kept_and_another_entry_is_not_written() {
    let home = Home::new();
    let folder = server(&["look"]);
    let file = write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    let grown = |value: Value| {
        let mut document: Value = serde_json::from_str(&text(&file)).expect("it is JSON");
        document["history"] = value;
        std::fs::write(&file, serde_json::to_string(&document).expect("it is JSON")).expect("written");
    };
    let mut terminal = Terminal::run(home.pinfold(["protect"]));
    let word = terminal.challenge();
    grown(json!(["a chat"]));
    let grown_text = text(&file);
    terminal.type_keys(&format!("{word}\n"));
    terminal.finish().expect_code(0);
    let document: Value = serde_json::from_str(&text(&file)).expect("it is JSON");
    assert_eq!(document["history"], json!(["a chat"]));
    assert_eq!(document["mcpServers"]["files"]["args"][2], "files");
    unprotect(&home).expect_code(0);
    assert_eq!(text(&file), grown_text);

    let other = server(&["look"]);
    let second = write(&home, CURSOR, servers(&[("files", entry(&other))]));
    let mut terminal = Terminal::run(home.pinfold(["protect"]));
    let word = terminal.challenge();
    let evil = servers(&[("files", json!({"command": "sh", "args": ["-c", "true"]}))]);
    std::fs::write(&second, &evil).expect("written");
    terminal.type_keys(&format!("{word}\n"));
    let outcome = terminal.finish().expect_code(1);
    assert!(outcome.text.contains("another one now"), "{}", outcome.text);
    assert_eq!(text(&second), evil);
    assert!(text(&file).contains("\"--as\""), "the other file is done");
}

#[test]
fn project_files_need_a_word_and_their_entries_are_not_started() {
    let home = Home::new();
    let folder = server(&["look"]);
    let mine = write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    protect(&home, &[]).expect_code(0);
    assert_eq!(folder.starts(), 2);
    // The repository names the person's label, and a wrapper of its own choice around another server.
    let evil = server(&["steal"]);
    let hostile = json!({
        "command": "/usr/bin/pinfold",
        "args": ["run", "--as", "files", "--", pinfold_tests::binary::fixture(), evil.path()],
    });
    let project = home.work().join(".mcp.json");
    std::fs::write(&project, servers(&[("files", hostile), ("theirs", entry(&evil))])).expect("written");
    let before = text(&project);

    let output = run_to_end(home.pinfold(["protect"]));
    assert_eq!(output.status.code(), Some(0), "{}", describe(&output));
    assert!(said(&output).contains("a file of this project; see --project"), "{}", describe(&output));
    assert_eq!(text(&project), before);

    let outcome = protect(&home, &["--project"]).expect_code(0);
    assert!(outcome.text.contains("it stands in a file of the project"), "{}", outcome.text);
    assert_eq!(evil.starts(), 0, "nothing of a project is started");
    let mut client = Client::connect(started(&home, &project, "/mcpServers/theirs"));
    assert_eq!(client.names("tools/list"), [NOTICE]);
    client.close();
    let mut client = Client::connect(started(&home, &project, "/mcpServers/files"));
    assert_eq!(client.names("tools/list"), [NOTICE], "a label that is known does not make another launch so");
    client.close();
    assert_eq!(evil.starts(), 0);
    assert!(text(&mine).contains("\"files\""));
}

#[test]
fn what_is_switched_off_or_filled_in_by_the_client_is_wrapped_unstarted_and_keeps_everything() {
    let home = Home::new();
    let folder = server(&["look"]);
    let mut off = entry(&folder);
    off["disabled"] = true.into();
    off["alwaysAllow"] = json!(["look"]);
    let mut filled = entry(&folder);
    filled["env"] = json!({"DEMO_TOKEN": "${input:token}", "DEMO_LEVEL": "3"});
    let relative = json!({"command": "python3", "args": ["./server.py"]});
    let remote = json!({"url": "https://mcp.example.com/mcp?key=hunter2hunter2"});
    let before = servers(&[
        ("off", off),
        ("filled", filled),
        ("relative", relative),
        ("remote", remote),
        ("broken", json!({})),
    ]);
    let file = write(&home, CURSOR, &before);
    let document = plan(&home, &[]);
    let reasons: Vec<&str> = document["not_protected"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["reason"].as_str())
        .collect();
    assert!(reasons.contains(&"REMOTE") && reasons.contains(&"MALFORMED"), "{document:#}");
    let outcome = protect(&home, &[]).expect_code(0);
    for words in
        ["it is switched off", "the client fills in a part", "depends on the folder", "runs tools", "remote"]
    {
        let words = if words == "runs tools" { "lets these tools run without a question" } else { words };
        assert!(outcome.text.contains(words), "{words}: {}", outcome.text);
    }
    assert!(!outcome.text.contains("hunter2"), "{}", outcome.text);
    assert_eq!(folder.starts(), 0);
    let after: Value = serde_json::from_str(&text(&file)).expect("it is JSON");
    assert_eq!(after["mcpServers"]["off"]["disabled"], true);
    assert_eq!(after["mcpServers"]["off"]["alwaysAllow"], json!(["look"]));
    assert_eq!(after["mcpServers"]["filled"]["env"]["DEMO_TOKEN"], "${input:token}");
    let words = after["mcpServers"]["filled"]["args"].as_array().expect("a list");
    assert_eq!(words[3..5], [json!("--env"), json!("DEMO_LEVEL,DEMO_TOKEN")]);
    unprotect(&home).expect_code(0);
    assert_eq!(text(&file), before);
}

#[test]
fn no_secret_is_shown_or_written_anywhere() {
    let home = Home::new();
    let folder = server(&["look"]);
    let mut secret = entry(&folder);
    secret["args"].as_array_mut().expect("a list").extend(["--api-key".into(), "hunter2hunter2".into()]);
    secret["env"] = json!({"DEMO_TOKEN": "swordfish-swordfish"});
    let file = write(&home, CLAUDE_CODE, servers(&[("files", secret)]));
    let inode = std::fs::metadata(&file).expect("it is there").ino();
    let outcome = protect(&home, &[]).expect_code(0);
    let is_clean = |text: &str| !text.contains("hunter2") && !text.contains("swordfish");
    assert!(is_clean(&outcome.text), "{}", outcome.text);
    let backups = home.path().join(".local/state/pinfold/backups");
    let kept: Vec<_> = std::fs::read_dir(&backups).expect("a folder").flatten().collect();
    assert_eq!(kept.len(), 1);
    assert!(outcome.text.contains(&*kept[0].path().to_string_lossy()), "{}", outcome.text);
    assert_eq!(kept[0].metadata().expect("it is there").ino(), inode, "the file itself, no copy");
    assert_eq!(std::fs::metadata(&backups).expect("a folder").mode() & 0o777, 0o700);
    each_file(&home.path().join(".local"), &mut |path| {
        if !path.starts_with(&backups) && !path.ends_with("bin/pinfold") {
            let bytes = std::fs::read(path).expect("it can be read");
            assert!(is_clean(&String::from_utf8_lossy(&bytes)), "{}", path.display());
        }
    });
    let mut client = Client::connect(started(&home, &file, "/mcpServers/files"));
    assert_eq!(client.names("tools/list"), ["look"]);
    client.close();
}

fn each_file(folder: &Path, see: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() { each_file(&entry.path(), see) } else { see(&entry.path()) }
    }
}

#[test]
fn a_variable_that_the_entry_declares_later_is_added_to_its_wrapper() {
    let home = Home::new();
    let folder = server(&["look"]);
    let mut one = entry(&folder);
    one["env"] = json!({"DEMO_LEVEL": "3"});
    let file = write(&home, CLAUDE_CODE, servers(&[("files", one.clone())]));
    protect(&home, &[]).expect_code(0);
    let changed =
        text(&file).replace("\"DEMO_LEVEL\": \"3\"", "\"DEMO_LEVEL\": \"3\", \"DEMO_HOST\": \"h.example\"");
    assert_ne!(changed, text(&file));
    std::fs::write(&file, &changed).expect("written");
    let outcome = protect(&home, &[]).expect_code(0);
    assert!(outcome.text.contains("its wrapper is written anew"), "{}", outcome.text);
    assert!(text(&file).contains("DEMO_LEVEL,DEMO_HOST"), "{}", text(&file));
    let mut client = Client::connect(started(&home, &file, "/mcpServers/files"));
    assert_eq!(client.names("tools/list"), [NOTICE], "another variable is another launch");
    client.close();
    unprotect(&home).expect_code(0);
    one["env"] = json!({"DEMO_LEVEL": "3", "DEMO_HOST": "h.example"});
    let back: Value = serde_json::from_str(&text(&file)).expect("it is JSON");
    assert_eq!(back["mcpServers"]["files"], one);
}

#[test]
fn every_entry_comes_back_when_the_store_is_lost_and_links_stay_links() {
    let home = Home::new();
    let folder = server(&["look"]);
    let dotfiles = write(&home, "dotfiles/claude.json", servers(&[("a key with blanks", entry(&folder))]));
    let link = home.path().join(CLAUDE_CODE);
    std::os::unix::fs::symlink(&dotfiles, &link).expect("a link");
    let before = text(&link);
    let outcome = protect(&home, &[]).expect_code(0);
    let real = dotfiles.canonicalize().expect("it is there");
    assert!(outcome.text.contains(&format!("which leads to\n│  {}\n", real.display())), "{}", outcome.text);
    assert!(text(&dotfiles).contains("\"a-key-with-blanks\""), "{}", text(&dotfiles));
    // A person who keeps the store's loss behind the gate is asked once more, and no file changes.
    let wrapped = text(&link);
    std::fs::remove_dir_all(home.path().join(".local")).expect("everything of ours is gone");
    let outcome = protect(&home, &[]).expect_code(0);
    assert!(outcome.text.contains("No file changes"), "{}", outcome.text);
    assert_eq!((text(&link), folder.starts()), (wrapped, 4));
    let mut client = Client::connect(started(&home, &link, "/mcpServers/a key with blanks"));
    assert_eq!(client.names("tools/list"), ["look"]);
    client.close();

    std::fs::remove_dir_all(home.path().join(".local")).expect("everything of ours is gone");
    let output = run_to_end(home.pinfold(["unprotect", "--json"]));
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    unprotect(&home).expect_code(0);
    assert_eq!(text(&link), before);
    assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
    let output = run_to_end(home.pinfold(["unprotect"]));
    assert!(said(&output).contains("No entry is behind the gate."), "{}", describe(&output));
}

#[test]
fn a_server_is_heard_in_an_empty_folder_with_its_entrys_variables() {
    let home = Home::new();
    let folder = Folder::new(&Scenario::of_tools(&[tool("look", "Does one thing.")]).with(
        &["DEMO_SWITCH"],
        "start",
        [Step::Complain("POISON on standard error".to_owned())],
    ));
    let mut one = entry(&folder);
    one["env"] = json!({"DEMO_SWITCH": "on"});
    one["command"] = "sh".into();
    let script = r#"[ "$DEMO_SWITCH" = on ] && [ -z "$(ls -A .)" ] && exec "$0" "$1""#;
    one["args"] = json!(["-c", script, pinfold_tests::binary::fixture(), folder.path()]);
    let file = write(&home, CLAUDE_CODE, servers(&[("files", one)]));
    let outcome = protect(&home, &[]).expect_code(0);
    assert!(outcome.text.contains("files: 1 tool"), "{}", outcome.text);
    assert!(!outcome.text.contains("POISON"), "what it complains of is foreign: {}", outcome.text);
    assert!(text(&file).contains("DEMO_SWITCH"));
    let left: Vec<_> =
        std::fs::read_dir(home.path().join(".local/state/pinfold")).expect("a folder").flatten().collect();
    assert!(left.iter().all(|one| !one.file_name().to_string_lossy().starts_with("nowhere")), "{left:?}");
}

#[test]
fn an_entry_that_was_mangled_by_hand_is_named_and_keeps_no_other() {
    let home = Home::new();
    // The anchor could be used elsewhere in the file: the list cannot be taken apart.
    let before = "extensions:\n  a:\n    type: stdio\n    cmd: /usr/bin/pinfold\n    args: &x [run, --as, a, --, npx, y]\n  \
                  b:\n    type: stdio\n    cmd: /usr/bin/pinfold\n    args: [run, --as, b, --, uvx, z]\n";
    let file = write(&home, ".config/goose/config.yaml", before);
    let outcome = unprotect(&home).expect_code(3);
    assert!(
        outcome.text.contains("the entry a was changed by hand and is left as it is"),
        "{}",
        outcome.text
    );
    let after = text(&file);
    assert!(after.contains("cmd: uvx\n") && after.contains("&x [run, --as, a, --, npx, y]"), "{after}");
}

#[test]
fn what_its_client_writes_while_unprotect_asks_is_kept() {
    let home = Home::new();
    let folder = server(&["look"]);
    let file = write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    protect(&home, &[]).expect_code(0);
    let mut terminal = Terminal::run(home.pinfold(["unprotect"]));
    let word = terminal.challenge();
    let mut document: Value = serde_json::from_str(&text(&file)).expect("it is JSON");
    document["history"] = json!(["a chat"]);
    std::fs::write(&file, serde_json::to_string(&document).expect("it is JSON")).expect("written");
    terminal.type_keys(&format!("{word}\n"));
    terminal.finish().expect_code(0);
    let after: Value = serde_json::from_str(&text(&file)).expect("it is JSON");
    assert_eq!((&after["history"], &after["mcpServers"]["files"]), (&json!(["a chat"]), &entry(&folder)));
}

/// A file that one group may read must not become one that another may read.
#[test]
fn a_changed_file_and_its_backup_are_read_by_nobody_who_could_not_read_it_before() {
    const GROUP: u32 = 12_345;
    let home = Home::new();
    let folder = server(&["look"]);
    let mut secret = entry(&folder);
    secret["env"] = json!({"DEMO_TOKEN": "swordfish-swordfish"});
    let file = write(&home, CLAUDE_CODE, servers(&[("files", secret)]));
    let shared = |mode: u32| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode));
    shared(0o640).expect("the mode is set");
    let backups = home.path().join(".local/state/pinfold/backups");
    std::fs::create_dir_all(&backups).expect("a folder that something else made");
    std::fs::set_permissions(&backups, std::fs::Permissions::from_mode(0o755)).expect("the mode is set");
    if std::os::unix::fs::chown(&file, None, Some(GROUP)).is_err() {
        return pinfold_tests::absent("root", "only root can give a file to a group that is not its own");
    }
    let rights = || {
        let about = std::fs::metadata(&file).expect("it is there");
        (about.gid(), about.mode() & 0o7777)
    };
    protect(&home, &[]).expect_code(0);
    assert_eq!(rights(), (GROUP, 0o640));
    assert_eq!(std::fs::metadata(&backups).expect("it is there").mode() & 0o777, 0o700);

    // In a namespace that does not know the group nobody can give it, as a person cannot who is not in it.
    let command = home.pinfold(["unprotect"]);
    let mut inside = Command::new("unshare");
    inside.arg("-r").arg(command.get_program()).args(command.get_args()).env_clear().current_dir(home.work());
    inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if !Command::new("unshare").args(["-r", "true"]).status().is_ok_and(|status| status.success()) {
        return pinfold_tests::absent("unshare", "no namespace of users can be made here");
    }
    Terminal::run(inside).approve_all().expect_code(0);
    assert!(!text(&file).contains("--as"), "{}", text(&file));
    let (group, mode) = rights();
    assert_ne!(group, GROUP);
    assert_eq!(mode, 0o600);
}
