//! Whatever is changed in a bundle, it verifies as what it was or not at all: every bit is flipped, and every part is
//! put in from another bundle.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests use threads")]

mod cases;
mod tiny_log;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cases::{NAME, T, World};
use pinfold_core::json::{self, Node, ReadLimits, Value};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::tlog_proof::TlogProof;
use pinfold_verifier::release::{Marks, Question, Release, Report, Requirements, verify};
use pinfold_verifier::trust::{Trust, TrustedClaim};
use tiny_log::{Publisher, manifest};

fn judge(trust: &Trust, bundle: &[u8]) -> Report {
    let marks = Marks::default();
    let requirements = Requirements::default();
    let now = UnixSeconds(T + 1_000);
    let question = Question {
        trust,
        marks: &marks,
        requirements,
        now,
        expected_name: None,
        pinned: None,
        consistency: None,
    };
    verify(bundle, &question)
}

/// Everything about a release but who witnessed it, and so how old it is.
fn essence(release: &Release) -> impl PartialEq + std::fmt::Debug + Sync + use<> {
    let (head, newest) = (release.head(), *release.newest());
    (
        (release.entry().clone(), release.statement().clone(), release.manifest().clone()),
        (release.claim(), release.origin().clone(), release.index(), head, newest),
        (release.keyset_steps().to_vec(), release.keyset_in_force(), release.index_time()),
    )
}

#[test]
fn no_flipped_bit_yields_another_release() {
    let plain = World::new(0, 0, &["1.0.0"]);
    let witnessed = World::new(3, 2, &["1.0.0"]);
    let mut rotated = World::new(3, 2, &["1.0.0"]);
    rotated.acme.rotate(&mut rotated.log, "acme-2");
    rotated.release("1.1.0");
    rotated.log.publish(T + 60);
    let last = rotated.log.entries[rotated.releases[0].0 as usize].clone();
    rotated.log.submit(&rotated.acme.withdraw(&last));
    rotated.log.publish(T + 120);
    for (what, trust, bundle) in [
        ("no witness", plain.trust(), plain.bundle(0)),
        ("2 of 3 witnesses", witnessed.trust(), witnessed.bundle(0)),
        ("2 keysets and 2 heads", rotated.trust(), rotated.bundle(1)),
    ] {
        let survivors = flips_that_verify(&trust, &bundle);
        let spare = spare_lines(&bundle);
        let lines: Vec<usize> =
            survivors.iter().map(|bit| line_of(&spare, bit / 8).unwrap_or(usize::MAX)).collect();
        println!("{what}: {} bits flipped, {} still verify", bundle.len() * 8, survivors.len());
        for (bit, line) in survivors.iter().zip(&lines) {
            assert_ne!(*line, usize::MAX, "{what}: bit {} of byte {} verifies", bit % 8, bit / 8);
        }
        // A line that a flip takes out of the game is one of a witness, and a flip that spoils its signature is seen.
        assert_eq!(survivors.is_empty(), what == "no witness");
    }
}

/// The bits whose flip leaves a bundle that verifies. Each is then the same release.
fn flips_that_verify(trust: &Trust, bundle: &[u8]) -> Vec<usize> {
    let honest = judge(trust, bundle);
    let honest = essence(honest.outcome().unwrap());
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let mut flipped = bundle.to_vec();
                loop {
                    let byte = next.fetch_add(1, Ordering::Relaxed);
                    if byte >= bundle.len() {
                        return;
                    }
                    for bit in 0..8 {
                        flipped[byte] ^= 1 << bit;
                        if let Ok(release) = judge(trust, &flipped).outcome() {
                            assert_eq!(essence(release), honest, "byte {byte}, bit {bit}");
                            found.lock().unwrap().push(byte * 8 + bit);
                        }
                        flipped[byte] ^= 1 << bit;
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_unstable();
    found
}

/// Where name and key id of each witness's line in `first` stand: the only bytes of which one may change, as long as the
/// other witnesses meet the quorum. The texts of the head stand in the bundle more than once and must be equal.
fn spare_lines(bundle: &[u8]) -> Vec<Range<usize>> {
    let document = json::read(bundle, &ReadLimits::LISTING).unwrap();
    let first = document.get("first").unwrap();
    let text = std::str::from_utf8(first.slice(bundle)).unwrap();
    let lines = text.match_indices("\u{2014} w").map(|(at, _)| {
        // An em dash, a space, the name, a space, and six base64 digits that hold the four bytes of the key id.
        let name = at + "\u{2014} ".len();
        let id = name + text[name..].find(' ').unwrap() + 1;
        first.span.start + name..first.span.start + id + 6
    });
    lines.collect()
}

fn line_of(lines: &[Range<usize>], byte: usize) -> Option<usize> {
    lines.iter().position(|line| line.contains(&byte))
}

/// Two publishers in one log: bundles of different releases, names, claims and heads.
fn bundles() -> (Trust, Vec<(&'static str, Vec<u8>)>) {
    let mut world = World::new(3, 2, &["1.0.0"]);
    let early = world.bundle(0);
    let other = Publisher::claim(&mut world.log, "io.github.other", "other");
    let others = manifest("io.github.other/demo", "1.0.0");
    let place = world.log.submit(&other.release(&others, None));
    world.release("1.1.0");
    world.acme.rotate(&mut world.log, "acme-2");
    world.release("1.2.0");
    world.log.publish(T + 60);
    let claim = TrustedClaim {
        namespace: other.namespace().clone(),
        log: world.log.origin.clone(),
        claim: other.claim_id(),
        history: 1,
    };
    let trust = world.trust().with_claim(claim).unwrap();
    let bundles = vec![
        ("1.0.0 under its first head", early),
        ("1.0.0", world.bundle(0)),
        ("1.1.0", world.bundle(1)),
        ("1.2.0", world.bundle(2)),
        ("other 1.0.0", world.log.bundle(place, others.as_bytes())),
    ];
    (trust, bundles)
}

#[test]
fn no_part_of_another_bundle_fits() {
    let (trust, bundles) = bundles();
    let mut tried = 0;
    for (one, bundle) in &bundles {
        assert!(judge(&trust, bundle).outcome().is_ok(), "{one}");
        for (two, other) in &bundles {
            let (a, b) = (read(bundle), read(other));
            // The one pair of the same release: its older proof of first publication is the same.
            let paths = differing(&a, &b);
            assert!(one == two || paths.len() >= 4, "{one} and {two}: {paths:?}");
            for path in &paths {
                tried += 1;
                refuses(&trust, &with(&a, &b, &[path]), &bundles, &format!("{one}, with {path} of {two}"));
                for second in &paths {
                    let is_apart = !path.starts_with(second.as_str()) && !second.starts_with(path.as_str());
                    if path < second && is_apart {
                        tried += 1;
                        let what = format!("{one}, with {path} and {second} of {two}");
                        refuses(&trust, &with(&a, &b, &[path, second]), &bundles, &what);
                    }
                }
            }
            for subset in 1..1_u32 << MEMBERS.len() {
                let chosen = MEMBERS.iter().enumerate().filter(|(place, _)| subset >> place & 1 == 1);
                let paths: Vec<String> = chosen.map(|(_, member)| format!("/{member}")).collect();
                let paths: Vec<&String> = paths.iter().collect();
                tried += 1;
                refuses(&trust, &with(&a, &b, &paths), &bundles, &format!("{one}, with {paths:?} of {two}"));
            }
        }
    }
    println!("{tried} mixtures");
    assert!(tried > 1_000, "{tried}");
}

const MEMBERS: [&str; 7] = ["entry", "first", "format", "keysets", "manifest", "proof", "state"];

/// A mixture that is one of the bundles again is none; every other one is refused.
fn refuses(trust: &Trust, mixture: &Value<'_>, bundles: &[(&str, Vec<u8>)], what: &str) {
    let bytes = json::canonical(mixture);
    if bundles.iter().any(|(_, bundle)| *bundle == bytes) {
        return;
    }
    assert!(judge(trust, &bytes).outcome().is_err(), "{what} verifies");
}

fn read(bundle: &[u8]) -> Value<'static> {
    json::read(bundle, &ReadLimits::LISTING).unwrap().into_owned()
}

/// Pointers to every value that both have and that differs, but for the manifest's insides, which its digest covers.
fn differing(a: &Value<'_>, b: &Value<'_>) -> Vec<String> {
    let mut paths = Vec::new();
    collect(a, b, String::new(), &mut paths);
    paths
}

fn collect(a: &Value<'_>, b: &Value<'_>, path: String, paths: &mut Vec<String>) {
    if json::canonical(a) == json::canonical(b) {
        return;
    }
    if !path.is_empty() {
        paths.push(path.clone());
    }
    if path == "/manifest" {
        return;
    }
    match (&a.node, &b.node) {
        (Node::Object(members), Node::Object(_)) => {
            for member in members {
                if let Some(other) = b.get(&member.name) {
                    collect(&member.value, other, format!("{path}/{}", member.name), paths);
                }
            }
        }
        (Node::Array(ours), Node::Array(theirs)) => {
            for (place, (one, other)) in ours.iter().zip(theirs).enumerate() {
                collect(one, other, format!("{path}/{place}"), paths);
            }
        }
        _ => {}
    }
}

/// `a` with the values of `b` at these pointers.
fn with(a: &Value<'static>, b: &Value<'static>, paths: &[&String]) -> Value<'static> {
    let mut mixture = a.clone();
    for path in paths {
        let value = b.at_pointer(path).unwrap().clone();
        *place(&mut mixture, path) = value;
    }
    mixture
}

fn place<'v>(value: &'v mut Value<'static>, path: &str) -> &'v mut Value<'static> {
    path[1..].split('/').fold(value, |value, step| match &mut value.node {
        Node::Object(members) => &mut members.iter_mut().find(|member| member.name == step).unwrap().value,
        Node::Array(elements) => &mut elements[step.parse::<usize>().unwrap()],
        _ => panic!("{path}"),
    })
}

#[test]
fn the_same_release_under_two_heads_may_exchange_what_renewing_exchanges() {
    let (trust, bundles) = bundles();
    let (early, late) = (read(&bundles[0].1), read(&bundles[1].1));
    // Renewing: keysets, proof and state are new, the rest stays.
    let paths: Vec<String> = ["/keysets", "/proof", "/state"].map(str::to_owned).to_vec();
    let renewed = with(&early, &late, &paths.iter().collect::<Vec<_>>());
    assert_eq!(json::canonical(&renewed), bundles[1].1);
    let first = TlogProof::parse(late.get("first").unwrap().as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(first.checkpoint().checkpoint().size(), 3);
    let report = judge(&trust, &json::canonical(&renewed));
    assert_eq!(report.outcome().unwrap().statement().name.as_str(), NAME);
}
