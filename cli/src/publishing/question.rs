//! The one question: what would be signed, under which claim, in which log, and what differs from the release before.

use pinfold_core::digest::Digest;
use pinfold_core::manifest::Manifest;
use pinfold_core::signature::PublicKey;

use crate::challenge::Shown;
use crate::comparison::{Comparison, tool_count};
use crate::exit::Exit;
use crate::keys::{Answer, Offers};
use crate::known_log::{Basis, KnownLog};
use crate::output::Problem;
use crate::page::release::differences;
use crate::page::volatile::may_vary;
use crate::page::words::body;
use crate::screen::{Mark, Part, Screen, plain_name};
use crate::terminal::Terminal;

/// What a yes would stand for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) sequence: u64,
    pub(crate) claim: Digest,
    /// The claim is made with this release.
    pub(crate) is_first_claim: bool,
    /// Claims of the namespace before.
    pub(crate) earlier_claims: u64,
    pub(crate) key: &'a PublicKey,
    /// The log, where one is asked.
    pub(crate) log: Option<&'a KnownLog>,
    /// What differs from the release before; `None`: there is none, or its words are not known.
    pub(crate) comparison: Option<&'a Comparison>,
    /// The version before.
    pub(crate) before: Option<&'a str>,
}

/// Shows the release at the terminal and asks for the typed text.
///
/// # Errors
/// Nobody can be asked here, the answer was no, or the terminal went away. Nothing was signed then.
pub(crate) fn ask(asked: &Asked<'_>, command: &str) -> Result<(), Problem> {
    let terminal = Terminal::open(|name| std::env::var_os(name)).map_err(|absent| {
        let mut problem = absent.problem(command);
        problem.hint = format!("{}, or say `--yes` where nobody can be asked", problem.hint);
        problem
    })?;
    let (screen, shown) = page(asked);
    agree(&terminal, &screen, &shown, "not signed")
}

/// Asks for the typed text, without which nothing is signed.
///
/// # Errors
/// The answer was no, which `refused` says in words, or the terminal went away.
pub(crate) fn agree(
    terminal: &Terminal,
    screen: &Screen,
    shown: &Shown,
    refused: &str,
) -> Result<(), Problem> {
    let answer = terminal.ask_page(screen, shown, Offers::default()).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "TERMINAL_LOST",
            format!("the terminal went away: {error}"),
            "nothing was signed; run the command again",
        )
    })?;
    match answer {
        Answer::Approve => Ok(()),
        _ => Err(Problem::new(Exit::Refused, "REFUSED", refused, "nothing was signed or sent")),
    }
}

fn page(asked: &Asked<'_>) -> (Screen, Shown) {
    let manifest = asked.manifest;
    let (mut screen, mut shown) = (Screen::new(), Shown::new("publish", manifest.name().as_str()));
    shown.digest("manifest", &manifest.digest());
    shown.digest("claim", &asked.claim);
    screen.heading(format!("{} {}", manifest.name().as_str(), manifest.version()));
    screen.own(format!("   release {} of this name, {} tools", asked.sequence, tool_count(manifest)));
    for artifact in manifest.artifacts() {
        screen.own(format!("   {}  {}", artifact.purl, artifact.sha256));
    }
    if manifest.artifacts().is_empty() && manifest.remotes().is_empty() {
        screen.own("   no published file is named: the release is about words only, not about code");
    }
    for remote in manifest.remotes() {
        screen.foreign_parts(Mark::Plain, vec![Part::plain(remote.as_str())]);
    }
    screen.own(format!("   signed by {}", asked.key.id()));
    claim(asked, &mut screen);
    if let Some(log) = asked.log {
        screen.own(format!("   logged in {}, for everybody to read, for ever", log.origin()));
        if log.basis == Basis::OwnWord {
            shown.answer("log", log.trusted.policy_text());
            screen.own("   You did not trust this log yet. Its key and witnesses are its own word:");
            screen.foreign(Mark::Plain, log.trusted.policy_text().trim_end());
        }
    }
    screen.gap();
    words(asked, &mut screen);
    volatile(asked.manifest, &mut screen);
    (screen, shown)
}

fn claim(asked: &Asked<'_>, screen: &mut Screen) {
    let namespace = asked.manifest.name().namespace();
    if asked.is_first_claim {
        screen.own(format!(
            "   Nobody claims {} there yet: this claims it with your key, as",
            namespace.as_str()
        ));
        screen.own(format!("   {} (no evidence)", asked.claim));
    } else {
        screen.own(format!("   claim {}", asked.claim));
    }
    if asked.earlier_claims > 0 {
        screen.own(format!("   {} earlier claims held {}", asked.earlier_claims, namespace.as_str()));
    }
}

fn words(asked: &Asked<'_>, screen: &mut Screen) {
    match (asked.comparison, asked.before) {
        (Some(comparison), before) => {
            let before = before.unwrap_or("the one before");
            screen.own(format!("against {before}: {}", comparison.summary()));
            screen.gap();
            differences(screen, comparison);
        }
        (None, Some(before)) => {
            screen.own(format!("the words of {before} are not known any more: nothing is compared"));
            screen.gap();
            all(asked.manifest, screen);
        }
        (None, None) => {
            screen.own("the first release of this name; everything that it says:");
            screen.gap();
            all(asked.manifest, screen);
        }
    }
}

/// What users' gates let vary without a question, because the release says so.
fn volatile(manifest: &Manifest, screen: &mut Screen) {
    for object in manifest.surface() {
        let rules = manifest.rules(&object.digest);
        if rules.is_empty() {
            continue;
        }
        match plain_name(&object.name) {
            Some(name) => screen.heading(format!("{} {name}", object.kind)),
            None => screen.heading(object.kind.as_str()),
        }
        may_vary(screen, manifest.object_bytes(object), rules);
        screen.gap();
    }
}

/// Every word of the release.
fn all(manifest: &Manifest, screen: &mut Screen) {
    for object in manifest.surface() {
        match plain_name(&object.name) {
            Some(name) if name == object.kind.as_str() => screen.heading(name),
            Some(name) => screen.heading(format!("{} {name}", object.kind)),
            None => {
                screen.heading(format!("{} with this name:", object.kind));
                screen.foreign_parts(Mark::Plain, vec![Part::plain(object.name.as_str())]);
            }
        }
        body(screen, object.kind, manifest.object_bytes(object));
        screen.gap();
    }
}
