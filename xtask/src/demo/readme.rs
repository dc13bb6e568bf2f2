//! What the README shows of the story: pieces of what the person saw at the terminals, between `<!-- demo: NAME -->` and
//! `<!-- end -->`.

use std::fs;

use pinfold_tests::page;

use crate::marked;

/// The kind of its regions.
const KIND: &str = "demo";

const PAGE: &str = "README.md";

/// A command that a person typed, and what of its page the README shows.
pub(super) struct Transcript {
    name: &'static str,
    text: String,
}

impl Transcript {
    /// All that was shown.
    pub(super) fn whole(name: &'static str, command: &str, shown: &str) -> Self {
        Self::of(name, command, shown.lines())
    }

    /// The lines from the one that has the first text to the one that has the second, both included, for each pair; `…`
    /// stands for what is left out.
    pub(super) fn pieces(name: &'static str, command: &str, shown: &str, pieces: &[(&str, &str)]) -> Self {
        let (mut lines, mut kept) = (shown.lines().peekable(), Vec::new());
        for (from, to) in pieces {
            let mut skipped = false;
            while lines.peek().is_some_and(|line| !line.contains(from)) {
                skipped |= lines.next().is_some_and(|line| !line.trim().is_empty());
            }
            if skipped {
                kept.push("…");
            }
            for line in lines.by_ref() {
                kept.push(line);
                if line.contains(to) {
                    break;
                }
            }
        }
        if lines.any(|line| !line.trim().is_empty()) {
            kept.push("…");
        }
        Self::of(name, command, kept.into_iter())
    }

    fn of<'l>(name: &'static str, command: &str, lines: impl Iterator<Item = &'l str>) -> Self {
        let lines: String = lines.map(|line| format!("{}\n", line.trim_end())).collect();
        Self { name, text: format!("```console\n$ {command}\n{}\n```\n", lines.trim_matches('\n')) }
    }
}

/// What is done with the README when the story is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readme {
    /// It is not looked at.
    Leave,
    /// It must show what was seen.
    Check,
    /// What it shows otherwise is written anew.
    Write,
}

/// Compares what was seen with the README, or writes it there. Dates and what hangs on a key are another in each run:
/// where nothing else differs, the page stays as it is.
///
/// # Errors
/// When the page cannot be read or written, has other places than the story fills, or (to be checked) shows something
/// else.
pub(super) fn settle(readme: Readme, seen: &[Transcript]) -> Result<(), String> {
    if readme == Readme::Leave {
        return Ok(());
    }
    let file = crate::root().join(PAGE);
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let page = fs::read_to_string(&file).map_err(failed)?;
    let (new, other) = written(&page, seen)?;
    match readme {
        _ if other.is_empty() => println!("\n{PAGE} shows what was seen here."),
        Readme::Write => {
            fs::write(&file, new).map_err(failed)?;
            println!("\nwritten into {PAGE}: {}", other.join(", "));
        }
        Readme::Check | Readme::Leave => {
            let texts = seen.iter().filter(|one| other.contains(&one.name)).map(|one| one.text.as_str());
            let texts: Vec<&str> = texts.collect();
            return Err(format!(
                "{PAGE} shows something else; `cargo xtask demo --write` writes what was seen:\n\n{}",
                texts.join("\n")
            ));
        }
    }
    Ok(())
}

/// The page with what was seen, and the names of what is another there.
fn written(page: &str, seen: &[Transcript]) -> Result<(String, Vec<&'static str>), String> {
    let regions = marked::regions(page, KIND).map_err(|why| format!("{PAGE}: {why}"))?;
    let text = |name: &str| seen.iter().find(|one| one.name == name);
    if let Some(region) = regions.iter().find(|region| text(&region.name).is_none()) {
        return Err(format!("{PAGE}, line {}: the story shows no {}", region.line, region.name));
    }
    let mut other = Vec::new();
    for one in seen {
        let region = regions.iter().find(|region| region.name == one.name);
        let region = region.ok_or_else(|| format!("{PAGE} has no place for {}", one.name))?;
        if !page::alike(region.text(page), &one.text) {
            other.push(one.name);
        }
    }
    let new = |name: &str| other.contains(&name).then(|| text(name).map(|one| one.text.clone())).flatten();
    Ok((marked::replaced(page, KIND, new)?, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "\none\n\ntwo 2026-01-01 10:00\nthree\n\nfour\n";

    #[test]
    fn pieces_say_where_something_is_left_out() {
        let text = |pieces: &[(&str, &str)]| Transcript::pieces("x", "pinfold x", SHOWN, pieces).text;
        assert_eq!(
            text(&[("two", "three")]),
            "```console\n$ pinfold x\n…\ntwo 2026-01-01 10:00\nthree\n…\n```\n"
        );
        assert_eq!(text(&[("one", "one"), ("four", "four")]), "```console\n$ pinfold x\none\n…\nfour\n```\n");
        assert_eq!(text(&[("one", "four")]), Transcript::whole("x", "pinfold x", SHOWN).text);
    }

    #[test]
    fn a_page_is_written_where_more_than_a_date_is_another() {
        let seen = [Transcript::pieces("x", "pinfold x", SHOWN, &[("two", "three")])];
        let page = |text: &str| format!("# A\n<!-- demo: x -->\n{text}<!-- end -->\n");
        let same = page(&seen[0].text.replace("10:00", "11:11"));
        assert_eq!(written(&same, &seen).unwrap(), (same.clone(), vec![]));
        let other = page(&seen[0].text.replace("three", "3"));
        assert_eq!(written(&other, &seen).unwrap(), (page(&seen[0].text), vec!["x"]));
    }

    #[test]
    fn a_page_without_a_place_or_with_one_too_many_is_refused() {
        let seen = [Transcript::whole("x", "pinfold x", SHOWN)];
        assert!(written("# A\n", &seen).is_err());
        assert!(written("<!-- demo: y -->\n<!-- end -->\n<!-- demo: x -->\n<!-- end -->\n", &seen).is_err());
    }
}
