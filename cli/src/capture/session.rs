//! One process of the server, asked everything once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use pinfold_clients::Greeting;
use pinfold_core::answer::Answer;
use pinfold_core::digest::ObjectKind;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{ClientQuestion, Ending, LaunchStanding, Report, ReportedObject, Setup, Waits};
use pinfold_gate::guardian::Command;
use pinfold_gate::pump::{Connections, Pump};
use pinfold_verifier::listing::Passing;
use pinfold_verifier::policy::Policy;

use super::client::{ASKED_VERSION, Ears, hello};
use super::{CaptureRefusal, Interrupts};
use crate::commands::parse_label;
use crate::time;

/// Our own binary, which serves as the server's guardian.
const OWN_BINARY: &str = "/proc/self/exe";

/// How long nothing may change before a listing counts. An honest server was seen to say four times in its first second
/// and a half that its listing changed.
const QUIET: Duration = Duration::from_millis(1600);

/// How long a server that keeps changing its listing is listened to.
const LONGEST_UNREST: Duration = Duration::from_secs(20);

/// How long a server has for another try after it answered a listing with an error.
const SECOND_CHANCE: Duration = Duration::from_secs(2);

/// How long one process is given in all: a start from an empty cache of packages takes a while.
const LONGEST: Duration = Duration::from_secs(180);

/// What the client says it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Capabilities {
    /// Nothing.
    None,
    /// Everything that a server may ask of its client.
    All,
    /// What this client says.
    Client(Greeting),
}

impl Capabilities {
    /// Their names, sorted; those of a real client are not looked into.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Capabilities::None | Capabilities::Client(_) => &[],
            Capabilities::All => &["elicitation", "roots", "sampling"],
        }
    }

    pub(super) fn json(self) -> &'static str {
        match self {
            Capabilities::None => "{}",
            Capabilities::Client(greeting) => greeting.capabilities,
            Capabilities::All => {
                r#"{"elicitation":{"form":{},"url":{}},"roots":{"listChanged":true},"sampling":{"context":{},"tools":{}}}"#
            }
        }
    }

    /// A server that speaks otherwise to one client is seen if the two have two names.
    pub(super) fn client_name(self) -> &'static str {
        match self {
            Capabilities::None => "pinfold",
            Capabilities::All | Capabilities::Client(_) => "mcp-client",
        }
    }

    /// The protocol version that is asked for.
    pub(super) fn version(self) -> &'static str {
        match self {
            Capabilities::None | Capabilities::All => ASKED_VERSION,
            Capabilities::Client(greeting) => greeting.version,
        }
    }
}

/// An object of the surface.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) kind: ObjectKind,
    pub(crate) name: String,
    pub(crate) digest: pinfold_core::digest::Digest,
    /// As received.
    pub(crate) bytes: Arc<[u8]>,
}

/// What one process said.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) capabilities: Capabilities,
    /// In the order of listing: tools, prompts, templates, then the words of the handshake.
    pub(crate) said: Vec<Said>,
    /// What breaks a rule, or stands beside something that looks like it: no gate lets it through.
    pub(crate) refused: Vec<ReportedObject>,
    /// Lines on its standard output that are no messages.
    pub(crate) junk_lines: usize,
    /// What a gate would remember of it: the question and the answer to it.
    pub(crate) answered: Option<(ClientQuestion, Answer)>,
}

impl Session {
    /// Starts the command, hears it out, and ends its whole process tree.
    ///
    /// # Errors
    /// [`CaptureRefusal`]: it could not be asked, or something that it says breaks a rule.
    pub(super) fn run(
        command: &Command,
        capabilities: Capabilities,
        interrupts: &Interrupts,
    ) -> Result<Session, CaptureRefusal> {
        hear(command, setup(), capabilities, interrupts)?.finish(capabilities)
    }
}

/// Starts the command behind a gate that is set up so, hears out what the gate reports, and ends its whole process tree.
///
/// # Errors
/// [`CaptureRefusal`]: it could not be asked.
pub(super) fn hear(
    command: &Command,
    setup: Setup,
    capabilities: Capabilities,
    interrupts: &Interrupts,
) -> Result<Heard, CaptureRefusal> {
    let (from_client, mut mouth) = std::io::pipe().map_err(CaptureRefusal::Pipe)?;
    mouth.write_all(&hello(capabilities)).map_err(CaptureRefusal::Pipe)?;
    let mouth = Arc::new(Mutex::new(Some(mouth)));
    let (reports, inbox) = mpsc::channel();
    let launched = command.clone();
    let connections = Connections {
        from_client: Box::new(from_client),
        to_client: Box::new(Ears { mouth: Arc::clone(&mouth) }),
        binary: PathBuf::from(OWN_BINARY),
        launcher: Box::new(move || Ok(launched.clone())),
        reports,
    };
    let pump = Pump::new(setup, connections);
    let pump = if interrupts.is_shared() { pump.beside_others() } else { pump };
    let handle = pump.handle();
    let watched = interrupts.over(handle.clone());
    let running = std::thread::spawn(move || pump.run());
    let heard = listen(&inbox, interrupts);
    handle.stop();
    // Reports of the ending are not looked at; the gate is done when its thread is.
    let ending = running.join().unwrap_or(Ending::GuardianGone);
    mouth.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(watched);
    if interrupts.seen() {
        return Err(CaptureRefusal::Interrupted);
    }
    heard.and_then(|heard| heard.if_settled(ending))
}

/// How long a server may take that is started for the first time: a package may have to be downloaded.
pub(super) fn patient() -> Waits {
    Waits { answer: LONGEST, ..Waits::default() }
}

/// A gate that approves of the launch and of nothing that is said: so everything is reported.
fn setup() -> Setup {
    let label = parse_label("capture").expect("a label");
    Setup {
        label: label.to_string(),
        pins: None,
        policy: Policy::default().for_label(&label),
        passing: Passing::default(),
        object_bytes: Arc::new(|_| None),
        unix_now: Arc::new(time::now),
        absent_names: Default::default(),
        passed: Default::default(),
        gives_notice: true,
        launch: LaunchStanding::Approved,
        recall: Arc::new(|_| None),
        waits: patient(),
    }
}

/// What a gate reported of one process.
#[derive(Default)]
pub(super) struct Heard {
    /// What is held, by kind; for a gate that knows of no approval that is everything.
    pub(super) seen: BTreeMap<ObjectKind, Vec<ReportedObject>>,
    /// How many names pass, by kind.
    pub(super) passing: BTreeMap<ObjectKind, usize>,
    /// Approved names that are not listed.
    pub(super) missing: BTreeSet<(ObjectKind, String)>,
    /// Why the server is held as a whole.
    pub(super) whole: Option<ReasonCode>,
    settled: bool,
    junk_lines: usize,
    answered: Option<(ClientQuestion, Answer)>,
}

fn listen(inbox: &mpsc::Receiver<Report>, interrupts: &Interrupts) -> Result<Heard, CaptureRefusal> {
    let began = Instant::now();
    let mut heard = Heard::default();
    let mut settled_at: Option<Instant> = None;
    let mut last_change = began;
    let mut failed: Option<(Instant, ObjectKind, ReasonCode)> = None;
    loop {
        let deadline = match (settled_at, failed) {
            (None, None) => began + LONGEST,
            (None, Some((at, ..))) => (at + SECOND_CHANCE).min(began + LONGEST),
            (Some(settled), _) => (last_change + QUIET).min(settled + LONGEST_UNREST),
        };
        let wait = deadline.saturating_duration_since(Instant::now());
        let report = match inbox.recv_timeout(wait) {
            Ok(report) => report,
            Err(mpsc::RecvTimeoutError::Timeout) if heard.settled => return Ok(heard),
            Err(_) if interrupts.seen() => return Err(CaptureRefusal::Interrupted),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                return Err(failed
                    .map_or(CaptureRefusal::Silent, |(_, kind, why)| CaptureRefusal::NoListing(kind, why)));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(heard),
        };
        match report {
            Report::Seen { kind, held, passing, .. } => {
                failed = failed.filter(|(_, of, _)| *of != kind);
                heard.passing.insert(kind, passing.len());
                let digests = |objects: &[ReportedObject]| -> Vec<_> {
                    objects.iter().map(|object| object.digest).collect()
                };
                let is_new = heard.seen.get(&kind).is_none_or(|old| digests(old) != digests(&held));
                if is_new {
                    last_change = Instant::now();
                }
                heard.seen.insert(kind, held);
            }
            Report::Settled { .. } => {
                heard.settled = true;
                settled_at = Some(Instant::now());
                last_change = Instant::now();
            }
            Report::Missing(kind, names) => {
                heard.missing.extend(names.into_iter().map(|name| (kind, name)));
            }
            Report::Answered { question, answer, .. } => heard.answered = Some((question, answer)),
            Report::Junk(_) | Report::Broken { .. } => heard.junk_lines += 1,
            Report::NotStarted(errno) => return Err(CaptureRefusal::NotStarted(errno)),
            Report::GuardianNotStarted(words) => return Err(CaptureRefusal::Guardian(words)),
            Report::HandshakeRefused(reason) => return Err(CaptureRefusal::Handshake(reason)),
            Report::ListingRefused(kind, reason) => return Err(CaptureRefusal::Listing(kind, reason)),
            Report::ListingFailed(kind, reason) => {
                let first = failed.map_or_else(Instant::now, |(at, ..)| at);
                failed = Some((first, kind, reason));
            }
            Report::WholeHold(Some(reason @ ReasonCode::NotifyFlood)) => {
                return Err(CaptureRefusal::Whole(reason));
            }
            Report::WholeHold(reason) => heard.whole = reason,
            Report::ServerEnded { exit, early } => return Err(CaptureRefusal::Ended { exit, early }),
            Report::SessionOver => return Ok(heard),
            _ => {}
        }
    }
}

impl Heard {
    fn if_settled(self, ending: Ending) -> Result<Heard, CaptureRefusal> {
        if self.settled {
            return Ok(self);
        }
        Err(match ending {
            Ending::ServerLineTooLong => CaptureRefusal::LineTooLong,
            Ending::ServerEnded { exit, early } => CaptureRefusal::Ended { exit, early },
            _ => CaptureRefusal::Silent,
        })
    }

    /// What was said.
    fn finish(self, capabilities: Capabilities) -> Result<Session, CaptureRefusal> {
        const ORDER: [ObjectKind; 5] = [
            ObjectKind::Tool,
            ObjectKind::Prompt,
            ObjectKind::ResourceTemplate,
            ObjectKind::Instructions,
            ObjectKind::ServerInfo,
        ];
        let mut seen = self.seen;
        let objects = ORDER.into_iter().flat_map(|kind| seen.remove(&kind).unwrap_or_default());
        let (said, refused): (Vec<_>, Vec<_>) = objects.partition(is_only_new);
        let said = said.into_iter().map(Said::of).collect();
        Ok(Session { capabilities, said, refused, junk_lines: self.junk_lines, answered: self.answered })
    }
}

impl Said {
    fn of(object: ReportedObject) -> Said {
        Said { kind: object.kind, name: object.name, digest: object.digest, bytes: object.bytes }
    }
}

/// Whether nothing holds an object but that nobody approved it yet.
fn is_only_new(object: &ReportedObject) -> bool {
    let is_new = matches!(
        object.reason,
        ReasonCode::ToolAdded
            | ReasonCode::PromptAdded
            | ReasonCode::TemplateAdded
            | ReasonCode::InstructionsChanged
            | ReasonCode::ServerWordsChanged
    );
    object.fault.is_none() && is_new
}
