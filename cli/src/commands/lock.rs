//! `lock`: what is approved, as a file for teams and CI. Nothing is decided and nothing of a server's words is printed.

use pinfold_clients::{CommandLine, PackageLaunch, VersionSpec};
use pinfold_core::launch::{Launch, Masked, Piece, PortableLaunch};
use pinfold_core::lockfile::{Lock, LockedLaunch, LockedObject, LockedServer};
use pinfold_core::name::Label;
use pinfold_core::pins::{ApprovalState, Ask, LabelPins};
use pinfold_core::text::{visible, visible_path};
use pinfold_store::{Access, Store};
use serde::Serialize;

use super::run::counted;
use crate::args::LockArgs;
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem, counted as count};
use crate::own_file;

#[derive(Default, Serialize)]
struct Body {
    file: Option<String>,
    /// Plain SHA-256 of the file, which a policy names.
    sha256: Option<String>,
    servers: Vec<ServerPart>,
}

#[derive(Serialize)]
struct ServerPart {
    label: String,
    launches: usize,
    objects: usize,
    volatile: usize,
    /// Whether a command or an argument is an absolute path: then the launch is the same only where that path is.
    has_path: bool,
}

/// Writes the lock.
pub fn run(args: &LockArgs, output: &mut Output<'_>) -> Exit {
    const SCHEMA: &str = "pinfold/lock-written/v1";
    let mut body = Body::default();
    let result = make(args, &mut body, output);
    output.finish(SCHEMA, &body, Exit::Done, result.err().as_ref())
}

fn make(args: &LockArgs, body: &mut Body, output: &mut Output<'_>) -> Result<(), Problem> {
    let labels = args.labels.iter().map(|label| super::parse_label(label)).collect::<Result<Vec<_>, _>>()?;
    let store = home::store(Access::Read)?;
    let known = chosen(&store, &labels)?;
    let servers = known.iter().map(|pins| server(&store, pins)).collect::<Result<Vec<_>, _>>()?;
    body.servers = servers.iter().map(part).collect();
    let lock = Lock::build(servers).map_err(|error| {
        Problem::new(
            Exit::Refused,
            "LOCK_INVALID",
            format!("what is approved makes no lock: {}", visible(&error.to_string())),
            "lock fewer servers: name their labels",
        )
    })?;
    let whole = std::path::absolute(&args.output).unwrap_or_else(|_| args.output.clone());
    own_file::write(&whole, lock.as_bytes(), 0o644).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "FILE_NOT_WRITTEN",
            format!("{} cannot be written: {error}", visible_path(&args.output)),
            "make room, or name a file in a folder that can be written",
        )
    })?;
    let digest = lock.digest().to_string();
    let digits = digest.trim_start_matches("sha256:").to_owned();
    for server in &body.servers {
        let launches = if server.launches == 1 { "launch" } else { "launches" };
        let launches = format!("{} {launches}", server.launches);
        let objects = count(server.objects as u64, "object");
        output.line(format!("  {}: {launches}, {objects}", server.label));
        if server.has_path {
            output.line(
                "    its command or arguments hold an absolute path: it is the same only where that path is",
            );
        }
    }
    output.line(format!(
        "written to {}. Where it is to approve, the policy of the user names it:",
        visible_path(&args.output)
    ));
    output.line("  [locks]");
    output.line(format!("  sha256 = [\"{digits}\"]"));
    body.file = Some(visible_path(&args.output));
    body.sha256 = Some(digits);
    Ok(())
}

/// The servers that were asked for, each approved.
fn chosen<'s>(store: &'s Store, labels: &[Label]) -> Result<Vec<&'s LabelPins>, Problem> {
    let pins = counted(store);
    if labels.is_empty() {
        let known: Vec<&LabelPins> = pins.labels().filter(|pins| pins.is_known()).collect();
        if known.is_empty() {
            return Err(unknown("no server is approved".to_owned()));
        }
        return Ok(known);
    }
    let known = labels.iter().map(|label| {
        let found = pins.label(label).filter(|pins| pins.is_known());
        found.ok_or_else(|| unknown(format!("no launch is approved under the label `{label}`")))
    });
    let mut known = known.collect::<Result<Vec<_>, _>>()?;
    known.sort_by_key(|pins| pins.spelling().key());
    known.dedup_by_key(|pins| pins.spelling().key());
    Ok(known)
}

fn unknown(message: String) -> Problem {
    Problem::new(
        Exit::Refused,
        "SERVER_UNKNOWN",
        message,
        "approve it first: `pinfold protect`, `pinfold review`",
    )
}

fn server(store: &Store, pins: &LabelPins) -> Result<LockedServer, Problem> {
    let launches = pins
        .approved_launches()
        .map(|(_, launch)| LockedLaunch { launch: PortableLaunch::of(launch), package: package(launch) });
    let mut objects = Vec::new();
    for ((kind, name), of_name) in pins.objects() {
        for digest in of_name.approved() {
            let rules = of_name.rules(digest).to_vec();
            let object = match rules.is_empty() {
                true => None,
                false => Some(store.object(digest).map_err(|error| home::problem(&error))?.bytes),
            };
            objects.push(LockedObject { kind: *kind, name: name.clone(), digest: *digest, rules, object });
        }
    }
    let asks = Ask::ALL.into_iter().filter(|ask| pins.ask_state(*ask) == Some(ApprovalState::Approved));
    Ok(LockedServer {
        label: pins.spelling().clone(),
        launches: launches.collect(),
        objects,
        asks: asks.collect(),
    })
}

/// The package that a launch fetches, for people: `npm @scope/name@1.2.3`.
fn package(launch: &Launch) -> Option<String> {
    let line = CommandLine { command: launch.command.clone(), args: launch.args.iter().map(text).collect() };
    let PackageLaunch { registry, name, version, .. } = line.recognise().package?;
    let version = match &version {
        VersionSpec::Tag(text) | VersionSpec::Exact(text) | VersionSpec::Range(text) => format!("@{text}"),
        VersionSpec::Digest(text) => format!("@{text}"),
        _ => String::new(),
    };
    let words = format!("{} {name}{version}", registry.as_str());
    let is_plain = words.len() <= 512 && words.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    is_plain.then_some(words)
}

/// An argument with a word in place of its secrets, of which nothing is known here.
fn text(masked: &Masked) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret => "[secret]".to_owned(),
    };
    masked.pieces().iter().map(piece).collect()
}

fn part(server: &LockedServer) -> ServerPart {
    let is_path = |launch: &LockedLaunch| {
        let args = launch.launch.args.iter().map(text);
        args.chain([launch.launch.command.clone()]).any(|word| word.starts_with('/'))
    };
    ServerPart {
        label: server.label.to_string(),
        launches: server.launches.len(),
        objects: server.objects.len(),
        volatile: server.objects.iter().map(|object| object.rules.len()).sum(),
        has_path: server.launches.iter().any(is_path),
    }
}
