//! The page of a launch: what would be started, for whom, with which variables, and what differs from before.

use pinfold_core::digest::Digest;
use pinfold_core::launch::{Difference, Launch, LaunchDifference, Masked, Piece};
use pinfold_core::reason::ReasonCode;
use pinfold_core::text::visible;

use crate::challenge::Shown;
use crate::rejected::Rejection;
use crate::screen::{Mark, Part, Screen};

/// What stands in the place of a secret.
const SECRET: &str = "\u{2039}secret\u{203a}";

/// A launch that waits for a person. All its texts are foreign.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// The launch as it would be approved.
    pub launch: &'a Launch,
    /// What calls itself the client; may be empty.
    pub client: &'a str,
    /// The working folder of the gate that asked.
    pub folder: &'a str,
    /// When it was asked for, as people read it.
    pub since: String,
    /// Why it was not started.
    pub reason: ReasonCode,
    /// Values of declared variables that are no secrets.
    pub values: &'a [(String, String)],
    /// Names of variables that are there and are withheld.
    pub withheld: Withheld,
    /// The approved launch that it would replace, and in what they differ; `None`: the label has none.
    pub instead_of: Option<InsteadOf>,
    /// The no that a person said to it before.
    pub rejected: Option<Rejection>,
    /// The interpreters and launchers whose bytes would be accepted.
    pub interpreters: Vec<Interpreter>,
}

/// Names of variables that are there and are withheld.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    /// They look like credentials; a person may let them through.
    pub credentials: Vec<String>,
    /// They load or redirect code; only the entry can declare them.
    pub loaders: Vec<String>,
}

/// The approved launch that this one is compared with.
#[derive(Clone, Debug)]
pub struct InsteadOf {
    /// Its digest.
    pub digest: Digest,
    /// Since when it was approved, as people read it.
    pub approved: String,
    /// In what the two differ.
    pub differences: Vec<LaunchDifference>,
}

impl InsteadOf {
    /// Whether something else runs: another command, program or argument, and not only other bytes or variables.
    pub fn is_another_server(&self) -> bool {
        is_another_server(&self.differences)
    }
}

/// Whether launches that differ so run something else.
pub fn is_another_server(differences: &[LaunchDifference]) -> bool {
    differences.iter().any(|one| {
        matches!(
            one.difference,
            Difference::Command { .. } | Difference::Program { .. } | Difference::Arguments { .. }
        )
    })
}

/// An interpreter or launcher of the launch.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// The file; foreign.
    pub path: String,
    /// Its bytes now.
    pub digest: Digest,
    /// What was accepted before, if it is another digest.
    pub before: Option<Digest>,
}

/// Puts a launch on the page, and what a yes would stand for into `shown`. `also`: the approved one stays.
pub fn start(screen: &mut Screen, shown: &mut Shown, label: &str, start: &Start<'_>, also: bool) {
    heading(screen, label, start);
    if let Some(rejected) = &start.rejected {
        screen.own(match rejected.under {
            None => format!("A person rejected exactly this launch {rejected}."),
            Some(_) => format!("A person rejected this command {rejected}."),
        });
    }
    asked_by(screen, start);
    command(screen, start.launch);
    variables(screen, start);
    if let Some(before) = &start.instead_of {
        differences(screen, before);
    }
    interpreters(screen, shown, &start.interpreters);
    screen.gap();
    let digest = start.launch.digest();
    screen.own(format!("launch {digest}"));
    shown.digest("launch", &digest);
    if let Some(before) = &start.instead_of {
        shown.digest(if also { "beside" } else { "replaces" }, &before.digest);
        screen.own(if also {
            "A yes lets this server run under the name too; the approved launch stays approved."
        } else {
            "A yes puts this launch in the place of the approved one."
        });
    }
    screen.own("A yes starts the server. Its words are shown next and are held until you approve them.");
}

/// Puts interpreters on the page whose bytes changed under approved launches: one question for all servers.
pub fn interpreters_only(screen: &mut Screen, shown: &mut Shown, label: &str, changed: &[Interpreter]) {
    screen.heading(format!("{label}: a program that runs approved servers has other bytes"));
    screen.own(ReasonCode::InterpreterChanged.meaning());
    interpreters(screen, shown, changed);
    screen.own("A yes counts for every server that it runs.");
}

fn heading(screen: &mut Screen, label: &str, start: &Start<'_>) {
    match &start.instead_of {
        None => screen.heading(format!("{label}: a server that nobody approved ({})", start.reason)),
        Some(before) if before.is_another_server() => {
            screen.heading(format!("{label}: another server under this name ({})", start.reason));
        }
        Some(_) => screen.heading(format!("{label}: the launch changed ({})", start.reason)),
    }
    screen.own(format!("Nothing was started. {}", start.reason.meaning()));
}

fn asked_by(screen: &mut Screen, start: &Start<'_>) {
    screen.gap();
    screen.own(format!("asked for on {}, in the folder", start.since));
    line(screen, Mark::Plain, start.folder);
    if start.client.is_empty() {
        screen.own("by a client that did not say its name");
    } else {
        screen.own("by a client that calls itself");
        line(screen, Mark::Plain, start.client);
    }
}

fn command(screen: &mut Screen, launch: &Launch) {
    let described = launch.describe();
    screen.gap();
    screen.own("command:");
    let words: Vec<String> = described.command_line.iter().map(|word| pieces(word)).collect();
    described_line(screen, &words.join(" "));
    if let Some(behind) = &described.bridge {
        screen.own("it only leads to this server; the words there are what matters:");
        described_line(screen, behind);
    }
    screen.own("files that run, outermost first:");
    for (file, pinned) in &described.files {
        described_line(screen, file);
        if *pinned {
            screen.own("   (its bytes are part of the approval)");
        }
    }
    match &described.folder {
        Some(folder) => {
            screen.own("in the working folder, where command or arguments name something:");
            described_line(screen, folder);
        }
        None => screen.own("in whatever working folder the client gives it"),
    }
}

fn variables(screen: &mut Screen, start: &Start<'_>) {
    let described = start.launch.describe();
    if !described.variables.is_empty() {
        screen.own("variables that the client's entry sets:");
    }
    for variable in &described.variables {
        let value = start.values.iter().find(|(name, _)| visible(name) == variable.name);
        let text = match (variable.shape, value) {
            (None, _) => format!("{} (not set)", variable.name),
            (Some(_), Some((_, value))) => format!("{} = {}", variable.name, visible(value)),
            (Some(_), None) => format!("{} = {SECRET}", variable.name),
        };
        described_line(screen, &text);
    }
    if !described.passes.is_empty() {
        screen.own("variables that you let through although the entry does not set them:");
        described_line(screen, &described.passes.join(" "));
    }
    if !start.withheld.credentials.is_empty() {
        screen.own("withheld, because they look like credentials and the entry does not set them:");
        line(screen, Mark::Plain, &start.withheld.credentials.join(" "));
    }
    if !start.withheld.loaders.is_empty() {
        screen.own("withheld, because they load or redirect code; only the client's entry can set them:");
        line(screen, Mark::Plain, &start.withheld.loaders.join(" "));
    }
}

fn differences(screen: &mut Screen, before: &InsteadOf) {
    screen.gap();
    screen.own(format!("approved on {} and different:", before.approved));
    for one in &before.differences {
        screen.own(format!("   {}", one.reason));
        match &one.difference {
            Difference::Arguments { pinned, live } => {
                line(screen, Mark::Gone, &masked(pinned));
                line(screen, Mark::New, &masked(live));
            }
            Difference::Command { pinned, live } => {
                line(screen, Mark::Gone, pinned);
                line(screen, Mark::New, live);
            }
            _ => described_line(screen, &one.to_string()),
        }
    }
    screen.own(format!("   approved launch {}", before.digest));
}

fn interpreters(screen: &mut Screen, shown: &mut Shown, interpreters: &[Interpreter]) {
    if interpreters.is_empty() {
        return;
    }
    screen.gap();
    screen.own("programs that you can change and that run this server and others:");
    for one in interpreters {
        line(screen, Mark::Plain, &one.path);
        if let Some(before) = &one.before {
            screen.own(format!("   accepted {before}"));
        }
        screen.own(format!("   now      {}", one.digest));
        shown.digest("interpreter", &one.digest);
    }
}

fn masked(words: &[Masked]) -> String {
    words.iter().map(|word| format!("\"{}\"", pieces(word.pieces()))).collect::<Vec<_>>().join(" ")
}

fn pieces(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret => SECRET.to_owned(),
    };
    pieces.iter().map(text).collect()
}

/// One foreign line as it came; line breaks in it are spelled out.
fn line(screen: &mut Screen, mark: Mark, text: &str) {
    screen.foreign_parts(mark, vec![Part::plain(text)]);
}

/// One foreign line that the description of a launch has made visible.
fn described_line(screen: &mut Screen, text: &str) {
    screen.foreign_parts(Mark::Plain, vec![Part::spelled(text)]);
}

#[cfg(test)]
mod tests;
