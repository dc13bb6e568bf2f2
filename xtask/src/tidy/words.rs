//! Words that have no place in a repository: unfinished work, and places of one machine.

use super::Finding;
use super::tree::Tree;

/// Each word in two halves, so that this file does not contain it.
const WORDS: &[(&str, &str, &str)] = &[
    ("/wo", "rk/", "a folder of one machine"),
    ("/tmp", "/pf", "a folder of one machine"),
    ("shared/", "DESIGN", "a file that is not in this repository"),
    ("shared/", "reference", "a file that is not in this repository"),
    ("shared/", "cases", "a file that is not in this repository"),
    ("issues", " show", "a command of one workplace"),
    ("to", "do!(", "unfinished"),
    ("unimp", "lemented!(", "unfinished"),
    ("FIX", "ME", "unfinished"),
    ("XX", "X", "unfinished"),
];

/// Findings for every line that holds one of the words; a longer word around it is another word.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, bytes) in tree.all() {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        for (first, second, why) in WORDS {
            let word = format!("{first}{second}");
            if !text.contains(&word) {
                continue;
            }
            for (at, line) in text.lines().enumerate().filter(|(_, line)| stands_alone(line, &word)) {
                let shown: String = line.trim().chars().take(60).collect();
                found.push(Finding::at(path, at + 1, format!("`{word}` is {why}: {shown}")));
            }
        }
    }
    found
}

/// Whether `word` occurs in `line` with nothing before or after it that makes it part of a longer word or path.
fn stands_alone(line: &str, word: &str) -> bool {
    let longer = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '~' | '-');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let open_end = word.ends_with(['/', '(']);
        !before.is_some_and(longer) && (open_end || !after.is_some_and(|c| c.is_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::check;

    fn count(text: &str) -> usize {
        check(&Tree::of(&[("a.md", text)])).len()
    }

    #[test]
    fn each_word_is_found() {
        for (first, second, _) in super::WORDS {
            assert_eq!(count(&format!("see {first}{second} now")), 1, "{first}{second}");
        }
    }

    #[test]
    fn longer_words_and_paths_are_other_words() {
        assert_eq!(count(&format!("framew{}x", "ork/")), 0);
        assert_eq!(count(&format!("/home/me{}{}x", "/wo", "rk/")), 0);
        assert_eq!(count(&format!("\\u{{XX{}}}", "XX")), 0);
    }
}
