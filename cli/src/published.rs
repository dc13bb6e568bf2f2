//! What a publisher says about the words of a label: a verified release, out of a file or out of its log
//! (`spec/signed-servers.md`).

mod link;
mod look;
pub(crate) mod lookup;
mod older;
pub(crate) mod part;
mod why;

use std::path::Path;

use pinfold_core::checkpoint::Origin;
use pinfold_core::digest::Digest;
use pinfold_core::pins::{LabelPins, Publication, Publisher};
use pinfold_core::registry_name::RegistryName;
use pinfold_store::Places;
use pinfold_verifier::release::{Identity, Opened, Question, Release, Report, Requirements, Step, Verified};

use crate::exit::Exit;
use crate::judging;
use crate::output::{Output, Problem};
use crate::release_file;
use crate::seen::Seen;
use crate::time;
use crate::trust_file::{self, TrustFile};

pub(crate) use link::{Link, link};
pub(crate) use look::{Indexed, from_log};
pub(crate) use older::{Older, older_with};

/// Where a release was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// In a file that the person named.
    File,
    /// In the log that is trusted for its namespace: it is the newest one.
    Log,
}

/// A verified release beside a label.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) release: Verified<Release>,
    pub(crate) source: Source,
    /// The claim of the publisher that the label knows, where the release is of another one.
    pub(crate) replaces: Option<Digest>,
}

impl Published {
    /// What a decision says of the release that stands behind its words.
    pub(crate) fn publication(&self) -> Publication {
        let statement = self.release.statement();
        Publication {
            claim: self.release.claim(),
            history: self.release.keysets().len() as u64,
            name: statement.name.clone(),
            origin: self.release.origin().clone(),
            replaces: self.replaces,
            sequence: statement.sequence,
            version: statement.version.clone(),
        }
    }
}

/// For whom a release is judged.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) places: &'a Places,
    /// What was decided about the label; `None`: nothing.
    pub(crate) pins: Option<&'a LabelPins>,
    /// The name that the release must have; `None`: that of the label's publisher, if it has one.
    pub(crate) name: Option<&'a RegistryName>,
}

impl<'a> Reader<'a> {
    fn publisher(&self) -> Option<&'a Publisher> {
        self.pins.and_then(LabelPins::publisher)
    }
}

/// The release in a file, judged for a label.
///
/// # Errors
/// It cannot be read; it is refused, by the code of the step of `spec/verification.md`; or the label knows a newer release.
pub(crate) fn from_file(
    file: &Path,
    reader: Reader<'_>,
    output: &mut Output<'_>,
) -> Result<Published, Problem> {
    let bytes = release_file::bytes(file)?;
    let trust = trust_file::own(reader.places).map_err(|fault| fault.problem())?;
    judge(&bytes, Some(file), &trust, reader, output)
}

/// Judges a bundle, out of a file or, where there is none, out of its log, of which it must be the newest release.
fn judge(
    bytes: &[u8],
    file: Option<&Path>,
    trust: &TrustFile,
    reader: Reader<'_>,
    output: &mut Output<'_>,
) -> Result<Published, Problem> {
    let publisher = reader.publisher();
    let source = if file.is_some() { Source::File } else { Source::Log };
    let opened = Opened::read(bytes);
    let seen = Seen::open(reader.places)?;
    let marks = judging::marks_of(&seen, &trust.trust, &opened)?;
    let pinned = publisher.map(identity);
    let question = Question {
        trust: &trust.trust,
        marks: &marks,
        // Nothing is approved by a head that nobody has witnessed for long.
        requirements: Requirements { fresh: true, newest: source == Source::Log, ..Requirements::default() },
        now: time::now(),
        expected_name: reader.name.or(publisher.map(|publisher| &publisher.name)),
        pinned: pinned.as_ref(),
        consistency: None,
    };
    let head = opened.bundle().ok().map(|bundle| bundle.proof().checkpoint().clone());
    let mut report = opened.clone().judge(&question);
    if publisher.is_some() && is_another_publisher(&report) {
        // The person's trust names this one: whether it takes the place of the one that the label knows is asked.
        let without = opened.judge(&Question { pinned: None, ..question });
        if without.outcome().is_ok() {
            report = without;
        }
    }
    let can_be_trusted = report.claimant().is_some();
    let release = report.into_outcome().map_err(|rejection| {
        let file = file.unwrap_or(Path::new("FILE"));
        judging::refused(&rejection, can_be_trusted, file, head.as_ref(), trust, &marks)
    })?;
    judging::keep(&seen, &release, output);
    drop(seen);
    let replaces = publisher.filter(|known| !is_by(known, &release)).map(|known| known.claim);
    if let Some(known) = publisher.filter(|_| replaces.is_none()) {
        not_older(known, &release)?;
    }
    Ok(Published { release, source, replaces })
}

/// Whom a label knows, as the verifier is told.
fn identity(publisher: &Publisher) -> Identity {
    Identity { claim: publisher.claim, origin: publisher.origin.clone(), history: publisher.history }
}

fn is_by(known: &Publisher, release: &Release) -> bool {
    known.claim == release.claim() && known.origin == *release.origin()
}

fn is_another_publisher(report: &Report) -> bool {
    report.outcome().is_err_and(|rejection| rejection.step() == Step::Continuity)
}

/// The person's approval of a release marks it too, also on a machine that lost its marks.
fn not_older(known: &Publisher, release: &Release) -> Result<(), Problem> {
    let found = release.statement().sequence;
    if found >= known.sequence {
        return Ok(());
    }
    Err(Problem::new(
        Exit::Refused,
        "VERSION_ROLLBACK",
        format!(
            "this is release {found} of {}, and you approved release {} before",
            known.name, known.sequence
        ),
        "get the newer release; what you approved goes on running",
    ))
}

/// The claim that a person trusts for a name, or what to do where there is none.
fn trusted_origin(trust: &TrustFile, name: &RegistryName) -> Result<Origin, Problem> {
    let claim = trust.trust.claim(&name.namespace()).ok_or_else(|| {
        Problem::new(
            Exit::Refused,
            "CLAIM_UNTRUSTED",
            format!("you trust nobody for {}, so nobody is asked about {name}", name.namespace()),
            "get a bundle of the publisher's: `pinfold policy trust FILE` shows who claims it, and asks you",
        )
    })?;
    Ok(claim.log.clone())
}
