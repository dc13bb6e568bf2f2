//! Limits: the tables of the specification and the constants say the same, and a value at its limit passes.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use pinfold_core::framing::{FrameError, FrameLimits, parse_frame};
use pinfold_core::json::{ReadLimits, ReadRefusal, read};

/// The numbers of one row of a page's limits table.
fn row(page: &str, limit: &str) -> Vec<usize> {
    let text = std::fs::read_to_string(support::repository().join("spec").join(page)).unwrap();
    let start = format!("| {limit} |");
    let row = text
        .lines()
        .find(|line| line.starts_with(&start))
        .unwrap_or_else(|| panic!("{page}: no row {limit:?}"));
    let cells = row.split('|').skip(2);
    cells.map_while(|cell| cell.trim().replace(',', "").parse().ok()).collect()
}

#[test]
fn limits_are_those_of_the_specification() {
    let (listing, own) = (ReadLimits::LISTING, ReadLimits::OWN);
    let expected = [
        ("bytes of a document", [listing.max_bytes, own.max_bytes]),
        ("depth", [usize::from(listing.max_depth), usize::from(own.max_depth)]),
        ("bytes of one decoded string or name", [listing.max_string_bytes, own.max_string_bytes]),
        ("members of one object", [listing.max_members, own.max_members]),
        ("values of a document", [listing.max_values, own.max_values]),
    ];
    for (limit, constants) in expected {
        assert_eq!(row("strict-json.md", limit)[..2], constants, "{limit}");
    }
    let traffic = FrameLimits::TRAFFIC;
    let expected = [
        ("bytes of a line", traffic.max_bytes),
        ("depth", traffic.max_depth),
        ("members of one judged object", traffic.max_members),
        ("bytes of an id as written", traffic.max_id_bytes),
    ];
    for (limit, constant) in expected {
        assert_eq!(row("framing.md", limit)[0], constant, "{limit}");
    }
}

fn members(count: usize) -> String {
    let members: Vec<String> = (0..count).map(|index| format!("\"m{index}\":0")).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn a_listing_at_its_limits_is_read_and_one_above_is_not() {
    let limits = ReadLimits::LISTING;
    let refusal = |doc: &str| read(doc.as_bytes(), &limits).err().map(|error| error.refusal);

    let limit = limits.max_string_bytes;
    assert_eq!(refusal(&format!("\"{}\"", "x".repeat(limit))), None);
    let too_long = format!("\"{}\"", "x".repeat(limit + 1));
    assert_eq!(refusal(&too_long), Some(ReadRefusal::StringTooLong { limit_bytes: limit }));

    let limit = limits.max_members;
    assert_eq!(refusal(&members(limit)), None);
    assert_eq!(refusal(&members(limit + 1)), Some(ReadRefusal::TooManyMembers { limit }));

    let limit = limits.max_values;
    let array = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
    assert_eq!(refusal(&array(limit)), None);
    assert_eq!(refusal(&array(limit + 1)), Some(ReadRefusal::TooManyValues { limit }));

    let spaces = " ".repeat(limits.max_bytes - 1);
    assert_eq!(refusal(&format!("{spaces}1")), None);
    assert_eq!(
        refusal(&format!("{spaces} 1")),
        Some(ReadRefusal::TooLarge { limit_bytes: limits.max_bytes })
    );
}

#[test]
fn a_message_at_its_limits_passes_and_one_above_does_not() {
    let limits = FrameLimits::TRAFFIC;
    let call = |arguments: &str| {
        let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"arguments":{arguments}}}}}"#);
        parse_frame(line.as_bytes(), &limits).err()
    };
    let limit = limits.max_members;
    assert_eq!(call(&members(limit)), None);
    assert!(matches!(call(&members(limit + 1)), Some(FrameError::TooManyMembers { limit: 65_536, .. })));

    let (before, after) = (r#"{"jsonrpc":"2.0","id":1,"result":""#, r#""}"#);
    let mut line = before.as_bytes().to_vec();
    line.resize(limits.max_bytes - after.len(), b'x');
    line.extend_from_slice(after.as_bytes());
    assert!(parse_frame(&line, &limits).is_ok());
    line.push(b' ');
    assert_eq!(parse_frame(&line, &limits), Err(FrameError::TooLong { limit_bytes: limits.max_bytes }));
}
