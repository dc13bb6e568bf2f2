//! Reason codes: which of them nothing gives yet stands on their page, so that nobody waits for one in vain.

use std::collections::BTreeSet;

use super::Finding;
use super::code::{code_only, texts, without_tests};
use super::codes::stated;
use super::tree::Tree;

const PAGE: &str = "spec/reason-codes.md";

/// Where the codes are made, which gives none of them out.
const MADE_IN: &str = "core/src/reason.rs";

/// Findings for codes that the page says nothing gives and a source does, and for those that no source gives and the page
/// does not say so.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let is_program = |path: &str| {
        path.contains("/src/")
            && path != MADE_IN
            && !path.starts_with("tests/")
            && !path.starts_with("xtask/")
    };
    let given: BTreeSet<String> =
        tree.ending(".rs").filter(|(path, _)| is_program(path)).flat_map(|(_, text)| names(text)).collect();
    let to_come: BTreeSet<String> =
        stated(tree, PAGE, Some("## Not given yet")).into_iter().map(|(_, code)| code).collect();
    let mut found = Vec::new();
    for (line, code) in stated(tree, PAGE, Some("## Codes")) {
        let message =
            match (given.contains(&variant(&code)) || given.contains(&code), to_come.contains(&code)) {
                (true, true) => format!("{code} is said not to be given, and a source gives it"),
                (false, false) => format!("no source gives {code}: say so under Not given yet"),
                _ => continue,
            };
        found.push(Finding::at(PAGE, line, message));
    }
    found
}

/// What may name a code in a source: words of its code that begin as a variant does, and those of its texts.
fn names(source: &str) -> Vec<String> {
    let code = without_tests(&code_only(source));
    let texts = texts(source).into_iter().map(|(_, text)| text);
    let is_apart = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words = texts.chain([code.as_str()]).flat_map(|text| text.split(is_apart));
    words
        .filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(str::to_owned)
        .collect()
}

/// `CapsAdded` of `CAPS_ADDED`.
fn variant(code: &str) -> String {
    let words = code.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_owned() + &rest.to_ascii_lowercase()
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    const PAGE: &str = "## Codes\n| `DESC_CHANGED` | a |\n| `CAPS_ADDED` | b |\n\n## Not given yet\n\n| code |\n|---|\n| `CAPS_ADDED` |\n";

    fn check(change: &[(&str, &str)]) -> Vec<String> {
        let whole = [
            ("spec/reason-codes.md", PAGE),
            ("core/src/reason.rs", "DescChanged CapsAdded"),
            ("gate/src/a.rs", "fn f() { g(ReasonCode::DescChanged) } // ReasonCode::CapsAdded"),
        ];
        Tree::found(super::check, &whole, change)
    }

    #[test]
    fn a_page_that_says_what_is_given_passes() {
        assert_eq!(check(&[]), [""; 0]);
    }

    #[test]
    fn a_code_in_a_text_is_given() {
        let text =
            "fn f() { say(\"DESC_CHANGED: so\") } #[cfg(test)] mod tests { const X: &str = \"CAPS_ADDED\"; }";
        assert_eq!(check(&[("gate/src/a.rs", text)]), [""; 0]);
    }

    #[test]
    fn a_code_that_nothing_gives_and_one_that_is_given_are_found() {
        assert_eq!(
            check(&[("gate/src/a.rs", "fn f() { g(ReasonCode::CapsAdded) }")]),
            [
                "spec/reason-codes.md:2: no source gives DESC_CHANGED: say so under Not given yet",
                "spec/reason-codes.md:3: CAPS_ADDED is said not to be given, and a source gives it",
            ]
        );
    }
}
