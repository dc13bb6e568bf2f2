//! Attack catalogue, names (A12–A15, A17, B12, C04): tools that are added, renamed, doubled, look like others, or come
//! back.

use pinfold_tests::expect::{self, NOTICE, POISON};
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::Stage;

/// Approves the first listing; the state file then moves through the others.
fn stage_of<const N: usize>(listings: [Vec<String>; N]) -> Stage {
    let mut listing = Listing::default();
    for tools in listings {
        listing = listing.then("tools", &tools);
    }
    Stage::approved(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing))
}

#[test]
fn a12_an_added_tool_is_held() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([vec![stay.clone()], vec![stay, tool("extra", POISON)]]);
    stage.server.set_state(1);
    expect::tool_is_held(&stage, &mut stage.session(), "extra", "TOOL_ADDED", &["stay"]);
}

#[test]
fn a12_an_added_tool_is_offered_once_a_person_approved_it() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([vec![stay.clone()], vec![stay, tool("extra", "Extra.")]]);
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["stay", NOTICE]);
    stage.approve_changes();
    client.notification("notifications/tools/list_changed");
    expect::nothing_is_held(&stage, &mut client, &["stay", "extra"]);
}

#[test]
fn a13_a_tool_that_went_and_came_back_with_other_words_is_held() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([
        vec![stay.clone(), tool("look", "Look.")],
        vec![stay.clone()],
        vec![stay, tool("look", POISON)],
    ]);
    stage.server.set_state(1);
    expect::nothing_is_held(&stage, &mut stage.session(), &["stay"]);
    stage.server.set_state(2);
    expect::tool_is_held(&stage, &mut stage.session(), "look", "TOOL_REAPPEARED_CHANGED", &["stay"]);
}

#[test]
fn a13_a_tool_that_went_and_came_back_with_the_same_words_passes() {
    let (stay, look) = (tool("stay", "Stay."), tool("look", "Look."));
    let stage = stage_of([vec![stay.clone(), look.clone()], vec![stay.clone()], vec![stay, look]]);
    stage.server.set_state(1);
    expect::nothing_is_held(&stage, &mut stage.session(), &["stay"]);
    stage.server.set_state(2);
    expect::nothing_is_held(&stage, &mut stage.session(), &["stay", "look"]);
}

#[test]
fn a14_a_renamed_tool_is_a_new_one() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([vec![stay.clone(), tool("look", "Look.")], vec![stay, tool("inspect", POISON)]]);
    stage.server.set_state(1);
    let mut client = stage.session();
    expect::tool_is_held(&stage, &mut client, "inspect", "TOOL_ADDED", &["stay"]);
    // The old name is gone, not held: it is unknown like any other.
    assert_eq!(client.call("look", "").error_code(), -32602);
    assert!(stage.server.calls_of("look").is_empty());
}

#[test]
fn a14_another_case_of_an_approved_name_is_held_and_the_approved_one_works() {
    let look = tool("look", "Look.");
    let stage = stage_of([vec![look.clone()], vec![look, tool("Look", POISON)]]);
    stage.server.set_state(1);
    expect::tool_is_held(&stage, &mut stage.session(), "Look", "NAME_CONFUSABLE", &["look"]);
}

#[test]
fn a14_letters_that_look_alike_are_held() {
    // A one for an l, which UTS 39 folds.
    let call = tool("call_all", "Call.");
    let stage = stage_of([vec![call.clone()], vec![call, tool("cal1_all", POISON)]]);
    stage.server.set_state(1);
    expect::tool_is_held(&stage, &mut stage.session(), "cal1_all", "NAME_CONFUSABLE", &["call_all"]);
}

#[test]
fn a14_a_letter_of_another_script_is_no_name() {
    let look = tool("look", "Look.");
    let stage = stage_of([vec![look.clone()], vec![look, tool("l\u{43e}ok", POISON)]]);
    stage.server.set_state(1);
    let mut client = stage.session();
    expect::tool_is_held(&stage, &mut client, "l\u{43e}ok", "NAME_INVALID", &["look"]);
}

#[test]
fn a14_two_look_alikes_at_first_sight_are_both_held_until_a_person_takes_one() {
    let stage = Stage::approved_in_part(&Scenario::of_tools(&[
        tool("stay", "Stay."),
        tool("send_mail", "Send one mail."),
        tool("send-mail", POISON),
    ]));
    let mut client = stage.session();
    expect::tool_is_held(&stage, &mut client, "send_mail", "NAME_CONFUSABLE", &["stay"]);
    expect::tool_is_held(&stage, &mut client, "send-mail", "NAME_CONFUSABLE", &["stay"]);
    // They are asked about one by one: a yes to the one is none to the other.
    let mut review = stage.review();
    let word = review.challenge();
    review.type_keys(&format!("{word}\n"));
    let outcome = review.refuse_all().expect_code(1);
    let (taken, left) = match outcome.text.find("send_mail") < outcome.text.find("send-mail") {
        true => ("send_mail", "send-mail"),
        false => ("send-mail", "send_mail"),
    };
    let mut client = stage.session();
    expect::works(&stage, &mut client, taken);
    expect::calls_are_refused(&stage, &mut client, left, "NAME_CONFUSABLE");
}

#[test]
fn a15_a_name_twice_holds_the_server() {
    let (stay, look) = (tool("stay", "Stay."), tool("look", "Look."));
    let stage = stage_of([vec![stay.clone(), look.clone()], vec![stay, look, tool("look", POISON)]]);
    stage.server.set_state(1);
    expect::server_is_held(&stage, &mut stage.session(), "DUP_TOOL_NAME", &["look", "stay"]);
}

#[test]
fn a15_a_name_twice_with_the_same_words_holds_the_server_too() {
    let (stay, look) = (tool("stay", "Stay."), tool("look", "Look."));
    let stage = stage_of([vec![stay.clone(), look.clone()], vec![stay, look.clone(), look]]);
    stage.server.set_state(1);
    expect::server_is_held(&stage, &mut stage.session(), "DUP_TOOL_NAME", &["look", "stay"]);
}

#[test]
fn a15_a_throw_away_variant_does_not_remove_the_real_tool_from_judgement() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([
        vec![stay.clone(), tool("look", "Look.")],
        vec![stay, tool("LOOK", "Decoy."), tool("look", POISON)],
    ]);
    stage.server.set_state(1);
    let mut client = stage.session();
    expect::tool_is_held(&stage, &mut client, "look", "DESC_CHANGED", &["stay"]);
    expect::tool_is_held(&stage, &mut client, "LOOK", "NAME_CONFUSABLE", &["stay"]);
}

#[test]
fn a15_a_server_may_not_speak_as_the_gate() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([vec![stay.clone()], vec![stay, tool("pinfold_approve", POISON)]]);
    stage.server.set_state(1);
    expect::tool_is_held(&stage, &mut stage.session(), "pinfold_approve", "NAME_RESERVED", &["stay"]);
}

#[test]
fn a15_a_server_may_not_replace_the_notice() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([vec![stay.clone()], vec![stay, tool("pinfold_notice", POISON)]]);
    stage.server.set_state(1);
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["stay", NOTICE], "one notice, which is ours");
    client.call(NOTICE, "");
    assert!(stage.server.calls_of(NOTICE).is_empty());
    expect::nothing_leaked(&stage, &client);
}

#[test]
fn a17_a_retired_definition_that_comes_back_is_held() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([
        vec![stay.clone(), tool("look", "Look, POISON, as it once was.")],
        vec![stay.clone(), tool("look", "Look.")],
    ]);
    stage.server.set_state(1);
    stage.session().list("tools/list");
    stage.approve_changes();
    expect::nothing_is_held(&stage, &mut stage.session(), &["stay", "look"]);
    stage.server.set_state(0);
    expect::tool_is_held(&stage, &mut stage.session(), "look", "RETIRED_RETURNED", &["stay"]);
}

#[test]
fn a17_what_a_person_refused_stays_refused() {
    let stay = tool("stay", "Stay.");
    let stage = stage_of([vec![stay.clone(), tool("look", "Look.")], vec![stay, tool("look", POISON)]]);
    stage.server.set_state(1);
    stage.session().list("tools/list");
    stage.review().reject_all().expect_code(1);
    expect::tool_is_held(&stage, &mut stage.session(), "look", "PREVIOUSLY_REJECTED", &["stay"]);
    stage.server.set_state(0);
    expect::nothing_is_held(&stage, &mut stage.session(), &["stay", "look"]);
}

#[test]
fn b12_a_tool_that_was_never_listed_is_not_called() {
    let stage = stage_of([vec![tool("stay", "Stay.")]]);
    let mut client = stage.session();
    let answer = client.call("hidden", "");
    assert_eq!(answer.error_code(), -32602, "{}", answer.text());
    assert_eq!(answer.value["error"]["data"]["pinfold/reason"], "TOOL_NOT_APPROVED", "{}", answer.text());
    assert!(stage.server.calls_of("hidden").is_empty());
    // Neither are names that only look like an approved one.
    for name in ["Stay", "stay ", "stay\u{200b}", ""] {
        assert_eq!(client.call(name, "").error_code(), -32602, "{name:?}");
    }
    assert_eq!(stage.server.requests("tools/call").len(), 0);
    expect::nothing_is_held(&stage, &mut client, &["stay"]);
}

#[test]
fn c04_a_name_that_is_another_unicode_form_is_no_name() {
    // U+212A KELVIN SIGN folds to k.
    let look = tool("look", "Look.");
    let stage = stage_of([vec![look.clone()], vec![look, tool("loo\u{212a}", POISON)]]);
    stage.server.set_state(1);
    expect::tool_is_held(&stage, &mut stage.session(), "loo\u{212a}", "NAME_INVALID", &["look"]);
}
