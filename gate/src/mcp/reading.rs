//! From a framed message to an event.

use std::borrow::Cow;

use pinfold_core::digest::ObjectKind;
use pinfold_core::framing::{Frame, FrameKind, Id, IdKey, Raw};

use super::methods::{self, ClientNote, Request, ServerNote};
use super::{ClientSays, Hello, Question, ServerSays};

/// The longest protocol version that is read; real ones have ten characters.
const MAX_VERSION_BYTES: usize = 32;

/// The longest name of a client that is kept for people.
const MAX_CLIENT_NAME_CHARS: usize = 64;

/// An event with what every message may carry.
#[derive(Debug)]
pub(crate) struct Message<'a, Says> {
    /// The id of a question or of an answer.
    pub(crate) id: Option<Id<'a>>,
    /// The token under which progress on this question may be reported.
    pub(crate) token: Option<IdKey>,
    /// What is said.
    pub(crate) says: Says,
}

/// Reads a client's message.
pub(crate) fn read_client<'a>(frame: &Frame<'a>) -> Message<'a, ClientSays<'a>> {
    match &frame.kind {
        FrameKind::Request { id, method, params } => {
            let params = members(params.as_ref());
            let token = progress_token(&params);
            let says = match methods::client_request(method) {
                Some(Request::Hello) => hello(&params).map_or(
                    ClientSays::Asks(Question::Malformed(
                        "initialize needs protocolVersion and capabilities",
                    )),
                    ClientSays::Hello,
                ),
                Some(request) => ClientSays::Asks(question(request, &params)),
                None => ClientSays::Asks(Question::Unknown),
            };
            Message { id: Some(id.clone()), token, says }
        }
        FrameKind::Notification { method, params } => {
            let params = members(params.as_ref());
            let says = match methods::client_note(method) {
                Some(ClientNote::Ready) => ClientSays::Ready,
                Some(ClientNote::Cancelled) => {
                    id_member(&params, "requestId").map_or(ClientSays::Unknown, ClientSays::Cancels)
                }
                Some(ClientNote::Progress) => {
                    id_member(&params, "progressToken").map_or(ClientSays::Unknown, ClientSays::Progress)
                }
                Some(ClientNote::Pass) => ClientSays::Tells,
                None => ClientSays::Unknown,
            };
            Message { id: None, token: None, says }
        }
        FrameKind::Result { id, .. } => {
            Message { id: Some(id.clone()), token: None, says: ClientSays::Answers }
        }
        FrameKind::Error { id, .. } => Message { id: id.clone(), token: None, says: ClientSays::Answers },
    }
}

/// Reads a server's message.
pub(crate) fn read_server<'a>(frame: &Frame<'a>) -> Message<'a, ServerSays> {
    match &frame.kind {
        FrameKind::Request { id, method, params } => Message {
            id: Some(id.clone()),
            token: progress_token(&members(params.as_ref())),
            says: ServerSays::Asks(methods::server_request(method)),
        },
        FrameKind::Notification { method, params } => {
            let says = match methods::server_note(method) {
                Some(ServerNote::Progress) => id_member(&members(params.as_ref()), "progressToken")
                    .map_or(ServerSays::Unknown, ServerSays::Progress),
                Some(ServerNote::Cancelled) => id_member(&members(params.as_ref()), "requestId")
                    .map_or(ServerSays::Unknown, ServerSays::Cancels),
                Some(ServerNote::ListChanged(kind)) => ServerSays::ListChanged(kind),
                Some(ServerNote::Pass) => ServerSays::Tells,
                None => ServerSays::Unknown,
            };
            Message { id: None, token: None, says }
        }
        FrameKind::Result { id, .. } => {
            Message { id: Some(id.clone()), token: None, says: ServerSays::Answers }
        }
        FrameKind::Error { id, .. } => Message { id: id.clone(), token: None, says: ServerSays::Answers },
    }
}

/// The members of an object, or none: absent parameters and parameters that are no object ask for nothing.
pub(crate) fn members_of<'a>(raw: &Raw<'a>) -> Vec<(Cow<'a, str>, Raw<'a>)> {
    raw.members().unwrap_or_default()
}

/// A member that is a string, decoded.
fn string_member<'a>(members: &[(Cow<'a, str>, Raw<'a>)], name: &str) -> Option<Cow<'a, str>> {
    member(members, name)?.as_string()
}

fn members<'a>(params: Option<&Raw<'a>>) -> Vec<(Cow<'a, str>, Raw<'a>)> {
    params.map(members_of).unwrap_or_default()
}

fn member<'m, 'a>(members: &'m [(Cow<'a, str>, Raw<'a>)], name: &str) -> Option<&'m Raw<'a>> {
    members.iter().find(|(key, _)| key == name).map(|(_, raw)| raw)
}

fn question<'a>(request: Request, params: &[(Cow<'a, str>, Raw<'a>)]) -> Question<'a> {
    match request {
        Request::Ping => Question::Ping,
        Request::Data => Question::Data,
        Request::Resources => Question::Resources,
        Request::List(kind) => match member(params, "cursor").filter(|cursor| !cursor.is_null()) {
            None => Question::List(kind, None),
            Some(cursor) => {
                cursor.as_string().map_or(Question::Malformed("cursor must be a string"), |cursor| {
                    Question::List(kind, Some(cursor))
                })
            }
        },
        Request::Call => match string_member(params, "name") {
            None => Question::Malformed("tools/call needs the tool's name"),
            Some(name) => Question::Call {
                name,
                arguments: member(params, "arguments").filter(|raw| !raw.is_null()).map(|raw| raw.bytes()),
            },
        },
        Request::Prompt => string_member(params, "name")
            .map_or(Question::Malformed("prompts/get needs the prompt's name"), Question::Prompt),
        Request::Complete => completion(params)
            .unwrap_or(Question::Malformed("completion/complete needs a ref to a prompt or to a resource")),
        Request::Hello => Question::Malformed("initialize needs protocolVersion and capabilities"),
    }
}

fn completion<'a>(params: &[(Cow<'a, str>, Raw<'a>)]) -> Option<Question<'a>> {
    let reference = members_of(member(params, "ref")?);
    match &*string_member(&reference, "type")? {
        "ref/prompt" => Some(Question::Complete(ObjectKind::Prompt, string_member(&reference, "name")?)),
        "ref/resource" => {
            Some(Question::Complete(ObjectKind::ResourceTemplate, string_member(&reference, "uri")?))
        }
        _ => None,
    }
}

fn hello(params: &[(Cow<'_, str>, Raw<'_>)]) -> Option<Hello> {
    let version = string_member(params, "protocolVersion")?;
    let capabilities = member(params, "capabilities")?;
    capabilities.members().ok()?;
    let info = member(params, "clientInfo");
    let name = info.and_then(|info| string_member(&members_of(info), "name")).unwrap_or_default();
    (version.len() <= MAX_VERSION_BYTES).then(|| Hello {
        version: version.into_owned(),
        capabilities: capabilities.bytes().to_vec(),
        info: info
            .map_or_else(|| br#"{"name":"unknown","version":""}"#.to_vec(), |info| info.bytes().to_vec()),
        name: name.chars().take(MAX_CLIENT_NAME_CHARS).collect(),
    })
}

/// `params._meta.progressToken`, if it is a string or an integer.
fn progress_token(params: &[(Cow<'_, str>, Raw<'_>)]) -> Option<IdKey> {
    id_member(&members_of(member(params, "_meta")?), "progressToken")
}

fn id_member(members: &[(Cow<'_, str>, Raw<'_>)], name: &str) -> Option<IdKey> {
    let raw = member(members, name)?;
    match raw.as_string() {
        Some(text) => Some(IdKey::Text(text.into_owned())),
        None if is_integer(raw.text()) => Some(IdKey::Integer(raw.text().to_owned())),
        None => None,
    }
}

fn is_integer(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
