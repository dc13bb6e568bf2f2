//! Policies: the one that a log without witnesses states, and a witness policy that an operator gives.

use std::path::Path;

use pinfold_core::note::VerifierKey;
use pinfold_core::text::visible_path;
use pinfold_core::tlog_policy::TlogPolicy;
use pinfold_log_client::BaseUrl;
use pinfold_service::{Problem, read_file};

use crate::limits::MAX_POLICY_BYTES;

/// The policy of a log without witnesses, as `init` prints it and `serve` states it.
pub(crate) fn without_witnesses(vkey: &str, url: Option<&str>) -> String {
    format!("{}\nquorum none\n", log_line(vkey, url))
}

/// The line of a policy by which a log is known: its verifier key, and where it answers if it says so.
pub(crate) fn log_line(vkey: &str, url: Option<&str>) -> String {
    let url = url.map(|url| format!(" {url}")).unwrap_or_default();
    format!("log {vkey}{url}")
}

/// Reads a witness policy and checks that this log can work by it.
///
/// # Errors
/// Exit status 2: the file says something that cannot be meant; 3: it cannot be read.
pub(crate) fn of_file(path: &Path, key: &VerifierKey) -> Result<(TlogPolicy, Vec<u8>), Problem> {
    let shown = visible_path(path);
    let bytes = read_file(path, MAX_POLICY_BYTES).map_err(|error| {
        let message = format!("{shown} cannot be read: {error}");
        Problem::undetermined(
            "POLICY_UNREADABLE",
            message,
            "give the tlog-policy file of this log's witnesses",
        )
    })?;
    let meaning = |what: String| {
        Problem::usage(format!("{shown}: {what}"), "`pinfold-log serve --help` says what the file must hold")
    };
    let policy = TlogPolicy::parse(&bytes).map_err(|error| meaning(error.to_string()))?;
    if !policy.logs().iter().any(|log| log.key == *key) {
        return Err(meaning(format!("no `log` line has this log's key, {key}")));
    }
    for witness in policy.witnesses() {
        let name = &witness.name;
        let Some(url) = &witness.url else {
            return Err(meaning(format!("witness {name} has no URL, so it cannot be asked")));
        };
        url.parse::<BaseUrl>().map_err(|error| meaning(format!("witness {name}: {error}")))?;
    }
    Ok((policy, bytes))
}
