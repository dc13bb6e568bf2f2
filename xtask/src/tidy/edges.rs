//! The direction of dependencies: an edge may only go down. Read from `cargo metadata`, so renamed and target-specific
//! dependencies count too.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Finding;

/// For each package of the workspace, the packages of the workspace that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("pinfold-core", &[]),
    ("pinfold-verifier", &["pinfold-core"]),
    ("pinfold-keys", &["pinfold-core"]),
    ("pinfold-gate", &["pinfold-verifier", "pinfold-core"]),
    ("pinfold-store", &["pinfold-core"]),
    ("pinfold-clients", &["pinfold-core"]),
    ("pinfold-log-client", &["pinfold-verifier", "pinfold-core"]),
    ("pinfold-service", &["pinfold-core"]),
    ("pinfold-log", &["pinfold-keys", "pinfold-log-client", "pinfold-service", "pinfold-core"]),
    ("pinfold-witness", &["pinfold-keys", "pinfold-service", "pinfold-core"]),
    (
        "pinfold",
        &[
            "pinfold-gate",
            "pinfold-store",
            "pinfold-clients",
            "pinfold-keys",
            "pinfold-log-client",
            "pinfold-verifier",
            "pinfold-core",
        ],
    ),
    (
        "pinfold-tests",
        &[
            "pinfold",
            "pinfold-log",
            "pinfold-witness",
            "pinfold-gate",
            "pinfold-store",
            "pinfold-clients",
            "pinfold-keys",
            "pinfold-log-client",
            "pinfold-verifier",
            "pinfold-core",
        ],
    ),
    ("xtask", &["pinfold-tests"]),
    ("pinfold-manual", &["pinfold", "pinfold-log", "pinfold-witness"]),
];

/// What the pure crates may use besides the workspace. A new line needs a look at what the crate can reach: files,
/// sockets, clocks, randomness.
const PURE: &[(&str, &[&str])] = &[
    (
        "pinfold-core",
        &["base64", "ed25519-dalek", "ryu-js", "sha2", "similar", "thiserror", "unicode-security"],
    ),
    ("pinfold-clients", &["saphyr-parser", "thiserror", "toml"]),
    ("pinfold-verifier", &["jsonschema", "serde", "serde_json", "thiserror", "toml"]),
];

/// Asks cargo for the packages of the workspace.
///
/// # Errors
/// When cargo fails or its answer is not JSON.
pub(crate) fn metadata(root: &Path) -> Result<Value, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .output()
        .map_err(|e| format!("cargo metadata could not be started: {e}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata printed no JSON: {e}"))
}

/// Findings for every edge that is not allowed, and for packages that nobody placed.
pub(crate) fn check(metadata: &Value) -> Vec<Finding> {
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let ours: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut found = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let place = format!("package {name}");
        let Some((_, allowed)) = ALLOWED.iter().find(|(n, _)| *n == name) else {
            found.push(Finding::whole(&place, "has no place in the direction of dependencies"));
            continue;
        };
        let pure = PURE.iter().find(|(n, _)| *n == name).map(|(_, external)| *external);
        for dependency in package["dependencies"].as_array().map_or(&[][..], Vec::as_slice) {
            let on = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev";
            if ours.contains(&on) {
                if !allowed.contains(&on) {
                    found.push(Finding::whole(&place, format!("may not depend on {on}")));
                }
            } else if !for_tests && pure.is_some_and(|external| !external.contains(&on)) {
                found.push(Finding::whole(&place, format!("is pure and may not use {on}")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{check, metadata};

    fn one(name: &str, on: &str, kind: Value) -> usize {
        check(&json!({"packages": [
            {"name": name, "dependencies": [{"name": on, "kind": kind}]},
            {"name": "pinfold-core", "dependencies": []},
            {"name": "pinfold-gate", "dependencies": []},
        ]}))
        .len()
    }

    #[test]
    fn an_edge_up_or_across_is_found_in_tests_too() {
        assert_eq!(one("pinfold-verifier", "pinfold-core", Value::Null), 0);
        assert_eq!(one("pinfold-verifier", "pinfold-gate", Value::Null), 1);
        assert_eq!(one("pinfold-store", "pinfold-gate", json!("dev")), 1);
        assert_eq!(one("xtask", "pinfold-core", Value::Null), 1);
    }

    #[test]
    fn a_pure_crate_that_takes_a_runtime_is_found() {
        assert_eq!(one("pinfold-verifier", "tokio", Value::Null), 1);
        assert_eq!(one("pinfold-verifier", "proptest", json!("dev")), 0);
    }

    #[test]
    fn a_package_without_a_place_is_found() {
        assert_eq!(one("pinfold-explorer", "pinfold-core", Value::Null), 1);
    }

    #[test]
    fn cargo_names_every_package_of_this_workspace() {
        let answer = metadata(&crate::root()).unwrap();
        assert_eq!(answer["packages"].as_array().map(Vec::len), Some(super::ALLOWED.len()));
    }
}
