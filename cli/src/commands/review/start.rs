//! The question about a launch, and the one about a program that runs launches.

use pinfold_core::digest::Digest;
use pinfold_core::launch::{Launch, loader_variable};
use pinfold_core::name::Label;
use pinfold_core::pins::{Decision, LabelPins, Pins};
use pinfold_core::reason::ReasonCode;
use pinfold_core::text::visible;
use pinfold_store::{Access, GateState, ProcessStamp, Request, Store};

use super::{Review, changed, open, read};
use crate::challenge::Shown;
use crate::exit::Exit;
use crate::home;
use crate::interpreters;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::page::start::{InsteadOf, Interpreter, Start, Withheld, interpreters_only, start};
use crate::rejected;
use crate::screen::Screen;
use crate::time;
use crate::waiting::gates;

/// What came of the questions about launches.
#[derive(Debug, Default)]
pub(super) struct Started {
    /// The gates that now carry a yes out.
    pub(super) gates: Vec<ProcessStamp>,
    /// Launches that were approved here and that no gate waited for.
    pub(super) kept: usize,
}

/// Asks about every launch of the label that waits, the oldest first.
pub(super) fn ask_all(review: &mut Review, output: &mut Output<'_>) -> Result<Started, Problem> {
    let mut started = Started::default();
    let mut asked = Vec::new();
    loop {
        // Each answer can settle other questions, so what is open is read anew.
        let store = review.store()?;
        let mut requests = read(&store, &review.label)?.requests;
        requests.reverse();
        let next = requests.into_iter().find(|request| !asked.contains(&request.launch.digest()));
        let Some(request) = next else { break };
        let launch = request.launch.digest();
        asked.push(launch);
        let running = gates(&store, &review.label).map_err(|error| home::problem(&error))?;
        let waiting: Vec<ProcessStamp> =
            running.into_iter().filter(|gate| gate.launch == launch).map(|gate| gate.process).collect();
        if ask(review, &store, &request, output)? {
            started.kept += usize::from(waiting.is_empty());
            started.gates.extend(waiting);
        }
    }
    ask_interpreters(review, &mut started, output)?;
    Ok(started)
}

/// Asks about programs whose bytes changed under launches that are approved and were held for it.
fn ask_interpreters(
    review: &mut Review,
    started: &mut Started,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let seen = review.store()?;
    let changed_now = read(&seen, &review.label)?.interpreters;
    if changed_now.is_empty() {
        return Ok(());
    }
    let (mut screen, mut shown) = (Screen::new(), Shown::new("launch", &review.label.key()));
    interpreters_only(&mut screen, &mut shown, review.label.as_str(), &changed_now);
    if review.ask_page(&screen, &shown, Offers::default())? != Answer::Approve {
        review.refused = true;
        output.note("not accepted; the server stays held.");
        return Ok(());
    }
    let now = interpreters::of_label(&review.label, seen.pins())?;
    let digests = |list: &[Interpreter]| list.iter().map(|one| one.digest).collect::<Vec<_>>();
    if digests(&now) != digests(&changed_now) {
        return Err(changed(&review.label));
    }
    let accept = |one: Interpreter| Decision::InterpreterAccepted { path: one.path, digest: one.digest };
    review.record(&seen, now.into_iter().map(accept).collect(), Vec::new())?;
    review.approved += 1;
    output.note("accepted.");
    let running = gates(&seen, &review.label).map_err(|error| home::problem(&error))?;
    let waiting = running.into_iter().filter(|gate| gate.state == GateState::Waiting);
    started.gates.extend(waiting.map(|gate| gate.process));
    Ok(())
}

/// Asks about one launch; `true`: it may be started now.
fn ask(
    review: &mut Review,
    seen: &Store,
    request: &Request,
    output: &mut Output<'_>,
) -> Result<bool, Problem> {
    let pins = seen.pins();
    let of_label = pins.label(&request.label);
    let interpreters = interpreters::of_launch(&request.launch, pins)?;
    if request.reason == ReasonCode::InterpreterChanged && interpreters.is_empty() {
        // Accepted since, with another server.
        return Ok(false);
    }
    let is_about_interpreters = request.reason == ReasonCode::InterpreterChanged
        && of_label.is_some_and(|pins| approved_as(pins, &request.launch));
    let mut question = Question { request, pins, of_label, interpreters, passes: Vec::new(), also: false };
    loop {
        let launch = question.launch()?;
        let (mut screen, mut shown) = (Screen::new(), Shown::new("launch", &request.label.key()));
        let label = request.label.as_str();
        let instead_of = question.instead_of(&launch);
        if is_about_interpreters {
            interpreters_only(&mut screen, &mut shown, label, &question.interpreters);
        } else {
            let page = question.page(&launch, instead_of.clone());
            start(&mut screen, &mut shown, label, &page, question.also);
        }
        let offers = Offers {
            reject: !is_about_interpreters,
            also: instead_of.is_some() && !is_about_interpreters,
            names: !is_about_interpreters && !withheld(request).credentials.is_empty(),
            ..Offers::default()
        };
        let replaces = instead_of.filter(|_| !question.also).map(|before| before.digest);
        match review.ask_page(&screen, &shown, offers)? {
            Answer::Also => question.also = !question.also,
            Answer::Names => question.ask_passes(review)?,
            Answer::Approve => {
                if !question.is_unchanged(seen.pins())? {
                    return Err(changed(&review.label));
                }
                let decisions = question.yes(launch, replaces, is_about_interpreters);
                review.record(seen, decisions, Vec::new())?;
                let store = open(&review.places, Access::Write)?;
                // The request that was answered; the approval may be of the same launch with names let through.
                store.remove_request(&request.launch.digest()).map_err(|error| home::problem(&error))?;
                review.approved += 1;
                output.note("approved.");
                return Ok(true);
            }
            Answer::Reject => {
                let label = request.label.clone();
                let decision = Decision::LaunchRejected { label, launch: request.launch.clone() };
                review.record(seen, vec![decision], Vec::new())?;
                review.refused = true;
                output.note("rejected; it stays refused until you approve it.");
                return Ok(false);
            }
            Answer::Refuse | Answer::Each | Answer::Unchanged => {
                review.refused = true;
                output.note("not approved; nothing was started.");
                return Ok(false);
            }
        }
    }
}

struct Question<'a> {
    request: &'a Request,
    pins: &'a Pins,
    of_label: Option<&'a LabelPins>,
    interpreters: Vec<Interpreter>,
    passes: Vec<String>,
    also: bool,
}

impl Question<'_> {
    /// The launch as it would be approved, with the names that are let through.
    fn launch(&self) -> Result<Launch, Problem> {
        self.request.launch.letting_through(self.passes.iter().map(String::as_str)).map_err(|error| {
            Problem::new(
                Exit::Refused,
                "LAUNCH_INVALID",
                format!("the launch cannot be approved so: {}", visible(&error.to_string())),
                "let the client's entry set the variable instead",
            )
        })
    }

    /// Asks which withheld names belong to the server. Without a valid answer they stay as they are.
    fn ask_passes(&mut self, review: &mut Review) -> Result<(), Problem> {
        let withheld = withheld(self.request).credentials;
        let prompt = "names to let through, separated by blanks; Enter for none:";
        let line = review.terminal.ask_line(prompt).map_err(|error| Review::lost(&error))?;
        let Some(line) = line else { return Ok(()) };
        let names: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if names.iter().all(|name| withheld.contains(name)) {
            self.passes = names;
            return Ok(());
        }
        let mut screen = Screen::new();
        screen.own("One of these is not in the list of withheld variables; nothing was changed.");
        review.terminal.show(&screen).map_err(|error| Review::lost(&error))
    }

    fn page<'p>(&'p self, launch: &'p Launch, instead_of: Option<InsteadOf>) -> Start<'p> {
        Start {
            launch,
            client: &self.request.client,
            folder: &self.request.folder,
            since: time::for_people(self.request.created),
            reason: self.request.reason,
            values: &self.request.values_shown,
            withheld: withheld(self.request),
            instead_of,
            rejected: rejected::launch(self.pins, &self.request.label, launch),
            interpreters: self.interpreters.clone(),
        }
    }

    /// Of the approved launches, the one from which this one differs least.
    fn instead_of(&self, launch: &Launch) -> Option<InsteadOf> {
        let pins = self.of_label?;
        pins.approved_launches()
            .filter(|(digest, _)| **digest != launch.digest())
            .map(|(digest, approved)| InsteadOf {
                digest: *digest,
                approved: pins
                    .launches()
                    .get(digest)
                    .map_or_else(String::new, |pin| time::for_people(pin.since)),
                differences: Launch::compare(approved, launch),
            })
            .min_by_key(|before| (before.is_another_server(), before.differences.len()))
    }

    /// Whether the interpreters still have the bytes that were shown.
    fn is_unchanged(&self, pins: &Pins) -> Result<bool, Problem> {
        let now = interpreters::of_launch(&self.request.launch, pins)?;
        let digests = |list: &[Interpreter]| list.iter().map(|one| one.digest).collect::<Vec<_>>();
        Ok(digests(&now) == digests(&self.interpreters))
    }

    fn yes(&self, launch: Launch, replaces: Option<Digest>, only_interpreters: bool) -> Vec<Decision> {
        let accepted = self
            .interpreters
            .iter()
            .map(|one| Decision::InterpreterAccepted { path: one.path.clone(), digest: one.digest });
        let label: Label = self.request.label.clone();
        let approved = Decision::LaunchApproved { label, launch, replaces: replaces.into_iter().collect() };
        if only_interpreters { accepted.collect() } else { accepted.chain([approved]).collect() }
    }
}

fn approved_as(pins: &LabelPins, launch: &Launch) -> bool {
    pins.approved_launches().any(|(_, approved)| Launch::compare(approved, launch).is_empty())
}

fn withheld(request: &Request) -> Withheld {
    let (loaders, credentials) = request.withheld.iter().cloned().partition(|name| loader_variable(name));
    Withheld { credentials, loaders }
}
