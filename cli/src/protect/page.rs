//! The one screen of `protect`: what would be behind the gate, what would not, and what a yes trusts. Pure.

use std::path::{Path, PathBuf};

use pinfold_clients::{Client, StandingPermission};
use pinfold_core::digest::{ObjectKind, file_digest};
use pinfold_core::findings::Finding;
use pinfold_core::launch::{Masked, Piece, mask_arguments, mask_text};
use pinfold_core::text::visible;

use super::Hearing;
use super::edits::FileEdit;
use super::find::Files;
use super::model::{Plan, Server, Start};
use super::notes;
use super::reasons::{kind_words, left_words, version_words};
use crate::challenge::Shown;
use crate::output::counted;
use crate::page::start::Interpreter;
use crate::screen::{Mark, Part, Screen, plain_name};

/// Everything that is shown.
pub(crate) struct Page<'a> {
    pub(crate) files: &'a Files,
    pub(crate) plan: &'a Plan,
    /// For each server of the plan, what it said; `None` where it was not started.
    pub(crate) hearings: &'a [Option<Hearing>],
    pub(crate) edits: &'a [FileEdit],
    pub(crate) findings: &'a [Finding],
    /// What clients let run without a question in files of their own, with the file.
    pub(crate) permissions: &'a [(Client, PathBuf, StandingPermission)],
    /// The program that entries would start, and whether it is a copy that is made for it.
    pub(crate) program: (&'a str, bool),
    /// A home folder that is not the account's and in which nothing was decided yet.
    pub(crate) other_home: Option<&'a Path>,
}

/// Puts everything on the screen; what a yes stands for is bound by all digests and by the text of the screen itself.
pub(crate) fn page(page: &Page<'_>) -> (Screen, Shown) {
    let mut screen = Screen::new();
    let mut shown = Shown::new("protect", "-");
    page.head(&mut screen);
    page.other_home(&mut screen);
    page.servers(&mut screen);
    notes::findings(page.findings, &mut screen);
    page.interpreters(&mut screen);
    page.left(&mut screen);
    notes::lists(page, &mut screen);
    notes::permissions(page, &mut screen);
    page.trust(&mut screen);
    page.bind(&mut shown);
    shown.digest("screen", &file_digest(screen.render(80, false).as_bytes()));
    (screen, shown)
}

impl Page<'_> {
    fn head(&self, screen: &mut Screen) {
        let servers = self.plan.servers.len();
        screen.heading(format!("Put {} behind the gate", counted(servers as u64, "server")));
        if self.edits.is_empty() {
            return screen.own(
                "No file changes: their entries are behind it already, and nothing of them is approved here.",
            );
        }
        screen.own("These files change; each keeps a backup, and `pinfold unprotect` takes the change back:");
        for edit in self.edits {
            let file = &self.files.read[edit.file];
            let path = file.path.to_string_lossy().into_owned();
            screen.foreign_parts(Mark::Plain, vec![Part::plain(path)]);
            if file.disk.real != file.path {
                screen.own("   which leads to");
                let real = file.disk.real.to_string_lossy().into_owned();
                screen.foreign_parts(Mark::Plain, vec![Part::plain(real)]);
            }
            screen.own(format!("   {}, {}", file.kind.client, counted_entries(edit.wishes.len())));
        }
        let (program, is_copy) = self.program;
        screen.own(format!(
            "Their entries start this program{}:",
            if is_copy { ", a copy of this one that is made for it" } else { "" }
        ));
        screen.foreign_parts(Mark::Plain, vec![Part::plain(program)]);
    }

    /// A yes is then also one to deciding here.
    fn other_home(&self, screen: &mut Screen) {
        let Some(home) = self.other_home else { return };
        screen.own("HOME is not your account's home folder, and nothing was decided in it yet:");
        screen.foreign_parts(Mark::Plain, vec![Part::plain(home.to_string_lossy().into_owned())]);
        screen.own("A yes also says that decisions count here.");
    }

    fn servers(&self, screen: &mut Screen) {
        let heard = self.hearings.iter().filter(|hearing| hearing.is_some()).count();
        if heard > 0 {
            screen.gap();
            screen.heading(format!("== heard just now, in fresh processes ({heard})"));
        }
        let mut number = 0;
        for (server, hearing) in self.plan.servers.iter().zip(self.hearings) {
            let Some(hearing) = hearing else { continue };
            number += 1;
            self.heard(screen, number, server, hearing);
        }
        let later: Vec<&Server> = self
            .plan
            .servers
            .iter()
            .zip(self.hearings)
            .filter(|(_, hearing)| hearing.is_none())
            .map(|(server, _)| server)
            .collect();
        if later.is_empty() {
            return;
        }
        screen.gap();
        screen.heading(format!("== behind the gate without a start ({})", later.len()));
        for server in later {
            number += 1;
            screen.gap();
            screen.heading(format!("{number}. {}", server.label));
            self.place_lines(screen, server);
            command(screen, server);
            screen.own(match server.start {
                Start::Later(later) => format!("   not started: {later}"),
                _ => "   its launch is approved already".to_owned(),
            });
        }
    }

    fn heard(&self, screen: &mut Screen, number: usize, server: &Server, hearing: &Hearing) {
        let words = &hearing.words;
        screen.gap();
        screen.heading(format!("{number}. {}: {}", server.label, counts(words)));
        self.place_lines(screen, server);
        if let Some(label) = &server.beside {
            screen.own(format!(
                "   `{label}` is approved for another command line: this one gets a name and an answer of its own"
            ));
        }
        command(screen, server);
        if let Some(launch) = server.resolved.as_deref().map(|resolved| &resolved.launch) {
            if let Some(behind) = launch.describe().bridge {
                screen.own("   it only leads to this server, whose words were heard:");
                screen.foreign_parts(Mark::Plain, vec![Part::spelled(behind)]);
            }
            if let Some(folder) = &launch.folder {
                screen.own("   only in this folder, where command or arguments name something:");
                screen.foreign_parts(Mark::Plain, vec![Part::plain(folder.as_str())]);
            }
        }
        if let Some(words) = version_words(server) {
            screen.own(format!("   {words}"));
        }
        let tools = words.names(ObjectKind::Tool);
        if !tools.is_empty() {
            screen.own("   its tools:");
            screen.foreign_parts(Mark::Plain, vec![Part::plain(tools.join("  "))]);
        }
        if !hearing.credentials.is_empty() {
            screen
                .own("   kept from it, because they look like credentials and its entry does not set them:");
            screen.foreign_parts(Mark::Plain, vec![Part::plain(hearing.credentials.join(" "))]);
        }
        if !hearing.loaders.is_empty() {
            screen.own("   kept from it, because they load or redirect code:");
            screen.foreign_parts(Mark::Plain, vec![Part::plain(hearing.loaders.join(" "))]);
        }
        for (said, rules) in &words.approvable {
            for rule in rules {
                named(screen, said.kind.as_str(), &said.name, &format!("may hold {} at", kind_words(rule)));
                screen.foreign_parts(
                    Mark::Place,
                    vec![Part::plain(if rule.pointer.is_empty() { "(the whole)" } else { &rule.pointer })],
                );
            }
        }
        for held in &words.held {
            named(screen, held.kind.as_str(), &held.name, &format!("stays held ({})", held.reason));
        }
    }

    fn place_lines(&self, screen: &mut Screen, server: &Server) {
        for spot in &server.spots {
            let client = spot.client;
            if plain_name(&spot.key) == Some(server.label.as_str()) {
                screen.own(format!("   in {client}"));
            } else {
                screen.own(format!("   in {client}, which calls it"));
                screen.foreign_parts(Mark::Plain, vec![Part::plain(spot.key.as_str())]);
            }
        }
    }

    fn interpreters(&self, screen: &mut Screen) {
        let mut files: Vec<&Interpreter> = Vec::new();
        for one in self.hearings.iter().flatten().flat_map(|hearing| &hearing.interpreters) {
            if files.iter().all(|other| other.path != one.path) {
                files.push(one);
            }
        }
        if files.is_empty() {
            return;
        }
        screen.gap();
        screen.own(
            "programs that you can change and that run these servers; other bytes are asked about once:",
        );
        for one in files {
            screen.foreign_parts(Mark::Plain, vec![Part::plain(one.path.as_str())]);
            if let Some(before) = &one.before {
                screen.own(format!("   accepted {before}"));
            }
            screen.own(format!("   now      {}", one.digest));
        }
    }

    fn left(&self, screen: &mut Screen) {
        let unreadable = &self.files.unreadable;
        let count = self.plan.left.len() + unreadable.len() + self.files.of_project.len();
        screen.gap();
        screen.heading(format!("== not protected ({count})"));
        for left in &self.plan.left {
            screen.foreign_parts(Mark::Plain, vec![Part::plain(left.key.as_str())]);
            screen.own(format!("   {}{}", left.client, left_words(left)));
        }
        for one in unreadable {
            screen.foreign_parts(Mark::Plain, vec![Part::plain(one.path.to_string_lossy().into_owned())]);
            screen.own(format!("   {}: {}", one.kind.client, super::reasons::unreadable_words(&one.why)));
        }
        for (client, path) in &self.files.of_project {
            screen.foreign_parts(Mark::Plain, vec![Part::plain(path.to_string_lossy().into_owned())]);
            screen.own(format!(
                "   {client}: a file of this project; `--project` puts its entries behind the gate"
            ));
        }
        screen.own("Servers that a client has from an account, an extension or a plugin are not seen here.");
    }

    fn trust(&self, screen: &mut Screen) {
        screen.gap();
        if self.hearings.iter().any(Option::is_some) {
            screen.own(
                "A yes trusts every word that these servers say today, without you having read them, and the",
            );
            screen.own("commands that start them. From then on each change is held until you have seen it.");
        } else {
            screen.own("A yes changes the files. No server is started and no word is approved by it.");
        }
    }

    /// Everything that a yes stands for.
    fn bind(&self, shown: &mut Shown) {
        for (server, hearing) in self.plan.servers.iter().zip(self.hearings) {
            shown.answer("label", server.label.as_str());
            let Some(hearing) = hearing else { continue };
            if let Some(resolved) = &server.resolved {
                shown.digest("launch", &resolved.launch.digest());
            }
            for (said, rules) in &hearing.words.approvable {
                shown.digest(said.kind.as_str(), &said.digest);
                for rule in rules {
                    let text = format!("{} {} {} {:?}", rule.pointer, rule.start, rule.end, rule.kind);
                    shown.digest("rule", &file_digest(text.as_bytes()));
                }
            }
            for one in &hearing.interpreters {
                shown.digest("interpreter", &one.digest);
            }
        }
        for edit in self.edits {
            shown.digest("file", &file_digest(&self.files.read[edit.file].disk.bytes));
            shown.digest("becomes", &file_digest(&edit.new));
        }
    }
}

fn counted_entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// `12 tools, 1 prompt, instructions`.
pub(crate) fn counts(words: &super::words::Words) -> String {
    let mut parts = vec![counted(words.count(ObjectKind::Tool) as u64, "tool")];
    for (kind, what) in [(ObjectKind::Prompt, "prompt"), (ObjectKind::ResourceTemplate, "resource template")]
    {
        match words.count(kind) {
            0 => {}
            count => parts.push(counted(count as u64, what)),
        }
    }
    if words.count(ObjectKind::Instructions) > 0 {
        parts.push("instructions".to_owned());
    }
    parts.join(", ")
}

/// The command as the entry writes it, secrets by place.
fn command(screen: &mut Screen, server: &Server) {
    let text = |masked: &Masked| -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => visible(text),
            Piece::Secret => "\u{2039}secret\u{203a}".to_owned(),
        };
        masked.pieces().iter().map(piece).collect()
    };
    let line = match server.resolved.as_deref() {
        Some(resolved) => {
            let words = resolved.launch.describe().command_line;
            let word = |word: &Vec<Piece>| {
                let piece = |piece: &Piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Secret => "\u{2039}secret\u{203a}".to_owned(),
                };
                word.iter().map(piece).collect::<String>()
            };
            words.iter().map(word).collect::<Vec<_>>().join(" ")
        }
        None => {
            let entry = &server.entry;
            let args = mask_arguments(&entry.command, &entry.args);
            let words = std::iter::once(mask_text(&entry.command)).chain(args);
            words.map(|word| text(&word)).collect::<Vec<_>>().join(" ")
        }
    };
    screen.foreign_parts(Mark::Plain, vec![Part::spelled(line)]);
}

/// A foreign name with words of ours behind it.
pub(super) fn named(screen: &mut Screen, kind: &str, name: &str, words: &str) {
    match plain_name(name) {
        Some(name) => screen.own(format!("   {kind} {name}: {words}")),
        None => {
            screen.own(format!("   {kind} with this name: {words}"));
            screen.foreign_parts(Mark::Plain, vec![Part::plain(name)]);
        }
    }
}
