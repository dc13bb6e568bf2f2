//! The look-up of every signed label in its log, once a day: what it found is kept, and told by `status` and by a voice.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use pinfold_core::bundle::MAX_BUNDLE_BYTES;
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::name::Label;
use pinfold_core::pins::{LabelPins, Pins, UnixSeconds};
use pinfold_core::text::visible;
use pinfold_store::Places;
use pinfold_verifier::release::{FreshnessOutcome, judge_freshness};
use rustix::fs::{FlockOperation, flock};
use serde::{Serialize, Serializer};

use super::{Published, Reader, from_log, judge};
use crate::elsewhere;
use crate::exit::Exit;
use crate::output::{Output, Problem};
use crate::own_file::{self, Writers};
use crate::seen::Seen;
use crate::time;
use crate::trust_file;

const FORMAT: &str = "pinfold/lookup/v1";
/// Bytes of one file of a label. A message has at most a few hundred.
const MAX_BYTES: usize = 16 << 10;
/// Bytes of a message that are kept.
const MAX_MESSAGE_BYTES: usize = 2 << 10;
/// How often a label is looked up that got an answer.
const EVERY_SECONDS: u64 = 86_400;
/// How soon a log is asked again that gave none.
const AGAIN_SECONDS: u64 = 3_600;

/// What the last look-up of a label found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Lookup {
    #[serde(serialize_with = "moment")]
    pub(crate) at: UnixSeconds,
    pub(crate) outcome: Outcome,
    /// The code of an answer that is refused or that never came.
    pub(crate) code: Option<String>,
    /// The same in words of ours.
    pub(crate) message: Option<String>,
    /// The newest release, where it was verified.
    pub(crate) sequence: Option<u64>,
    pub(crate) version: Option<String>,
}

/// What a look-up can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The newest release is the one that was approved last.
    Same,
    /// There is a newer release.
    Newer,
    /// The release that was approved last was withdrawn.
    Withdrawn,
    /// The claim in force has released nothing of this name.
    Nothing,
    /// The log answered, and the answer or the newest release is refused.
    Refused,
    /// The log gave no answer.
    NoAnswer,
}

impl Outcome {
    const ALL: [Outcome; 6] = [
        Outcome::Same,
        Outcome::Newer,
        Outcome::Withdrawn,
        Outcome::Nothing,
        Outcome::Refused,
        Outcome::NoAnswer,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Outcome::Same => "same",
            Outcome::Newer => "newer",
            Outcome::Withdrawn => "withdrawn",
            Outcome::Nothing => "nothing",
            Outcome::Refused => "refused",
            Outcome::NoAnswer => "no-answer",
        }
    }

    /// Whether a person has to hear of it.
    const fn is_alarm(self) -> bool {
        matches!(self, Outcome::Withdrawn | Outcome::Refused)
    }
}

impl Lookup {
    /// The sentence for a person.
    pub(crate) fn line(&self) -> String {
        let at = time::for_people(self.at);
        let version = self.version.as_deref().unwrap_or("(no version)");
        let message = self.message.as_deref().unwrap_or_default();
        let code = self.code.as_deref().unwrap_or_default();
        match self.outcome {
            Outcome::Same => format!("the newest release is the one that you approved (asked {at})"),
            Outcome::Newer => format!("release {version} is newer than what you approved (asked {at})"),
            Outcome::Withdrawn => {
                format!("the release that you approved was WITHDRAWN by its publisher (asked {at})")
            }
            Outcome::Nothing => format!("its claim has released nothing of this name any more (asked {at})"),
            Outcome::Refused => format!("REFUSED: {message} ({code}; asked {at})"),
            Outcome::NoAnswer => format!("its log gave no answer: {message} (asked {at})"),
        }
    }
}

/// What the last look-up of a label found; `None`: it was never looked up, or its file says nothing.
///
/// A file here is an observation: whoever can write it can hide an alarm, and makes nothing pass.
pub(crate) fn last(places: &Places, label: &Label) -> Option<Lookup> {
    let bytes = own_file::read(&place(places, label), MAX_BYTES, Writers::Owner).ok()?;
    read(&bytes)
}

/// Looks up every label with a publisher whose turn it is; of several processes one does it. Gives what a person has to
/// hear of: label, code and words of ours.
///
/// Failures are outcomes: a log that does not answer makes nothing wait.
pub(crate) fn all_due(
    places: &Places,
    pins: &Pins,
    output: &mut Output<'_>,
) -> Vec<(String, String, String)> {
    let Some(_lock) = turn(places) else { return Vec::new() };
    let mut told = Vec::new();
    for label in pins.labels().filter(|label| label.publisher().is_some() && label.is_known()) {
        let before = own_file::read(&place(places, label.spelling()), MAX_BYTES, Writers::Owner);
        // What is not there, and what others could write, is made anew.
        let before = before.ok().and_then(|bytes| read(&bytes));
        if before.as_ref().is_some_and(|before| !is_due(before)) {
            continue;
        }
        let (found, bundle) = look(label, places, output);
        keep(places, label.spelling(), found.outcome, &bundle);
        let is_news =
            before.is_none_or(|before| before.outcome != found.outcome || before.code != found.code);
        if found.outcome.is_alarm() && is_news {
            let code = match found.outcome {
                Outcome::Withdrawn => "REVOKED".to_owned(),
                _ => found.code.clone().unwrap_or_default(),
            };
            told.push((label.spelling().to_string(), code, found.line()));
        }
        // A look-up that cannot be kept is made again at the next start.
        let _ = own_file::write(&place(places, label.spelling()), &write(&found), 0o600);
    }
    told
}

/// What is said at every start of a label whose log was last witnessed longer ago than its grace; `None`: it was not.
pub(crate) fn past_grace(places: &Places, label: &LabelPins) -> Option<String> {
    let publisher = label.publisher()?;
    let trust = trust_file::own(places).ok()?.trust;
    let log = trust.log(&publisher.origin)?;
    let seen = Seen::open(places).ok()?.head(&publisher.origin).ok().flatten()?;
    let (max_age, grace) = (log.max_age().seconds(), log.grace().seconds());
    let freshness = judge_freshness(seen.quorum_time, time::now(), false, max_age, grace);
    let days = freshness.age.unwrap_or_default() / 86_400;
    (freshness.outcome == FreshnessOutcome::PastGrace && seen.quorum_time.is_some()).then(|| {
        format!(
            "CHECKPOINT_STALE: the log {} of `{}` was last seen witnessed {days} days ago, which is past its grace; \
             what you approved goes on, and nothing is approved by it: `pinfold review {}` asks it",
            publisher.origin,
            label.spelling(),
            label.spelling()
        )
    })
}

/// Keeps the bundle of the newest release for the policy, also where something of it is approved; takes away one that
/// stands no longer. Whatever happens to the file, it is judged again whenever it is used.
fn keep(places: &Places, label: &Label, outcome: Outcome, bundle: &[u8]) {
    let path = bundle_place(places, label);
    let _ = match outcome {
        Outcome::Newer | Outcome::Same => own_file::write(&path, bundle, 0o600),
        // It may stand until its head is not fresh any more.
        Outcome::NoAnswer => Ok(()),
        Outcome::Withdrawn | Outcome::Nothing | Outcome::Refused => std::fs::remove_file(&path),
    };
}

/// The newest release that the last look-up left, judged now; `None`: there is none, or it does not stand any more.
pub(crate) fn newest(places: &Places, label: &LabelPins) -> Option<Published> {
    let bytes = own_file::read(&bundle_place(places, label.spelling()), MAX_BUNDLE_BYTES, Writers::Owner);
    let trust = trust_file::own(places).ok()?;
    let mut silent = Output::to(false, std::io::sink(), std::io::sink());
    judge(&bytes.ok()?, None, &trust, reader(places, label), &mut silent).ok()
}

fn reader<'a>(places: &'a Places, label: &'a LabelPins) -> Reader<'a> {
    Reader { places, pins: Some(label), name: None }
}

fn bundle_place(places: &Places, label: &Label) -> PathBuf {
    folder(places).join(format!("{}.pinfold", label.key()))
}

/// What a look-up finds, and the bundle of the newest release.
fn look(label: &LabelPins, places: &Places, output: &mut Output<'_>) -> (Lookup, Vec<u8>) {
    let Some(publisher) = label.publisher() else { return (found(Outcome::Nothing), Vec::new()) };
    let answer = match from_log(&publisher.name, reader(places, label), output) {
        Ok(answer) => answer,
        Err(error) => return (problem(error), Vec::new()),
    };
    let lookup = match answer.newest {
        _ if answer.approved_withdrawn => found(Outcome::Withdrawn),
        Err(error) => problem(error),
        Ok(None) => found(Outcome::Nothing),
        Ok(Some(published)) => {
            let statement = published.release.statement();
            let is_same = published.replaces.is_none() && statement.sequence == publisher.sequence;
            Lookup {
                sequence: Some(statement.sequence),
                version: Some(elsewhere::name(statement.version.as_str())),
                ..found(if is_same { Outcome::Same } else { Outcome::Newer })
            }
        }
    };
    (lookup, answer.bundle)
}

fn found(outcome: Outcome) -> Lookup {
    Lookup { at: time::now(), outcome, code: None, message: None, sequence: None, version: None }
}

fn problem(problem: Problem) -> Lookup {
    let no_answer = problem.exit == Exit::Undetermined || problem.exit == Exit::Usage;
    let mut message = visible(&problem.message);
    let end = (0..=MAX_MESSAGE_BYTES.min(message.len())).rev().find(|at| message.is_char_boundary(*at));
    message.truncate(end.unwrap_or_default());
    Lookup {
        code: Some(problem.code),
        message: Some(message),
        ..found(if no_answer { Outcome::NoAnswer } else { Outcome::Refused })
    }
}

fn is_due(last: &Lookup) -> bool {
    let pause = if last.outcome == Outcome::NoAnswer { AGAIN_SECONDS } else { EVERY_SECONDS };
    let (now, at) = (time::now().0, last.at.0);
    // A time ahead of the clock is no reason to wait for it.
    now >= at.saturating_add(pause) || at > now
}

/// Held while this process looks up; `None`: another one does, or the folder cannot be written.
fn turn(places: &Places) -> Option<File> {
    let folder = folder(places);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
    let file = File::options().create(true).append(true).mode(0o600).open(folder.join("lock")).ok()?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(file)
}

fn folder(places: &Places) -> PathBuf {
    places.state_folder().join("lookups")
}

fn place(places: &Places, label: &Label) -> PathBuf {
    folder(places).join(format!("{}.json", label.key()))
}

/// RFC 3339, as in every document.
fn moment<S: Serializer>(at: &UnixSeconds, serializer: S) -> Result<S::Ok, S::Error> {
    time::for_programs(*at).serialize(serializer)
}

fn write(lookup: &Lookup) -> Vec<u8> {
    let text = |text: &Option<String>| text.clone().map_or_else(Value::null, Value::string);
    json::canonical(&Value::object(vec![
        ("at", Value::uint(lookup.at.0)),
        ("code", text(&lookup.code)),
        ("format", Value::string(FORMAT)),
        ("message", text(&lookup.message)),
        ("outcome", Value::string(lookup.outcome.as_str())),
        ("sequence", lookup.sequence.map_or_else(Value::null, Value::uint)),
        ("version", text(&lookup.version)),
    ]))
}

fn read(bytes: &[u8]) -> Option<Lookup> {
    let value = json::read(bytes, &ReadLimits::OWN).ok()?;
    let text = |name| value.get(name).and_then(Value::as_str).map(visible);
    if text("format")? != FORMAT {
        return None;
    }
    let outcome = text("outcome")?;
    Some(Lookup {
        at: UnixSeconds(value.get("at")?.as_uint()?),
        outcome: Outcome::ALL.into_iter().find(|known| known.as_str() == outcome)?,
        code: text("code").map(|code| elsewhere::name(&code)),
        message: text("message"),
        sequence: value.get("sequence").and_then(Value::as_uint),
        version: text("version").map(|version| elsewhere::name(&version)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        for outcome in Outcome::ALL {
            let lookup = Lookup {
                at: UnixSeconds(7),
                outcome,
                code: Some("REVOKED".to_owned()),
                message: None,
                sequence: Some(3),
                version: Some("1.2.0".to_owned()),
            };
            assert_eq!(read(&write(&lookup)), Some(lookup));
        }
        assert_eq!(read(b"{}"), None);
        assert_eq!(read(b""), None);
    }
}
