//! What happens next: the dice say who speaks and what.

use pinfold_core::digest::ObjectKind;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{Ending, LaunchStanding};
use pinfold_gate::guardian::ServerExit;

use crate::play::{Asked, KINDS, Play, Process};

/// Turns until the session is over, or so many.
pub(crate) fn turns(play: &mut Play, most: usize) {
    for _ in 0..most {
        if play.ending.is_some() {
            return;
        }
        match play.dice.below(20) {
            0..8 => client(play),
            8..16 => server(play),
            16 => person(play),
            17 => launch(play),
            _ => {
                let milliseconds = play.dice.pick(&[1, 100, 300, 1_100, 6_000, 31_000, 51_000]);
                play.tell(format!("{milliseconds} ms pass"));
                play.pass(milliseconds);
            }
        }
    }
}

/// The server falls silent and ends: then nobody waits for an answer any more.
pub(crate) fn end(play: &mut Play) {
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

fn client(play: &mut Play) {
    if !play.has_hello && !play.dice.one_in(10) {
        play.has_hello = true;
        play.set_memory();
        let version = play.dice.pick(&["2025-06-18", "2025-11-25", "2031-01-01"]);
        return asks(
            play,
            &format!(
                r#""method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{"roots":{{}}}},"clientInfo":{{"name":"c","version":"1"}}}}"#
            ),
        );
    }
    match play.dice.below(16) {
        0 | 1 => play.client(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        2..5 => {
            let slot = play.dice.below(3);
            let cursor =
                play.dice.pick(&["", "", r#","params":{"cursor":""}"#, r#","params":{"cursor":"c0"}"#]);
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
            asks(play, &format!(r#""method":"{method}","params":{{}}"#));
        }
        13 => cancels(play),
        14 => answers_the_server(play),
        _ => match play.dice.below(5) {
            0 => asks(play, r#""method":"tools/call","params":{"name":"look","name":"find"}"#),
            1 => asks(play, r#""method":"tools/call","Method":"ping","params":{"name":"find"}"#),
            2 => play.client(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#),
            3 => play.client("no message"),
            _ => play.act(|gate, _, out| gate.client_line_too_long(out)),
        },
    }
}

/// The client asks something under a new id.
fn asks(play: &mut Play, rest: &str) {
    let id = play.requests.len() as u64;
    play.requests.entry(id).or_default();
    play.client(&format!(r#"{{"jsonrpc":"2.0","id":{id},{rest}}}"#));
}

fn calls(play: &mut Play) {
    let name = play.dice.pick(&["look", "look", "find", "Find", "send", "pinfold_notice", "none", ""]);
    let arguments = play.dice.pick(&[
        r#"{}"#,
        r#"{"count":3}"#,
        r#"{"count":null}"#,
        r#"{"count":"three"}"#,
        r#"{"count":1.5}"#,
        r#"{"count":3,"count":"three"}"#,
        r#"[]"#,
        r#"null"#,
        r#"{"deep":{"count":3,"count":4}}"#,
    ]);
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
    play.world.decide(&mut play.dice);
    play.tell("a person decides");
    let pins = play.world.pins().clone();
    play.act(|gate, now, out| gate.pins_changed(Some(pins), now, out));
}

fn launch(play: &mut Play) {
    if play.launch == LaunchStanding::Approved && !play.dice.one_in(4) {
        return;
    }
    let held = LaunchStanding::Held(ReasonCode::LaunchChanged);
    play.launch = if play.launch == held { LaunchStanding::Approved } else { held };
    play.tell(format!("the launch is {:?}", play.launch));
    let launch = play.launch;
    play.act(|gate, _, out| gate.launch_changed(launch, out));
}

fn starts(play: &mut Play) {
    play.is_starting = false;
    match play.dice.below(12) {
        0 => {
            play.tell("the server cannot be started");
            play.act(|gate, _, out| gate.server_not_started(ReasonCode::StartFailed, out));
        }
        1 => {
            play.tell("the launch is found to be another one");
            play.launch = LaunchStanding::Held(ReasonCode::LaunchChanged);
            play.act(|gate, _, out| gate.server_not_started(ReasonCode::LaunchChanged, out));
        }
        _ => {
            play.tell("the server is started");
            play.process = Some(Process::default());
            play.act(|gate, now, out| gate.server_started(now, out));
        }
    }
}

fn exits(play: &mut Play) {
    play.tell("the server exits");
    play.act(|gate, _, out| gate.server_ended(ServerExit::Status(1), out));
    play.process = None;
}

fn server(play: &mut Play) {
    if play.is_starting {
        return starts(play);
    }
    let Some(process) = &play.process else { return };
    let asked: Vec<(String, Asked)> =
        process.asked.iter().map(|(id, asked)| (id.clone(), asked.clone())).collect();
    match play.dice.below(24) {
        0..15 if !asked.is_empty() => {
            let (id, asked) = play.dice.pick(&asked);
            answers(play, &id, &asked);
        }
        15 => says_without_being_asked(play),
        16 | 17 => announces(play, 1),
        18 | 19 => asks_the_client(play),
        20 => {
            let note =
                play.dice.pick(&["notifications/message", "notifications/progress", "notifications/unknown"]);
            play.server(&format!(
                r#"{{"jsonrpc":"2.0","method":"{note}","params":{{"progressToken":1,"data":"DATA"}}}}"#
            ));
        }
        21 => breaks_rules(play),
        22 if play.dice.one_in(6) => exits(play),
        23 if play.dice.one_in(12) => announces(play, 2_001),
        _ => {}
    }
}

fn answers(play: &mut Play, id: &str, asked: &Asked) {
    if let Some(process) = &mut play.process {
        process.asked.remove(id);
    }
    match asked {
        Asked::Hello => shakes_hands(play, id),
        Asked::Page(slot) => lists(play, id, *slot),
        Asked::Sent => {
            let body = play
                .dice
                .pick(&[r#""result":{"content":[]}"#, r#""error":{"code":-32000,"message":"DATA"}"#]);
            play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},{body}}}"#));
        }
    }
}

fn shakes_hands(play: &mut Play, id: &str) {
    if play.dice.one_in(12) {
        let body = play.dice.pick(&[
            r#""error":{"code":-32602,"message":"WORD05"}"#,
            r#""result":{"instructions":5}"#,
            r#""result":{"protocolVersion":"2025-06-18","capabilities":{},"capabilities":{"tools":{}}}"#,
        ]);
        return play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},{body}}}"#));
    }
    let text = |play: &mut Play, kind| {
        let some = play.world.some(kind, &mut play.dice);
        some.first().map(|at| play.world.things[*at].text)
    };
    let instructions = text(play, ObjectKind::Instructions).map(|text| format!(r#","instructions":{text}"#));
    let words = text(play, ObjectKind::ServerInfo).and_then(|text| text.strip_prefix('{')).unwrap_or("}");
    let comma = if words == "}" { "" } else { "," };
    let version = play.dice.pick(&["2025-06-18", "2025-06-18", "2025-06-18", "2025-03-26", "2025-11-25"]);
    let capabilities = play.dice.pick(&[
        r#"{"tools":{},"prompts":{},"resources":{}}"#,
        r#"{"tools":{}}"#,
        r#"{"prompts":{},"resources":null}"#,
        r#"{}"#,
    ]);
    play.server(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"protocolVersion":"{version}","capabilities":{capabilities},"serverInfo":{{"name":"s","version":"1"{comma}{words}{}}}}}"#,
        instructions.unwrap_or_default()
    ));
}

fn lists(play: &mut Play, id: &str, slot: usize) {
    let (kind, _, member) = KINDS[slot];
    let mut shown = play.process.as_ref().unwrap().shown[slot].clone();
    if play.dice.one_in(10) {
        let body = match play.dice.below(4) {
            0 => r#""error":{"code":-32000,"message":"WORD05"}"#.to_owned(),
            1 => {
                shown = Some(Vec::new());
                r#""error":{"code":-32601,"message":"WORD05"}"#.to_owned()
            }
            2 => {
                shown = None;
                format!(r#""result":{{"{member}":5}}"#)
            }
            _ => {
                shown = None;
                format!(r#""result":{{"{member}":[],"{member}":[]}}"#)
            }
        };
        play.process.as_mut().unwrap().shown[slot] = shown;
        return play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},{body}}}"#));
    }
    let some = play.world.some(kind, &mut play.dice);
    let texts: Vec<&str> = some.iter().map(|at| play.world.things[*at].text).collect();
    let texts = texts.join(",");
    let process = play.process.as_mut().unwrap();
    process.pages[slot].extend(&some);
    let goes_on = play.dice.one_in(5);
    let cursor = if goes_on { format!(r#","nextCursor":"c{}""#, play.dice.below(3)) } else { String::new() };
    let is_torn = process.is_torn[slot];
    if !goes_on && !is_torn {
        process.shown[slot] = Some(process.pages[slot].clone());
    }
    play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"{member}":[{texts}]{cursor}}}}}"#));
    if let Some(process) = &mut play.process {
        let is_under_way = process.asked.values().any(|asked| *asked == Asked::Page(slot));
        if (goes_on || is_torn) && !is_under_way {
            // A cursor that came twice, or a listing that does not come to rest.
            process.shown[slot] = None;
        } else if !goes_on && is_under_way {
            // Two pages show one name: the walk began again.
            process.shown[slot] = shown;
        }
    }
}

/// An answer that nobody waits for, or that is not for the server to give.
fn says_without_being_asked(play: &mut Play) {
    let process = play.process.as_ref().unwrap();
    let mut ids: Vec<String> = play.unanswered().iter().map(u64::to_string).collect();
    ids.extend(["\"pinfold/999\"", "\"pinfold/0\"", "null", "\"1\"", "1.0"].map(str::to_owned));
    ids.retain(|id| !process.asked.contains_key(id));
    let id = play.dice.pick(&ids);
    let words = play.dice.pick(&["WORD05", "WORD06", "WORD00"]);
    play.server(&format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[{{"name":"evil","description":"{words} EVIL"}}]}}}}"#
    ));
    assert!(
        !play.story.iter().any(|line| line.contains("to client") && line.contains("EVIL")),
        "a forged answer"
    );
}

fn announces(play: &mut Play, times: usize) {
    let slot = play.dice.below(3);
    let what = ["tools", "prompts", "resources"][slot];
    for _ in 0..times {
        let Some(process) = &mut play.process else { return };
        process.is_torn[slot] |= process.asked.values().any(|asked| *asked == Asked::Page(slot));
        play.server(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/{what}/list_changed"}}"#));
    }
}

fn asks_the_client(play: &mut Play) {
    let method = play.dice.pick(&[
        "ping",
        "roots/list",
        "elicitation/create",
        "sampling/createMessage",
        "sampling/createMessage",
        "demo/unknown",
    ]);
    let process = play.process.as_mut().unwrap();
    let id = format!("{}", process.asks.len());
    process.asks.insert(id.clone(), 0);
    play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{}}}}"#));
}

fn breaks_rules(play: &mut Play) {
    let ids: Vec<String> = play.process.as_ref().unwrap().asked.keys().cloned().collect();
    let id = if ids.is_empty() { "\"pinfold/998\"".to_owned() } else { play.dice.pick(&ids) };
    match play.dice.below(6) {
        0 => play.server("\u{1b}[2J WORD05 is a log line"),
        1 => play.server(r#"{"level":"info","message":"WORD05"}"#),
        2 => {
            // Who waits for it is told; a listing or a handshake that breaks a rule is held.
            let process = play.process.as_mut().unwrap();
            if let Some(Asked::Page(slot)) = process.asked.remove(&id) {
                process.shown[slot] = None;
            }
            play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[]}},"result":{{}}}}"#));
        }
        3 => play.server(&format!(r#"[{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[]}}}}]"#)),
        4 => {
            play.tell("the server breaks off");
            let line = br#"{"jsonrpc":"2.0","id":1,"result":{"WORD05":"#.to_vec();
            play.act(|gate, now, out| gate.server_line_without_end(line, now, out));
        }
        _ if play.dice.one_in(8) => {
            play.tell("the server writes a line that is too long");
            play.act(|gate, _, out| gate.server_line_too_long(out));
        }
        _ => {}
    }
}
