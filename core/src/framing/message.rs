//! One message: the names of the few objects that the protocol gives a meaning, and which kind it is.

use std::borrow::Cow;

use super::error::{BadId, FrameError, Shape};
use super::id::{Id, string_text};
use super::raw::Raw;
use super::walk::Walk;
use super::{FrameKind, FrameLimits};
use crate::json::{Names, folds_onto, pointer_push};

/// Goes over one message and keeps the members that mean something.
pub(super) fn message<'a>(text: &'a str, limits: &FrameLimits) -> Result<Found<'a>, FrameError> {
    let mut walk = Walk::over(text, limits);
    let first = walk.peek();
    let mut found = Found::default();
    if first == Some(b'{') {
        walk.judged_object(Role::Message, 0, &mut found)?;
    } else {
        walk.skip_value(0)?;
    }
    walk.end()?;
    match first {
        Some(b'{') => Ok(found),
        Some(b'[') => Err(FrameError::Batch),
        _ => Err(FrameError::NotAnObject),
    }
}

/// The members of a message that mean something, the last of each name (a second one is a fault already).
#[derive(Default)]
pub(super) struct Found<'a> {
    version: Option<Raw<'a>>,
    id: Option<Raw<'a>>,
    method: Option<Raw<'a>>,
    params: Option<Raw<'a>>,
    result: Option<Raw<'a>>,
    error: Option<Raw<'a>>,
}

impl<'a> Found<'a> {
    fn keep(&mut self, name: &str, value: Raw<'a>) {
        match name {
            "jsonrpc" => self.version = Some(value),
            "id" => self.id = Some(value),
            "method" => self.method = Some(value),
            "params" => self.params = Some(value),
            "result" => self.result = Some(value),
            "error" => self.error = Some(value),
            _ => {}
        }
    }

    /// Which kind of message this is.
    pub(super) fn into_kind(self, limits: &FrameLimits) -> Result<FrameKind<'a>, FrameError> {
        let wrong = |shape| Err(FrameError::NotAMessage(shape));
        if self.version.and_then(|version| version.as_string()).as_deref() != Some("2.0") {
            return wrong(Shape::Version);
        }
        let id = self.id.map(|token| Id::read(token.text(), limits.max_id_bytes)).transpose();
        match (self.method, self.result, self.error) {
            (Some(method), None, None) => {
                let Some(method) = method.as_string() else { return wrong(Shape::Method) };
                let params = self.params;
                if params.is_some_and(|params| !params.is_object()) {
                    return wrong(Shape::Params);
                }
                Ok(match id.map_err(FrameError::BadId)? {
                    Some(id) => FrameKind::Request { id, method, params },
                    None => FrameKind::Notification { method, params },
                })
            }
            (None, Some(result), None) => match id.map_err(FrameError::BadId)? {
                Some(id) => Ok(FrameKind::Result { id, result }),
                None => wrong(Shape::ResultWithoutId),
            },
            (None, None, Some(error)) if !error.is_object() => wrong(Shape::ErrorMember),
            (None, None, Some(error)) => match id {
                Err(BadId::Null) => Ok(FrameKind::Error { id: None, error }),
                id => Ok(FrameKind::Error { id: id.map_err(FrameError::BadId)?, error }),
            },
            (None, None, None) => wrong(Shape::Nothing),
            _ => wrong(Shape::Several),
        }
    }
}

impl<'a> Walk<'a, '_> {
    /// An object whose names are judged; `open` arrays and objects are around it.
    fn judged_object(&mut self, role: Role, open: usize, found: &mut Found<'a>) -> Result<(), FrameError> {
        self.opened(open)?;
        if self.closes(b'}') {
            return Ok(());
        }
        let mut names = Names::default();
        loop {
            let name_at = self.at;
            let name = string_text(self.name()?);
            if let Err(fault) = self.judge(role, name.as_ref(), name_at, &mut names) {
                self.note(fault);
            }
            let name = name.unwrap_or_default();
            let start = self.at;
            match role.of_member(&name) {
                Some(inner) if self.peek() == Some(b'{') => self.judged_object(inner, open + 1, found)?,
                _ => self.skip_value(open + 1)?,
            }
            if role == Role::Message {
                found.keep(&name, Raw::checked(&self.text[start..self.at]));
            }
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    fn judge(
        &self,
        role: Role,
        name: Option<&Cow<'a, str>>,
        offset: usize,
        names: &mut Names<'a>,
    ) -> Result<(), FrameError> {
        let pointer_to = |name: &str| {
            let mut pointer = role.pointer().to_owned();
            pointer_push(&mut pointer, name);
            pointer
        };
        let Some(name) = name else {
            return Err(FrameError::LoneSurrogate { pointer: role.pointer().to_owned(), offset });
        };
        if names.count() == self.limits.max_members {
            let pointer = role.pointer().to_owned();
            return Err(FrameError::TooManyMembers { pointer, offset, limit: self.limits.max_members });
        }
        if !names.insert(name.clone()) {
            return Err(FrameError::DupKey { pointer: pointer_to(name), offset });
        }
        if folds_onto(name, role.known()).is_some() {
            return Err(FrameError::KeyFold { pointer: pointer_to(name), offset });
        }
        Ok(())
    }
}

/// Members of a message that mean something.
const MESSAGE_MEMBERS: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];

/// Members of `params` that some method gives a meaning to.
const PARAMS_MEMBERS: &[&str] = &[
    "name",
    "arguments",
    "cursor",
    "uri",
    "_meta",
    "requestId",
    "protocolVersion",
    "capabilities",
    "clientInfo",
    "progressToken",
];

/// The objects whose names are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Message,
    Params,
    Arguments,
    Result,
}

impl Role {
    const fn pointer(self) -> &'static str {
        match self {
            Self::Message => "",
            Self::Params => "/params",
            Self::Arguments => "/params/arguments",
            Self::Result => "/result",
        }
    }

    const fn known(self) -> &'static [&'static str] {
        match self {
            Self::Message => MESSAGE_MEMBERS,
            Self::Params => PARAMS_MEMBERS,
            Self::Arguments | Self::Result => &[],
        }
    }

    /// The role of an object that is a member of this one.
    fn of_member(self, name: &str) -> Option<Role> {
        match (self, name) {
            (Self::Message, "params") => Some(Self::Params),
            (Self::Message, "result") => Some(Self::Result),
            (Self::Params, "arguments") => Some(Self::Arguments),
            _ => None,
        }
    }
}
