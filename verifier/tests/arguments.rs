//! Checks of arguments under schemas and values that are made to hurt, and of real tools' schemas.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and take the time")]

#[path = "../../core/tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_verifier::arguments::{ArgumentCheck, MAX_ARGUMENT_LEVELS, NotEnforcedReason};
use support::{data_folder, files_of};

/// What a thread of the gate has: the default of a Rust thread.
const STACK_BYTES: usize = 2 << 20;

/// In a debug build on a busy machine; a check without a limit would take longer than the universe is old.
const IN_TIME: Duration = Duration::from_secs(60);

fn compile(schema: &str) -> ArgumentCheck {
    ArgumentCheck::compile(format!(r#"{{"name":"t","inputSchema":{schema}}}"#).as_bytes()).0
}

/// `levels` objects, each in the member `x` of the one around it, with `leaf` in the innermost.
fn nested(levels: usize, leaf: &str) -> String {
    format!("{}{leaf}{}", r#"{"x":"#.repeat(levels - 1), "}".repeat(levels - 1))
}

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap().join().unwrap();
}

/// Schemas that go as deep as the arguments, each by other keywords.
const RECURSIVE: &[&str] = &[
    r##"{"type":"object","properties":{"x":{"$ref":"#"}}}"##,
    r##"{"type":"object","additionalProperties":{"$ref":"#"}}"##,
    r##"{"type":"object","patternProperties":{"^x":{"$ref":"#"}}}"##,
    r##"{"type":"object","allOf":[{"anyOf":[{"oneOf":[{"properties":{"x":{"$ref":"#"}}}]}]}]}"##,
    r##"{"type":"object","allOf":[{"properties":{"x":{"$ref":"#"}}}],"unevaluatedProperties":false}"##,
    r##"{"$dynamicAnchor":"n","type":"object","properties":{"x":{"$dynamicRef":"#n"}}}"##,
    r##"{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"type":"object","properties":{"x":{"$recursiveRef":"#"}}}"##,
    r##"{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"n":{"type":"object","properties":{"x":{"$ref":"#/definitions/n"}}}},"$ref":"#/definitions/n"}"##,
];

#[test]
fn recursive_schemas_are_followed_to_the_last_level() {
    on_a_small_stack(|| {
        for schema in RECURSIVE {
            let check = compile(schema);
            for levels in [1, 2, 10, 60] {
                assert_eq!(check.check(Some(nested(levels, "{}").as_bytes())), Ok(()), "{schema} {levels}");
            }
            let fault = check.check(Some(nested(31, "5").as_bytes())).unwrap_err();
            // Alternatives are told where they stand, not where one of them failed.
            let is_told = !schema.contains("anyOf");
            assert_eq!(fault.pointer, if is_told { "/x".repeat(30) } else { String::new() }, "{schema}");
            assert_eq!(fault.expected == "an object", is_told, "{schema}");
        }
    });
}

#[test]
fn arguments_beyond_the_levels_are_refused_without_harm() {
    on_a_small_stack(|| {
        for schema in RECURSIVE {
            let check = compile(schema);
            for levels in [MAX_ARGUMENT_LEVELS + 1, 127, 128, 500, 100_000] {
                let fault = check.check(Some(nested(levels, "{}").as_bytes())).unwrap_err();
                assert!(fault.expected.ends_with("levels of arrays and objects"), "{schema}: {fault:?}");
            }
        }
        let plain = compile(r#"{"type":"object"}"#);
        assert_eq!(plain.check(Some(nested(MAX_ARGUMENT_LEVELS, "{}").as_bytes())), Ok(()));
        let brackets = format!(r#"{{"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(plain.check(Some(brackets.as_bytes())).is_err());
    });
}

#[test]
fn long_chains_of_references_leave_room_on_the_stack() {
    on_a_small_stack(|| {
        let links: Vec<String> =
            (0..60).map(|link| format!(r##""a{link}":{{"$ref":"#/$defs/a{}"}}"##, link + 1)).collect();
        let last = r##""a60":{"type":"object","properties":{"x":{"$ref":"#/$defs/a0"}}}"##;
        let check = compile(&format!(r##"{{"$defs":{{{},{last}}},"$ref":"#/$defs/a0"}}"##, links.join(",")));
        let levels =
            (1..200).take_while(|levels| check.check(Some(nested(*levels, "{}").as_bytes())).is_ok()).count();
        assert!((10..40).contains(&levels), "{levels} levels of 62 schemas each");
    });
}

#[test]
fn a_check_that_multiplies_ends_in_time() {
    on_a_small_stack(|| {
        let start = Instant::now();
        let twice = r##"{"type":"object","allOf":[{"properties":{"x":{"$ref":"#"}}},{"properties":{"x":{"$ref":"#"}}}]}"##;
        assert_eq!(compile(twice).check(Some(nested(90, "{}").as_bytes())), Ok(()));
        assert!(compile(twice).check(Some(nested(90, "5").as_bytes())).is_err());
        let alternatives = r##"{"anyOf":[{"properties":{"x":{"$ref":"#"}},"required":["y"]},{"properties":{"x":{"$ref":"#"}},"required":["z"]},{"type":"null"}]}"##;
        assert!(compile(alternatives).check(Some(nested(90, "{}").as_bytes())).is_err());
        let one_of = r##"{"oneOf":[{"properties":{"x":{"$ref":"#"}},"maxProperties":1},{"properties":{"x":{"$ref":"#"}},"minProperties":1}]}"##;
        assert!(compile(one_of).check(Some(nested(90, "{}").as_bytes())).is_err());
        // A list of distinct long lists: each pair is compared.
        let unique = r#"{"properties":{"l":{"uniqueItems":true,"items":{"uniqueItems":true}}}}"#;
        let row: Vec<String> = (0..200).map(|number| number.to_string()).collect();
        let rows: Vec<String> = (0..200).map(|number| format!("[{number}.5,{}]", row.join(","))).collect();
        let list = format!(r#"{{"l":[{}]}}"#, rows.join(","));
        assert_eq!(compile(unique).check(Some(list.as_bytes())), Ok(()));
        assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
    });
}

#[test]
fn a_pattern_that_backtracks_elsewhere_runs_in_linear_time() {
    let start = Instant::now();
    let check = compile(r#"{"properties":{"s":{"pattern":"^(a+)+$"}}}"#);
    let long = format!(r#"{{"s":"{}!"}}"#, "a".repeat(100_000));
    assert_eq!(check.check(Some(long.as_bytes())).unwrap_err().pointer, "/s");
    let (_, huge) = ArgumentCheck::compile(
        br#"{"name":"t","inputSchema":{"properties":{"s":{"pattern":"((((a{100}){100}){100}){100})"}}}}"#,
    );
    assert_eq!(huge.len(), 1);
    assert_eq!(huge[0].why, NotEnforcedReason::Pattern);
    assert!(start.elapsed() < IN_TIME);
}

#[test]
fn long_lists_are_not_refused_for_their_length() {
    let check = compile(r#"{"properties":{"l":{"type":"array","items":{"type":"integer","minimum":0}}}}"#);
    let numbers: Vec<String> = (0..400_000).map(|number| number.to_string()).collect();
    let fits = format!(r#"{{"l":[{}]}}"#, numbers.join(","));
    assert_eq!(check.check(Some(fits.as_bytes())), Ok(()));
    let fault = check.check(Some(fits.replace("399999", "-1").as_bytes())).unwrap_err();
    assert_eq!((fault.pointer.as_str(), fault.expected.as_str()), ("/l/399999", "at least 0"));
}

#[test]
fn one_check_serves_many_threads() {
    let check = compile(RECURSIVE[4]);
    std::thread::scope(|scope| {
        for levels in 1..9 {
            let check = &check;
            scope.spawn(move || {
                assert_eq!(check.check(Some(nested(levels, "{}").as_bytes())), Ok(()));
                assert!(check.check(Some(nested(levels, "[]").as_bytes())).is_err());
            });
        }
    });
}

#[test]
fn a_refusal_repeats_no_text_of_the_schema() {
    let schema = r#"{"properties":{"a":{"enum":["SECRET"]},"b":{"const":"SECRET"},"c":{"pattern":"^SECRET$"},
        "d":{"not":{"title":"SECRET"}},"e":{"anyOf":[{"const":"SECRET"}]},"f":{"contains":{"const":"SECRET"}},
        "g":{"propertyNames":{"pattern":"SECRET"}},"h":{"format":"SECRET","type":"string"}}}"#;
    let check = compile(schema);
    for (member, value) in [
        ("a", "1"),
        ("b", "1"),
        ("c", "\"x\""),
        ("d", "1"),
        ("e", "1"),
        ("f", "[]"),
        ("g", "{\"x\":1}"),
        ("h", "1"),
    ] {
        let fault = check.check(Some(format!(r#"{{"{member}":{value}}}"#).as_bytes())).unwrap_err();
        assert!(!format!("{fault:?} {fault}").contains("SECRET"), "{fault:?}");
        assert!(fault.pointer.starts_with(&format!("/{member}")), "{fault:?}");
    }
}

#[test]
fn real_schemas_are_enforced_but_for_a_few_patterns() {
    let Some(folder) = data_folder("corpus") else { return };
    let (mut tools, mut reasons) = (0, Vec::new());
    for file in files_of(&folder).iter().filter(|file| file.extension().is_some_and(|e| e == "json")) {
        let bytes = std::fs::read(file).unwrap();
        let server = json::read(&bytes, &ReadLimits::LISTING).unwrap();
        let list = server.get("tools").and_then(Value::as_array).unwrap_or_default();
        // Every fifth: compiling all of them takes a while in a debug build.
        for tool in list.iter().step_by(5) {
            let (_, not_enforced) = ArgumentCheck::compile(tool.slice(&bytes));
            tools += 1;
            reasons.extend(not_enforced.into_iter().map(|part| (part.why, file.clone(), part.pointer)));
        }
    }
    println!("{tools} real tools compiled, {} parts not enforced", reasons.len());
    for (why, file, pointer) in reasons {
        assert_eq!(why, NotEnforcedReason::Pattern, "{} {pointer}", file.display());
    }
}
