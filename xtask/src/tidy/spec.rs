//! `spec/`: every numbered check has a vector or a test that is named beside it, every vector names checks that exist,
//! and the index lists every specification and no other.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::tree::Tree;

/// Pages of `spec/` that state no checks.
const WITHOUT_CHECKS: &[&str] = &["README", "threat-model"];

/// A check: its id, where it stands, and the test that shows it where bytes cannot.
struct Check {
    path: String,
    line: usize,
    test: Option<String>,
}

/// Findings for checks without a vector, vectors without a check, and pages that the index lacks.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let pages: Vec<&str> = tree.ending(".md").map(|(path, _)| path).filter(|path| is_page(path)).collect();
    let mut checks = BTreeMap::new();
    for path in &pages {
        let name = stem(path);
        let stated = read_checks(path, tree.text(path).unwrap_or_default(), &mut found);
        if stated.is_empty() && !WITHOUT_CHECKS.contains(&name) {
            found.push(Finding::whole(path, "states no numbered check under `## Checks`"));
        }
        for (id, check) in stated {
            if let Some(earlier) = checks.get(&id).map(|c: &Check| c.path.clone()) {
                found.push(Finding::at(path, check.line, format!("check {id} is stated in {earlier} too")));
            } else {
                checks.insert(id, check);
            }
        }
    }
    let shown = vectors(tree, &checks, &mut found);
    let tests = tests(tree);
    for (id, check) in &checks {
        match &check.test {
            Some(test) if !tests.contains(test.as_str()) => {
                found.push(Finding::at(
                    &check.path,
                    check.line,
                    format!("{id} names the test `{test}`, which is nowhere"),
                ));
            }
            None if !shown.contains(id) => {
                found.push(Finding::at(
                    &check.path,
                    check.line,
                    format!("{id} has no vector and names no test"),
                ));
            }
            _ => {}
        }
    }
    index(tree, &pages, &mut found);
    found
}

fn is_page(path: &str) -> bool {
    path.strip_prefix("spec/").is_some_and(|rest| !rest.contains('/'))
}

fn stem(path: &str) -> &str {
    path.trim_start_matches("spec/").trim_end_matches(".md")
}

/// The rows of the table under `## Checks`.
fn read_checks(path: &str, text: &str, found: &mut Vec<Finding>) -> Vec<(String, Check)> {
    let (mut inside, mut checks) = (false, Vec::new());
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("## ") {
            inside = line.trim() == "## Checks";
        }
        if !inside || !line.starts_with('|') {
            continue;
        }
        let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
        let id = cells[0].trim_matches('`');
        if id == "id" || id.starts_with("--") || id.starts_with(":-") {
            continue;
        }
        if !is_id(id) {
            found.push(Finding::at(
                path,
                at + 1,
                format!("`{id}` is no id of a check (capitals and a number)"),
            ));
            continue;
        }
        if cells.len() < 3 || cells.iter().any(|cell| cell.is_empty()) {
            found.push(Finding::at(path, at + 1, format!("{id} lacks a check or an outcome")));
        }
        let test = line.split_once("(test: ").and_then(|(_, rest)| rest.split([')', ',']).next());
        let test = test.map(|name| name.trim().trim_matches('`').to_owned());
        checks.push((id.to_owned(), Check { path: path.to_owned(), line: at + 1, test }));
    }
    checks
}

fn is_id(id: &str) -> bool {
    let letters = id.chars().take_while(char::is_ascii_uppercase).count();
    let rest = &id[letters..];
    (1..=2).contains(&letters) && !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit())
}

/// Ids that some vector names; findings for vectors without a known id or an expectation.
fn vectors(tree: &Tree, checks: &BTreeMap<String, Check>, found: &mut Vec<Finding>) -> BTreeSet<String> {
    let (mut shown, mut orphans) = (BTreeSet::new(), BTreeSet::new());
    for (path, bytes) in tree.all().filter(|(path, _)| path.starts_with("spec/vectors/")) {
        let Some(folder) = path.strip_suffix(".vector").and_then(|p| p.split('/').nth(2)) else {
            found.push(Finding::whole(
                path,
                "is no vector: they lie in spec/vectors/NAME/ and end in .vector",
            ));
            continue;
        };
        if !tree.has(&format!("spec/{folder}.md")) {
            orphans.insert(folder.to_owned());
            continue;
        }
        let header = header(bytes);
        let ids: Vec<&str> =
            header.iter().filter(|(k, _)| k == "check").flat_map(|(_, v)| v.split(',')).collect();
        if ids.is_empty() || !header.iter().any(|(k, v)| k == "expect" && !v.is_empty()) {
            found.push(Finding::whole(path, "lacks `check:` or `expect:` in its header"));
        }
        for id in ids.into_iter().map(str::trim) {
            match checks.get(id) {
                Some(check) if stem(&check.path) == folder => {
                    shown.insert(id.to_owned());
                }
                Some(check) => found.push(Finding::whole(path, format!("{id} is a check of {}", check.path))),
                None => {
                    found.push(Finding::whole(path, format!("names the check `{id}`, which no page states")))
                }
            }
        }
    }
    let message = "holds vectors, and spec/ has no page of that name";
    found
        .extend(orphans.into_iter().map(|folder| Finding::whole(&format!("spec/vectors/{folder}"), message)));
    shown
}

/// The `key: value` lines before the first empty line.
fn header(bytes: &[u8]) -> Vec<(String, String)> {
    let end = bytes.windows(2).position(|w| w == b"\n\n").unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(&bytes[..end]);
    let pair = |line: &str| line.split_once(':').map(|(k, v)| (k.trim().to_owned(), v.trim().to_owned()));
    text.lines().filter_map(pair).collect()
}

/// The names of all functions under `#[test]`.
pub(crate) fn tests(tree: &Tree) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (_, text) in tree.ending(".rs") {
        for part in text.split("#[test]").skip(1) {
            let rest = part.split_once("fn ").map(|(_, rest)| rest);
            names.extend(rest.and_then(|rest| rest.split('(').next()).map(str::trim));
        }
    }
    names
}

/// The index links every page, and only pages that exist.
fn index(tree: &Tree, pages: &[&str], found: &mut Vec<Finding>) {
    let text = tree.text("spec/README.md").unwrap_or_default();
    let rows: BTreeSet<String> = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .filter_map(|line| line.split_once("](").and_then(|(_, rest)| rest.split(')').next()))
        .map(|file| format!("spec/{file}"))
        .collect();
    for page in pages.iter().filter(|p| **p != "spec/README.md" && !rows.contains(**p)) {
        found.push(Finding::whole("spec/README.md", format!("does not list {page}")));
    }
    for row in rows.iter().filter(|row| !pages.contains(&row.as_str())) {
        found.push(Finding::whole("spec/README.md", format!("lists {row}, which does not exist")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    const PAGE: &str = "# x\n## Checks\n| id | check | outcome |\n|---|---|---|\n| J1 | a | `NO` |\n| J2 | b (test: it_holds) | `NO` |\n";
    const INDEX: &str = "| spec | module |\n|---|---|\n| [x](x.md) | `core::x` |\n";
    const VECTOR: &str = "check: J1\nexpect: NO\n\n{}";
    const CODE: &str = "#[test]\nfn it_holds() {}";

    fn check(change: &[(&str, &str)]) -> Vec<String> {
        let whole = [
            ("spec/x.md", PAGE),
            ("spec/README.md", INDEX),
            ("spec/vectors/x/a.vector", VECTOR),
            ("t.rs", CODE),
        ];
        Tree::found(super::check, &whole, change)
    }

    #[test]
    fn a_spec_with_a_vector_and_a_test_for_each_check_passes() {
        assert_eq!(check(&[]), [""; 0]);
    }

    #[test]
    fn a_check_without_vector_or_test_is_found() {
        let found = check(&[("spec/vectors/x/a.vector", "")]);
        assert_eq!(found, ["spec/x.md:5: J1 has no vector and names no test"]);
        let found = check(&[("t.rs", "fn it_holds() {}")]);
        assert_eq!(found, ["spec/x.md:6: J2 names the test `it_holds`, which is nowhere"]);
    }

    #[test]
    fn a_vector_of_no_check_or_of_another_page_is_found() {
        assert_eq!(check(&[("spec/vectors/x/b.vector", "check: J9\nexpect: ok\n\n")]).len(), 1);
        assert_eq!(
            check(&[("spec/vectors/y/b.vector", VECTOR), ("spec/vectors/y/c.vector", VECTOR)]).len(),
            1
        );
        assert_eq!(check(&[("spec/vectors/x/b.vector", "check: J1\n\nexpect: ok")]).len(), 1);
        assert_eq!(check(&[("spec/vectors/x/notes.txt", "x")]).len(), 1);
    }

    #[test]
    fn an_index_that_lacks_a_page_or_lists_another_is_found() {
        let found = check(&[("spec/README.md", "| [y](y.md) | `core::y` |\n")]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_page_without_checks_and_rows_without_ids_are_found() {
        assert_eq!(
            check(&[("spec/y.md", "# y\n"), ("spec/README.md", &format!("{INDEX}| [y](y.md) |\n"))]).len(),
            1
        );
        let row = format!("{PAGE}| first | c | d |\n| J3 | e |\n");
        assert_eq!(check(&[("spec/x.md", &row)]).len(), 3);
    }
}
