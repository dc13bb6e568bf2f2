//! `review`: shows what waits, and decides about it with a person at the controlling terminal (`spec/review.md`).

mod after;
mod client;
mod objects;
mod publisher;
mod sarif;
mod start;
mod store;
mod unseen;
mod wait;
mod words;

pub(crate) use after::tell;

use std::time::{Duration, Instant};

use pinfold_core::digest::Digest;
use pinfold_core::name::Label;
use pinfold_core::pins::{Decision, LabelPins};
use pinfold_core::reason::ReasonCode;
use pinfold_core::text::{visible, visible_path};
use pinfold_store::{
    Access, GateRow, GateState, HomeStanding, Places, Ruling, ServerHold, Store, StoreError, StoredObject,
};
use serde::Serialize;

use crate::args::ReviewArgs;
use crate::challenge::Shown;
use crate::exit::Exit;
use crate::held_lines::{self, Held};
use crate::home;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::parts::{AskPart, HeldPart, HoldPart, RequestPart};
use crate::policy_file;
use crate::published::part::{NamedPart, PublishedPart, PublisherPart};
use crate::screen::{Mark, Part, Screen};
use crate::terminal::Terminal;
use crate::time;
use crate::waiting::{Waiting, gates, labels};

const SCHEMA: &str = "pinfold/review/v1";
/// How long a running gate gets to write down what it holds before nothing counts as waiting.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// The same where no gate is known to run: one that has just started answers its client before it writes that it is there.
const JUST_STARTED: Duration = Duration::from_millis(500);
/// The same for a gate that may still be looking at its server; one that answers from the pins and starts on call never
/// says more.
const UNSETTLED: Duration = Duration::from_secs(4);

/// The document. Names, classes, places and digests; never a server's words.
#[derive(Default, Serialize)]
pub(crate) struct Body {
    requests: Vec<RequestPart>,
    held: Vec<HeldPart>,
    server_holds: Vec<HoldPart>,
    asks: Vec<AskPart>,
    /// What differs in each of `held`, and what is found in its words; nobody is asked.
    objects: Vec<objects::WaitingPart>,
    findings: Vec<objects::FindingPart>,
    /// Whom the label knows as its publisher.
    publisher: Option<PublisherPart>,
    /// The publisher's release that was found for it.
    release: Option<PublishedPart>,
    /// What is new in a published update and waits without a question; only with a label.
    unseen: Vec<NamedPart>,
    /// What is wrong with the store; only with `--store`.
    store: Option<store::StorePart>,
}

/// Runs the command.
pub fn run(args: &ReviewArgs, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = match (&args.label, args.store) {
        (_, true) => store::review(&mut body, output),
        (None, false) => list(&mut body, output),
        (Some(label), false) => decide(label, args, &mut body, output),
    };
    output.end(SCHEMA, &body, done)
}

/// Without a label: what waits under every label.
fn list(body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let store = home::store(Access::Read)?;
    let labels = labels(&store).map_err(|error| home::problem(&error))?;
    let running = store.gates().map_err(|error| home::problem(&error))?;
    let mut exit = Exit::Done;
    let mut by_interpreter = 0;
    for label in &labels {
        let waiting = read(&store, label)?;
        let is_so = |hold: &ServerHold| hold.reason == ReasonCode::InterpreterChanged;
        by_interpreter += usize::from(waiting.holds.iter().any(is_so));
        fill(body, label, &waiting, &running);
        if output.is_json() {
            objects::add(body, &store, label, &waiting)?;
        }
        if !waiting.is_empty() {
            print_waiting(label, &waiting, output);
            exit = exit.max(if waiting.is_settled() { Exit::Refused } else { Exit::Waits });
        }
    }
    if by_interpreter > 1 {
        let code = ReasonCode::InterpreterChanged.as_str();
        output.line(format!("\n{code}: one yes counts for every server that the same program runs."));
    }
    match exit {
        Exit::Done => output.line("Nothing waits for you."),
        Exit::Waits => output.line("\nShow and decide one: pinfold review LABEL"),
        _ => output.line("\nAll of it was rejected before, or breaks a rule; pinfold review LABEL shows it."),
    }
    Ok(exit)
}

/// With a label: shows and asks, or without a person says what waits.
fn decide(label: &str, args: &ReviewArgs, body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let label = super::parse_label(label)?;
    let places = home::places()?;
    let store = open(&places, Access::Read)?;
    let (waiting, running) = settled(&store, &label)?;
    fill_one(body, &store, &label, &waiting, &running);
    if args.sarif {
        return report(&store, &label, &waiting, &running, output);
    }
    let known = publisher::find(args, &store, &waiting, &label, &places, output)?;
    body.release = known.published().map(PublishedPart::of);
    let is_starting = running.iter().any(wait::is_on_the_way);
    let can_be_tied = known.can_be_tied(&store, &label);
    let unseen = unseen::Unseen::of(&store, &places, &label);
    body.unseen = unseen.iter().flat_map(unseen::Unseen::parts).collect();
    // What waits unseen is a question for who asks for it alone.
    let asks_unseen = args.unseen && unseen.is_some();
    if args.command.is_empty() && waiting.is_empty() && !is_starting && !can_be_tied && !asks_unseen {
        return nothing(&store, &label, &running, body.unseen.len(), output);
    }
    if output.is_json() {
        objects::add(body, &store, &label, &waiting)?;
        let is_settled = waiting.is_settled() && !can_be_tied && !asks_unseen;
        return Ok(if is_settled { Exit::Refused } else { Exit::Waits });
    }
    let terminal = match Terminal::open(|name| std::env::var_os(name)) {
        Ok(terminal) => terminal,
        Err(none) => {
            print_waiting(&label, &waiting, output);
            return Err(none.problem(&same_command(&label, args)));
        }
    };
    let policy = policy_digest(&places)?;
    // What cannot be written is said before anybody reads pages in vain.
    drop(open(&places, Access::Write)?);
    let (approved, refused) = (0, false);
    let mut review = Review { label, places, terminal, policy, known, asks_unseen, approved, refused };
    review.say_where(&store)?;
    // A client of ours stands in for the person's own for as long as this runs.
    let client = match args.command.as_slice() {
        [] => None,
        command => Some(client::Client::start(&mut review, command, &args.env, output)?),
    };
    let exit = review.all(output);
    drop(client);
    let store = open(&review.places, Access::Read)?;
    *body = Body { release: body.release.take(), ..Body::default() };
    let left = read(&store, &review.label)?;
    let running = gates(&store, &review.label).map_err(|error| home::problem(&error))?;
    fill_one(body, &store, &review.label, &left, &running);
    exit
}

/// What a person has to type to be asked; the server's own words may hold secrets and are not printed back.
fn same_command(label: &Label, args: &ReviewArgs) -> String {
    let bundle = args.bundle.as_ref().map(|file| format!(" --bundle {}", visible_path(file)));
    let name = args.name.as_ref().map(|name| format!(" --name {}", visible(name)));
    let command = if args.command.is_empty() { "" } else { " -- CMD..." };
    let unseen = if args.unseen { " --unseen" } else { "" };
    format!(
        "pinfold review {label}{unseen}{}{}{command}",
        bundle.unwrap_or_default(),
        name.unwrap_or_default()
    )
}

/// What waits as one document for programs; nobody is asked.
fn report(
    store: &Store,
    label: &Label,
    waiting: &Waiting,
    running: &[GateRow],
    output: &mut Output<'_>,
) -> Result<Exit, Problem> {
    if waiting.is_empty() && store.pins().label(label).is_none() {
        return nothing(store, label, running, 0, output);
    }
    output.raw(sarif::report(store, label, waiting)?.document().as_bytes());
    Ok(match (waiting.is_empty(), waiting.is_settled()) {
        (true, true) => Exit::Done,
        (_, true) => Exit::Refused,
        _ => Exit::Waits,
    })
}

/// What waits, and the gates that run; where nothing waits, after a moment: what a gate has just held is on its way into
/// the store. A gate that has not said yet that it is ready gets longer.
fn settled(store: &Store, label: &Label) -> Result<(Waiting, Vec<GateRow>), Problem> {
    let began = Instant::now();
    loop {
        let waiting = read(store, label)?;
        let running = gates(store, label).map_err(|error| home::problem(&error))?;
        let is_unsettled = |gate: &GateRow| gate.state == GateState::Answering || wait::is_on_the_way(gate);
        let patience = match () {
            () if running.is_empty() => JUST_STARTED,
            () if running.iter().any(is_unsettled) => UNSETTLED,
            () => ON_THE_WAY,
        };
        if !waiting.is_empty() || began.elapsed() >= patience {
            return Ok((waiting, running));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn nothing(
    store: &Store,
    label: &Label,
    running: &[GateRow],
    unseen: usize,
    output: &mut Output<'_>,
) -> Result<Exit, Problem> {
    if store.pins().label(label).is_none() && running.is_empty() {
        return Err(Problem::new(
            Exit::Usage,
            "LABEL_UNKNOWN",
            format!("nothing is known about `{label}`, and no client asked to start it"),
            "`pinfold status` lists what is known; start the client that runs this server",
        ));
    }
    output.line(format!("Nothing of `{label}` waits for you."));
    if store.pins().label(label).is_some_and(LabelPins::is_known) {
        output.line(format!("Look at what it says now: pinfold status --live {label}"));
    }
    if unseen > 0 {
        output.line(format!(
            "Your policy keeps out {unseen} that a published update adds: pinfold review {label} --unseen"
        ));
    }
    Ok(Exit::Done)
}

/// One review of one label at a terminal.
pub(crate) struct Review {
    label: Label,
    places: Places,
    terminal: Terminal,
    policy: Option<Digest>,
    known: publisher::Known,
    asks_unseen: bool,
    approved: usize,
    refused: bool,
}

impl Review {
    /// The launch first, then whose the words are, then the words, then what the server asked for.
    fn all(&mut self, output: &mut Output<'_>) -> Result<Exit, Problem> {
        let started = start::ask_all(self, output)?;
        let tied = publisher::tie(self, output)?;
        let mut words = words::ask_all(self, &started, output)?;
        words.approved.extend(tied.approved);
        if self.asks_unseen {
            words.approved.extend(unseen::ask(self, output)?);
        }
        words::ask_asks(self, output)?;
        after::say(self, &words, output);
        Ok(if self.refused { Exit::Refused } else { words.exit() })
    }

    /// Says so where the home folder is not the account's: a yes is then also one to deciding here.
    fn say_where(&self, store: &Store) -> Result<(), Problem> {
        if store.home_standing() != HomeStanding::OtherUndecided {
            return Ok(());
        }
        let mut screen = Screen::new();
        screen.own("HOME is not your account's home folder, and nothing was decided in it yet:");
        let home = self.places.home().to_string_lossy();
        screen.foreign_parts(Mark::Plain, vec![Part::plain(home)]);
        screen.own("A yes to anything below also says that decisions count here.");
        screen.gap();
        self.terminal.show(&screen).map_err(|error| Review::lost(&error))
    }

    /// Records decisions, against the state of the store that was shown.
    fn record(
        &mut self,
        seen: &Store,
        decisions: Vec<Decision>,
        objects: Vec<StoredObject>,
    ) -> Result<(), Problem> {
        let ruling = Ruling { at: time::now(), policy: self.policy, seen: seen.head(), decisions, objects };
        let mut store = open(&self.places, Access::Write)?;
        match store.decide(ruling) {
            Err(StoreError::Raced) => Err(changed(&self.label)),
            decided => decided.map(|_| ()).map_err(|error| home::problem(&error)),
        }
    }

    /// Shows a page and asks.
    fn ask_page(&mut self, screen: &Screen, shown: &Shown, offers: Offers) -> Result<Answer, Problem> {
        self.terminal.ask_page(screen, shown, offers).map_err(|error| Review::lost(&error))
    }

    /// The store as it is now.
    fn store(&self) -> Result<Store, Problem> {
        open(&self.places, Access::Read)
    }

    fn lost(error: &std::io::Error) -> Problem {
        Problem::terminal_lost(error, "nothing more was decided")
    }
}

/// What a changed question ends with: nothing was approved, and the person has to look again.
fn changed(label: &Label) -> Problem {
    Problem::new(
        Exit::Refused,
        "CHANGED_WHILE_SHOWN",
        "what was shown changed before you answered; nothing was approved",
        format!("run `pinfold review {label}` again and look at what it shows then"),
    )
}

fn open(places: &Places, access: Access) -> Result<Store, Problem> {
    Store::open(places, access).map_err(|error| home::problem(&error))
}

fn read(store: &Store, label: &Label) -> Result<Waiting, Problem> {
    Waiting::of(store, label)
}

/// Digest of the policy in force, which stands in each decision; `None`: there is no file.
pub(crate) fn policy_digest(places: &Places) -> Result<Option<Digest>, Problem> {
    match policy_file::read(&places.policy()) {
        Ok(policy) => Ok(Some(policy.digest())),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault.problem()),
    }
}

/// What waits under the one label that was asked for, and its publisher.
fn fill_one(body: &mut Body, store: &Store, label: &Label, waiting: &Waiting, running: &[GateRow]) {
    let publisher = store.pins().label(label).and_then(LabelPins::publisher);
    body.publisher = publisher.map(PublisherPart::of);
    fill(body, label, waiting, running);
}

/// Adds what waits under a label; `running` may have gates of others.
fn fill(body: &mut Body, label: &Label, waiting: &Waiting, running: &[GateRow]) {
    let of_label = || running.iter().filter(|gate| gate.label.key() == label.key());
    for request in &waiting.requests {
        let launch = request.launch.digest();
        let count = of_label().filter(|gate| gate.launch == launch).count();
        body.requests.push(RequestPart::of(request, count));
    }
    body.held.extend(waiting.held.iter().map(|held| HeldPart::of(label.as_str(), held)));
    body.server_holds.extend(waiting.holds.iter().map(|hold| HoldPart::of(label.as_str(), hold)));
    body.asks.extend(waiting.asks.iter().map(|ask| AskPart::waiting(label.as_str(), ask)));
}

/// What waits, without any word of a server.
fn print_waiting(label: &Label, waiting: &Waiting, output: &mut Output<'_>) {
    output.heading(label.as_str());
    for request in &waiting.requests {
        let since = time::for_people(request.created);
        output.line(format!("  a launch: {}, asked for on {since}", request.reason));
    }
    let parts: Vec<HeldPart> = waiting.held.iter().map(|held| HeldPart::of(label.as_str(), held)).collect();
    let held: Vec<Held<'_>> = parts.iter().map(|part| part.object.line()).collect();
    held_lines::lines(&held).iter().for_each(|line| output.line(line));
    for hold in &waiting.holds {
        output.line(format!("  the whole server: {}, since {}", hold.reason, time::for_people(hold.since)));
    }
    for ask in &waiting.asks {
        output.line(format!("  a question: may it use your client's model ({})?", ask.ask.as_str()));
    }
}
