//! The newest release of a name, out of the log that is trusted for its namespace.

use pinfold_core::index::VerifiedIndex;
use pinfold_core::pins::Publisher;
use pinfold_core::registry_name::RegistryName;

use super::{Published, Reader, judge, trusted_origin};
use crate::commands::log::look_up;
use crate::exit::Exit;
use crate::known_log::{KnownLog, of_trust};
use crate::output::{Output, Problem};
use crate::publishing::logged_release;
use crate::trust_file::{self, TrustFile};

/// What a log says of a name, each part proven by its index.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The newest release, judged for the label; `None`: the claim in force has released nothing of this name. An error: the
    /// release is refused, or cannot be had.
    pub(crate) newest: Result<Option<Published>, Problem>,
    /// Its bundle, as it was judged.
    pub(crate) bundle: Vec<u8>,
    /// Whether the release that was approved last was withdrawn.
    pub(crate) approved_withdrawn: bool,
    /// What can be asked further about the name; `None`: nothing of it was released.
    pub(crate) indexed: Option<Indexed>,
}

/// A log, and what its index proves of one name.
#[derive(Debug)]
pub(crate) struct Indexed {
    pub(super) log: KnownLog,
    pub(super) index: VerifiedIndex,
}

/// Asks the log of a namespace about a name.
///
/// # Errors
/// Nobody is trusted for the name; the log gives no answer, or one that is refused.
pub(crate) fn from_log(
    name: &RegistryName,
    reader: Reader<'_>,
    output: &mut Output<'_>,
) -> Result<Answer, Problem> {
    let trust = trust_file::own(reader.places).map_err(|fault| fault.problem())?;
    let publisher = reader.publisher().filter(|known| known.name.lower() == name.lower());
    let log = log_of(&trust, name, publisher)?;
    let nothing = Answer { newest: Ok(None), bundle: Vec::new(), approved_withdrawn: false, indexed: None };
    let Some((_, index)) = look_up(&log, name, output)? else { return Ok(nothing) };
    let Some(state) = index.current_name() else { return Ok(nothing) };
    let is_withdrawn = |sequence| state.withdrawn.contains(sequence);
    let of_claim = publisher.filter(|publisher| publisher.claim == state.value.claim);
    let approved_withdrawn = of_claim.is_some_and(|publisher| is_withdrawn(publisher.sequence));
    let (newest, bundle) = match fetch(&log, name, state.value.newest.index) {
        Err(problem) => (Err(problem), Vec::new()),
        Ok(bundle) => {
            let reader = Reader { name: Some(name), ..reader };
            (judge(&bundle, None, &trust, reader, output).map(Some), bundle)
        }
    };
    Ok(Answer { newest, bundle, approved_withdrawn, indexed: Some(Indexed { log, index }) })
}

/// The log of the label's publisher, or the one that is trusted for the name.
///
/// # Errors
/// Nobody is trusted for the name, or the log is trusted no more.
fn log_of(
    trust: &TrustFile,
    name: &RegistryName,
    publisher: Option<&Publisher>,
) -> Result<KnownLog, Problem> {
    let origin = match publisher {
        Some(publisher) => publisher.origin.clone(),
        None => trusted_origin(trust, name)?,
    };
    let log = trust.trust.log(&origin).ok_or_else(|| {
        Problem::new(
            Exit::Refused,
            "LOG_UNTRUSTED",
            format!("the log {origin} of this publisher is not one that you trust any more"),
            "put its section back into ~/.config/pinfold/trust.toml, or trust it anew by `pinfold policy trust`",
        )
    })?;
    of_trust(log)
}

/// The bundle of a release with its words. Not verified.
fn fetch(log: &KnownLog, name: &RegistryName, index: u64) -> Result<Vec<u8>, Problem> {
    let release = logged_release(log, name, index)?;
    let manifest = release.manifest.as_ref().ok_or_else(|| {
        let (origin, sequence) = (log.origin(), release.statement.sequence);
        Problem::new(
            Exit::Undetermined,
            "MANIFEST_ABSENT",
            format!("{origin} does not have the words of release {sequence} of {name} any more"),
            "get the bundle from the publisher, and give it with `--bundle FILE`",
        )
    })?;
    Ok(release.parts.with_manifest(manifest.as_bytes()))
}
