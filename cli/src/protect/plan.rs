//! What becomes of every entry: pure decisions over files that were read and pins that are there.

use std::path::PathBuf;

use pinfold_clients::{EditError, Entry as ClientEntry, HintKind, NotProtected, Scope, Treatment, Wrapping};
use pinfold_core::launch::{Launch, Role, relative_names};
use pinfold_core::name::Label;
use pinfold_core::pins::{ApprovalState, LabelPins, Pins};

use super::around::surroundings;
use super::find::{ConfigHere, Files};
use super::foreign::loads_into_gate;
use super::labels::Labels;
use super::model::{Change, Later, Left, Plan, Server, Spot, Start, Why};
use super::reasons::resolve_words;
use crate::launch::{DigestCache, Entry, PinnedStart, ResolvedLaunch, Surroundings, resolve, resolve_pinned};

/// Where plans are made.
pub(crate) struct Here<'a> {
    pub(crate) pins: &'a Pins,
    /// Of this process; an entry's variables are laid over its environment.
    pub(crate) around: Surroundings,
    /// Where servers are heard that name no folder: clients start them anywhere. Nothing is in it, and it need not be
    /// there yet.
    pub(crate) nowhere: PathBuf,
    /// The project's folder, without links.
    pub(crate) project: PathBuf,
    /// The absolute path of the wrapper's program.
    pub(crate) program: String,
    pub(crate) cache: &'a mut dyn DigestCache,
}

/// Plans.
pub(crate) fn plan(files: &Files, mut here: Here<'_>) -> Plan {
    let mut plan = Plan { servers: Vec::new(), left: Vec::new(), wrapped: Vec::new() };
    let mut labels = Labels::default();
    here.pins.labels().for_each(|pins| labels.take(pins.spelling()));
    for file in &files.read {
        for wrapped in file.document.entries().iter().filter_map(|entry| entry.wrapped.as_ref()) {
            wrapped.label.parse().iter().for_each(|label| labels.take(label));
        }
    }
    for (index, file) in files.read.iter().enumerate() {
        for entry in file.document.entries() {
            if files.exclusive.contains(&file.kind.client) {
                plan.left.push(left(file, entry, Why::Exclusive));
                continue;
            }
            match (entry.treatment(), loads_into_gate(file, entry, here.around.home.as_deref())) {
                (Treatment::NotProtected(why), _) => {
                    let why = key_hint(file, why).unwrap_or(Why::Kind(why));
                    plan.left.push(left(file, entry, why));
                }
                (_, Some(name)) => plan.left.push(left(file, entry, Why::LoadsIntoGate(name.to_owned()))),
                (Treatment::Wrapped, None) => here.wrapped(&mut plan, index, file, entry),
                (Treatment::Wrap(_) | Treatment::WrapPackage, None) => {
                    here.wrap(&mut plan, &mut labels, index, file, entry);
                }
            }
        }
    }
    admitted(&mut plan, files, &here.program);
    plan
}

/// Takes out entries that an administrator's list lets start as they are and not behind the gate: their client would
/// drop them without a word.
fn admitted(plan: &mut Plan, files: &Files, program: &str) {
    for server in &mut plan.servers {
        let (command, label) = (&server.entry, &server.label);
        let bare: Vec<String> = std::iter::once(&command.command).chain(&command.args).cloned().collect();
        let mut dropped = Vec::new();
        server.spots.retain(|spot| {
            let mut wrapped =
                vec![program.to_owned(), "run".to_owned(), "--as".to_owned(), label.to_string()];
            if !spot.env_names.is_empty() {
                wrapped.extend(["--env".to_owned(), spot.env_names.join(",")]);
            }
            wrapped.push("--".to_owned());
            wrapped.extend(bare.iter().cloned());
            let lists = files.admin.iter().filter(|(client, _)| *client == spot.client).map(|(_, list)| list);
            let mut lists = lists.filter(|list| list.admits(&spot.key, &bare));
            let stays = spot.change != Change::Wrap || lists.all(|list| list.admits(&spot.key, &wrapped));
            if !stays {
                dropped.push(spot.clone());
            }
            stays
        });
        for spot in dropped {
            let file = &files.read[spot.file];
            let entry = file.document.entry(&spot.place);
            plan.left.extend(entry.map(|entry| left(file, entry, Why::Administrator)));
        }
    }
    plan.servers.retain(|server| !server.spots.is_empty());
}

/// Under which key the client would look.
fn key_hint(file: &ConfigHere, why: NotProtected) -> Option<Why> {
    let key = |kind: &HintKind| match kind {
        HintKind::KeyNotRead { found, needed } => Some(Why::Key(found.clone(), needed.clone())),
        HintKind::KeyTwice { .. } => None,
    };
    let hints = file.document.hints();
    hints.iter().filter(|_| why == NotProtected::NotRead).find_map(|hint| key(&hint.kind))
}

pub(super) fn left(file: &ConfigHere, entry: &ClientEntry, why: Why) -> Left {
    Left {
        client: file.kind.client,
        path: file.path.clone(),
        scope: file.kind.scope,
        key: entry.key.clone(),
        position: Some(entry.position),
        recognised: entry.recognise(),
        why,
    }
}

impl Here<'_> {
    fn wrap(
        &mut self,
        plan: &mut Plan,
        labels: &mut Labels,
        index: usize,
        file: &ConfigHere,
        client_entry: &ClientEntry,
    ) {
        let Some(line) = client_entry.command_line() else { return };
        let spot = spot(index, file, client_entry, client_entry.declared_names());
        // Any label does: whether the entry can be edited hangs on its spelling alone.
        let trial: Label = "trial".parse().expect("a label");
        if let Err(error) =
            file.document.wrap(&[(spot.place.clone(), self.wrapping(&trial, &spot.env_names))])
        {
            return plan.left.push(left(file, client_entry, Why::Edit(edit_words(&error))));
        }
        let entry = Entry {
            command: line.command.clone(),
            args: line.args.clone(),
            env_names: spot.env_names.clone(),
        };
        let (around, mut later) = surroundings(client_entry, &self.around, &self.nowhere, &self.project);
        later = later_of(client_entry).or(later);
        if client_entry.cwd.is_none() && client_entry.scope == Scope::User && names_a_script(&entry) {
            later = later.or(Some(Later::Folder));
        }
        let is_whole = !matches!(later, Some(Later::Placeholder));
        let resolved = is_whole.then(|| resolve(&entry, &around, self.cache)).transpose();
        let resolved = match (resolved, later) {
            (Ok(resolved), _) => resolved.map(Box::new),
            // A path can lead somewhere in the client's folder; a name that is nowhere in `PATH` does not.
            (Err(_), Some(later)) if later != Later::Folder || entry.command.contains('/') => None,
            (Err(error), _) => {
                let why = Why::Command(entry.command, resolve_words(&error));
                return plan.left.push(left(file, client_entry, why));
            }
        };
        if let Some(known) = is_whole.then(|| self.known(&client_entry.key, &entry, &around)).flatten() {
            return add(plan, known, Start::Known, spot, client_entry, resolved, entry, around);
        }
        if let Some(rejected) = resolved.as_deref().and_then(|resolved| self.rejected(&resolved.launch)) {
            let start = Start::Later(Later::Rejected);
            return add(plan, rejected, start, spot, client_entry, resolved, entry, around);
        }
        let start = later.map_or(Start::Now, Start::Later);
        let same =
            plan.servers.iter_mut().find(|server| is_same(server, resolved.as_deref(), &entry, &around));
        match same {
            Some(server) => {
                server.spots.push(spot);
                // One file has it switched on: then it is heard.
                if start == Start::Now
                    && matches!(server.start, Start::Later(Later::Disabled | Later::Project))
                {
                    (server.start, server.resolved) = (start, resolved);
                    (server.entry, server.around) = (entry, around);
                }
            }
            None => {
                let label = labels.new_label(&client_entry.key, file.kind.client.name());
                let of_key = client_entry.key.parse::<Label>().ok().and_then(|key| self.pins.label(&key));
                let beside = of_key.filter(|pins| pins.is_known()).map(|pins| pins.spelling().clone());
                plan.servers.push(Server {
                    label,
                    beside,
                    spots: vec![spot],
                    start,
                    recognised: client_entry.recognise(),
                    resolved,
                    entry,
                    around,
                });
            }
        }
    }

    pub(crate) fn wrapping(&self, label: &Label, env_names: &[String]) -> Wrapping {
        Wrapping { program: self.program.clone(), label: label.clone(), env_names: env_names.to_vec() }
    }

    /// The label under which exactly this launch is approved: of several the one that the entry is called by, else one
    /// of which words are approved too.
    fn known(&mut self, key: &str, entry: &Entry, around: &Surroundings) -> Option<Label> {
        let mut found: Vec<&LabelPins> = Vec::new();
        for pins in self.pins.labels() {
            let mut launches = pins.approved_launches().filter(|(_, launch)| launch.command == entry.command);
            let same = launches.any(|(_, launch)| {
                matches!(resolve_pinned(launch, entry, around, self.cache), Ok(PinnedStart::Same(_)))
            });
            found.extend(same.then_some(pins));
        }
        let is_called_so = |pins: &LabelPins| pins.spelling().as_str().eq_ignore_ascii_case(key);
        found.sort_by_key(|pins| (!is_called_so(pins), !pins.has_words()));
        found.first().map(|pins| pins.spelling().clone())
    }

    fn rejected(&self, launch: &Launch) -> Option<Label> {
        let digest = launch.digest();
        let mut labels = self.pins.labels();
        let of = labels.find(|pins| pins.launch_state(&digest) == Some(ApprovalState::Rejected));
        of.map(|pins| pins.spelling().clone())
    }
}

#[allow(clippy::too_many_arguments, reason = "the parts of one record")]
fn add(
    plan: &mut Plan,
    label: Label,
    start: Start,
    spot: Spot,
    client_entry: &ClientEntry,
    resolved: Option<Box<ResolvedLaunch>>,
    entry: Entry,
    around: Surroundings,
) {
    let same = |server: &&mut Server| server.label.key() == label.key() && server.start == start;
    if let Some(server) = plan.servers.iter_mut().find(same) {
        return server.spots.push(spot);
    }
    let recognised = client_entry.recognise();
    plan.servers.push(Server {
        label,
        beside: None,
        spots: vec![spot],
        start,
        recognised,
        resolved,
        entry,
        around,
    });
}

fn spot(index: usize, file: &ConfigHere, entry: &ClientEntry, env_names: Vec<String>) -> Spot {
    Spot {
        file: index,
        client: file.kind.client,
        key: entry.key.clone(),
        place: entry.place.clone(),
        env_names,
        change: Change::Wrap,
    }
}

/// Whether command or arguments are the relative path of something that would run.
fn names_a_script(entry: &Entry) -> bool {
    let names = relative_names(&entry.command, &entry.args);
    let is_written = |path: &String| *path == entry.command || entry.args.contains(path);
    names
        .iter()
        .any(|name| name.role == Role::Code && name.path.contains(['/', '.']) && is_written(&name.path))
}

/// Why an entry is not started now, by what it says of itself.
fn later_of(entry: &ClientEntry) -> Option<Later> {
    if entry.scope == Scope::Project {
        Some(Later::Project)
    } else if !entry.placeholders.is_empty() {
        Some(Later::Placeholder)
    } else if entry.is_disabled {
        Some(Later::Disabled)
    } else if entry.env_file.is_some() {
        Some(Later::EnvFile)
    } else {
        None
    }
}

/// Whether two entries are one server: one launch where both are known, else the same words everywhere.
fn is_same(server: &Server, resolved: Option<&ResolvedLaunch>, entry: &Entry, around: &Surroundings) -> bool {
    match (server.resolved.as_deref(), resolved) {
        (Some(one), Some(other)) => one.launch == other.launch,
        (None, None) => {
            let value = |around: &Surroundings, name: &String| {
                let found = around.environment.iter().rev().find(|(found, _)| found.to_str() == Some(name));
                found.map(|(_, value)| value.clone())
            };
            server.entry == *entry
                && server.around.folder == around.folder
                && entry.env_names.iter().all(|name| value(&server.around, name) == value(around, name))
        }
        _ => false,
    }
}

/// An edit's refusal without the place, which stands beside it.
fn edit_words(error: &EditError) -> String {
    match error {
        EditError::Obstacle { obstacle, .. } => obstacle.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
mod wrapped;
