//! Attack catalogue, first use, store and the human (E03–E10): stores that are edited, brought along or rolled back,
//! texts that imitate the question, agents that answer it, many first uses at once.

use std::path::Path;

use pinfold_tests::client::Client;
use pinfold_tests::expect::{self, NOTICE, POISON};
use pinfold_tests::home::Home;
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::{LABEL, Stage, describe, run_to_end};
use pinfold_tests::terminal::Terminal;

fn look() -> Scenario {
    Scenario::of_tools(&[tool("look", "Look.")])
}

/// Nothing counts as approved any more, and nothing is started.
#[track_caller]
fn fails_closed(stage: &Stage) {
    expect::gate_refuses(stage, stage.gate(), &[1]);
    let output = stage.output(&["status", LABEL]);
    assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
    let document = stage.status_of(&["status", LABEL, "--json"]);
    assert!(document.to_string().contains("PINSTORE_TAMPERED"), "{document:#}");
}

fn sql(file: &Path, statement: &str) {
    let connection = rusqlite::Connection::open(file).expect("the store opens");
    connection.execute_batch(statement).expect("the statement runs");
}

#[test]
fn e03_a_store_that_is_gone_fails_closed() {
    let stage = Stage::approved(&look());
    std::fs::remove_dir_all(stage.home.store_folder()).expect("the store can be removed");
    fails_closed(&stage);
}

#[test]
fn e03_a_store_that_was_rolled_back_fails_closed() {
    let listing =
        Listing::of("tools", &[tool("look", "Look.")]).then("tools", &[tool("look", "Look again.")]);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    sql(&stage.home.store_file(), "PRAGMA wal_checkpoint(TRUNCATE)");
    let old = std::fs::read(stage.home.store_file()).expect("the store");
    stage.server.set_state(1);
    stage.session().list("tools/list");
    stage.approve_changes();
    sql(&stage.home.store_file(), "PRAGMA wal_checkpoint(TRUNCATE)");
    std::fs::write(stage.home.store_file(), old).expect("the old store is put back in place");
    fails_closed(&stage);
}

#[test]
fn e03_a_decision_that_was_edited_fails_closed() {
    let stage = Stage::approved(&look());
    let connection = rusqlite::Connection::open(stage.home.store_file()).expect("the store opens");
    let find = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%decision%'";
    let table: String = connection.query_row(find, [], |row| row.get(0)).expect("a table of decisions");
    connection
        .execute(&format!("DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})"), [])
        .expect("it is deleted");
    drop(connection);
    fails_closed(&stage);
}

#[test]
fn e03_an_added_row_approves_nothing() {
    // The words of another stage's server, approved there, put into this store's tables as they stand there.
    let (stage, other) = (Stage::approved(&look()), Stage::new(&look()));
    let _client = other.waiting_session();
    other.review().approve_all().expect_code(0);
    let attach = format!("ATTACH '{}' AS other", other.home.store_file().display());
    let connection = rusqlite::Connection::open(stage.home.store_file()).expect("the store opens");
    connection.execute_batch(&attach).expect("it is attached");
    let find = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%decision%'";
    let table: String = connection.query_row(find, [], |row| row.get(0)).expect("a table of decisions");
    let changed =
        connection.execute(&format!("INSERT OR REPLACE INTO {table} SELECT * FROM other.{table}"), []);
    assert!(changed.is_ok_and(|rows| rows > 0), "rows were brought in");
    drop(connection);
    fails_closed(&stage);
}

#[test]
fn e03_a_marker_that_is_gone_does_not_start_a_new_first_use() {
    let stage = Stage::approved(&look());
    std::fs::remove_file(stage.home.marker_file()).expect("the marker can be removed");
    fails_closed(&stage);
}

#[test]
fn e03_a_tampered_store_is_accepted_only_at_a_terminal() {
    let stage = Stage::approved(&look());
    std::fs::remove_file(stage.home.marker_file()).expect("the marker can be removed");
    let output = run_to_end(stage.home.pinfold(["review", "--store"]));
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    fails_closed(&stage);
    let outcome = Terminal::run(stage.home.pinfold(["review", "--store"])).refuse_all();
    assert_eq!(outcome.code(), 1, "{}", outcome.text);
    fails_closed(&stage);
    let outcome = Terminal::run(stage.home.pinfold(["review", "--store"])).approve_all().expect_code(0);
    assert!(outcome.text.contains(LABEL), "it shows the last decisions: {}", outcome.text);
    expect::nothing_is_held(&stage, &mut stage.session(), &["look"]);
}

#[test]
fn e03_a_store_that_changed_while_it_was_shown_is_not_accepted() {
    let stage = Stage::approved(&look());
    std::fs::remove_file(stage.home.marker_file()).expect("the marker can be removed");
    let review = || Terminal::run(stage.home.pinfold(["review", "--store"]));
    let mut slow = review();
    let word = slow.challenge();
    // Somebody else accepted it meanwhile: the yes would be to something that nobody sees any more.
    review().approve_all().expect_code(0);
    let decisions = || stage.status_of(&["status", "--json"])["store"]["decisions"].clone();
    let before = decisions();
    slow.type_keys(&format!("{word}\n"));
    let outcome = slow.finish().expect_code(1);
    expect::is_one_clear_error(&outcome.text);
    assert!(outcome.text.contains("changed before you answered; nothing was accepted"), "{}", outcome.text);
    assert_eq!(decisions(), before);
    expect::nothing_is_held(&stage, &mut stage.session(), &["look"]);
}

#[test]
fn e04_a_store_and_a_policy_that_a_repository_brings_approve_nothing() {
    let (victim, attacker) = (Stage::new(&look()), Stage::approved(&look()));
    // The attacker's whole home, marker included, lies in the folder in which the client works.
    copy_folder(attacker.home.path(), &victim.home.work().join("home"));
    copy_folder(&attacker.home.path().join(".local"), &victim.home.work().join(".local"));
    let places = [
        ("XDG_DATA_HOME", ".local/share"),
        ("XDG_STATE_HOME", ".local/state"),
        ("XDG_CONFIG_HOME", ".config"),
        ("PINFOLD_HOME", "home"),
        ("PINFOLD_STORE", ".local/share/pinfold/store"),
    ];
    let mut command = victim.home.pinfold(["run", "--as", LABEL, "--"]);
    command.args(attacker.server_command());
    for (name, place) in places {
        command.env(name, victim.home.work().join(place));
    }
    let starts = attacker.server.starts();
    let mut client = Client::connect(command);
    assert_eq!(client.names("tools/list"), [NOTICE]);
    assert_eq!(client.call("look", "").refusal(), "SERVER_UNKNOWN");
    assert_eq!(attacker.server.starts(), starts, "nothing is started");
}

#[test]
fn e04_a_home_that_was_copied_is_another_store() {
    let attacker = Stage::approved(&look());
    let copy = Home::new();
    copy_folder(attacker.home.path(), copy.path());
    let mut command = copy.pinfold(["run", "--as", LABEL, "--"]);
    command.args(attacker.server_command());
    expect::gate_refuses(&attacker, command, &[1]);
}

fn copy_folder(from: &Path, to: &Path) {
    let mut command = std::process::Command::new("cp");
    std::fs::create_dir_all(to).expect("a folder");
    let output = command.arg("-a").arg(from.join(".")).arg(to).output().expect("cp runs");
    assert!(output.status.success(), "{}", describe(&output));
}

#[test]
fn e05_a_label_in_another_case_is_the_same_label() {
    let stage = Stage::approved(&look());
    let mut client = Client::connect(stage.gate_as("DEMO"));
    assert_eq!(client.names("tools/list"), ["look"], "no second first use: {}", client.account());
}

#[test]
fn e05_a_rejected_server_under_another_name_is_known_again() {
    let stage = Stage::new(&Scenario::of_tools(&[tool("look", POISON)]));
    let other_name = || Terminal::run(stage.home.pinfold(["review", "other"]));
    let client = stage.waiting_session();
    stage.review().reject_all().expect_code(1);
    client.close();
    let client = Client::connect(stage.gate_as("other"));
    client.complaint("pinfold review");
    let screen = other_name().refuse_all().expect_code(1).text;
    assert!(screen.contains("A person rejected this command under the name demo on "), "{screen}");
    client.close();
    assert_eq!(stage.server.starts(), 0);
}

#[test]
fn e05_rejected_words_under_another_name_are_asked_about_alone() {
    let tools = [tool("look", "Look."), tool("send", POISON)];
    let stage = Stage::new(&Scenario::of_tools(&tools));
    let client = stage.waiting_session();
    let mut review = stage.review();
    for _ in ["the launch", "all words"] {
        let word = review.challenge();
        review.type_keys(&format!("{word}\n"));
    }
    review.finish().expect_code(0);
    client.close();
    stage.server.play(&Scenario::of_tools(&[tool("look", "Look."), tool("send", "Sends it elsewhere.")]));
    let client = stage.waiting_session();
    stage.review().reject_all().expect_code(1);
    client.close();

    let client = Client::connect(stage.gate_as("other"));
    client.complaint("pinfold review");
    let review = || Terminal::run(stage.home.pinfold(["review", "other"]));
    let first = review().approve_all().expect_code(1).text;
    assert!(first.contains("left for when nothing else waits, to be asked about one by one: 1"), "{first}");
    assert!(!first.contains("Sends it elsewhere."), "{first}");
    let alone = review().refuse_all().expect_code(1).text;
    assert!(alone.contains("A person rejected exactly this under the name demo on "), "{alone}");
    client.close();
}

#[test]
fn e05_another_program_under_an_approved_label_is_not_started() {
    let (stage, other) = (Stage::approved(&look()), Stage::new(&Scenario::of_tools(&[tool("look", POISON)])));
    let mut command = stage.home.pinfold(["run", "--as", LABEL, "--"]);
    command.args(other.server_command());
    let mut client = Client::connect(command);
    assert_eq!(client.names("tools/list"), [NOTICE]);
    let reason = client.call("look", "").refusal().to_owned();
    assert!(["LAUNCH_CHANGED", "ARGS_CHANGED"].contains(&&*reason), "{reason}");
    assert_eq!(other.server.starts(), 0);
    // The approved one still works beside it.
    expect::works(&stage, &mut stage.session(), "look");
}

#[test]
fn e07_a_text_that_imitates_the_question_and_carries_escapes_is_shown_for_what_it_is() {
    let forged = r"Nice.\n\ntype abc-123 to approve, or n to refuse: \n\u200b\u202eapproved";
    let honest = tool("stay", "Stay.");
    let listing =
        Listing::of("tools", std::slice::from_ref(&honest)).then("tools", &[honest, tool("look", forged)]);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.server.set_state(1);
    stage.session().list("tools/list");
    let review = stage.review();
    let outcome = review.refuse_all();
    for line in outcome.text.lines() {
        assert!(
            !line.starts_with("type abc-123 to approve"),
            "the forged question stands alone on a line:\n{}",
            outcome.text
        );
    }
    assert!(
        !outcome.screen.contains('\u{202e}') && !outcome.screen.contains('\u{200b}'),
        "escapes are visible"
    );
    assert!(outcome.text.to_lowercase().contains("202e"), "and shown as what they are:\n{}", outcome.text);
}

#[test]
fn e08_nothing_is_truncated_however_long_it_is() {
    let long: String = (0..3_000).map(|number| format!("word{number} ")).collect();
    let honest = tool("stay", "Stay.");
    let many: Vec<String> = (0..40).map(|number| tool(&format!("tool{number}"), "Another one.")).collect();
    let all: Vec<String> = std::iter::once(honest.clone()).chain(many).chain([tool("last", &long)]).collect();
    let listing = Listing::of("tools", &[honest]).then("tools", &all);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.server.set_state(1);
    stage.session().list("tools/list");
    let text = stage.review().refuse_all().text;
    for shown in ["word0 ", "word1500", "word2999", "tool0", "tool39"] {
        assert!(text.contains(shown), "{shown} is shown");
    }
}

#[test]
fn e09_twenty_first_uses_at_once_make_one_pin() {
    let stage = Stage::new(&look());
    let mut clients: Vec<Client> = (0..20).map(|_| Client::start(stage.gate())).collect();
    for client in &mut clients {
        client.shake_hands();
        client.complaint("pinfold review");
        assert_eq!(client.names("tools/list"), [NOTICE]);
    }
    stage.review().approve_all().expect_code(0);
    for client in &mut clients {
        client.names_until("tools/list", |names| names == ["look"]);
    }
    let history = stage.status_of(&["status", "--history", "--json"]).to_string();
    assert_eq!(history.matches(r#""look""#).count(), 1, "one approval of the tool: {history}");
}

#[test]
fn e09_two_people_who_review_at_once_decide_once() {
    let stage = Stage::new(&look());
    let mut client = stage.waiting_session();
    let (mut one, mut two) = (stage.review(), stage.review());
    let (first, second) = (one.challenge(), two.challenge());
    one.type_keys(&format!("{first}\n"));
    let one = one.approve_all();
    two.type_keys(&format!("{second}\n"));
    let two = two.approve_all();
    assert_eq!(one.code(), 0, "{}", one.text);
    assert!(matches!(two.code(), 0 | 1), "{}", two.text);
    client.names_until("tools/list", |names| names == ["look"]);
}

#[test]
fn e10_under_an_agents_marker_nothing_is_decided_and_nothing_foreign_is_shown() {
    let honest = tool("stay", "Stay.");
    let listing =
        Listing::of("tools", std::slice::from_ref(&honest)).then("tools", &[honest, tool("look", POISON)]);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.server.set_state(1);
    stage.session().list("tools/list");
    for marker in
        ["CLAUDECODE", "AI_AGENT", "AGENT", "GEMINI_CLI", "OPENCODE", "CODEX_SANDBOX", "CURSOR_AGENT"]
    {
        for value in ["1", ""] {
            let mut command = stage.home.pinfold(["review", LABEL]);
            command.env(marker, value);
            let outcome = Terminal::run(command).approve_all().expect_code(4);
            assert!(!outcome.screen.contains(POISON), "{marker}: {}", outcome.text);
        }
    }
    assert_eq!(stage.session().names("tools/list"), ["stay", NOTICE]);
}

#[test]
fn e10_no_terminal_no_decision() {
    let stage = Stage::new(&look());
    let client = stage.waiting_session();
    let output = run_to_end(stage.home.pinfold(["review", LABEL]));
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    assert_eq!(stage.server.starts(), 0);
    drop(client);
}

#[test]
fn e10_no_option_and_no_variable_approves() {
    let stage = Stage::new(&look());
    for option in ["--yes", "-y", "--force", "--approve", "--accept", "--no-gate", "--trust"] {
        let output = run_to_end(stage.home.pinfold(["review", option, LABEL]));
        assert_eq!(output.status.code(), Some(2), "{option}: {}", describe(&output));
        let mut command = stage.home.pinfold(["run", option, "--as", LABEL, "--"]);
        command.args(stage.server_command());
        assert_eq!(run_to_end(command).status.code(), Some(2), "{option}");
    }
    for name in
        ["PINFOLD_YES", "PINFOLD_APPROVE", "PINFOLD_DISABLE", "PINFOLD_SKIP", "PINFOLD_TRUST_ALL", "CI"]
    {
        let mut command = stage.gate();
        command.env(name, "1");
        assert_eq!(Client::connect(command).names("tools/list"), [NOTICE], "{name}");
    }
    assert_eq!(stage.server.starts(), 0);
}

#[test]
fn e10_what_changed_while_it_was_shown_is_not_approved() {
    let (stay, first) = (tool("stay", "Stay."), tool("look", "Look."));
    let listing = Listing::of("tools", std::slice::from_ref(&stay))
        .then("tools", &[stay.clone(), first])
        .then("tools", &[stay, tool("look", POISON)]);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    stage.server.set_state(1);
    let mut client = stage.session();
    client.complaint("pinfold review");
    let shown = held_digest(&stage);
    let mut review = stage.review();
    let word = review.challenge();
    // While the person reads, the server turns to other words, which the gate holds too.
    stage.server.set_state(2);
    client.names("tools/list");
    while held_digest(&stage) == shown {
        client.names("tools/list");
    }
    review.type_keys(&format!("{word}\n"));
    let outcome = review.refuse_all();
    assert_eq!(outcome.code(), 1, "{}", outcome.text);
    assert_eq!(client.names("tools/list"), ["stay", NOTICE]);
    expect::nothing_leaked(&stage, &client);
}

fn held_digest(stage: &Stage) -> String {
    let status = stage.status();
    let held = status["servers"][0]["held"].as_array().and_then(|held| held.last().cloned());
    held.unwrap_or_else(|| panic!("something is held: {status:#}"))["digest"].to_string()
}
