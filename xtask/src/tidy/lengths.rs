//! A file is one idea: at most 400 lines of Rust, 600 for tests.

use super::Finding;
use super::tree::Tree;

/// Lines of a source file, its unit tests included.
const SOURCE_LINES: usize = 400;
/// Lines of a file that holds tests only: cases read better together.
const TEST_LINES: usize = 600;

/// Files that may be longer, each with the reason and its own limit.
const LONGER: &[(&str, usize, &str)] = &[];

/// Findings for files over their limit, and for exceptions that nobody needs any more.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".rs") {
        let lines = text.lines().count();
        let usual = if holds_tests(path) { TEST_LINES } else { SOURCE_LINES };
        let exception = LONGER.iter().find(|(file, ..)| *file == path).map(|(_, limit, _)| *limit);
        if lines > exception.unwrap_or(usual) {
            let limit = exception.unwrap_or(usual);
            found.push(Finding::whole(
                path,
                format!("has {lines} lines, more than {limit}: split it by ideas"),
            ));
        }
        if exception.is_some() && lines <= usual {
            found.push(Finding::whole(path, "needs no exception any more"));
        }
    }
    for (path, ..) in LONGER.iter().filter(|(path, ..)| !tree.has(path)) {
        found.push(Finding::whole(path, "has an exception and does not exist"));
    }
    found
}

fn holds_tests(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    path.contains("/tests/")
        || path.contains("/benches/")
        || file == "tests.rs"
        || file.ends_with("_tests.rs")
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::check;

    #[test]
    fn a_source_of_401_lines_is_found_and_tests_may_have_600() {
        let (long, longer) = ("x\n".repeat(401), "x\n".repeat(601));
        let found = check(&Tree::of(&[
            ("core/src/a.rs", &long),
            ("core/src/b.rs", &long[2..]),
            ("core/tests/c.rs", &long),
            ("core/src/d/tests.rs", &longer),
        ]));
        let paths: Vec<&str> = found.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["core/src/a.rs", "core/src/d/tests.rs"]);
    }
}
