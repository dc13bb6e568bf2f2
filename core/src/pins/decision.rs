//! The decisions that a person can take.

use crate::digest::{Digest, ObjectKind};
use crate::launch::Launch;
use crate::name::Label;
use crate::volatile::Rule;

use super::publisher::Publication;
use super::state::UnixSeconds;

/// One decision of a person. Decisions are the only thing that approves; everything else in a store is observation.
///
/// A value of this type is not checked: [`super::Pins::apply`] refuses one that makes no sense where it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// A launch may be started under a label.
    LaunchApproved {
        /// The local label; one label has one set of pins, whatever the case of its letters.
        label: Label,
        /// The launch as it was shown.
        launch: Launch,
        /// The approved launches that this one replaces, ascending. Empty: the first launch of the label, or *also*.
        replaces: Vec<Digest>,
    },
    /// A launch may not be started under a label.
    LaunchRejected {
        /// The local label.
        label: Label,
        /// The launch as it was shown.
        launch: Launch,
    },
    /// Words of a server may reach the client.
    SurfaceApproved {
        /// The local label.
        label: Label,
        /// The publisher's release that has all of these words; `None`: nobody but the person answers for them.
        claim: Option<Publication>,
        /// What is approved, in the order in which it was shown.
        objects: Vec<Approval>,
    },
    /// One digest may not reach the client under this name.
    ObjectRejected {
        /// The local label.
        label: Label,
        /// Kind of the object.
        kind: ObjectKind,
        /// Name of the object.
        name: String,
        /// Digest of the object as it was shown.
        digest: Digest,
    },
    /// The server may ask its client for something.
    AskApproved {
        /// The local label.
        label: Label,
        /// What the server may ask for.
        ask: Ask,
    },
    /// The server may not ask its client for something.
    AskRejected {
        /// The local label.
        label: Label,
        /// What the server may not ask for.
        ask: Ask,
    },
    /// The bytes of an interpreter or launcher are accepted, for every server that uses it.
    InterpreterAccepted {
        /// Absolute path of the interpreter.
        path: String,
        /// Plain SHA-256 of the file.
        digest: Digest,
    },
    /// Decisions are taken in a home folder that is not the account's.
    HomeAccepted {
        /// The home folder as the process was given it. For people; the marker binds the folder itself.
        home: String,
    },
    /// A store that failed against its marker was accepted.
    StoreAccepted {
        /// What was wrong.
        reason: TamperReason,
        /// How many decisions from the start of the chain were kept.
        kept: u64,
        /// What the marker knew at that moment; `None` if there was no readable marker.
        marker: Option<MarkerPoint>,
    },
    /// A tool that the person's policy wants confirmed may be called for a while.
    CallAllowed {
        /// The local label.
        label: Label,
        /// Name of the tool.
        tool: String,
        /// When that is over, at most [`super::MAX_ALLOWED_SECONDS`] after the decision. A later decision about the
        /// tool takes the place of this one, also with an earlier end.
        until: UnixSeconds,
    },
    /// The pins of a label are dropped. What was rejected stays rejected.
    LabelForgotten {
        /// The local label.
        label: Label,
    },
}

/// One object that is approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// Name of the object (the URI template of a resource template).
    pub name: String,
    /// Digest of the object as received.
    pub digest: Digest,
    /// The digest that it was compared with and that it retires. `None`: a new name, or *also*.
    pub replaces: Option<Digest>,
    /// What may vary in the object, sorted by pointer and span; empty: nothing. They hold for this digest alone.
    pub rules: Vec<Rule>,
}

/// What a server may ask of its client only if a person approved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// `sampling/createMessage`.
    Sampling,
}

impl Ask {
    /// All asks.
    pub const ALL: [Ask; 1] = [Ask::Sampling];

    /// The name in decisions and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Ask::Sampling => "sampling",
        }
    }
}

/// Why a store failed against its marker (spec/store.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TamperReason {
    /// The chain does not add up, or it does not pass through the head that the marker knows.
    Edited,
    /// The chain is a true beginning of the chain that the marker knows.
    Older,
    /// The store is not the one that the marker knows, or no marker knows it.
    Other,
    /// The marker knows a store and there is none.
    Absent,
    /// Store or marker cannot be read.
    Unreadable,
}

impl TamperReason {
    /// All reasons.
    pub const ALL: [TamperReason; 5] = [
        TamperReason::Edited,
        TamperReason::Older,
        TamperReason::Other,
        TamperReason::Absent,
        TamperReason::Unreadable,
    ];

    /// The name in decisions and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            TamperReason::Edited => "edited",
            TamperReason::Older => "older",
            TamperReason::Other => "other",
            TamperReason::Absent => "absent",
            TamperReason::Unreadable => "unreadable",
        }
    }
}

/// A point of a chain that a marker knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkerPoint {
    /// Number of decisions.
    pub counter: u64,
    /// Hash of the last of them.
    pub head: Digest,
}
