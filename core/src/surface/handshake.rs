//! The answer to `initialize`.

use super::limits::{self, MAX_SERVER_FIELD_BYTES};
use super::page::refuse_folds;
use super::{PageError, Received, members, object};
use crate::digest::ObjectKind;
use crate::json::{self, Member, Node, Value};
use crate::text;

/// What a server said in its handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The version of the protocol that it answered, foreign text.
    pub protocol_version: String,
    /// Its `capabilities`, the object as received.
    pub capabilities: Box<[u8]>,
    /// Which of the known capabilities are declared.
    pub declares: Declared,
    /// `name` of `serverInfo`, made visible and cut at [`MAX_SERVER_FIELD_BYTES`]; empty where it is missing. Never an
    /// identity.
    pub server_name: String,
    /// `version` of `serverInfo`, likewise.
    pub server_version: String,
    /// `serverInfo` as received, if it is there.
    pub server_info: Option<Box<[u8]>>,
    /// The words of `serverInfo`: all of it but `name` and `version`. `None` if nothing is left.
    pub server_words: Option<Received>,
    /// The instructions, as a JSON string. `None` if absent or null.
    pub instructions: Option<Received>,
}

/// Which capabilities a server declares. A member that is null counts as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Declared {
    /// `tools`
    pub tools: bool,
    /// `prompts`
    pub prompts: bool,
    /// `resources`
    pub resources: bool,
    /// `completions`
    pub completions: bool,
    /// `logging`
    pub logging: bool,
}

/// Reads the result of `initialize`.
///
/// # Errors
/// What the reader refuses, a missing or mistyped member, a member that folds onto a known one. What instructions and
/// server words break is their own fault.
///
/// Source: MCP basic/lifecycle.
pub fn read_handshake(result: &[u8]) -> Result<Handshake, PageError> {
    let value = json::read(result, &limits::PAGE)?;
    refuse_folds(&value, members::HANDSHAKE)?;
    let version = present(&value, "protocolVersion").ok_or(PageError::Missing("protocolVersion"))?;
    let version =
        version.as_str().ok_or(PageError::WrongType { member: "protocolVersion", expected: "a string" })?;
    let capabilities = present(&value, "capabilities").ok_or(PageError::Missing("capabilities"))?;
    if capabilities.as_object().is_none() {
        return Err(PageError::WrongType { member: "capabilities", expected: "an object" });
    }
    let info = present(&value, "serverInfo");
    if info.is_some_and(|info| info.as_object().is_none()) {
        return Err(PageError::WrongType { member: "serverInfo", expected: "an object" });
    }
    Ok(Handshake {
        protocol_version: version.to_owned(),
        capabilities: capabilities.slice(result).into(),
        declares: declared(capabilities),
        server_name: field(info, "name"),
        server_version: field(info, "version"),
        server_info: info.map(|info| info.slice(result).into()),
        server_words: info.and_then(words),
        instructions: instructions(&value, result)?,
    })
}

impl Handshake {
    /// `serverInfo` for the client with these words: as received if it has exactly them, else rebuilt from name and
    /// version and the words.
    pub fn server_info_for_client(&self, words: Option<&[u8]>) -> Vec<u8> {
        let is_whole = words == self.server_words.as_ref().map(|words| &*words.bytes);
        match &self.server_info {
            Some(raw) if is_whole && self.fields_are_as_received(raw) => raw.to_vec(),
            _ => self.rebuilt_server_info(words),
        }
    }

    fn fields_are_as_received(&self, raw: &[u8]) -> bool {
        let Ok(info) = json::read(raw, &limits::PAGE) else { return false };
        let same = |member, ours: &str| info.get(member).and_then(Value::as_str) == Some(ours);
        same("name", &self.server_name) && same("version", &self.server_version)
    }

    fn rebuilt_server_info(&self, words: Option<&[u8]>) -> Vec<u8> {
        let mut members = vec![
            ("name", Value::string(&*self.server_name)),
            ("version", Value::string(&*self.server_version)),
        ];
        let words = words.and_then(|words| json::read(words, &limits::PAGE).ok());
        if let Some(Node::Object(words)) = words.as_ref().map(|words| &words.node) {
            members.extend(words.iter().map(|member| (&*member.name, member.value.clone())));
        }
        json::canonical(&Value::object(members))
    }
}

fn declared(capabilities: &Value<'_>) -> Declared {
    let has = |member| present(capabilities, member).is_some();
    Declared {
        tools: has("tools"),
        prompts: has("prompts"),
        resources: has("resources"),
        completions: has("completions"),
        logging: has("logging"),
    }
}

fn instructions(value: &Value<'_>, result: &[u8]) -> Result<Option<Received>, PageError> {
    let Some(text) = present(value, "instructions") else { return Ok(None) };
    if text.as_str().is_none() {
        return Err(PageError::WrongType { member: "instructions", expected: "a string" });
    }
    Ok(Some(object::judge(ObjectKind::Instructions, text, text.slice(result), 0)))
}

/// Everything a server says about itself besides name and version, which move with releases and are never trusted.
fn words(info: &Value<'_>) -> Option<Received> {
    let members = info.as_object()?;
    let kept: Vec<Member<'_>> =
        members.iter().filter(|member| !matches!(&*member.name, "name" | "version")).cloned().collect();
    if kept.is_empty() {
        return None;
    }
    let words = Value { span: info.span, node: Node::Object(kept) };
    Some(object::judge(ObjectKind::ServerInfo, &words, &json::canonical(&words), 0))
}

fn field(info: Option<&Value<'_>>, member: &str) -> String {
    let text = info.and_then(|info| info.get(member)).and_then(Value::as_str).unwrap_or_default();
    let mut shown = text::visible(text);
    while shown.len() > MAX_SERVER_FIELD_BYTES {
        shown.pop();
    }
    shown
}

fn present<'v, 'a>(object: &'v Value<'a>, member: &str) -> Option<&'v Value<'a>> {
    object.get(member).filter(|value| value.node != Node::Null)
}
