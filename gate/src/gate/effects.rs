//! What comes out of the gate.

use std::collections::BTreeSet;
use std::sync::Arc;

use pinfold_core::answer::Answer;
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::pins::Ask;
use pinfold_core::reason::ReasonCode;

use super::recall::ClientQuestion;
use crate::guardian::ServerExit;

/// Something that the gate wants done. Effects are carried out in the order in which they were given.
#[derive(Debug)]
pub enum Effect {
    /// A whole line, with its newline, for the client.
    ToClient(Vec<u8>),
    /// A whole line, with its newline, for the server.
    ToServer(Vec<u8>),
    /// The server is to be started, after its launch was checked again.
    StartServer,
    /// The server's process tree is to be ended, while the session with the client goes on.
    EndServer,
    /// The gate's work is over.
    End(Ending),
    /// Something to be written down or shown.
    Report(Report),
}

/// Why a gate's work is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client ended the session.
    ClientLeft,
    /// The server's process ended by itself.
    ServerEnded {
        /// How.
        exit: ServerExit,
        /// It had not completed the handshake.
        early: bool,
    },
    /// The server did not complete the handshake in time.
    ServerSilent,
    /// The server wrote a line longer than any that is read.
    ServerLineTooLong,
    /// Too much waited for a side that does not read.
    NobodyReads,
    /// The guardian of the server was killed.
    GuardianGone,
    /// A signal asked us to end.
    Asked,
}

/// Something that the gate saw. None of it approves anything.
#[derive(Debug)]
pub enum Report {
    /// Nothing was started: the launch waits for a person.
    WaitsForLaunch,
    /// The client said who it is.
    ClientNamed(String),
    /// The server's program could not be run: the operating system's error number.
    NotStarted(i32),
    /// The server's guardian could not be started, in words.
    GuardianNotStarted(String),
    /// The client was answered from the pins. The server was not verified yet, or is not started.
    AnsweredFromPins,
    /// The server is about to be started.
    Starting,
    /// The server was not verified, and the client goes on with what it was answered from the pins.
    StartFailed(ReasonCode),
    /// What the server answered to the client's question, to be remembered.
    Answered {
        /// The client's part of the question.
        question: ClientQuestion,
        /// The answer.
        answer: Answer,
        /// What of it passed by its own digest, as the server writes it.
        spelled: Vec<(ObjectKind, Digest, Arc<[u8]>)>,
        /// Names that it lacks and that nobody would be offered: they were held.
        unoffered: BTreeSet<(ObjectKind, String)>,
        /// The session ends, and it stood until then.
        at_the_end: bool,
    },
    /// The server answers this question in another way than it is remembered.
    AnswerVoid(ClientQuestion),
    /// The server completed its handshake.
    ServerGreeted,
    /// What became of a listing, or of a part of the handshake.
    Seen {
        /// Which.
        kind: ObjectKind,
        /// What of it is held, in its order.
        held: Vec<ReportedObject>,
        /// The names that pass.
        passing: Vec<String>,
        /// The names of a published update that wait without a question.
        unseen: Vec<String>,
    },
    /// Approved names that are not in the listing, and were not said to be missing yet.
    Missing(ObjectKind, Vec<String>),
    /// The server's handshake breaks a rule, so the server is held.
    HandshakeRefused(ReasonCode),
    /// A whole listing is held, because nothing of it can be judged.
    ListingRefused(ObjectKind, ReasonCode),
    /// The server did not give a listing: it answered with an error, or not in time. The next request for it asks again.
    ListingFailed(ObjectKind, ReasonCode),
    /// The server asked its client for something that only a person can allow.
    Asked(Ask),
    /// A call was not made because the person's policy wants a yes for its tool first.
    ConfirmNeeded,
    /// The server is held as a whole for this reason, or (`None`) neither it nor a whole listing of it is, or is any more:
    /// said when everything was looked at for the first time, and at each change.
    WholeHold(Option<ReasonCode>),
    /// Everything that the server says about itself was looked at for the first time since it was started.
    Settled {
        /// Something that is approved fits the connection only after the client reconnects.
        needs_reconnect: bool,
        /// How many objects are held.
        held: usize,
    },
    /// The beginning of a line of the server that is no message; empty after the first [`super::MAX_JUNK_TOLD`].
    Junk(Vec<u8>),
    /// A line of so many bytes that is a message and breaks a rule, or that broke off at the end of the server's output.
    /// It can hold what a session carries, so nothing of it is told.
    Broken {
        /// Its length.
        bytes: usize,
        /// Why it was dropped.
        reason: ReasonCode,
    },
    /// A message that was dropped: not allowed, or not expected.
    Dropped,
    /// The server's process ended by itself.
    ServerEnded {
        /// How.
        exit: ServerExit,
        /// It had not completed the handshake.
        early: bool,
    },
    /// Nothing more will be reported.
    SessionOver,
}

/// An object that is held, as the store keeps it.
#[derive(Debug, Clone)]
pub struct ReportedObject {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name; the server's own text.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// It, as received.
    pub bytes: Arc<[u8]>,
    /// Why it is held.
    pub reason: ReasonCode,
    /// Where in it, as a JSON Pointer.
    pub pointer: String,
    /// The approved digest that it was compared with.
    pub compared_with: Option<Digest>,
    /// The surface rule that it breaks, in our words.
    pub fault: Option<String>,
}
