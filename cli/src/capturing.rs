//! From a command to a manifest: the launch, the sessions, and what must be true before anything is written.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use pinfold_core::digest::ObjectKind;
use pinfold_core::manifest::{Capture, CapturedObject, Manifest};
use pinfold_core::text::visible;
use pinfold_core::volatile::Passed;
use pinfold_gate::guardian::Command;

use crate::args::ReleaseArgs;
use crate::capture::{
    ASKED_VERSION, CaptureRefusal, Captured, Interrupts, Rules, Session, capture, in_another_zone, passed,
};
use crate::comparison::tool_count;
use crate::exit::Exit;
use crate::home;
use crate::launch::{Entry, MemoryDigests, Surroundings, WithheldWhy, resolve};
use crate::output::{Output, Problem, counted};
use crate::release::{Asked, Facts};
use crate::release_file::ReleaseFile;
use crate::run::command_of;

/// A captured release, not signed.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) manifest: Manifest,
    pub(crate) captured: Captured,
    pub(crate) variables: Variables,
}

/// Which variables the server had, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    /// Declared and set.
    pub(crate) present: Vec<String>,
    /// Declared and not set.
    pub(crate) absent: Vec<String>,
    /// Set, not declared, and kept from the server because they look like credentials.
    pub(crate) withheld: Vec<String>,
}

/// Why a capture failed, with what differs where that is the reason.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) problem: Problem,
    pub(crate) refusal: Option<CaptureRefusal>,
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Failed {
        Failed { problem, refusal: None }
    }
}

/// What is known of the release without starting anything.
///
/// # Errors
/// The files disagree, are silent, or cannot be read.
pub(crate) fn facts(args: &ReleaseArgs) -> Result<Facts, Problem> {
    let folder = std::env::current_dir().map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "START_FAILED",
            format!("the working folder cannot be used: {error}"),
            "run the command in a folder that exists",
        )
    })?;
    let asked = Asked {
        name: args.name.as_deref(),
        version: args.version.as_deref(),
        artifacts: &args.artifact,
        remotes: &args.remote,
    };
    Facts::gather(&folder, &asked)
}

/// Starts the server and makes the manifest of what it says.
///
/// # Errors
/// The server cannot be started or asked, says nothing usable, or says two things.
pub(crate) fn take(
    args: &ReleaseArgs,
    facts: &Facts,
    command: &[OsString],
    add_to: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<Taken, Failed> {
    let (command, variables) = launch(&args.env, &facts.variables, command)?;
    let old = add_to.map(ReleaseFile::read).transpose()?;
    check_facts(facts)?;
    let captured = heard(&command, &variables, output)?;
    if let Some(empty) = captured.sessions.iter().find(|session| tools(session) == 0) {
        return Err(no_tools(empty, captured.sessions.len() > 1, &variables).into());
    }
    let manifest = build(facts, &captured, &variables, old.as_ref().map(ReleaseFile::manifest))?;
    Ok(Taken { manifest, captured, variables })
}

/// Starts the server and hears it out, with the variables that a user's gate would give it. With what was passed to it.
///
/// # Errors
/// The server cannot be started or asked, or says two things.
pub(crate) fn hear(
    env: &[String],
    command: &[OsString],
    output: &mut Output<'_>,
) -> Result<(Captured, Passed), Failed> {
    let (command, variables) = launch(env, &[], command)?;
    Ok((heard(&command, &variables, output)?, passed(&command)))
}

fn heard(command: &Command, variables: &Variables, output: &mut Output<'_>) -> Result<Captured, Failed> {
    let interrupts = Interrupts::watch().map_err(|error| Problem::signals_unwatched(&error))?;
    let elsewhere = in_another_zone(command, variables.present.iter().any(|name| name == "TZ"));
    let captured = capture(command, &elsewhere, &interrupts, |words| output.note(format!("{words} …")))
        .map_err(|refusal| Failed { problem: refusal.problem(), refusal: Some(refusal) })?;
    let junk: usize = captured.sessions.iter().map(|session| session.junk_lines).sum();
    if junk > 0 {
        output.note(format!(
            "warning: the server wrote {junk} lines to standard output that are no messages; they are dropped"
        ));
    }
    Ok(captured)
}

/// Refuses a release that has fewer tools than the one before, or another number than was expected.
///
/// # Errors
/// Too few tools; the absent variables are named, because a missing credential is the usual reason.
pub(crate) fn check_tools(
    manifest: &Manifest,
    previous: Option<&Manifest>,
    expected: Option<usize>,
    variables: &Variables,
) -> Result<(), Problem> {
    let now = tool_count(manifest);
    match (expected, previous.map(tool_count)) {
        (Some(expected), _) if expected == now => Ok(()),
        (Some(expected), _) => Err(Problem::new(
            Exit::Refused,
            "TOOLS_UNEXPECTED",
            format!("{}, and {expected} expected{}", captured(now), variables.blamed()),
            "correct the server, or the number",
        )),
        (None, Some(before)) if now < before => Err(Problem::new(
            Exit::Refused,
            "TOOLS_FEWER",
            format!("{}, and the release before has {before}{}", captured(now), variables.blamed()),
            format!("if that is meant, say so with `--expect-tools {now}`"),
        )),
        _ => Ok(()),
    }
}

fn captured(tools: usize) -> String {
    format!("{} captured", counted(tools as u64, "tool"))
}

impl Variables {
    /// `; API_KEY is not set`, or nothing.
    fn blamed(&self) -> String {
        let names = |names: &[String]| names.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
        let mut words = String::new();
        if !self.absent.is_empty() {
            words.push_str(&format!("; declared and not set: {}", names(&self.absent)));
        }
        if !self.withheld.is_empty() {
            words.push_str(&format!("; set and not declared: {}", names(&self.withheld)));
        }
        words
    }
}

/// The command with the environment that a user's gate would give it.
fn launch(env: &[String], known: &[String], command: &[OsString]) -> Result<(Command, Variables), Problem> {
    let declared: BTreeSet<String> = env.iter().chain(known).cloned().collect();
    let failed = |error: String| {
        Problem::new(
            Exit::Undetermined,
            "START_FAILED",
            format!("the server's command cannot be started: {error}"),
            "correct the command behind `--`; nothing was started",
        )
    };
    let entry = Entry::from_line(command.to_vec(), declared.iter().cloned().collect())
        .map_err(|error| failed(error.to_string()))?;
    let around =
        Surroundings::of_process(home::of_account().as_deref()).map_err(|error| failed(error.to_string()))?;
    let is_set = |name: &String| around.environment.iter().any(|(found, _)| found.to_str() == Some(name));
    let (present, absent): (Vec<String>, Vec<String>) = declared.into_iter().partition(is_set);
    let resolved = resolve(&entry, &around, &mut MemoryDigests::default())
        .map_err(|error| failed(visible(&error.to_string())))?;
    let withheld = resolved.withheld.iter().filter(|one| one.why == WithheldWhy::Credential);
    let withheld = withheld.map(|one| one.name.clone()).collect();
    Ok((command_of(resolved), Variables { present, absent, withheld }))
}

fn tools(session: &Session) -> usize {
    session.said.iter().filter(|said| said.kind == ObjectKind::Tool).count()
}

fn no_tools(session: &Session, depends: bool, variables: &Variables) -> Problem {
    let with = match session.capabilities.names() {
        _ if !depends => "",
        [] => " to a client that can do nothing",
        _ => " to a client that can do everything",
    };
    Problem::new(
        Exit::Refused,
        "TOOLS_NONE",
        format!("the server lists no tools{with}{}", variables.blamed()),
        "a release without tools says nothing; set what the server needs and name it with `--env NAME`",
    )
}

fn build(
    facts: &Facts,
    captured: &Captured,
    variables: &Variables,
    old: Option<&Manifest>,
) -> Result<Manifest, Problem> {
    let mut captures: Vec<Capture> =
        captured.sessions.iter().map(|session| taken(session, variables)).collect();
    let mut rules = captured.rules.clone();
    if let Some(old) = old {
        captures = added(old, facts, captures, &mut rules)?;
    }
    manifest_of(facts, &captures, &rules, "what was captured makes no manifest")
}

/// What is wrong with files and addresses shows in the manifest of one made-up tool, before a server is started.
fn check_facts(facts: &Facts) -> Result<(), Problem> {
    let tool = CapturedObject {
        kind: ObjectKind::Tool,
        bytes: br#"{"name":"a","inputSchema":{"type":"object"}}"#.to_vec(),
    };
    let capture = Capture {
        capabilities: Vec::new(),
        era: ASKED_VERSION.to_owned(),
        variables: Vec::new(),
        objects: vec![tool],
    };
    manifest_of(facts, &[capture], &Rules::default(), "files and addresses make no manifest").map(|_| ())
}

fn manifest_of(
    facts: &Facts,
    captures: &[Capture],
    rules: &Rules,
    failed: &str,
) -> Result<Manifest, Problem> {
    let (name, version, artifacts, remotes) = (&facts.name, &facts.version, &facts.artifacts, &facts.remotes);
    Manifest::build_with_rules(name, version, artifacts, remotes, captures, rules).map_err(|error| {
        Problem::new(
            Exit::Refused,
            "MANIFEST_INVALID",
            format!("{failed}: {}", visible(&error.to_string())),
            "correct what is named there and capture again",
        )
    })
}

fn taken(session: &Session, variables: &Variables) -> Capture {
    let object = |said: &crate::capture::Said| CapturedObject { kind: said.kind, bytes: said.bytes.to_vec() };
    Capture {
        capabilities: session.capabilities.names().iter().map(|name| (*name).to_owned()).collect(),
        era: ASKED_VERSION.to_owned(),
        variables: variables.present.clone(),
        objects: session.said.iter().map(object).collect(),
    }
}

/// The conditions of an earlier capture of the same release, but for those that were captured anew, with the rules of
/// their objects.
fn added(
    old: &Manifest,
    facts: &Facts,
    new: Vec<Capture>,
    rules: &mut Rules,
) -> Result<Vec<Capture>, Problem> {
    if old.name() != &facts.name || old.version() != &facts.version {
        return Err(Problem::new(
            Exit::Usage,
            "RELEASE_FILE_INVALID",
            format!("the manifest to add to is of {} {}", old.name().as_str(), old.version()),
            "conditions of one release are put together; name a manifest of the same name and version",
        ));
    }
    let question = |capture: &Capture| {
        let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<String>>();
        (sorted(&capture.capabilities), capture.era.clone(), sorted(&capture.variables))
    };
    let mut captures = Vec::new();
    for condition in old.conditions() {
        let objects = condition.objects.iter().filter_map(|index| old.surface().get(*index));
        let of_old = objects.clone().map(|object| (object.digest, old.rules(&object.digest).to_vec()));
        let of_old: Vec<_> = of_old.filter(|(_, rules)| !rules.is_empty()).collect();
        let objects = objects
            .map(|object| CapturedObject { kind: object.kind, bytes: old.object_bytes(object).to_vec() });
        let capture = Capture {
            capabilities: condition.capabilities.clone(),
            era: condition.era.clone(),
            variables: condition.variables.clone(),
            objects: objects.collect(),
        };
        if !new.iter().any(|other| question(other) == question(&capture)) {
            captures.push(capture);
            of_old.into_iter().for_each(|(digest, of_object)| {
                rules.entry(digest).or_insert(of_object);
            });
        }
    }
    captures.extend(new);
    Ok(captures)
}
