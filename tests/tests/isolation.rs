//! The recipe of `docs/isolation.md`, run as it stands there: behind the gate, and against what it is to stop.

use std::path::{Path, PathBuf};

use pinfold_tests::binary::{fixture, pinfold, workspace};
use pinfold_tests::client::Client;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{Folder, LABEL, Stage, describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::Value;

/// The page's entry with this test's folders in the place of the page's.
struct Recipe {
    home: Home,
    server: Folder,
    tree: PathBuf,
    words: Vec<String>,
}

impl Recipe {
    /// `None`: bubblewrap is not there, or not allowed, and that was said.
    fn new() -> Option<Recipe> {
        let home = Home::new();
        let tree = home.path().join("servers/notes");
        let private = home.path().join(".local/share/isolated/notes");
        for folder in [&tree, &private] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        std::fs::copy(fixture(), tree.join("notes-server")).expect("the server is installed");
        let server = Folder::new(&Scenario::of_tools(&[tool("look", "Look."), tool("find", "Find.")]));
        let page = std::fs::read_to_string(workspace().join("docs/isolation.md")).expect("the page");
        let block =
            page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("its entry");
        let entry: Value = serde_json::from_str(block).expect("the entry is JSON");
        assert_eq!(entry["command"], "bwrap");
        let place = |word: &str| {
            let path = |path: &Path| path.to_str().expect("text").to_owned();
            match word.strip_prefix("/home/me/notes") {
                Some(rest) => path(server.path()) + rest,
                None => word.replace("/home/me", &path(home.path())),
            }
        };
        let args = entry["args"].as_array().expect("its arguments");
        let words = args.iter().map(|word| place(word.as_str().expect("a word"))).collect();
        let recipe = Recipe { home, server, tree, words };
        let tried = recipe.inside("true");
        if tried.0 {
            return Some(recipe);
        }
        pinfold_tests::absent("bubblewrap (bwrap), or it is not allowed here", &tried.1);
        None
    }

    /// The same sandbox with a shell in the place of the server: whether it ends well, and what it says.
    fn inside(&self, script: &str) -> (bool, String) {
        let server = self.words.len() - 2;
        let mut command = self.home.command("bwrap");
        command.args(&self.words[..server]).args(["/bin/sh", "-c", script]);
        let output = run_to_end(command);
        (output.status.success(), describe(&output))
    }

    fn gate(&self, label: &str, sandboxed: bool) -> Client {
        let mut command = self.home.pinfold(["run", "--as", label, "--"]);
        if sandboxed {
            command.arg("bwrap").args(&self.words);
        } else {
            command.args(&self.words[self.words.len() - 2..]);
        }
        Client::connect(command)
    }

    fn approve(&self, label: &str, sandboxed: bool) {
        let client = self.gate(label, sandboxed);
        client.complaint("pinfold review");
        Terminal::run(self.home.pinfold(["review", label])).approve_all().expect_code(0);
        client.close();
    }

    fn document(&self, arguments: &[&str]) -> Value {
        let output = run_to_end(self.home.pinfold(arguments));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", describe(&output)))
    }

    fn digests(&self, label: &str) -> Vec<String> {
        let document = self.document(&["status", label, "--json"]);
        let decided = document["servers"][0]["decided"].as_array().expect("a list").clone();
        decided.iter().map(|one| one["digest"].as_str().expect("a digest").to_owned()).collect()
    }
}

#[test]
fn the_recipe_of_the_page_works_behind_the_gate() {
    let Some(recipe) = Recipe::new() else { return };
    recipe.approve("notes", true);
    recipe.approve("bare", false);
    assert_eq!(recipe.digests("notes"), recipe.digests("bare"), "the words are the same inside");
    let mut client = recipe.gate("notes", true);
    assert_eq!(client.names("tools/list"), ["look", "find"]);
    assert_eq!(client.call("look", "").words(), "look was called");
    client.close();
    let live = recipe.document(&["status", "--live", "notes", "--json"]);
    assert_eq!(live["servers"][0]["verdict"], "same", "{live:#}");
    let doctor = recipe.document(&["doctor", "--json"]);
    let findings = doctor["findings"].as_array().expect("a list");
    let bare =
        findings.iter().find(|finding| finding["code"] == "NOT_ISOLATED").expect("one is not isolated");
    assert_eq!(bare["labels"], serde_json::json!(["bare"]));
    let needle = recipe.server.path().to_string_lossy().into_owned();
    pinfold_tests::expect::wait_until("nothing of it is left over", || !is_running(&needle));
}

#[test]
fn an_entry_that_lost_its_sandbox_is_not_started() {
    let Some(recipe) = Recipe::new() else { return };
    recipe.approve("notes", true);
    let starts = recipe.server.starts();
    let mut client = recipe.gate("notes", false);
    assert_eq!(client.names("tools/list"), ["pinfold_notice"]);
    assert_eq!(client.call("look", "").refusal(), "LAUNCH_CHANGED");
    client.close();
    assert_eq!(recipe.server.starts(), starts);
}

#[test]
fn the_recipe_stops_what_the_page_says() {
    let Some(recipe) = Recipe::new() else { return };
    let home = recipe.home.path().display().to_string();
    for file in [".ssh/id_ed25519", ".claude.json", ".local/share/pinfold/store/pinfold.db", "work/secret"] {
        let path = recipe.home.path().join(file);
        std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
        std::fs::write(path, "hunter2").expect("a secret");
        let (read, said) = recipe.inside(&format!("cat {home}/{file}"));
        assert!(!read && !said.contains("hunter2"), "{file}: {said}");
    }
    let (ended, said) = recipe.inside(&format!("echo x >>{home}/.bashrc"));
    assert!(ended, "its own home can be written: {said}");
    assert!(!recipe.home.path().join(".bashrc").exists(), "and is not the person's");
    assert!(recipe.home.path().join(".local/share/isolated/notes/.bashrc").exists(), "it is kept");
    let tree = recipe.tree.display();
    assert!(!recipe.inside(&format!("echo x >>{tree}/notes-server")).0, "its own program stands");
    assert!(!recipe.inside("echo x >>/usr/bin/pinfold-probe").0, "the system stands");
    for (holds, script) in [
        (
            "no network but its own loopback",
            "test \"$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ')\" = lo",
        ),
        ("no process but its own", "test $(ls /proc | grep -c '^[0-9]') -le 6"),
        ("no other part of the system", "test ! -e /etc/shadow && test ! -e /root && test ! -e /var"),
    ] {
        let (is_so, said) = recipe.inside(script);
        assert!(is_so, "{holds}: {said}");
    }
    // The probes themselves are able to fail.
    for script in ["test ! -e /usr", "test $(ls /proc | grep -c '^[0-9]') -le 0"] {
        assert!(!recipe.inside(script).0, "{script}");
    }
}

/// The terminal of a sandbox with processes of its own is still that of the shell outside.
#[test]
fn a_review_inside_of_a_sandbox_says_where_a_person_can_be_asked() {
    let stage = Stage::new(&Scenario::of_tools(&[tool("look", "Look.")]));
    let client = stage.waiting_session();
    let inside = |line: &[&str]| {
        let mut command = stage.home.command("unshare");
        command.args(["--map-root-user", "--pid", "--fork"]).args(line);
        command
    };
    let tried = inside(&["true"]).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        return pinfold_tests::absent("a namespace of processes", "unshare is not allowed here");
    }
    let review = format!("{} review {LABEL}", pinfold().display());
    let words: Vec<&str> = review.split(' ').collect();
    let outcome = Terminal::run(inside(&words)).finish().expect_code(4);
    pinfold_tests::expect::is_one_clear_error(&outcome.text);
    assert!(outcome.text.contains("belongs to a process outside of this sandbox"), "{}", outcome.text);
    let hint = format!(
        "hint: run `pinfold review {LABEL}` outside of the sandbox, or in a shell that you start inside"
    );
    assert!(outcome.text.contains(&hint), "{}", outcome.text);
    // What the hint says is so: a shell that reads from the terminal takes it over.
    let shell = inside(&["bash", "--norc", "-ic", &review]);
    let outcome = Terminal::run(shell).refuse_all().expect_code(1);
    assert!(outcome.text.contains("to approve, or n to refuse:"), "{}", outcome.text);
    client.close();
    assert_eq!(stage.server.starts(), 0);
}

/// Whether a process has the text among its arguments.
fn is_running(needle: &str) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok()).any(|line| {
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains("bwrap") && line.contains(needle)
    })
}
