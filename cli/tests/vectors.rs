//! The vectors of `spec/review.md`.
#![allow(clippy::unwrap_used)]

#[path = "../../core/tests/support/mod.rs"]
mod support;

use pinfold_cli::challenge::{Challenge, Shown};
use pinfold_cli::elsewhere;
use pinfold_cli::keys::{Answer, Offers, Step, Typing};
use pinfold_cli::page::compare::{Detail, compare};
use pinfold_cli::page::group::Group;
use pinfold_cli::screen::{Mark, Screen};
use pinfold_core::diff::{Meaning, Reach};
use serde_json::Value;
use support::{Vector, vectors};

#[test]
fn the_vectors_of_the_specification_hold() {
    for mut vector in vectors("review") {
        let expected = vector.need("expect");
        let found = match vector.need("shows").as_str() {
            "challenge" => challenge(&mut vector),
            "keys" => keys(&mut vector),
            "group" => group(&mut vector),
            "rows" => rows(&vector, one_text),
            "comparison" => rows(&vector, two_texts),
            "elsewhere" => printed_elsewhere(&vector),
            other => panic!("{}: shows {other}", vector.file),
        };
        assert_eq!(found, expected, "{}", vector.file);
        vector.finish();
    }
}

/// The input is the lines that are hashed.
fn challenge(vector: &mut Vector) -> String {
    let stated = vector.need("challenge");
    assert_eq!(of_lines(&text(vector)).as_str(), stated, "{}", vector.file);
    "ok".into()
}

fn of_lines(lines: &str) -> Challenge {
    let mut lines = lines.lines();
    let (kind, subject) = lines.next().unwrap().split_once(' ').unwrap();
    let mut shown = Shown::new(kind, subject);
    for line in lines {
        let (role, value) = line.split_once(' ').unwrap();
        match value.parse() {
            Ok(digest) => shown.digest(role, &digest),
            Err(_) => shown.answer(role, value),
        }
    }
    shown.challenge()
}

/// The input is what is typed; `CHALLENGE` in it stands for the challenge of the header's lines.
fn keys(vector: &mut Vector) -> String {
    let challenge = of_lines(&vector.need("shown"));
    let offered = vector.need("offers");
    let offers = |key: &str| offered.split(' ').any(|one| one == key);
    let offers = Offers {
        reject: offers("r"),
        also: offers("a"),
        each: offers("e"),
        names: offers("l"),
        unchanged: offers("u"),
    };
    let mut typing = Typing::new(&challenge, offers);
    for byte in text(vector).replace("CHALLENGE", challenge.as_str()).bytes() {
        if let Step::Done(answer) = typing.key(byte) {
            return match answer {
                Answer::Approve => "ok",
                Answer::Refuse => "REFUSED",
                Answer::Reject => "REJECTED",
                Answer::Also => "ALSO",
                Answer::Each => "EACH",
                Answer::Names => "NAMES",
                Answer::Unchanged => "UNCHANGED",
            }
            .into();
        }
    }
    "OPEN".into()
}

/// The input is what the changes of one object mean and how far each reaches, one a line.
fn group(vector: &mut Vector) -> String {
    let stated = vector.need("group");
    let changes = text(vector);
    let found = Group::of_all(changes.lines().map(|line| {
        let (meaning, reach) = line.split_once(' ').unwrap();
        let meaning = Meaning::ALL.into_iter().find(|one| one.as_str() == meaning).unwrap();
        let reaches = [Reach::Model, Reach::SomeModels, Reach::Client];
        (meaning, reaches.into_iter().find(|one| one.as_str() == reach).unwrap())
    }));
    assert_eq!(found.as_str(), stated, "{}", vector.file);
    "ok".into()
}

/// The input is an object with the texts, the columns of the terminal, and the rows.
fn rows(vector: &Vector, put: fn(&mut Screen, &Value)) -> String {
    let case: Value = serde_json::from_slice(&vector.input).unwrap();
    let mut screen = Screen::new();
    put(&mut screen, &case);
    let columns = usize::try_from(case["columns"].as_u64().unwrap()).unwrap();
    let page = screen.render(columns, false);
    let found: Vec<&str> = page.lines().collect();
    let stated: Vec<&str> =
        case["rows"].as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect();
    assert_eq!(found, stated, "{}", vector.file);
    "ok".into()
}

fn one_text(screen: &mut Screen, case: &Value) {
    let mark = match case["mark"].as_str().unwrap() {
        " " => Mark::Plain,
        "-" => Mark::Gone,
        "+" => Mark::New,
        "@" => Mark::Place,
        other => panic!("mark {other:?}"),
    };
    screen.foreign(mark, case["text"].as_str().unwrap());
}

fn two_texts(screen: &mut Screen, case: &Value) {
    let detail = if case["whole"].as_bool() == Some(false) { Detail::Changed } else { Detail::Whole };
    compare(screen, case["old"].as_str().unwrap(), case["new"].as_str().unwrap(), detail);
}

/// The input is an object with a `name` or a `pointer`, and how it is printed.
fn printed_elsewhere(vector: &Vector) -> String {
    let case: Value = serde_json::from_slice(&vector.input).unwrap();
    let found = match (case["name"].as_str(), case["pointer"].as_str()) {
        (Some(name), None) => elsewhere::name(name),
        (None, Some(pointer)) => elsewhere::pointer(pointer),
        _ => panic!("{}: a name or a pointer", vector.file),
    };
    assert_eq!(found, case["printed"].as_str().unwrap(), "{}", vector.file);
    "ok".into()
}

fn text(vector: &Vector) -> String {
    String::from_utf8(vector.input.clone()).unwrap()
}
