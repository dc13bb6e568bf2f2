//! Cargo.toml files: every dependency is declared once, in the root, with a reason; and the files that a release needs.

use toml::{Table, Value};

use super::Finding;
use super::tree::Tree;

const NEEDED: &[&str] = &[
    ".ci/run",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "deny.toml",
    "rustfmt.toml",
    "spec/README.md",
];

/// Findings for dependencies without a reason or outside the root, packages without the common lints, missing files.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for path in NEEDED.iter().filter(|path| !tree.has(path)) {
        found.push(Finding::whole(path, "is missing"));
    }
    if tree.text(".gitignore").is_some_and(|text| text.lines().any(|line| line.trim() == "Cargo.lock")) {
        found.push(Finding::whole(".gitignore", "leaves Cargo.lock out; a program commits it"));
    }
    reasons(tree.text("Cargo.toml").unwrap_or_default(), &mut found);
    for (path, text) in tree.ending("/Cargo.toml") {
        match text.parse::<Table>() {
            Ok(table) => member(path, &table, &mut found),
            Err(why) => found.push(Finding::whole(path, format!("is not TOML: {}", why.message()))),
        }
    }
    found
}

/// In `[workspace.dependencies]`, a comment stands right above each dependency from elsewhere; a companion
/// (`clap_complete` after `clap`) may share it.
fn reasons(root: &str, found: &mut Vec<Finding>) {
    let (mut inside, mut explained, mut before) = (false, false, String::new());
    for (at, line) in root.lines().enumerate() {
        let line = line.trim();
        let name = line.split(['=', ' ', '.']).next().unwrap_or(line);
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if !inside || line.is_empty() {
            explained = false;
        } else if line.starts_with('#') {
            explained = line.len() > 2;
        } else if line.contains('=') && !line.contains("path =") {
            let companion = !before.is_empty() && name.starts_with(&before);
            if !explained && !companion {
                found.push(Finding::at(
                    "Cargo.toml",
                    at + 1,
                    format!("`{name}` stands there without a reason"),
                ));
            }
            explained = false;
            if !companion {
                before = name.to_owned();
            }
        }
    }
}

fn member(path: &str, table: &Table, found: &mut Vec<Finding>) {
    let inherits =
        |t: Option<&Value>| t.and_then(|v| v.get("workspace")).and_then(Value::as_bool) == Some(true);
    if !inherits(table.get("lints")) {
        found.push(Finding::whole(path, "does not take the lints of the workspace"));
    }
    let package = table.get("package");
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        if !inherits(package.and_then(|p| p.get(key))) {
            found.push(Finding::whole(path, format!("does not take `{key}` from the workspace")));
        }
    }
    if package.and_then(|p| p.get("description")).is_none() {
        found.push(Finding::whole(path, "has no description"));
    }
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (name, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
            let ours = value.get("path").is_some() && value.get("version").is_none();
            if !inherits(Some(value)) && !ours {
                found.push(Finding::whole(
                    path,
                    format!("declares `{name}` itself; the root does that, once"),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::{Finding, check};

    fn found(files: &[(&str, &str)]) -> Vec<Finding> {
        check(&Tree::of(files)).into_iter().filter(|f| f.message != "is missing").collect()
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let bad = "[workspace.dependencies]\n# Locks.\nrustix = \"1\"\nrustix_more = \"1\"\nsha2 = \"1\"\nours = { path = \"core\" }\n";
        let lines: Vec<String> = found(&[("Cargo.toml", bad)]).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["Cargo.toml:5: `sha2` stands there without a reason"]);
    }

    #[test]
    fn a_member_with_its_own_versions_and_lints_is_found() {
        let bad = "[package]\nname = \"x\"\ndescription = \"x\"\n[dependencies]\nsha2 = \"1\"\n";
        let found = found(&[("x/Cargo.toml", bad)]);
        assert_eq!(found.len(), 7, "{found:?}");
        assert!(found.iter().any(|f| f.message.contains("`sha2`")));
    }

    #[test]
    fn missing_licences_and_an_ignored_lock_are_found() {
        let found = check(&Tree::of(&[(".gitignore", "target\nCargo.lock\n"), ("README.md", "x")]));
        assert!(found.iter().any(|f| f.path == "LICENSE-MIT"));
        assert!(found.iter().any(|f| f.path == ".gitignore"));
        assert!(found.iter().all(|f| f.path != "README.md"));
    }
}
