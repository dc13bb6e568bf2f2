//! The vectors of `spec/pins.md` and the marker's of `spec/store.md`, whose hashes come from another program.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::digest::Digest;
use pinfold_core::hex;
use pinfold_core::json::{ReadLimits, Value, canonical, read};
use pinfold_core::pins::{
    BirthTime, Chain, Decision, FoundStore, LabelPins, Marker, NamePins, Pins, Publisher, StoreId,
    UnixSeconds, judge,
};
use pinfold_core::volatile::Rule;
use support::{Vector, vectors};

#[test]
fn every_vector_of_pins_comes_out_as_expected() {
    for mut vector in vectors("pins") {
        match vector.need("input").as_str() {
            "fold" => check_fold(&mut vector),
            "chain" => check_chain(&mut vector),
            "settled" => check_settled(&mut vector),
            "concerns" => check_concerns(&mut vector),
            other => panic!("{}: input {other}", vector.file),
        }
        vector.finish();
    }
}

#[test]
fn every_vector_of_the_marker_comes_out_as_expected() {
    for mut vector in vectors("store") {
        match vector.need("input").as_str() {
            "marker" => check_marker(&mut vector),
            "judge" => check_judge(&mut vector),
            other => panic!("{}: input {other}", vector.file),
        }
        vector.finish();
    }
}

/// All decisions but the last must fold; the last one is the one judged, and the pins are those after it.
fn check_fold(vector: &mut Vector) {
    let expect = vector.need("expect");
    let (file, document) = (vector.file.clone(), read_document(&vector.input));
    let decisions = decisions(document.get("decisions").unwrap());
    let mut pins = Pins::new();
    let mut outcome = "ok";
    for (index, decision) in decisions.iter().enumerate() {
        assert_eq!(outcome, "ok", "{file}: decision {index} was refused and is not the last");
        outcome =
            pins.apply(decision, UnixSeconds(index as u64 + 1)).err().map_or("ok", |error| error.name());
    }
    assert_eq!(outcome, expect, "{file}");
    let expected = canonical(document.get("pins").unwrap());
    let found = canonical(&summary(&pins));
    assert_eq!(text(&found), text(&expected), "{file}");
}

/// The input is one envelope a line; the last one is the one judged.
fn check_chain(vector: &mut Vector) {
    let expect = vector.need("expect");
    let head = vector.take("head");
    let mut chain = Chain::default();
    let mut outcome = "ok";
    for line in vector.input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        assert_eq!(outcome, "ok", "{}: a decision before the last was refused", vector.file);
        outcome = match chain.append(line) {
            Ok(envelope) => {
                assert_eq!(envelope.to_bytes(), line, "{}", vector.file);
                "ok"
            }
            Err(refusal) => refusal.name(),
        };
    }
    assert_eq!(outcome, expect, "{}", vector.file);
    assert_eq!(head.is_some(), outcome == "ok", "{}: a chain that is read has a head", vector.file);
    if let Some(head) = head {
        assert_eq!(chain.head().hash.to_string(), head, "{}", vector.file);
    }
}

fn check_settled(vector: &mut Vector) {
    let document = read_document(&vector.input);
    let mut pins = Pins::new();
    for decision in decisions(document.get("decisions").unwrap()) {
        pins.apply(&decision, UnixSeconds(1)).unwrap();
    }
    let decision = Decision::from_value(document.get("decision").unwrap()).unwrap();
    let outcome = if pins.is_settled(&decision) { "settled" } else { "open" };
    assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
}

/// Two decisions, in either order.
fn check_concerns(vector: &mut Vector) {
    let decisions = decisions(&read_document(&vector.input));
    let [one, other] = decisions.as_slice() else { panic!("{}: two decisions", vector.file) };
    let outcome = if one.concerns_the_same(other) { "same" } else { "other" };
    assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
    assert_eq!(one.concerns_the_same(other), other.concerns_the_same(one), "{}", vector.file);
}

fn check_marker(vector: &mut Vector) {
    let outcome = match Marker::from_bytes(&vector.input) {
        Ok(marker) => {
            assert_eq!(text(&marker.to_bytes()), text(&vector.input), "{}", vector.file);
            "ok"
        }
        Err(error) => error.name(),
    };
    assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
}

fn check_judge(vector: &mut Vector) {
    let document = read_document(&vector.input);
    let marker = document.get("marker").filter(|marker| !marker.is_null());
    let marker = marker.map(|marker| Marker::from_bytes(&canonical(marker)).unwrap());
    let found = document.get("found").filter(|found| !found.is_null());
    let strings = |name| {
        let items = found.and_then(|found| found.get(name)?.as_array()).unwrap_or_default();
        items.iter().map(|item| item.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let files = strings("files");
    let hashes: Vec<Digest> = strings("hashes").iter().map(|hash| hash.parse().unwrap()).collect();
    let found = found.map(|found| {
        let text = |name| found.get(name).unwrap().as_str().unwrap();
        let birth = found.get("birth").filter(|birth| !birth.is_null());
        FoundStore {
            id: StoreId(hex::decode(text("store")).unwrap()),
            inode: text("inode").parse().unwrap(),
            birth: birth.map(|birth| BirthTime {
                seconds: birth.get("seconds").unwrap().as_uint().unwrap(),
                nanoseconds: birth.get("nanoseconds").unwrap().as_uint().unwrap() as u32,
            }),
            identity_files: &files,
            hashes: &hashes,
        }
    });
    let outcome = match judge(marker.as_ref(), found.as_ref()) {
        Ok(standing) => format!("{standing:?}").to_lowercase(),
        Err(reason) => reason.as_str().to_owned(),
    };
    assert_eq!(outcome, vector.need("expect"), "{}", vector.file);
}

fn read_document(input: &[u8]) -> Value<'_> {
    read(input, &ReadLimits::OWN).unwrap()
}

fn decisions(value: &Value<'_>) -> Vec<Decision> {
    let read = |value| Decision::from_value(value).unwrap();
    value.as_array().unwrap().iter().map(read).collect()
}

/// Pins as the vectors write them.
fn summary(pins: &Pins) -> Value<'static> {
    let labels = pins.labels().map(|label| (label.spelling().key(), label_summary(label)));
    let interpreters = pins.interpreters().map(|(path, pin)| (path.to_owned(), string(pin.digest)));
    Value::object(vec![
        ("home", pins.accepted_home().map_or_else(Value::null, string)),
        ("interpreters", Value::object::<String>(interpreters.collect())),
        ("labels", Value::object::<String>(labels.collect())),
    ])
}

fn label_summary(label: &LabelPins) -> Value<'static> {
    let launches =
        label.launches().iter().map(|(digest, pin)| (digest.to_string(), string(pin.state.as_str())));
    let asks = label.asks().iter().map(|(ask, (state, _))| (ask.as_str(), string(state.as_str())));
    let objects = label.objects().iter().map(|((kind, name), pins)| {
        let mut members = vec![
            ("base", pins.latest().map_or_else(Value::null, string)),
            ("digests", digests(pins)),
            ("kind", string(kind)),
            ("name", string(name)),
        ];
        members.extend(published(pins).map(|published| ("published", published)));
        members.extend(rules(pins).map(|rules| ("rules", rules)));
        Value::object(members)
    });
    let allowed = label.allowances().map(|(tool, allowance)| {
        let seconds = [allowance.since, allowance.until].map(|at| Value::uint(at.0));
        (tool.to_owned(), Value::array(seconds.to_vec()))
    });
    let allowed: Vec<_> = allowed.collect();
    let allowed = (!allowed.is_empty()).then(|| ("allowed", Value::object::<String>(allowed)));
    let members = vec![
        ("asks", Value::object(asks.collect())),
        ("forgotten", label.forgotten().map_or_else(Value::null, |at| Value::uint(at.0))),
        ("known", Value::bool(label.is_known())),
        ("launches", Value::object::<String>(launches.collect())),
        ("objects", Value::array(objects.collect())),
        ("spelling", string(label.spelling())),
    ];
    let publisher = label.publisher().map(|publisher| ("publisher", publisher_summary(publisher)));
    Value::object(allowed.into_iter().chain(publisher).chain(members).collect())
}

fn publisher_summary(publisher: &Publisher) -> Value<'static> {
    Value::object(vec![
        ("claim", string(publisher.claim)),
        ("history", Value::uint(publisher.history)),
        ("name", string(publisher.name.as_str())),
        ("origin", string(publisher.origin.as_str())),
        ("sequence", Value::uint(publisher.sequence)),
        ("since", Value::uint(publisher.since.0)),
        ("version", string(publisher.version.as_str())),
    ])
}

fn digests(pins: &NamePins) -> Value<'static> {
    let digests = pins.digests().iter().map(|(digest, pin)| (digest.to_string(), string(pin.state.as_str())));
    Value::object::<String>(digests.collect())
}

/// The releases that stood behind approvals, by digest; absent where none did.
fn published(pins: &NamePins) -> Option<Value<'static>> {
    let published = pins.digests().iter().filter_map(|(digest, pin)| pin.published.map(|by| (digest, by)));
    let published: Vec<_> = published.map(|(digest, by)| (digest.to_string(), Value::uint(by))).collect();
    (!published.is_empty()).then(|| Value::object::<String>(published))
}

/// What may vary, by digest; absent where nothing may.
fn rules(pins: &NamePins) -> Option<Value<'static>> {
    let with_rules = pins.digests().iter().filter(|(_, pin)| !pin.rules.is_empty());
    let rules = with_rules.map(|(digest, pin)| {
        (digest.to_string(), Value::array(pin.rules.iter().map(Rule::to_value).collect()))
    });
    let rules: Vec<(String, Value<'static>)> = rules.collect();
    (!rules.is_empty()).then(|| Value::object(rules))
}

fn string(text: impl ToString) -> Value<'static> {
    Value::string(text.to_string())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
