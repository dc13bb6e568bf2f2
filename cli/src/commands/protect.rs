//! `protect`: every server of a person's MCP clients behind the gate, with one question (`spec/protect.md`).

mod ask;
mod carry;
mod document;
mod print;

use pinfold_clients::Client;
use pinfold_core::text::{visible, visible_path};
use pinfold_store::{Access, Places, Store};

use crate::args::ProtectArgs;
use crate::exit::Exit;
use crate::home;
use crate::launch::{MemoryDigests, Surroundings};
use crate::output::{Output, Problem};
use crate::protect::{Files, Here, Nowhere, Plan, Program, Unreadable, files, plan, roots, unreadable_words};
use crate::terminal::Terminal;
use document::Body;

const SCHEMA: &str = "pinfold/protect/v1";

/// Runs the command.
pub fn run(args: &ProtectArgs, output: &mut Output<'_>) -> Exit {
    let mut body = Body::default();
    let done = work(args, &mut body, output);
    output.end(SCHEMA, &body, done)
}

/// What was found, and the plan for it. Nothing was started or written.
struct Found {
    places: Places,
    store: Store,
    program: Program,
    files: Files,
    plan: Plan,
}

fn work(args: &ProtectArgs, body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let clients = clients(&args.which.clients)?;
    let found = look(&clients, args.which.project)?;
    document::fill(body, &found, None);
    if args.which.dry_run {
        print::plan(&found, output);
        return end(&found.files, Exit::Done, output);
    }
    if found.plan.servers.is_empty() {
        print::nothing(&found, output);
        if !found.plan.wrapped.is_empty() {
            // An update of ours renews the copy that entries start, and a lost one comes back.
            make(&found.program)?;
        }
        return end(&found.files, Exit::Done, output);
    }
    if output.is_json() {
        return Ok(Exit::Waits);
    }
    let terminal = match Terminal::open(|name| std::env::var_os(name)) {
        Ok(terminal) => terminal,
        Err(none) => {
            print::plan(&found, output);
            return Err(none.problem("pinfold protect"));
        }
    };
    // What cannot be written is said before anything is started and anybody reads pages in vain.
    drop(open(&found.places, Access::Write)?);
    super::review::policy_digest(&found.places)?;
    let mut found = found;
    let exit = ask::all(&mut found, &terminal, body, output)?;
    end(&found.files, exit, output)
}

/// The clients of these names; all, if there are none.
pub(super) fn clients(names: &[String]) -> Result<Vec<Client>, Problem> {
    if names.is_empty() {
        return Ok(Client::ALL.to_vec());
    }
    let unknown = |name: &String| {
        let known: Vec<&str> = Client::ALL.iter().map(|client| client.name()).collect();
        Problem::new(
            Exit::Usage,
            "CLIENT_UNKNOWN",
            format!("`{}` is no client that is known", visible(name)),
            format!("name one of: {}", known.join(" ")),
        )
    };
    names.iter().map(|name| Client::from_name(name).ok_or_else(|| unknown(name))).collect()
}

fn look(clients: &[Client], with_project: bool) -> Result<Found, Problem> {
    let places = home::places()?;
    let store = open(&places, Access::Read)?;
    let around = Surroundings::of_process(home::of_account().as_deref()).map_err(|error| unusable(&error))?;
    let program = Program::of_process(&places, std::env::var_os("PATH").as_deref());
    let variable = |name: &str| std::env::var_os(name);
    let files = files(clients, &roots(places.home(), &around.folder, variable), with_project);
    let here = Here {
        pins: super::run::counted(&store),
        project: around.folder.clone(),
        around,
        nowhere: Nowhere::place(&places),
        program: program.text()?,
        cache: &mut MemoryDigests::default(),
    };
    let plan = plan(&files, here);
    Ok(Found { places, store, program, files, plan })
}

pub(super) fn lost(error: &std::io::Error) -> Problem {
    Problem::terminal_lost(error, "nothing was changed")
}

/// Puts the program of wrapped entries in its place.
fn make(program: &Program) -> Result<(), Problem> {
    program.make().map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "FILE_NOT_WRITTEN",
            format!("{} cannot be written: {error}", visible_path(&program.path)),
            "make room, or install pinfold in a folder that stays; nothing was changed",
        )
    })
}

pub(super) fn unusable(error: &std::io::Error) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "HOME_UNUSABLE",
        format!("the home or the working folder cannot be used: {error}"),
        "run the command in a folder that exists, with HOME set to your own",
    )
}

fn open(places: &Places, access: Access) -> Result<Store, Problem> {
    Store::open(places, access).map_err(|error| home::problem(&error))
}

/// A file that was not read makes the whole undetermined, although the others are done.
pub(super) fn end(files: &Files, exit: Exit, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let mut problems = files.unreadable.iter().map(unreadable);
    let Some(first) = problems.next() else { return Ok(exit) };
    problems.for_each(|problem| output.problem(&problem));
    Err(first)
}

fn unreadable(one: &Unreadable) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "CONFIG_UNREADABLE",
        format!("{}, of {}: {}", one.shown(), one.kind.client, unreadable_words(&one.why)),
        "correct the file, then run the command again; other files are not affected",
    )
}
