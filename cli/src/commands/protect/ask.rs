//! The one question: servers are heard, the page is shown, and a person answers.

use std::time::Duration;

use pinfold_store::HomeStanding;

use super::carry::carry_out;
use super::document::{self, Body};
use super::{Found, lost, print, unusable};
use crate::capture::Interrupts;
use crate::challenge::Shown;
use crate::doctor::permissions;
use crate::exit::Exit;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem, counted};
use crate::page::words::{Item, ordered, summary, words};
use crate::protect::{
    FileEdit, Heard, Hearing, Nowhere, Page, Progress, Start, Why, counts, edits, findings, hear, leave, page,
};
use crate::screen::Screen;
use crate::terminal::Terminal;
use crate::time;

/// Hears, shows, asks, and carries a yes out.
pub(super) fn all(
    found: &mut Found,
    terminal: &Terminal,
    body: &mut Body,
    output: &mut Output<'_>,
) -> Result<Exit, Problem> {
    let mut hearings = hear_all(found, terminal)?;
    loop {
        document::fill(body, found, Some(&hearings));
        if found.plan.servers.is_empty() {
            print::nothing(found, output);
            return Ok(Exit::Refused);
        }
        let program = found.program.text()?;
        let edits = edits(&found.files, &found.plan.servers, &program).map_err(|words| not_exact(&words))?;
        match ask(found, &hearings, &edits, &program, terminal)? {
            Answer::Approve => {
                let exit = carry_out(found, &hearings, &edits, output)?;
                if edits.is_empty() {
                    output.line("approved; no file had to be changed.");
                }
                return Ok(exit);
            }
            Answer::Each => read_first(found, &mut hearings, terminal)?,
            _ => {
                output.note("nothing was changed and nothing was approved.");
                return Ok(Exit::Refused);
            }
        }
    }
}

fn hear_all(found: &mut Found, terminal: &Terminal) -> Result<Vec<Option<Hearing>>, Problem> {
    let count = found.plan.servers.iter().filter(|server| server.start == Start::Now).count();
    if count == 0 {
        return Ok(found.plan.servers.iter().map(|_| None).collect());
    }
    let interrupts = Interrupts::watch_several().map_err(|error| Problem::signals_unwatched(&error))?;
    let _nowhere = Nowhere::make(&found.places).map_err(|error| unusable(&error))?;
    let tell = |words: String| {
        let mut screen = Screen::new();
        screen.own(words);
        // A terminal that is gone is noticed at the question.
        let _ = terminal.show(&screen);
    };
    let servers = counted(count as u64, "server");
    tell(format!("starting {servers}, each twice, to hear what they say today …"));
    let pins = super::super::run::counted(&found.store);
    let hearings = hear(&mut found.plan, &found.files, pins, &interrupts, |progress| match progress {
        Progress::Done(label, heard) => tell(done_words(label, heard)),
        Progress::Waiting(labels) => tell(format!("  still waiting for {}", labels.join(", "))),
    });
    interrupts.close();
    if interrupts.seen() {
        return Err(Problem::new(
            Exit::Refused,
            "INTERRUPTED",
            "interrupted; the servers were ended and nothing was changed",
            "run the command again",
        ));
    }
    hearings
}

fn done_words(label: &str, heard: &Heard) -> String {
    let seconds = |took: Duration| format!("{}.{} s", took.as_secs(), took.subsec_millis() / 100);
    match &heard.today {
        Ok(_) => format!("  heard {label} ({})", seconds(heard.took)),
        Err(refusal) => format!("  {label}: {}", refusal.problem().message),
    }
}

fn ask(
    found: &Found,
    hearings: &[Option<Hearing>],
    edits: &[FileEdit],
    program: &str,
    terminal: &Terminal,
) -> Result<Answer, Problem> {
    let findings = findings(&found.plan, hearings, &found.store, super::super::run::counted(&found.store));
    let permissions = permissions(&found.places);
    let shows = Page {
        files: &found.files,
        plan: &found.plan,
        hearings,
        edits,
        findings: &findings,
        permissions: &permissions,
        program: (program, found.program.is_copy),
        other_home: (found.store.home_standing() == HomeStanding::OtherUndecided)
            .then(|| found.places.home()),
    };
    let (mut screen, shown) = page(&shows);
    let each = hearings.iter().any(Option::is_some);
    if each {
        screen.own("  e  read every word first, server by server");
    }
    let offers = Offers { each, ..Offers::default() };
    terminal.ask_as_shown(&screen, &shown, offers).map_err(|error| lost(&error))
}

/// Shows every word of each server and asks whether it may stand on the page. A server that is refused stays as it is.
fn read_first(
    found: &mut Found,
    hearings: &mut Vec<Option<Hearing>>,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let servers = std::mem::take(&mut found.plan.servers);
    let heard = std::mem::take(hearings);
    let mut stopped = false;
    for (server, hearing) in servers.into_iter().zip(heard) {
        let is_kept = match &hearing {
            Some(hearing) if !stopped => {
                let answer = ask_words(&server, hearing, terminal)?;
                stopped = terminal.is_ended();
                answer == Answer::Approve
            }
            _ => true,
        };
        if is_kept {
            found.plan.servers.push(server);
            hearings.push(hearing);
        } else {
            leave(&mut found.plan, &found.files, &server, &Why::Refused);
        }
    }
    Ok(())
}

fn ask_words(
    server: &crate::protect::Server,
    hearing: &Hearing,
    terminal: &Terminal,
) -> Result<Answer, Problem> {
    let label = server.label.as_str();
    let since = time::for_people(time::now());
    let items: Vec<Item> = hearing
        .words
        .approvable
        .iter()
        .map(|(said, rules)| Item::added(said.kind, &said.name, said.digest, &said.bytes, rules, &since))
        .collect();
    let (mut screen, mut shown) = (Screen::new(), Shown::new("words", &server.label.key()));
    screen.gap();
    screen.heading(format!("{label}: {}", counts(&hearing.words)));
    words(&mut screen, &mut shown, label, &items, false);
    screen.gap();
    screen.own(summary(label, &ordered(&items)));
    screen.own("A yes keeps it on the page that is asked about last. With n its entries stay as they are.");
    terminal.ask_as_shown(&screen, &shown, Offers::default()).map_err(|error| lost(&error))
}

fn not_exact(words: &str) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "CONFIG_NOT_WRITTEN",
        format!("an edit could not be made so that it can be taken back: {words}"),
        "name single clients; nothing was changed",
    )
}
