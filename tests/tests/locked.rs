//! `lock` and `run --locked`: exactly the locked tools where the policy names the lock, and exit 1 by name where something
//! is not as it was locked.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::client::Client;
use pinfold_tests::expect;
use pinfold_tests::home::{Home, of_the_account};
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::{Folder, LABEL, Stage, describe, run_to_end};
use serde_json::Value;

const POISON: &str = "POISON";
const LOCKED: &[&str] = &["--as", LABEL, "--locked"];

/// Two tools, and in state 1 another text of one and a third.
fn growing() -> Scenario {
    let (look, stay) = (tool("look", "Look."), tool("stay", "Stay."));
    let listing = Listing::of("tools", &[look, stay.clone()])
        .then("tools", &[tool("look", POISON), stay, tool("extra", POISON)]);
    Scenario::of_tools::<&str>(&[]).listing("tools/list", listing)
}

/// A repository with a lock in it.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    /// With the lock of everything that is approved on this stage; gives what `lock` said.
    fn locked_by(stage: &Stage) -> (Repository, Value) {
        let folder = tempfile::Builder::new().prefix("pinfold-repository-").tempdir().unwrap();
        let repository = Repository { folder };
        let path = repository.lock();
        let written = stage.status_of(&["lock", "-o", path.to_str().unwrap(), "--json"]);
        assert_eq!(written["exit"], 0, "{written:#}");
        (repository, written)
    }

    fn lock(&self) -> PathBuf {
        self.folder.path().join("pinfold.lock")
    }
}

/// A machine without a store: a home with a policy alone.
struct Machine {
    home: Home,
}

impl Machine {
    /// Whose policy names this lock.
    fn that_believes(digest: &str) -> Machine {
        let machine = Machine { home: Home::new() };
        machine.home.write_policy(&format!("[locks]\nsha256 = [\"{digest}\"]"));
        machine
    }

    fn policy(&self) -> PathBuf {
        self.home.policy_file()
    }

    /// `pinfold run OPTIONS -- SERVER` in a folder, with this home as the account's own, which takes a mount
    /// of its own over the user database. `None`: the machine lets nobody make one.
    fn gate(&self, folder: &Path, options: &[&str], server: &Path) -> Option<Command> {
        let mut command = self.home.pinfold(["run"]);
        command.args(options).arg("--").arg(pinfold_tests::binary::fixture()).arg(server).current_dir(folder);
        of_the_account(self.home.path(), &command)
    }

    /// The gate ends with 1 and this name, and no server was started since.
    #[track_caller]
    fn refuses(&self, folder: &Path, options: &[&str], server: &Folder, name: &str) {
        let Some(command) = self.gate(folder, options, server.path()) else { return };
        let before = server.starts();
        let output = run_to_end(command);
        assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains(name), "{name}: {}", describe(&output));
        assert!(!describe(&output).contains(POISON), "{}", describe(&output));
        assert_eq!(server.starts(), before, "nothing is started");
        assert!(output.stdout.is_empty(), "{}", describe(&output));
    }
}

fn digest(written: &Value) -> &str {
    written["sha256"].as_str().unwrap()
}

#[test]
fn a_ci_job_serves_exactly_the_locked_tools() {
    let stage = Stage::approved(&growing());
    let (repository, written) = Repository::locked_by(&stage);
    let text = std::fs::read_to_string(repository.lock()).unwrap();
    assert!(!text.contains("Look.") && !text.contains(stage.home.path().to_str().unwrap()), "{text}");
    let machine = Machine::that_believes(digest(&written));
    let server = &stage.server;
    let Some(command) = machine.gate(repository.folder.path(), LOCKED, server.path()) else { return };
    let mut client = Client::connect(command);
    assert_eq!(client.names("tools/list"), ["look", "stay"]);
    assert!(client.call("look", "{}").text().contains("look was called"));
    assert!(client.close().success());

    server.set_state(1);
    let command = machine.gate(repository.folder.path(), LOCKED, server.path()).unwrap();
    let mut client = Client::connect(command);
    assert_eq!(client.names("tools/list"), ["stay"], "what is not locked is held, and nothing is added");
    let before = server.calls_of("extra").len();
    let refused = client.call("extra", "{}").text();
    assert!(!refused.contains(POISON) && server.calls_of("extra").len() == before, "{refused}");
    assert!(!client.call("look", "{}").text().contains("was called"));
    assert!(!client.has_received(POISON));
    assert!(client.close().success());
    assert!(!machine.home.store_folder().exists(), "a job has no store, and gets none");
}

#[test]
fn an_edited_lock_starts_nothing() {
    let stage = Stage::approved(&growing());
    let (repository, written) = Repository::locked_by(&stage);
    let machine = Machine::that_believes(digest(&written));
    let text = std::fs::read_to_string(repository.lock()).unwrap();
    let folder = repository.folder.path();
    let other_digest = text.replacen("sha256:", "sha256:0", 1);
    for (edited, name) in [
        (text.replace("\"look\"", "\"lurk\""), "LOCK_NOT_NAMED"),
        (format!("{text}\n"), "LOCK_INVALID"),
        (text.replace("  ", " "), "LOCK_INVALID"),
        (other_digest, "LOCK_INVALID"),
        (text[..text.len() / 2].to_owned(), "LOCK_INVALID"),
        (String::new(), "LOCK_INVALID"),
    ] {
        std::fs::write(repository.lock(), edited).unwrap();
        machine.refuses(folder, LOCKED, &stage.server, name);
    }
    std::fs::remove_file(repository.lock()).unwrap();
    machine.refuses(folder, LOCKED, &stage.server, "LOCK_ABSENT");
}

#[test]
fn another_launch_or_label_than_the_locked_one_starts_nothing() {
    let stage = Stage::approved(&growing());
    let (repository, written) = Repository::locked_by(&stage);
    let machine = Machine::that_believes(digest(&written));
    let folder = repository.folder.path();
    machine.refuses(folder, &[LOCKED, &["--env", "NODE_OPTIONS"]].concat(), &stage.server, "LAUNCH_CHANGED");
    let elsewhere = Folder::new(&growing());
    machine.refuses(folder, LOCKED, &elsewhere, "LAUNCH_CHANGED");
    machine.refuses(folder, &["--locked", "--as", "other"], &stage.server, "LOCK_LACKS_LABEL");
    let file = format!("--locked={}", folder.join("none.lock").display());
    machine.refuses(folder, &["--as", LABEL, &file], &stage.server, "LOCK_ABSENT");
}

#[test]
fn a_policy_inside_the_repository_names_no_lock() {
    let stage = Stage::approved(&growing());
    let (repository, written) = Repository::locked_by(&stage);
    let folder = repository.folder.path();
    // The repository brings the policy, and a link in the home leads there.
    let machine = Machine::that_believes(digest(&written));
    let brought = folder.join("policy.toml");
    std::fs::rename(machine.policy(), &brought).unwrap();
    std::os::unix::fs::symlink(&brought, machine.policy()).unwrap();
    machine.refuses(folder, LOCKED, &stage.server, "POLICY_NOT_YOURS");
    // The repository's own configuration moves HOME.
    let home = Machine::that_believes(digest(&written));
    let mut command = home.home.pinfold(["run", "--as", LABEL, "--locked", "--"]);
    command.args(stage.server_command()).current_dir(folder);
    let before = stage.server.starts();
    let output = run_to_end(command);
    assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("POLICY_NOT_YOURS"), "{}", describe(&output));
    assert_eq!(stage.server.starts(), before);
}

/// A lock that arrives with a pull approves two tools; one of them the user rejected, and a third was approved here.
#[test]
fn a_rejection_in_the_store_wins_and_an_unnamed_lock_only_narrows() {
    let tools = [tool("look", "Look."), tool("find", "Find."), tool("export_all", "Export.")];
    let team = Stage::approved(&Scenario::of_tools(&tools));
    let (repository, written) = Repository::locked_by(&team);
    // The user's own store, about the same server.
    let mut stage = Stage::new(&Scenario::of_tools(&tools[..1]));
    stage.server = team.server;
    let listing =
        Listing::of("tools", &tools[..1]).then("tools", &[&tools[0], &tools[2]]).then("tools", &tools);
    stage.server.play(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.approve();
    stage.server.set_state(1);
    let client = stage.session();
    expect::wait_until("the tool is held", || !expect::reasons_of(&stage, "export_all").is_empty());
    client.close();
    stage.review().reject_all();
    stage.server.set_state(2);

    let gate = || {
        let mut command = stage.home.pinfold(["run", "--as", LABEL, "--locked", "--"]);
        command.args(stage.server_command()).current_dir(repository.folder.path());
        command
    };
    let mut client = Client::connect(gate());
    assert_eq!(client.names("tools/list"), ["look"], "the lock alone approves nothing");
    expect::wait_until("the status tells", || !expect::reasons_of(&stage, "find").is_empty());
    assert_eq!(expect::reasons_of(&stage, "find"), ["TOOL_ADDED"]);
    let rejected = || expect::reasons_of(&stage, "export_all") == ["PREVIOUSLY_REJECTED"];
    expect::wait_until("the status tells of the other one", rejected);
    assert!(client.close().success());

    stage.home.write_policy(&format!("[locks]\nsha256 = [\"{}\"]", digest(&written)));
    let mut client = Client::connect(gate());
    assert_eq!(client.names("tools/list"), ["look", "find"]);
    assert!(!client.call("export_all", "{}").text().contains("was called"));
    assert!(client.close().success());
    assert_eq!(stage.server.calls_of("export_all"), [] as [&str; 0]);
}

#[test]
fn a_lock_is_the_same_wherever_the_same_is_approved() {
    let one = Stage::approved(&growing());
    let mut other = Stage::new(&growing());
    other.server = one.server;
    other.approve();
    let one = Stage { home: Home::new(), server: other.server, variables: Vec::new(), options: Vec::new() };
    one.approve();
    let path = one.home.work().join("pinfold.lock");
    let again = other.home.work().join("pinfold.lock");
    for (home, path) in [(&one.home, &path), (&other.home, &again)] {
        let output = run_to_end(home.pinfold(["lock", "-o", path.to_str().unwrap()]));
        assert!(output.status.success(), "{}", describe(&output));
    }
    assert_eq!(std::fs::read(path).unwrap(), std::fs::read(again).unwrap());
    let none = Home::new();
    let output = run_to_end(none.pinfold(["lock"]));
    assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
    let output = run_to_end(one.home.pinfold(["lock", "nobody", "-o", "x.lock"]));
    assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
    assert!(!one.home.work().join("x.lock").exists());
}

/// What may vary is compared with the text that the lock carries: there is no store to ask.
#[test]
fn a_locked_tool_that_may_vary_is_served_without_a_store() {
    let tools = [tool("report", "As of @DAY@."), tool("stay", "Stay.")];
    let stage = Stage::approved(&Scenario::of_tools(&tools));
    std::fs::write(stage.server.file("day"), "2026-10-25").unwrap();
    let client = stage.session();
    expect::wait_until("the tool is held", || !expect::reasons_of(&stage, "report").is_empty());
    client.close();
    stage.approve_changes();
    let (repository, written) = Repository::locked_by(&stage);
    assert_eq!(written["servers"][0]["volatile"], 1, "{written:#}");
    let machine = Machine::that_believes(digest(&written));
    std::fs::write(stage.server.file("day"), "2026-12-31").unwrap();
    let folder = repository.folder.path();
    let Some(command) = machine.gate(folder, LOCKED, stage.server.path()) else { return };
    let mut client = Client::connect(command);
    let listed = client.list("tools/list").text();
    assert!(listed.contains("As of 2026-12-31.") && listed.contains("stay"), "{listed}");
    assert!(client.call("report", "{}").text().contains("report was called"));
    assert!(client.close().success());
    std::fs::write(stage.server.file("day"), "2026-12-32").unwrap();
    let mut client = Client::connect(machine.gate(folder, LOCKED, stage.server.path()).unwrap());
    assert_eq!(client.names("tools/list"), ["stay"]);
    client.close();
}
