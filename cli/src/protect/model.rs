//! What becomes of every entry that was found.

use std::path::PathBuf;

use pinfold_clients::{Client, NotProtected, Place, Position, Recognised, Scope};
use pinfold_core::name::Label;

use crate::launch::{Entry, ResolvedLaunch, Surroundings};

/// An entry of a file that is put behind the gate.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// Index into [`Files::read`].
    pub(crate) file: usize,
    pub(crate) client: Client,
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) env_names: Vec<String>,
    pub(crate) change: Change,
}

/// What is done about an entry's wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It gets one.
    Wrap,
    /// The one that it has is written anew.
    Rewrap,
    /// It has the one that it should have.
    Nothing,
}

/// A server: everything that has one launch, and so one label.
pub(crate) struct Server {
    pub(crate) label: Label,
    /// The label that its key would be, where another launch is approved under that.
    pub(crate) beside: Option<Label>,
    pub(crate) spots: Vec<Spot>,
    pub(crate) start: Start,
    pub(crate) recognised: Option<Recognised>,
    /// The launch as `run` would ask about it; `None` where it is not known before the client has started it.
    pub(crate) resolved: Option<Box<ResolvedLaunch>>,
    pub(crate) entry: Entry,
    pub(crate) around: Surroundings,
}

/// Whether a server is started to hear its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// It is.
    Now,
    /// Its launch is approved already.
    Known,
    /// It is put behind the gate and its first start asks.
    Later(Later),
}

/// Why a server is not started now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Later {
    /// The client does not start it either.
    #[error("it is switched off in the client")]
    Disabled,
    /// Only the client knows what to put there.
    #[error("the client fills in a part of its entry")]
    Placeholder,
    /// Only the client reads that file.
    #[error("the client takes variables from a file")]
    EnvFile,
    /// It is not the person's own file.
    #[error("it stands in a file of the project")]
    Project,
    /// The same entry means another thing in each folder.
    #[error("what it names depends on the folder in which the client starts it")]
    Folder,
    /// A person said no to exactly this launch.
    #[error("you rejected this launch before")]
    Rejected,
    /// Its entry says something else than its wrapper, which makes it another launch.
    #[error("its wrapper is written anew; the launch is not approved and is asked about at its next start")]
    Rewrap,
}

/// An entry that stays as it is.
pub(crate) struct Left {
    pub(crate) client: Client,
    pub(crate) path: PathBuf,
    pub(crate) scope: Scope,
    pub(crate) key: String,
    pub(crate) position: Option<Position>,
    pub(crate) recognised: Option<Recognised>,
    pub(crate) why: Why,
}

/// Why an entry is not protected.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    /// Its kind.
    Kind(NotProtected),
    /// Under this key no client looks; the second one is where it does.
    Key(String, String),
    /// It cannot be put behind the gate so that it comes back exactly.
    Edit(String),
    /// Its command, which is named, leads to no program here: how.
    Command(String, &'static str),
    /// It looks wrapped, and what it starts is a program that others can replace.
    Program,
    /// It is of a project, and this variable that it sets loads code into the gate itself.
    LoadsIntoGate(String),
    /// It was started and did not get as far as its words.
    Silent {
        /// Stable name.
        code: String,
        /// In our words.
        words: String,
    },
    /// The registry says that nobody published it. Whoever does owns the machine.
    UnknownPackage,
    /// An administrator's file is the only one that its client reads.
    Exclusive,
    /// An administrator's list names the command as it is, so its client would drop it.
    Administrator,
    /// A person said no to it on the page.
    Refused,
}

/// An entry that is behind the gate already.
pub(crate) struct Wrapped {
    pub(crate) client: Client,
    pub(crate) path: PathBuf,
    pub(crate) scope: Scope,
    pub(crate) place: String,
    pub(crate) label: String,
}

/// What becomes of everything that was found.
pub(crate) struct Plan {
    pub(crate) servers: Vec<Server>,
    pub(crate) left: Vec<Left>,
    pub(crate) wrapped: Vec<Wrapped>,
}
