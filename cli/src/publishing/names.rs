//! What a log says about a name and its namespace, proven under a head that its witnesses signed.

use pinfold_core::digest::Digest;
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::index::{IndexProof, NameState, VerifiedIndex};
use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::keyset::{Keyset, Role};
use pinfold_core::merkle::EMPTY_ROOT;
use pinfold_core::registry_name::RegistryName;
use pinfold_core::signature::PublicKey;
use pinfold_core::text::visible;
use pinfold_log_client::{Head, HeadError, LogError};

use super::log::{garbage, no_answer, patiently};
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::Problem;
use crate::time;

/// All keysets of a claim with their proofs, as large as the client takes an answer.
const KEYSETS: ReadLimits = ReadLimits { max_bytes: 12 << 20, ..ReadLimits::OWN };

/// What a log says about a name.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The claim in force of the namespace; `None`: nobody claims it.
    pub(crate) claim: Option<Claim>,
    /// The name in that claim; `None`: nothing of it was released.
    pub(crate) name: Option<NameState>,
}

/// A claim in force.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) id: Digest,
    /// Claims of the namespace before it.
    pub(crate) earlier: u64,
}

impl Standing {
    /// Asks the log, and verifies the answer.
    ///
    /// # Errors
    /// The log does not answer, or what it answers is not proven by a head that counts.
    pub(crate) fn of(log: &KnownLog, name: &RegistryName) -> Result<Standing, Problem> {
        let answer = match patiently(|| log.client.lookup(name.as_str())) {
            // A log without entries has no index yet. Its head says so.
            Err(LogError::NotFound { url }) => return empty(log, &url),
            answer => answer.map_err(|error| no_answer(&error))?,
        };
        let bad =
            |why: String| garbage(format!("the log's answer about {} is unusable: {why}", name.as_str()));
        let document = json::read_canonical(&answer, &ReadLimits::OWN)
            .map_err(|error| bad(visible(&error.to_string())))?;
        let note = document.get("checkpoint").and_then(Value::as_str);
        let head = judge(log, note.ok_or_else(|| bad("it has no checkpoint".to_owned()))?.as_bytes())?;
        let state = document.get("state").ok_or_else(|| bad("it has no index proof".to_owned()))?;
        let proof =
            IndexProof::from_value(state, &answer).map_err(|error| bad(visible(&error.to_string())))?;
        let verified = proof.verify(name, head.size(), &head.root()).map_err(|error| {
            Problem::new(
                Exit::Refused,
                "INDEX_PROOF_BAD",
                format!("the log does not prove what it says about {}: {error}", name.as_str()),
                "keep the answer as evidence; nothing was signed",
            )
        })?;
        Ok(Standing::proven(&verified))
    }

    fn proven(verified: &VerifiedIndex) -> Standing {
        let claim =
            verified.namespace().map(|namespace| Claim { id: namespace.claim, earlier: namespace.earlier });
        Standing { claim, name: verified.current_name().cloned() }
    }
}

fn empty(log: &KnownLog, url: &str) -> Result<Standing, Problem> {
    let note = patiently(|| log.client.checkpoint()).map_err(|error| no_answer(&error))?;
    let head = judge(log, &note)?;
    if head.size() != 0 || head.root() != EMPTY_ROOT {
        return Err(garbage(format!("{} does not exist, and the log is not empty", visible(url))));
    }
    Ok(Standing { claim: None, name: None })
}

fn judge(log: &KnownLog, note: &[u8]) -> Result<Head, Problem> {
    let trusted = &log.trusted;
    Head::judge(note, trusted.policy(), trusted.origin().as_str(), time::now().0).map_err(|error| {
        let (exit, code) = match &error {
            HeadError::Unreadable(_) => (Exit::Undetermined, "LOG_GARBAGE"),
            HeadError::Quorum { .. } => (Exit::Refused, "WITNESS_QUORUM"),
            _ => (Exit::Refused, "LOG_UNTRUSTED"),
        };
        Problem::new(
            exit,
            code,
            format!("the head of {} does not count: {}", trusted.origin(), visible(&error.to_string())),
            "nothing was signed; ask the log's operator, or look at the key and the witnesses that you name",
        )
    })
}

/// Whether a key may release the name in the claim in force, by the claim's newest keyset as the log gives it.
///
/// The bundle is verified later, with every keyset; this only says early what would be refused.
///
/// # Errors
/// The log does not answer, or the key is not one of the claim's.
pub(crate) fn check_key(
    log: &KnownLog,
    claim: &Claim,
    name: &RegistryName,
    key: &PublicKey,
) -> Result<(), Problem> {
    let namespace = name.namespace();
    let answer = patiently(|| log.client.keysets(namespace.as_str())).map_err(|error| no_answer(&error))?;
    let newest = newest_keyset(&answer).ok_or_else(|| {
        garbage(format!("the log's answer about the keysets of {} is unusable", namespace.as_str()))
    })?;
    let may = newest.keys_of(Role::Release).any(|one| one == key) || newest.delegate_of(name) == Some(key);
    if newest.claim() == claim.id && may {
        return Ok(());
    }
    Err(Problem::new(
        Exit::Refused,
        "KEY_NOT_IN_CLAIM",
        format!(
            "{} is claimed in {} by another key than this one (key id {}; claim {})",
            namespace.as_str(),
            log.origin(),
            key.id(),
            claim.id
        ),
        "name the key that made the claim with `--key FILE`; if the claim is not yours, somebody else holds the namespace",
    ))
}

/// The newest keyset of the list, in which withdrawals of keys stand too.
fn newest_keyset(answer: &[u8]) -> Option<Keyset> {
    let document = json::read_canonical(answer, &KEYSETS).ok()?;
    let elements = document.get("keysets")?.as_array()?;
    elements.iter().rev().find_map(|element| {
        let entry = Entry::from_value(element.get("entry")?, answer).ok()?;
        match entry.payload() {
            Payload::Keyset(keyset) => Some(Keyset::clone(keyset)),
            _ => None,
        }
    })
}
