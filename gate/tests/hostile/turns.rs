//! What happens next: the dice say who speaks and what.

use std::cell::RefCell;
use std::rc::Rc;

use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{Ending, LaunchStanding};
use pinfold_gate::guardian::ServerExit;

use crate::dice::Dice;
use crate::home::{Home, Releases};
use crate::play::{KINDS, Play, Process, Scene, Why};
use crate::server;
use crate::tally::Tally;

/// The most gates of a home folder at one time.
const GATES: usize = 2;

/// So many turns of the sessions of one home folder, and the end of those that still go on then.
pub(crate) fn history(
    seed: u64,
    turns: usize,
    releases: &Releases,
    tally: &Rc<RefCell<Tally>>,
    story: &Rc<RefCell<Vec<String>>>,
) {
    let dice = Dice::new(seed);
    let home = Rc::new(RefCell::new(Home::new(releases, &dice)));
    let scene = Scene { dice, home, story: Rc::clone(story), tally: Rc::clone(tally) };
    let mut plays: Vec<Play> = Vec::new();
    let mut sessions = 0;
    for _ in 0..turns {
        if plays.is_empty() || (plays.len() < GATES && scene.dice.one_in(12)) {
            sessions += 1;
            plays.push(Play::new(format!("session {sessions}"), &scene, releases));
        }
        let at = scene.dice.below(plays.len());
        turn(&mut plays[at]);
        if plays[at].ending.is_some() {
            end(&mut plays.swap_remove(at));
        }
    }
    plays.iter_mut().for_each(end);
    let mut tally = tally.borrow_mut();
    tally.turns += turns;
    tally.sessions += sessions;
}

fn turn(play: &mut Play) {
    match play.dice.below(20) {
        0..8 => client(play),
        8..16 => server::says(play),
        16 => person(play),
        17 => launch(play),
        _ if play.dice.one_in(12) => leaves(play),
        _ => {
            let milliseconds = play.dice.pick(&[1, 100, 300, 1_000, 1_100, 6_000, 31_000, 51_000]);
            play.tell(format!("{milliseconds} ms pass"));
            play.pass(milliseconds);
        }
    }
    for _ in 0..6 {
        if play.is_brisk && play.ending.is_none() && !play.dice.one_in(8) {
            server::does_what_it_is_asked(play);
        }
    }
}

/// The server falls silent and ends: then nobody waits for an answer any more.
fn end(play: &mut Play) {
    for _ in 0..4 {
        if play.ending.is_some() {
            break;
        }
        if play.is_starting {
            starts(play);
        }
        play.pass(700_000);
        if play.process.is_some() {
            exits(play);
        }
    }
    if !matches!(play.ending, Some(Ending::ClientLeft | Ending::Asked)) {
        assert_eq!(play.unanswered(), [0_u64; 0], "every question has an answer");
    }
}

/// The client goes, or somebody ends the gate; sometimes the server is told to end with it, and is heard of first.
fn leaves(play: &mut Play) {
    if play.process.is_some() && play.dice.one_in(3) {
        exits(play);
    }
    if play.ending.is_some() {
        return;
    }
    play.tell("the session ends");
    match play.dice.below(2) {
        0 => play.act(Why::Ends, |gate, _, out| gate.client_ended(out)),
        _ => play.act(Why::Ends, |gate, _, out| gate.stop(out)),
    }
}

fn client(play: &mut Play) {
    if !play.has_hello && !play.dice.one_in(10) {
        play.has_hello = true;
        let version = play.dice.pick(&["2025-06-18", "2025-06-18", "2025-06-18", "2025-11-25", "2031-01-01"]);
        play.set_memory(version);
        return asks(
            play,
            &format!(
                r#""method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{"roots":{{}}}},"clientInfo":{{"name":"c","version":"1"}}}}"#
            ),
        );
    }
    match play.dice.below(16) {
        0 | 1 => {
            play.known.ready.get_or_insert(play.now);
            play.client(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        }
        2..5 => {
            let slot = play.dice.below(3);
            let cursor =
                play.dice.pick(&["", "", r#","params":{"cursor":""}"#, r#","params":{"cursor":"c0"}"#]);
            if play.has_hello && !cursor.contains("c0") {
                heeds_news(play, slot);
            }
            asks(play, &format!(r#""method":"{}"{cursor}"#, KINDS[slot].1));
        }
        5..10 => calls(play),
        10 => {
            let name = play.dice.pick(&["ask", "tell", "none"]);
            asks(play, &format!(r#""method":"prompts/get","params":{{"name":"{name}"}}"#));
        }
        11 => {
            let reference = play.dice.pick(&[
                r#"{"type":"ref/prompt","name":"ask"}"#,
                r#"{"type":"ref/resource","uri":"demo://{one}"}"#,
            ]);
            asks(
                play,
                &format!(r#""method":"completion/complete","params":{{"ref":{reference},"argument":{{}}}}"#),
            );
        }
        12 => {
            let method =
                play.dice.pick(&["resources/list", "resources/read", "tasks/list", "ping", "demo/unknown"]);
            if play.has_hello && method == "resources/list" {
                heeds_news(play, 2);
            }
            asks(play, &format!(r#""method":"{method}","params":{{}}"#));
        }
        13 => cancels(play),
        14 => answers_the_server(play),
        _ => match play.dice.below(5) {
            0 => asks(play, r#""method":"tools/call","params":{"name":"look","name":"find"}"#),
            1 => asks(play, r#""method":"tools/call","Method":"ping","params":{"name":"find"}"#),
            2 => play.client(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#),
            3 => play.client("no message"),
            _ => play.act(Why::Said, |gate, _, out| gate.client_line_too_long(out)),
        },
    }
}

fn heeds_news(play: &mut Play, slot: usize) {
    let ready = play.known.ready;
    play.known.news[slot].heeded(play.now, ready);
}

/// The client asks something under a new id.
fn asks(play: &mut Play, rest: &str) {
    let id = play.requests.len() as u64;
    play.requests.entry(id).or_default();
    play.client(&format!(r#"{{"jsonrpc":"2.0","id":{id},{rest}}}"#));
}

fn calls(play: &mut Play) {
    let listed = play.known.listed[0].iter().flatten();
    let listed: Vec<&str> = listed.map(|(at, _)| &*play.world.things[*at].name).collect();
    let any = play.dice.pick(&[
        "look",
        "look",
        "find",
        "Find",
        "send",
        "when",
        "trim",
        "trim",
        "extra",
        "pinfold_notice",
        "none",
        "",
    ]);
    let name = if listed.is_empty() || play.dice.one_in(3) { any } else { play.dice.pick(&listed) };
    let usual = play.dice.pick(&[r#"{}"#, r#"{"count":3}"#, r#"{"deep":true}"#, r#"{"else":1}"#]);
    let any = play.dice.pick(&[
        r#"{"count":5027}"#,
        r#"{"count":5029}"#,
        r#"{"count":null}"#,
        r#"{"count":"three"}"#,
        r#"{"count":1.5}"#,
        r#"{"count":3,"count":"three"}"#,
        r#"[]"#,
        r#"null"#,
        r#"{"deep":{"count":3,"count":4}}"#,
    ]);
    let arguments = if play.dice.one_in(2) { usual } else { any };
    asks(play, &format!(r#""method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}"#));
}

fn cancels(play: &mut Play) {
    let open = play.unanswered();
    // The first request of a session is not withdrawn.
    let open: Vec<u64> = open.into_iter().filter(|id| *id > 0).collect();
    if open.is_empty() {
        return;
    }
    let id = play.dice.pick(&open);
    play.requests.get_mut(&id).unwrap().is_cancelled = true;
    play.client(&format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#
    ));
}

fn answers_the_server(play: &mut Play) {
    let open = play.process.as_mut().and_then(|process| process.asks_open.pop());
    let id = open.unwrap_or_else(|| "77".to_owned());
    let answer =
        play.dice.pick(&[r#""result":{}"#, r#""error":{"code":1,"message":"no"}"#, r#""result":{},"id":5"#]);
    play.client(&format!(r#"{{"jsonrpc":"2.0","id":{id},{answer}}}"#));
}

fn person(play: &mut Play) {
    play.tell("a person decides");
    play.home.borrow_mut().decide(&play.dice);
    // The other gate is told when its turn comes, and this one sometimes later.
    if !play.dice.one_in(4) {
        play.hears_of_decisions();
    }
}

fn launch(play: &mut Play) {
    if play.launch == LaunchStanding::Approved && !play.dice.one_in(20) {
        return;
    }
    let held = LaunchStanding::Held(ReasonCode::LaunchChanged);
    play.launch = if play.launch == held { LaunchStanding::Approved } else { held };
    play.tell(format!("the launch is {:?}", play.launch));
    let launch = play.launch;
    play.act(Why::Said, |gate, _, out| gate.launch_changed(launch, out));
}

pub(crate) fn starts(play: &mut Play) {
    play.is_starting = false;
    match play.dice.below(40) {
        0 | 1 => {
            play.tell("the server cannot be started");
            play.act(Why::Said, |gate, _, out| gate.server_not_started(ReasonCode::StartFailed, out));
        }
        2 => {
            play.tell("the launch is found to be another one");
            play.launch = LaunchStanding::Held(ReasonCode::LaunchChanged);
            play.act(Why::Said, |gate, _, out| gate.server_not_started(ReasonCode::LaunchChanged, out));
        }
        _ => {
            play.tell("the server is started");
            play.process = Some(Process::default());
            play.act(Why::Said, |gate, now, out| gate.server_started(now, out));
        }
    }
}

pub(crate) fn exits(play: &mut Play) {
    let (exit, is_orderly) = play.dice.pick(&[
        (ServerExit::Status(1), false),
        (ServerExit::Status(137), false),
        (ServerExit::Signal(9), false),
        (ServerExit::Signal(11), false),
        (ServerExit::Unknown, false),
        (ServerExit::Status(0), true),
        (ServerExit::Status(143), true),
        (ServerExit::Signal(1), true),
        (ServerExit::Signal(2), true),
        (ServerExit::Signal(15), true),
    ]);
    play.tell(format!("the server exits: {exit:?}"));
    let why = if is_orderly { Why::Ends } else { Why::Said };
    play.act(why, |gate, _, out| gate.server_ended(exit, out));
    play.process = None;
}
