//! What the verification of a bundle costs, beside the bare cost of the signatures that stand in it, in the same run.
//!
//! `cargo bench -p pinfold-verifier --bench bundle`. The manifests have the size of real listings: the median one and the
//! largest of a survey of 99 servers; where the folder of real listings is present, those themselves. Rates are medians
//! over interleaved rounds; ratios are of medians.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a bench has a clock and reads listings"
)]

#[path = "../tests/tiny_log/mod.rs"]
mod tiny_log;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use pinfold_core::bundle::Bundle;
use pinfold_core::digest::file_digest;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::json::{ReadLimits, Value, canonical, read, read_canonical};
use pinfold_core::manifest::Manifest;
use pinfold_core::note::KeyMaterial;
use pinfold_core::pins::UnixSeconds;
use pinfold_core::signature::{PublicKey, Signature};
use pinfold_verifier::release::{Marks, Question, Requirements, verify};
use pinfold_verifier::trust::{Trust, TrustedClaim, TrustedLog};
use tiny_log::{Publisher, TinyLog, manifest_of};

const ROUNDS: usize = 21;
const ROUND_TIME: Duration = Duration::from_millis(40);
const NAME: &str = "io.github.acme/demo";
const T: u64 = 1_700_000_000;

/// Canonical bytes of a server's tools, and tools, in the survey.
const SIZES: [(&str, usize, usize); 2] = [("median", 13_355, 9), ("largest", 358_189, 401)];

fn main() {
    let mut parts = Vec::new();
    for (what, bytes, tools) in SIZES {
        let tools = real_listing(bytes).unwrap_or_else(|| listing(bytes, tools));
        let manifest = manifest_of(NAME, "1.2.0", &tools);
        println!("== {what}");
        println!(
            "| manifest of the {what} size, {} bytes, {} tools | signatures alone | whole verification | ratio |",
            manifest.as_bytes().len(),
            tools.len()
        );
        println!("|---|---|---|---|");
        for (name, witnesses, quorum, renewed) in [
            ("log alone", 0, 0, false),
            ("2 of 3 witnesses", 3, 2, false),
            ("2 of 3 witnesses, renewed: two heads", 3, 2, true),
        ] {
            compare(name, &Subject::new(&manifest, witnesses, quorum, renewed));
        }
        println!();
        parts.push(self::parts(&Subject::new(&manifest, 0, 0, false)));
    }
    println!("== parts");
    println!("| where the rest goes, log alone | median size | largest size |");
    println!("|---|---|---|");
    for ((name, median), (_, largest)) in parts[0].iter().zip(&parts[1]) {
        println!("| {name} | {median:.1} µs | {largest:.1} µs |");
    }
}

/// Where the rest goes, for the bundle of a log alone: microseconds.
fn parts(subject: &Subject) -> Vec<(&'static str, f64)> {
    let bundle = &subject.bundle;
    let limits = ReadLimits { max_depth: 68, ..ReadLimits::LISTING };
    let manifest = Bundle::parse(bundle).unwrap().manifest().as_bytes().to_vec();
    type Work<'w> = Box<dyn Fn() + 'w>;
    let works: [(&'static str, Work<'_>); 5] = [
        ("SHA-256 of the manifest, once", Box::new(|| _ = black_box(file_digest(&manifest)))),
        ("strict reading", Box::new(|| _ = black_box(read(bundle, &limits).unwrap()))),
        ("strict reading, canonical", Box::new(|| _ = black_box(read_canonical(bundle, &limits).unwrap()))),
        ("the manifest as a whole", Box::new(|| _ = black_box(Manifest::from_bytes(&manifest).unwrap()))),
        ("the bundle without verifying", Box::new(|| _ = black_box(Bundle::parse(bundle).unwrap()))),
    ];
    let timed = |(name, work): &(&'static str, Work<'_>)| {
        (*name, median((0..ROUNDS).map(|_| micros_each(work)).collect()))
    };
    works.iter().map(timed).collect()
}

/// A bundle, who trusts it, and the signatures in it.
struct Subject {
    trust: Trust,
    bundle: Vec<u8>,
    signatures: Vec<(PublicKey, Vec<u8>, Signature)>,
}

impl Subject {
    fn new(manifest: &Manifest, witnesses: usize, quorum: usize, renewed: bool) -> Self {
        let mut log = TinyLog::new("log.example", witnesses, quorum);
        let acme = Publisher::claim(&mut log, "io.github.acme", "acme");
        // A log of some size, so that paths are as long as real ones.
        for number in 0..1_000 {
            Publisher::claim(&mut log, &format!("io.github.other{number}"), &format!("other {number}"));
        }
        let index = log.submit(&acme.release(manifest, None));
        log.publish(T);
        if renewed {
            Publisher::claim(&mut log, "io.github.later", "later");
            log.publish(T + 60);
        }
        let bundle = log.bundle(index, manifest.as_bytes());
        let trusted = TrustedLog::new(log.origin.clone(), None, &log.policy()).unwrap();
        let claim = TrustedClaim {
            namespace: acme.namespace().clone(),
            log: log.origin.clone(),
            claim: acme.claim_id(),
            history: 1,
        };
        let trust = Trust::default().with_log(trusted).unwrap().with_claim(claim).unwrap();
        let signatures = signatures(&bundle, &trust);
        Self { trust, bundle, signatures }
    }

    fn verify(&self) {
        let marks = Marks::default();
        let question = Question {
            trust: &self.trust,
            marks: &marks,
            requirements: Requirements::default(),
            now: UnixSeconds(T + 100),
            expected_name: None,
            pinned: None,
            consistency: None,
        };
        let report = verify(black_box(&self.bundle), &question);
        assert!(black_box(&report).outcome().is_ok());
    }

    fn verify_signatures(&self) {
        for (key, message, signature) in &self.signatures {
            black_box(key).verify(black_box(message), signature).unwrap();
        }
    }
}

/// Every signature that the verification needs, with decoded keys.
fn signatures(bundle: &[u8], trust: &Trust) -> Vec<(PublicKey, Vec<u8>, Signature)> {
    let bundle = Bundle::parse(bundle).unwrap();
    let mut found = Vec::new();
    let Payload::Keyset(keyset) = bundle.keysets()[0].entry.payload() else { panic!("no keyset") };
    let mut entry = |entry: &Entry| {
        for signature in entry.signatures() {
            let key = keyset.keys().iter().find(|key| key.key.id() == signature.key_id).unwrap();
            found.push((key.key, entry.signed_bytes(), signature.signature));
        }
    };
    entry(bundle.entry());
    entry(&bundle.keysets()[0].entry);
    let policy = trust.logs().next().unwrap().policy();
    let mut heads = vec![bundle.proof().checkpoint()];
    if bundle.first().checkpoint() != heads[0] {
        heads.push(bundle.first().checkpoint());
    }
    let keys = policy.logs().iter().map(|log| &log.key).chain(policy.witnesses().iter().map(|w| &w.key));
    for key in keys {
        for head in &heads {
            let text = head.note().text();
            for line in head.note().lines_of(key) {
                let (key, message, signature) = match key.material() {
                    KeyMaterial::Ed25519(key) => (key, text.to_owned(), &line.blob[..]),
                    KeyMaterial::Cosigner(key) => {
                        let time = u64::from_be_bytes(line.blob[..8].try_into().unwrap());
                        (key, format!("cosignature/v1\ntime {time}\n{text}"), &line.blob[8..])
                    }
                    KeyMaterial::Unknown { .. } => panic!("an unknown key"),
                };
                found.push((*key, message.into_bytes(), Signature::from_slice(signature).unwrap()));
            }
        }
    }
    found
}

/// Both in turn, round after round, so that a busy moment of the machine meets both.
fn compare(name: &str, subject: &Subject) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(micros_each(|| subject.verify_signatures()));
        times[1].push(micros_each(|| subject.verify()));
    }
    let [bare, whole] = times.map(median);
    println!(
        "| {name}: {} signatures, a bundle of {} bytes | {bare:.0} µs | {whole:.0} µs | {:.2}x |",
        subject.signatures.len(),
        subject.bundle.len(),
        whole / bare
    );
}

fn micros_each(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < ROUND_TIME {
        work();
        count += 1;
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(count)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The tools of the real listing whose canonical form is nearest to so many bytes, if the folder is there.
fn real_listing(bytes: usize) -> Option<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let files = std::fs::read_dir(folder).ok()?;
    let listings = files.filter_map(|file| {
        let document = std::fs::read(file.ok()?.path()).ok()?;
        let value = read(&document, &ReadLimits::LISTING).ok()?;
        let tools = value.get("tools").and_then(Value::as_array)?;
        let tools: Vec<String> =
            tools.iter().map(|tool| String::from_utf8(canonical(tool)).unwrap()).collect();
        Some(tools)
    });
    listings.min_by_key(|tools| tools.iter().map(String::len).sum::<usize>().abs_diff(bytes))
}

/// Made-up tools of so many bytes together: prose, and a schema with descriptions.
fn listing(bytes: usize, tools: usize) -> Vec<String> {
    let each = bytes / tools;
    let tool = |number: usize| {
        let mut properties = String::new();
        let mut place = 0;
        loop {
            let member = format!(
                r#""parameter_{place}":{{"description":"What to look for, in the \"words\" of a person; place {place}.","maxLength":200,"type":"string"}}"#
            );
            let text = format!(
                r#"{{"annotations":{{"readOnlyHint":true}},"description":"Looks things up and says what it found, page by page.","inputSchema":{{"additionalProperties":false,"properties":{{{properties}}},"required":[],"type":"object"}},"name":"look_{number}"}}"#
            );
            if text.len() + member.len() > each {
                return text;
            }
            properties.push_str(if place == 0 { "" } else { "," });
            properties.push_str(&member);
            place += 1;
        }
    };
    (0..tools).map(tool).collect()
}
