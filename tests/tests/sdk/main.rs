//! The official clients against real servers: what they get through the gate is what they get without it, byte for
//! byte apart from ids.
//!
//! Each test installs what it needs below `target/sdk` (once). Without a registry it says so and passes, except where
//! `CI` is `true`: there it fails.

mod compare;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::binary;
use pinfold_tests::client::Client;
use pinfold_tests::home::Home;
use pinfold_tests::sdk::Sdk;
use pinfold_tests::stage::describe;
use pinfold_tests::terminal::Terminal;
use serde_json::{Value, json};

use crate::compare::{Session, assert_same};

/// A real server and what is asked of it.
struct Case {
    label: &'static str,
    command: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// `calls`, `prompts` and `reads` of the plan.
    asked: Value,
    /// What the client prints after a session in which the server did its work.
    proof: &'static str,
}

#[test]
fn server_everything_is_the_same_through_the_gate() {
    let Some(sdk) = sdk() else { return };
    let asked = json!({
        "calls": [
            {"name": "echo", "arguments": {"message": "grüße ✓ \u{1f4a1} \"quoted\" \\ \u{7f}"}},
            {"name": "get-sum", "arguments": {"a": 2.5, "b": 9_007_199_254_740_991_i64}},
            {"name": "get-tiny-image", "arguments": {}},
            {"name": "get-annotated-message", "arguments": {"messageType": "error", "includeImage": true}},
            {"name": "get-structured-content", "arguments": {"location": "New York"}},
            {"name": "get-resource-links", "arguments": {"count": 3}},
            {"name": "trigger-long-running-operation", "arguments": {"duration": 0.4, "steps": 4}, "progress": true},
        ],
        "prompts": [
            {"name": "simple-prompt", "arguments": {}},
            {"name": "args-prompt", "arguments": {"city": "Zürich", "state": "ZH"}},
        ],
        "reads": ["demo://resource/static/document/features.md"],
    });
    let command = sdk.npm_program("mcp-server-everything");
    compare(
        sdk,
        &Home::new(),
        &Case {
            label: "everything",
            command,
            arguments: vec![],
            variables: vec![],
            asked,
            proof: "What's weather in Z",
        },
        |_| (),
    );
}

#[test]
fn server_filesystem_is_the_same_through_the_gate() {
    let Some(sdk) = sdk() else { return };
    let home = Home::new();
    let files = home.path().join("files");
    let at = |name: &str| files.join(name).to_string_lossy().into_owned();
    let asked = json!({"calls": [
        {"name": "list_allowed_directories", "arguments": {}},
        {"name": "write_file", "arguments": {"path": at("new.txt"), "content": "line one\nline two\n"}},
        {"name": "read_text_file", "arguments": {"path": at("new.txt")}},
        {"name": "read_text_file", "arguments": {"path": at("new.txt"), "head": 1}},
        {"name": "read_text_file", "arguments": {"path": at("missing.txt")}},
        {"name": "read_text_file", "arguments": {"path": "/etc/hostname"}},
        {"name": "list_directory", "arguments": {"path": at("")}},
        {"name": "directory_tree", "arguments": {"path": at("")}},
        {"name": "search_files", "arguments": {"path": at(""), "pattern": "**/*.md"}},
    ]});
    let case = Case {
        label: "filesystem",
        command: sdk.npm_program("mcp-server-filesystem"),
        arguments: vec![files.to_string_lossy().into_owned()],
        variables: vec![],
        asked,
        proof: "[FILE] new.txt",
    };
    compare(sdk, &home, &case, |home| {
        let files = home.path().join("files");
        let _ = std::fs::remove_dir_all(&files);
        std::fs::create_dir_all(files.join("deep")).expect("a folder");
        std::fs::write(files.join("deep/note.md"), "a note – with a dash\n").expect("a file");
    });
}

#[test]
fn server_memory_is_the_same_through_the_gate() {
    let Some(sdk) = sdk() else { return };
    let home = Home::new();
    let file = home.path().join("memory.jsonl");
    let asked = json!({"calls": [
        {"name": "create_entities", "arguments": {"entities": [
            {"name": "Ada", "entityType": "person", "observations": ["writes notes", "born 1815"]},
            {"name": "Engine", "entityType": "machine", "observations": []},
        ]}},
        {"name": "create_relations", "arguments": {"relations": [{"from": "Ada", "to": "Engine", "relationType": "describes"}]}},
        {"name": "read_graph", "arguments": {}},
        {"name": "search_nodes", "arguments": {"query": "1815"}},
        {"name": "open_nodes", "arguments": {"names": ["Engine", "nobody"]}},
    ]});
    let case = Case {
        label: "memory",
        command: sdk.npm_program("mcp-server-memory"),
        arguments: vec![],
        variables: vec![("MEMORY_FILE_PATH", file.to_string_lossy().into_owned())],
        asked,
        proof: "born 1815",
    };
    compare(sdk, &home, &case, |home| {
        let _ = std::fs::remove_file(home.path().join("memory.jsonl"));
    });
}

#[test]
fn server_time_is_the_same_through_the_gate() {
    let Some(sdk) = sdk() else { return };
    // It writes the local zone into its descriptions; the zone of a test's home is UTC.
    let asked = json!({"calls": [
        {"name": "convert_time", "arguments": {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}},
        {"name": "convert_time", "arguments": {"source_timezone": "UTC", "time": "noon", "target_timezone": "Asia/Tokyo"}},
    ]});
    let command = sdk.python_program("mcp-server-time");
    let case = Case {
        label: "time",
        command,
        arguments: vec![],
        variables: vec![],
        asked,
        proof: "T21:00:00+09:00",
    };
    let home = Home::new();
    compare(sdk, &home, &case, |_| ());
    // A client that asks for the newer era first gets the same tools through the gate.
    let newer = session(sdk, &home, &case, &PYTHON_AUTO, gate_line(&case));
    let older = session(sdk, &home, &case, &PYTHON, gate_line(&case));
    assert_eq!(newer.printed, older.printed);
    assert!(newer.wire.starts_with("> ") && newer.wire.contains("server/discover"), "{}", newer.wire);
}

#[test]
fn server_git_is_the_same_through_the_gate() {
    let Some(sdk) = sdk() else { return };
    let home = Home::new();
    let repository = home.path().join("repository");
    make_repository(&home, &repository);
    let path = repository.to_string_lossy().into_owned();
    let asked = json!({"calls": [
        {"name": "git_status", "arguments": {"repo_path": path}},
        {"name": "git_log", "arguments": {"repo_path": path, "max_count": 5}},
        {"name": "git_show", "arguments": {"repo_path": path, "revision": "HEAD"}},
        {"name": "git_diff_unstaged", "arguments": {"repo_path": path}},
        {"name": "git_show", "arguments": {"repo_path": path, "revision": "no-such-revision"}},
    ]});
    let case = Case {
        label: "git",
        command: sdk.python_program("mcp-server-git"),
        arguments: vec!["--repository".into(), path.clone()],
        variables: vec![],
        asked,
        proof: "Message: First",
    };
    compare(sdk, &home, &case, |_| ());
}

#[test]
fn server_fetch_is_the_same_through_the_gate() {
    let Some(sdk) = sdk() else { return };
    let site = serve_a_page();
    let asked = json!({
        "calls": [
            {"name": "fetch", "arguments": {"url": format!("{site}/page")}},
            {"name": "fetch", "arguments": {"url": format!("{site}/page"), "raw": true, "max_length": 40}},
        ],
        "prompts": [{"name": "fetch", "arguments": {"url": format!("{site}/page")}}],
    });
    let case = Case {
        label: "fetch",
        command: sdk.python_program("mcp-server-fetch"),
        arguments: vec!["--ignore-robots-txt".into(), "--allow-private-ips".into()],
        variables: vec![],
        asked,
        proof: "# Heading",
    };
    compare(sdk, &Home::new(), &case, |_| ());
}

/// The installed packages, or none after saying loudly what is missing.
fn sdk() -> Option<&'static Sdk> {
    match Sdk::installed() {
        Ok(sdk) => Some(sdk),
        Err(reason) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "under CI the SDKs are a must: {reason}");
            // Past the capture of the test harness, so that nobody takes this for a test that ran.
            let _ =
                writeln!(std::io::stderr(), "\nNOT RUN: the official SDKs cannot be installed: {reason}\n");
            None
        }
    }
}

/// Approves the server once, then runs both clients directly and through the gate. `prepare` puts the server's own
/// files into the same state before each run.
fn compare(sdk: &Sdk, home: &Home, case: &Case, prepare: impl Fn(&Home)) {
    prepare(home);
    let mut first = Client::start(in_case(home.command(&gate_line(case)[0]), &gate_line(case)[1..], case));
    first.shake_hands_as("2025-11-25", "{}");
    first.complaint("pinfold review");
    Terminal::run(home.pinfold(["review", case.label])).approve_all().expect_code(0);
    first.close();
    for client in [TYPESCRIPT, PYTHON] {
        let run = |line: Vec<String>| {
            prepare(home);
            session(sdk, home, case, &client, line)
        };
        let (direct, through) = (run(server_line(case)), run(gate_line(case)));
        assert!(direct.printed.contains(case.proof), "the server works without the gate: {}", direct.printed);
        assert_same(&direct, &through);
    }
}

/// One of the clients: its program, its script, and what follows the plan.
struct ClientProgram {
    program: fn(&Sdk) -> PathBuf,
    script: &'static str,
    mode: &'static str,
}

const TYPESCRIPT: ClientProgram =
    ClientProgram { program: |_| "node".into(), script: "client.mjs", mode: "" };
/// With the handshake of the older era on both legs: a server may list in another way in the newer one.
const PYTHON: ClientProgram =
    ClientProgram { program: |sdk| sdk.python_program("python"), script: "client.py", mode: "legacy" };
/// Asks for the newer era first and falls back.
const PYTHON_AUTO: ClientProgram = ClientProgram { mode: "auto", ..PYTHON };

fn session(sdk: &Sdk, home: &Home, case: &Case, client: &ClientProgram, line: Vec<String>) -> Session {
    let folder = tempfile::tempdir().expect("a folder for the session");
    let log = folder.path().join("wire.log");
    let mut arguments = vec![log.to_string_lossy().into_owned()];
    arguments.extend(line);
    let mut plan = case.asked.clone();
    plan["modules"] = json!(sdk.npm());
    plan["command"] = json!(binary::tee());
    plan["args"] = json!(arguments);
    plan["env"] = variables_of(&in_case(home.command("true"), &[], case));
    plan["cwd"] = json!(home.work());
    let file = folder.path().join("plan.json");
    std::fs::write(&file, plan.to_string()).expect("the plan is written");
    let script = Sdk::scripts().join(client.script);
    let mut command = home.command((client.program)(sdk));
    let output = command.arg(script).arg(&file).arg(client.mode).output().expect("the client runs");
    assert!(output.status.success(), "{} with {plan}: {}", case.label, describe(&output));
    Session {
        printed: String::from_utf8(output.stdout).expect("the client prints UTF-8"),
        wire: std::fs::read_to_string(&log).expect("the log is UTF-8"),
    }
}

fn server_line(case: &Case) -> Vec<String> {
    let mut line = vec![case.command.to_string_lossy().into_owned()];
    line.extend(case.arguments.iter().cloned());
    line
}

fn gate_line(case: &Case) -> Vec<String> {
    let names: Vec<&str> = case.variables.iter().map(|(name, _)| *name).collect();
    let mut line = vec![binary::pinfold().to_string_lossy().into_owned()];
    line.extend(["run", "--as", case.label].map(str::to_owned));
    if !names.is_empty() {
        line.extend(["--env".to_owned(), names.join(",")]);
    }
    line.push("--".to_owned());
    line.extend(server_line(case));
    line
}

fn in_case(mut command: Command, arguments: &[String], case: &Case) -> Command {
    command.args(arguments).envs(case.variables.iter().cloned());
    command
}

fn variables_of(command: &Command) -> Value {
    let pairs = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), json!(value?.to_str()?))));
    Value::Object(pairs.collect())
}

fn make_repository(home: &Home, repository: &Path) {
    std::fs::create_dir_all(repository).expect("a folder");
    let git = |arguments: &[&str]| {
        let mut command = home.command("git");
        let date = "2026-01-02T03:04:05Z";
        command.current_dir(repository).args([
            "-c",
            "user.name=Tester",
            "-c",
            "user.email=tester@example.org",
        ]);
        command.env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
        let output = command.args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{}", describe(&output));
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(repository.join("file.txt"), "one\n").expect("a file");
    git(&["add", "file.txt"]);
    git(&["commit", "--quiet", "--message", "First – with a dash"]);
    std::fs::write(repository.join("file.txt"), "one\ntwo\n").expect("a file");
}

/// A page on loopback, served as long as the test runs.
fn serve_a_page() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port on loopback");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut request);
            let page = "<html><head><title>Page</title></head><body><h1>Heading</h1><p>Some <b>bold</b> words – and more.</p></body></html>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    format!("http://{address}")
}
