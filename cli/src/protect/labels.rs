//! Labels made from a client's keys: people's own words, told apart by launch.

use std::collections::BTreeSet;

use pinfold_core::name::{Label, MAX_LABEL_BYTES};

/// What a key becomes of which nothing is left.
const NAMELESS: &str = "server";

/// Bytes that a suffix may take: `-claude-desktop-999`.
const SUFFIX_BYTES: usize = 20;

/// Labels that are in use, in any spelling.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    taken: BTreeSet<String>,
}

impl Labels {
    /// Notes a label that means another server.
    pub(crate) fn take(&mut self, label: &Label) {
        self.taken.insert(label.key());
    }

    /// A label of this key that means nothing else yet: the key, else with the client's name, else with a number.
    pub(crate) fn new_label(&mut self, key: &str, client: &str) -> Label {
        let plain = plain(key);
        let numbered = (2..).map(|number| format!("{plain}-{client}-{number}"));
        let label = [plain.clone(), format!("{plain}-{client}")]
            .into_iter()
            .chain(numbered)
            .filter_map(|text| text.parse::<Label>().ok())
            .find(|label| !self.taken.contains(&label.key()))
            .expect("there are more numbers than labels");
        self.take(&label);
        label
    }
}

/// A key in the alphabet of labels: runs of other characters are one hyphen.
fn plain(key: &str) -> String {
    let mut text = String::new();
    for letter in key.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => text.push(letter),
            _ if text.is_empty() || text.ends_with('-') => {}
            _ => text.push('-'),
        }
    }
    text.truncate(MAX_LABEL_BYTES - SUFFIX_BYTES);
    let text = text.trim_matches('-');
    if text.is_empty() { NAMELESS.to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_labels_and_are_told_apart() {
        let mut labels = Labels::default();
        labels.take(&"Taken".parse().unwrap());
        let mut made = |key: &str, client: &str| labels.new_label(key, client).to_string();
        assert_eq!(made("github", "claude-code"), "github");
        assert_eq!(made("GitHub", "codex"), "GitHub-codex");
        assert_eq!(made("github", "codex"), "github-codex-2");
        assert_eq!(made("taken", "cursor"), "taken-cursor");
        assert_eq!(made("@scope/my server", "codex"), "scope-my-server");
        assert_eq!(made("\u{4e2d}\u{6587}", "codex"), "server");
        assert_eq!(made("", "codex"), "server-codex");
        let long = "x".repeat(200);
        assert_eq!(made(&long, "codex").len(), MAX_LABEL_BYTES - SUFFIX_BYTES);
        assert!(made(&long, "claude-desktop").ends_with("x-claude-desktop"));
    }
}
