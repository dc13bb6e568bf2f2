//! Waiting for gates that carry a yes out: they start the server, read its words and store them.

use std::time::{Duration, Instant};

use pinfold_core::pins::UnixSeconds;
use pinfold_core::text::visible;
use pinfold_store::{GateRow, GateState, ProcessStamp, Store};

use super::Review;
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem};
use crate::run::Detail;
use crate::screen::{Mark, Part, Screen};
use crate::time;
use crate::waiting::gates;

/// How long a started server may take until its words are stored. Clients give up sooner.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the store is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// How often a person is told that it goes on.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Whether a gate is between a yes and the words.
pub(super) fn is_on_the_way(gate: &GateRow) -> bool {
    matches!(gate.state, GateState::Starting | GateState::Showing)
}

/// Waits until every one of these gates has shown its server's words, failed, or ended.
///
/// # Errors
///
/// One failed, or did not come to an end in 60 seconds.
pub(super) fn until_shown(
    review: &mut Review,
    processes: &[ProcessStamp],
    output: &mut Output<'_>,
) -> Result<(), Problem> {
    let (began, since) = (Instant::now(), time::now());
    let mut told = began;
    output.note(format!("starting the server of `{}` …", review.label));
    let store = review.store()?;
    loop {
        let running = gates(&store, &review.label).map_err(|error| home::problem(&error))?;
        let ours: Vec<&GateRow> = running.iter().filter(|gate| processes.contains(&gate.process)).collect();
        if let Some(failed) = ours.iter().find(|gate| gate.state == GateState::Failed) {
            return Err(start_failed(review, &Detail::parse(&failed.detail).words));
        }
        if ours.iter().all(|gate| gate.state == GateState::Ready) {
            return if ours.is_empty() { Err(gone(review, &store, since)) } else { Ok(()) };
        }
        if review.terminal.is_ended() {
            return Err(interrupted(review));
        }
        if began.elapsed() >= PATIENCE {
            return Err(Problem::new(
                Exit::Undetermined,
                "SERVER_SILENT",
                format!("the server did not show its words within {} seconds", PATIENCE.as_secs()),
                format!("the launch stays approved; run `pinfold review {}` again later", review.label),
            ));
        }
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            output.note(format!("still waiting, {} s …", began.elapsed().as_secs()));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn start_failed(review: &mut Review, detail: &str) -> Problem {
    if !detail.is_empty() {
        let mut screen = Screen::new();
        screen.own("the gate says:");
        screen.foreign_parts(Mark::Plain, vec![Part::plain(detail)]);
        // The problem below is told anyway.
        let _ = review.terminal.show(&screen);
    }
    Problem::new(
        Exit::Undetermined,
        "START_FAILED",
        "the server could not be started",
        "the launch stays approved; look at the client's log for what the server wrote, then start it again",
    )
}

fn interrupted(review: &Review) -> Problem {
    Problem::new(
        Exit::Refused,
        "INTERRUPTED",
        "you stopped waiting for the server's words; they stay held",
        format!("the launch stays approved; run `pinfold review {}` again", review.label),
    )
}

/// The gate is gone: because its server ended, if it said so, or because its client did.
fn gone(review: &Review, store: &Store, since: UnixSeconds) -> Problem {
    // One second less: the gate's clock was read before ours.
    let ended = store.last_exit(&review.label).ok().flatten().filter(|exit| exit.at.0 + 1 >= since.0);
    let message = ended.map_or_else(
        || "the client that waited has ended".to_owned(),
        |exit| format!("the server {} before it had shown its words", visible(&exit.how)),
    );
    Problem::new(
        Exit::Undetermined,
        "GATE_GONE",
        message,
        format!(
            "the launch stays approved; start the client again, then run `pinfold review {}`",
            review.label
        ),
    )
}
