//! How a gate's end is said, and the exit status that goes with it.

use pinfold_core::name::Label;
use pinfold_gate::gate::Ending;

use crate::elsewhere;
use crate::exit::Exit;
use crate::output::Problem;

/// The problem that a gate ended with; `None`: the client ended the session.
pub(crate) fn ended(ending: Ending, label: &Label, withheld: &[String]) -> Option<Problem> {
    let problem = |code: &str, message: String, hint: String| {
        Some(Problem::new(Exit::Undetermined, code, message, hint))
    };
    let retry = || "start the client again; nothing was lost".to_owned();
    match ending {
        Ending::ClientLeft | Ending::Asked => None,
        Ending::ServerEnded { exit, early } => {
            let when = if early { " before it had completed the handshake" } else { "" };
            problem(
                "SERVER_ENDED",
                format!("the server of `{label}` {exit}{when}"),
                early_hint(label, early, withheld),
            )
        }
        Ending::ServerSilent => problem(
            "SERVER_SILENT",
            format!("the server of `{label}` did not complete the handshake in time"),
            format!("start its command by hand to see what it waits for; `pinfold status {label}` shows it"),
        ),
        Ending::ServerLineTooLong => problem(
            "LIMIT_LINE",
            format!("the server of `{label}` wrote a line of more than 64 MiB, which is not read"),
            "this is a limit of Pinfold; ask the server's author for smaller answers".to_owned(),
        ),
        Ending::NobodyReads => problem(
            "LIMIT_BYTES",
            format!("more than 256 MiB waited to be read by the client or by the server of `{label}`"),
            retry(),
        ),
        Ending::GuardianGone => problem(
            "START_FAILED",
            format!(
                "the process that watches over the server of `{label}` was killed, so the server was ended"
            ),
            retry(),
        ),
    }
}

/// A server that leaves at once often misses a variable, and those that were withheld are the first to look at.
fn early_hint(label: &Label, early: bool, withheld: &[String]) -> String {
    if early && !withheld.is_empty() {
        // Whoever wrote the entry chose these names.
        let withheld: Vec<String> = withheld.iter().map(|name| elsewhere::name(name)).collect();
        return format!(
            "variables that were withheld from it: {}; if it needs one, declare it in the client's entry with \
             `--env NAME`, or let it pass in `pinfold review {label}`",
            withheld.join(", ")
        );
    }
    "its own messages stand above; start the client again when it is mended".to_owned()
}
