//! What becomes of an entry that has a wrapper.

use std::collections::BTreeSet;

use pinfold_clients::{Entry as ClientEntry, Scope};
use pinfold_core::launch::mask_arguments;
use pinfold_core::name::Label;
use pinfold_core::pins::LabelPins;

use super::{Here, is_same, later_of, left, names_a_script, spot};
use crate::launch::{Entry, ResolvedLaunch, Surroundings, resolve};
use crate::protect::around::surroundings;
use crate::protect::find::ConfigHere;
use crate::protect::foreign::is_foreign;
use crate::protect::model::{Change, Later, Plan, Server, Spot, Start, Why, Wrapped};

impl Here<'_> {
    /// An entry with a wrapper: nothing to do, unless its variables or our program's place changed.
    pub(super) fn wrapped(&mut self, plan: &mut Plan, index: usize, file: &ConfigHere, entry: &ClientEntry) {
        let Some(wrapped) = &entry.wrapped else { return };
        if !wrapped.other_words.is_empty() && is_foreign(file, entry, self.around.home.as_deref()) {
            // A wrapper with words of a person's own is not written anew, so another program's would stay one.
            plan.left.push(left(file, entry, Why::Program));
            return;
        }
        plan.wrapped.push(Wrapped {
            client: file.kind.client,
            path: file.path.clone(),
            scope: file.kind.scope,
            place: entry.place.as_str().to_owned(),
            label: wrapped.label.clone(),
        });
        let mut env_names = wrapped.env_names.clone();
        let declared = entry.declared_names();
        env_names.extend(declared.into_iter().filter(|name| !wrapped.env_names.contains(name)));
        let names_changed = env_names != wrapped.env_names;
        let is_current = wrapped.program == self.program && !names_changed;
        let (Ok(label), Some(line), true) =
            (wrapped.label.parse::<Label>(), entry.command_line(), wrapped.other_words.is_empty())
        else {
            return;
        };
        let change = if is_current { Change::Nothing } else { Change::Rewrap };
        let spot = Spot { change, ..spot(index, file, entry, env_names.clone()) };
        let wrapping = self.wrapping(&label, &spot.env_names);
        if !is_current && file.document.rewrap(&[(spot.place.clone(), wrapping)]).is_err() {
            return;
        }
        let launch = Entry { command: line.command.clone(), args: line.args.clone(), env_names };
        let is_known = self.pins.label(&label).is_some();
        let unheard = if is_known { None } else { self.unheard(entry, &launch) };
        let (start, resolved, around) = match unheard {
            Some((resolved, around)) => (Start::Now, Some(resolved), around),
            None if is_current => return,
            None if self.is_approved(&label, &launch) => (Start::Known, None, self.around.clone()),
            None => (Start::Later(Later::Rewrap), None, self.around.clone()),
        };
        let same = plan.servers.iter_mut().find(|server| {
            server.label.key() == label.key()
                && server.start == start
                && match start {
                    Start::Now => is_same(server, resolved.as_deref(), &launch, &around),
                    _ => server.entry == launch,
                }
        });
        match same {
            Some(server) => server.spots.push(spot),
            None => plan.servers.push(Server {
                label,
                beside: None,
                spots: vec![spot],
                start,
                recognised: entry.recognise(),
                resolved,
                entry: launch,
                around,
            }),
        }
    }

    /// Whether these words are those of a launch that is approved under the label. Values of variables and files are looked
    /// at when it starts.
    fn is_approved(&self, label: &Label, entry: &Entry) -> bool {
        let args = mask_arguments(&entry.command, &entry.args);
        let names: BTreeSet<&String> = entry.env_names.iter().collect();
        let mut launches = self.pins.label(label).into_iter().flat_map(LabelPins::approved_launches);
        launches.any(|(_, launch)| {
            launch.command == entry.command
                && launch.args == args
                && launch.env.keys().eq(names.iter().copied())
        })
    }

    /// A wrapped entry of the person's own whose label nothing was decided about: the store is new or lost, or the file
    /// came from another machine. It is heard like any other.
    fn unheard(
        &mut self,
        entry: &ClientEntry,
        launch: &Entry,
    ) -> Option<(Box<ResolvedLaunch>, Surroundings)> {
        let (around, later) = surroundings(entry, &self.around, &self.nowhere, &self.project);
        let depends = entry.cwd.is_none() && entry.scope == Scope::User && names_a_script(launch);
        if depends || later_of(entry).or(later).is_some() {
            return None;
        }
        let resolved = resolve(launch, &around, self.cache).ok()?;
        Some((Box::new(resolved), around))
    }
}
