//! `cargo xtask record [--pinfold PROGRAM]`: a real session at a terminal, written down as `docs/session.md`.
//!
//! A person protects a real server, a real update of many tools comes, and one decision lets it in. Everything is what
//! users have: `npx`, the registry, the built program, a shell in a pseudo-terminal. Only the home is a scratch folder; a
//! mount namespace shows it as `/home/me`, so that the transcript needs no retouching. The record checks itself: when the
//! session did not go as the page tells it, nothing is written.

mod registry;
mod room;
mod shell;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pinfold_tests::binary::target_folder;

use self::registry::Update;
use self::room::Room;
use self::shell::{Answer, Shell};

/// The page, with places for what was recorded.
const TEMPLATE: &str = include_str!("../record_assets/session.md.in");

/// Where the page goes, from the root.
const PAGE: &str = "docs/session.md";

/// The server: its package, and an update of nearly all of its tools.
const UPDATE: Update = Update { package: "firecrawl-mcp", from: "3.25.3", to: "3.26.0" };

/// The key of its entry, and so its label.
const LABEL: &str = "firecrawl";

/// What the page tells of the session.
struct Record {
    program: String,
    node: String,
    entry: String,
    wrapped: String,
    days: [String; 2],
    protect: String,
    live: String,
    review: String,
    again: String,
}

/// Records, checks and writes the page. 0 when it is written, 3 when something is missing or went otherwise.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let pinfold = match args {
        [] => None,
        [option, program] if option == "--pinfold" => Some(PathBuf::from(program)),
        _ => {
            eprintln!("usage: cargo xtask record [--pinfold PROGRAM]");
            return ExitCode::from(2);
        }
    };
    match written(pinfold) {
        Ok(told) => {
            println!("{PAGE}: {told}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("error: nothing is recorded: {why}");
            ExitCode::from(3)
        }
    }
}

fn written(pinfold: Option<PathBuf>) -> Result<String, String> {
    let target = target_folder();
    let pinfold = pinfold.map_or_else(|| crate::clients::build(&target), Ok)?;
    let record = record(&target.join("record"), &pinfold)?;
    let (page, told) = page(&record)?;
    let path = crate::root().join(PAGE);
    std::fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(told)
}

fn record(target: &Path, pinfold: &Path) -> Result<Record, String> {
    let node = registry::node(target)?;
    let days = UPDATE.days()?;
    let room = Room::new(&node, pinfold, UPDATE.package)?;
    let entry = room.entry()?;

    room.set_day(&days[0])?;
    let mut shell = Shell::open(room.shell())?;
    let node = shell.run("node --version", Answer::None)?;
    let program = shell.run("pinfold --version", Answer::None)?;
    let protect = shell.run("pinfold protect", Answer::Approve)?;
    room.check_installed(UPDATE.package, UPDATE.from)?;
    let wrapped = room.entry()?;

    room.set_day(&days[1])?;
    let live = shell.run("pinfold status --live", Answer::None)?;
    room.check_installed(UPDATE.package, UPDATE.to)?;
    let review = shell.run(&format!("pinfold review {LABEL}"), Answer::Approve)?;
    let again = shell.run("pinfold status --live", Answer::None)?;
    shell.close()?;
    let said = |text: &str| text.lines().nth(1).unwrap_or_default().to_owned();
    let (program, node) = (said(&program), said(&node));
    Ok(Record { program, node, entry, wrapped, days, protect, live, review, again })
}

/// The page, and a line about it.
fn page(record: &Record) -> Result<(String, String), String> {
    let holds = |text: &str, needle: &str| {
        text.contains(needle).then_some(()).ok_or_else(|| format!("{needle:?} was not shown in\n{text}"))
    };
    holds(&record.protect, "1 entry is behind the gate.")?;
    holds(&record.live, &format!("{LABEL}  CHANGED"))?;
    holds(&record.review, "\napproved.\n")?;
    holds(&record.again, &format!("{LABEL}  same"))?;
    let waiting = number_before(&record.review, " objects wait")?;
    let decided = number_before(record.review.split("A yes approves these ").nth(1).unwrap_or_default(), "")?;
    if waiting != decided {
        return Err(format!("{waiting} objects waited and {decided} were decided at once"));
    }
    let rows = record.review.lines().count();
    let folded = record.review.lines().skip_while(|line| !line.starts_with("== other data for clients"));
    let folded = folded.take_while(|line| !line.is_empty()).count();
    let fields: [(&str, &str); 15] = [
        ("program", &record.program),
        ("node", &record.node),
        ("package", UPDATE.package),
        ("from", UPDATE.from),
        ("to", UPDATE.to),
        ("first-day", &record.days[0]),
        ("second-day", &record.days[1]),
        ("entry", &record.entry),
        ("wrapped", &record.wrapped),
        ("protect", &record.protect),
        ("live", &record.live),
        ("review", &record.review),
        ("again", &record.again),
        ("waiting", &waiting.to_string()),
        ("rows", &rows.to_string()),
    ];
    let mut page = TEMPLATE.replace("{folded}", &folded.to_string());
    page = page.replace("{read}", &(rows - folded).to_string());
    for (name, text) in fields {
        page = page.replace(&format!("{{{name}}}"), text.trim_end());
    }
    let told = format!("{waiting} objects in {rows} rows, {folded} of them folded groups; one decision");
    Ok((page, told))
}

/// The number whose last digit stands before `end`; with an empty `end`, that at the beginning.
fn number_before(text: &str, end: &str) -> Result<usize, String> {
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit()) && !text.is_empty();
    let words = match end {
        "" => text.split_whitespace().next(),
        end => text.split_once(end).and_then(|(before, _)| before.split_whitespace().last()),
    };
    let word = words.map(|word| word.trim_end_matches([',', '.']));
    let word =
        word.filter(|word| digits(word)).ok_or_else(|| format!("no number before {end:?} in\n{text}"))?;
    word.parse().map_err(|error| format!("{word}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(review: &str, again: &str) -> Record {
        let text = |text: &str| text.to_owned();
        Record {
            program: text("pinfold 0.1.0"),
            node: text("v22.0.0"),
            entry: text("{}"),
            wrapped: text("{}"),
            days: [text("2026-01-01"), text("2026-01-02")],
            protect: text("$ pinfold protect\n1 entry is behind the gate. Running clients\n"),
            live: text("$ pinfold status --live\nfirecrawl  CHANGED: DESC_CHANGED\n"),
            review: text(review),
            again: text(again),
        }
    }

    const REVIEW: &str = "$ pinfold review firecrawl\nfirecrawl: 27 objects wait: all\n\n== other data for clients (2)\n│ one\n│ two\n\nA yes approves these 27, in the place\napproved.\n";

    #[test]
    fn a_page_counts_what_was_shown_and_what_was_folded() {
        let (page, told) = page(&told(REVIEW, "firecrawl  same, 28 approved\n")).unwrap();
        assert_eq!(told, "27 objects in 9 rows, 3 of them folded groups; one decision");
        assert!(page.contains(REVIEW.trim_end()) && !page.contains("{review}"), "{page}");
    }

    #[test]
    fn a_session_that_went_otherwise_is_no_page() {
        assert!(page(&told(REVIEW, "firecrawl  CHANGED: DESC_CHANGED\n")).is_err());
        let two = REVIEW.replace("approves these 27", "approves these 26");
        let refused = page(&told(&two, "firecrawl  same\n")).unwrap_err();
        assert!(refused.contains("27 objects waited and 26"), "{refused}");
    }
}
