//! The table of `spec/reason-codes.md` and the enum say the same.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use pinfold_core::reason::ReasonCode;

#[test]
fn reason_codes_are_those_of_the_specification() {
    let page = std::fs::read_to_string(support::repository().join("spec/reason-codes.md")).unwrap();
    let (codes, _) = page.split_once("## Not given yet").unwrap();
    let stated: Vec<(String, String)> = codes
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            (cells.next().unwrap().trim_matches('`').to_owned(), cells.next().unwrap().to_owned())
        })
        .collect();
    let known: Vec<(String, String)> =
        ReasonCode::ALL.iter().map(|code| (code.as_str().to_owned(), code.meaning().to_owned())).collect();
    assert_eq!(stated, known);
}
