//! The question about a server's words, all of them at once or one by one, and about what it asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::{Approval, Ask, Decision};
use pinfold_core::reason::ReasonCode;
use pinfold_store::{PendingAsk, Store};
use pinfold_verifier::policy::Sampling;

use super::publisher::{Known, Stand};
use super::start::Started;
use super::{Review, changed, read, wait};
use crate::challenge::Shown;
use crate::exit::Exit;
use crate::found::found;
use crate::home;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::page::compare::Detail;
use crate::page::found::findings;
use crate::page::words::{Item, ordered, words_in};
use crate::policy_file;
use crate::renames;
use crate::screen::Screen;
use crate::time;
use crate::waiting::{Waiting, gates};

/// How long a running gate may take to write down what it holds.
const ON_THE_WAY: Duration = Duration::from_millis(300);

/// What came of the questions about words.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The kinds of what was approved.
    pub(super) approved: Vec<ObjectKind>,
    /// How many objects stay held.
    pub(super) left: usize,
}

impl Words {
    /// Refused while anything stays held.
    pub(super) fn exit(&self) -> Exit {
        if self.left > 0 { Exit::Refused } else { Exit::Done }
    }
}

/// Waits for servers that are being started, shows what is held, and asks.
pub(super) fn ask_all(
    review: &mut Review,
    started: &Started,
    output: &mut Output<'_>,
) -> Result<Words, Problem> {
    let store = review.store()?;
    if !store.pins().label(&review.label).is_some_and(|pins| pins.is_known()) {
        return Ok(Words::default());
    }
    let mut processes = started.gates.clone();
    let running = gates(&store, &review.label).map_err(|error| home::problem(&error))?;
    processes
        .extend(running.iter().filter(|gate| wait::is_on_the_way(gate)).map(|gate| gate.process.clone()));
    if !processes.is_empty() {
        wait::until_shown(review, &processes, output)?;
    }
    let store = review.store()?;
    let waiting = read(&store, &review.label)?;
    say_holds(review, &waiting)?;
    let all = items(&store, review, &waiting)?;
    if all.is_empty() {
        if started.kept > 0 {
            output.note(
                "no client waits for this launch: your yes is kept, and the next start carries it out.",
            );
            output.note(format!("its words are held then; run `pinfold review {}` again.", review.label));
        }
        return Ok(Words { approved: Vec::new(), left: waiting.holds.len() });
    }
    if waiting.outdated > 0 {
        output.note(format!(
            "{} older held texts are not shown: no server says them any more.",
            waiting.outdated
        ));
    }
    let count = all.len();
    // One yes to everything must not take back a no, nor choose between names that are taken for one another.
    let (aside, together): (Vec<Item>, Vec<Item>) = all.into_iter().partition(is_asked_alone);
    let mut approved = Vec::new();
    for (stand, items) in by_stand(&review.known, &together) {
        ask_together(review, &waiting, stand, &items, &mut approved, output)?;
    }
    if together.iter().all(|item| item.barred.is_some()) {
        // That a publisher has a look-alike's words does not tell which of the two names is meant.
        let stand = if review.known.is_signed() { Stand::Nobody } else { Stand::Unsigned };
        ask_each(review, stand, &aside, &mut approved, output)?;
    } else if !aside.is_empty() {
        output
            .note(format!("left for when nothing else waits, to be asked about one by one: {}", aside.len()));
    }
    let left = count - approved.len() + waiting.holds.len();
    Ok(Words { approved, left })
}

/// Says why the server is held as a whole, where no yes changes that.
fn say_holds(review: &Review, waiting: &Waiting) -> Result<(), Problem> {
    let mut screen = Screen::new();
    // Interpreters were asked about already.
    for hold in waiting.holds.iter().filter(|hold| hold.reason != ReasonCode::InterpreterChanged) {
        screen.heading(format!("{}: held as a whole ({})", review.label, hold.reason));
        screen.own(format!("{} Since {}.", hold.reason.meaning(), time::for_people(hold.since)));
        screen.own("No yes mends this. It is over when a start of the server finds it in order.");
        screen.gap();
    }
    review.terminal.show(&screen).map_err(|error| Review::lost(&error))
}

/// Whether an object is left out of the common question.
fn is_asked_alone(item: &Item) -> bool {
    item.barred.is_none() && (item.rejected.is_some() || item.reason == ReasonCode::NameConfusable)
}

/// The objects by who stands behind them: a yes to a publisher's words is none to those that it has not published.
fn by_stand(known: &Known, items: &[Item]) -> BTreeMap<Stand, Vec<Item>> {
    let mut parts: BTreeMap<Stand, Vec<Item>> = BTreeMap::new();
    for item in items {
        parts.entry(known.stand(item)).or_default().push(item.clone());
    }
    parts
}

fn ask_together(
    review: &mut Review,
    waiting: &Waiting,
    stand: Stand,
    items: &[Item],
    approved: &mut Vec<ObjectKind>,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let store = review.store()?;
    let open = || items.iter().filter(|item| item.barred.is_none());
    match ask(review, &store, waiting, stand, items, open().count() > 1, output)? {
        Some(Answer::Each) => {
            let one_by_one: Vec<Item> = ordered(items)
                .into_iter()
                .map(|one| one.item.clone())
                .filter(|item| item.barred.is_none())
                .collect();
            ask_each(review, stand, &one_by_one, approved, output)
        }
        Some(Answer::Approve) => {
            approved.extend(open().map(|item| item.kind));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn ask_each(
    review: &mut Review,
    stand: Stand,
    items: &[Item],
    approved: &mut Vec<ObjectKind>,
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    for item in items {
        let store = review.store()?;
        let waiting = read(&store, &review.label)?;
        let only = std::slice::from_ref(item);
        if ask(review, &store, &waiting, stand, only, false, output)? == Some(Answer::Approve) {
            approved.push(item.kind);
        }
    }
    Ok(())
}

/// Shows these objects and asks about them; `None`: none of them can be approved, so nothing was asked.
fn ask(
    review: &mut Review,
    seen: &Store,
    waiting: &Waiting,
    stand: Stand,
    items: &[Item],
    each: bool,
    output: &mut Output<'_>,
) -> Result<Option<Answer>, Problem> {
    let label = review.label.clone();
    let found = found(seen, &label, items);
    let (mut also, mut detail) = (false, Detail::Changed);
    loop {
        let known = &review.known;
        let page = |detail| {
            let (mut screen, mut shown) = (Screen::new(), Shown::new("words", &label.key()));
            known.say(stand, items, label.as_str(), &mut screen, &mut shown);
            findings(&mut screen, &found);
            words_in(&mut screen, &mut shown, label.as_str(), items, also, detail);
            (screen, shown)
        };
        let (mut screen, shown) = page(detail);
        // The key is offered where something is folded.
        let is_folded = page(other(detail)).0 != screen;
        screen.gap();
        if items.iter().all(|item| item.barred.is_some()) {
            screen.own("Nothing here can be approved.");
            review.terminal.show(&screen).map_err(|error| Review::lost(&error))?;
            return Ok(None);
        }
        let replaces = items.iter().any(|item| item.base.is_some());
        screen.own(meaning_of_a_yes(items, also));
        let offers = Offers { reject: true, also: replaces, each, names: false, unchanged: is_folded };
        let answer = review.ask_page(&screen, &shown, offers)?;
        match answer {
            Answer::Also => {
                also = !also;
                continue;
            }
            Answer::Unchanged => {
                detail = other(detail);
                continue;
            }
            Answer::Each | Answer::Names => {}
            Answer::Approve => {
                still_waits(review, waiting, items)?;
                review.record(seen, vec![approval(review, stand, items, also)], Vec::new())?;
                review.approved += items.iter().filter(|item| item.barred.is_none()).count();
                output.note("approved.");
            }
            Answer::Reject => {
                still_waits(review, waiting, items)?;
                review.record(seen, rejections(review, items), Vec::new())?;
                review.refused = true;
                output.note("rejected; it stays refused until you approve it.");
            }
            Answer::Refuse => {
                review.refused = true;
                output.note("not approved; it stays held.");
            }
        }
        return Ok(Some(answer));
    }
}

fn other(detail: Detail) -> Detail {
    match detail {
        Detail::Changed => Detail::Whole,
        Detail::Whole => Detail::Changed,
    }
}

fn meaning_of_a_yes(items: &[Item], also: bool) -> String {
    let open = || items.iter().filter(|item| item.barred.is_none());
    let changed = open().filter(|item| item.base.is_some()).count();
    let objects = match open().count() {
        1 => "this".to_owned(),
        count => format!("these {count}"),
    };
    match (changed, also) {
        (0, _) => format!("A yes approves {objects}."),
        (_, false) => {
            format!("A yes approves {objects}, in the place of what was approved under the same names.")
        }
        (_, true) => format!("A yes approves {objects} beside what is approved; both pass from then on."),
    }
}

/// Nothing of what was shown may have another digest now, and nothing may have come to it.
fn still_waits(review: &Review, shown: &Waiting, items: &[Item]) -> Result<(), Problem> {
    let store = review.store()?;
    if !gates(&store, &review.label).map_err(|error| home::problem(&error))?.is_empty() {
        // What a gate has just held is on its way into the store.
        std::thread::sleep(ON_THE_WAY);
    }
    let now = read(&store, &review.label)?;
    let about =
        |kind: ObjectKind, name: &str| items.iter().any(|item| item.kind == kind && item.name == name);
    let of_these = |waiting: &Waiting| -> Vec<_> {
        waiting.held_digests().into_iter().filter(|(kind, name, _)| about(*kind, name)).collect()
    };
    let all = items.len() == shown.held.len();
    let same =
        if all { now.held_digests() == shown.held_digests() } else { of_these(&now) == of_these(shown) };
    if same { Ok(()) } else { Err(changed(&review.label)) }
}

fn approval(review: &Review, stand: Stand, items: &[Item], also: bool) -> Decision {
    let (label, claim) = (review.label.clone(), review.known.claim(stand));
    Decision::SurfaceApproved { label, claim, objects: approvals(items, also) }
}

/// What a yes to these approves, in the order of the page. `also`: what they are compared with stays.
pub(super) fn approvals(items: &[Item], also: bool) -> Vec<Approval> {
    ordered(items)
        .into_iter()
        .filter(|one| one.item.barred.is_none())
        .map(|one| Approval {
            kind: one.item.kind,
            name: one.item.name.clone(),
            digest: one.item.digest,
            replaces: one.item.base.as_ref().filter(|_| !also).map(|base| base.digest),
            rules: one.item.rules.clone(),
        })
        .collect()
}

/// What a no for good to these rejects.
pub(super) fn rejections(review: &Review, items: &[Item]) -> Vec<Decision> {
    let rejection = |item: &Item| Decision::ObjectRejected {
        label: review.label.clone(),
        kind: item.kind,
        name: item.name.clone(),
        digest: item.digest,
    };
    items.iter().filter(|item| item.barred.is_none()).map(rejection).collect()
}

fn items(store: &Store, review: &Review, waiting: &Waiting) -> Result<Vec<Item>, Problem> {
    renames::items(store, &review.label, waiting).map_err(|error| home::problem(&error))
}

/// Asks about everything that the servers of the label asked their client for.
pub(super) fn ask_asks(review: &mut Review, output: &mut Output<'_>) -> Result<(), Problem> {
    let store = review.store()?;
    if !store.pins().label(&review.label).is_some_and(|pins| pins.is_known()) {
        return Ok(());
    }
    let mut asked: Vec<Ask> = Vec::new();
    for waiting in read(&store, &review.label)?.asks {
        if !asked.contains(&waiting.ask) {
            asked.push(waiting.ask);
            ask_one(review, &waiting, output)?;
        }
    }
    Ok(())
}

fn ask_one(review: &mut Review, waiting: &PendingAsk, output: &mut Output<'_>) -> Result<(), Problem> {
    let seen = review.store()?;
    let label = review.label.clone();
    let (mut screen, mut shown) = (Screen::new(), Shown::new("ask", &label.key()));
    shown.answer("ask", waiting.ask.as_str());
    shown.digest("launch", &waiting.launch);
    screen.gap();
    screen.heading(format!("{label}: the server asks to use your client's model ({})", waiting.ask.as_str()));
    screen.own(
        "A yes lets it send prompts of its own to the model that you pay for, with your client's consent.",
    );
    screen.own(format!("launch {}", waiting.launch));
    let policy = policy_file::own(&review.places.policy()).map_err(|fault| fault.problem())?;
    if policy.for_label(&label).sampling == Sampling::Refuse {
        screen.own("Your policy refuses it for this server; a yes counts only once the policy says `ask`.");
    }
    let offers = Offers { reject: true, ..Offers::default() };
    let (decision, words) = match review.ask_page(&screen, &shown, offers)? {
        Answer::Approve => (Decision::AskApproved { label, ask: waiting.ask }, "approved."),
        Answer::Reject => {
            review.refused = true;
            (Decision::AskRejected { label, ask: waiting.ask }, "rejected.")
        }
        Answer::Refuse | Answer::Also | Answer::Each | Answer::Names | Answer::Unchanged => {
            review.refused = true;
            output.note("not approved; the server keeps getting an error.");
            return Ok(());
        }
    };
    review.record(&seen, vec![decision], Vec::new())?;
    review.approved += 1;
    output.note(words);
    Ok(())
}
