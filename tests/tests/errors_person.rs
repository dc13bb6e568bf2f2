//! What a person meets at a question or a start that goes wrong: signals, a refusal, two at once, a disk that takes
//! nothing, an entry that was edited. Each ends with its status, says what is so and what to do, and decides nothing.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use pinfold_tests::binary;
use pinfold_tests::client::Client;
use pinfold_tests::configs::{CLAUDE_CODE, entry, servers, text, write};
use pinfold_tests::disk::Disk;
use pinfold_tests::expect;
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Scenario, Step, tool};
use pinfold_tests::stage::{Folder, LABEL, Stage, describe};
use pinfold_tests::terminal::Terminal;
use serde_json::{Value, json};

fn look() -> Scenario {
    Scenario::of_tools(&[tool("look", "Look.")])
}

fn decisions(stage: &Stage) -> Value {
    stage.status_of(&["status", "--json"])["store"]["decisions"].clone()
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

#[test]
fn a_signal_at_any_question_ends_it_and_decides_nothing() {
    let stage = Stage::approved(&look());
    stage.home.write_policy("[server.demo]\nconfirm = [\"look\"]");
    let config = write(&stage.home, CLAUDE_CODE, servers(&[("other", entry(&stage.server))]));
    let (before, asked) = (decisions(&stage), text(&config));
    let new: Vec<String> =
        stage.server_command().iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let review: Vec<&str> =
        ["review", "new", "--"].into_iter().chain(new.iter().map(String::as_str)).collect();
    for name in ["INT", "TERM", "HUP"] {
        for arguments in
            [&review[..], &["policy", "allow", LABEL, "look", "--for", "1m"], &["protect", "claude-code"]]
        {
            let mut terminal = Terminal::run(stage.home.pinfold(arguments));
            terminal.challenge();
            signal(name, terminal.pid());
            let outcome = terminal.finish().expect_code(1);
            assert!(
                ["not approved", "nothing was"].iter().any(|words| outcome.text.contains(words)),
                "{name} at {arguments:?} says what became of it:\n{}",
                outcome.text
            );
        }
    }
    assert_eq!(decisions(&stage), before);
    assert_eq!(text(&config), asked);
}

/// A review in a terminal that goes away at the question; its standard error is no part of that terminal.
#[test]
fn a_terminal_that_goes_away_at_the_question_is_told_and_decides_nothing() {
    let stage = Stage::approved(&look());
    stage.server.play(&Scenario::of_tools(&[tool("look", "Look twice.")]));
    let mut client = stage.session();
    client.names_until("tools/list", |names| !names.contains(&"look".to_owned()));
    client.close();
    let before = decisions(&stage);
    let (keyboard, other_end) = pty_process::blocking::open().expect("a pseudo-terminal");
    let errors = stage.home.work().join("errors");
    let review = pty_process::blocking::Command::from(stage.home.pinfold(["review", LABEL]));
    let review = review.stderr(std::fs::File::create(&errors).expect("a file for its errors"));
    let mut review = review.spawn(other_end).expect("it starts");
    let mut screen = Vec::new();
    while !String::from_utf8_lossy(&screen).contains("to approve, or n to refuse:") {
        let mut buffer = [0; 4096];
        let count = (&keyboard).read(&mut buffer).expect("it shows a page");
        screen.extend_from_slice(&buffer[..count]);
    }
    drop(keyboard);
    let status = review.wait().expect("it ends");
    let said = std::fs::read_to_string(&errors).expect("its errors");
    assert_eq!(status.code(), Some(3), "{said}");
    expect::is_one_clear_error(&said);
    assert!(
        said.contains("error: the terminal went away: ") && said.contains("nothing more was decided"),
        "{said}"
    );
    assert_eq!(decisions(&stage), before);
}

#[test]
fn what_was_decided_meanwhile_ends_a_yes_to_calls_and_to_protection() {
    let stage = Stage::approved(&look());
    stage.home.write_policy("[server.demo]\nconfirm = [\"look\"]");
    let other = Folder::new(&look());
    let config = write(&stage.home, CLAUDE_CODE, servers(&[("other", entry(&other))]));
    let asked = text(&config);
    let [program, folder] =
        [binary::fixture(), other.path()].map(|path| path.to_str().expect("a plain path"));
    let other = ["review", "other", "--", program, folder];
    stage.server.play(&Scenario::of_tools(&[tool("look", "Look twice.")]));
    let mut client = stage.session();
    client.names_until("tools/list", |names| !names.contains(&"look".to_owned()));
    client.close();
    // The yes to each question, what is decided while it is shown, and what is said of it.
    let allow = ["policy", "allow", LABEL, "look", "--for", "1m"];
    let approve: &dyn Fn() = &|| {
        stage.approve_changes();
    };
    // The same yes to a launch would leave nothing to decide.
    let reject: &dyn Fn() = &|| {
        let mut review = Terminal::run(stage.home.pinfold(other));
        review.challenge();
        review.type_keys("rr");
        review.finish().expect_code(1);
    };
    let cases = [
        (&allow[..], approve, "was decided before you answered; no call was allowed"),
        (&["protect", "claude-code"], reject, "nothing was approved and no file was changed"),
    ];
    for (question, meanwhile, words) in cases {
        let mut terminal = Terminal::run(stage.home.pinfold(question));
        let word = terminal.challenge();
        meanwhile();
        let before = decisions(&stage);
        terminal.type_keys(&format!("{word}\n"));
        let outcome = terminal.finish().expect_code(1);
        expect::is_one_clear_error(&outcome.text);
        assert!(outcome.text.contains(words), "{question:?}: {}", outcome.text);
        assert_eq!(decisions(&stage), before, "{question:?} decides nothing");
        assert_eq!(text(&config), asked);
    }
}

#[test]
fn a_variable_that_no_launch_can_hold_is_not_let_through() {
    let mut stage = Stage::new(&look());
    let name = format!("{}_TOKEN", "A".repeat(300));
    stage.variables = vec![(name.clone(), "secret".to_owned())];
    let client = stage.waiting_session();
    let mut review = stage.review();
    review.challenge();
    review.type_keys("l");
    review.wait_for("names to let through");
    review.type_keys(&format!("{name}\n"));
    let outcome = review.finish().expect_code(1);
    expect::is_one_clear_error(&outcome.text);
    assert!(outcome.text.contains("the launch cannot be approved so"), "{}", outcome.text);
    assert_eq!((decisions(&stage), stage.server.starts()), (json!(0), 0), "nothing was decided or started");
    // Without that name it is approved, while the same client waits.
    stage.review().approve_all().expect_code(0);
    client.close();
}

#[test]
fn a_client_that_ends_before_its_server_spoke_is_told() {
    let stage = Stage::new(&look().on("initialize", [Step::Hang]));
    let client = stage.waiting_session();
    let mut review = stage.review();
    let word = review.challenge();
    review.type_keys(&format!("{word}\n"));
    review.wait_for("starting the server of `demo`");
    expect::wait_until("the server is started", || stage.server.starts() == 1);
    client.close();
    let outcome = review.finish().expect_code(3);
    expect::is_one_clear_error(&outcome.text);
    assert!(outcome.text.contains("the client that waited has ended"), "{}", outcome.text);
    assert!(
        outcome.text.contains("start the client again, then run `pinfold review demo`"),
        "{}",
        outcome.text
    );
    let status = stage.status();
    assert_eq!(status["servers"][0]["decided"], json!([]), "the launch alone is approved: {status:#}");
    stage.server.expect_nothing_alive();
}

#[test]
fn a_no_is_told_with_what_stays_so_and_how_to_ask_again() {
    let stage = Stage::approved(&look());
    stage.home.write_policy("[server.demo]\nconfirm = [\"look\"]");
    let allow = stage.home.pinfold(["policy", "allow", LABEL, "look", "--for", "1m"]);
    let outcome = Terminal::run(allow).refuse_all().expect_code(1);
    expect::is_one_clear_error(&outcome.text);
    assert!(outcome.text.contains("calls of `look` are refused as before"), "{}", outcome.text);
}

#[test]
fn a_command_that_nobody_can_be_asked_about_names_itself_whole() {
    let stage = Stage::approved(&look());
    let output = stage.output(&["review", "new", "--", "/bin/cat", "--password=hunter2"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    expect::is_one_clear_error(&said);
    assert!(said.contains("`pinfold review new -- CMD...`") && !said.contains("hunter2"), "{said}");
    let mut review = stage.home.pinfold(["review", "new", "--", "/bin/cat"]);
    review.env("CLAUDECODE", "1");
    let outcome = Terminal::run(review).finish().expect_code(4);
    assert!(outcome.text.contains("CLAUDECODE says that an agent runs this"), "{}", outcome.text);
}

#[test]
fn a_server_that_refuses_its_listing_is_told_at_once_and_is_no_answer() {
    let stage = Stage::approved(&look());
    let refusing =
        look().on("tools/list", vec![Step::Refuse(r#"{"code":-32603,"message":"POISON"}"#.to_owned())]);
    stage.server.play(&refusing);
    let document = stage.status_of(&["status", "--live", "--json"]);
    let server = &document["servers"][0];
    assert_eq!((&document["exit"], &server["verdict"]), (&3.into(), &"failed".into()), "{document:#}");
    assert_eq!(server["reasons"], json!(["LISTING_INVALID"]), "{document:#}");
    assert!(!document.to_string().contains("POISON"), "{document:#}");
}

#[test]
fn of_a_message_that_breaks_off_or_breaks_a_rule_only_the_length_is_told() {
    let stage = Stage::approved(&look());
    let twice = r#"{"jsonrpc":"2.0","id":999,"id":999,"result":{"x":"POISON"}}"#;
    let steps = vec![
        Step::Line(twice.to_owned()),
        Step::Part(r#"{"jsonrpc":"2.0","result":{"x":"POISON"#.to_owned()),
        Step::Exit(0),
    ];
    stage.server.play(&look().on("tools/call look", steps));
    let mut client = stage.session();
    client.ask_call("look", "");
    client.complaint("(JSON_DUP_KEY)");
    client.complaint("(JSON_SYNTAX)");
    assert!(!client.complaints().contains("POISON"), "{}", client.complaints());
    assert!(client.complaints().contains(&format!("{} bytes (JSON_DUP_KEY)", twice.len())));
}

#[test]
fn a_wrapped_entry_that_was_edited_in_place_is_found() {
    let home = Home::new();
    let folder = Folder::new(&look());
    let file = write(&home, CLAUDE_CODE, servers(&[("files", entry(&folder))]));
    pinfold_tests::configs::protect(&home, &[]).expect_code(0);
    let found = |home: &Home| {
        let output = home.pinfold(["doctor", "--json"]).output().expect("it runs");
        let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
        let of_code = |one: &&Value| one["code"] == "ENTRY_EDITED";
        document["findings"].as_array().into_iter().flatten().find(of_code).cloned()
    };
    assert_eq!(found(&home), None);
    let wrapped = text(&file);
    for (what, edit) in [
        ("the arguments", wrapped.replace(&folder.path().display().to_string(), "/somewhere/else")),
        ("the declared variables", wrapped.replace("\"--as\"", "\"--env\",\"TOKEN\",\"--as\"")),
    ] {
        assert_ne!(edit, wrapped);
        std::fs::write(&file, edit).expect("it is written");
        let finding = found(&home).unwrap_or_else(|| panic!("{what} are not found"));
        assert!(finding["words"].as_str().is_some_and(|words| words.contains(what)), "{finding:#}");
        assert_eq!((&finding["weight"], &finding["labels"]), (&"problem".into(), &json!(["files"])));
        assert!(!finding.to_string().contains("somewhere"), "{finding:#}");
    }
    std::fs::write(&file, wrapped).expect("it is written");
    assert_eq!(found(&home), None);
}

/// A home on a small disk of its own, with one entry of a client.
struct OnDisk {
    home: Home,
    disk: Disk,
    config: PathBuf,
}

impl OnDisk {
    fn with(entry: Value) -> Option<OnDisk> {
        let home = Home::new();
        let disk = match Disk::over(home.path(), 8 * 1024) {
            Ok(disk) => disk,
            Err(reason) => {
                pinfold_tests::absent("a disk of our own", &reason);
                return None;
            }
        };
        let config = home.path().join(CLAUDE_CODE);
        let one = OnDisk { home, disk, config };
        let text = servers(&[("files", entry)]);
        let mut command = one.home.command("sh");
        command.args(["-c", "printf %s \"$1\" > \"$2\"", "sh", &text]).arg(&one.config);
        assert!(one.disk.inside(&command).status().expect("it runs").success());
        Some(one)
    }

    fn text(&self) -> String {
        let mut command = self.home.command("cat");
        command.arg(&self.config);
        let output = self.disk.inside(&command).output().expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    }

    fn run(&self, arguments: &[&str]) -> Terminal {
        Terminal::run(self.disk.inside(&self.home.pinfold(arguments)))
    }
}

#[test]
fn on_a_disk_that_takes_nothing_clients_files_stand_as_they_were() {
    let server = Folder::new(&look());
    let wrapped = json!({"command": binary::pinfold(),
        "args": ["run", "--as", "files", "--", binary::fixture(), server.path()]});
    for (arguments, is_wrapped, make_read_only) in [
        ("protect", false, false),
        ("protect", false, true),
        ("unprotect", true, false),
        ("unprotect", true, true),
    ] {
        let entry = if is_wrapped { wrapped.clone() } else { entry(&server) };
        let Some(one) = OnDisk::with(entry) else { return };
        let before = one.text();
        let mut terminal = one.run(&[arguments]);
        let word = terminal.challenge();
        if make_read_only {
            one.disk.make_read_only()
        } else {
            one.disk.fill()
        }
        terminal.type_keys(&format!("{word}\n"));
        let outcome = terminal.finish().expect_code(3);
        expect::is_one_clear_error(&outcome.text);
        assert!(outcome.text.contains("changed"), "{arguments}: {}", outcome.text);
        assert_eq!(one.text(), before, "{arguments}, read-only: {make_read_only}");
    }
}

#[test]
fn a_gate_whose_streams_are_closed_ends_and_leaves_no_server() {
    let stage = Stage::approved(&look());
    for closed in ["<&-", ">&-", "<&- >&- 2>&-"] {
        let gate = stage.gate();
        let mut command = stage.home.command("sh");
        command.args(["-c", &format!("exec \"$@\" {closed}"), "sh"]).arg(gate.get_program());
        command.args(gate.get_args()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let status = child.wait().expect("it ends");
        assert!(status.code().is_some_and(|code| code <= 3), "{closed}: {status}");
        stage.server.expect_nothing_alive();
    }
    let mut client = Client::connect(stage.gate());
    client.until_verified();
    assert_eq!(client.names("tools/list"), ["look"]);
}
