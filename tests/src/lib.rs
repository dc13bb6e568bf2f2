//! Support for tests of the built programs: homes, terminals, a scripted client and a scripted server.
//!
//! Nothing here knows how Pinfold is built inside. It starts the programs as a person or a client would, and looks at
//! what comes out. A test reads like this:
//!
//! ```no_run
//! use pinfold_tests::{scenario::{Scenario, tool}, stage::Stage};
//!
//! let stage = Stage::new(&Scenario::of_tools(&[tool("look", "Look at one thing.")]));
//! stage.approve();
//! let mut client = stage.session();
//! assert_eq!(client.names("tools/list"), ["look"]);
//! ```
//!
//! Every helper panics with what it saw when it does not get what it waits for: these are tests.

pub mod answer;
pub mod binary;
pub mod client;
pub mod configs;
pub mod disk;
pub mod expect;
pub mod go;
pub mod home;
pub mod in_the_way;
pub mod log;
pub mod page;
pub mod raw;
pub mod scenario;
pub mod sdk;
pub mod stage;
pub mod terminal;

use std::time::Duration;

/// How long a helper waits for an answer before it fails the test. Generous, because test machines are slow and
/// shared; a test about a time limit measures for itself.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Says loudly that something which a test needs is not there.
///
/// # Panics
/// Where `CI` is `true`: there everything must be.
pub fn absent(what: &str, told: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "missing: {what}: {told}");
    eprintln!("SKIPPED: missing: {what}: {told}");
}
