//! What a server says: answers to what it was asked, and everything that it was not asked for.

use pinfold_core::digest::ObjectKind;

use crate::play::{Asked, KINDS, Play, Why};
use crate::turns::{exits, starts};

/// The server says something, or what was asked of it is done.
pub(crate) fn says(play: &mut Play) {
    if play.is_starting {
        return starts(play);
    }
    if play.process.is_none() {
        return;
    }
    match play.dice.below(24) {
        0..15 => does_what_it_is_asked(play),
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
        23 if play.dice.one_in(60) => announces(play, 2_001),
        _ => {}
    }
}

/// It starts, or answers one of the questions that it has.
pub(crate) fn does_what_it_is_asked(play: &mut Play) {
    if play.is_starting {
        return starts(play);
    }
    let Some(process) = &play.process else { return };
    let asked: Vec<(String, Asked)> =
        process.asked.iter().map(|(id, asked)| (id.clone(), asked.clone())).collect();
    if !asked.is_empty() {
        let (id, asked) = play.dice.pick(&asked);
        answers(play, &id, &asked);
    }
}

fn answers(play: &mut Play, id: &str, asked: &Asked) {
    if let Some(process) = &mut play.process {
        process.asked.remove(id);
        process.has_greeted |= *asked == Asked::Hello;
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
    if play.dice.one_in(20) {
        let body = play.dice.pick(&[
            r#""error":{"code":-32602,"message":"WORD05"}"#,
            r#""result":{"instructions":5}"#,
            r#""result":{"protocolVersion":"2025-06-18","capabilities":{},"capabilities":{"tools":{}}}"#,
        ]);
        return play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},{body}}}"#));
    }
    let text = |play: &mut Play, kind| {
        let some = play.home.borrow_mut().says(kind, &play.dice);
        some.first().map(|at| play.world.things[*at].text)
    };
    let instructions = text(play, ObjectKind::Instructions).map(|text| format!(r#","instructions":{text}"#));
    let words = text(play, ObjectKind::ServerInfo).and_then(|text| text.strip_prefix('{')).unwrap_or("}");
    let comma = if words == "}" { "" } else { "," };
    let other = play.dice.pick(&["2025-03-26", "2025-11-25"]);
    let version = if play.dice.one_in(15) { other } else { "2025-06-18" };
    let capabilities = play.dice.pick(&[
        r#"{"tools":{},"prompts":{},"resources":{}}"#,
        r#"{"tools":{},"prompts":{},"resources":{}}"#,
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
    let some = match play.process.as_ref().unwrap().pages[slot].is_empty() {
        true => play.home.borrow_mut().says(kind, &play.dice),
        false => play.home.borrow().some(kind, &play.dice),
    };
    let texts: Vec<&str> = some.iter().map(|at| play.world.things[*at].text).collect();
    let texts = texts.join(",");
    let process = play.process.as_mut().unwrap();
    process.pages[slot].extend(&some);
    let goes_on = play.dice.one_in(8);
    let cursor = if goes_on { format!(r#","nextCursor":"c{}""#, play.dice.below(3)) } else { String::new() };
    let is_torn = process.is_torn[slot];
    if !goes_on && !is_torn {
        process.shown[slot] = Some(process.pages[slot].clone());
    }
    let line = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"{member}":[{texts}]{cursor}}}}}"#);
    play.server_because(Why::PageShown, &line);
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
    play.is_told_of_changes();
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
        !play.story.borrow().iter().any(|line| line.contains("to client") && line.contains("EVIL")),
        "a forged answer"
    );
}

fn announces(play: &mut Play, times: usize) {
    let slot = play.dice.below(3);
    let what = ["tools", "prompts", "resources"][slot];
    for _ in 0..times {
        let Some(process) = &mut play.process else { return };
        process.is_torn[slot] |= process.asked.values().any(|asked| *asked == Asked::Page(slot));
        let why = if slot == 2 { Why::ResourcesAnnounced } else { Why::Said };
        let line = format!(r#"{{"jsonrpc":"2.0","method":"notifications/{what}/list_changed"}}"#);
        play.server_because(why, &line);
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
            match process.asked.remove(&id) {
                Some(Asked::Page(slot)) => process.shown[slot] = None,
                Some(Asked::Hello) => process.has_greeted = true,
                Some(Asked::Sent) | None => {}
            }
            play.server(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[]}},"result":{{}}}}"#));
        }
        3 => play.server(&format!(r#"[{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[]}}}}]"#)),
        4 => {
            play.tell("the server breaks off");
            let line = br#"{"jsonrpc":"2.0","id":1,"result":{"WORD05":"#.to_vec();
            play.act(Why::Said, |gate, now, out| gate.server_line_without_end(line, now, out));
        }
        _ if play.dice.one_in(8) => {
            play.tell("the server writes a line that is too long");
            play.act(Why::Said, |gate, _, out| gate.server_line_too_long(out));
        }
        _ => {}
    }
}
