//! Resolving a command in the real world: which files it comes down to, which environment it gets, and whether that is
//! the launch that was approved.
//!
//! Source: `spec/launch.md`. The rules are pure and stand in `pinfold_core::launch`; here are the files, the folder and
//! the environment. Nothing here starts a program.

mod check_again;
mod entry;
mod environment;
mod file;
mod find;
mod folder;
mod program;
mod resolve;
mod trust;

pub use check_again::{StartRefusal, check_again};
pub use entry::{Entry, EntryError, Surroundings};
pub use environment::{Withheld, WithheldWhy};
pub use file::{DigestCache, FileFault, MemoryDigests, StoreDigests, hash_file};
pub use program::ResolveError;
pub use resolve::{ExecPlan, PathNow, PinnedStart, ResolvedLaunch, ShownValue, resolve, resolve_pinned};
pub use trust::{InterpreterFile, InterpreterStanding, trusted_place};
