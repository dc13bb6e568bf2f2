//! The document of `protect`: names, classes, places and digests; no word of a server and no argument of an entry.

use pinfold_clients::{Recognised, Scope};
use pinfold_core::digest::ObjectKind;
use serde::Serialize;

use super::Found;
use crate::elsewhere;
use crate::protect::{Change, Hearing, Start, unreadable_words, why_code};

/// The document.
#[derive(Default, Serialize)]
pub(super) struct Body {
    /// The program that entries would start; `null` where it is not known.
    program: Option<String>,
    /// Every file that was found.
    files: Vec<FilePart>,
    /// What would be put behind the gate, by label.
    servers: Vec<ServerPart>,
    /// Entries that are behind it already.
    wrapped: Vec<WrappedPart>,
    not_protected: Vec<LeftPart>,
}

#[derive(Serialize)]
struct FilePart {
    client: &'static str,
    file: String,
    /// `changes`, `unchanged`, `unreadable`, or `project` for one that was not asked for.
    state: &'static str,
    /// Why it cannot be read, with line and column.
    fault: Option<String>,
}

#[derive(Serialize)]
struct ServerPart {
    label: String,
    /// `heard`, `start` (it would be), `known` (its launch is approved) or `later`.
    state: &'static str,
    /// Why it is not started now.
    later: Option<String>,
    entries: Vec<EntryPart>,
    /// Digest of the launch that a yes approves, where it is known now.
    launch: Option<String>,
    #[serde(flatten)]
    package: PackagePart,
    /// Names of tools; `null` where it was not heard.
    tools: Option<usize>,
    objects: Option<usize>,
    /// Fresh processes in which it was heard.
    processes: usize,
    /// Names of variables that are set here and kept from it.
    withheld: Vec<String>,
}

#[derive(Serialize)]
struct EntryPart {
    client: &'static str,
    file: String,
    key: String,
    /// Names of the variables that it declares.
    variables: Vec<String>,
}

#[derive(Serialize)]
struct WrappedPart {
    client: &'static str,
    file: String,
    /// JSON Pointer to the entry.
    place: String,
    label: String,
}

#[derive(Serialize)]
struct LeftPart {
    client: &'static str,
    file: String,
    key: String,
    line: Option<usize>,
    column: Option<usize>,
    reason: String,
    #[serde(flatten)]
    package: PackagePart,
}

/// What a launcher would fetch.
#[derive(Serialize)]
struct PackagePart {
    /// `npm`, `pypi`, `container`; `null` where no package is named.
    registry: Option<&'static str>,
    package: Option<String>,
    /// `none`, `latest`, `tag`, `range`, `exact`, `digest`, `git`, `url` or `path`.
    version: Option<&'static str>,
    /// Whether the next start may run other code without any change of the entry.
    floats: bool,
}

impl PackagePart {
    fn of(recognised: Option<&Recognised>) -> PackagePart {
        let package = recognised.and_then(|recognised| recognised.package.as_ref());
        PackagePart {
            registry: package.map(|package| package.registry.as_str()),
            package: package.map(|package| elsewhere::name(&package.name)),
            version: package.map(|package| package.version.as_str()),
            floats: package.is_some_and(|package| package.version.floats()),
        }
    }
}

/// Writes down what was found and planned, and what was heard.
pub(super) fn fill(body: &mut Body, found: &Found, hearings: Option<&[Option<Hearing>]>) {
    body.program = found.program.text().ok();
    body.files = files(found);
    body.servers = servers(found, hearings);
    body.wrapped = found
        .plan
        .wrapped
        .iter()
        .map(|one| WrappedPart {
            client: one.client.name(),
            file: elsewhere::file(&one.path, one.scope),
            place: elsewhere::pointer(&one.place),
            label: elsewhere::name(&one.label),
        })
        .collect();
    body.not_protected = found
        .plan
        .left
        .iter()
        .map(|left| LeftPart {
            client: left.client.name(),
            file: elsewhere::file(&left.path, left.scope),
            key: elsewhere::name(&left.key),
            line: left.position.map(|position| position.line),
            column: left.position.map(|position| position.column),
            reason: why_code(&left.why),
            package: PackagePart::of(left.recognised.as_ref()),
        })
        .collect();
}

fn files(found: &Found) -> Vec<FilePart> {
    let is_changed = |index: usize| {
        found.plan.servers.iter().any(|server| {
            server.spots.iter().any(|spot| spot.file == index && spot.change != Change::Nothing)
        })
    };
    let read = found.files.read.iter().enumerate().map(|(index, file)| FilePart {
        client: file.kind.client.name(),
        file: file.shown(),
        state: if is_changed(index) { "changes" } else { "unchanged" },
        fault: None,
    });
    let unreadable = found.files.unreadable.iter().map(|file| FilePart {
        client: file.kind.client.name(),
        file: file.shown(),
        state: "unreadable",
        fault: Some(unreadable_words(&file.why)),
    });
    let of_project = found.files.of_project.iter().map(|(client, path)| FilePart {
        client: client.name(),
        file: elsewhere::file(path, Scope::Project),
        state: "project",
        fault: None,
    });
    read.chain(unreadable).chain(of_project).collect()
}

fn servers(found: &Found, hearings: Option<&[Option<Hearing>]>) -> Vec<ServerPart> {
    let hearing = |index: usize| hearings.and_then(|hearings| hearings.get(index)?.as_ref());
    let part = |(index, server): (usize, &crate::protect::Server)| {
        let heard = hearing(index);
        let withheld = server.resolved.iter().flat_map(|resolved| &resolved.withheld);
        ServerPart {
            label: server.label.to_string(),
            state: match (heard.is_some(), server.start) {
                (true, _) => "heard",
                (false, Start::Now) => "start",
                (false, Start::Known) => "known",
                (false, Start::Later(_)) => "later",
            },
            later: match server.start {
                Start::Later(later) => Some(later.to_string()),
                _ => None,
            },
            entries: server
                .spots
                .iter()
                .map(|spot| EntryPart {
                    client: spot.client.name(),
                    file: found.files.read[spot.file].shown(),
                    key: elsewhere::name(&spot.key),
                    variables: spot.env_names.iter().map(|name| elsewhere::name(name)).collect(),
                })
                .collect(),
            launch: server.resolved.as_ref().map(|resolved| resolved.launch.digest().to_string()),
            package: PackagePart::of(server.recognised.as_ref()),
            tools: heard.map(|heard| heard.words.count(ObjectKind::Tool)),
            objects: heard.map(|heard| heard.words.approvable.len()),
            processes: heard.map_or(0, |heard| heard.processes),
            withheld: withheld.map(|one| elsewhere::name(&one.name)).collect(),
        }
    };
    found.plan.servers.iter().enumerate().map(part).collect()
}
