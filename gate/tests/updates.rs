//! What a published update is for a session: approved words that are kept, new objects that nobody is asked about, and a
//! person who wins over both. Rules: `spec/updates.md`.
#![allow(clippy::unwrap_used)]

#[path = "../../verifier/tests/published/mod.rs"]
mod published;
mod support;
#[path = "../../verifier/tests/tiny_log/mod.rs"]
mod tiny_log;

use pinfold_core::answer::Answer;
use pinfold_core::digest::ObjectKind::{Instructions, Prompt, ServerInfo, Tool};
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::pins::{Approval, Decision};
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::read_object;
use pinfold_gate::gate::Report;
use pinfold_verifier::listing::Passing;
use pinfold_verifier::policy::{UpdatePolicy, Updates};
use pinfold_verifier::update::{Terms, plan};
use published::Published;
use support::*;

/// The published version of [`LOOK`]: other words, and a parameter that can be left out.
const LOOK_NEW: &str = r#"{"name":"look","description":"Look at all. POISON","inputSchema":{"type":"object","properties":{"count":{"type":["integer","null"]},"depth":{"type":"integer"}}}}"#;
const SEND: &str = r#"{"name":"send","description":"Send. POISON","inputSchema":{"type":"object"}}"#;
const TOOLS: &str = r#"{"tools":{}}"#;
const ALWAYS: &str = "version = 1\n";

/// The approvals with a publisher, and what of a release with these objects passes where approved words are kept.
fn updated(approvals: &mut Approvals, objects: &[(ObjectKind, &str)]) -> Passing {
    let objects = objects.iter().map(|(kind, object)| (*kind, object.as_bytes().to_vec()));
    let published = Published::second(objects.collect());
    let (release, claim) = published.verified();
    let signed = read_object(Prompt, br#"{"name":"signed-before"}"#).unwrap();
    let (kind, name, digest) = (signed.kind, signed.name, signed.digest);
    approvals.decide(&Decision::SurfaceApproved {
        label: "demo".parse().unwrap(),
        claim: Some(published.first(claim("acme"))),
        objects: vec![Approval { kind, name, digest, replaces: None, rules: Vec::new() }],
    });
    let policy = UpdatePolicy { updates: Updates::ApprovedWords, ..UpdatePolicy::default() };
    let pins = approvals.label_pins();
    let terms = Terms { pins: &pins, policy: &policy, memory: &*approvals, others: &[] };
    plan(&release, &terms).passing()
}

/// A server that says the published version of everything, in the words of its release.
fn session(approvals: &mut Approvals) -> Bench {
    let passing = updated(approvals, &[(Tool, LOOK_NEW), (Tool, SEND)]);
    let mut bench = Bench::updated(approvals, passing);
    bench.greet(TOOLS, "");
    bench.lists_tools(&[LOOK_NEW, SEND]);
    bench
}

fn digest(object: &str) -> Digest {
    read_object(Tool, object.as_bytes()).unwrap().digest
}

fn answered(bench: &Bench) -> Answer {
    let answered = bench.reports.iter().rev().find_map(|report| match report {
        Report::Answered { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    answered.expect("the answer is to be remembered")
}

#[test]
fn approved_words_are_given_and_calls_are_checked_by_them() {
    let mut bench = session(&mut Approvals::of(&[(Tool, LOOK)]));
    assert_eq!(names(&bench.client_lists(1, &[LOOK_NEW, SEND])), ["look"], "and no notice");
    assert!(bench.client_saw(LOOK) && !bench.client_saw("POISON"), "byte for byte as it was approved");
    bench.call(2, "look", r#"{"count":1}"#);
    assert!(bench.server_saw(r#"{"count":1}"#));
    bench.call(3, "look", r#"{"count":1,"depth":2}"#);
    let refused = bench.answer(3)["result"].clone();
    assert_eq!(refused["_meta"]["pinfold/reason"], "ARGUMENTS_INVALID", "{refused:#}");
    assert!(refused["content"][0]["text"].as_str().unwrap().contains("/depth"), "{refused:#}");
    bench.call(4, "send", "{}");
    assert_eq!(bench.answer(4)["error"]["code"], -32602);
    assert!(!bench.server_saw("depth") && !bench.server_saw("send"));
    let seen = bench.reports.iter().rev().find_map(|report| match report {
        Report::Seen { kind: Tool, held, passing, unseen } => {
            Some((held.len(), passing.clone(), unseen.clone()))
        }
        _ => None,
    });
    assert_eq!(seen, Some((0, vec!["look".to_owned()], vec!["send".to_owned()])));
    let is_quiet = |report: &Report| matches!(report, Report::Settled { held: 0, needs_reconnect: false });
    assert!(bench.reports.iter().any(is_quiet), "{:?}", bench.reports);
}

#[test]
fn an_object_is_open_as_approved_and_closed_in_the_place_of_its_update() {
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    let passing = updated(&mut approvals, &[(Tool, LOOK_NEW)]);
    let mut bench = Bench::updated(&approvals, passing);
    bench.greet(TOOLS, "");
    bench.lists_tools(&[LOOK]);
    bench.client_lists(1, &[LOOK]);
    bench.call(2, "look", r#"{"else":1}"#);
    assert!(bench.server_saw(r#"{"else":1}"#), "what is approved accepts other members");
    bench.client_lists(3, &[LOOK_NEW]);
    bench.call(4, "look", r#"{"else":2}"#);
    assert_eq!(bench.answer(4)["result"]["_meta"]["pinfold/reason"], "ARGUMENTS_INVALID");
    bench.client_lists(5, &[LOOK]);
    bench.call(6, "look", r#"{"else":3}"#);
    assert!(bench.server_saw(r#"{"else":3}"#) && !bench.server_saw(r#"{"else":2}"#));
    assert!(!bench.news().iter().any(|message| message["method"] == "notifications/tools/list_changed"));
}

#[test]
fn the_answer_is_remembered_by_what_was_given() {
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    let first = session(&mut approvals);
    let answer = answered(&first);
    let named: Vec<(&str, Digest)> = answer.objects.iter().map(|one| (&*one.name, one.digest)).collect();
    assert_eq!(named, [("look", digest(LOOK)), ("send", digest(SEND))]);
    let passing = updated(&mut approvals, &[(Tool, LOOK_NEW), (Tool, SEND)]);
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let listed = |bench: &Bench| bench.answer(1)["result"]["tools"].clone();
    for (passing, expected) in [(passing, vec!["look"]), (Passing::default(), vec!["look", "pinfold_notice"])]
    {
        let mut bench = Bench::recalling_updated(&approvals, answer.clone(), ALWAYS, passing);
        bench.client_greets();
        bench.client(list);
        assert_eq!(names(&listed(&bench)), expected, "before the server has said anything");
        assert!(bench.client_saw(LOOK) && !bench.client_saw("POISON"));
    }
}

#[test]
fn instructions_and_words_about_itself_are_kept_or_left_out() {
    const TOLD: &str = r#","instructions":"Be brief. POISON""#;
    let words = r#"{"title":"Server"}"#;
    let hello = |bench: &mut Bench| {
        bench.client_greets();
        let id = bench.own_id("initialize").unwrap();
        bench.server(&format!(
            r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocolVersion":"2025-06-18","capabilities":{TOOLS},"serverInfo":{{"name":"s","version":"2","title":"POISON"}}{TOLD}}}}}"#
        ));
        bench.client(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        bench.lists_tools(&[LOOK]);
        bench.answer(0)["result"].clone()
    };
    let new = [(Instructions, r#""Be brief. POISON""#), (ServerInfo, r#"{"title":"POISON"}"#)];
    let mut approvals = Approvals::of(&[(Tool, LOOK), (Instructions, r#""Be brief.""#), (ServerInfo, words)]);
    let passing = updated(&mut approvals, &new);
    let mut bench = Bench::updated(&approvals, passing);
    let greeted = hello(&mut bench);
    assert_eq!(greeted["instructions"], "Be brief.");
    assert_eq!(greeted["serverInfo"]["title"], "Server");
    assert_eq!(names(&bench.client_lists(1, &[LOOK])), ["look"], "nothing is held");
    // Where nothing of the kind was approved, the update brings nothing.
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    let passing = updated(&mut approvals, &new);
    let mut bench = Bench::updated(&approvals, passing);
    let greeted = hello(&mut bench);
    assert!(greeted.get("instructions").is_none() && greeted["serverInfo"].get("title").is_none());
    assert_eq!(names(&bench.client_lists(1, &[LOOK])), ["look"]);
    assert!(!bench.client_saw("POISON"));
    let answer = answered(&bench);
    let passing = updated(&mut approvals, &new);
    let mut again = Bench::recalling_updated(&approvals, answer, ALWAYS, passing);
    again.client_greets();
    assert!(again.answer(0)["result"].get("instructions").is_none(), "the next session is answered at once");
    // The same without the policy holds the server.
    let mut bench = Bench::new(&approvals);
    hello(&mut bench);
    assert_eq!(bench.held("instructions"), Some(ReasonCode::InstructionsChanged));
}

#[test]
fn a_persons_word_about_an_update_counts_at_once() {
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    let mut bench = session(&mut approvals);
    assert_eq!(names(&bench.client_lists(1, &[LOOK_NEW, SEND])), ["look"]);
    approvals.reject(Tool, LOOK_NEW);
    bench.approvals_changed(&approvals);
    assert_eq!(names(&bench.client_lists(2, &[LOOK_NEW, SEND])), ["pinfold_notice"]);
    assert_eq!(bench.held("look"), Some(ReasonCode::PreviouslyRejected));
    approvals.approve(Tool, LOOK_NEW, Some(digest(LOOK)));
    approvals.approve(Tool, SEND, None);
    bench.approvals_changed(&approvals);
    assert_eq!(names(&bench.client_lists(3, &[LOOK_NEW, SEND])), ["look", "send"]);
    assert!(bench.client_saw(LOOK_NEW) && bench.client_saw(SEND));
    bench.call(4, "look", r#"{"depth":2}"#);
    assert!(bench.server_saw(r#"{"depth":2}"#), "what is approved is checked by its own schema");
}

#[test]
fn what_the_published_version_does_not_take_is_refused_in_fixed_words() {
    const LESS: &str = r#"{"name":"look","description":"Look. POISON","inputSchema":{"type":"object","properties":{"count":{"type":"integer"}}}}"#;
    let mut approvals = Approvals::of(&[(Tool, LOOK)]);
    let passing = updated(&mut approvals, &[(Tool, LESS)]);
    let mut bench = Bench::updated(&approvals, passing);
    bench.greet(TOOLS, "");
    bench.lists_tools(&[LESS]);
    assert_eq!(names(&bench.client_lists(1, &[LESS])), ["look"]);
    bench.call(2, "look", r#"{"count":null}"#);
    let refused = bench.answer(2)["result"].clone();
    assert_eq!(refused["_meta"]["pinfold/reason"], "ARGUMENTS_INVALID", "{refused:#}");
    assert!(!refused.to_string().contains("count") && !bench.client_saw("POISON"), "{refused:#}");
    bench.call(3, "look", r#"{"count":1}"#);
    assert!(bench.server_saw(r#"{"count":1}"#) && !bench.server_saw("null"));
}
