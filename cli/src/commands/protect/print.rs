//! What `protect` prints where nobody is asked: names and reasons, no argument of an entry and no word of a server.

use pinfold_clients::Scope;

use super::Found;
use crate::elsewhere;
use crate::output::{Output, counted};
use crate::protect::{Start, left_words, version_words};

/// What would be done.
pub(super) fn plan(found: &Found, output: &mut Output<'_>) {
    let servers = &found.plan.servers;
    output.heading(format!("{} would be put behind the gate", counted(servers.len() as u64, "server")));
    for server in servers {
        let how = match server.start {
            Start::Now => "would be started twice to hear it".to_owned(),
            Start::Known => "its launch is approved already".to_owned(),
            Start::Later(later) => format!("not started: {later}"),
        };
        output.line(format!("  {}: {how}", server.label));
        if let Some(words) = version_words(server) {
            output.line(format!("    {words}"));
        }
        for spot in &server.spots {
            let file = &found.files.read[spot.file];
            let key = elsewhere::name(&spot.key);
            output.line(format!("    {key} of {}, {}", spot.client, file.shown()));
        }
    }
    rest(found, output);
    if !servers.is_empty() {
        output.line("Nothing was started and nothing was changed.");
    }
}

/// Nothing is left to be put behind the gate.
pub(super) fn nothing(found: &Found, output: &mut Output<'_>) {
    output.line(match found.plan.wrapped.len() {
        0 => "No server was found that can be put behind the gate.".to_owned(),
        1 => "Nothing to change: 1 entry is behind the gate.".to_owned(),
        count => format!("Nothing to change: {count} entries are behind the gate."),
    });
    rest(found, output);
}

fn rest(found: &Found, output: &mut Output<'_>) {
    if !found.plan.servers.is_empty() && !found.plan.wrapped.is_empty() {
        output.line(format!("behind the gate already: {}", found.plan.wrapped.len()));
    }
    if !found.plan.left.is_empty() {
        output.heading("not protected");
    }
    for left in &found.plan.left {
        output.line(format!("  {} of {}{}", elsewhere::name(&left.key), left.client, left_words(left)));
    }
    for (client, path) in &found.files.of_project {
        let file = elsewhere::file(path, Scope::Project);
        output.line(format!("  {file}, of {client}: a file of this project; see --project"));
    }
}
