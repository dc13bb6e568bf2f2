//! The file that a program writes.

use std::fmt::Write as _;

use super::Trust;

pub(super) fn to_text(trust: &Trust) -> String {
    let mut text = "version = 1\n".to_owned();
    for log in trust.logs() {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[[log]]\norigin = {}\n", quoted(log.origin().as_str()));
        if let Some(url) = log.url() {
            let _ = writeln!(text, "url = {}", quoted(url.as_str()));
        }
        let _ = writeln!(text, "policy = {}", multi_line(log.policy_text()));
        let _ = writeln!(text, "max_age = \"{}\"\ngrace = \"{}\"", log.max_age(), log.grace());
    }
    for claim in trust.claims() {
        let _ = write!(
            text,
            "\n[[claim]]\nnamespace = {}\nlog = {}\nclaim = \"{}\"\nhistory = {}\n",
            quoted(claim.namespace.as_str()),
            quoted(claim.log.as_str()),
            claim.claim,
            claim.history
        );
    }
    text
}

/// A basic string of TOML. Origins, addresses and namespaces hold nothing that needs an escape; a quote and a backslash
/// are escaped all the same.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text, true))
}

/// A multi-line basic string of TOML, which reads as exactly this text.
fn multi_line(text: &str) -> String {
    format!("\"\"\"\n{}\"\"\"", escaped(text, false))
}

fn escaped(text: &str, one_line: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push('\t'),
            '\n' if !one_line => out.push('\n'),
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out
}
