//! What must hold for every chain of decisions, over a small world in which they meet each other often.
#![allow(clippy::unwrap_used)]

use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::launch::{Launch, ProgramFile};
use pinfold_core::name::Label;
use pinfold_core::pins::{
    Approval, ApprovalState, Ask, Chain, Decision, Envelope, LabelPins, MarkerPoint, Pins, Publication,
    Publisher, TamperReason, UnixSeconds,
};
use proptest::collection::vec;
use proptest::prelude::*;

const LABELS: [&str; 3] = ["demo", "DEMO", "other"];
const NAMES: [&str; 2] = ["read", "write"];
const KINDS: [ObjectKind; 2] = [ObjectKind::Tool, ObjectKind::Prompt];

proptest! {
    #[test]
    fn a_chain_is_read_as_it_was_written(decisions in vec(decision(), 0..20)) {
        let mut written = Chain::default();
        let mut read = Chain::default();
        for (at, decision) in decisions.into_iter().enumerate() {
            let policy = (at % 2 == 0).then(|| digest(9));
            let Ok(bytes) = written.decide(decision.clone(), UnixSeconds(at as u64), policy) else { continue };
            let envelope = read.append(&bytes).unwrap();
            prop_assert_eq!(&envelope, &Envelope::from_bytes(&bytes).unwrap());
            prop_assert_eq!((envelope.decision, envelope.policy), (decision, policy));
        }
        prop_assert_eq!(written.head(), read.head());
        prop_assert_eq!(written.pins(), read.pins());
    }

    #[test]
    fn every_changed_byte_of_a_chain_is_noticed(
        decisions in vec(decision(), 2..6), at in any::<prop::sample::Index>(), flip in 1..=255_u8,
    ) {
        let mut chain = Chain::default();
        let decide = |decision| chain.decide(decision, UnixSeconds(1), None).ok();
        let rows: Vec<Vec<u8>> = decisions.into_iter().filter_map(decide).collect();
        prop_assume!(!rows.is_empty());
        let mut changed = rows.concat();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        let mut reread = Chain::default();
        let mut start = 0;
        let mut is_refused = false;
        for row in &rows {
            is_refused |= reread.append(&changed[start..start + row.len()]).is_err();
            start += row.len();
        }
        // A change of the last decision alone can be readable; then it has another head, which the marker tells.
        prop_assert!(is_refused || reread.head() != chain.head());
    }

    #[test]
    fn a_refused_decision_changes_nothing(decisions in vec(decision(), 0..20)) {
        let mut pins = Pins::new();
        for decision in decisions {
            let before = pins.clone();
            if pins.apply(&decision, UnixSeconds(1)).is_err() {
                prop_assert_eq!(&pins, &before);
            }
        }
    }

    #[test]
    fn a_decision_that_was_taken_is_settled(decisions in vec(decision(), 1..20)) {
        let mut pins = Pins::new();
        for decision in decisions {
            let is_settled = pins.is_settled(&decision);
            let before = states(&pins);
            if pins.apply(&decision, UnixSeconds(1)).is_err() {
                continue;
            }
            let is_about_the_store = matches!(decision, Decision::StoreAccepted { .. });
            prop_assert!(pins.is_settled(&decision) || is_about_the_store);
            prop_assert!(!is_settled || states(&pins) == before, "settled, and yet it changed something");
        }
    }

    /// The states by another way of reckoning: for each digest, the last decision that says something about it.
    #[test]
    fn the_last_word_about_a_digest_counts(decisions in vec(decision(), 0..30)) {
        let mut pins = Pins::new();
        let taken: Vec<_> =
            decisions.into_iter().filter(|decision| pins.apply(decision, UnixSeconds(1)).is_ok()).collect();
        for label in LABELS.map(|label| label.parse::<Label>().unwrap()) {
            for (kind, name, digest) in every_object() {
                let name_pins = pins.label(&label).and_then(|pins| pins.name(kind, name));
                let found = name_pins.and_then(|pins| pins.state(&digest));
                prop_assert_eq!(found, last_word(&taken, &label, kind, name, digest));
            }
        }
    }

    /// What is decided about one label is the same whatever is decided about others in between.
    #[test]
    fn labels_do_not_meet(decisions in vec(decision(), 0..30)) {
        let mut together = Pins::new();
        let mut alone = Pins::new();
        let demo: Label = "demo".parse().unwrap();
        for decision in &decisions {
            let is_demo = decision.label().is_some_and(|label| label.key() == demo.key());
            let outcome = together.apply(decision, UnixSeconds(1));
            if is_demo {
                prop_assert_eq!(outcome, alone.apply(decision, UnixSeconds(1)));
            }
        }
        let states = |pins: &Pins| pins.label(&demo).map(label_states);
        prop_assert_eq!(states(&together), states(&alone));
    }

    /// The base of a comparison is a digest of the name that was approved and not rejected since; it is missing only
    /// if there is none.
    #[test]
    fn a_base_was_approved(decisions in vec(decision(), 0..30)) {
        let mut pins = Pins::new();
        decisions.iter().for_each(|decision| { let _ = pins.apply(decision, UnixSeconds(1)); });
        for name in pins.labels().flat_map(|label| label.objects().values()) {
            let of = |wanted| name.digests().iter().filter(move |(_, pin)| pin.state == wanted).count();
            let base = name.latest().map(|base| name.state(&base).unwrap());
            let expected = match (of(ApprovalState::Approved), of(ApprovalState::Retired)) {
                (0, 0) => None,
                (0, _) => Some(ApprovalState::Retired),
                _ => Some(ApprovalState::Approved),
            };
            prop_assert_eq!(base, expected);
        }
    }
}

fn last_word(
    taken: &[Decision],
    label: &Label,
    kind: ObjectKind,
    name: &str,
    digest: Digest,
) -> Option<ApprovalState> {
    let is_label = |other: &Label| other.key() == label.key();
    let (last, before) = taken.split_last()?;
    let earlier = || last_word(before, label, kind, name, digest);
    match last {
        Decision::SurfaceApproved { label, objects, .. } if is_label(label) => {
            let of_name = |object: &&Approval| object.kind == kind && object.name == name;
            let mut objects = objects.iter().filter(of_name).rev();
            // From the end, so that of an approval and a later replacement in one decision the later one counts.
            let word = objects.find(|object| object.digest == digest || object.replaces == Some(digest));
            match word {
                Some(object) if object.digest == digest => Some(ApprovalState::Approved),
                Some(_) if earlier() == Some(ApprovalState::Rejected) => Some(ApprovalState::Rejected),
                Some(_) => Some(ApprovalState::Retired),
                None => earlier(),
            }
        }
        Decision::ObjectRejected { label, kind: of_kind, name: of_name, digest: of_digest }
            if is_label(label) && (*of_kind, of_name.as_str(), *of_digest) == (kind, name, digest) =>
        {
            Some(ApprovalState::Rejected)
        }
        Decision::LabelForgotten { label } if is_label(label) => {
            earlier().filter(|state| *state == ApprovalState::Rejected)
        }
        _ => earlier(),
    }
}

type ObjectStates = Vec<(ObjectKind, String, Digest, ApprovalState)>;
type LabelStates = (Vec<(Digest, ApprovalState)>, ObjectStates, usize, Option<Publisher>);

fn label_states(label: &LabelPins) -> LabelStates {
    let launches = label.launches().iter().map(|(digest, pin)| (*digest, pin.state)).collect();
    let objects = label.objects().iter().flat_map(|((kind, name), pins)| {
        pins.digests().iter().map(|(digest, pin)| (*kind, name.clone(), *digest, pin.state))
    });
    (launches, objects.collect(), label.asks().len(), label.publisher().cloned())
}

fn states(pins: &Pins) -> Vec<(String, LabelStates)> {
    pins.labels().map(|label| (label.spelling().to_string(), label_states(label))).collect()
}

fn every_object() -> impl Iterator<Item = (ObjectKind, &'static str, Digest)> {
    let names = KINDS.into_iter().flat_map(|kind| NAMES.map(|name| (kind, name)));
    names.flat_map(|(kind, name)| [0, 1, 2].map(|number| (kind, name, digest(number))))
}

fn publication() -> impl Strategy<Value = Publication> {
    let other = || prop::option::weighted(0.2, (0..2_u8).prop_map(digest));
    (0..2_u8, 0..3_u64, 0..4_u64, other()).prop_map(|(claim, history, sequence, replaces)| Publication {
        claim: digest(claim),
        history,
        name: "io.github.acme/demo".parse().unwrap(),
        origin: "log.example".parse().unwrap(),
        replaces,
        sequence,
        version: "1.0.0".parse().unwrap(),
    })
}

fn decision() -> impl Strategy<Value = Decision> {
    let label = || prop::sample::select(&LABELS[..]).prop_map(|label| label.parse::<Label>().unwrap());
    let object = || (prop::sample::select(&KINDS[..]), prop::sample::select(&NAMES[..]), 0..3_u8);
    let approval =
        (object(), prop::option::of(0..3_u8)).prop_map(|((kind, name, number), replaces)| Approval {
            kind,
            name: name.to_owned(),
            digest: digest(number),
            replaces: replaces.map(digest),
            rules: Vec::new(),
        });
    let launch = || (0..3_u8).prop_map(launch_of);
    let replaces = prop::sample::subsequence(vec![0_u8, 1, 2], 0..=2).prop_map(|numbers| {
        let mut digests: Vec<_> = numbers.into_iter().map(|number| launch_of(number).digest()).collect();
        digests.sort();
        digests
    });
    let point =
        (0..9_u64, 0..3_u8).prop_map(|(counter, number)| MarkerPoint { counter, head: digest(number) });
    let path = || prop::sample::select(&["/usr/bin/node", "/bin/é", "relative"][..]).prop_map(str::to_owned);
    prop_oneof![
        4 => (label(), launch(), replaces)
            .prop_map(|(label, launch, replaces)| Decision::LaunchApproved { label, launch, replaces }),
        1 => (label(), launch()).prop_map(|(label, launch)| Decision::LaunchRejected { label, launch }),
        6 => (label(), prop::option::weighted(0.4, publication()), vec(approval, 0..4))
            .prop_map(|(label, claim, objects)| Decision::SurfaceApproved { label, claim, objects }),
        3 => (label(), object()).prop_map(|(label, (kind, name, number))| {
            Decision::ObjectRejected { label, kind, name: name.to_owned(), digest: digest(number) }
        }),
        1 => label().prop_map(|label| Decision::AskApproved { label, ask: Ask::Sampling }),
        1 => label().prop_map(|label| Decision::AskRejected { label, ask: Ask::Sampling }),
        1 => (path(), 0..3_u8)
            .prop_map(|(path, number)| Decision::InterpreterAccepted { path, digest: digest(number) }),
        1 => path().prop_map(|home| Decision::HomeAccepted { home }),
        1 => (prop::sample::select(&TamperReason::ALL[..]), 0..9_u64, prop::option::of(point))
            .prop_map(|(reason, kept, marker)| Decision::StoreAccepted { reason, kept, marker }),
        1 => (label(), prop::sample::select(&["read", "no tool"][..]), 0..4_u64).prop_map(|(label, tool, until)| {
            Decision::CallAllowed { label, tool: tool.to_owned(), until: UnixSeconds(until) }
        }),
        1 => label().prop_map(|label| Decision::LabelForgotten { label }),
    ]
}

fn launch_of(number: u8) -> Launch {
    let path = format!("/usr/bin/server-{number}");
    Launch {
        command: format!("server-{number}"),
        program: vec![ProgramFile { path: path.clone(), file: path, digest: Some(digest(number)) }],
        args: Vec::new(),
        folder: None,
        env: Default::default(),
        passes: Default::default(),
    }
}

fn digest(number: u8) -> Digest {
    file_digest(&[number])
}
