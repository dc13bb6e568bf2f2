//! What happened to others, in traffic: arguments, numbers, sizes, progress, questions, slow and dying servers.

use std::time::{Duration, Instant};

use pinfold_tests::client::Client;
use pinfold_tests::expect;
use pinfold_tests::scenario::{Scenario, Step, tool};
use pinfold_tests::stage::Stage;

/// A tool with this raw schema that answers with the line that it received.
fn echoing(schema: &str) -> Scenario {
    let echo = format!(r#"{{"name":"file_it","description":"File one thing.","inputSchema":{schema}}}"#);
    let answer = Step::Answer(r#"{"content":[{"type":"text","text":"@REQUEST@"}]}"#.into());
    Scenario::of_tools(&[echo]).on("tools/call file_it", [answer])
}

const NULLABLE: &str = r#"{"type":"object","properties":{"label":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},"kind":{"type":["string","null"]},"count":{"type":"integer","minimum":1}}}"#;

#[test]
fn case_arguments_that_the_schema_allows_are_forwarded_as_they_are() {
    let stage = Stage::approved(&echoing(NULLABLE));
    let mut client = stage.session();
    let params = [
        r#"{"name":"file_it"}"#,
        r#"{"name":"file_it","arguments":{}}"#,
        r#"{"name":"file_it","arguments":{"label":null,"kind":null}}"#,
        r#"{"name":"file_it","arguments":{"label":"a","count":3}}"#,
        r#"{"name":"file_it","arguments":{"count":3.0}}"#,
        r#"{ "arguments" : { "undeclared" : [ 1 , 2 ] } , "name" : "file_it" }"#,
        r#"{"name":"file_it","arguments":{"label":"\u00e4\/"},"_meta":{"vendor/x":1e3}}"#,
    ];
    for params in params {
        let answer = client.request("tools/call", params);
        assert!(answer.words().contains(params), "{params} arrives as it is, not {}", answer.words());
    }
}

#[test]
fn case_arguments_that_the_schema_forbids_never_reach_the_server() {
    let stage = Stage::approved(&echoing(NULLABLE));
    let mut client = stage.session();
    for arguments in [r#"{"count":"5"}"#, r#"{"count":null}"#, r#"{"count":0}"#, r#"{"count":1.5}"#] {
        let answer = client.call("file_it", arguments);
        assert_eq!(answer.refusal(), "ARGUMENTS_INVALID", "{arguments}");
        assert!(answer.words().contains("/count"), "{arguments}: {}", answer.words());
    }
    assert!(client.call("file_it", r#"{"count":"5"}"#).words().contains("integer"));
    assert!(client.call("file_it", "[]").is_refusal(), "arguments are an object");
    assert!(stage.server.requests("tools/call").is_empty());
}

#[test]
fn case_numbers_beyond_two_to_the_53_keep_every_digit() {
    let row = r#"{"content":[],"structuredContent":{"id":9007199254740993,"row":18446744073709551615,"rate":1.10,"far":1e400}}"#;
    let echo = r#"{"name":"echo","inputSchema":{"type":"object","properties":{"id":{"type":"integer"}}}}"#;
    let scenario = Scenario::of_tools(&[tool("get_id", "Get."), echo.to_owned()]);
    let scenario = scenario.on("tools/call get_id", [Step::Answer(row.into())]);
    let answer = Step::Answer(r#"{"content":[{"type":"text","text":"@REQUEST@"}]}"#.into());
    let stage = Stage::approved(&scenario.on("tools/call echo", [answer]));
    let mut client = stage.session();
    client.ask_call("get_id", "");
    // Compared as text: no reader of ours holds these numbers.
    client.wait("the row", |line| line.text().contains(row));
    for digits in ["9007199254740993", "7960607143101464576", "18446744073709551615"] {
        let answer = client.call("echo", &format!(r#"{{"id":{digits},"rate":1.10}}"#));
        assert!(answer.words().contains(&format!(r#"{{"id":{digits},"rate":1.10}}"#)), "{}", answer.text());
    }
    client.send(r#"{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"echo","arguments":{}}}"#);
    let answer =
        client.wait("the answer to a large id", |line| line.text().contains(r#""id":9007199254740993"#));
    assert!(answer.words().contains("echo"));
    client.send(r#"{"jsonrpc":"2.0","id":"a \"string\" id","method":"tools/call","params":{"name":"echo"}}"#);
    client.wait("the answer to a string id", |line| line.value["id"] == "a \"string\" id");
}

#[test]
fn case_a_line_of_five_megabytes_passes() {
    let scenario = Scenario::of_tools(&[tool("big", "Big."), tool("look", "Look.")]);
    let stage = Stage::approved(&scenario.on("tools/call big", [Step::BigAnswer { bytes: 5_000_000 }]));
    let mut client = stage.session();
    expect::works(&stage, &mut client, "look");
    let before = peak_memory_bytes(client.pid());
    let answer = client.call("big", "");
    assert_eq!(answer.words(), "b".repeat(5_000_000));
    let grown = peak_memory_bytes(client.pid()) - before;
    assert!(grown < 4 * 5_000_000, "the gate grew by {grown} bytes for one line of 5,000,000");
    expect::works(&stage, &mut client, "look");
}

/// The largest resident size that the process ever had.
fn peak_memory_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes * 1024
}

#[test]
fn case_a_question_in_mid_call_reaches_the_client_and_its_answer_the_server() {
    let stage = Stage::approved(&booking());
    let mut client = stage.session();
    let call = client.ask_call("book", "");
    let question = client.request_from_server("elicitation/create");
    assert_eq!(question.value["params"]["message"], "For how many?");
    expect::works(&stage, &mut client, "look");
    client.reply(&question, r#"{"action":"accept","content":{"people":2}}"#);
    let answer = client.answer_to(call);
    assert!(answer.words().contains(r#"{"action":"accept","content":{"people":2}}"#), "{}", answer.words());
}

#[test]
fn case_two_questions_at_once_do_not_mix() {
    let stage = Stage::approved(&booking());
    let mut client = stage.session();
    let call = client.ask_call("book", "");
    let question = client.request_from_server("elicitation/create");
    let other = client.ask_call("order", "");
    let other_question = client.request_from_server("elicitation/create");
    assert_ne!(question.value["id"], other_question.value["id"]);
    client.reply(&other_question, r#"{"action":"decline"}"#);
    client.reply(&question, r#"{"action":"cancel"}"#);
    assert!(client.answer_to(call).words().contains("cancel"));
    assert!(client.answer_to(other).words().contains("decline"));
}

#[test]
fn case_where_the_policy_refuses_questions_the_server_gets_an_error_and_the_call_ends() {
    let stage = Stage::approved(&booking());
    stage.home.write_policy("[server.demo]\nelicitation = \"refuse\"");
    let mut client = stage.session();
    let answer = client.call("book", "");
    assert!(answer.words().contains(r#""error""#), "{}", answer.words());
    assert!(!client.has_received("elicitation/create"));
    expect::works(&stage, &mut client, "look");
}

fn booking() -> Scenario {
    let ask = |id: &str| {
        Step::Ask {
        id: id.into(),
        method: "elicitation/create".into(),
        params: r#"{"message":"For how many?","requestedSchema":{"type":"object","properties":{"people":{"type":"integer"}},"required":["people"]}}"#.into(),
    }
    };
    let answer = Step::Answer(r#"{"content":[{"type":"text","text":"@REPLY@"}]}"#.into());
    Scenario::of_tools(&[tool("book", "Book."), tool("order", "Order."), tool("look", "Look.")])
        .on("tools/call book", [ask(r#""ask-1""#), answer.clone()])
        .on("tools/call order", [ask("1"), answer])
}

#[test]
fn case_a_slow_call_holds_up_nothing_else() {
    let scenario = Scenario::of_tools(&[tool("slow", "Slow."), tool("fast", "Fast.")]);
    let stage = Stage::approved(&scenario.on("tools/call slow", [Step::Sleep(4_000)]));
    let mut client = stage.session();
    client.list("tools/list");
    let slow = client.ask_call("slow", "");
    let ask: [fn(&mut Client) -> u64; 3] = [
        |client| client.ask("ping", ""),
        |client| client.ask_call("fast", ""),
        |client| client.ask("tools/list", ""),
    ];
    for ask in ask {
        // The best of three, because a test machine has other work to do.
        let took = (0..3).map(|_| {
            let start = Instant::now();
            let id = ask(&mut client);
            client.answer_to(id);
            start.elapsed()
        });
        let best = took.min().expect("three");
        assert!(best < Duration::from_millis(200), "answered after {best:?}");
    }
    assert_eq!(client.answer_to(slow).words(), "slow was called");
}

#[test]
fn case_progress_keeps_its_token_and_invented_tokens_are_dropped() {
    let scenario = Scenario::of_tools(&[tool("count", "Count."), tool("invent", "Invent.")])
        .on("tools/call count", [Step::Progress(None)])
        .on(
            "tools/call invent",
            [Step::Progress(Some(r#""made-up""#.into())), Step::Progress(Some("4711".into()))],
        );
    let stage = Stage::approved(&scenario);
    let mut client = stage.session();
    for token in ["7", r#""7""#, "0"] {
        let params = format!(r#"{{"name":"count","_meta":{{"progressToken":{token}}}}}"#);
        let id = client.ask("tools/call", &params);
        for step in 1..=3 {
            let progress = client.notification("notifications/progress");
            let wanted = format!(r#""params":{{"progressToken":{token},"progress":{step},"total":3}}"#);
            assert!(progress.text().contains(&wanted), "{}", progress.text());
        }
        client.answer_to(id);
    }
    assert_eq!(client.call("invent", "").words(), "invent was called");
    // A token that was given once is not open any more.
    assert!(!client.has_received("made-up") && !client.has_received("4711"), "{}", client.account());
    expect::works(&stage, &mut client, "count");
    let own = stage.server.received().into_iter().filter(|line| line.contains("progressToken"));
    assert_eq!(own.count(), 3, "only the client's requests carry a token");
}

#[test]
fn case_initialize_is_answered_while_the_listing_takes_its_time() {
    let scenario = Scenario::of_tools(&[tool("look", "Look.")]);
    let stage = Stage::approved(&scenario);
    stage.server.play(&scenario.on("tools/list", [Step::Sleep(4_000)]));
    let start = Instant::now();
    // Another question than the one that is remembered: the gate asks the server.
    let mut client = stage.new_kind_of_session();
    let greeted = start.elapsed();
    assert!(greeted < Duration::from_secs(2), "initialize was answered after {greeted:?}");
    assert_eq!(client.names("tools/list"), ["look"], "the client's listing waits for the verified one");
    assert!(start.elapsed() > Duration::from_secs(4));
}

#[test]
fn case_a_server_that_dies_of_a_cancellation_answers_every_open_request() {
    let scenario = Scenario::of_tools(&[tool("slow", "Slow."), tool("look", "Look.")])
        .on("tools/call slow", [Step::Hang])
        .on("notifications/cancelled", [Step::Exit(23)]);
    let stage = Stage::approved(&scenario);
    let mut client = stage.session();
    expect::works(&stage, &mut client, "look");
    let (slow, other) = (client.ask_call("slow", ""), client.ask_call("slow", ""));
    let cancelled =
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{slow}}}}}"#);
    client.send(&cancelled);
    let start = Instant::now();
    let answer = client.answer_to(other);
    assert!(start.elapsed() < Duration::from_secs(2), "answered after {:?}", start.elapsed());
    assert!(answer.text().contains("SERVER_ENDED"), "{}", answer.text());
    assert!(answer.text().contains("23"), "it says how the server ended: {}", answer.text());
}

#[test]
fn case_the_gate_sends_no_notification_of_its_own_but_the_handshakes() {
    let stage = Stage::approved(&Scenario::of_tools(&[tool("look", "Look.")]));
    let mut client = stage.session();
    expect::works(&stage, &mut client, "look");
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/invented","params":{}}"#);
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    expect::works(&stage, &mut client, "look");
    client.close();
    let is_notification = |line: &String| line.contains(r#""method":"notifications/"#);
    let sent: Vec<String> = stage.server.received().into_iter().filter(is_notification).collect();
    let handshakes = sent.iter().filter(|line| line.contains("notifications/initialized")).count();
    assert_eq!(handshakes, stage.server.starts());
    assert_eq!(
        sent.len(),
        handshakes + 1,
        "a late cancellation is ordinary traffic, the rest is not: {sent:?}"
    );
}

#[test]
fn case_lines_that_are_not_json_are_dropped_counted_and_shown_escaped() {
    let junk = [Step::Line("server v1.2 \u{1b}[31mready\u{1b}[0m".into()), Step::Line(String::new())];
    let scenario = Scenario::of_tools(&[tool("look", "Look.")]);
    let scenario = scenario.on("start", junk).on("tools/call look", [Step::Line("INFO look".into())]);
    let stage = Stage::approved(&scenario);
    let mut client = stage.session();
    expect::works(&stage, &mut client, "look");
    assert!(!client.has_received("ready") && !client.has_received("INFO look"), "{}", client.account());
    let said = client.complaint("INFO look");
    assert!(said.contains("ready") && !said.contains('\u{1b}'), "escapes are visible: {said}");
    client.close();
    let status = stage.status().to_string();
    assert!(status.contains("junk"), "status counts the lines: {status}");
}
