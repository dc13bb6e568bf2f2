//! `review` on the built program: who is asked, what a yes records, and what never counts as one.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::Stdio;
use std::time::Duration;

use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::{ApprovalState, Ask};
use pinfold_core::reason::ReasonCode;
use support::{Home, LABEL, POISON, Terminal, describe, label, launch, now, object, tool};

fn changed() -> Home {
    Home::with_a_change(&tool("look", "Look."), &tool("look", &format!("Look. {POISON}")))
}

fn review(home: &Home) -> Terminal {
    Terminal::run(home.command(&["review", LABEL]))
}

fn state(home: &Home, name: &str, text: &str) -> Option<ApprovalState> {
    let store = home.store();
    let digest = object(text).digest;
    store.pins().label(&label())?.name(ObjectKind::Tool, name)?.state(&digest)
}

fn new_state(home: &Home) -> Option<ApprovalState> {
    state(home, "look", &tool("look", &format!("Look. {POISON}")))
}

fn old_state(home: &Home) -> Option<ApprovalState> {
    state(home, "look", &tool("look", "Look."))
}

#[test]
fn the_challenge_approves_and_retires_what_was_compared() {
    let home = changed();
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{}\r", word.to_uppercase().replace('-', "")));
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("│  Look.\n│+ POISON"), "{text}");
    assert_eq!(
        (new_state(&home), old_state(&home)),
        (Some(ApprovalState::Approved), Some(ApprovalState::Retired))
    );
}

#[test]
fn also_keeps_the_old_one() {
    let home = changed();
    let mut terminal = review(&home);
    let first = terminal.challenge();
    terminal.type_keys("a");
    let second = terminal.challenge();
    assert_ne!(first, second, "another meaning has another challenge");
    terminal.type_keys(&format!("{second}\r"));
    assert_eq!(terminal.end().0, 0);
    assert_eq!(
        (new_state(&home), old_state(&home)),
        (Some(ApprovalState::Approved), Some(ApprovalState::Approved))
    );
}

#[test]
fn u_shows_what_was_folded() {
    let long = "Every line of this was approved once and nobody wants to read it again. ".repeat(3);
    let home = Home::with_a_change(
        &tool("look", &format!("{long}Look.")),
        &tool("look", &format!("{long}Look. {POISON}")),
    );
    let mut terminal = review(&home);
    let first = terminal.challenge();
    assert!(
        terminal.text().contains("│… ") && !terminal.text().contains("Every line"),
        "{}",
        terminal.text()
    );
    terminal.type_keys("u");
    assert_eq!(terminal.challenge(), first, "what a yes means is the same");
    assert!(terminal.text().contains("│- Every line of this"), "{}", terminal.text());
    terminal.type_keys("n");
    assert_eq!(terminal.end().0, 1);
}

/// A review of sixty new lines in a terminal of twenty rows.
fn long_review(home: &Home) -> Terminal {
    Terminal::run_in(home.command(&["review", LABEL]), 20)
}

fn long_change() -> Home {
    let lines: Vec<String> = (0..60).map(|line| format!("Line {line} of it.")).collect();
    Home::with_a_change(&tool("look", "Look."), &tool("look", &lines.join("\n")))
}

#[test]
fn a_page_longer_than_the_terminal_is_shown_in_parts() {
    let home = long_change();
    let mut terminal = long_review(&home);
    terminal.wait_for("more rows: blank goes on");
    assert!(!terminal.text().contains("Line 20 of it."), "{}", terminal.text());
    terminal.type_keys(" ");
    terminal.wait_for("Line 20 of it.");
    terminal.wait_for("more rows: blank goes on");
    assert!(!terminal.text().contains("Line 40 of it."), "{}", terminal.text());
    terminal.type_keys("g");
    terminal.wait_for("Line 59 of it.");
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn who_stops_before_the_end_of_a_page_refuses() {
    for key in ["q", "n", "\x03", "\x1b"] {
        let home = long_change();
        let before = home.store().head();
        let terminal = long_review(&home);
        terminal.wait_for("more rows: blank goes on");
        terminal.type_keys(key);
        let (code, text) = terminal.end();
        assert_eq!(code, 1, "{key:?}: {text}");
        assert!(!text.contains("to approve"), "{key:?}: {text}");
        assert!(home.store().head() == before, "{key:?}");
    }
}

#[test]
fn one_key_refuses_and_nothing_is_decided() {
    for key in ["n", "q", "\x03", "\x04", "\x1b"] {
        let home = changed();
        let before = home.store().head();
        let mut terminal = review(&home);
        terminal.challenge();
        terminal.type_keys(key);
        let (code, text) = terminal.end();
        assert_eq!(code, 1, "{key:?}: {text}");
        assert!(home.store().head() == before, "{key:?}");
        assert_eq!(home.store().pending(&label()).unwrap().len(), 1, "it stays held");
    }
}

#[test]
fn three_wrong_texts_refuse() {
    let home = changed();
    let mut terminal = review(&home);
    for typed in ["yes\r", "ok\r", "bcd-fgh\r"] {
        terminal.challenge();
        terminal.type_keys(typed);
    }
    assert_eq!(terminal.end().0, 1);
    assert_eq!(new_state(&home), None);
}

#[test]
fn rejecting_takes_two_keys_and_is_recorded() {
    let home = changed();
    let mut terminal = review(&home);
    terminal.challenge();
    terminal.type_keys("r");
    terminal.wait_for("r again");
    terminal.type_keys("r");
    assert_eq!(terminal.end().0, 1);
    assert_eq!(
        (new_state(&home), old_state(&home)),
        (Some(ApprovalState::Rejected), Some(ApprovalState::Approved))
    );
}

#[test]
fn what_was_typed_before_the_question_does_not_count() {
    let home = changed();
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys("n");
    terminal.end();
    // The challenge of the same page is the same; typed ahead it is thrown away.
    let review = home.command(&["review", LABEL]);
    let mut terminal = Terminal::run_typed_ahead(review, &format!("{word}\r"));
    assert_eq!(terminal.challenge(), word);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(new_state(&home), None, "{}", terminal.text());
    terminal.type_keys("n");
    assert_eq!(terminal.end().0, 1);
}

#[test]
fn a_digest_that_changes_between_showing_and_typing_approves_nothing() {
    let home = changed();
    let mut terminal = review(&home);
    let word = terminal.challenge();
    home.hold(&tool("look", "Look. Quite another text."), ReasonCode::DescChanged);
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("error: what was shown changed") && text.contains("hint: "), "{text}");
    assert_eq!(new_state(&home), None);
}

#[test]
fn a_decision_taken_meanwhile_approves_nothing() {
    let home = changed();
    let mut terminal = review(&home);
    let word = terminal.challenge();
    home.approve(&[&tool("other", "Another one.")]);
    terminal.type_keys(&format!("{word}\r"));
    assert_eq!(terminal.end().0, 1);
    assert_eq!(new_state(&home), None);
}

#[test]
fn one_by_one_each_has_a_challenge_of_its_own() {
    let home = changed();
    home.hold(&tool("extra", "Extra."), ReasonCode::ToolAdded);
    let mut terminal = review(&home);
    let all = terminal.challenge();
    terminal.type_keys("e");
    let first = terminal.challenge();
    terminal.type_keys(&format!("{first}\r"));
    let second = terminal.challenge();
    assert!(all != first && first != second);
    terminal.type_keys("n");
    assert_eq!(terminal.end().0, 1, "one stays held");
    assert_eq!(new_state(&home), Some(ApprovalState::Approved));
    assert_eq!(state(&home, "extra", &tool("extra", "Extra.")), None);
}

#[test]
fn what_breaks_a_rule_is_shown_and_never_offered() {
    let home = changed();
    let broken = tool("bad", "Bell \u{7} here.");
    home.hold(&broken, ReasonCode::ControlChars);
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("│  Bell \\u{7} here."), "{text}");
    assert_eq!(state(&home, "bad", &broken), None);
    let (code, text) = review(&home).end();
    assert_eq!(code, 1);
    assert!(text.contains("Nothing here can be approved."), "{text}");
}

#[test]
fn look_alikes_and_rejected_texts_are_left_out_of_the_common_yes() {
    let home = changed();
    let alike = tool("l00k", "Look here.");
    home.hold(&alike, ReasonCode::NameConfusable);
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 1, "{text}");
    assert!(!text.contains("Look here."), "{text}");
    assert_eq!(state(&home, "l00k", &alike), None);
    // Alone it is asked about, with the name that it is taken for.
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    let (code, text) = terminal.end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("taken for another") && text.contains("│  look\n"), "{text}");
    assert_eq!(state(&home, "l00k", &alike), Some(ApprovalState::Approved));
}

#[test]
fn sampling_is_approved_by_a_challenge_too() {
    let home = Home::new();
    home.approve_launch(&launch("one"));
    home.store().record_ask(&label(), &launch("one").digest(), Ask::Sampling, now()).unwrap();
    let mut terminal = review(&home);
    let word = terminal.challenge();
    terminal.type_keys(&format!("{word}\r"));
    assert_eq!(terminal.end().0, 0);
    let state = home.store().pins().label(&label()).unwrap().ask_state(Ask::Sampling);
    assert_eq!(state, Some(ApprovalState::Approved));
}

#[test]
fn answers_on_standard_input_decide_nothing() {
    let home = changed();
    let before = home.store_bytes();
    let mut answers = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut answers, "y\nyes\napprove\n1\na\n".repeat(50).as_bytes()).unwrap();
    std::io::Seek::rewind(&mut answers).unwrap();
    let mut command = std::process::Command::new("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_pinfold")).args(["review", LABEL]);
    command.env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin").stdin(Stdio::from(answers));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    assert!(!describe(&output).contains(POISON), "{}", describe(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("DESC_CHANGED"), "{}", describe(&output));
    assert_eq!(home.store_bytes(), before, "the store is the same, byte for byte");
}

#[test]
fn beside_piped_answers_the_terminal_is_asked_all_the_same() {
    let home = changed();
    let mut answers = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut answers, "y\n".repeat(50).as_bytes()).unwrap();
    std::io::Seek::rewind(&mut answers).unwrap();
    let mut terminal = Terminal::run_with_input(home.command(&["review", LABEL]), answers);
    terminal.challenge();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(new_state(&home), None);
    terminal.type_keys("n");
    assert_eq!(terminal.end().0, 1);
}

#[test]
fn under_an_agents_marker_nothing_is_shown_and_nothing_is_asked() {
    for (marker, _) in pinfold_cli::markers::AGENT_MARKERS {
        let home = changed();
        let before = home.store_bytes();
        let mut command = home.command(&["review", LABEL]);
        command.env(marker, "");
        let (code, text) = Terminal::run(command).end();
        assert_eq!(code, 4, "{marker}: {text}");
        assert!(text.contains(marker) && !text.contains(POISON), "{marker}: {text}");
        assert_eq!(home.store_bytes(), before, "{marker}");
    }
}

#[test]
fn in_the_background_of_a_terminal_nobody_is_asked() {
    let home = changed();
    let mut command = std::process::Command::new("sh");
    let script = format!("set -m; {} review {LABEL} & wait $!", env!("CARGO_BIN_EXE_pinfold"));
    command.args(["-c", &script]).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    let (code, text) = Terminal::run(command).end();
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("in the background") && !text.contains(POISON), "{text}");
}

#[test]
fn the_terminal_has_its_mode_back_afterwards() {
    let home = changed();
    let mut command = std::process::Command::new("sh");
    let script = format!(
        "stty -a > before; {} review {LABEL}; stty -a > after; cmp before after && echo same",
        env!("CARGO_BIN_EXE_pinfold")
    );
    command.args(["-c", &script]).env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    command.current_dir(home.path());
    let mut terminal = Terminal::run(command);
    terminal.challenge();
    terminal.type_keys("\x03");
    let (_, text) = terminal.end();
    assert!(text.contains("same"), "{text}");
}
