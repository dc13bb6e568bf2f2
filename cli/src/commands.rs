//! The verbs, one module each.

pub mod capture;
pub mod completions;
pub mod diff;
pub mod doctor;
pub mod key;
pub mod lock;
pub mod log;
pub mod policy;
pub mod protect;
pub mod publish;
pub mod review;
pub mod run;
pub mod sign;
pub mod status;
pub mod unprotect;
pub mod verify;
pub mod withdraw;

use pinfold_core::name::Label;

use crate::exit::Exit;
use crate::output::Problem;

/// A label from the command line.
pub(crate) fn parse_label(text: &str) -> Result<Label, Problem> {
    text.parse().map_err(|_| {
        Problem::new(
            Exit::Usage,
            "LABEL_INVALID",
            format!("`{}` is not a label", pinfold_core::text::visible(text)),
            "a label has 1 to 64 letters, digits, dots, underscores or hyphens",
        )
    })
}
