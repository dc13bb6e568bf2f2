//! Programs that run servers, updated: by the system, which is recorded and passes; in a folder of the user's own, which is
//! one question for all servers.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::client::Client;
use pinfold_tests::expect;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, tool};
use pinfold_tests::stage::{Folder, describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::Value;

/// A program of this name is an interpreter, whatever it does: here it is the scripted server.
fn node(path: &Path, version: u8) {
    let mut bytes = fs::read(pinfold_tests::binary::fixture()).unwrap();
    // Bytes behind the end of the program change what it is, and not what it does.
    bytes.extend([version; 16]);
    let new = path.with_extension("new");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&new, bytes).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(new, path).unwrap();
}

/// Servers of one home that the same interpreter runs.
struct Servers {
    home: Home,
    folders: Vec<Folder>,
}

const LABELS: [&str; 3] = ["one", "two", "three"];

impl Servers {
    fn new() -> Servers {
        let folders = LABELS.map(|_| Folder::new(&Scenario::of_tools(&[tool("look", "Look.")]))).into();
        Servers { home: Home::new(), folders }
    }

    fn gate(&self, server: usize, node: &Path) -> Command {
        let mut command = self.home.pinfold(["run", "--as", LABELS[server], "--"]);
        command.arg(node).arg(self.folders[server].path());
        command
    }

    fn starts(&self) -> Vec<usize> {
        self.folders.iter().map(Folder::starts).collect()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&run_to_end(self.home.pinfold(arguments)).stdout).unwrap()
    }
}

#[test]
fn an_interpreter_of_the_users_own_is_one_question_for_all_its_servers() {
    let servers = Servers::new();
    let path = servers.home.path().join(".nvm/versions/node/v20/bin/node");
    node(&path, 1);
    for (server, label) in LABELS.iter().enumerate() {
        let client = Client::connect(servers.gate(server, &path));
        client.complaint("pinfold review");
        Terminal::run(servers.home.pinfold(["review", label])).approve_all().expect_code(0);
        client.close();
    }
    let decisions = servers.json(&["status", "--json"])["store"]["decisions"].as_u64().unwrap();
    let before = servers.starts();

    node(&path, 2);
    let mut clients: Vec<Client> =
        (0..LABELS.len()).map(|server| Client::connect(servers.gate(server, &path))).collect();
    for (client, label) in clients.iter_mut().zip(LABELS) {
        client.complaint("pinfold review");
        assert!(!client.call("look", "{}").text().contains("was called"), "{label}");
        let document = servers.json(&["status", label, "--json"]);
        let server = &document["servers"][0];
        assert_eq!(server["launches"][0]["interpreters"][0]["standing"], "changed", "{document:#}");
        assert_eq!(document["exit"], 1);
        assert!(document.to_string().contains("INTERPRETER_CHANGED"), "{document:#}");
    }
    assert_eq!(servers.starts(), before, "nothing was started with bytes that nobody accepted");

    let listed = describe(&run_to_end(servers.home.pinfold(["review"])));
    assert!(listed.contains("one yes counts for every server that the same program runs"), "{listed}");
    let shown = Terminal::run(servers.home.pinfold(["review", LABELS[0]])).approve_all().expect_code(0).text;
    assert_eq!(shown.matches("to approve, or").count(), 1, "one question: {shown}");
    assert!(shown.contains("A yes counts for every server that it runs."), "{shown}");
    for (client, label) in clients.iter_mut().zip(LABELS) {
        client.names_until("tools/list", |names| names == ["look"]);
        assert!(client.call("look", "{}").text().contains("look was called"), "{label}");
    }
    for client in clients {
        client.close();
    }
    let document = servers.json(&["status", "--json"]);
    assert_eq!(document["store"]["decisions"].as_u64().unwrap(), decisions + 1, "one decision");
    assert_eq!(document["exit"], 0, "{document:#}");
    // The next sessions ask nothing.
    for (server, label) in LABELS.iter().enumerate() {
        let mut client = Client::connect(servers.gate(server, &path));
        client.until_verified();
        assert_eq!(client.names("tools/list"), ["look"], "{label}");
        client.close();
    }
    assert_eq!(servers.json(&["status", "--json"])["exit"], 0);
}

#[test]
fn a_launch_whose_program_cannot_be_read_is_not_asked_about() {
    let servers = Servers::new();
    let path = servers.home.path().join(".nvm/versions/node/v20/bin/node");
    node(&path, 1);
    let client = Client::connect(servers.gate(0, &path));
    client.complaint("pinfold review");
    // Between the client's question and the person's look a folder came into its place.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let outcome = Terminal::run(servers.home.pinfold(["review", LABELS[0]])).finish().expect_code(3);
    expect::is_one_clear_error(&outcome.text);
    assert!(outcome.text.contains("the launch cannot be judged"), "{}", outcome.text);
    assert!(!outcome.text.contains("to approve, or"), "nobody is asked: {}", outcome.text);
    client.close();
    assert_eq!(servers.starts(), [0, 0, 0]);
    assert_eq!(servers.json(&["status", "--json"])["store"]["decisions"], 0);
}

/// A machine on which root keeps this version of the interpreter: a disk of its own over `/opt`, for one command.
fn with_roots(version: &Path, command: &Command) -> Command {
    let mut inside = Command::new("unshare");
    let script = "mount -t tmpfs -o mode=755 none /opt && cp \"$0\" /opt/node && exec \"$@\"";
    inside.args(["-rm", "sh", "-c", script]).arg(version);
    inside.arg(command.get_program()).args(command.get_args()).env_clear();
    inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    inside.current_dir(command.get_current_dir().unwrap());
    inside
}

#[test]
fn an_interpreter_that_root_updates_passes_and_is_recorded() {
    let servers = Servers::new();
    let versions: Vec<PathBuf> =
        (1..=2).map(|version| servers.home.path().join(format!("kept/{version}/node"))).collect();
    for (version, path) in versions.iter().enumerate() {
        node(path, version as u8);
    }
    let probe = servers.home.command("sh");
    let mut probe = with_roots(&versions[0], &probe);
    // The folders above are root's only to root: another user cannot play this.
    let tried = probe.args(["-c", "test $(stat -c %u / /opt /opt/node | sort -u) = 0"]).output().unwrap();
    if !tried.status.success() {
        return pinfold_tests::absent("root, and a mount over /opt", &describe(&tried));
    }
    let node = Path::new("/opt/node");
    let client = Client::connect(with_roots(&versions[0], &servers.gate(0, node)));
    client.complaint("pinfold review");
    let review = servers.home.pinfold(["review", LABELS[0]]);
    Terminal::run(with_roots(&versions[0], &review)).approve_all().expect_code(0);
    client.close();

    let status = servers.home.pinfold(["status", LABELS[0], "--json"]);
    let interpreter = |version: usize| -> Value {
        let output = run_to_end(with_roots(&versions[version], &status));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["exit"], 0, "{}", describe(&output));
        document["servers"][0]["launches"][0]["interpreters"][0].clone()
    };
    let first = interpreter(0);
    assert_eq!((&first["path"], &first["standing"]), (&"/opt/node".into(), &"recorded".into()));
    assert_eq!(first["updates"], 0);
    // The system updates it: the next session is like the one before.
    for _ in 0..2 {
        let mut client = Client::connect(with_roots(&versions[1], &servers.gate(0, node)));
        client.until_verified();
        assert_eq!(client.names("tools/list"), ["look"]);
        assert!(client.call("look", "{}").text().contains("look was called"));
        client.close();
    }
    expect::wait_until("it is recorded", || interpreter(1)["updates"] == 1);
    let second = interpreter(1);
    assert_eq!(second["standing"], "recorded");
    assert!(second["digest"] != first["digest"] && second["since"].is_string(), "{second:#}");
    let text = servers.home.pinfold(["status", LABELS[0]]);
    let text = describe(&run_to_end(with_roots(&versions[1], &text)));
    assert!(text.contains("/opt/node: updated by root, started with these bytes since"), "{text}");
}
