//! What the gate asks of whoever keeps the memory of answers, at the moment at which a client asks.

use std::sync::Arc;

use pinfold_core::answer::Answer;
use pinfold_core::pins::LabelPins;

use super::LaunchStanding;
use crate::mcp::Hello;

/// The client's part of a question; the launch and its variables are the keeper's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientQuestion {
    /// The protocol version that the client asks for.
    pub version: String,
    /// Its capabilities, a JSON object as received.
    pub capabilities: Vec<u8>,
}

impl ClientQuestion {
    pub(super) fn of(hello: &Hello) -> Self {
        Self { version: hello.version.clone(), capabilities: hello.capabilities.clone() }
    }
}

/// How things stand at the moment of the question.
#[derive(Debug, Clone)]
pub struct Recalled {
    /// What is decided about the label now.
    pub pins: Option<LabelPins>,
    /// Whether the launch may be carried out now: path and identity of every file were looked at again.
    pub launch: LaunchStanding,
    /// What was answered to this question last, if it is remembered.
    pub answer: Option<Answer>,
}

/// Looks at store and launch once more and recalls an answer; `None`: that cannot be said now, so the client waits for
/// the server.
pub type Recall = Arc<dyn Fn(&ClientQuestion) -> Option<Recalled> + Send + Sync>;
