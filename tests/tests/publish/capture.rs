//! `capture`: stable or told tool by tool, nothing that a user's gate would hold, never fewer tools unsaid.

use std::time::Duration;

use pinfold_tests::scenario::{Listing, Scenario, Step, handshake, tool, tool_with};
use pinfold_tests::stage::{describe, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::{Value, json};

use crate::support::{NAME, POISON, Publisher, code, one_document, two_tools};

const CAPTURE: &[&str] = &["capture", "--name", NAME, "--version", "1.0.0", "-o", "m.json"];

fn manifest(publisher: &Publisher, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(publisher.file(file)).unwrap()).unwrap()
}

#[test]
fn a_stable_server_is_captured_from_two_processes() {
    let publisher = Publisher::of_two_tools();
    let captured = publisher.document_with_server(CAPTURE, 0);
    assert_eq!(captured["schema"], "pinfold/capture/v1");
    assert_eq!((&captured["processes"], &captured["release"]["tools"]), (&json!(2), &json!(2)));
    assert_eq!(publisher.server.starts(), 2);
    publisher.server.expect_nothing_alive();
    let manifest = manifest(&publisher, "m.json");
    assert_eq!(manifest["name"], NAME);
    let condition = json!([{
        "capabilities": ["elicitation", "roots", "sampling"], "era": "2025-11-25", "variables": [],
        "objects": manifest["conditions"][0]["objects"],
    }]);
    assert_eq!(manifest["conditions"], condition);
    let hello = publisher.server.requests("initialize");
    assert!(hello[0].contains(r#""capabilities":{}"#) && hello[1].contains("elicitation"), "{hello:?}");
}

#[test]
fn the_same_words_give_the_same_bytes() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "a.json");
    publisher.capture("1.0.0", "b.json");
    let read = |name: &str| std::fs::read(publisher.file(name)).unwrap();
    assert_eq!(read("a.json"), read("b.json"));
}

#[test]
fn what_differs_between_two_processes_is_named_tool_by_tool() {
    let listing =
        Listing::of("tools", &[tool("clock", "It is ten."), tool("stay", "Stay."), tool("gone", "G.")])
            .then("tools", &[tool("clock", POISON), tool("stay", "Stay."), tool("came", POISON)]);
    let scenario = Scenario::default().greeting(handshake(&["tools"], "", "")).listing("tools/list", listing);
    let publisher = Publisher::new(&scenario);
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            while publisher.server.requests("tools/list").is_empty() {
                std::thread::sleep(Duration::from_millis(20));
            }
            std::thread::sleep(Duration::from_millis(300));
            publisher.server.set_state(1);
        });
        publisher.run_with_server(&[CAPTURE, &["--json"]].concat())
    });
    let document = one_document(&output, 1);
    assert_eq!(code(&document), "LIST_UNSTABLE");
    let unstable = |name: &str, pointer: Value| json!({"kind": "tool", "name": name, "pointer": pointer});
    let expected = [
        unstable("clock", json!("/description")),
        unstable("gone", Value::Null),
        unstable("came", Value::Null),
    ];
    assert_eq!(document["unstable"], json!(expected));
    assert!(!describe(&output).contains("POISON"), "{}", describe(&output));
    assert!(!publisher.file("m.json").exists());
    publisher.server.expect_nothing_alive();
}

#[test]
fn what_depends_on_capabilities_is_two_conditions() {
    // The instructions repeat the client's greeting, so they follow from its capabilities alone.
    let greeting = handshake(&["tools"], r#","instructions":"You said @REQUEST@""#, "");
    let scenario = two_tools().greeting(greeting);
    let publisher = Publisher::new(&scenario);
    let captured = publisher.document_with_server(CAPTURE, 0);
    assert_eq!(captured["processes"], 4, "{captured:#}");
    let conditions = captured["release"]["conditions"].as_array().unwrap();
    assert_eq!(conditions.len(), 2, "{captured:#}");
    assert_eq!(captured["release"]["objects"], 4, "two tools, two instructions: {captured:#}");
}

#[test]
fn no_tools_are_refused_and_the_absent_variable_is_named() {
    let key = "API_KEY";
    let without = Listing::of::<&str>("tools", &[]);
    let scenario = Scenario::default()
        .greeting(handshake(&["tools"], "", ""))
        .listing("tools/list", without)
        .with(&[key], "tools/list", [Step::Answer(format!(r#"{{"tools":[{}]}}"#, tool("look", "Look.")))]);
    let mut publisher = Publisher::new(&scenario);
    let refused = publisher.document_with_server(&[CAPTURE, &["--env", key]].concat(), 1);
    assert_eq!(code(&refused), "TOOLS_NONE");
    assert!(refused["error"]["message"].as_str().unwrap().contains("declared and not set: API_KEY"));
    assert_eq!(publisher.files(), [] as [&str; 0]);
    // Set and not declared: kept from the server as a user's gate would, and named.
    publisher.variables = vec![(key, "s3cret value")];
    let undeclared = publisher.document_with_server(CAPTURE, 1);
    assert!(undeclared["error"]["message"].as_str().unwrap().contains("set and not declared: API_KEY"));
    let captured = publisher.run_with_server(&[CAPTURE, &["--env", key, "--json"]].concat());
    assert_eq!(one_document(&captured, 0)["variables"]["present"], json!([key]));
    let bytes = std::fs::read_to_string(publisher.file("m.json")).unwrap();
    assert!(bytes.contains(key) && !bytes.contains("s3cret"), "{bytes}");
    assert!(!describe(&captured).contains("s3cret"), "{}", describe(&captured));
}

#[test]
fn conditions_of_one_release_are_put_together() {
    let mut publisher = Publisher::new(&two_tools().with(
        &["MORE"],
        "tools/list",
        [Step::Answer(format!(
            r#"{{"tools":[{},{}]}}"#,
            tool("look", "Look at one thing."),
            tool("more", "More.")
        ))],
    ));
    publisher.capture("1.0.0", "m.json");
    publisher.variables = vec![("MORE", "yes")];
    let both =
        publisher.document_with_server(&[CAPTURE, &["--add-to", "m.json", "--env", "MORE"]].concat(), 0);
    assert_eq!(both["release"]["conditions"].as_array().unwrap().len(), 2);
    assert_eq!(both["release"]["tools"], 3);
    // The same condition again takes the place of the old one.
    let again =
        publisher.document_with_server(&[CAPTURE, &["--add-to", "m.json", "--env", "MORE"]].concat(), 0);
    assert_eq!(again["release"]["conditions"].as_array().unwrap().len(), 2);
    let other = ["capture", "--name", NAME, "--version", "2.0.0", "-o", "n.json", "--add-to", "m.json"];
    assert_eq!(code(&publisher.document_with_server(&other, 2)), "RELEASE_FILE_INVALID");
}

#[test]
fn fewer_tools_than_before_need_a_word() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "old.json");
    publisher.server.play(&Scenario::of_tools(&[tool("look", "Look at one thing.")]));
    let next = ["capture", "--name", NAME, "--version", "1.0.1", "-o", "m.json", "--previous", "old.json"];
    let fewer = publisher.document_with_server(&next, 1);
    assert_eq!(code(&fewer), "TOOLS_FEWER");
    assert_eq!(fewer["changes"][0]["change"], "removed");
    assert!(!publisher.file("m.json").exists());
    let other = publisher.document_with_server(&[&next[..], &["--expect-tools", "3"]].concat(), 1);
    assert_eq!(code(&other), "TOOLS_UNEXPECTED");
    publisher.document_with_server(&[&next[..], &["--expect-tools", "1"]].concat(), 0);
}

#[test]
fn what_a_users_gate_would_hold_is_not_captured() {
    let tools = |tools: &[String]| Scenario::of_tools(tools);
    let duplicate = r#"{"name":"look","description":"a","description":"b","inputSchema":{"type":"object"}}"#;
    let cases: Vec<(&str, Scenario)> = vec![
        ("INVISIBLE_CHARS", tools(&[tool("look", "Look\\u202e.")])),
        ("DUP_TOOL_NAME", tools(&[tool("look", "a"), tool("look", "b")])),
        ("NAME_CONFUSABLE", tools(&[tool("file.read", "a"), tool("file_read", "a")])),
        ("NAME_RESERVED", tools(&[tool("pinfold_notice", "a")])),
        ("NAME_INVALID", tools(&[tool("two words", "a")])),
        ("JSON_DUP_KEY", tools(&[duplicate.to_owned()])),
        (
            "EXTERNAL_REF",
            tools(&[tool_with("look", "a", r#","outputSchema":{"$ref":"https://x.example/s"}"#)]),
        ),
    ];
    for (expected, scenario) in cases {
        let publisher = Publisher::without_key(&scenario);
        let document = publisher.document_with_server(CAPTURE, 1);
        let known =
            pinfold_core::reason::ReasonCode::ALL.iter().any(|reason| reason.as_str() == code(&document));
        assert!(known, "{expected}: {document:#}");
        assert_eq!(code(&document), expected, "{document:#}");
        assert!(!publisher.file("m.json").exists());
        publisher.server.expect_nothing_alive();
    }
}

#[test]
fn a_server_that_does_not_answer_or_ends_is_told_in_one_error() {
    let ends = Publisher::without_key(&two_tools().on("start", [Step::Exit(3)]));
    assert_eq!(code(&ends.document_with_server(CAPTURE, 3)), "SERVER_ENDED");
    let mut command = ends.command(CAPTURE);
    command.args(["--json", "--", "/no/such/program"]);
    assert_eq!(code(&one_document(&run_to_end(command), 3)), "START_FAILED");
    let mut command = ends.command(CAPTURE);
    command.args(["--json", "--", "true"]);
    assert_eq!(code(&one_document(&run_to_end(command), 3)), "SERVER_ENDED");
}

#[test]
fn a_server_that_asks_its_client_is_answered() {
    let ask = |method: &str| Step::Ask { id: "7".into(), method: method.into(), params: "{}".into() };
    let scenario = two_tools().on("tools/list", [ask("roots/list"), ask("ping")]);
    let publisher = Publisher::without_key(&scenario);
    assert_eq!(publisher.document_with_server(CAPTURE, 0)["release"]["tools"], 2);
}

#[test]
fn an_interrupt_ends_the_server_and_writes_nothing() {
    let scenario = two_tools().on("tools/list", [Step::Hang]);
    let publisher = Publisher::without_key(&scenario);
    let terminal = Terminal::run(publisher.command_with_server(CAPTURE));
    while publisher.server.requests("tools/list").is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.type_keys("\u{3}");
    let outcome = terminal.finish().expect_code(1);
    assert!(outcome.text.contains("interrupted"), "{}", outcome.text);
    assert_eq!(publisher.files(), [] as [&str; 0]);
    publisher.server.expect_nothing_alive();
}

#[test]
fn name_version_and_files_come_from_the_projects_own_files() {
    let publisher = Publisher::of_two_tools();
    let server = json!({"name": NAME, "version": "1.2.3", "packages": [
        {"registryType": "npm", "identifier": "@acme/demo", "version": "1.2.3",
         "environmentVariables": [{"name": "API_KEY"}]}]});
    std::fs::write(publisher.file("server.json"), server.to_string()).unwrap();
    let captured = publisher.document_with_server(&["capture", "-o", "m.json"], 0);
    assert_eq!(
        (&captured["release"]["name"], &captured["release"]["version"]),
        (&json!(NAME), &json!("1.2.3"))
    );
    assert_eq!(captured["variables"]["absent"], json!(["API_KEY"]));
    let overridden = ["capture", "-o", "n.json", "--version", "2.0.0"];
    assert_eq!(publisher.document_with_server(&overridden, 0)["release"]["version"], "2.0.0");
    let package = json!({"name": "@acme/demo", "version": "1.2.4", "mcpName": NAME});
    std::fs::write(publisher.file("package.json"), package.to_string()).unwrap();
    let disagreeing = publisher.document_with_server(&["capture", "-o", "o.json"], 2);
    assert_eq!(code(&disagreeing), "PROJECT_DISAGREES");
    assert!(!publisher.file("o.json").exists());
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_old_one() {
    let publisher = Publisher::of_two_tools();
    publisher.capture("1.0.0", "m.json");
    let absent = ["capture", "--name", NAME, "--version", "1.0.1", "-o", "/proc/m.json"];
    assert_eq!(code(&publisher.document_with_server(&absent, 3)), "FILE_NOT_WRITTEN");
    assert_eq!(publisher.files(), ["m.json"]);
}

/// Every kind of restlessness that honest servers were seen to have, in one tool each.
fn restless() -> Scenario {
    let with = |name: &str, words: &str, default: &str| {
        let schema = format!(
            r#"{{"type":"object","properties":{{"value":{{"type":"string","default":"{default}"}}}}}}"#
        );
        format!(r#"{{"name":"{name}","description":"{words}","inputSchema":{schema}}}"#)
    };
    let tools = [
        with("metrics", "Metrics.", "@CLOCK@"),
        with("report", "A report.", "@DAY@"),
        with("time", "Use '@ZONE@' if no zone is given.", "x"),
        with("files", "Works in @HOME@/notes, beside @FOLDER@.", "x"),
        with("search", "Fields: @SET@.", "@SET@"),
        tool("stay", "Stay."),
    ];
    Scenario::default()
        .greeting(handshake(&["tools"], "", ""))
        .listing("tools/list", Listing::of("tools", &tools))
}

#[test]
fn what_restless_servers_write_becomes_volatile_rules() {
    let publisher = Publisher::new(&restless());
    let captured = publisher.document_with_server(CAPTURE, 0);
    assert_eq!(captured["processes"], 2, "{captured:#}");
    let mut found: Vec<String> = captured["release"]["volatile"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| ["name", "rule", "pointer"].map(|member| rule[member].as_str().unwrap()).join(" "))
        .collect();
    found.sort();
    let default = "/inputSchema/properties/value/default";
    let expected = [
        "files folder /description".to_owned(),
        "files home /description".to_owned(),
        format!("metrics date-time {default}"),
        format!("report date {default}"),
        "search permutation /description".to_owned(),
        format!("search permutation {default}"),
        "time zone /description".to_owned(),
    ];
    assert_eq!(found, expected);
    let manifest = manifest(&publisher, "m.json");
    assert_eq!(manifest["surface"].as_array().unwrap().len(), 6, "each tool once");
    let time = manifest["surface"].as_array().unwrap().iter().find(|one| one["object"]["name"] == "time");
    assert!(
        time.unwrap()["object"]["description"].as_str().unwrap().contains("'UTC'"),
        "the usual zone is pinned"
    );
    assert!(publisher.server.requests("initialize").len() == 2);
}

#[test]
fn a_declared_zone_is_left_as_it_is() {
    let mut publisher = Publisher::new(&restless());
    publisher.variables = vec![("TZ", "Asia/Tokyo")];
    let captured = publisher.document_with_server(&[CAPTURE, &["--env", "TZ"]].concat(), 0);
    let rules = captured["release"]["volatile"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["rule"] != "zone"), "{captured:#}");
    let bytes = std::fs::read_to_string(publisher.file("m.json")).unwrap();
    assert!(bytes.contains("Asia/Tokyo") && !bytes.contains("Kiritimati"), "{bytes}");
}

#[test]
fn what_a_zone_changes_otherwise_is_no_instability() {
    let scenario = Scenario::of_tools(&[tool("time", "It is @ZONE@time.")]);
    let publisher = Publisher::new(&scenario);
    let captured = publisher.document_with_server(CAPTURE, 0);
    assert_eq!(captured["processes"], 5, "{captured:#}");
    assert_eq!(captured["release"]["conditions"].as_array().unwrap().len(), 1, "{captured:#}");
    assert_eq!(captured["release"]["volatile"], json!([]));
}

#[test]
fn a_clock_does_not_hide_what_depends_on_capabilities() {
    let greeting = handshake(&["tools"], r#","instructions":"You said @REQUEST@""#, "");
    let publisher = Publisher::new(&restless().greeting(greeting));
    let captured = publisher.document_with_server(CAPTURE, 0);
    assert_eq!(captured["release"]["conditions"].as_array().unwrap().len(), 2, "{captured:#}");
    assert_eq!(captured["release"]["objects"], 8, "six tools once, two instructions: {captured:#}");
    assert_eq!(captured["release"]["volatile"].as_array().unwrap().len(), 7, "{captured:#}");
}
