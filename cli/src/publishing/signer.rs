//! Under which claim a release is signed, and the keyset that makes the claim where there is none.

use pinfold_core::digest::Digest;
use pinfold_core::entry::Entry;
use pinfold_core::keyset::Keyset;
use pinfold_core::registry_name::RegistryName;
use pinfold_core::signature::SigningKey;
use pinfold_core::text::visible;

use super::Standing;
use super::names::check_key;
use crate::exit::Exit;
use crate::known_log::KnownLog;
use crate::output::Problem;

/// The claim to sign under.
#[derive(Debug)]
pub(crate) struct Claiming {
    pub(crate) claim: Digest,
    /// Keyset 1, signed, where the namespace has no claim yet.
    pub(crate) keyset: Option<Entry>,
    /// How many claims the namespace had before.
    pub(crate) earlier: u64,
}

/// The claim in force, if this key may release in it; else the one that this key would make.
///
/// # Errors
/// The namespace is somebody else's, or the log does not answer.
pub(crate) fn claiming(
    log: &KnownLog,
    standing: &Standing,
    name: &RegistryName,
    key: &SigningKey,
) -> Result<Claiming, Problem> {
    if let Some(claim) = &standing.claim {
        check_key(log, claim, name, &key.public_key())?;
        return Ok(Claiming { claim: claim.id, keyset: None, earlier: claim.earlier });
    }
    let unusable = |why: String| {
        Problem::new(
            Exit::Refused,
            "KEYSET_INVALID",
            format!("no keyset can be made for {}: {}", name.namespace().as_str(), visible(&why)),
            "choose a shorter namespace",
        )
    };
    let keyset = Keyset::of_one_key(name.namespace(), log.origin().clone(), key.public_key())
        .map_err(|error| unusable(error.to_string()))?;
    let claim = keyset.claim();
    let entry = Entry::sign(keyset, &[key]).map_err(|error| unusable(error.to_string()))?;
    Ok(Claiming { claim, keyset: Some(entry), earlier: 0 })
}
