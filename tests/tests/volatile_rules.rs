//! Servers that write a clock, a zone, a path or an unordered set into their definitions: one question, then none; and
//! what a server could hide behind such a rule is held.
#![allow(clippy::unwrap_used)]

use pinfold_tests::client::Client;
use pinfold_tests::expect;
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::{LABEL, Stage, describe};

fn with_default(name: &str, words: &str, default: &str) -> String {
    format!(
        r#"{{"name":"{name}","description":"{words}","inputSchema":{{"type":"object","properties":{{"value":{{"type":"string","default":"{default}"}}}}}}}}"#
    )
}

fn restless() -> Vec<String> {
    vec![
        with_default("metrics", "Metrics.", "@CLOCK@"),
        with_default("search", "Fields: @SET@.", "@SET@"),
        tool("time", "Use '@ZONE@' if no zone is given."),
        tool("stay", "Stay."),
    ]
}

const ALL: [&str; 4] = ["metrics", "search", "time", "stay"];

/// A stage whose server is approved with the rules that a review proposed when it said something else.
fn approved_with_rules() -> Stage {
    let mut stage = Stage::approved(&Scenario::of_tools(&restless()));
    stage.variables = vec![("TZ".to_owned(), "Asia/Tokyo".to_owned())];
    let client = stage.session();
    for name in &ALL[..3] {
        expect::wait_until("what differs is held", || !expect::reasons_of(&stage, name).is_empty());
    }
    client.close();
    let outcome = stage.approve_changes();
    assert!(outcome.text.contains("another date and time"), "{}", outcome.text);
    assert!(outcome.text.contains("the name of another time zone"), "{}", outcome.text);
    assert!(outcome.text.contains("the same items in another order"), "{}", outcome.text);
    stage
}

/// All tools, of which each can be called.
#[track_caller]
fn all_work(stage: &Stage, client: &mut Client) {
    assert_eq!(client.names("tools/list"), ALL, "{}", client.account());
    for name in ALL {
        assert!(
            client.call(name, "{}").text().contains(&format!("{name} was called")),
            "{}",
            client.account()
        );
    }
    assert_eq!(stage.status()["exit"], 0, "nothing is held");
}

#[test]
fn a_restless_server_is_asked_about_once() {
    let mut stage = approved_with_rules();
    for (day, zone) in
        [("2026-10-25", "UTC"), ("2028-02-29", "America/Argentina/Buenos_Aires"), ("2026-12-31", "Etc/GMT+1")]
    {
        std::fs::write(stage.server.file("day"), day).unwrap();
        stage.variables = vec![("TZ".to_owned(), zone.to_owned())];
        let mut client = stage.session();
        all_work(&stage, &mut client);
        // Within a session too: each listing has another clock.
        let listed = client.list("tools/list").text();
        assert!(listed.contains(day) && listed.contains(zone), "as the server says it: {listed}");
        all_work(&stage, &mut client);
        assert!(client.close().success());
    }
}

/// Approved words alone are shown, and of every other digest none.
#[test]
fn status_says_what_may_vary_in_a_tool() {
    let stage = approved_with_rules();
    let document = stage.status_of(&["status", LABEL, "metrics", "--json"]);
    let decided = document["servers"][0]["decided"].as_array().unwrap();
    let varying: Vec<_> = decided.iter().filter(|one| one["may_vary"] != serde_json::json!([])).collect();
    let [one] = varying[..] else { panic!("one digest of it has rules: {document:#}") };
    assert_eq!(one["state"], "approved");
    let span = &one["may_vary"][0];
    let approved = span["approved"].as_str().unwrap();
    assert_eq!(span["pointer"], "/inputSchema/properties/value/default");
    assert_eq!((&span["kind"], &span["separator"]), (&"date-time".into(), &serde_json::Value::Null));
    assert_eq!((&span["start"], &span["end"]), (&0.into(), &approved.len().into()));
    assert!(approved.starts_with("20") && approved.ends_with('Z'), "{approved}");
    let of = |arguments: &[&str]| describe(&stage.output(arguments));
    let text = of(&["status", LABEL, "metrics"]);
    assert!(text.contains("may vary at /inputSchema/properties/value/default, bytes 0 to"), "{text}");
    assert!(text.contains(&format!("approved: {approved}")), "{text}");
    assert!(text.contains("or, in its place, another date and time"), "{text}");
    let text = of(&["status", LABEL, "search"]);
    assert!(text.contains("at /description, bytes") && text.contains("in another order"), "{text}");
    assert!(!of(&["status", LABEL, "stay"]).contains("may vary"));
    assert!(of(&["status", LABEL]).contains("parts of 3 may vary"));
    // What took its place was approved without a rule for the clock; the text of what is retired is not shown.
    stage.server.play(&Scenario::of_tools(&[with_default("metrics", "Metrics.", "always")]));
    let client = stage.session();
    expect::wait_until("it is held", || !expect::reasons_of(&stage, "metrics").is_empty());
    client.close();
    stage.approve_changes();
    let document = stage.status_of(&["status", LABEL, "metrics", "--json"]);
    let decided = document["servers"][0]["decided"].as_array().unwrap();
    let retired = decided.iter().find(|one| one["digest"] == varying[0]["digest"]).unwrap();
    assert_eq!(retired["state"], "retired");
    assert_eq!(retired["may_vary"][0]["approved"], serde_json::Value::Null);
    assert!(!document.to_string().contains(approved), "{document:#}");
}

/// What is announced is what changed for the client; a clock that goes on is none.
#[test]
fn a_clock_announces_nothing() {
    let stage = approved_with_rules();
    let mut client = stage.session();
    all_work(&stage, &mut client);
    let rest = client.take_rest(std::time::Duration::from_secs(2));
    let announced = rest.iter().filter(|line| line.text().contains("list_changed"));
    assert_eq!(announced.count(), 0, "{}", client.account());
    client.close();
}

/// Each line: what the server says in place of the approved words, and what is tried by it.
#[test]
fn what_hides_behind_a_rule_is_held() {
    let stage = approved_with_rules();
    for (said, what) in [
        (with_default("metrics", "Metrics.", "@CLOCK@ POISON"), "text behind an instant"),
        (with_default("metrics", "Metrics.", "2026-02-30T00:00:00Z"), "an instant that there is not"),
        (with_default("metrics", "Metrics. POISON", "@CLOCK@"), "other words beside an instant"),
        (with_default("metrics", "@CLOCK@", "@CLOCK@"), "an instant where none was"),
        (with_default("search", "Fields: @SET@.", "@SET@,POISON"), "an item more"),
        (with_default("search", "Fields: status,status,labels,assignee.", "@SET@"), "an item for another"),
        (tool("time", "Use 'POISON/Ignore_all_rules' if no zone is given."), "a zone that there is not"),
        (tool("time", "Use '@ZONE@' if no zone is given, and POISON."), "words behind a zone"),
        (tool("time", "Use '@HOME@' if no zone is given."), "a path for a zone"),
    ] {
        let name = ALL.into_iter().find(|name| said.contains(&format!(r#""name":"{name}""#))).unwrap();
        let tools: Vec<String> = restless()
            .into_iter()
            .map(|tool| if tool.contains(&format!(r#""name":"{name}""#)) { said.clone() } else { tool })
            .collect();
        stage.server.play(&Scenario::of_tools(&tools));
        let mut client = stage.session();
        let names = client.names("tools/list");
        assert!(!names.contains(&name.to_owned()), "{what}: {names:?}");
        assert!(names.contains(&"stay".to_owned()), "{what}: {names:?}");
        assert!(!client.call(name, "{}").text().contains("was called"), "{what}");
        assert!(!client.has_received("POISON"), "{what}");
        client.close();
    }
}

/// The home that counts is the one that this gate passes.
#[test]
fn a_home_in_the_words_may_be_that_of_the_start_and_no_other() {
    let words = |path: &str| tool("files", &format!("Works in {path}, beside /mnt."));
    let listing = Listing::of("tools", &[words("@HOME@")]).then("tools", &[words("/home/POISON")]);
    // The rule is proposed from one capture: the words hold the home.
    let mut stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["files"]);
    client.close();
    // The entry gives the server another home; its name is no secret, so it is a question about the launch first.
    stage.options = vec!["--env".to_owned(), "HOME".to_owned()];
    stage.server.set_state(1);
    let mut client = stage.session();
    assert!(!client.names("tools/list").contains(&"files".to_owned()));
    assert!(!client.has_received("POISON"));
    client.close();
}

/// A person who says no to one text said no to it, whatever a rule says.
#[test]
fn a_rejected_text_is_held_although_a_rule_fits() {
    let day = |day: &str| tool("day", &format!("Since {day}."));
    let stay = tool("stay", "Stay.");
    let listing = Listing::of("tools", &[&day("2026-01-01"), &stay])
        .then("tools", &[&day("2026-01-02"), &stay])
        .then("tools", &[&day("2026-01-03"), &stay]);
    let stage = Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
    let hold = |state: u32| {
        stage.server.set_state(state);
        let client = stage.session();
        expect::wait_until("it is held", || !expect::reasons_of(&stage, "day").is_empty());
        client.close();
    };
    hold(1);
    stage.review().reject_all();
    hold(2);
    stage.approve_changes();
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["day", "stay"]);
    client.close();
    stage.server.set_state(0);
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["day", "stay"], "the first day is equal");
    client.close();
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["stay", "pinfold_notice"]);
    expect::wait_until("the status tells", || expect::reasons_of(&stage, "day") == ["PREVIOUSLY_REJECTED"]);
    client.close();
}
