//! `unprotect`: the gate out of the clients' configurations again, from the files alone (`spec/protect.md`).

use std::path::PathBuf;

use pinfold_clients::{Document, EditError, Entry, Place, read};
use pinfold_core::digest::file_digest;
use pinfold_core::text::visible_path;
use pinfold_store::{Access, Places, Store};
use serde::Serialize;

use crate::args::UnprotectArgs;
use crate::challenge::Shown;
use crate::elsewhere;
use crate::exit::Exit;
use crate::home;
use crate::keys::{Answer, Offers};
use crate::launch::Surroundings;
use crate::output::{Output, Problem};
use crate::protect::{ConfigHere, EditFault, backup_name, backups, files, read_file, replace, roots};
use crate::screen::{Mark, Part, Screen};
use crate::terminal::Terminal;
use crate::time;

use super::protect::{clients, end, unusable};

const SCHEMA: &str = "pinfold/unprotect/v1";
/// How often a file that its client writes all the time is tried.
const TRIES: usize = 5;

/// The document.
#[derive(Default, Serialize)]
struct Body {
    files: Vec<FilePart>,
}

#[derive(Serialize)]
struct FilePart {
    client: &'static str,
    file: String,
    entries: Vec<EntryPart>,
}

#[derive(Serialize)]
struct EntryPart {
    key: String,
    label: String,
}

/// A file with entries that are put back.
struct Back<'a> {
    here: &'a ConfigHere,
    places: Vec<Place>,
    new: Vec<u8>,
}

/// Runs the command.
pub fn run(args: &UnprotectArgs, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = work(args, &mut body, output);
    output.end(SCHEMA, &body, done)
}

fn work(args: &UnprotectArgs, body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let clients = clients(&args.which.clients)?;
    let places = home::places()?;
    let around = Surroundings::of_process(None).map_err(|error| unusable(&error))?;
    let roots = roots(places.home(), &around.folder, |name| std::env::var_os(name));
    let files = files(&clients, &roots, args.which.project);
    let (mut back, mut exit) = (Vec::new(), Exit::Done);
    for here in &files.read {
        let (one, left) = put_back(here);
        for problem in left {
            output.problem(&problem);
            exit = exit.max(problem.exit);
        }
        back.extend(one);
    }
    body.files = back.iter().map(part).collect();
    if back.is_empty() {
        output.line("No entry is behind the gate.");
        return end(&files, exit, output);
    }
    if args.which.dry_run {
        print(&back, output);
        return end(&files, exit, output);
    }
    if output.is_json() {
        return Ok(Exit::Waits);
    }
    let terminal = match Terminal::open(|name| std::env::var_os(name)) {
        Ok(terminal) => terminal,
        Err(none) => {
            print(&back, output);
            return Err(none.problem("pinfold unprotect"));
        }
    };
    let (screen, shown) = page(&back);
    let answer = terminal
        .ask_as_shown(&screen, &shown, Offers::default())
        .map_err(|error| super::protect::lost(&error))?;
    if answer != Answer::Approve {
        output.note("nothing was changed.");
        return Ok(Exit::Refused);
    }
    for one in &back {
        exit = exit.max(one.write(&places, output));
    }
    end(&files, exit, output)
}

/// The file without its wrappers, if one can be taken off, and those that cannot: a person changed what stands around
/// the command.
fn put_back(here: &ConfigHere) -> (Option<Back<'_>>, Vec<Problem>) {
    let mut places = wrapped(&here.document);
    let (new, left) = here.document.unwrap_each(&places);
    places.retain(|place| left.iter().all(|(other, _)| other != place));
    let problem = |(place, _): &(Place, EditError)| {
        let key = here.document.entry(place).map_or("", |entry| entry.key.as_str());
        Problem::new(
            Exit::Undetermined,
            "CONFIG_NOT_WRITTEN",
            format!(
                "{}: the entry {} was changed by hand and is left as it is",
                here.shown(),
                elsewhere::name(key)
            ),
            "put this entry back by hand; its command stands behind `--`",
        )
    };
    let problems = left.iter().map(problem).collect();
    let back = (!places.is_empty()).then_some(Back { here, places, new });
    (back, problems)
}

fn wrapped(document: &Document) -> Vec<Place> {
    let entries = document.entries().iter().filter(|entry| entry.wrapped.is_some());
    entries.map(|entry| entry.place.clone()).collect()
}

impl Back<'_> {
    fn write(&self, places: &Places, output: &mut Output<'_>) -> Exit {
        let path = visible_path(&self.here.path);
        match self.replaced(places) {
            Ok(backup) => {
                output.line(format!("put back {path}"));
                output.line(format!("  the file as it was: {}", visible_path(&backup)));
                self.forget(places);
                Exit::Done
            }
            Err(words) => {
                output.problem(&Problem::new(
                    Exit::Undetermined,
                    "CONFIG_NOT_WRITTEN",
                    format!("{words}; the file was not changed"),
                    "run the command again",
                ));
                Exit::Undetermined
            }
        }
    }

    /// Writes the file. What its client wrote meanwhile beside the entries stays.
    fn replaced(&self, places: &Places) -> Result<PathBuf, String> {
        let (backups, name) = (backups(places), backup_name(self.here, time::now()));
        let (mut disk, mut new) = (self.here.disk.clone(), self.new.clone());
        for _ in 0..TRIES {
            match replace(&disk, &new, &backups, &name) {
                Err(EditFault::Changed(_)) => {}
                done => return done.map_err(|fault| fault.to_string()),
            }
            let now = read_file(&self.here.path).map_err(|fault| fault.to_string())?;
            disk = now.ok_or_else(|| format!("{} is gone", visible_path(&self.here.path)))?;
            let document = read(self.here.kind, &disk.bytes)
                .map_err(|error| format!("{}: {error}", visible_path(&self.here.path)))?;
            let of_shown = |entry: &&Entry| {
                entry.wrapped.is_some()
                    && self
                        .here
                        .document
                        .entry(&entry.place)
                        .is_some_and(|shown| shown.wrapped == entry.wrapped)
            };
            let places: Vec<Place> =
                document.entries().iter().filter(of_shown).map(|entry| entry.place.clone()).collect();
            new = document.unwrap_each(&places).0;
        }
        Err(format!("{} is written by another program again and again", visible_path(&self.here.path)))
    }

    /// A store that is lost or cannot be written knows less, that is all.
    fn forget(&self, places: &Places) {
        if !places.database().exists() {
            return;
        }
        if let Ok(store) = Store::open(places, Access::Write) {
            let file = self.here.path.to_string_lossy();
            for place in &self.places {
                let _ = store.forget_wrapper(self.here.kind.client.name(), &file, place.as_str());
            }
        }
    }

    /// The client's names of the entries, with their labels.
    fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.places.iter().filter_map(|place| {
            let entry = self.here.document.entry(place)?;
            Some((entry.key.as_str(), entry.wrapped.as_ref()?.label.as_str()))
        })
    }
}

fn part(one: &Back<'_>) -> FilePart {
    let entry =
        |(key, label): (&str, &str)| EntryPart { key: elsewhere::name(key), label: elsewhere::name(label) };
    FilePart {
        client: one.here.kind.client.name(),
        file: one.here.shown(),
        entries: one.entries().map(entry).collect(),
    }
}

fn print(back: &[Back<'_>], output: &mut Output<'_>) {
    for one in back {
        output.line(format!("{}, of {}", one.here.shown(), one.here.kind.client));
        one.entries().for_each(|(key, _)| output.line(format!("  {}", elsewhere::name(key))));
    }
    output.line("Nothing was changed.");
}

fn page(back: &[Back<'_>]) -> (Screen, Shown) {
    let (mut screen, mut shown) = (Screen::new(), Shown::new("unprotect", "-"));
    screen.heading("Take these servers out from behind the gate");
    for one in back {
        screen.foreign_parts(Mark::Plain, vec![Part::plain(one.here.path.to_string_lossy().into_owned())]);
        screen.own(format!("   {}; its entries", one.here.kind.client));
        let keys: Vec<&str> = one.entries().map(|(key, _)| key).collect();
        screen.foreign_parts(Mark::Plain, vec![Part::plain(keys.join("  "))]);
        shown.digest("file", &file_digest(&one.here.disk.bytes));
        shown.digest("becomes", &file_digest(&one.new));
    }
    screen.own("After a yes your clients start them as they did before, and nothing checks what they say.");
    screen.own("What you approved is kept: `pinfold protect` finds it again.");
    (screen, shown)
}
