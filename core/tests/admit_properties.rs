//! What must hold for every log, over a small world in which publishers meet each other often.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "one measurement takes the time")]

use std::collections::BTreeMap;
use std::time::Instant;

use pinfold_core::admit::{
    ClaimHistory, EvidenceFact, Facts, LoggedEntry, MAX_CREDIT_SECONDS, Refusal, State,
    WAITING_PERIOD_SECONDS, admit,
};
use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{IndexKey, IndexValue, MAX_WITHDRAWN_RANGES, MapHead, NamespaceValue};
use pinfold_core::keyset::{
    After, Delegation, Evidence, Keyset, KeysetKey, KeysetParts, MAX_KEYSET_VERSION, Roles, Thresholds,
};
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::signature::SigningKey;
use pinfold_core::statement::Statement;
use pinfold_core::withdrawal::{KeyReason, PendingReason, ReleaseReason, Withdrawal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

const NAMES: [&str; 3] = ["io.github.acme/one", "io.github.acme/ONE", "io.github.acme/two"];
const VERSIONS: [&str; 3] = ["1.0.0", "1.1.0", "2.0.0"];
const KEYS: u8 = 5;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number + 1; 32])
}

fn origin() -> Origin {
    "log.example.org".parse().unwrap()
}

fn namespace() -> Namespace {
    "io.github.acme".parse().unwrap()
}

fn github(owner_id: u8) -> Evidence {
    Evidence::GithubOidc {
        owner: "acme".to_owned(),
        owner_id: (owner_id + 1).to_string(),
        subject: "repo:acme/one".to_owned(),
    }
}

fn statement(claim: Digest, name: &str, version: &str, previous: Option<(u64, Digest)>) -> Statement {
    Statement {
        claim,
        name: name.parse().unwrap(),
        previous: previous.map(|(_, digest)| digest),
        sequence: previous.map_or(1, |(sequence, _)| sequence + 1),
        version: version.parse().unwrap(),
        manifest: file_digest(version.as_bytes()),
        subjects: Vec::new(),
    }
}

/// A log with everything that somebody may have kept of it.
#[derive(Default)]
struct Log {
    state: State,
    entries: Vec<Entry>,
    rows: BTreeMap<String, Vec<u8>>,
    time: u64,
    last_head: Option<u64>,
    /// The keysets history of the claim in force: index, since.
    history: Vec<(u64, u64)>,
}

impl Log {
    fn add(&mut self, entry: Entry, evidence: EvidenceFact) -> Result<u64, Refusal> {
        let (origin, index) = (origin(), self.state.size());
        let waiting = self.state.pending(&namespace());
        let before = self.claim();
        let change = admit(&self.state, &entry, &Facts { origin: &origin, index, evidence })?;
        let touched = self.state.apply(change);
        for row in &touched.rows {
            match self.state.row(row) {
                Some(bytes) => self.rows.insert(row.to_string(), bytes),
                None => self.rows.remove(&row.to_string()),
            };
        }
        self.entries.push(entry);
        self.follow(before, waiting.map(|waiting| waiting.index), index);
        Ok(index)
    }

    fn follow(&mut self, before: Option<NamespaceValue>, waiting: Option<u64>, index: u64) {
        let Some(after) = self.claim() else { return };
        if before.as_ref().is_none_or(|before| before.claim != after.claim) {
            self.history.clear();
        } else if before.is_some_and(|before| before.keysets == after.keysets) {
            return;
        }
        let is_head = matches!(self.entries[index as usize].payload(), Payload::MapHead(_));
        self.history.push((if is_head { waiting.unwrap() } else { index }, index));
    }

    fn claim(&self) -> Option<NamespaceValue> {
        match self.state.value(&IndexKey::namespace(&namespace()))? {
            IndexValue::Namespace(value) => Some(value),
            IndexValue::Name(_) => None,
        }
    }

    fn head(&mut self, seconds: u64) -> Result<u64, Refusal> {
        let time = self.time + seconds;
        let head = MapHead { root: EMPTY_ROOT, previous: self.last_head, time };
        let index = self.add(Entry::assemble(head, Vec::new()).unwrap(), EvidenceFact::NotChecked)?;
        (self.time, self.last_head) = (time, Some(index));
        Ok(index)
    }

    /// Sequence and payload digest of the newest release of a name in the claim in force.
    fn newest(&self, name: &str) -> Option<(u64, Digest)> {
        let name: RegistryName = name.parse().unwrap();
        let Some(IndexValue::Name(value)) = self.state.value(&IndexKey::name(&name)) else { return None };
        let is_in_force = self.claim().is_some_and(|claim| claim.claim == value.claim);
        let entry = &self.entries[value.newest.index as usize];
        is_in_force.then(|| (value.newest.sequence, entry.payload_digest()))
    }
}

/// One attempt; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Attempt {
    Keyset { is_next: bool, shape: u8, keys: u8, evidence: Option<u8>, accepted: bool, signers: Vec<u8> },
    Release { name: usize, version: usize, skew: u8, signers: Vec<u8> },
    WithdrawRelease { release: Index, signers: Vec<u8> },
    WithdrawKey { key: u8, signers: Vec<u8> },
    Cancel { signers: Vec<u8> },
    Head { seconds: u64 },
    Week,
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let all = || (0..KEYS).collect::<Vec<_>>();
    let some = move |count: std::ops::RangeInclusive<usize>| proptest::sample::subsequence(all(), count);
    let signers = move || prop_oneof![4 => Just(all()), 2 => some(1..=3), 1 => some(1..=1)];
    let evidence = prop_oneof![Just(None), Just(Some(0)), Just(Some(1))];
    let seconds =
        prop_oneof![Just(0), Just(3_600), 1..2 * MAX_CREDIT_SECONDS, Just(400 * MAX_CREDIT_SECONDS)];
    prop_oneof![
        8 => (proptest::bool::weighted(0.6), 0..4_u8, 0..KEYS, evidence, proptest::bool::weighted(0.8), signers())
            .prop_map(|(is_next, shape, keys, evidence, accepted, signers)| Attempt::Keyset {
                is_next, shape, keys, evidence, accepted, signers,
            }),
        8 => (0..NAMES.len(), 0..VERSIONS.len(), 0..12_u8, signers())
            .prop_map(|(name, version, skew, signers)| Attempt::Release { name, version, skew, signers }),
        4 => (any::<Index>(), signers())
            .prop_map(|(release, signers)| Attempt::WithdrawRelease { release, signers }),
        1 => (0..KEYS, signers()).prop_map(|(key, signers)| Attempt::WithdrawKey { key, signers }),
        2 => signers().prop_map(|signers| Attempt::Cancel { signers }),
        3 => seconds.prop_map(|seconds| Attempt::Head { seconds }),
        3 => Just(Attempt::Week),
    ]
}

/// Keysets of four shapes over five keys, numbered from `first` on.
fn keyset(log: &Log, is_next: bool, shape: u8, first: u8, evidence: Evidence) -> Keyset {
    let public = |step: u8| key((first + step) % KEYS).public_key();
    let role = |step, roles| KeysetKey { key: public(step), roles };
    let current = log.state.keyset(&namespace()).filter(|_| is_next);
    let after = current.map(|current| After {
        claim: current.claim(),
        previous: current.digest(),
        version: current.version(),
    });
    let (keys, recovery, root) = match shape {
        0 => (vec![role(0, Roles::ReleaseAndRoot)], 0, 1),
        1 => (vec![role(0, Roles::Root), role(1, Roles::Release)], 0, 1),
        2 => (vec![role(0, Roles::Root), role(1, Roles::Release), role(2, Roles::Recovery)], 1, 1),
        _ => (
            vec![
                role(0, Roles::Root),
                role(1, Roles::Release),
                role(2, Roles::Recovery),
                role(3, Roles::Root),
            ],
            1,
            2,
        ),
    };
    let delegation = Delegation { name: NAMES[2].parse().unwrap(), key: public(4) };
    Keyset::build(KeysetParts {
        namespace: namespace(),
        origin: origin(),
        after,
        keys,
        thresholds: Thresholds { recovery, release: 1, root },
        evidence,
        delegations: if shape == 1 { vec![delegation] } else { Vec::new() },
    })
    .unwrap()
}

/// Signatures of strangers refuse an entry, so only those sign who may have a part in it.
fn sign(log: &Log, payload: impl Into<Payload>, signers: &[u8]) -> Option<Entry> {
    let payload = payload.into();
    let is_known = |number: &u8| {
        let public = key(*number).public_key();
        let is_in = |keyset: &Keyset| keyset.keys().iter().any(|key| key.key == public);
        let is_delegate = |keyset: &Keyset| keyset.delegations().iter().any(|other| other.key == public);
        let current = log.state.keyset(&namespace());
        current.is_some_and(|keyset| is_in(keyset) || is_delegate(keyset))
            || matches!(&payload, Payload::Keyset(next) if is_in(next))
    };
    let keys: Vec<SigningKey> = signers.iter().copied().filter(|number| is_known(number)).map(key).collect();
    Entry::sign(payload, &keys.iter().collect::<Vec<_>>()).ok()
}

/// A signer too many refuses an entry; whoever signs leaves those out whose role does not fit.
fn without_strangers(log: &Log, entry: Entry, evidence: EvidenceFact) -> (Entry, Result<(), Refusal>) {
    let mut entry = entry;
    loop {
        let (origin, index) = (origin(), log.state.size());
        let refusal = match admit(&log.state, &entry, &Facts { origin: &origin, index, evidence }) {
            Ok(_) => return (entry, Ok(())),
            Err(refusal) => refusal,
        };
        let (Refusal::WrongRole { key_id } | Refusal::UnknownSigner { key_id }) = refusal else {
            return (entry, Err(refusal));
        };
        let mut signatures = entry.signatures().to_vec();
        signatures.retain(|signature| signature.key_id != key_id);
        match Entry::assemble(entry.payload().clone(), signatures) {
            Ok(fewer) => entry = fewer,
            Err(_) => return (entry, Err(refusal)),
        }
    }
}

fn release_of(entry: &Entry) -> Option<&Statement> {
    match entry.payload() {
        Payload::Release(statement) => Some(statement),
        _ => None,
    }
}

fn try_one(log: &mut Log, attempt: &Attempt) -> Option<Refusal> {
    let claim = log.claim().map_or_else(|| file_digest(b""), |claim| claim.claim);
    let mut fact = EvidenceFact::NotChecked;
    let entry = match attempt {
        Attempt::Head { seconds } => return log.head(*seconds).err(),
        Attempt::Week => {
            // The last of them may have nothing left to wait for.
            while log.head(MAX_CREDIT_SECONDS).is_ok() && log.state.anything_waits() {}
            return None;
        }
        Attempt::Keyset { is_next, shape, keys, evidence, accepted, signers } => {
            if *accepted {
                fact = EvidenceFact::Accepted;
            }
            let evidence = evidence.map_or(Evidence::None, github);
            sign(log, keyset(log, *is_next, *shape, *keys, evidence), signers)
        }
        Attempt::Release { name, version, skew, signers } => {
            let mut statement = statement(claim, NAMES[*name], VERSIONS[*version], log.newest(NAMES[*name]));
            match skew {
                0 => statement.sequence += 1,
                1 if statement.sequence > 1 => statement.previous = Some(file_digest(b"another")),
                _ => {}
            }
            sign(log, statement, signers)
        }
        Attempt::WithdrawRelease { release, signers } => {
            let releases: Vec<&Statement> = log.entries.iter().filter_map(release_of).collect();
            let release = releases.get(release.index(releases.len().max(1)))?;
            let (name, version) = (release.name.clone(), release.version.clone());
            let (sequence, reason) = (release.sequence, ReleaseReason::Defective);
            sign(log, Withdrawal::of_release(claim, name, sequence, version, reason), signers)
        }
        Attempt::WithdrawKey { key: number, signers } => {
            let id = key(*number).public_key().id();
            sign(log, Withdrawal::of_key(claim, namespace(), id, KeyReason::Lost), signers)
        }
        Attempt::Cancel { signers } => {
            let pending = log.state.pending(&namespace()).map_or_else(|| file_digest(b""), |it| it.keyset);
            sign(log, Withdrawal::of_pending(claim, namespace(), pending, PendingReason::NotOurs), signers)
        }
    };
    let (entry, outcome) = without_strangers(log, entry?, fact);
    if log.entries.iter().any(|known| known.payload_digest() == entry.payload_digest()) {
        // A duplicate: the log answers with the first one and asks nobody.
        return None;
    }
    match outcome {
        Ok(()) => log.add(entry, fact).err(),
        Err(refusal) => Some(refusal),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// The log's fold, the rows that it keeps, an auditor's replay and the verifier's offline fold agree.
    #[test]
    fn log_auditor_and_verifier_agree(attempts in vec(attempt(), 1..50)) {
        let mut log = Log::default();
        let first = keyset(&log, false, 3, 0, github(0));
        log.add(sign(&log, first, &[0, 3]).unwrap(), EvidenceFact::Accepted).unwrap();
        for attempt in &attempts {
            let before = log.state.clone();
            if try_one(&mut log, attempt).is_some() {
                prop_assert_eq!(&before, &log.state);
            }
            if let (Some(claim), false) = (log.claim(), log.history.is_empty()) {
                check_offline(&log, &claim)?;
            }
        }
        prop_assert_eq!(State::from_rows(&log.rows).unwrap(), log.state.clone());
        let mut auditor = Log::default();
        for entry in &log.entries {
            let entry = Entry::parse(entry.as_bytes()).unwrap();
            auditor.add(entry, EvidenceFact::Accepted).unwrap();
        }
        prop_assert_eq!(auditor.state, log.state);
    }

    /// However clocks jump: a keyset waits through seven map-heads at least, and at least seven days.
    #[test]
    fn no_clock_ends_a_wait_early(jumps in vec(0..500 * MAX_CREDIT_SECONDS, 1..20)) {
        let mut log = Log::default();
        let first = keyset(&log, false, 0, 0, github(0));
        log.add(sign(&log, first, &[0]).unwrap(), EvidenceFact::Accepted).unwrap();
        let second = keyset(&log, false, 0, 1, github(1));
        log.add(sign(&log, second, &[1]).unwrap(), EvidenceFact::Accepted).unwrap();
        log.head(0).unwrap();
        let (mut heads, mut passed) = (0, 0);
        for seconds in jumps {
            if log.head(seconds).is_ok() {
                heads += 1;
                passed += seconds;
            }
            let came = log.claim().unwrap().earlier == 1;
            prop_assert!(!came || (heads >= 7 && passed >= WAITING_PERIOD_SECONDS));
            if came {
                break;
            }
        }
    }
}

fn check_offline(log: &Log, claim: &NamespaceValue) -> Result<(), TestCaseError> {
    let logged: Vec<LoggedEntry<'_>> = log
        .history
        .iter()
        .map(|&(index, since)| LoggedEntry { index, since, entry: &log.entries[index as usize] })
        .collect();
    let history = ClaimHistory::fold(&logged, &origin()).unwrap();
    prop_assert_eq!(history.head(), claim.keysets);
    prop_assert_eq!(history.claim(), claim.claim);
    prop_assert_eq!(Some(history.newest_keyset()), log.state.keyset(&namespace()));
    let last = log.entries.len() - 1;
    if let Payload::Release(statement) = log.entries[last].payload()
        && statement.claim == claim.claim
    {
        history.check_release(&log.entries[last], last as u64).unwrap();
    }
    Ok(())
}

#[test]
fn a_squatter_burns_nothing() {
    const RELEASES: u64 = 1_000;
    let squatter = key(0);
    let mut log = Log::default();
    let squat = keyset(&log, false, 0, 0, Evidence::None);
    let claim = squat.claim();
    log.add(sign(&log, squat, &[0]).unwrap(), EvidenceFact::NotChecked).unwrap();
    let mut previous = None;
    for number in 1..=RELEASES {
        let statement = statement(claim, NAMES[0], &format!("1.{number}"), previous);
        let entry = Entry::sign(statement, &[&squatter]).unwrap();
        previous = Some((number, entry.payload_digest()));
        log.add(entry, EvidenceFact::NotChecked).unwrap();
    }
    log.head(60).unwrap();
    let taken = log.state.value(&IndexKey::name(&NAMES[0].parse().unwrap())).unwrap();
    let owner = keyset(&log, false, 0, 1, github(0));
    let owners = owner.claim();
    log.add(sign(&log, owner, &[1]).unwrap(), EvidenceFact::Accepted).unwrap();
    let kept = log.state.value(&IndexKey::name(&NAMES[0].parse().unwrap())).unwrap();
    assert_eq!(kept, taken, "nothing is deleted");
    assert_eq!(log.state.size(), RELEASES + 3);
    for (number, name) in [(1, NAMES[0]), (2, NAMES[1])] {
        let statement = statement(owners, name, &format!("1.{number}"), log.newest(name));
        assert_eq!(statement.sequence, number);
        log.add(sign(&log, statement, &[1]).unwrap(), EvidenceFact::NotChecked).unwrap();
    }
    let more = statement(claim, NAMES[0], "1.9999", previous);
    let refusal = log.add(Entry::sign(more, &[&squatter]).unwrap(), EvidenceFact::NotChecked);
    assert_eq!(refusal, Err(Refusal::ClaimNotInForce { in_force: owners }));
    let Some(IndexValue::Name(value)) = log.state.value(&IndexKey::name(&NAMES[0].parse().unwrap())) else {
        panic!("the name has no value");
    };
    assert_eq!((value.claim, value.history.count, value.newest.sequence), (owners, 2, 2));
    assert_eq!(State::from_rows(&log.rows).unwrap(), log.state, "rows of the squatter's releases are gone");
}

#[test]
fn entries_copied_to_another_log_are_refused() {
    let mut log = Log::default();
    let first = keyset(&log, false, 0, 0, github(0));
    let claim = first.claim();
    log.add(sign(&log, first, &[0]).unwrap(), EvidenceFact::Accepted).unwrap();
    let release = statement(claim, NAMES[0], VERSIONS[0], None);
    log.add(sign(&log, release, &[0]).unwrap(), EvidenceFact::NotChecked).unwrap();
    let other: Origin = "other.example.org".parse().unwrap();
    let facts = Facts { origin: &other, index: 0, evidence: EvidenceFact::Accepted };
    let outcomes: Vec<Refusal> =
        log.entries.iter().map(|entry| admit(&State::new(), entry, &facts).unwrap_err()).collect();
    assert_eq!(outcomes, [Refusal::ForeignOrigin { named: origin() }, Refusal::Unclaimed]);
}

/// A state whose name has a full list of ranges is made of rows: 8,193 releases need not be signed for it.
#[test]
fn a_full_list_of_ranges_takes_only_what_touches() {
    let mut log = Log::default();
    let first = keyset(&log, false, 0, 0, Evidence::None);
    let claim = first.claim();
    log.add(sign(&log, first, &[0]).unwrap(), EvidenceFact::NotChecked).unwrap();
    let release = statement(claim, NAMES[0], "v1", None);
    log.add(sign(&log, release, &[0]).unwrap(), EvidenceFact::NotChecked).unwrap();
    let newest = 2 * MAX_WITHDRAWN_RANGES as u64 + 3;
    let mut rows = log.rows.clone();
    let key = IndexKey::name(&NAMES[0].parse().unwrap());
    for sequence in 2..=newest {
        let row = format!("{{\"index\":1,\"sequence\":{sequence}}}");
        rows.insert(format!("release/{key}/v{sequence}"), row.into_bytes());
    }
    let row = String::from_utf8(rows[&format!("name/{key}")].clone()).unwrap();
    let row = row.replace("\"sequence\":1}", &format!("\"sequence\":{newest}}}"));
    rows.insert(
        format!("name/{key}"),
        row.replace("\"count\":1", &format!("\"count\":{newest}")).into_bytes(),
    );
    log.state = State::from_rows(&rows).unwrap();
    let withdraw = |log: &mut Log, sequence: u64| {
        let (name, version) = (NAMES[0].parse().unwrap(), format!("v{sequence}").parse().unwrap());
        let withdrawal = Withdrawal::of_release(claim, name, sequence, version, ReleaseReason::Defective);
        let entry = sign(log, withdrawal, &[0]).unwrap();
        let (origin, index) = (origin(), log.state.size());
        let facts = Facts { origin: &origin, index, evidence: EvidenceFact::NotChecked };
        let change = admit(&log.state, &entry, &facts)?;
        log.state.apply(change);
        Ok(())
    };
    for range in 0..MAX_WITHDRAWN_RANGES as u64 {
        withdraw(&mut log, 2 * range + 1).unwrap();
    }
    assert_eq!(withdraw(&mut log, newest), Err(Refusal::TooManyRanges));
    assert_eq!(withdraw(&mut log, 2), Ok(()));
    assert_eq!(withdraw(&mut log, newest), Ok(()), "two ranges became one");
}

/// Delegates come and go with keysets, and each is withdrawn: more of them than a claim may withdraw.
#[test]
fn a_claim_withdraws_so_many_keys_and_no_more() {
    const DELEGATES: u16 = 60;
    let mut log = Log::default();
    let root = key(0);
    let delegate = |round: u16, number: u16| {
        let mut seed = [9; 32];
        seed[..4].copy_from_slice(&[round as u8, number as u8, 1, 1]);
        SigningKey::from_seed(&seed)
    };
    let mut withdrawn = 0;
    for round in 0..5 {
        let current = log.state.keyset(&namespace());
        let after = current.map(|current| After {
            claim: current.claim(),
            previous: current.digest(),
            version: current.version(),
        });
        let delegations = (0..DELEGATES).map(|number| Delegation {
            name: format!("io.github.acme/n{number:02}").parse().unwrap(),
            key: delegate(round, number).public_key(),
        });
        // The limit of 8 KiB comes before that of 64 delegations.
        let delegations: Vec<Delegation> = delegations.take(50).collect();
        let keyset = Keyset::build(KeysetParts {
            namespace: namespace(),
            origin: origin(),
            after,
            keys: vec![KeysetKey { key: root.public_key(), roles: Roles::ReleaseAndRoot }],
            thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
            evidence: Evidence::None,
            delegations,
        })
        .unwrap();
        log.add(Entry::sign(keyset, &[&root]).unwrap(), EvidenceFact::NotChecked).unwrap();
        let claim = log.claim().unwrap().claim;
        for number in 0..50 {
            let id = delegate(round, number).public_key().id();
            let withdrawal = Withdrawal::of_key(claim, namespace(), id, KeyReason::Retired);
            let entry = Entry::sign(withdrawal, &[&root]).unwrap();
            log.add(entry, EvidenceFact::NotChecked).unwrap();
            withdrawn += 1;
        }
    }
    assert_eq!(withdrawn, 250);
    let claim = log.claim().unwrap().claim;
    let current = log.state.keyset(&namespace()).unwrap();
    let after = After { claim, previous: current.digest(), version: current.version() };
    let delegations = (0..7).map(|number| Delegation {
        name: format!("io.github.acme/n{number:02}").parse().unwrap(),
        key: delegate(9, number).public_key(),
    });
    let keyset = Keyset::build(KeysetParts {
        namespace: namespace(),
        origin: origin(),
        after: Some(after),
        keys: vec![KeysetKey { key: root.public_key(), roles: Roles::ReleaseAndRoot }],
        thresholds: Thresholds { recovery: 0, release: 1, root: 1 },
        evidence: Evidence::None,
        delegations: delegations.collect(),
    })
    .unwrap();
    log.add(Entry::sign(keyset, &[&root]).unwrap(), EvidenceFact::NotChecked).unwrap();
    for number in 0..7 {
        let id = delegate(9, number).public_key().id();
        let withdrawal = Withdrawal::of_key(claim, namespace(), id, KeyReason::Retired);
        let outcome = log.add(Entry::sign(withdrawal, &[&root]).unwrap(), EvidenceFact::NotChecked);
        let expected = if number < 6 { Ok(()) } else { Err(Refusal::TooManyWithdrawnKeys) };
        assert_eq!(outcome.map(|_| ()), expected, "{number}");
    }
    let one = LoggedEntry { index: 0, since: 0, entry: &log.entries[0] };
    assert_eq!(ClaimHistory::fold(&[one; 513], &origin()), Err(Refusal::HistoryTooLong));
}

/// The largest keysets history that the format allows: 256 keysets of 16 keys, each signed by 16. Prints how long it
/// takes to fold; run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn the_largest_keyset_history_is_folded() {
    let mut entries: Vec<Entry> = Vec::new();
    let mut after = None;
    let keys: Vec<SigningKey> = (0..16).map(key).collect();
    for version in 1..=MAX_KEYSET_VERSION {
        let keyset = Keyset::build(KeysetParts {
            namespace: namespace(),
            origin: origin(),
            after,
            keys: keys
                .iter()
                .enumerate()
                .map(|(number, key)| KeysetKey {
                    key: key.public_key(),
                    roles: if number == 0 { Roles::Release } else { Roles::Root },
                })
                .collect(),
            thresholds: Thresholds { recovery: 0, release: 1, root: 15 },
            evidence: Evidence::None,
            delegations: Vec::new(),
        })
        .unwrap();
        after = Some(After { claim: keyset.claim(), previous: keyset.digest(), version });
        entries.push(Entry::sign(keyset, &keys[1..].iter().collect::<Vec<_>>()).unwrap());
    }
    let bytes: Vec<Vec<u8>> = entries.iter().map(|entry| entry.as_bytes().to_vec()).collect();
    let start = Instant::now();
    let entries: Vec<Entry> = bytes.iter().map(|bytes| Entry::parse(bytes).unwrap()).collect();
    let logged: Vec<LoggedEntry<'_>> =
        entries.iter().zip(0..).map(|(entry, index)| LoggedEntry { index, since: index, entry }).collect();
    let history = ClaimHistory::fold(&logged, &origin()).unwrap();
    let took = start.elapsed();
    assert_eq!(history.steps().len(), 256);
    let size: usize = bytes.iter().map(Vec::len).sum();
    let key = &keys[1];
    let (message, start) = (entries[0].signed_bytes(), Instant::now());
    let signature = key.sign(&message);
    for _ in 0..256 * 15 {
        key.public_key().verify(&message, &signature).unwrap();
    }
    println!(
        "256 keysets, 3,840 signatures, {size} bytes: {took:?}, {:.2} times the signatures alone",
        took.as_secs_f64() / start.elapsed().as_secs_f64()
    );
}
