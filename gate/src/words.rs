//! The gate's own words: fixed texts, and messages built from them.
//!
//! No text of a server and no name that a server chose is ever part of an answer that the gate gives by itself.

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{Value, canonical};
use pinfold_core::reason::ReasonCode;

use crate::mcp::methods;

/// The one tool that the gate adds, and only while something is held.
pub const NOTICE_TOOL: &str = "pinfold_notice";

/// JSON-RPC's own error codes.
pub(crate) mod code {
    pub(crate) const PARSE: i32 = -32700;
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    pub(crate) const METHOD_NOT_FOUND: i32 = -32601;
    pub(crate) const INVALID_PARAMS: i32 = -32602;
    pub(crate) const INTERNAL: i32 = -32603;
    /// Refused or held: in the range that JSON-RPC leaves to implementations, outside MCP's own.
    pub(crate) const HELD: i32 = -32050;
}

/// What a person is to do about something that is held.
pub(crate) fn remedy(label: Option<&str>) -> String {
    match label {
        Some(label) => format!("Ask the user to run `pinfold review {label}` in their own terminal."),
        None => "Ask the user to run `pinfold review` in their own terminal.".to_owned(),
    }
}

/// A string as a JSON token.
pub(crate) fn quoted(text: &str) -> Vec<u8> {
    canonical(&Value::string(text))
}

/// `{"jsonrpc":"2.0","id":ID,"result":RESULT}` as a line.
pub(crate) fn result_line(id: &[u8], result: &[u8]) -> Vec<u8> {
    [br#"{"jsonrpc":"2.0","id":"#, id, br#","result":"#, result, b"}\n"].concat()
}

/// An error answer as a line. `message` is one of our own texts. Without an id it answers what could not be read.
pub(crate) fn error_line(id: Option<&[u8]>, code: i32, message: &str, reason: Option<ReasonCode>) -> Vec<u8> {
    let data = reason.map_or_else(Vec::new, |reason| {
        [br#","data":{"pinfold/reason":"#, &quoted(reason.as_str())[..], b"}"].concat()
    });
    [
        br#"{"jsonrpc":"2.0","id":"#,
        id.unwrap_or(b"null"),
        br#","error":{"code":"#,
        code.to_string().as_bytes(),
        br#","message":"#,
        &quoted(message),
        &data,
        b"}}\n",
    ]
    .concat()
}

/// A request of our own to the server as a line.
pub(crate) fn request_line(id: &str, method: &str, params: &[u8]) -> Vec<u8> {
    [
        br#"{"jsonrpc":"2.0","id":"#,
        &quoted(id)[..],
        br#","method":"#,
        &quoted(method),
        br#","params":"#,
        params,
        b"}\n",
    ]
    .concat()
}

/// A notification without parameters as a line.
pub(crate) fn note_line(method: &str) -> Vec<u8> {
    [br#"{"jsonrpc":"2.0","method":"#, &quoted(method)[..], b"}\n"].concat()
}

/// The result of a call that is not made: `isError`, our words, the code and the label in `_meta`.
pub(crate) fn refused_call(label: &str, reason: ReasonCode, words: &str) -> Vec<u8> {
    [
        br#"{"content":[{"type":"text","text":"#,
        &quoted(words)[..],
        br#"}],"isError":true,"_meta":{"pinfold/reason":"#,
        &quoted(reason.as_str()),
        br#","pinfold/label":"#,
        &quoted(label),
        b"}}",
    ]
    .concat()
}

/// The words of a call to a tool that is held.
pub(crate) fn held_tool(label: Option<&str>, reason: ReasonCode) -> String {
    format!(
        "Pinfold did not make this call ({}): this tool is held, because it is not what the user approved. {}",
        reason.as_str(),
        remedy(label)
    )
}

/// The words of a call that the person's policy rules out.
pub(crate) fn ruled_out(label: Option<&str>, reason: ReasonCode) -> String {
    let code = reason.as_str();
    if reason == ReasonCode::ToolDenied {
        return format!(
            "Pinfold did not make this call ({code}): the user's policy bars this tool. Do not look for a way around this."
        );
    }
    let label = label.unwrap_or("LABEL");
    format!(
        "Pinfold did not make this call ({code}): the user's policy wants a yes before this tool is called. Ask the user \
         to run `pinfold policy allow {label} TOOL --for 10m` in their own terminal, with the name of this tool for TOOL."
    )
}

/// The words of a call to a server that is held as a whole.
pub(crate) fn held_server(label: Option<&str>, reason: ReasonCode) -> String {
    let why = match reason {
        ReasonCode::ServerUnknown => "this server has not been approved by the user yet",
        ReasonCode::LaunchChanged => "the way in which this server is started is not what the user approved",
        ReasonCode::InstructionsChanged => "the instructions of this server are not what the user approved",
        ReasonCode::DupToolName => "this server lists one name more than once",
        ReasonCode::ReconnectNeeded => "this server has to be reconnected in the client first",
        ReasonCode::NotifyFlood => "this server flooded its client with notifications",
        _ => "this server is held as a whole",
    };
    format!("Pinfold did not make this call ({}): {why}. {}", reason.as_str(), remedy(label))
}

/// The words of a request that the server has, and whose answer will not come.
pub(crate) fn cut_off(reason: ReasonCode) -> String {
    format!(
        "This was sent to the MCP server, which ended or is held now ({}), so that no answer comes. Whether it did what \
         was asked is not known.",
        reason.as_str()
    )
}

/// The words of a request whose server did not come up, while the client has its listing from the pins.
pub(crate) fn failed_start(label: Option<&str>, reason: ReasonCode) -> String {
    let why = match reason {
        ReasonCode::ServerEnded => "the MCP server ended before it could be verified",
        ReasonCode::ServerSilent => "the MCP server did not come up in time",
        ReasonCode::LimitLine => "the MCP server sent a line that is too long",
        _ => "the MCP server could not be started",
    };
    let status = label.map_or_else(|| "pinfold status".to_owned(), |label| format!("pinfold status {label}"));
    format!(
        "Pinfold did not send this ({}): {why}. The next call starts it again. If it fails again, ask the user to run \
         `{status}` in their own terminal.",
        reason.as_str()
    )
}

/// What the notice says when it is called.
pub(crate) fn notice_words(label: Option<&str>, held: usize) -> String {
    let server =
        label.map_or_else(|| "this MCP server".to_owned(), |label| format!("the MCP server `{label}`"));
    let things = if held == 1 { "1 thing".to_owned() } else { format!("{held} things") };
    format!(
        "Pinfold holds back {things} of {server}: new, changed, or not yet approved by the user. Everything that was \
         approved keeps working. Do not look for a way around this, and do not approve anything yourself: {}",
        remedy(label).replacen('A', "a", 1)
    )
}

/// The result of a call of the notice.
pub(crate) fn notice_result(label: Option<&str>, held: usize) -> Vec<u8> {
    [
        br#"{"content":[{"type":"text","text":"#,
        &quoted(&notice_words(label, held))[..],
        br#"}],"isError":false}"#,
    ]
    .concat()
}

/// The notice as it stands in a listing.
pub(crate) fn notice_tool() -> &'static [u8] {
    br#"{"name":"pinfold_notice","description":"Pinfold is holding back something of this MCP server until the user has reviewed it. Call this to learn what the user should do.","inputSchema":{"type":"object","properties":{},"additionalProperties":false},"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}"#
}

/// One complete listing, built from slices.
pub(crate) fn listing_result<'a>(kind: ObjectKind, objects: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = vec![b'{'];
    out.extend_from_slice(&quoted(methods::listing(kind).1));
    out.extend_from_slice(b":[");
    for (index, object) in objects.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(object);
    }
    out.extend_from_slice(b"]}");
    out
}
