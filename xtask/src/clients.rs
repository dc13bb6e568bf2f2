//! `cargo xtask clients [CLIENT…] [--signed | --unsigned] [--unprotected-only] [--keep] [--json] [--pinfold PROGRAM]`: the
//! model's eye.
//!
//! Full sessions of four real MCP clients, at exact versions, against a scripted model on loopback. The request bodies
//! that the scripted model receives are exactly what a real model would see. Without the gate, changed words of a
//! server must be found there; behind it none of them may be, and an unchanged server must look the same to the byte.
//! The same for a server whose words are published in a log: what nobody answers for is not seen, what somebody does is
//! seen to the byte.
//!
//! The clients are installed under `target/clients` (about 1 GB, from the npm registry, once). The sessions reach
//! nothing but loopback: whatever a client wants from elsewhere ends at a proxy that refuses.

mod cases;
mod client;
mod course;
mod day;
mod dialect;
mod eye;
mod gate;
mod honest;
mod http;
mod idle;
mod install;
mod judge;
mod model;
mod place;
mod processes;
mod real;
mod server;
mod session;
mod signed;
mod sooner;
mod verdict;
mod words;

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use self::client::{Client, Rooms};
use self::course::Course;
use self::install::Installed;
use self::session::Bench;
use self::signed::PublicLog;
use self::verdict::Verdict;

/// Clients that run at the same time. Each is one process tree that mostly waits for itself.
const AT_ONCE: usize = 2;

const USAGE: &str = "usage: cargo xtask clients [claude|codex|opencode|gemini …] [--signed | --unsigned] [--unprotected-only] [--keep] [--json] [--pinfold PROGRAM]";

/// One half of a client's sessions; each has a home of its own and runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A server that nobody publishes.
    Unsigned,
    /// A server whose publisher signs.
    Signed,
}

impl Part {
    const ALL: [Self; 2] = [Self::Unsigned, Self::Signed];

    /// The name of its table.
    fn table(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signed => "signed",
        }
    }

    /// The end of the name of its homes.
    fn home(self) -> &'static str {
        match self {
            Self::Unsigned => "",
            Self::Signed => "-signed",
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    clients: Vec<Client>,
    parts: Vec<Part>,
    unprotected_only: bool,
    keep: bool,
    json: bool,
    pinfold: Option<PathBuf>,
}

pub(crate) use self::day::run as run_day;
pub(crate) use self::gate::build;
pub(crate) use self::honest::run as run_honest;
pub(crate) use self::idle::run as run_idle;
pub(crate) use self::sooner::run as run_sooner;

/// Installs the clients, runs all sessions, prints a table. Exit status 0 when every check held, 1 when one did not, 2 for
/// a wrong command line, 3 when the clients could not be installed or the program not built.
pub(crate) fn run(args: &[String]) -> ExitCode {
    // The sessions start this program again as their MCP server.
    if let [verb, state, log] = args
        && verb == "scripted-server"
    {
        return match server::serve(Path::new(state), Path::new(log)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: the scripted server: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let options = match parse(args) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("error: {why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = processes::end_with_us() {
        eprintln!("error: signals cannot be caught: {error}");
        return ExitCode::from(3);
    }
    match verdicts(&options) {
        Ok(verdicts) => report(&options, &verdicts),
        Err(why) => {
            eprintln!("error: {why}\nhint: nothing was tested; the clients come from the npm registry");
            ExitCode::from(3)
        }
    }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--unprotected-only" => options.unprotected_only = true,
            "--signed" => options.parts = vec![Part::Signed],
            "--unsigned" => options.parts = vec![Part::Unsigned],
            "--keep" => options.keep = true,
            "--json" => options.json = true,
            "--pinfold" => {
                options.pinfold = Some(args.next().ok_or("--pinfold needs the path of a program")?.into());
            }
            name => match Client::ALL.into_iter().find(|client| client.name() == name) {
                Some(client) => options.clients.push(client),
                None => return Err(format!("{name} is neither a client nor an option")),
            },
        }
    }
    if options.clients.is_empty() {
        options.clients = Client::ALL.to_vec();
    }
    if options.parts.is_empty() {
        options.parts = Part::ALL.to_vec();
    }
    Ok(options)
}

/// The verdicts of each part, by client.
fn verdicts(options: &Options) -> Result<Vec<(Part, Vec<Verdict>)>, String> {
    let target = pinfold_tests::binary::target_folder();
    let root = target.join("clients");
    fs::create_dir_all(&root).map_err(|error| format!("{}: {error}", root.display()))?;
    let installed = install::install(&root)?;
    let pinfold = match &options.pinfold {
        _ if options.unprotected_only => None,
        Some(program) => {
            Some(program.canonicalize().map_err(|error| format!("{}: {error}", program.display()))?)
        }
        None => Some(gate::build(&target)?),
    };
    let bodies = root.join("bodies");
    clear(&bodies)?;
    let course = Course { pinfold, bodies, keep: options.keep };

    let log = course.pinfold.as_ref().map(|_| PublicLog::start());
    // The slowest first, so that the others fit beside it.
    let mut waiting: Vec<(Client, Part)> =
        options.clients.iter().flat_map(|client| options.parts.iter().map(|part| (*client, *part))).collect();
    waiting.sort_by_key(|(client, part)| (*part, *client != Client::OpenCode, *client != Client::Gemini));
    let waiting = Mutex::new(VecDeque::from(waiting));
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                // In the head of the loop the lock would be held while one runs, and the others would wait.
                let next = || unpoisoned(&waiting).pop_front();
                while let Some((client, part)) = next() {
                    let result = one_part(&course, client, part, &root, installed.clone(), log.as_ref());
                    let result = result.map_err(|why| format!("{}: {why}", client.name()));
                    unpoisoned(&results).push(((client, part), result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    let mut parts: Vec<(Part, Vec<Verdict>)> = options.parts.iter().map(|part| (*part, Vec::new())).collect();
    for ((_, part), result) in results {
        let verdicts = result?;
        parts.iter_mut().filter(|(of, _)| *of == part).for_each(|(_, all)| all.extend_from_slice(&verdicts));
    }
    for client in &options.clients {
        let sessions = parts.iter_mut().flat_map(|(_, verdicts)| verdicts);
        verdict::most_listed_again(sessions.filter(|verdict| verdict.client == *client).collect());
    }
    verdict::few_are_unsteady(parts.iter_mut().flat_map(|(_, verdicts)| verdicts).collect());
    Ok(parts)
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Both lists are whole between two operations; a panic of the other thread is propagated by the scope.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All sessions of one client in one part.
fn one_part(
    course: &Course,
    client: Client,
    part: Part,
    root: &Path,
    installed: Installed,
    log: Option<&PublicLog>,
) -> Result<Vec<Verdict>, String> {
    // Not below a temporary folder: Codex does not use a home there in full.
    let home = root.join(format!("home-{}{}", client.name(), part.home()));
    clear(&home)?;
    // Not below the repository: clients read instructions from the folders above their working folder.
    let work = tempfile::Builder::new().prefix("clients-").tempdir().map_err(|error| error.to_string())?;
    let rooms = Rooms { home: home.clone(), work: work.path().join("project") };
    let bench = Bench::new(client, installed, rooms).map_err(|error| error.to_string())?;
    let verdicts = match part {
        Part::Unsigned => course.run(&bench).map_err(|error| error.to_string())?,
        Part::Signed => signed::run(course, &bench, log)?,
    };
    if !course.keep && verdicts.iter().all(Verdict::passed) {
        clear(&home)?;
    }
    Ok(verdicts)
}

fn clear(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn report(options: &Options, parts: &[(Part, Vec<Verdict>)]) -> ExitCode {
    let versions: Vec<(Client, String)> =
        options.clients.iter().map(|client| (*client, Installed::version(*client))).collect();
    let all: Vec<Verdict> = parts.iter().flat_map(|(_, verdicts)| verdicts.clone()).collect();
    if options.json {
        println!("{}", verdict::as_json(&all, &versions));
    } else {
        let tables: Vec<_> = parts.iter().map(|(part, verdicts)| (part.table(), verdicts.clone())).collect();
        println!("{}", verdict::as_text(&tables, &versions));
    }
    if all.iter().all(Verdict::passed) { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_chosen_by_name_and_all_by_none() {
        let parse =
            |args: &[&str]| super::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&[]).unwrap().clients, Client::ALL);
        let options = parse(&["codex", "--keep", "--pinfold", "x"]).unwrap();
        assert_eq!(
            (options.clients, options.keep, options.pinfold),
            (vec![Client::Codex], true, Some("x".into()))
        );
        assert_eq!(parse(&[]).unwrap().parts, Part::ALL);
        assert_eq!(parse(&["--signed"]).unwrap().parts, [Part::Signed]);
        assert!(parse(&["cursor"]).is_err() && parse(&["--pinfold"]).is_err());
    }
}
