//! Which packages a program was made of: those that cargo compiled, and nothing that only tests need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::build::Built;
use super::source::Source;

/// A package of which something is in a program, or by which it was built.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression.
    pub(super) licence: String,
    /// SHA-256 of the package as the registry has it; none for our own.
    pub(super) checksum: Option<String>,
    pub(super) repository: Option<String>,
    /// Where its files lie.
    pub(super) folder: PathBuf,
    /// Whether it was compiled into the program; else it ran on the machine that built it.
    pub(super) is_inside: bool,
    /// Cargo's ids of what it depends on, of those in the same list.
    pub(super) depends_on: BTreeSet<String>,
}

/// Packages by cargo's ids.
pub(super) type Components = BTreeMap<String, Component>;

/// Everything that `programs` were made of, themselves included.
///
/// # Errors
/// When cargo's answers cannot be read, or a package names no licence.
pub(super) fn of(programs: &[&str], built: &Built, source: &Source) -> Result<Components, String> {
    let lock = source.read("Cargo.lock")?;
    select(
        programs,
        &built.metadata()?,
        &checksums(&String::from_utf8_lossy(&lock))?,
        &built.for_target,
        &built.for_host,
    )
}

/// From the programs along the edges that are not for tests, through packages that were compiled.
fn select(
    programs: &[&str],
    metadata: &Value,
    checksums: &BTreeMap<(String, String), String>,
    for_target: &BTreeSet<String>,
    for_host: &BTreeSet<String>,
) -> Result<Components, String> {
    let packages = by_id(&metadata["packages"]);
    let nodes = by_id(&metadata["resolve"]["nodes"]);
    let is_program = |package: &Value| {
        package["source"].is_null() && programs.iter().any(|name| package["name"] == **name)
    };
    // Cargo compiles a package that both sides need twice; inside is what is reached without passing a tool.
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    let programs_of_ours = packages.iter().filter(|(_, package)| is_program(package));
    let mut waiting: Vec<(String, bool)> = programs_of_ours.map(|(id, _)| ((*id).to_owned(), true)).collect();
    if waiting.len() != programs.len() {
        return Err(format!("cargo knows {} of {} programs", waiting.len(), programs.len()));
    }
    while let Some((id, is_inside)) = waiting.pop() {
        if found.get(&id).is_some_and(|known| *known || !is_inside) {
            continue;
        }
        found.insert(id.clone(), is_inside);
        for (on, for_build) in edges(nodes.get(id.as_str()).copied()) {
            let inside = is_inside && !for_build && for_target.contains(on);
            if inside || for_host.contains(on) {
                waiting.push((on.to_owned(), inside));
            }
        }
    }
    let ids: BTreeSet<String> = found.keys().cloned().collect();
    found
        .iter()
        .map(|(id, is_inside)| {
            let package = packages.get(id.as_str()).ok_or_else(|| format!("cargo does not know {id}"))?;
            let on = edges(nodes.get(id.as_str()).copied());
            let depends_on = on.map(|(id, _)| id.to_owned()).filter(|id| ids.contains(id)).collect();
            Ok((id.clone(), component(package, checksums, *is_inside, depends_on)?))
        })
        .collect()
}

fn component(
    package: &Value,
    checksums: &BTreeMap<(String, String), String>,
    is_inside: bool,
    depends_on: BTreeSet<String>,
) -> Result<Component, String> {
    let text = |key: &str| package[key].as_str().map(str::to_owned);
    let name = text("name").ok_or("a package without a name")?;
    let version = text("version").ok_or_else(|| format!("{name} has no version"))?;
    let licence = text("license").ok_or_else(|| format!("{name} {version} names no licence"))?;
    let manifest = PathBuf::from(text("manifest_path").unwrap_or_default());
    Ok(Component {
        checksum: checksums.get(&(name.clone(), version.clone())).cloned(),
        // The way to write "or" before SPDX had one.
        licence: licence.replace(" / ", " OR ").replace('/', " OR "),
        repository: text("repository"),
        folder: manifest.parent().map(Path::to_path_buf).unwrap_or_default(),
        name,
        version,
        is_inside,
        depends_on,
    })
}

/// What a package depends on, but for its tests, and whether only its build script does.
fn edges(node: Option<&Value>) -> impl Iterator<Item = (&str, bool)> {
    let on = node.and_then(|node| node["deps"].as_array()).into_iter().flatten();
    on.filter_map(|dependency| {
        let kinds = dependency["dep_kinds"].as_array()?;
        let is_normal = kinds.iter().any(|kind| kind["kind"].is_null());
        let for_build = kinds.iter().any(|kind| kind["kind"] == "build");
        (is_normal || for_build).then(|| dependency["pkg"].as_str().map(|id| (id, !is_normal)))?
    })
}

fn by_id(list: &Value) -> BTreeMap<&str, &Value> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|one| Some((one["id"].as_str()?, one))).collect()
}

/// Digests of packages, by name and version, as `Cargo.lock` has them.
fn checksums(lock: &str) -> Result<BTreeMap<(String, String), String>, String> {
    let table: toml::Table = lock.parse().map_err(|e| format!("Cargo.lock: {e}"))?;
    let packages =
        table.get("package").and_then(toml::Value::as_array).ok_or("Cargo.lock names no packages")?;
    let text = |package: &toml::Value, key| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let one = |p: &toml::Value| Some(((text(p, "name")?, text(p, "version")?), text(p, "checksum")?));
    Ok(packages.iter().filter_map(one).collect())
}

/// A library in C that a package carries, and that cargo therefore does not know.
pub(super) struct Carried {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) licence: &'static str,
    /// The package that carries it.
    pub(super) by: &'static str,
}

/// The libraries in C inside of these packages, with the versions that their own headers tell.
///
/// # Errors
/// When a header does not tell it any more.
pub(super) fn carried(components: &Components) -> Result<Vec<Carried>, String> {
    let known = [
        ("libsqlite3-sys", "SQLite", "blessing", "sqlite3/sqlite3.h", "#define SQLITE_VERSION "),
        (
            "aws-lc-sys",
            "AWS-LC",
            "ISC AND (Apache-2.0 OR ISC) AND Apache-2.0 AND BSD-3-Clause AND MIT",
            "aws-lc/include/openssl/base.h",
            "#define AWSLC_VERSION_NUMBER_STRING ",
        ),
    ];
    let mut found = Vec::new();
    for (by, name, licence, header, line) in known {
        let Some(package) = components.values().find(|one| one.name == by && one.is_inside) else { continue };
        let text =
            fs::read_to_string(package.folder.join(header)).map_err(|e| format!("{by}: {header}: {e}"))?;
        let version = text.lines().find_map(|l| l.strip_prefix(line)).and_then(|rest| rest.split('"').nth(1));
        let version = version.ok_or_else(|| format!("{by}: {header} tells no version"))?.to_owned();
        found.push(Carried { name, version, licence, by });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::{checksums, select};

    fn metadata() -> Value {
        let package = |name: &str| {
            let source = if name == "app" { Value::Null } else { json!("registry") };
            json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "source": source,
                "manifest_path": format!("/x/{name}/Cargo.toml")})
        };
        let edge = |on: &str, kind: Value| json!({"pkg": on, "dep_kinds": [{"kind": kind}]});
        let packages = ["app", "lib", "macro", "parser", "cc", "check", "unused"].map(package);
        json!({
            "packages": packages,
            "resolve": {"nodes": [
                {"id": "app", "deps": [edge("lib", Value::Null), edge("macro", Value::Null), edge("check", json!("dev"))]},
                {"id": "lib", "deps": [edge("cc", json!("build")), edge("unused", Value::Null)]},
                {"id": "macro", "deps": [edge("parser", Value::Null)]},
                {"id": "check", "deps": [edge("lib", Value::Null)]},
            ]},
        })
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_was_compiled_is_listed_and_tools_are_told_from_what_is_inside() {
        let host = set(&["macro", "parser", "cc"]);
        let found = select(&["app"], &metadata(), &BTreeMap::new(), &set(&["app", "lib"]), &host).unwrap();
        let names: Vec<(&str, bool)> = found.iter().map(|(id, one)| (id.as_str(), one.is_inside)).collect();
        assert_eq!(names, [("app", true), ("cc", false), ("lib", true), ("macro", false), ("parser", false)]);
        assert_eq!(found["app"].depends_on, set(&["lib", "macro"]));
        assert_eq!(found["lib"].licence, "MIT OR Apache-2.0");
    }

    #[test]
    fn a_program_that_cargo_does_not_know_is_an_error() {
        let none = BTreeSet::new();
        assert!(select(&["app", "lib"], &metadata(), &BTreeMap::new(), &none, &none).is_err());
    }

    #[test]
    fn a_package_without_a_licence_is_an_error() {
        let mut metadata = metadata();
        metadata["packages"][1]["license"] = Value::Null;
        assert!(select(&["app"], &metadata, &BTreeMap::new(), &set(&["app", "lib"]), &set(&[])).is_err());
    }

    #[test]
    fn digests_are_those_of_the_lock() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1\"\nchecksum = \"00\"\n[[package]]\nname = \"b\"\nversion = \"1\"\n";
        let found = checksums(lock).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[&("a".to_owned(), "1".to_owned())], "00");
    }
}
