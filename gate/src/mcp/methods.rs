//! The methods of each era, in one table: what is not here is refused or dropped.

use pinfold_core::digest::ObjectKind;

/// The protocol versions of the era that begins with `initialize`, oldest first.
pub(crate) const INITIALIZE_ERA: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// What a gate that answers alone offers to a client that asks for an unknown version.
pub(crate) const NEWEST_OF_INITIALIZE_ERA: &str = "2025-11-25";

/// How a client's request is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Hello,
    Ping,
    List(ObjectKind),
    Call,
    Prompt,
    Complete,
    Resources,
    Data,
}

/// How a client's notification is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientNote {
    Ready,
    Cancelled,
    Progress,
    Pass,
}

/// How a server's notification is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerNote {
    Progress,
    Cancelled,
    ListChanged(Option<ObjectKind>),
    Pass,
}

/// A client's request in the era of `initialize`; `None`: the era does not have it.
pub(crate) fn client_request(method: &str) -> Option<Request> {
    Some(match method {
        "initialize" => Request::Hello,
        "ping" => Request::Ping,
        "tools/list" => Request::List(ObjectKind::Tool),
        "prompts/list" => Request::List(ObjectKind::Prompt),
        "resources/templates/list" => Request::List(ObjectKind::ResourceTemplate),
        "tools/call" => Request::Call,
        "prompts/get" => Request::Prompt,
        "completion/complete" => Request::Complete,
        "resources/list" => Request::Resources,
        "resources/read"
        | "resources/subscribe"
        | "resources/unsubscribe"
        | "logging/setLevel"
        | "tasks/get"
        | "tasks/result"
        | "tasks/list"
        | "tasks/cancel" => Request::Data,
        _ => return None,
    })
}

/// A client's notification in the era of `initialize`.
pub(crate) fn client_note(method: &str) -> Option<ClientNote> {
    Some(match method {
        "notifications/initialized" => ClientNote::Ready,
        "notifications/cancelled" => ClientNote::Cancelled,
        "notifications/progress" => ClientNote::Progress,
        "notifications/roots/list_changed" | "notifications/tasks/status" => ClientNote::Pass,
        _ => return None,
    })
}

/// A server's request in the era of `initialize`.
pub(crate) fn server_request(method: &str) -> super::ServerAsk {
    match method {
        "ping" => super::ServerAsk::Ping,
        "roots/list" => super::ServerAsk::Roots,
        "elicitation/create" => super::ServerAsk::Elicitation,
        "sampling/createMessage" => super::ServerAsk::Sampling,
        _ => super::ServerAsk::Unknown,
    }
}

/// A server's notification in the era of `initialize`.
pub(crate) fn server_note(method: &str) -> Option<ServerNote> {
    Some(match method {
        "notifications/progress" => ServerNote::Progress,
        "notifications/cancelled" => ServerNote::Cancelled,
        "notifications/tools/list_changed" => ServerNote::ListChanged(Some(ObjectKind::Tool)),
        "notifications/prompts/list_changed" => ServerNote::ListChanged(Some(ObjectKind::Prompt)),
        // One notification for resources and for their templates.
        "notifications/resources/list_changed" => ServerNote::ListChanged(Some(ObjectKind::ResourceTemplate)),
        "notifications/message"
        | "notifications/resources/updated"
        | "notifications/tasks/status"
        | "notifications/elicitation/complete" => ServerNote::Pass,
        _ => return None,
    })
}

/// The listing methods that are pinned, with the member of their result.
pub(crate) fn listing(kind: ObjectKind) -> (&'static str, &'static str) {
    match kind {
        ObjectKind::Tool => ("tools/list", "tools"),
        ObjectKind::Prompt => ("prompts/list", "prompts"),
        _ => ("resources/templates/list", "resourceTemplates"),
    }
}

/// The notification that says that a listing changed.
pub(crate) fn list_changed(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Tool => "notifications/tools/list_changed",
        ObjectKind::Prompt => "notifications/prompts/list_changed",
        _ => "notifications/resources/list_changed",
    }
}
