//! The vectors of `spec/volatile-rules.md`.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{ReadLimits, Value, canonical, read};
use pinfold_core::volatile::{Passed, Rule, check, matches, propose, propose_days, propose_paths};
use support::{Vector, vectors};

#[test]
fn every_vector_of_volatile_rules_comes_out_as_expected() {
    for mut vector in vectors("volatile-rules") {
        let input = vector.need("input");
        let outcome = outcome(&input, &vector);
        assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
        vector.finish();
    }
}

fn outcome(input: &str, vector: &Vector) -> &'static str {
    let document = read(&vector.input, &ReadLimits::OWN).unwrap();
    let pinned = document.get("pinned").unwrap();
    let kind = document.get("kind").map_or(ObjectKind::Tool, |kind| kind.as_str().unwrap().parse().unwrap());
    let passed = document.get("passed").map(passed).unwrap_or_default();
    let live = document.get("live");
    match input {
        "rules" => check(kind, pinned, &rules(&document)).err().map_or("ok", |fault| fault.name()),
        "equal" if matches(kind, pinned, &rules(&document), live.unwrap(), &passed) => "equal",
        "equal" => "other",
        "propose" => {
            let proposed = match live {
                Some(live) => propose(kind, pinned, live, &passed),
                None => {
                    let mut rules = Vec::new();
                    propose_paths(kind, pinned, &passed, &mut rules);
                    if document.get("clock").is_some() {
                        propose_days(kind, pinned, &mut rules);
                    }
                    Some(rules)
                }
            };
            let Some(proposed) = proposed else { return "none" };
            assert_eq!(written(&proposed), written(&rules(&document)), "{}", vector.file);
            "ok"
        }
        other => panic!("{}: input {other}", vector.file),
    }
}

fn rules(document: &Value<'_>) -> Vec<Rule> {
    let rules = document.get("rules").unwrap().as_array().unwrap();
    rules.iter().map(|rule| Rule::from_value(rule).unwrap()).collect()
}

fn passed(value: &Value<'_>) -> Passed {
    let text = |name| value.get(name).map(|text| text.as_str().unwrap().to_owned());
    let arguments = value.get("arguments").map(|all| all.as_array().unwrap()).unwrap_or_default();
    Passed {
        home: text("home"),
        folder: text("folder"),
        arguments: arguments.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
    }
}

fn written(rules: &[Rule]) -> String {
    let rules = Value::array(rules.iter().map(Rule::to_value).collect());
    String::from_utf8(canonical(&rules)).unwrap()
}
