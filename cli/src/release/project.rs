//! `server.json` and `package.json` in the folder.

use std::path::Path;

use pinfold_core::text::visible_path;
use serde_json::Value;

use super::names::{Package, PackageKind, normal_python_name};
use crate::exit::Exit;
use crate::output::Problem;
use crate::own_file::{self, OwnFileFault, Writers};

/// Bytes of one of these files. Largest real one seen: 23,931 (the `package.json` of hono).
const MAX_FILE_BYTES: usize = 1 << 20;

/// What one file says about the release. What it does not say is `None` or empty.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The file, for messages.
    pub(super) by: String,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) packages: Vec<Package>,
    pub(super) remotes: Vec<String>,
    /// Names of variables that `server.json` declares.
    pub(super) variables: Vec<String>,
}

/// Reads both files of a folder, as far as they are there.
///
/// # Errors
/// One is there and cannot be read, or is no JSON object. Absent is no error.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<Told>, Problem> {
    let mut told = Vec::new();
    if let Some(json) = read(&folder.join("server.json"))? {
        told.push(server_json(&json));
    }
    if let Some(json) = read(&folder.join("package.json"))? {
        told.extend(package_json(&json));
    }
    Ok(told)
}

fn read(path: &Path) -> Result<Option<Value>, Problem> {
    let shown = visible_path(path);
    let problem = |message: String| {
        Problem::new(
            Exit::Undetermined,
            "PROJECT_UNREADABLE",
            message,
            "correct the file, or run the command in another folder with --name and --version",
        )
    };
    let bytes = match own_file::read(path, MAX_FILE_BYTES, Writers::Anybody) {
        Err(OwnFileFault::Absent(_)) => return Ok(None),
        bytes => bytes.map_err(|fault| problem(fault.to_string()))?,
    };
    let json: Value = serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))
        .map_err(|error| problem(format!("{shown} is no JSON: {error}")))?;
    match json.is_object() {
        true => Ok(Some(json)),
        false => Err(problem(format!("{shown} is no JSON object"))),
    }
}

fn server_json(json: &Value) -> Told {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut told = Told {
        by: "server.json".to_owned(),
        name: text(&json["name"]),
        version: text(&json["version"]),
        ..Told::default()
    };
    for package in list(&json["packages"]) {
        let kind = match package["registryType"].as_str() {
            Some("npm") => Some(PackageKind::Npm),
            Some("pypi") => Some(PackageKind::Pypi),
            _ => None,
        };
        let version = text(&package["version"]).or_else(|| told.version.clone());
        if let (Some(kind), Some(name), Some(version)) = (kind, package["identifier"].as_str(), version) {
            let name = match kind {
                PackageKind::Npm => name.to_owned(),
                PackageKind::Pypi => normal_python_name(name),
            };
            told.packages.push(Package { kind, name, version });
        }
        for variable in list(&package["environmentVariables"]) {
            told.variables.extend(text(&variable["name"]));
        }
    }
    for remote in list(&json["remotes"]) {
        // An address with places to fill in is none yet.
        told.remotes.extend(text(&remote["url"]).filter(|url| !url.contains(['{', '}'])));
    }
    told
}

/// A package that claims no registry name is somebody's other project.
fn package_json(json: &Value) -> Option<Told> {
    let text = |member: &str| json[member].as_str().map(str::to_owned);
    let name = text("mcpName")?;
    let version = text("version");
    let package = text("name").zip(version.clone()).map(|(name, version)| Package {
        kind: PackageKind::Npm,
        name,
        version,
    });
    Some(Told {
        by: "package.json".to_owned(),
        name: Some(name),
        version,
        packages: package.into_iter().collect(),
        ..Told::default()
    })
}
