//! Launches: how a server is started, as it is pinned beside the server's words.
//!
//! Source: `spec/launch.md`, whose closed lists stand here as tables. Everything in this module is a function of its
//! arguments; looking up programs, reading their files and building the environment is the caller's work.
//!
//! No type of this module holds a secret: [`mask_arguments`] and [`pin_variable`] take secrets in and give none out.

mod arguments;
mod bridge;
mod compare;
mod credential;
mod describe;
mod env_command;
mod file_hash;
mod interpreter;
pub mod limits;
mod loader;
mod mask;
mod path_list;
mod read;
mod record;
mod relative;
mod scan;
mod shape;
mod shebang;
mod token;

pub use arguments::mask_arguments;
pub use bridge::{Bridge, bridge};
pub use compare::{Difference, LaunchDifference, headline};
pub use credential::{looks_like_credential, option_holds_secret};
pub use describe::{DescribedVariable, Description};
pub use env_command::{EnvCommand, EnvRefusal, parse_env_arguments, split_env_string};
pub use file_hash::FileHash;
pub use interpreter::{is_launcher, program_name};
pub use loader::loader_variable;
pub use mask::{Masked, Piece, mask_text};
pub use path_list::{PathMemberFault, path_member_fault};
pub use read::LaunchError;
pub use record::{EnvPin, LAUNCH_FORMAT, Launch, ProgramFile, pin_variable};
pub use relative::{RelativeName, Role, relative_names};
pub use shape::{ValueShape, value_shape};
pub use shebang::{Shebang, ShebangRefusal, parse_shebang};
