//! Waiting until a registry shows the version that was just published to it.

use std::time::Duration;

use pinfold_core::hex;
use pinfold_core::text::{visible, visible_path};
use pinfold_log_client::{BaseUrl, Http};
use serde_json::Value;

use super::Facts;
use super::artifact::GivenFile;
use super::names::{Package, PackageKind};
use crate::exit::Exit;
use crate::output::{Output, Problem};

/// Bytes of one answer: PyPI lists every file of a version, npm one version.
const MAX_ANSWER_BYTES: usize = 8 << 20;
/// How long one look-up may take.
const LOOK_UP: Duration = Duration::from_secs(20);

/// Where a published version is looked up, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    /// A registry that answers as npm's, or as PyPI, does.
    pub(crate) registry: BaseUrl,
    /// Look-ups in all.
    pub(crate) look_ups: u32,
    /// Between two of them.
    pub(crate) pause: Duration,
}

/// Looks the release's packages up until each is visible, and compares the registry's digest with the given file's.
///
/// # Errors
/// After the last look-up one is not visible, or the registry has another file under its version.
pub(crate) fn wait_until_visible(
    facts: &Facts,
    awaited: &Awaited,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let given =
        facts.files.iter().filter_map(|file| file.package.as_ref().map(|package| (package, Some(file))));
    let named = facts.packages.iter().map(|package| (package, None));
    let http = Http::new(&awaited.registry, LOOK_UP);
    for (package, file) in given.chain(named) {
        wait_for(&http, package, file, awaited, output)?;
    }
    Ok(())
}

fn wait_for(
    http: &Http,
    package: &Package,
    file: Option<&GivenFile>,
    awaited: &Awaited,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let url = awaited.registry.join(&path(package));
    let mut last = String::new();
    for look_up in 1..=awaited.look_ups {
        let answer = http.get(&url, MAX_ANSWER_BYTES);
        last = match &answer {
            Ok(answer) if answer.status == 200 => match serde_json::from_slice::<Value>(&answer.body) {
                Ok(json) if shows(&json, package) => return compare(&json, package, file),
                Ok(_) => "it answers without this version".to_owned(),
                Err(_) => "it answers with something that is no JSON".to_owned(),
            },
            Ok(answer) => format!("it answers {}", answer.status),
            Err(error) => visible(&error.to_string()),
        };
        output.note(format!(
            "{} is not visible yet ({last}); look-up {look_up} of {}",
            package.shown(),
            awaited.look_ups
        ));
        if look_up < awaited.look_ups {
            std::thread::sleep(awaited.pause);
        }
    }
    Err(Problem::new(
        Exit::Undetermined,
        "ARTIFACT_NOT_VISIBLE",
        format!("{} is not visible at {} yet: {last}", package.shown(), awaited.registry.as_str()),
        "nothing was signed; run the same command again later, it needs no new version",
    ))
}

fn path(package: &Package) -> String {
    match package.kind {
        PackageKind::Npm => format!("/{}/{}", package.name.replacen('/', "%2F", 1), package.version),
        PackageKind::Pypi => format!("/pypi/{}/{}/json", package.name, package.version),
    }
}

fn shows(json: &Value, package: &Package) -> bool {
    match package.kind {
        PackageKind::Npm => json["version"].as_str() == Some(&package.version),
        PackageKind::Pypi => json["info"]["version"].as_str() == Some(&package.version),
    }
}

/// Whether the registry has the file that was given. What it does not say is not compared.
fn compare(json: &Value, package: &Package, file: Option<&GivenFile>) -> Result<(), Problem> {
    let Some(file) = file else { return Ok(()) };
    let other = |theirs: &str| {
        Problem::new(
            Exit::Refused,
            "ARTIFACT_DIFFERS",
            format!(
                "the registry has another file than {} under {} (it says {})",
                visible_path(&file.path),
                package.shown(),
                visible(theirs)
            ),
            "give the file that was published; nothing was signed",
        )
    };
    match package.kind {
        PackageKind::Npm => match json["dist"]["integrity"].as_str() {
            Some(theirs) if theirs != integrity(file) => Err(other(theirs)),
            _ => Ok(()),
        },
        PackageKind::Pypi => {
            let files = json["urls"].as_array().cloned().unwrap_or_default();
            let same_name = files.iter().find(|theirs| theirs["filename"].as_str() == Some(&file.file));
            match same_name.and_then(|theirs| theirs["digests"]["sha256"].as_str()) {
                Some(theirs) if theirs != hex::encode(file.sha256.as_bytes()) => Err(other(theirs)),
                _ => Ok(()),
            }
        }
    }
}

/// Subresource integrity, as npm writes it.
fn integrity(file: &GivenFile) -> String {
    format!("sha512-{}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, file.sha512))
}
