//! Submissions: what is answered, what is refused, and by which name.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::thread;

use pinfold_core::index::{IndexProof, NameStatus};
use pinfold_core::json::{ReadLimits, read_canonical};
use pinfold_core::signature::SigningKey;

use support::http::{self, Answer};
use support::publisher::{Prepared, Publisher, manifest_of};
use support::{Log, Serving, proven};

#[track_caller]
fn accepted(serving: &Serving, log: &Log, prepared: &Prepared) -> u64 {
    let answer = serving.post("/submit", &prepared.body());
    proven(&answer, prepared.entry.leaf_hash(), &log.key).0
}

#[track_caller]
fn refused(answer: &Answer, status: u16, class: &str) {
    assert_eq!((answer.status, answer.refusal().as_str()), (status, class), "{}", answer.text());
}

#[test]
fn a_release_is_answered_from_a_published_head() {
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let serving = log.serve();
    let (keyset, first) = (publisher.keyset(), publisher.release("files", "1.0.0", None));
    let second = publisher.release("files", "1.1.0", Some(&first));
    assert_eq!(accepted(&serving, &log, &keyset), 0);
    assert_eq!(accepted(&serving, &log, &first), 2);
    let answer = serving.post("/submit", &second.body());
    let (index, head) = proven(&answer, second.entry.leaf_hash(), &log.key);
    assert_eq!((index, head.checkpoint().size()), (4, 6));
    let published = serving.checkpoint(&log.key);
    assert_eq!(published, head);

    // The last entry of the head is a map-head, and the index proves the release under it.
    let lookup = serving.get("/lookup/io.github.p1/files");
    assert_eq!(lookup.status, 200, "{}", lookup.text());
    let document = read_canonical(&lookup.body, &ReadLimits::OWN).unwrap();
    assert_eq!(document.get("newest").unwrap().as_uint(), Some(4));
    assert_eq!(document.get("checkpoint").unwrap().as_str().unwrap().as_bytes(), head.to_bytes());
    let proof = IndexProof::from_value(document.get("state").unwrap(), &lookup.body).unwrap();
    let verified =
        proof.verify(&publisher.name("files"), head.checkpoint().size(), head.checkpoint().root()).unwrap();
    let value = &verified.name().unwrap().value;
    assert_eq!((value.newest.index, value.history.count, value.status), (4, 2, NameStatus::Released));

    // What readers take with them.
    let parts = serving.get("/bundle/4").json();
    assert_eq!(parts["keysets"][0]["since"], 0);
    assert_eq!(parts["keysets"].as_array().unwrap().len(), 1);
    assert_eq!(parts["first"], answer.json()["first"]);
    let history = serving.get("/history/io.github.p1/files").json();
    let indexes: Vec<u64> =
        history["items"].as_array().unwrap().iter().map(|item| item["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, [2, 4]);
    assert_eq!(
        serving.get("/history/io.github.p1/files?from=1").json()["items"].as_array().unwrap().len(),
        1
    );
    let manifest = first.manifest.as_ref().unwrap();
    let digest = manifest.digest().to_string();
    let served = serving.get(&format!("/manifest/{}", digest.trim_start_matches("sha256:")));
    assert_eq!(served.body, manifest.as_bytes());
    assert_eq!(serving.get("/keysets/io.github.p1").json()["keysets"].as_array().unwrap().len(), 1);
    assert_eq!(serving.get("/keysets/io.github.nobody").status, 404);
    assert_eq!(serving.get("/proof/6").status, 404);
    assert_eq!(serving.get("/proof/03").status, 404);
    assert_eq!(serving.get("/policy").text(), log.policy);

    assert_eq!(accepted(&serving, &log, &publisher.withdrawal("files", 2, "1.1.0")), 6);
    let lookup = serving.get("/lookup/io.github.p1/files").json();
    assert_eq!(lookup["state"]["name"]["value"]["status"], "withdrawn");
    assert_eq!(lookup["state"]["name"]["withdrawn"], serde_json::json!([[2, 2]]));
    log.adds_up();
}

/// Case of a log that answered a repeated submission with a conflict, so that reruns broke.
#[test]
fn nine_submissions_of_one_body_get_one_answer() {
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let mut serving = log.serve();
    let body = publisher.keyset().body();
    let at_once: Vec<Answer> = thread::scope(|scope| {
        let posts: Vec<_> = (0..8).map(|_| scope.spawn(|| serving.post("/submit", &body))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    let release = publisher.release("files", "1.0.0", None);
    accepted(&serving, &log, &release);
    let later = serving.post("/submit", &body);
    for answer in &at_once {
        assert_eq!((answer.status, &answer.body), (200, &later.body), "{}", answer.text());
    }
    assert_eq!(serving.checkpoint(&log.key).checkpoint().size(), 4);

    // Equal payload, other signatures: the first entry stands, whoever signed the other one.
    let stranger = SigningKey::from_seed(&[9; 32]);
    let first = serving.post("/submit", &release.body());
    let other = publisher.release_with("files", "1.0.0", None, &[&stranger]);
    assert_ne!(other.entry.as_bytes(), release.entry.as_bytes());
    assert_eq!(serving.post("/submit", &other.body()).body, first.body);

    // And after a restart.
    assert!(serving.terminate().success());
    let serving = log.serve();
    let submit = |body: &[u8]| loop {
        let answer = serving.post("/submit", body);
        if answer.status != 503 {
            return answer;
        }
    };
    assert_eq!(submit(&release.body()).body, first.body);
    assert_eq!(submit(&body).body, later.body);
}

#[test]
fn what_is_no_submission_is_refused_by_name() {
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let serving = log.serve();
    let release = publisher.release("files", "1.0.0", None);
    let keyset = publisher.keyset();
    let (entry, manifest) = (release.entry.as_bytes(), release.manifest.as_ref().unwrap().as_bytes());
    let body =
        |entry: &[u8], manifest: &[u8]| [b"{\"entry\":", entry, b",\"manifest\":", manifest, b"}"].concat();
    let other = publisher.release("files", "1.0.1", None);
    let other_manifest = other.manifest.as_ref().unwrap().as_bytes();
    let no_base64 = br#"{"payload":"!","payloadType":"application/vnd.in-toto+json","signatures":[]}"#;
    let foreign = br#"{"payload":"e30=","payloadType":"text/plain","signatures":[]}"#;
    let observation =
        br#"{"payload":"e30=","payloadType":"application/vnd.pinfold.observation.v1+json","signatures":[]}"#;
    for (body, class) in [
        (b"".to_vec(), "NotASubmission"),
        (b"{}".to_vec(), "NotASubmission"),
        (b"[]".to_vec(), "NotASubmission"),
        ([body(entry, manifest), b"\n".to_vec()].concat(), "NotASubmission"),
        (body(entry, manifest).replace(b"{\"entry\":", b"{ \"entry\":"), "NotASubmission"),
        (body(b"{}", b"null"), "MissingMember"),
        (body(no_base64, b"null"), "PayloadBase64"),
        (body(foreign, b"null"), "OtherPayloadType"),
        (body(observation, b"null"), "ObservationUnsupported"),
        (body(entry, b"null"), "ManifestMissing"),
        (body(keyset.entry.as_bytes(), manifest), "ManifestUnexpected"),
        (body(entry, other_manifest), "ManifestMismatch"),
        (body(entry, b"{}"), "MissingMember"),
    ] {
        let answer = serving.post("/submit", &body);
        refused(&answer, 400, class);
        assert_eq!(answer.json()["schema"], "pinfold/refusal/v1");
    }
    let head = "POST /submit HTTP/1.1\r\nHost: log\r\nConnection: close\r\n";
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
    refused(&http::exchange(&serving.address, chunked.as_bytes()).unwrap(), 411, "LengthRequired");
    let large = format!("{head}Content-Length: 4404020\r\n\r\n");
    refused(&http::exchange(&serving.address, large.as_bytes()).unwrap(), 413, "TooLarge");
    refused(&http::request(&serving.address, "PUT", "/submit", b"").unwrap(), 405, "MethodNotAllowed");
    refused(&serving.get("/nothing"), 404, "NotFound");
    assert_eq!(serving.checkpoint(&log.key).checkpoint().size(), 0);
}

#[test]
fn the_largest_manifest_is_taken_and_served() {
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let serving = log.serve();
    accepted(&serving, &log, &publisher.keyset());
    let tool = |number: usize, bytes: usize| {
        let words = "x".repeat(bytes);
        format!(
            "{{\"description\":\"{words}\",\"inputSchema\":{{\"type\":\"object\"}},\"name\":\"t{number}\"}}"
        )
    };
    let tools = (0..16).map(|number| tool(number, (256 << 10) - 300)).collect();
    let manifest = manifest_of(&publisher.name("files"), "1.0.0", tools);
    assert!(manifest.as_bytes().len() > (4 << 20) - 8192, "{}", manifest.as_bytes().len());
    let release = publisher.release_of(manifest, None, &[&publisher.key]);
    accepted(&serving, &log, &release);
    let manifest = release.manifest.unwrap();
    let served =
        serving.get(&format!("/manifest/{}", manifest.digest().to_string().trim_start_matches("sha256:")));
    assert!(served.body == manifest.as_bytes());
    log.adds_up();
}

#[test]
fn what_is_not_built_yet_is_refused_by_name() {
    use pinfold_core::entry::Entry;
    use pinfold_core::index::MapHead;
    use pinfold_core::keyset::{Evidence, Keyset, KeysetKey, KeysetParts, Roles, Thresholds};
    use pinfold_core::withdrawal::{KeyReason, Withdrawal};

    let (log, publisher) = (Log::new(), Publisher::new(1));
    let serving = log.serve();
    accepted(&serving, &log, &publisher.keyset());
    let second = SigningKey::from_seed(&[7; 32]);
    let one = |key: &SigningKey, roles| KeysetKey { key: key.public_key(), roles };
    let parts = |keys: Vec<KeysetKey>| KeysetParts {
        namespace: "io.github.other".parse().unwrap(),
        origin: publisher.origin.clone(),
        after: None,
        keys,
        thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
        evidence: Evidence::None,
        delegations: Vec::new(),
    };
    let two_keys = Keyset::build(parts(vec![one(&publisher.key, Roles::Root), one(&second, Roles::Release)]));
    let withdrawn_key = Withdrawal::of_key(
        publisher.claim(),
        publisher.namespace.parse().unwrap(),
        publisher.key.public_key().id(),
        KeyReason::Retired,
    );
    let map_head = MapHead { root: pinfold_core::merkle::EMPTY_ROOT, previous: Some(1), time: 5 };
    for (entry, class) in [
        (Entry::sign(two_keys.unwrap(), &[&publisher.key]).unwrap(), "SeveralKeysUnsupported"),
        (Entry::sign(withdrawn_key, &[&publisher.key]).unwrap(), "KeyWithdrawalUnsupported"),
        (Entry::assemble(map_head, Vec::new()).unwrap(), "MapHeadSubmitted"),
    ] {
        let answer = serving.post("/submit", &Prepared { entry, manifest: None }.body());
        refused(&answer, 400, class);
    }
    assert_eq!(serving.checkpoint(&log.key).checkpoint().size(), 2);
}

#[test]
fn a_lost_race_names_the_winner() {
    let (log, publisher, other) = (Log::new(), Publisher::new(1), Publisher::new(2));
    let serving = log.serve();
    refused(&serving.post("/submit", &publisher.release("files", "1.0.0", None).body()), 403, "Unclaimed");
    accepted(&serving, &log, &publisher.keyset());
    let first = publisher.release("files", "1.0.0", None);
    let winner = accepted(&serving, &log, &first);
    let answer = serving.post("/submit", &publisher.release("files", "2.0.0", None).body());
    refused(&answer, 409, "SequenceTaken");
    assert_eq!(answer.json()["index"], winner);
    let answer = serving.post("/submit", &publisher.release("files", "1.0.0", Some(&first)).body());
    refused(&answer, 409, "VersionUsed");
    assert_eq!(answer.json()["index"], winner);

    // Two submissions of one sequence in one batch: one of them wins, and the other is told who.
    let (left, right) = (publisher.release("a", "1.0.0", None), publisher.release("a", "1.0.1", None));
    let answers = thread::scope(|scope| {
        let posts = [&left, &right].map(|prepared| {
            let serving = &serving;
            scope.spawn(move || serving.post("/submit", &prepared.body()))
        });
        posts.map(|post| post.join().unwrap())
    });
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    let lost: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert_eq!((won.len(), lost.len()), (1, 1));
    refused(lost[0], 409, "SequenceTaken");
    assert_eq!(lost[0].json()["index"], won[0].json()["index"]);

    // Another's name, and another log's keyset.
    let stranger = publisher.release_with("files", "3.0.0", Some(&first), &[&other.key]);
    refused(&serving.post("/submit", &stranger.body()), 403, "UnknownSigner");
    let foreign = Publisher { origin: "other.example".parse().unwrap(), ..Publisher::new(3) };
    refused(&serving.post("/submit", &foreign.keyset().body()), 403, "ForeignOrigin");
    log.adds_up();
}

/// Case of a log that answered 500 or cut connections when entries came faster than they were integrated.
#[test]
fn a_burst_is_answered_or_put_off() {
    let log = Log::new();
    let serving = log.serve();
    let publishers: Vec<Publisher> = (0..12).map(Publisher::new).collect();
    for publisher in &publishers {
        accepted(&serving, &log, &publisher.keyset());
    }
    let bodies: Vec<Prepared> = publishers
        .iter()
        .flat_map(|publisher| (0..20).map(move |name| publisher.release(&format!("s{name}"), "1.0.0", None)))
        .collect();
    let answers: Vec<(usize, Answer)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..96)
            .map(|worker| {
                let (bodies, serving) = (&bodies, &serving);
                scope.spawn(move || {
                    let mine = (worker..bodies.len()).step_by(96);
                    mine.map(|at| (at, serving.post("/submit", &bodies[at].body()))).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let mut tally: BTreeMap<u16, usize> = BTreeMap::new();
    let head = serving.checkpoint(&log.key);
    for (at, answer) in &answers {
        *tally.entry(answer.status).or_default() += 1;
        match answer.status {
            200 => {
                let (_, first) = proven(answer, bodies[*at].entry.leaf_hash(), &log.key);
                serving.continues(&first, &head);
            }
            409 => {}
            503 => assert!(answer.header("retry-after").is_some()),
            status => panic!("status {status}: {}", answer.text()),
        }
    }
    assert!(tally.get(&200).is_some_and(|count| *count > 0), "{tally:?}");
    log.adds_up();
}

/// Case of a monitor that was started on an empty log and failed for ever after.
#[test]
fn an_empty_log_publishes_its_head() {
    let (log, publisher) = (Log::new(), Publisher::new(1));
    let serving = log.serve();
    let empty = serving.wait_for(&log.key, |_| true);
    assert_eq!(empty.checkpoint().size(), 0);
    assert_eq!(*empty.checkpoint().root(), pinfold_core::merkle::EMPTY_ROOT);
    assert_eq!(serving.get("/tile/0/000").status, 404);
    assert_eq!(serving.get("/lookup/io.github.p1/files").status, 404);
    accepted(&serving, &log, &publisher.keyset());
    let grown = serving.checkpoint(&log.key);
    assert_eq!(grown.checkpoint().size(), 2);
    serving.continues(&empty, &grown);
    log.adds_up();
}

trait Replace {
    fn replace(&self, what: &[u8], by: &[u8]) -> Vec<u8>;
}

impl Replace for Vec<u8> {
    fn replace(&self, what: &[u8], by: &[u8]) -> Vec<u8> {
        let at = self.windows(what.len()).position(|window| window == what).unwrap();
        [&self[..at], by, &self[at + what.len()..]].concat()
    }
}
