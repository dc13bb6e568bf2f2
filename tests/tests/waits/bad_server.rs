//! Servers that behave badly: that never answer, end, write garbage, half a line, or a line without an end. Each gives
//! one clear error and the right exit status; none hangs the gate, and nothing of it reaches the client.

use std::io::{self, Write};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use pinfold_tests::answer::Line;
use pinfold_tests::client::Client;
use pinfold_tests::expect::{self, NOTICE, POISON};
use pinfold_tests::scenario::{Listing, Scenario, Step, part, tool};
use pinfold_tests::stage::Stage;
use pinfold_tests::terminal::Terminal;

fn look() -> Scenario {
    Scenario::of_tools(&[tool("look", "Look.")])
}

/// A stage whose approved server now plays something else.
fn stage_that_turns_to(scenario: &Scenario) -> Stage {
    let stage = Stage::approved(&look());
    stage.server.play(scenario);
    stage
}

/// Asks for the handshake and gives the answer, whatever it is.
fn greet(client: &mut Client) -> Line {
    client.request(
        "initialize",
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tester","version":"1"}}"#,
    )
}

/// The server is gone or useless before it said a word: `initialize` is answered with an error that names the code,
/// the gate says it on standard error in one line, ends with 3, and leaves nothing behind.
#[track_caller]
fn start_fails(stage: &Stage, reason: &str) -> String {
    let mut client = Client::start(stage.gate());
    let start = Instant::now();
    let answer = greet(&mut client);
    assert!(start.elapsed() < Duration::from_secs(15), "answered after {:?}", start.elapsed());
    assert_eq!(answer.value["error"]["data"]["pinfold/reason"], reason, "{}", answer.text());
    client.end_input();
    let status = client.wait_for_exit();
    assert_eq!(status.code(), Some(3), "{}", client.account());
    let said = client.complaints();
    assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 1, "one clear error: {said}");
    assert!(said.lines().any(|line| line.starts_with("hint: ")), "and what to do: {said}");
    assert!(!client.has_received(POISON), "{}", client.account());
    stage.server.expect_nothing_alive();
    said
}

#[test]
fn a_server_that_ends_at_once_gives_one_clear_error() {
    let stage =
        stage_that_turns_to(&look().on("start", [Step::Complain("no such file".into()), Step::Exit(7)]));
    let said = start_fails(&stage, "SERVER_ENDED");
    assert!(said.contains("no such file"), "the server's own words pass through: {said}");
    assert!(said.contains('7'), "it says with which status: {said}");
}

#[test]
fn a_server_that_ends_in_the_middle_of_a_line_gives_one_clear_error() {
    let part = r#"{"jsonrpc":"2.0","id":"pinfold/1","result":{"POISON":"#;
    let stage = stage_that_turns_to(&look().on("initialize", [Step::Part(part.into()), Step::Exit(0)]));
    start_fails(&stage, "SERVER_ENDED");
}

#[test]
fn a_server_that_writes_garbage_and_ends_gives_one_clear_error() {
    let garbage = Step::Flood { line: "\u{fffd}\u{1} POISON {]".into(), times: 50 };
    let stage = stage_that_turns_to(&look().on("start", [garbage, Step::Exit(1)]));
    let said = start_fails(&stage, "SERVER_ENDED");
    assert!(!said.contains('\u{1}'), "control characters are escaped: {said}");
}

#[test]
fn a_server_that_writes_much_garbage_and_then_works_works() {
    let garbage = Step::Flood { line: "starting up @N@ ".repeat(20), times: 3_000 };
    let stage = stage_that_turns_to(&look().on("start", [garbage]));
    let mut client = stage.session();
    expect::nothing_is_held(&stage, &mut client, &["look"]);
    assert!(!client.has_received("starting up"));
}

#[test]
fn a_line_of_a_hundred_megabytes_ends_the_server_and_not_the_gate() {
    let stage = stage_that_turns_to(&look().on("initialize", [Step::Blob { megabytes: 100 }, Step::Hang]));
    let mut client = Client::start(stage.gate());
    let answer = greet(&mut client);
    assert_eq!(answer.value["error"]["data"]["pinfold/reason"], "LIMIT_LINE", "{}", answer.text());
    let peak = peak_memory_bytes(client.pid());
    assert!(peak < 220_000_000, "the gate grew to {peak} bytes");
    client.end_input();
    assert_eq!(client.wait_for_exit().code(), Some(3), "{}", client.account());
    stage.server.expect_nothing_alive();
}

#[test]
fn a_line_of_a_hundred_megabytes_in_mid_call_answers_the_call() {
    let scenario = Scenario::of_tools(&[tool("look", "Look."), tool("flood", "Flood.")]);
    let stage =
        Stage::approved(&scenario.on("tools/call flood", [Step::Blob { megabytes: 100 }, Step::Hang]));
    let mut client = stage.session();
    let answer = client.call("flood", "");
    assert!(answer.text().contains("LIMIT_LINE"), "{}", answer.text());
    assert!(client.received().len() < 100_000, "nothing of the line reached the client");
    client.end_input();
    client.wait_for_exit();
    stage.server.expect_nothing_alive();
}

#[test]
fn a_server_that_ends_in_mid_call_answers_every_call() {
    let scenario = Scenario::of_tools(&[tool("look", "Look."), tool("die", "Die.")]);
    let part = Step::Part(r#"{"jsonrpc":"2.0","id":2,"result":{"content":["#.into());
    let scenario = scenario.on("tools/call look", [Step::Hang]).on("tools/call die", [part, Step::Exit(9)]);
    let stage = Stage::approved(&scenario);
    let mut client = stage.session();
    let (one, two) = (client.ask_call("look", ""), client.ask_call("die", ""));
    for id in [one, two] {
        let answer = client.answer_to(id);
        assert!(answer.text().contains("SERVER_ENDED") && answer.text().contains('9'), "{}", answer.text());
    }
    client.end_input();
    assert_eq!(client.wait_for_exit().code(), Some(3), "{}", client.account());
}

#[test]
fn the_last_words_of_a_server_that_exits_at_once_reach_a_client_that_is_slow() {
    // More than the pipe to the client takes, and less than both pipes: the server can write it all and exit.
    let line = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
    let log = Step::Flood { line: line.into(), times: 1000 };
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"the last words"}]}}"#;
    let answer = Step::Line(answer.into());
    let scenario = Scenario::of_tools(&[tool("look", "Look.")]);
    let stage = Stage::approved(&scenario.on("tools/call look", [log, answer, Step::Exit(0)]));
    let before = stage.server.starts();
    let gate = stage.gate().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut gate = gate.expect("the gate starts");
    let mut to_gate = gate.stdin.take().expect("it is a pipe");
    for line in [
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"slow","version":"1"}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","arguments":{}}}"#,
    ] {
        writeln!(to_gate, "{line}").expect("the gate reads");
    }
    let end = Instant::now() + Duration::from_secs(60);
    while stage.server.starts() == before {
        assert!(Instant::now() < end, "the server was not started");
        thread::sleep(Duration::from_millis(10));
    }
    stage.server.expect_nothing_alive();
    thread::sleep(Duration::from_millis(500));
    let from_gate = gate.stdout.take().expect("it is a pipe");
    let heard = io::read_to_string(from_gate).expect("it is text");
    assert!(heard.contains("the last words"), "{heard}");
    drop(to_gate);
    gate.wait().expect("it is our child");
}

#[test]
fn a_handshake_of_the_wrong_shape_holds_the_server() {
    let stage = Stage::approved(&look());
    for result in [
        "[]",
        r#""POISON""#,
        r#"{"capabilities":{},"serverInfo":{"name":"POISON","version":"1"}}"#,
        r#"{"protocolVersion":7}"#,
    ] {
        stage.server.play(&look().greeting(result));
        let mut client = Client::start(stage.gate());
        let answer = greet(&mut client);
        let text = answer.text();
        assert!(text.contains("LISTING_INVALID") || answer.value.get("result").is_some(), "{result}: {text}");
        if answer.value.get("result").is_some() {
            assert_eq!(client.names("tools/list"), [NOTICE], "{result}");
        }
        assert!(!client.has_received(POISON), "{result}: {}", client.account());
        drop(client);
        stage.server.expect_nothing_alive();
    }
}

#[test]
fn a_listing_of_the_wrong_shape_is_held() {
    let stage = Stage::approved(&look());
    for result in
        ["[]", "{}", r#"{"tools":{"POISON":1}}"#, r#"{"tools":null}"#, r#"{"tools":[],"nextCursor":7}"#]
    {
        let page = pinfold_tests::scenario::Page { cursor: None, result: result.to_owned() };
        let listing = pinfold_tests::scenario::Listing::of_pages(vec![page]);
        stage.server.play(&look().listing("tools/list", listing));
        let mut client = stage.session();
        assert_eq!(client.names("tools/list"), [NOTICE], "{result}");
        assert_eq!(client.call("look", "").refusal(), "LISTING_INVALID", "{result}");
        assert!(!client.has_received(POISON));
    }
}

#[test]
fn an_error_for_an_answer_to_the_listing_is_told_without_the_servers_words() {
    let refuse = Step::Refuse(r#"{"code":-32000,"message":"POISON"}"#.into());
    let stage = stage_that_turns_to(&look().on("tools/list", [refuse]));
    let mut client = stage.new_kind_of_session();
    let answer = client.request("tools/list", "");
    assert_eq!(answer.value["error"]["data"]["pinfold/reason"], "LISTING_INVALID", "{}", answer.text());
    assert!(client.call("look", "").is_refusal());
    assert!(!client.has_received(POISON), "{}", client.account());
}

#[test]
fn a_first_use_of_a_server_that_ends_at_once_says_so_and_approves_no_words() {
    let stage = Stage::new(&look().on("start", [Step::Complain("fatal".into()), Step::Exit(7)]));
    let mut client = stage.waiting_session();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    let outcome = stage.review().approve_all().expect_code(3);
    assert!(outcome.text.contains("status 7"), "it says how the server ended: {}", outcome.text);
    assert_eq!(client.wait_for_exit().code(), Some(3), "{}", client.account());
    expect::is_one_clear_error(&client.complaints());
    assert!(!stage.status().to_string().contains(r#""kind":"tool""#), "no word was approved");
}

#[test]
fn a_command_that_does_not_exist_starts_nothing_and_hangs_nothing() {
    let stage = Stage::new(&look());
    for program in ["/no/such/program", "no-such-program-anywhere", "./relative", ""] {
        let mut client = Client::start(stage.home.pinfold(["run", "--as", "gone", "--", program]));
        let _ = client.ask(
            "initialize",
            r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}"#,
        );
        client.wait_for(Duration::from_secs(2), |_| false);
        client.end_input();
        let status = client.wait_for_exit();
        assert!(matches!(status.code(), Some(1..=4)), "{program:?} {status}: {}", client.account());
        client.complaint("error: ");
    }
}

#[test]
fn a_wrong_command_line_is_told_with_two() {
    let stage = Stage::new(&look());
    let lines: &[&[&str]] = &[
        &["run"],
        &["run", "--as", "demo"],
        &["run", "--as", "demo", "--"],
        &["run", "--as", "two words", "--", "true"],
        &["run", "--as", "", "--", "true"],
        &["run", "--as", "demo", "--env", "A=B", "--", "true"],
        &["run", "--as", "demo", "--yes", "--", "true"],
        &["nonsense"],
    ];
    for line in lines {
        let output = stage.output(line);
        assert_eq!(output.status.code(), Some(2), "{line:?}: {}", pinfold_tests::stage::describe(&output));
        assert!(output.stdout.is_empty(), "standard output is the client's: {line:?}");
    }
}

#[test]
fn servers_that_never_answer_are_given_up_in_time() {
    // The slow ones side by side, because each takes as long as the gate is patient.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let stage = stage_that_turns_to(&look().on("initialize", [Step::Silence]));
            let mut client = Client::start(stage.gate());
            let id = client.ask("initialize", r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}"#);
            let answer = patiently(&mut client, id);
            assert_eq!(answer.value["error"]["data"]["pinfold/reason"], "SERVER_SILENT", "{}", answer.text());
            client.end_input();
            assert_eq!(client.wait_for_exit().code(), Some(3), "{}", client.account());
            stage.server.expect_nothing_alive();
        });
        scope.spawn(|| {
            let stage = stage_that_turns_to(&look().on("tools/list", [Step::Silence]));
            let mut client = stage.new_kind_of_session();
            let listing = client.ask("tools/list", "");
            let call = client.ask_call("look", "");
            let answer = patiently(&mut client, call);
            assert!(answer.text().contains("SERVER_SILENT"), "{}", answer.text());
            let answer = patiently(&mut client, listing);
            assert!(
                !answer.text().contains(r#""look""#),
                "nothing is offered that was not verified: {}",
                answer.text()
            );
            assert!(stage.server.calls_of("look").is_empty());
        });
        scope.spawn(|| {
            let stage = stage_that_turns_to(&look().on("tools/list", [Step::Silence]));
            let mut client = stage.new_kind_of_session();
            let call = client.ask_call("look", "");
            client.send(format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{call}}}}}"#
            ));
            assert_eq!(client.request("ping", "").result(), &serde_json::json!({}), "a ping never waits");
            client.end_input();
            client.wait_for_exit();
            let sent = stage.server.received().join("\n");
            assert!(!sent.contains("tools/call") && !sent.contains("notifications/cancelled"), "{sent}");
        });
        scope.spawn(|| {
            let stage = Stage::new(&look().on("initialize", [Step::Silence]));
            let _client = stage.waiting_session();
            let outcome = Terminal::run(stage.home.pinfold(["review", "demo"])).approve_all();
            assert_eq!(outcome.code(), 3, "{}", outcome.text);
        });
    });
}

/// Waits a little longer than clients do.
#[track_caller]
fn patiently(client: &mut Client, id: u64) -> Line {
    let start = Instant::now();
    let answer = client.wait_for(Duration::from_secs(75), |line| line.is_answer() && line.value["id"] == id);
    let answer = answer.unwrap_or_else(|| panic!("no answer in {:?}: {}", start.elapsed(), client.account()));
    assert!(start.elapsed() < Duration::from_secs(60), "clients give up at 60 s: {:?}", start.elapsed());
    answer
}

/// The largest resident size that the process ever had.
fn peak_memory_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
fn a_standard_error_that_nobody_reads_keeps_nothing_from_being_written_down() {
    for is_closed in [true, false] {
        let stage = stage_that_turns_to(&Scenario::of_tools(&[tool("look", POISON)]));
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let reader = (!is_closed).then_some(reader);
        if !is_closed {
            let mut filling = writer.try_clone().expect("another end");
            // It blocks as soon as the pipe is full, and ends with the reader.
            std::thread::spawn(move || filling.write_all(&[b'x'; 1 << 20]));
            std::thread::sleep(Duration::from_millis(300));
        }
        let mut client = Client::start_with(stage.gate(), writer.into());
        client.shake_hands();
        client.until_verified();
        assert_eq!(client.names("tools/list"), [NOTICE]);
        expect::status_says(&stage, "look", "DESC_CHANGED");
        assert_eq!(client.close().code(), Some(0), "closed: {is_closed}");
        drop(reader);
    }
}

#[test]
fn a_server_that_is_held_whole_is_named_by_review_and_no_longer_than_it_is() {
    let loops = vec![
        part(None, "tools", &[tool("look", "Look.")], Some(r#""again""#)),
        part::<&str>(Some("again"), "tools", &[], Some(r#""again""#)),
    ];
    let stage = stage_that_turns_to(&look().listing("tools/list", Listing::of_pages(loops)));
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    expect::wait_until("the hold is written down", || stage.status()["exit"] == 1);
    client.close();
    let outcome = stage.review().finish().expect_code(1);
    assert!(outcome.text.contains("demo: held as a whole (CURSOR_LOOP)"), "{}", outcome.text);
    stage.server.play(&look());
    let mut client = stage.session();
    expect::wait_until("the hold is over", || stage.status()["exit"] == 0);
    expect::nothing_is_held(&stage, &mut client, &["look"]);
}

#[test]
fn a_flood_before_the_handshake_leaves_no_client_waiting() {
    let line = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let flood = Step::Flood { line: line.into(), times: 2_001 };
    let stage = Stage::approved(&look());
    stage.server.play(&look().on("start", [flood]));
    let mut client = stage.new_kind_of_session();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    expect::calls_are_refused(&stage, &mut client, "look", "NOTIFY_FLOOD");
}
