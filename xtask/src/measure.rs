//! `cargo xtask measure [SECTION…]`: runs what is measured and writes its tables into docs/measurements.md, each with the
//! command, the commit and the machine. Without names: all but the long ones, which stay as they are, with the commit at
//! which they were run.
//!
//! A command prints a line `== TABLE` and a table in Markdown behind it; the page has it between `<!-- table: SECTION
//! TABLE -->` and `<!-- end -->`. What a person wrote around the tables says nothing that another run would change.

mod machine;
mod sections;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

use self::machine::Machine;
use self::sections::{SECTIONS, Section};
use crate::marked;

const PAGE: &str = "docs/measurements.md";

/// The kind of region that says how, where and when a section was measured.
const MEASURED: &str = "measured";

/// The kind of region that has a table.
const TABLE: &str = "table";

/// Measures and writes; 0 when all of it is written, 2 for a section that does not exist, 3 when something could not be
/// measured: its tables stay as they were.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let Some(chosen) = chosen(args) else {
        eprintln!("usage: cargo xtask measure [SECTION…]\n");
        for section in SECTIONS {
            let long = if section.is_long { ", long: only by name" } else { "" };
            eprintln!("  {:<11} {} (`{}`{long})", section.name, section.about, section.command);
        }
        return ExitCode::from(2);
    };
    let mut failed = Vec::new();
    for section in chosen {
        match measured(section) {
            Ok(()) => eprintln!("measure: {} is written into {PAGE}", section.name),
            Err(why) => {
                eprintln!("error: {}: {why}", section.name);
                failed.push(section.name);
            }
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: as they were: {}", failed.join(", "));
    ExitCode::from(3)
}

fn chosen(names: &[String]) -> Option<Vec<&'static Section>> {
    if names.is_empty() {
        return Some(SECTIONS.iter().filter(|section| !section.is_long).collect());
    }
    names.iter().map(|name| SECTIONS.iter().find(|section| section.name == name)).collect()
}

/// A table that a command printed.
#[derive(Debug, PartialEq, Eq)]
struct Table {
    name: String,
    text: String,
}

/// Runs one section, and writes it when it is whole.
fn measured(section: &Section) -> Result<(), String> {
    let machine = Machine::here()?;
    let lines = said(section.command)?;
    let line = machine.line(section.command);
    let file = crate::root().join(PAGE);
    // Read now and not before: other sections may be written meanwhile.
    let page = fs::read_to_string(&file).map_err(|error| format!("{PAGE}: {error}"))?;
    let page = written(&page, section, &line, &tables(&lines))?;
    fs::write(&file, page).map_err(|error| format!("{PAGE}: {error}"))
}

/// The lines that a command prints, which are shown as they come.
fn said(command: &str) -> Result<Vec<String>, String> {
    eprintln!("measure: {command}");
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default();
    let program = std::env::var_os("CARGO").filter(|_| program == "cargo").unwrap_or_else(|| program.into());
    let mut child = Command::new(program);
    child.current_dir(crate::root()).args(words).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = child.spawn().map_err(|error| format!("it does not start: {error}"))?;
    let output = child.stdout.take().ok_or("it has no output")?;
    let mut lines = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|error| format!("its output: {error}"))?;
        println!("{line}");
        lines.push(line);
    }
    let status = child.wait().map_err(|error| format!("it cannot be waited for: {error}"))?;
    if status.success() { Ok(lines) } else { Err(format!("it ended with {status}")) }
}

/// The tables in what was printed.
fn tables(lines: &[String]) -> Vec<Table> {
    let mut found = Vec::new();
    let mut lines = lines.iter().peekable();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("== ") else { continue };
        let mut text = String::new();
        while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
            text.push_str(row.trim_end());
            text.push('\n');
        }
        if !text.is_empty() {
            found.push(Table { name: name.trim().to_owned(), text });
        }
    }
    found
}

/// The page with the tables of a section and the line about it.
///
/// # Errors
/// When a table was printed for which it has no place, or one of its places would stay as it was.
fn written(page: &str, section: &Section, line: &str, tables: &[Table]) -> Result<String, String> {
    let place_of = |table: &Table| format!("{} {}", section.name, table.name);
    let printed = |place: &str| tables.iter().find(|table| place_of(table) == place);
    let places: Vec<String> = marked::regions(page, TABLE)?.into_iter().map(|place| place.name).collect();
    let of_section = format!("{} ", section.name);
    let mut of_section = places.iter().filter(|place| place.starts_with(&of_section));
    if let Some(place) = of_section.find(|place| printed(place).is_none()) {
        return Err(format!("it printed no table {place}"));
    }
    if let Some(table) = tables.iter().find(|table| !places.contains(&place_of(table))) {
        return Err(format!("{PAGE} has no place for the table {}", table.name));
    }
    if !marked::regions(page, MEASURED)?.iter().any(|place| place.name == section.name) {
        return Err(format!("{PAGE} has no line about it"));
    }
    let page = marked::replaced(page, MEASURED, |name| (name == section.name).then(|| line.to_owned()))?;
    marked::replaced(&page, TABLE, |name| printed(name).map(|table| format!("\n{}\n", table.text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTION: Section = Section { name: "gate", about: "", command: "cargo bench", is_long: false };
    const PAGE: &str = "# M\n<!-- measured: gate -->\nold\n<!-- end -->\nwords\n<!-- table: gate calls -->\n| old |\n<!-- end -->\n<!-- table: gates calls -->\n| kept |\n<!-- end -->\n";

    fn printed(text: &str) -> Vec<Table> {
        tables(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_tables_of_a_section_are_put_in_their_places() {
        let printed =
            printed("noise\n== calls\n| a | b |\n|---|---|\n| 1 | 2 |\nnoise\n== words\nno table\n");
        let page = written(PAGE, &SECTION, "line\n", &printed).unwrap();
        assert_eq!(
            page,
            PAGE.replacen("old\n", "line\n", 1).replace("| old |\n", "\n| a | b |\n|---|---|\n| 1 | 2 |\n\n")
        );
        assert_eq!(written(&page, &SECTION, "line\n", &printed).unwrap(), page);
    }

    #[test]
    fn a_table_too_few_or_too_many_leaves_the_page_as_it_was() {
        assert!(written(PAGE, &SECTION, "line", &[]).is_err());
        assert!(written(PAGE, &SECTION, "line", &printed("== calls\n| a |\n== lists\n| b |\n")).is_err());
        assert!(written("# M\n", &SECTION, "line", &[]).is_err());
    }

    #[test]
    fn every_section_has_its_places_in_the_page_and_every_place_its_section() {
        let page = fs::read_to_string(crate::root().join(super::PAGE)).unwrap();
        let places = |kind| marked::regions(&page, kind).unwrap().into_iter().map(|place| place.name);
        let mut measured: Vec<String> = places(MEASURED).collect();
        let mut named: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
        let of_tables: std::collections::BTreeSet<String> =
            places(TABLE).map(|name| name.split(' ').next().unwrap_or_default().to_owned()).collect();
        measured.sort();
        named.sort_unstable();
        assert_eq!(measured, named);
        assert_eq!(of_tables.into_iter().collect::<Vec<_>>(), named);
    }

    #[test]
    fn sections_are_chosen_by_name_and_without_names_all_that_are_not_long() {
        let chosen =
            |names: &[&str]| chosen(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(chosen(&[]).unwrap().iter().all(|section| !section.is_long));
        assert_eq!(chosen(&["sooner"]).unwrap()[0].name, "sooner");
        assert!(chosen(&["gate", "speed"]).is_none());
    }
}
