//! The newest release of a name, out of the log that is trusted for its namespace.

use std::path::Path;

use pinfold_core::pins::LabelPins;
use pinfold_core::registry_name::RegistryName;
use pinfold_store::Places;

use super::{Published, Source, judge, trusted_origin};
use crate::commands::log::look_up;
use crate::exit::Exit;
use crate::known_log::of_trust;
use crate::output::{Output, Problem};
use crate::publishing::logged_release;
use crate::trust_file;

/// Asks the log of a namespace for the newest release of a name, and judges it for a label; `None`: the log proves that
/// the claim in force has released nothing of this name.
///
/// # Errors
/// Nobody is trusted for the name; the log gives no answer, or one that is refused.
pub(crate) fn from_log(
    name: &RegistryName,
    pins: Option<&LabelPins>,
    places: &Places,
    output: &mut Output<'_>,
) -> Result<Option<Published>, Problem> {
    let trust = trust_file::own(places).map_err(|fault| fault.problem())?;
    let publisher = pins.and_then(LabelPins::publisher).filter(|known| known.name.lower() == name.lower());
    let origin = match publisher {
        Some(publisher) => publisher.origin.clone(),
        None => trusted_origin(&trust, name)?,
    };
    let log = trust.trust.log(&origin).ok_or_else(|| {
        Problem::new(
            Exit::Refused,
            "LOG_UNTRUSTED",
            format!("the log {origin} of this publisher is not one that you trust any more"),
            "put its section back into ~/.config/pinfold/trust.toml, or trust it anew by `pinfold policy trust`",
        )
    })?;
    let log = of_trust(log)?;
    let Some((_, index)) = look_up(&log, name, output)? else { return Ok(None) };
    let Some(state) = index.current_name() else { return Ok(None) };
    let release = logged_release(&log, name, state.value.newest.index)?;
    let Some(manifest) = &release.manifest else {
        return Err(Problem::new(
            Exit::Undetermined,
            "MANIFEST_ABSENT",
            format!(
                "{origin} does not have the words of release {} of {name} any more",
                release.statement.sequence
            ),
            "get the bundle from the publisher, and give it with `--bundle FILE`",
        ));
    };
    let bundle = release.parts.with_manifest(manifest.as_bytes());
    judge(&bundle, Source::Log, Path::new("FILE"), Some(name), pins, places, output).map(Some)
}
