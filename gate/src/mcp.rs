//! What either side says, as one event type.
//!
//! The state machine of [`crate::gate`] decides on these and never on method names, eras or transports: an era's table
//! ([`methods`]) turns a framed message into an event. Lines and their framing belong to the pump.

pub(crate) mod capabilities;
pub(crate) mod methods;
mod reading;

use std::borrow::Cow;

use pinfold_core::digest::ObjectKind;
use pinfold_core::framing::IdKey;

pub(crate) use reading::{Message, members_of, read_client, read_server};

/// What a client says.
#[derive(Debug)]
pub(crate) enum ClientSays<'a> {
    /// The first message of a session: who asks, in which version, with which capabilities.
    Hello(Hello),
    /// The handshake is complete.
    Ready,
    /// A question with an id.
    Asks(Question<'a>),
    /// The answer to a question that the server asked.
    Answers,
    /// A question is withdrawn.
    Cancels(IdKey),
    /// Progress on a question that the server asked, under the server's token.
    Progress(IdKey),
    /// A notification that passes.
    Tells,
    /// A notification that this era does not have, or has no use for.
    Unknown,
}

/// What a client asks.
#[derive(Debug)]
pub(crate) enum Question<'a> {
    /// Is anybody there.
    Ping,
    /// A listing that is pinned; with the cursor's raw token.
    List(ObjectKind, Option<Cow<'a, str>>),
    /// A tool is to be called. `arguments` is the raw slice, if there is one and it is not null.
    Call {
        /// The tool.
        name: Cow<'a, str>,
        /// Its arguments as they stand in the message.
        arguments: Option<&'a [u8]>,
    },
    /// A prompt's text is wanted.
    Prompt(Cow<'a, str>),
    /// A completion for an argument of a prompt or of a template.
    Complete(ObjectKind, Cow<'a, str>),
    /// Data, which is not pinned: it passes once the server is verified.
    Data,
    /// The listing of resources, which is data too.
    Resources,
    /// A method that this era does not have.
    Unknown,
    /// A method of this era whose parameters are not what the method asks for.
    Malformed(&'static str),
}

/// A client's first message.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    /// The protocol version that it asks for.
    pub(crate) version: String,
    /// Its capabilities, raw.
    pub(crate) capabilities: Vec<u8>,
    /// Its own description of itself, raw.
    pub(crate) info: Vec<u8>,
    /// Its name, capped, for people.
    pub(crate) name: String,
}

/// What a server says.
#[derive(Debug)]
pub(crate) enum ServerSays {
    /// The answer to a question.
    Answers,
    /// A question to the client.
    Asks(ServerAsk),
    /// Progress under a client's token.
    Progress(IdKey),
    /// A listing of this kind is not what it was; `None`: of a kind that is not pinned.
    ListChanged(Option<ObjectKind>),
    /// A question to the client is withdrawn.
    Cancels(IdKey),
    /// A notification that passes once the server is verified.
    Tells,
    /// A notification that this era does not have.
    Unknown,
}

/// What a server may ask of its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerAsk {
    /// Is anybody there.
    Ping,
    /// The client's roots.
    Roots,
    /// A form or a page for the person.
    Elicitation,
    /// A turn of the client's model.
    Sampling,
    /// Anything else.
    Unknown,
}
