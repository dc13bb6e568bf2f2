//! The nearest `clippy.toml` replaces the root's. So each crate's file must repeat the common rules, and those of the
//! fenced crates must really fence.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::Finding;
use super::tree::Tree;

const KINDS: [&str; 3] = ["disallowed-methods", "disallowed-types", "disallowed-macros"];

/// What the file of a fenced crate must forbid, whatever else it says.
const FENCES: &[(&str, &[&str])] = &[
    ("core/clippy.toml", PURE),
    ("verifier/clippy.toml", PURE),
    ("gate/clippy.toml", &["std::fs::read", "std::fs::write", "std::fs::File::open"]),
];

const PURE: &[&str] = &[
    "std::fs::read",
    "std::fs::write",
    "std::fs::File",
    "std::net::TcpStream",
    "std::os::unix::net::UnixStream",
    "std::env::var",
    "std::process::Command",
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "std::thread::spawn",
    "std::path::Path::exists",
];

/// Findings for files that forbid less than the root's or than their fence, and for bans without a reason.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let common = forbidden(tree, "clippy.toml", &mut found);
    let files: Vec<&str> = tree.ending("clippy.toml").map(|(path, _)| path).collect();
    for path in files.into_iter().filter(|path| *path != "clippy.toml") {
        let own = forbidden(tree, path, &mut found);
        for missing in common.difference(&own) {
            found.push(Finding::whole(path, format!("does not repeat the root's ban of `{missing}`")));
        }
    }
    for (path, fence) in FENCES {
        let own = forbidden(tree, path, &mut Vec::new());
        for missing in fence.iter().filter(|name| !own.contains(**name)) {
            found.push(Finding::whole(path, format!("does not forbid `{missing}`")));
        }
    }
    found
}

fn forbidden(tree: &Tree, path: &str, found: &mut Vec<Finding>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Some(text) = tree.text(path) else {
        found.push(Finding::whole(path, "is missing"));
        return names;
    };
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(why) => {
            found.push(Finding::whole(path, format!("is not TOML: {}", why.message())));
            return names;
        }
    };
    for entry in KINDS.iter().filter_map(|kind| table.get(*kind)).filter_map(Value::as_array).flatten() {
        let member = |name| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = member("path");
        if member("reason").is_empty() {
            found.push(Finding::whole(path, format!("gives no reason for the ban of `{name}`")));
        }
        names.insert(name.to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::check;

    const ROOT: &str = "disallowed-methods = [{ path = \"std::process::exit\", reason = \"x\" }]";

    #[test]
    fn a_crate_that_forgets_a_common_ban_is_found() {
        let found =
            check(&Tree::of(&[("clippy.toml", ROOT), ("store/clippy.toml", "disallowed-methods = []")]));
        assert!(
            found.iter().any(|f| f.path == "store/clippy.toml" && f.message.contains("std::process::exit"))
        );
        let found = check(&Tree::of(&[("clippy.toml", ROOT), ("store/clippy.toml", ROOT)]));
        assert!(found.iter().all(|f| f.path != "store/clippy.toml"));
    }

    #[test]
    fn a_fence_with_a_gap_and_a_ban_without_reason_are_found() {
        let gap = "disallowed-methods = [{ path = \"std::process::exit\" }]";
        let found = check(&Tree::of(&[("clippy.toml", ROOT), ("core/clippy.toml", gap)]));
        assert!(found.iter().any(|f| f.path == "core/clippy.toml" && f.message.contains("std::fs::read")));
        assert!(found.iter().any(|f| f.path == "core/clippy.toml" && f.message.contains("no reason")));
    }

    #[test]
    fn a_fenced_crate_without_a_file_is_found() {
        let found = check(&Tree::of(&[("clippy.toml", ROOT)]));
        assert!(found.iter().any(|f| f.path == "gate/clippy.toml"));
    }
}
