//! Foreign data, where the folder is there: JSONTestSuite, the examples of RFC 8785, and real listings.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use pinfold_core::json::{ReadLimits, ReadRefusal, canonical, read};
use support::{data_folder, files_of, repository};

/// What must be accepted, but holds a member name twice.
const DUPLICATES: [&str; 2] = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

#[test]
fn json_test_suite_comes_out_as_documented() {
    let Some(folder) = data_folder("vectors") else { return };
    let documented = documented_outcomes();
    let (mut accepted, mut duplicates, mut refused, mut implementation_defined) = (0, 0, 0, 0);
    for file in files_of(&folder.join("json-test-suite/test_parsing")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let doc = std::fs::read(&file).unwrap();
        let outcome = read(&doc, &ReadLimits::LISTING).map(|value| canonical(&value));
        match name.as_bytes()[0] {
            b'y' if DUPLICATES.contains(&name) => {
                assert_eq!(outcome.unwrap_err().refusal, ReadRefusal::DuplicateMember, "{name}");
                duplicates += 1;
            }
            b'y' => {
                outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
                accepted += 1;
            }
            b'n' => {
                assert!(outcome.is_err(), "{name} was accepted");
                refused += 1;
            }
            b'i' => {
                let found = outcome.map_or_else(|error| error.refusal.as_str(), |_| "accepted");
                assert_eq!(documented.get(name).map(String::as_str), Some(found), "{name}");
                implementation_defined += 1;
            }
            _ => panic!("{name} is of no known class"),
        }
    }
    assert_eq!((accepted, duplicates, refused, implementation_defined), (93, 2, 188, 35));
    assert_eq!(documented.len(), 35);
    println!("JSONTestSuite: {accepted} of 95 accepted, 2 refused as duplicates, {refused} of 188 refused");
}

/// The table of implementation-defined cases in the specification: file name to outcome.
fn documented_outcomes() -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(repository().join("spec/strict-json.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `i_"));
    rows.map(|line| {
        let mut cells =
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
        (cells.next().unwrap(), cells.next().unwrap())
    })
    .collect()
}

#[test]
fn the_examples_of_rfc_8785_come_out_byte_for_byte() {
    let Some(folder) = data_folder("vectors") else { return };
    let inputs = files_of(&folder.join("rfc8785/input"));
    assert_eq!(inputs.len(), 6);
    for input in inputs {
        let doc = std::fs::read(&input).unwrap();
        let name = input.file_name().unwrap();
        let expected = std::fs::read(folder.join("rfc8785/output").join(name)).unwrap();
        let value = read(&doc, &ReadLimits::LISTING).unwrap();
        assert_eq!(canonical(&value), expected, "{}", name.display());
    }
}

#[test]
fn real_listings_are_read_and_written_like_the_oracle_does() {
    let Some(folder) = data_folder("corpus") else { return };
    let mut count = 0;
    let files = files_of(&folder);
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let doc = std::fs::read(file).unwrap();
        check_listing(file, &doc);
        count += 1;
    }
    assert!(count > 50, "only {count} listings");
    println!("{count} real listings");
}

fn check_listing(file: &Path, doc: &[u8]) {
    let value = read(doc, &ReadLimits::LISTING).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let ours = canonical(&value);
    let oracle: serde_json::Value = serde_json::from_slice(doc).unwrap();
    assert_eq!(ours, serde_json_canonicalizer::to_vec(&oracle).unwrap(), "{}", file.display());
    assert_eq!(canonical(&read(&ours, &ReadLimits::LISTING).unwrap()), ours, "{}", file.display());
    for tool in value.at_pointer("/tools").and_then(|tools| tools.as_array()).into_iter().flatten() {
        let alone = read(tool.slice(doc), &ReadLimits::LISTING).unwrap();
        assert_eq!(canonical(&alone), canonical(tool), "the span is exactly the object's");
    }
}
