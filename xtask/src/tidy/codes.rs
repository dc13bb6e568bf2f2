//! Codes of problems: what a program can end with stands in the table of its page in `spec/`, and what stands there is
//! what it can end with.

use std::collections::BTreeSet;

use super::Finding;
use super::code::{code_only, test_modules, texts};
use super::tree::Tree;

/// The sources of a program, and the page whose `## Codes` it keeps.
const PROGRAMS: &[(&[&str], &str)] = &[
    (&["cli/src/"], "spec/command-line.md"),
    (&["transparency-log/server/src/", "transparency-log/service/src/"], "spec/log.md"),
    (&["transparency-log/witness/src/", "transparency-log/service/src/"], "spec/witness.md"),
];

/// The page whose codes every program may end with.
const REASONS: &str = "spec/reason-codes.md";

/// Texts in capitals that stand in sources of problems and are none of their codes: names of variables.
const NO_CODES: &[&str] = &["CARGO_PKG_VERSION", "NO_COLOR"];

/// Findings for codes that no table has, and for those of a table that no source has.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let reasons: BTreeSet<String> = stated(tree, REASONS, None).into_iter().map(|(_, code)| code).collect();
    for (folders, page) in PROGRAMS {
        let table = stated(tree, page, Some("## Codes"));
        let known: BTreeSet<&str> = table.iter().map(|(_, code)| code.as_str()).collect();
        let mut used = BTreeSet::new();
        for (path, source) in sources(tree, folders) {
            for (line, code) in codes(source) {
                if !known.contains(code) && !reasons.contains(code) && !NO_CODES.contains(&code) {
                    found.push(Finding::at(path, line, format!("the code {code} is in no table of {page}")));
                }
                used.insert(code);
            }
        }
        for (line, code) in table.iter().filter(|(_, code)| !used.contains(code.as_str())) {
            found.push(Finding::at(page, *line, format!("the code {code} is in no source of its program")));
        }
    }
    found
}

/// The sources in these folders that make problems, but for files of tests.
fn sources<'t>(tree: &'t Tree, folders: &[&str]) -> Vec<(&'t str, &'t str)> {
    let all: Vec<(&str, &str)> = tree
        .ending(".rs")
        .filter(|(path, _)| folders.iter().any(|folder| path.starts_with(folder)))
        .collect();
    let of_tests: BTreeSet<String> = all
        .iter()
        .flat_map(|(path, text)| {
            let folder = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
            let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let modules = test_modules(&code_only(text)).into_iter();
            modules.flat_map(move |name| [format!("{folder}/{name}.rs"), format!("{beside}/{name}.rs")])
        })
        .collect();
    all.into_iter().filter(|(path, text)| !of_tests.contains(*path) && makes_problems(text)).collect()
}

/// Whether a source makes or gives out values of the type `Problem`; a variant of that name is something else.
fn makes_problems(source: &str) -> bool {
    let code = code_only(source);
    ["Problem::", "-> Problem", "Problem>"].iter().any(|sign| code.contains(sign))
}

/// The texts of a source that look like codes, each with its line.
fn codes(source: &str) -> impl Iterator<Item = (usize, &str)> {
    texts(source).into_iter().filter(|(_, text)| is_code(text))
}

/// Capitals in several words, or in one that is too long for the name of an argument.
fn is_code(text: &str) -> bool {
    let mut words = text.split('_');
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    words.all(is_word) && (text.contains('_') || text.len() >= 5)
}

/// The codes in the first column of the tables of a page, or of one of its sections, each with its line.
pub(super) fn stated(tree: &Tree, page: &str, section: Option<&str>) -> Vec<(usize, String)> {
    let mut inside = section.is_none();
    let mut codes = Vec::new();
    for (at, line) in tree.text(page).unwrap_or_default().lines().enumerate() {
        if let (Some(section), true) = (section, line.starts_with("## ")) {
            inside = line.trim() == section;
        }
        let Some(cell) = line.strip_prefix("| ").filter(|_| inside).and_then(|row| row.split(" | ").next())
        else {
            continue;
        };
        let quoted = cell.split('`').skip(1).step_by(2).filter(|text| is_code(text));
        codes.extend(quoted.map(|code| (at + 1, code.to_owned())));
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    const PAGE: &str = "## Codes\n| code | exit |\n|---|---|\n| `USAGE`, `FILE_ABSENT` | 2, 3 |\n## More\n| `OTHER_TABLE` | 1 |\n";
    const REASONS: &str = "| `DESC_CHANGED` | a description |\n";
    const CODE: &str = "fn f() -> Problem { g(\"USAGE\", \"FILE_ABSENT\", \"DESC_CHANGED\", \"FILE\", \"NO_COLOR\") }\n\
                        // \"IN_A_COMMENT\"\n#[cfg(test)] mod tests { const X: &str = \"IN_A_TEST\"; }\n";

    fn check(change: &[(&str, &str)]) -> Vec<String> {
        let whole = [
            ("spec/command-line.md", PAGE),
            ("spec/reason-codes.md", REASONS),
            ("cli/src/a.rs", CODE),
            ("cli/src/b.rs", "const NOT_OF_A_PROBLEM: &str = \"ELSE_WHERE\"; #[cfg(test)] mod cases;"),
            ("cli/src/b/cases.rs", "fn f() -> Problem { g(\"OF_A_CASE\") }"),
            ("cli/src/c.rs", "weights! { Found \"A_FINDING\" Problem } fn f() { Weight::Problem; }"),
        ];
        Tree::found(super::check, &whole, change)
    }

    #[test]
    fn a_table_that_has_what_the_sources_have_passes() {
        assert_eq!(check(&[]), [""; 0]);
    }

    #[test]
    fn a_code_without_a_row_and_a_row_without_a_code_are_found() {
        let more = format!("{CODE}fn more() {{ h(\"NOT_STATED\") }}");
        assert_eq!(
            check(&[("cli/src/a.rs", &more)]),
            ["cli/src/a.rs:4: the code NOT_STATED is in no table of spec/command-line.md"]
        );
        let less = CODE.replace("FILE_ABSENT", "USAGE");
        assert_eq!(
            check(&[("cli/src/a.rs", &less)]),
            ["spec/command-line.md:4: the code FILE_ABSENT is in no source of its program"]
        );
        let one_word = CODE.replace("\"FILE\"", "\"SIGNALS\"");
        assert_eq!(check(&[("cli/src/a.rs", &one_word)]).len(), 1);
    }
}
