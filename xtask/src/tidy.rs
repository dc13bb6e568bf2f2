//! `cargo xtask tidy`: the rules of this repository, checked. The same check is a test of this package, so
//! `cargo test --workspace` runs it too.
//!
//! A rule is a function from the repository's files to findings. Each has a test with a small bad example: a rule that
//! cannot fail is no rule.

mod clippy_files;
mod code;
mod codes;
mod documents;
mod edges;
mod lengths;
mod manifests;
mod paths;
mod purity;
mod reasons;
mod spec;
mod tree;
mod words;
mod workflows;

use std::fmt;
use std::process::ExitCode;

use self::tree::Tree;

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1; 0 where the whole file is meant.
    line: usize,
    message: String,
}

impl Finding {
    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }

    fn whole(path: &str, message: impl Into<String>) -> Self {
        Self::at(path, 0, message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A rule and its name, as it is printed before its findings.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("purity", purity::check),
    ("clippy files", clippy_files::check),
    ("lengths", lengths::check),
    ("spec", spec::check),
    ("codes", codes::check),
    ("reasons", reasons::check),
    ("manifests", manifests::check),
    ("documents", documents::check),
    ("words", words::check),
    ("workflows", workflows::check),
];

/// Prints every finding; 0 when there is none, 1 when there are some, 3 when the repository could not be read.
pub(crate) fn run(_args: &[String]) -> ExitCode {
    match findings() {
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(3)
        }
        Ok(found) if found.is_empty() => {
            println!("tidy: {} rules hold", RULES.len() + 1);
            ExitCode::SUCCESS
        }
        Ok(found) => {
            for (rule, finding) in &found {
                println!("[{rule}] {finding}");
            }
            eprintln!("error: {} findings", found.len());
            ExitCode::FAILURE
        }
    }
}

/// All findings of all rules, each with the name of its rule.
fn findings() -> Result<Vec<(&'static str, Finding)>, String> {
    let root = crate::root();
    let tree = Tree::load(&root).map_err(|e| format!("the repository could not be read: {e}"))?;
    let mut found = Vec::new();
    for (name, rule) in RULES {
        found.extend(rule(&tree).into_iter().map(|finding| (*name, finding)));
    }
    let metadata = edges::metadata(&root)?;
    found.extend(edges::check(&metadata).into_iter().map(|finding| ("edges", finding)));
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_keeps_its_rules() {
        let found = super::findings().unwrap();
        let lines: Vec<String> = found.iter().map(|(rule, finding)| format!("[{rule}] {finding}")).collect();
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), lines.join("\n"));
    }
}
