//! A live server against a verified release, object by object.

use std::collections::BTreeMap;

use pinfold_core::digest::Digest;
use pinfold_core::json::{self, ReadLimits};
use pinfold_core::manifest::Manifest;
use pinfold_core::volatile::{Passed, matches};

use super::document::{Body, LivePart};
use crate::args::VerifyArgs;
use crate::capture::Said;
use crate::capturing;
use crate::elsewhere;
use crate::exit::Exit;
use crate::output::{Output, Problem, counted};

/// Starts the server and compares what it says with the manifest. Fewer objects than the release has are no difference:
/// credentials and capabilities decide what a server shows.
///
/// # Errors
///
/// The server cannot be started or asked, or says two things.
pub(super) fn compare(
    manifest: &Manifest,
    args: &VerifyArgs,
    body: &mut Body,
    output: &mut Output<'_>,
) -> Result<Exit, Problem> {
    let (captured, passed) =
        capturing::hear(&args.env, &args.command, output).map_err(|failed| failed.problem)?;
    let mut parts: BTreeMap<(&str, String, String), &'static str> = BTreeMap::new();
    for said in captured.sessions.iter().flat_map(|session| &session.said) {
        let named = |kind, name: &str| {
            manifest.surface().iter().any(|object| object.kind == kind && object.name == name)
        };
        let counts_as = released(manifest, said, &passed);
        let digest = counts_as.unwrap_or(said.digest);
        let result = if counts_as.is_some() {
            "same"
        } else if named(said.kind, &said.name) {
            "changed"
        } else {
            "new"
        };
        let key = (said.kind.as_str(), elsewhere::name(&said.name), digest.to_string());
        parts.insert(key, result);
    }
    let says = |kind: &str, name: &str| parts.keys().any(|key| key.0 == kind && key.1 == name);
    let unsaid: Vec<_> = manifest
        .surface()
        .iter()
        .filter(|object| !says(object.kind.as_str(), &elsewhere::name(&object.name)))
        .collect();
    for object in unsaid {
        let key = (object.kind.as_str(), elsewhere::name(&object.name), object.digest.to_string());
        parts.insert(key, "absent");
    }
    output.line("");
    let parts: Vec<LivePart> = parts
        .into_iter()
        .map(|((kind, name, digest), result)| LivePart { kind, name, digest, result })
        .collect();
    for part in &parts {
        output.line(format!("  {:8}{} {}", part.result, part.kind, part.name));
    }
    let count = |result: &str| parts.iter().filter(|part| part.result == result).count();
    let (same, absent, other) = (count("same"), count("absent"), count("changed") + count("new"));
    body.live = Some(parts);
    if other > 0 {
        return Err(Problem::new(
            Exit::Refused,
            "LIVE_DIFFERS",
            format!(
                "the server says {other} things that the release does not have; {same} are the release's"
            ),
            "this is not the released server, or it was changed; do not approve it by this release",
        ));
    }
    let fewer =
        if absent > 0 { format!("; {absent} of the release it does not show here") } else { String::new() };
    output
        .line(format!("The server says {}, all of it the release's{fewer}.", counted(same as u64, "thing")));
    Ok(Exit::Done)
}

/// The object of the release that a live one is equal to, by its digest or under the signed volatile rules.
fn released(manifest: &Manifest, said: &Said, passed: &Passed) -> Option<Digest> {
    if manifest.object(said.kind, &said.digest).is_some() {
        return Some(said.digest);
    }
    let live = json::read(&said.bytes, &ReadLimits::LISTING).ok()?;
    let of_name =
        manifest.surface().iter().filter(|object| object.kind == said.kind && object.name == said.name);
    of_name.map(|object| object.digest).find(|digest| {
        let object = manifest.object(said.kind, digest).map(|object| manifest.object_bytes(object));
        let pinned = object.and_then(|bytes| json::read(bytes, &ReadLimits::LISTING).ok());
        pinned.is_some_and(|pinned| matches(said.kind, &pinned, manifest.rules(digest), &live, passed))
    })
}
