//! The closed lists of `spec/launch.md`, read from the page: the tables of the code must be the same ones.

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../spec/launch.md");

/// Fails unless the page has just these words in the list of that name.
#[track_caller]
pub(super) fn assert_same<'w>(name: &str, words: impl IntoIterator<Item = &'w str>) {
    let stated: BTreeSet<&str> = body(name).split_whitespace().collect();
    let coded: BTreeSet<&str> = words.into_iter().collect();
    assert_eq!(stated, coded, "list {name}");
}

/// The text of a list of the page.
#[track_caller]
pub(super) fn body(name: &str) -> &'static str {
    let mark = format!("<!-- list: {name} -->\n```text\n");
    let (_, rest) = PAGE.split_once(&mark).unwrap_or_else(|| panic!("spec/launch.md has no list {name}"));
    let (body, _) = rest.split_once("```").unwrap();
    body
}

/// The lists that the page has, so that none is forgotten here.
pub(super) fn names() -> BTreeSet<&'static str> {
    PAGE.split("<!-- list: ").skip(1).filter_map(|rest| rest.split(" -->").next()).collect()
}
