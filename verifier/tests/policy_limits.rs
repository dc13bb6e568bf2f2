//! The limits and the defaults of a policy.
#![allow(clippy::unwrap_used)]

use pinfold_core::digest::file_digest;
use pinfold_core::name::Label;
use pinfold_verifier::policy::{
    LabelPolicy, MAX_NOTIFY_WORD_BYTES, MAX_POLICY_BYTES, MAX_POLICY_LABELS, MAX_POLICY_LOCKS,
    MAX_POLICY_TOOLS, Passing, Policy, PolicyRefusal, Sampling, Start, ToolList, ToolRule, UpdatePolicy,
};

#[test]
fn without_a_file_the_defaults_hold() {
    let policy = Policy::default();
    let expected = LabelPolicy {
        elicitation: Passing::Allow,
        sampling: Sampling::Ask,
        roots: Passing::Allow,
        start: Start::Always,
        deny: ToolList::default(),
        confirm: ToolList::default(),
        updates: UpdatePolicy::default(),
    };
    assert_eq!(policy.for_label(&Label::parse("demo").unwrap()), expected);
    assert!(policy.notify_desktop());
    assert_eq!(policy.notify_command(), None);
    assert!(!policy.names_lock(&file_digest(b"")));
    assert_eq!(policy.digest(), file_digest(b""));
    assert_eq!(policy.labels().count(), 0);
}

#[test]
fn a_policy_over_its_limits_is_refused() {
    let sized = |bytes: usize| format!("version = 1\n#{}", "x".repeat(bytes - "version = 1\n#".len()));
    assert!(Policy::parse(&sized(MAX_POLICY_BYTES)).is_ok());
    assert_eq!(Policy::parse(&sized(MAX_POLICY_BYTES + 1)).unwrap_err().refusal, PolicyRefusal::Size);
    let sections = |count: usize| (0..count).map(|label| format!("[server.l{label}]\n")).collect::<String>();
    let with = |count: usize| Policy::parse(&format!("version = 1\n{}", sections(count)));
    assert_eq!(with(MAX_POLICY_LABELS).unwrap().labels().count(), MAX_POLICY_LABELS);
    assert_eq!(with(MAX_POLICY_LABELS + 1).unwrap_err().refusal, PolicyRefusal::Size);
    let tools = |count: usize| {
        let names = (0..count).map(|tool| format!("\"t{tool}\",")).collect::<String>();
        Policy::parse(&format!("version = 1\n[defaults]\ndeny = [{names}]"))
    };
    assert!(tools(MAX_POLICY_TOOLS).is_ok());
    assert_eq!(tools(MAX_POLICY_TOOLS + 1).unwrap_err().refusal, PolicyRefusal::Size);
    let locks = |count: usize| {
        let digests = (0..count).map(|lock| format!("\"{lock:064x}\",")).collect::<String>();
        Policy::parse(&format!("version = 1\n[locks]\nsha256 = [{digests}]"))
    };
    assert_eq!(locks(MAX_POLICY_LOCKS).unwrap().locks().count(), MAX_POLICY_LOCKS);
    assert_eq!(locks(MAX_POLICY_LOCKS + 1).unwrap_err().refusal, PolicyRefusal::Size);
    let word = |bytes: usize| {
        Policy::parse(&format!("version = 1\n[notify]\ncommand = [\"/{}\"]", "x".repeat(bytes - 1)))
    };
    assert!(word(MAX_NOTIFY_WORD_BYTES).is_ok());
    assert_eq!(word(MAX_NOTIFY_WORD_BYTES + 1).unwrap_err().refusal, PolicyRefusal::Command);
}

#[test]
fn a_denied_tool_is_denied_whatever_else_is_said() {
    let text =
        "version = 1\n[defaults]\ndeny = [\"delete_*\"]\n[server.demo]\nconfirm = [\"*\"]\ndeny = [\"send\"]";
    let policy = Policy::parse(text).unwrap();
    let demo = policy.for_label(&Label::parse("Demo").unwrap());
    for (tool, expected) in [("delete_all", Some("delete_*")), ("send", Some("send")), ("look", None)] {
        match (demo.tool(tool), expected) {
            (ToolRule::Deny(pattern), Some(expected)) => assert_eq!(pattern.as_str(), expected),
            (ToolRule::Confirm(pattern), None) => assert_eq!(pattern.as_str(), "*"),
            (found, _) => panic!("{tool}: {found:?}"),
        }
    }
    let other = policy.for_label(&Label::parse("other").unwrap());
    assert_eq!(other.tool("send"), ToolRule::Free);
    assert!(matches!(other.tool("delete_all"), ToolRule::Deny(_)));
}

#[test]
fn the_digest_is_that_of_the_file_as_it_is_written() {
    let (one, other) = (Policy::parse("version = 1").unwrap(), Policy::parse("version = 1 ").unwrap());
    assert_eq!(one.digest(), file_digest(b"version = 1"));
    assert_ne!(one.digest(), other.digest());
}

#[test]
fn an_error_is_one_line_without_hidden_characters() {
    for text in [
        "version = 1\nx = \"\u{202e}",
        "version = 1\n[server.\"\u{1b}[2J\"]",
        "version = \n\n= 1",
        "\u{feff}a",
    ] {
        let error = Policy::parse(text).unwrap_err().to_string();
        assert!(!error.contains(['\n', '\u{1b}', '\u{202e}', '\u{feff}']), "{error:?}");
    }
}
