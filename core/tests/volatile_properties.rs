//! What holds of volatile rules whatever the texts are, against a second way to say it.
#![allow(clippy::unwrap_used)]

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{Value, canonical};
use pinfold_core::volatile::{Passed, Rule, RuleKind, Separator, carry, check, learn, matches, propose};
use proptest::prelude::*;

const HOME: &str = "/home/somebody";

/// A piece of a description: fixed words, or a span of a kind with the pinned and the live text.
#[derive(Clone, Debug)]
enum Piece {
    Words(String),
    Span(RuleKind, String, String),
}

fn instant() -> impl Strategy<Value = String> {
    ("20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]0[0-9]:[0-5][0-9])")
        .prop_map(|text| text)
}

fn zone() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "Asia/Tokyo",
        "Etc/UTC",
        "UTC",
        "America/Argentina/Buenos_Aires",
        "Etc/GMT+1",
        "Etc/GMT",
    ])
    .prop_map(str::to_owned)
}

fn list() -> impl Strategy<Value = (String, String)> {
    (Just(()), prop::collection::vec("[a-z]{1,6}", 2..6)).prop_flat_map(|((), items)| {
        let shuffled = Just(items.clone()).prop_shuffle();
        (Just(items.join(", ")), shuffled.prop_map(|items| items.join(", ")))
    })
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        (instant(), instant()).prop_map(|(one, other)| Piece::Span(RuleKind::DateTime, one, other)),
        (zone(), zone()).prop_map(|(one, other)| Piece::Span(RuleKind::Zone, one, other)),
        list().prop_map(|(one, other)| Piece::Span(RuleKind::Permutation(Separator::CommaBlank), one, other)),
        "/home/[a-z]{1,9}".prop_map(|old| Piece::Span(RuleKind::Home, old, HOME.to_owned())),
    ]
}

/// Words, then a span, and so on: spans never touch.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let words = prop_oneof![" [a-zé🐳/,.:;0-9 -]{0,12} ", Just(" at ".to_owned())];
    (prop::collection::vec((words, piece()), 0..5), "[ -~]{0,8}").prop_map(|(pairs, tail)| {
        let pairs = pairs.into_iter().flat_map(|(words, span)| [Piece::Words(words), span]);
        pairs.chain([Piece::Words(tail)]).collect()
    })
}

/// The pinned text, the live one, and the rules.
fn assemble(pieces: &[Piece]) -> (String, String, Vec<Rule>) {
    let (mut pinned, mut live, mut rules) = (String::new(), String::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Words(words) => {
                pinned.push_str(words);
                live.push_str(words);
            }
            Piece::Span(kind, old, new) => {
                let start = pinned.len();
                pinned.push_str(old);
                live.push_str(new);
                let pointer = "/description".to_owned();
                rules.push(Rule { pointer, start, end: pinned.len(), kind: *kind });
            }
        }
    }
    (pinned, live, rules)
}

fn tool(description: &str) -> Value<'_> {
    Value::object(vec![("name", Value::string("tool")), ("description", Value::string(description))])
}

fn passed() -> Passed {
    Passed { home: Some(HOME.to_owned()), ..Passed::default() }
}

#[test]
fn several_captures_are_explained_together() {
    let tools =
        ["b, a, c at UTC", "a, b, c at UTC", "a, c, b at Asia/Tokyo", "c, b, a at Etc/GMT+1"].map(tool);
    let others: Vec<&Value<'_>> = tools[1..].iter().collect();
    let rules = learn(ObjectKind::Tool, &tools[0], &others, &passed()).unwrap();
    let kinds: Vec<RuleKind> = rules.iter().map(|rule| rule.kind).collect();
    assert_eq!(kinds, [RuleKind::Permutation(Separator::CommaBlank), RuleKind::Zone]);
    let later = tool("b, c, a at Europe/Paris");
    assert!(matches(ObjectKind::Tool, &tools[0], &rules, &later, &passed()));
    let other = tool("b, c, a in Europe/Paris");
    assert_eq!(learn(ObjectKind::Tool, &tools[0], &[&tools[1], &other], &passed()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Other spans of their kinds are equal, whatever stands around them.
    #[test]
    fn other_spans_of_their_kinds_are_equal(pieces in pieces()) {
        let (pinned, live, rules) = assemble(&pieces);
        let (pinned, live) = (tool(&pinned), tool(&live));
        prop_assert_eq!(check(ObjectKind::Tool, &pinned, &rules), Ok(()));
        prop_assert!(matches(ObjectKind::Tool, &pinned, &rules, &live, &passed()));
    }

    /// Rules that are taken over to the live object fit it, and make the next one equal to it.
    #[test]
    fn rules_are_carried_to_what_is_equal(pieces in pieces()) {
        let (pinned, live, rules) = assemble(&pieces);
        let (pinned, live) = (tool(&pinned), tool(&live));
        let carried = carry(ObjectKind::Tool, &pinned, &rules, &live, &passed());
        prop_assert_eq!(carried.len(), rules.len());
        prop_assert_eq!(check(ObjectKind::Tool, &live, &carried), Ok(()));
        prop_assert!(matches(ObjectKind::Tool, &live, &carried, &live, &passed()));
        let changed = tool("Other words.");
        let none = rules.is_empty() || carry(ObjectKind::Tool, &pinned, &rules, &changed, &passed()).is_empty();
        prop_assert!(none);
    }

    /// What is proposed is equal under it, and a change of the words between the spans ends that. The rules that are
    /// proposed need not be those that the texts were made with: another list may explain them too.
    #[test]
    fn what_is_proposed_is_equal_and_nothing_else_is(
        pieces in pieces(),
        at in any::<prop::sample::Index>(),
        letter in "[A-Zß#]",
    ) {
        let (pinned_text, live_text, _) = assemble(&pieces);
        let (pinned, live) = (tool(&pinned_text), tool(&live_text));
        let Some(rules) = propose(ObjectKind::Tool, &pinned, &live, &passed()) else { return Ok(()) };
        prop_assert!(matches(ObjectKind::Tool, &pinned, &rules, &live, &passed()));
        // Without the rules it is plain equality.
        prop_assert_eq!(rules.is_empty(), canonical(&pinned) == canonical(&live));

        // A letter that no span has, anywhere in the live text.
        let places: Vec<usize> = live_text.char_indices().map(|(place, _)| place).chain([live_text.len()]).collect();
        let place = places[at.index(places.len())];
        let mut changed = live_text.clone();
        changed.insert_str(place, &letter);
        let changed = tool(&changed);
        prop_assert!(!matches(ObjectKind::Tool, &pinned, &rules, &changed, &passed()) );
    }

    /// No text ends the program, and rules that are made up match nothing but what they describe.
    #[test]
    fn made_up_rules_and_texts_do_no_harm(
        pinned in ".{0,40}",
        live in ".{0,40}",
        spans in prop::collection::vec((0..50_usize, 0..50_usize, 0..7_usize), 0..4),
    ) {
        let kinds = [
            RuleKind::DateTime, RuleKind::Date, RuleKind::Zone, RuleKind::Home, RuleKind::Folder,
            RuleKind::Argument, RuleKind::Permutation(Separator::Comma),
        ];
        let rules: Vec<Rule> = spans
            .into_iter()
            .map(|(start, end, kind)| Rule { pointer: "/description".to_owned(), start, end, kind: kinds[kind] })
            .collect();
        let (one, other) = (tool(&pinned), tool(&live));
        let equal = matches(ObjectKind::Tool, &one, &rules, &other, &passed());
        let fits = check(ObjectKind::Tool, &one, &rules).is_ok();
        prop_assert!(!equal || fits);
        prop_assert!(!equal || !rules.is_empty() || pinned == live);
        let _ = propose(ObjectKind::Tool, &one, &other, &passed());
    }
}
