//! The framing walk beside an independent judge of well-formedness, and its slices beside what was put in.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "a long run asks for more cases by a variable")]

use pinfold_core::framing::{FrameError, FrameKind, FrameLimits, Raw, RawFault, parse_frame, salvage_id};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::IgnoredAny;

const CASES: u32 = 1_000;

/// How many cases `PROPTEST_CASES` asks for, where it does.
fn asked() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
const LIMITS: FrameLimits = FrameLimits::TRAFFIC;

/// Pieces of JSON, right and nearly right, that are put together at random: most results are broken somewhere.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\t",
    "\"a\"",
    "\"\"",
    "\"id\"",
    "\"\\u0061\\n\"",
    "\"\\ud800\"",
    "\"\\x\"",
    "\"\\u00g0\"",
    "\"\u{e9}\u{1f600}\"",
    "\"long enough for a whole word of eight bytes\"",
    "\"\u{1}\"",
    "0",
    "-0",
    "01",
    "1.5",
    "1.",
    "-",
    "1e5",
    "1E+05",
    "1e",
    ".5",
    "12345678901234567890",
    "true",
    "false",
    "null",
    "nul",
    "True",
    "\u{a0}",
    "/",
    "'a'",
    "\"",
];

/// A well-formed value without line breaks, nested a little.
fn value() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "0",
        "-1.10",
        "1e400",
        "9007199254740993",
        "true",
        "null",
        "\"\"",
        "\"a\\\"b\\\\\"",
        "\"\\ud83d\"",
        "\"]}\"",
        "[]",
        "{}",
        " 7 ",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..6).prop_map(|elements| format!("[{}]", elements.join(" ,"))),
            vec(inner, 1..6).prop_map(|elements| {
                let members =
                    elements.iter().enumerate().map(|(index, element)| format!("\"n{index}\" : {element}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn is_well_formed(text: &str) -> bool {
    !matches!(Raw::read(text.as_bytes(), &LIMITS), Err(FrameError::NotJson { .. } | FrameError::Blank))
}

fn agrees_with_oracle(text: &str) -> Result<(), TestCaseError> {
    let oracle = serde_json::from_str::<IgnoredAny>(text);
    prop_assert_eq!(is_well_formed(text), oracle.is_ok(), "{:?}: {:?}", text, oracle.err());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES.max(asked()), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_in_any_order_are_judged_as_the_oracle_does(pieces in vec(proptest::sample::select(PIECES), 1..9)) {
        agrees_with_oracle(&pieces.concat())?;
    }

    #[test]
    fn one_changed_character_is_judged_as_the_oracle_does(
        value in value(),
        at in any::<proptest::sample::Index>(),
        put in proptest::sample::select(vec!["", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", "e", " ", "\n", "\u{0}", "\u{e9}"]),
        drop in any::<bool>(),
    ) {
        agrees_with_oracle(&value)?;
        let mut characters: Vec<String> = value.chars().map(String::from).collect();
        let at = at.index(characters.len());
        if drop { characters[at] = put.to_owned() } else { characters.insert(at, put.to_owned()) }
        agrees_with_oracle(&characters.concat())?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(line in vec(any::<u8>(), 0..120)) {
        if let Err(error) = parse_frame(&line, &LIMITS) {
            prop_assert!(error.offset().is_none_or(|offset| offset <= line.len()));
        }
        let _ = salvage_id(&line, &LIMITS);
    }

    /// What goes in as params, arguments and id comes out byte for byte, in whatever order the members stand.
    #[test]
    fn a_request_comes_apart_into_what_was_put_in(
        arguments in vec(value(), 0..6),
        id in any::<i128>(),
        order in Just([0usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let arguments: Vec<String> =
            arguments.iter().enumerate().map(|(index, value)| format!("\"a{index}\":{value}")).collect();
        let arguments = format!("{{{}}}", arguments.join(","));
        let params = format!("{{ \"name\":\"t\", \"arguments\": {arguments}}}");
        let members = [
            "\"jsonrpc\":\"2.0\"".to_owned(),
            format!("\"id\":{id}"),
            "\"method\":\"tools/call\"".to_owned(),
            format!("\"params\":{params}"),
        ];
        let line = format!("{{{}}}\r", order.map(|index| members[index].clone()).join(", "));
        let frame = parse_frame(line.as_bytes(), &LIMITS).unwrap();
        let FrameKind::Request { id: found, method, params: Some(found_params) } = frame.kind else {
            return Err(TestCaseError::fail("not a request"));
        };
        let id = id.to_string();
        prop_assert_eq!(found.raw, id.as_bytes());
        prop_assert_eq!(method, "tools/call");
        prop_assert_eq!(found_params.text(), &params);
        let found_arguments = found_params.member("arguments").unwrap().unwrap();
        prop_assert_eq!(found_arguments.text(), &arguments);
        prop_assert_eq!(salvage_id(line.as_bytes(), &LIMITS).unwrap().id.raw, found.raw);
    }

    #[test]
    fn members_and_elements_are_the_slices_between_commas(values in vec(value(), 0..8)) {
        let array = format!("[{}]", values.join(","));
        let elements = Raw::read(array.as_bytes(), &LIMITS).unwrap().elements().unwrap();
        prop_assert_eq!(elements.iter().map(|raw| raw.text()).collect::<Vec<_>>(), values.iter().map(|v| v.trim()).collect::<Vec<_>>());

        let members: Vec<String> = values.iter().enumerate().map(|(index, value)| format!("\"\\u006d{index}\":{value}")).collect();
        let object = format!("{{{}}}", members.join(","));
        let members = Raw::read(object.as_bytes(), &LIMITS).unwrap().members().unwrap();
        for (index, (name, raw)) in members.iter().enumerate() {
            prop_assert_eq!(name, &format!("m{index}"));
            prop_assert_eq!(raw.text(), values[index].trim());
        }
        prop_assert_eq!(members.len(), values.len());
    }
}

#[test]
fn values_open_only_as_what_they_are() {
    let raw = |text: &'static str| Raw::read(text.as_bytes(), &LIMITS).unwrap();
    assert_eq!(raw("[1]").members(), Err(RawFault::NotAnObject));
    assert_eq!(raw("{}").elements(), Err(RawFault::NotAnArray));
    assert_eq!(raw(r#"{"a":1,"\u0061":2}"#).members(), Err(RawFault::DupKey));
    assert_eq!(raw(r#"{"\udc00":1}"#).members(), Err(RawFault::LoneSurrogate));
    assert_eq!(raw(r#"{"a":1}"#).member("b"), Ok(None));
    assert_eq!(raw(r#""a\u0062""#).as_string().as_deref(), Some("ab"));
    assert_eq!(raw(r#""\ud800""#).as_string(), None);
    assert_eq!(raw("\"\"").as_string().as_deref(), Some(""));
    assert_eq!(raw("1").as_string(), None);
    assert!(raw(" null ").is_null() && !raw("\"null\"").is_null());
    assert_eq!(
        (raw("true").as_bool(), raw("false").as_bool(), raw("0").as_bool()),
        (Some(true), Some(false), None)
    );
    assert_eq!(format!("{:?}", raw("[\"secret\"]")), "Raw(10 bytes)");
}

#[test]
fn ids_are_told_apart_as_they_are_written() {
    let id_of = |token: &str| {
        let line = format!(r#"{{"jsonrpc":"2.0","id":{token},"method":"m"}}"#);
        match parse_frame(line.as_bytes(), &LIMITS).unwrap().kind {
            FrameKind::Request { id, .. } => id.key(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(id_of(r#""a""#), id_of(r#""\u0061""#));
    assert_ne!(id_of("7"), id_of("\"7\""));
    assert_ne!(id_of("9007199254740992"), id_of("9007199254740993"));
}
