//! Launches: how a server is started, as it is pinned beside the server's words.
//!
//! Source: `spec/launch.md`, whose closed lists stand here as tables. Everything in this module is a function of its
//! arguments; looking up programs, reading their files and building the environment is the caller's work.
//!
//! No record and no description holds a secret: [`mask_arguments`] and [`pin_variable`] take secrets in and give none
//! out. [`EnvCommand`] is a step on the way to what is run, and the only type here that keeps them.

mod arguments;
mod bridge;
mod compare;
mod credential;
mod declared;
mod describe;
mod env_command;
mod file_hash;
mod interpreter;
pub mod limits;
mod loader;
mod mask;
mod path_list;
mod portable;
mod read;
mod record;
mod relative;
mod scan;
mod shape;
mod shebang;
#[cfg(test)]
mod spec_lists;
mod token;

pub use arguments::mask_arguments;
pub use bridge::{Bridge, bridge};
pub use compare::{Difference, LaunchDifference, headline};
pub use credential::{looks_like_credential, option_holds_secret};
pub use declared::{NameFault, variable_name};
pub use describe::{DescribedVariable, Description};
pub use env_command::{EnvCommand, EnvRefusal, parse_env_arguments, split_env_string};
pub use file_hash::FileHash;
pub use interpreter::{is_launcher, program_name};
pub use loader::loader_variable;
pub use mask::{Masked, Piece, mask_text};
pub use path_list::{PathMemberFault, path_member_fault};
pub use portable::{PortableDifference, PortableLaunch};
pub use read::LaunchError;
pub use record::{EnvPin, LAUNCH_FORMAT, Launch, ProgramFile, pin_variable};
pub use relative::{RelativeName, Role, relative_names};
pub use shape::{ValueShape, value_shape};
pub use shebang::{Shebang, ShebangRefusal, parse_shebang};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_lists_are_those_of_the_specification() {
        let lists = [
            bridge::LISTS,
            credential::LISTS,
            loader::LISTS,
            relative::LISTS,
            scan::LISTS,
            shape::LISTS,
            token::LISTS,
        ];
        let mut known = std::collections::BTreeSet::from(["launchers", "projects"]);
        for (name, words) in lists.into_iter().flatten() {
            spec_lists::assert_same(name, words.iter().copied());
            known.insert(name);
        }
        spec_lists::assert_same("launchers", interpreter::all_names());
        assert_eq!(spec_lists::body("projects"), relative::projects());
        assert_eq!(spec_lists::names(), known);
    }
}
