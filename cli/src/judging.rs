//! The judgement of a bundle on this machine: which marks belong to it, and what is said where it is refused.

use std::path::Path;

use pinfold_core::checkpoint::{Origin, SignedCheckpoint};
use pinfold_core::digest::Digest;
use pinfold_core::registry_name::RegistryName;
use pinfold_core::text::visible_path;
use pinfold_verifier::release::{Marks, Opened, Refusal, Rejection, Release};
use pinfold_verifier::trust::Trust;

use crate::commands::log::kept_fork;
use crate::exit::Exit;
use crate::output::{Output, Problem};
use crate::seen::Seen;
use crate::trust_file::TrustFile;

/// What was seen before of the trusted logs, and of the name that the bundle says it is of.
///
/// # Errors
/// What was seen cannot be read.
pub(crate) fn marks_of(seen: &Seen, trust: &Trust, opened: &Opened) -> Result<Marks, Problem> {
    let about = about(opened);
    let about = about.as_ref().map(|(origin, name, claim)| (origin, name, claim));
    seen.marks(trust.logs().map(|log| log.origin()), about)
}

/// Which mark belongs to a bundle. What it says of itself only chooses the mark: whether it is true, the verifier judges.
fn about(opened: &Opened) -> Option<(Origin, RegistryName, Digest)> {
    let bundle = opened.bundle().ok()?;
    let origin = bundle.proof().checkpoint().checkpoint().origin().parse().ok()?;
    Some((origin, bundle.statement().name.clone(), bundle.statement().claim))
}

/// Keeps what a verified release gave: `stored`, `unchanged` (an older head than one seen before) or `not-stored`, which is
/// warned of.
pub(crate) fn keep(seen: &Seen, release: &Release, output: &mut Output<'_>) -> &'static str {
    match release.marks().map(|marks| seen.store(marks)) {
        None => "unchanged",
        Some(Ok(())) => "stored",
        Some(Err(error)) => {
            output.note(format!("warning: what was seen could not be kept for the next time: {error}"));
            "not-stored"
        }
    }
}

/// A refusal in the two lines of a problem. `can_be_trusted`: the claim's trust is all that is missing; `file`: where the
/// bundle lies, for the commands in the hint.
pub(crate) fn refused(
    rejection: &Rejection,
    can_be_trusted: bool,
    file: &Path,
    head: Option<&SignedCheckpoint>,
    trust: &TrustFile,
    marks: &Marks,
) -> Problem {
    if let Some(problem) = fork(rejection, head, trust, marks) {
        return problem;
    }
    let hint = hint(rejection, can_be_trusted, file, trust);
    Problem::new(Exit::Refused, rejection.code().as_str(), rejection.to_string(), hint)
}

/// A log that signed two trees of one size: both notes are kept, because they convince others too.
fn fork(
    rejection: &Rejection,
    head: Option<&SignedCheckpoint>,
    trust: &TrustFile,
    marks: &Marks,
) -> Option<Problem> {
    if !matches!(rejection.refusal(), Refusal::Fork { .. }) {
        return None;
    }
    let newer = head?;
    let origin: Origin = newer.checkpoint().origin().parse().ok()?;
    let log = trust.trust.log(&origin)?;
    Some(kept_fork(&origin, log.policy(), [&marks.head(&origin)?.note, &newer.to_bytes()]))
}

/// What to do after a refusal. Commands are named where one helps.
fn hint(rejection: &Rejection, can_be_trusted: bool, file: &Path, trust: &TrustFile) -> String {
    let file = visible_path(file);
    let own = rejection.hint();
    match rejection.refusal() {
        Refusal::ClaimUntrusted { .. } if can_be_trusted => {
            format!("{own}: `pinfold policy trust {file}` shows who claims it, and asks you")
        }
        Refusal::UnknownLog { .. } if trust.trust.logs().next().is_none() => format!(
            "{} trusts no log yet; `pinfold policy trust {file} --log POLICY` shows log and claim, and asks you",
            visible_path(&trust.path)
        ),
        Refusal::UnknownLog { .. } => {
            format!("{own}: `pinfold policy trust {file} --log POLICY` shows log and claim, and asks you")
        }
        _ if own.starts_with("renew the file") => format!("{own}: `pinfold verify {file} --refresh`"),
        _ => own.to_owned(),
    }
}
