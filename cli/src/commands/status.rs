//! `status`: what is approved, what is held, and why. It reads; it decides and starts nothing.
//!
//! What is printed here may be read by an agent: names, classes, places and digests, and of a launch only what a person
//! approved (`spec/command-line.md`).

mod document;
mod follow;
mod live;
mod now;
mod print;
mod runs;
mod vary;

use pinfold_core::name::Label;
use pinfold_store::{Access, HomeStanding, Store, StoreError};
use pinfold_verifier::policy::Policy;

use crate::args::StatusArgs;
use crate::doctor::Ward;
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem};
use crate::policy_file;
use crate::waiting::labels;
use document::{Body, Decided, Server, StorePart};

const SCHEMA: &str = "pinfold/status/v1";

/// Runs the command.
pub fn run(args: &StatusArgs, output: &mut Output<'_>) -> Exit {
    if args.live {
        return live::run(args.label.as_deref(), output);
    }
    if args.follow {
        let label = args.label.as_deref().map(super::parse_label).transpose();
        return match label.and_then(|label| follow::follow(label.as_ref(), output)) {
            Ok(exit) => output.ended(exit, None),
            Err(problem) => output.ended(problem.exit, Some(&problem)),
        };
    }
    let mut body = Body::default();
    let done = look(args, &mut body, output);
    output.end(SCHEMA, &body, done)
}

fn look(args: &StatusArgs, body: &mut Body, output: &mut Output<'_>) -> Result<Exit, Problem> {
    let label = args.label.as_deref().map(super::parse_label).transpose()?;
    let store = home::store(Access::Read)?;
    body.store = Some(standing(&store));
    if args.history {
        if let Some(label) = &label
            && !labels(&store)
                .map_err(|error| home::problem(&error))?
                .iter()
                .any(|one| one.key() == label.key())
        {
            return Err(unknown(label));
        }
        body.history = history(&store, label.as_ref()).map_err(|error| home::problem(&error))?;
        print::history(&body.history, output);
        return Ok(Exit::Done);
    }
    let known = labels(&store).map_err(|error| home::problem(&error))?;
    let wanted: Vec<Label> = match &label {
        None => known,
        Some(label) if known.iter().any(|one| one.key() == label.key()) => vec![label.clone()],
        Some(label) => return Err(unknown(label)),
    };
    // What is approved is the same without a policy that can be meant; that nothing starts meanwhile has to be said.
    let policy = policy_file::own(&home::places()?.policy()).unwrap_or_else(|fault| {
        let problem = fault.problem();
        output.note(format!(
            "warning: no server starts, because the policy is not in force: {}",
            problem.message
        ));
        output.note(format!("hint: {}", problem.hint));
        Policy::default()
    });
    let ward = Ward::of_process().ok().map(|(ward, _)| ward);
    for label in &wanted {
        let server = Server::of(&store, label)?.with_surroundings(&store, label, &policy, ward.as_ref());
        body.servers.push(match &args.tool {
            Some(tool) => server.only(tool).ok_or_else(|| unknown_name(label, tool))?,
            None => server,
        });
    }
    print::standing(body.store.as_ref(), output);
    match (&label, &args.tool) {
        (None, _) => print::overview(&body.servers, output),
        (Some(_), None) => body.servers.iter().for_each(|server| print::server(server, output)),
        (Some(_), Some(_)) => body.servers.iter().for_each(|server| print::names(server, output)),
    }
    Ok(if body.servers.iter().any(Server::is_held) { Exit::Refused } else { Exit::Done })
}

fn standing(store: &Store) -> StorePart {
    StorePart {
        home: match store.home_standing() {
            HomeStanding::Account => "account",
            HomeStanding::OtherDecided => "other-decided",
            HomeStanding::OtherUndecided => "other-undecided",
        },
        decisions: store.pins().decisions(),
    }
}

fn history(store: &Store, label: Option<&Label>) -> Result<Vec<Decided>, StoreError> {
    let mut decided: Vec<Decided> = store.history(usize::MAX)?.iter().map(Decided::of).collect();
    decided.reverse();
    if let Some(label) = label {
        decided.retain(|one| one.is_about(label));
    }
    Ok(decided)
}

pub(crate) fn unknown(label: &Label) -> Problem {
    Problem::new(
        Exit::Usage,
        "LABEL_UNKNOWN",
        format!("nothing is known about `{label}`"),
        "`pinfold status` lists what is known",
    )
}

fn unknown_name(label: &Label, name: &str) -> Problem {
    Problem::new(
        Exit::Usage,
        "NAME_UNKNOWN",
        format!("`{label}` never had anything of the name `{}`", crate::elsewhere::name(name)),
        format!("`pinfold status {label}` lists its names"),
    )
}
