//! Which published update passes without a question.
//!
//! Source: `spec/updates.md`. A verified release, what a person approved under a label, and the person's policy in; for
//! every object of the release an outcome out. This is, with locks, the one thing in a policy that lets something
//! through: so a rule that cannot be judged is a rule that failed, and what is not known to add nothing adds power.
//!
//! The decision looks at what was signed, never at what is listed: a listing is compared with the [`Plan`] by digest
//! ([`crate::listing::Passing`]).

mod change;
mod outcome;
mod plan;
mod schema;
mod standing;
mod version;

pub use outcome::{AddedPower, Asked, Outcome, ReleaseRule};
pub use plan::{Plan, Terms, plan};
pub use version::version_order;
