//! Reader and writer beside independent ones: generated documents, written in many ways, against `serde_json` and
//! `serde_json_canonicalizer`.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "a long run asks for more cases by a variable")]

use pinfold_core::digest::{ObjectKind, interop_digest, object_digest};
use pinfold_core::json::{ReadLimits, ReadRefusal, canonical, read, read_canonical};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value as Oracle;

const CASES: u32 = 400;

/// How many cases `PROPTEST_CASES` asks for, where it does.
fn asked() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Numbers of every size; bit patterns, so that each exponent is as likely as another.
fn number() -> impl Strategy<Value = Oracle> {
    prop_oneof![
        (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Oracle::from),
        any::<i32>().prop_map(Oracle::from),
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter_map("finite", |double| { serde_json::Number::from_f64(double).map(Oracle::Number) }),
        (any::<i32>(), 0..6i32)
            .prop_map(|(digits, places)| Oracle::from(f64::from(digits) / 10f64.powi(places))),
    ]
}

/// Text with everything that a writer treats specially: controls, quotes, both sides of the surrogates, combining marks.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => proptest::char::range(' ', '~'),
        1 => proptest::char::range('\0', '\u{1f}'),
        1 => proptest::sample::select(vec!['"', '\\', '/', '\u{7f}', '\u{80}', '\u{2028}', '\u{301}', '\u{feff}']),
        1 => proptest::sample::select(vec!['\u{d7ff}', '\u{e000}', '\u{fb33}', '\u{ffff}', '\u{10000}', '\u{10ffff}']),
        1 => any::<char>(),
    ];
    vec(character, 0..24).prop_map(String::from_iter)
}

fn document() -> impl Strategy<Value = Oracle> {
    let leaf = prop_oneof![
        Just(Oracle::Null),
        any::<bool>().prop_map(Oracle::from),
        number(),
        text().prop_map(Oracle::from)
    ];
    leaf.prop_recursive(6, 96, 24, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Oracle::from),
            btree_map(text(), inner, 0..24).prop_map(|members| members.into_iter().collect::<Oracle>()),
        ]
    })
}

/// Writes a document in one of its many forms; `dice` chooses white space, escapes, number forms and member order.
struct Scribe<'d> {
    out: String,
    dice: std::iter::Cycle<std::slice::Iter<'d, u8>>,
}

impl Scribe<'_> {
    fn roll(&mut self, sides: u8) -> u8 {
        self.dice.next().unwrap() % sides
    }

    fn space(&mut self) {
        for _ in 0..self.roll(3) {
            let space = [' ', '\t', '\n', '\r'][usize::from(self.roll(4))];
            self.out.push(space);
        }
    }

    fn write(&mut self, value: &Oracle) {
        self.space();
        match value {
            Oracle::Null | Oracle::Bool(_) => self.out.push_str(&value.to_string()),
            Oracle::Number(number) => self.number(number),
            Oracle::String(text) => self.string(text),
            Oracle::Array(elements) => {
                self.list('[', ']', elements.iter().map(|element| (None, element)).collect())
            }
            Oracle::Object(members) => {
                let mut members: Vec<_> = members.iter().map(|(name, value)| (Some(name), value)).collect();
                let turn = usize::from(self.roll(7));
                if !members.is_empty() {
                    let middle = turn % members.len();
                    members.rotate_left(middle);
                }
                if turn > 3 {
                    members.reverse();
                }
                self.list('{', '}', members);
            }
        }
        self.space();
    }

    fn list(&mut self, open: char, close: char, items: Vec<(Option<&String>, &Oracle)>) {
        self.out.push(open);
        for (index, (name, value)) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            if let Some(name) = name {
                self.space();
                self.string(name);
                self.space();
                self.out.push(':');
            }
            self.write(value);
        }
        self.space();
        self.out.push(close);
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            let must = matches!(character, '"' | '\\' | '\0'..='\u{1f}');
            if !must && self.roll(4) > 0 {
                self.out.push(character);
                continue;
            }
            let upper = self.roll(2) == 0;
            for unit in character.encode_utf16(&mut [0; 2]) {
                let escape = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                self.out.push_str(&escape);
            }
        }
        self.out.push('"');
    }

    fn number(&mut self, number: &serde_json::Number) {
        let double = number.as_f64().unwrap();
        let whole = number.is_i64() && double.abs() < 1e15;
        let form = match self.roll(4) {
            0 if whole => format!("{double:.0}"),
            1 if whole => format!("{double:.0}.000"),
            // Seventeen digits name every double.
            2 => format!("{double:.16e}"),
            3 => format!("{double:.16E}").replace('E', "0E+").replace("E+-", "E-"),
            _ if whole => format!("{double:.0}e0"),
            _ => format!("{double:e}"),
        };
        self.out.push_str(&form);
    }
}

fn written(value: &Oracle, dice: &[u8]) -> String {
    let mut scribe = Scribe { out: String::new(), dice: dice.iter().cycle() };
    scribe.write(value);
    scribe.out
}

fn holds_large_whole_number(value: &Oracle) -> bool {
    match value {
        Oracle::Number(number) => {
            number.as_f64().is_some_and(|double| (9_007_199_254_740_992.0..1e21).contains(&double.abs()))
        }
        Oracle::Array(elements) => elements.iter().any(holds_large_whole_number),
        Oracle::Object(members) => members.values().any(holds_large_whole_number),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES.max(asked()), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonical_form_is_the_oracles(value in document(), dice in vec(any::<u8>(), 1..64)) {
        let expected = serde_json_canonicalizer::to_vec(&value).unwrap();
        let doc = written(&value, &dice);
        let ours = read(doc.as_bytes(), &ReadLimits::LISTING).map_err(|error| TestCaseError::fail(format!("{error}: {doc}")))?;
        prop_assert_eq!(String::from_utf8(canonical(&ours)).unwrap(), String::from_utf8(expected.clone()).unwrap());
        match read(&expected, &ReadLimits::LISTING) {
            Ok(again) => prop_assert_eq!(canonical(&again), expected),
            Err(error) => {
                prop_assert_eq!(error.refusal, ReadRefusal::IntegerTooLarge);
                prop_assert!(holds_large_whole_number(&value));
            }
        }
    }

    #[test]
    fn writing_a_document_differently_changes_no_digest(
        value in document(),
        first in vec(any::<u8>(), 1..64),
        second in vec(any::<u8>(), 1..64),
    ) {
        let (first, second) = (written(&value, &first), written(&value, &second));
        let first = read(first.as_bytes(), &ReadLimits::LISTING).unwrap();
        let second = read(second.as_bytes(), &ReadLimits::LISTING).unwrap();
        prop_assert_eq!(object_digest(ObjectKind::Tool, &first), object_digest(ObjectKind::Tool, &second));
        prop_assert_eq!(interop_digest(&first), interop_digest(&second));
        prop_assert_ne!(object_digest(ObjectKind::Tool, &first), object_digest(ObjectKind::Prompt, &first));
    }

    /// One byte changed anywhere: what the reader still accepts, the oracle accepts with the same meaning. (The
    /// reverse does not hold: the oracle lets duplicates pass.)
    #[test]
    fn nothing_is_accepted_that_the_oracle_refuses(
        value in document(),
        dice in vec(any::<u8>(), 1..64),
        at in any::<proptest::sample::Index>(),
        byte in prop_oneof![any::<u8>(), proptest::sample::select(b"\"\\{}[]:,0123456789eE+-.tfnu \n\x80\xc0\xed\xf4".to_vec())],
        insert in any::<bool>(),
    ) {
        let mut doc = written(&value, &dice).into_bytes();
        let at = at.index(doc.len());
        if insert { doc.insert(at, byte) } else { doc[at] = byte }
        let ours = read(&doc, &ReadLimits::LISTING);
        let oracle = serde_json::from_slice::<Oracle>(&doc);
        match (ours, oracle) {
            (Ok(ours), Ok(oracle)) => prop_assert_eq!(canonical(&ours), serde_json_canonicalizer::to_vec(&oracle).unwrap()),
            (Ok(_), Err(error)) => prop_assert!(false, "accepted, though {}", error),
            (Err(error), Ok(_)) => prop_assert!(
                matches!(error.refusal, ReadRefusal::DuplicateMember | ReadRefusal::IntegerTooLarge),
                "{} refused alone", error
            ),
            (Err(error), Err(_)) => prop_assert!(error.offset <= doc.len()),
        }
    }

    /// The reader of canonical forms accepts exactly the documents that the other reader and the writer give back.
    #[test]
    fn only_the_canonical_form_is_its_own(
        value in document(),
        dice in vec(any::<u8>(), 1..64),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
        change in any::<bool>(),
    ) {
        let loose = written(&value, &dice).into_bytes();
        let mut doc = read(&loose, &ReadLimits::LISTING).map_or(loose.clone(), |value| canonical(&value));
        if change {
            let at = at.index(doc.len());
            doc[at] = byte;
        }
        for doc in [doc, loose] {
            let by_writing = read(&doc, &ReadLimits::LISTING).ok().filter(|value| canonical(value) == doc);
            prop_assert_eq!(read_canonical(&doc, &ReadLimits::LISTING).ok(), by_writing);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(doc in vec(any::<u8>(), 0..200)) {
        if let Err(error) = read(&doc, &ReadLimits::LISTING) {
            prop_assert!(error.offset <= doc.len());
        }
    }

    #[test]
    fn every_double_comes_out_in_the_oracles_form(bits in any::<u64>()) {
        let double = f64::from_bits(bits);
        prop_assume!(double.is_finite());
        let doc = format!("{double:.16e}");
        let value = read(doc.as_bytes(), &ReadLimits::LISTING).unwrap();
        let oracle = serde_json_canonicalizer::to_vec(&double).unwrap();
        prop_assert_eq!(canonical(&value), oracle, "{}", doc);
    }
}
