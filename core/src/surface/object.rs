//! One object: its name, its digest, and the first surface rule that it breaks.

use std::sync::Arc;

use super::limits::{self, MAX_INSTRUCTIONS_BYTES, MAX_OBJECT_BYTES};
use super::{Fault, FaultDetail, PageError, Received, characters, members, schema};
use crate::digest::{ObjectKind, object_digest};
use crate::json::{self, Node, Value, pointer_push};
use crate::name;
use crate::reason::ReasonCode;

/// The longest name that is kept. No kind allows a longer one; it counts as unreadable.
const MAX_KEPT_NAME_BYTES: usize = name::MAX_URI_TEMPLATE_BYTES;

/// Reads one object that stands by itself, such as one kept in a store.
///
/// # Errors
/// What the reader refuses. A broken surface rule is no error but the object's fault.
pub fn read_object(kind: ObjectKind, bytes: &[u8]) -> Result<Received, PageError> {
    let object = json::read(bytes, &limits::PAGE)?;
    Ok(judge(kind, &object, object.slice(bytes), 0))
}

/// Judges one object that was read already; `raw` are its bytes.
pub(super) fn judge(kind: ObjectKind, object: &Value<'_>, raw: &[u8], index: usize) -> Received {
    Received {
        kind,
        name: object_name(kind, object)
            .filter(|name| name.len() <= MAX_KEPT_NAME_BYTES)
            .unwrap_or_default()
            .to_owned(),
        digest: object_digest(kind, object),
        bytes: Arc::from(raw),
        fault: object_fault(kind, object, raw),
        index,
    }
}

/// The member by which objects of a kind are told apart; `None` for the two that have a fixed name.
fn name_member(kind: ObjectKind) -> Option<&'static str> {
    match kind {
        ObjectKind::Tool | ObjectKind::Prompt => Some("name"),
        ObjectKind::ResourceTemplate => Some("uriTemplate"),
        ObjectKind::Resource => Some("uri"),
        ObjectKind::Instructions | ObjectKind::ServerInfo => None,
    }
}

/// The name of an object that was read already; `None` where no name can be read.
pub(crate) fn object_name<'v>(kind: ObjectKind, object: &'v Value<'_>) -> Option<&'v str> {
    match kind {
        ObjectKind::Instructions => Some("instructions"),
        ObjectKind::ServerInfo => Some("serverInfo"),
        _ => object.get(name_member(kind)?)?.as_str(),
    }
}

/// The first surface rule that an object breaks which was read already; `raw` are its bytes.
pub(crate) fn object_fault(kind: ObjectKind, object: &Value<'_>, raw: &[u8]) -> Option<Fault> {
    // Rules in the order of the specification.
    shape_fault(kind, object, raw)
        .or_else(|| fold_fault(kind, object))
        .or_else(|| name_fault(kind, object))
        .or_else(|| characters::fault(object, raw))
        .or_else(|| schema_fault(kind, object))
}

fn shape_fault(kind: ObjectKind, object: &Value<'_>, raw: &[u8]) -> Option<Fault> {
    let (bytes, limit_bytes) = match (kind, &object.node) {
        (ObjectKind::Instructions, Node::String(text)) => (text.len(), MAX_INSTRUCTIONS_BYTES),
        (ObjectKind::Instructions, _) => return whole(ReasonCode::ListingInvalid, FaultDetail::NotAnObject),
        (_, Node::Object(_)) => (raw.len(), MAX_OBJECT_BYTES),
        _ => return whole(ReasonCode::ListingInvalid, FaultDetail::NotAnObject),
    };
    if bytes > limit_bytes {
        return whole(ReasonCode::LimitBytes, FaultDetail::TooLarge { bytes, limit_bytes });
    }
    None
}

fn fold_fault(kind: ObjectKind, object: &Value<'_>) -> Option<Fault> {
    if kind == ObjectKind::ServerInfo {
        return fold_in(object, members::SERVER_INFO, "");
    }
    fold_in(object, members::OBJECT, "")
        .or_else(|| fold_in(object.get("annotations")?, members::ANNOTATIONS, "/annotations"))
        .or_else(|| {
            let arguments = object.get("arguments")?.as_array()?;
            arguments.iter().enumerate().find_map(|(index, argument)| {
                fold_in(argument, members::PROMPT_ARGUMENT, &format!("/arguments/{index}"))
            })
        })
}

fn fold_in(object: &Value<'_>, known: &[&'static str], at: &str) -> Option<Fault> {
    let (member, known) = members::first_fold(object, known)?;
    let mut pointer = at.to_owned();
    pointer_push(&mut pointer, member);
    Some(Fault { reason: ReasonCode::JsonKeyFold, pointer, detail: FaultDetail::FoldsOnto(known) })
}

fn name_fault(kind: ObjectKind, object: &Value<'_>) -> Option<Fault> {
    let member = name_member(kind)?;
    let pointer = format!("/{member}");
    let invalid = |detail| Some(Fault { reason: ReasonCode::NameInvalid, pointer: pointer.clone(), detail });
    let Some(name) = object.get(member).and_then(Value::as_str) else {
        return invalid(FaultDetail::NameMissing);
    };
    let limit_bytes = match kind {
        ObjectKind::Tool => name::MAX_TOOL_NAME_BYTES,
        ObjectKind::Prompt => name::MAX_PROMPT_NAME_BYTES,
        _ => name::MAX_URI_TEMPLATE_BYTES,
    };
    if name.is_empty() || name.len() > limit_bytes {
        return invalid(FaultDetail::NameLength { bytes: name.len(), limit_bytes });
    }
    if matches!(kind, ObjectKind::Tool | ObjectKind::Prompt) && name::is_reserved(name) {
        return Some(Fault { reason: ReasonCode::NameReserved, pointer, detail: FaultDetail::NameReserved });
    }
    if kind == ObjectKind::Tool && !name::is_tool_name(name) {
        let stray = name.chars().find(|letter| !name::is_tool_name(letter.encode_utf8(&mut [0; 4])));
        return invalid(FaultDetail::NameCharacter(stray.unwrap_or_default()));
    }
    None
}

fn schema_fault(kind: ObjectKind, object: &Value<'_>) -> Option<Fault> {
    if kind != ObjectKind::Tool {
        return None;
    }
    ["inputSchema", "outputSchema"].into_iter().find_map(|member| {
        let mut fault = schema::fault(object.get(member)?)?;
        fault.pointer.insert_str(0, &format!("/{member}"));
        Some(fault)
    })
}

fn whole(reason: ReasonCode, detail: FaultDetail) -> Option<Fault> {
    Some(Fault { reason, pointer: String::new(), detail })
}
