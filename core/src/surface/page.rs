//! One page of a listing.

use super::limits::{self, MAX_OBJECTS_A_PAGE};
use super::{PageError, Received, members, object};
use crate::digest::ObjectKind;
use crate::json::{self, Node, Value, pointer_push};

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its objects, in the order received.
    pub objects: Vec<Received>,
    /// The JSON token to send as `cursor` for the next page, in canonical form, such as `"abc"` with its quotes. The
    /// empty string is a cursor too. `None` (absent or null): this was the last page.
    pub next_cursor: Option<String>,
}

/// Reads the result of `tools/list`, `prompts/list`, `resources/templates/list` or `resources/list`.
///
/// # Errors
/// What the reader refuses, a missing or mistyped list or cursor, a member of the result that folds onto a known one,
/// and too many objects. Broken rules inside one object are that object's fault.
///
/// Source: MCP server/tools, server/prompts, server/resources, utilities/pagination.
pub fn read_page(kind: ObjectKind, result: &[u8]) -> Result<Page, PageError> {
    let member = list_member(kind).ok_or(PageError::NotListed(kind))?;
    let value = json::read(result, &limits::PAGE)?;
    refuse_folds(&value, members::LISTING)?;
    let list = value.get(member).ok_or(PageError::Missing(member))?;
    let list = list.as_array().ok_or(PageError::WrongType { member, expected: "an array" })?;
    if list.len() > MAX_OBJECTS_A_PAGE {
        return Err(PageError::TooManyObjects { found: list.len(), limit: MAX_OBJECTS_A_PAGE });
    }
    let objects = list.iter().enumerate();
    let objects = objects.map(|(index, element)| object::judge(kind, element, element.slice(result), index));
    Ok(Page { objects: objects.collect(), next_cursor: next_cursor(&value)? })
}

fn list_member(kind: ObjectKind) -> Option<&'static str> {
    match kind {
        ObjectKind::Tool => Some("tools"),
        ObjectKind::Prompt => Some("prompts"),
        ObjectKind::ResourceTemplate => Some("resourceTemplates"),
        ObjectKind::Resource => Some("resources"),
        ObjectKind::Instructions | ObjectKind::ServerInfo => None,
    }
}

/// Refuses a result that is no object, or whose members fold onto known ones.
pub(super) fn refuse_folds(result: &Value<'_>, known: &[&'static str]) -> Result<(), PageError> {
    if result.as_object().is_none() {
        return Err(PageError::NotAnObject);
    }
    match members::first_fold(result, known) {
        None => Ok(()),
        Some((member, known)) => {
            let mut pointer = String::new();
            pointer_push(&mut pointer, member);
            Err(PageError::FoldsOnto { known, pointer })
        }
    }
}

/// Canonical, so that a cursor that is written in another way is still seen to be the same one.
fn next_cursor(result: &Value<'_>) -> Result<Option<String>, PageError> {
    let wrong = PageError::WrongType { member: "nextCursor", expected: "a string" };
    match result.get("nextCursor") {
        None => Ok(None),
        Some(cursor) => match &cursor.node {
            Node::Null => Ok(None),
            Node::String(_) => String::from_utf8(json::canonical(cursor)).map(Some).map_err(|_| wrong),
            _ => Err(wrong),
        },
    }
}
