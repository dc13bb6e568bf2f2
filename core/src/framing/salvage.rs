//! The id of a message that is refused, so that whoever waits for it can be told.

use super::FrameLimits;
use super::id::Id;
use crate::json::scan;

/// What could be saved from a refused line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged<'a> {
    /// The only id of the message.
    pub id: Id<'a>,
    /// Whether it had a `method`: a request if so, else a response.
    pub has_method: bool,
}

/// The id of a line that [`super::parse_frame`] refused: for an answer that says so, and for nothing else. Looks at the
/// names of the outermost object alone and counts brackets over the rest, so that depth, duplicates elsewhere and
/// broken ends do not matter.
///
/// `None` where there is no id, more than one, or one that is not legal.
pub fn salvage_id<'a>(line: &'a [u8], limits: &FrameLimits) -> Option<Salvaged<'a>> {
    let text = std::str::from_utf8(line).ok()?;
    let bytes = text.as_bytes();
    let mut at = scan::skip_space(bytes, 0);
    let mut id = None;
    let mut has_method = false;
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    while matches!(bytes.get(at), Some(b'{' | b',')) {
        at = scan::skip_space(bytes, at + 1);
        if bytes.get(at) != Some(&b'"') {
            break;
        }
        let Ok(name) = scan::string(bytes, at + 1) else { break };
        let decoded = super::id::string_text(&text[at..name.end]);
        at = scan::skip_space(bytes, name.end);
        if bytes.get(at) != Some(&b':') {
            break;
        }
        let start = scan::skip_space(bytes, at + 1);
        let Some(end) = value_end(bytes, start) else { break };
        match decoded.as_deref() {
            Some("id") if id.is_some() => return None,
            Some("id") => id = Some(super::walk::without_tail(&text[start..end])),
            Some("method") => has_method = true,
            _ => {}
        }
        at = end;
    }
    let token = id?;
    let id = Id::read(token, limits.max_id_bytes).ok()?;
    is_one_token(token).then_some(Salvaged { id, has_method })
}

/// The comma or bracket that ends the value at `start`.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut depth = 0usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = scan::string(bytes, at + 1).ok()?.end - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

/// Whether the text is one string or number and nothing else; the counting above would let more through.
fn is_one_token(token: &str) -> bool {
    let bytes = token.as_bytes();
    match bytes.first() {
        Some(b'"') => scan::string(bytes, 1).is_ok_and(|found| found.end == bytes.len()),
        _ => scan::number(bytes, 0).is_ok_and(|found| found.end == bytes.len()),
    }
}
