//! The arguments of a call of a released tool.

use super::{ArgumentCheck, ArgumentFault, NotEnforced};
use crate::listing::VerifiedObject;

/// The check of all calls of one released tool: by what a person approved, and, where the approved words of a published
/// update are kept, by the published object too, which may take less.
///
/// Source: `spec/decision.md`, Arguments, and `spec/updates.md`, What passes.
pub struct CallCheck {
    approved: ArgumentCheck,
    published: Option<ArgumentCheck>,
}

impl CallCheck {
    /// Compiles the check, and says what of the approved schema it does not enforce.
    pub fn of(tool: &VerifiedObject) -> (Self, Vec<NotEnforced>) {
        let (check, not_enforced) = ArgumentCheck::compile(tool.pinned_bytes());
        let approved = if tool.is_closed() { check.closed(tool.pinned_bytes()) } else { check };
        let published = tool.keeps_words().then(|| ArgumentCheck::compile(tool.received_bytes()).0);
        (Self { approved, published }, not_enforced)
    }

    /// Checks the arguments of one call, as [`ArgumentCheck::check`] does.
    ///
    /// # Errors
    /// The first thing that does not fit what is approved. What does not fit the published object has no place, because
    /// that could be a name which nobody approved.
    pub fn check(&self, arguments: Option<&[u8]>) -> Result<(), ArgumentFault> {
        self.approved.check(arguments)?;
        let fits = self.published.as_ref().is_none_or(|check| check.check(arguments).is_ok());
        if fits { Ok(()) } else { Err(ArgumentFault::whole("arguments that the server's new version takes")) }
    }
}
