//! The value tree that the reader makes and the writer takes.

use std::borrow::Cow;

use super::number::MAX_SAFE_INTEGER;
use super::pointer;

/// Byte offsets in the document that was read: `start` is in, `end` is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

/// One JSON value and where it stood. Values that were built instead of read have the span 0..0.
#[derive(Debug, Clone, PartialEq)]
pub struct Value<'a> {
    /// Where it stood, without white space around it.
    pub span: Span,
    /// What it is.
    pub node: Node<'a>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number<'a>),
    /// A string, decoded; borrowed where it held no escape.
    String(Cow<'a, str>),
    /// An array, in order.
    Array(Vec<Value<'a>>),
    /// An object, in the order received; no two names are equal.
    Object(Vec<Member<'a>>),
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'a> {
    /// The name, decoded.
    pub name: Cow<'a, str>,
    /// Where the name stood, quotes included.
    pub name_span: Span,
    /// The value.
    pub value: Value<'a>,
}

/// A number: as it was written, and the finite double that it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Number<'a> {
    /// The token as received.
    pub token: Cow<'a, str>,
    /// Its value, never infinite or NaN.
    pub double: f64,
}

impl<'a> Value<'a> {
    /// The member of that name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.as_object()?.iter().find(|member| member.name == name).map(|member| &member.value)
    }

    /// The decoded text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Node::String(text) = &self.node { Some(text) } else { None }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Node::Bool(truth) = self.node { Some(truth) } else { None }
    }

    /// The number as a whole one from 0 to 2^53 − 1, if it is that; `1.0` and `1e0` are 1, as RFC 8785 has it.
    pub fn as_uint(&self) -> Option<u64> {
        let Node::Number(number) = &self.node else { return None };
        let whole = number.double.trunc() == number.double;
        let in_range = (0.0..=MAX_SAFE_INTEGER as f64).contains(&number.double);
        (whole && in_range).then_some(number.double as u64)
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        if let Node::Array(elements) = &self.node { Some(elements) } else { None }
    }

    /// The members in the order received, if this is an object.
    pub fn as_object(&self) -> Option<&[Member<'a>]> {
        if let Node::Object(members) = &self.node { Some(members) } else { None }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.node == Node::Null
    }

    /// The bytes of this value in the document that it was read from. For another document the result is meaningless,
    /// and empty where the span does not fit.
    pub fn slice<'d>(&self, doc: &'d [u8]) -> &'d [u8] {
        doc.get(self.span.start..self.span.end).unwrap_or_default()
    }

    /// The value at a JSON Pointer (RFC 6901); `""` is this value. `None` if there is none or the pointer is not
    /// well-formed.
    pub fn at_pointer(&self, json_pointer: &str) -> Option<&Value<'a>> {
        pointer::tokens(json_pointer)?.try_fold(self, |value, token| {
            let token = token?;
            match &value.node {
                Node::Object(_) => value.get(&token),
                Node::Array(elements) => elements.get(pointer::array_index(&token)?),
                _ => None,
            }
        })
    }

    /// Like [`Value::at_pointer`], to change the value.
    pub fn at_pointer_mut(&mut self, json_pointer: &str) -> Option<&mut Value<'a>> {
        pointer::tokens(json_pointer)?.try_fold(self, |value, token| {
            let token = token?;
            match &mut value.node {
                Node::Object(members) => {
                    members.iter_mut().find(|member| member.name == token).map(|member| &mut member.value)
                }
                Node::Array(elements) => elements.get_mut(pointer::array_index(&token)?),
                _ => None,
            }
        })
    }

    /// The same value without borrowed text, so that it outlives the document.
    pub fn into_owned(self) -> Value<'static> {
        let node = match self.node {
            Node::Null => Node::Null,
            Node::Bool(truth) => Node::Bool(truth),
            Node::Number(number) => {
                Node::Number(Number { token: Cow::Owned(number.token.into_owned()), double: number.double })
            }
            Node::String(text) => Node::String(Cow::Owned(text.into_owned())),
            Node::Array(elements) => Node::Array(elements.into_iter().map(Value::into_owned).collect()),
            Node::Object(members) => Node::Object(members.into_iter().map(Member::into_owned).collect()),
        };
        Value { span: self.span, node }
    }
}

impl Member<'_> {
    fn into_owned(self) -> Member<'static> {
        Member {
            name: Cow::Owned(self.name.into_owned()),
            name_span: self.name_span,
            value: self.value.into_owned(),
        }
    }
}

/// Builders for our own documents.
impl<'a> Value<'a> {
    /// `null`
    pub const fn null() -> Self {
        Self::built(Node::Null)
    }

    /// `true` or `false`
    pub const fn bool(truth: bool) -> Self {
        Self::built(Node::Bool(truth))
    }

    /// A string.
    pub fn string(text: impl Into<Cow<'a, str>>) -> Self {
        Self::built(Node::String(text.into()))
    }

    /// A whole number.
    ///
    /// # Panics
    /// Above 2^53 − 1: such a number would not survive the canonical form.
    pub fn uint(number: u64) -> Self {
        assert!(number <= MAX_SAFE_INTEGER, "{number} does not survive RFC 8785");
        Self::built(Node::Number(Number { token: Cow::Owned(number.to_string()), double: number as f64 }))
    }

    /// An array.
    pub const fn array(elements: Vec<Value<'a>>) -> Self {
        Self::built(Node::Array(elements))
    }

    /// An object; the writer sorts the members.
    ///
    /// # Panics
    /// If a name comes twice.
    pub fn object<N: Into<Cow<'a, str>>>(members: Vec<(N, Value<'a>)>) -> Self {
        let mut names = super::Names::default();
        let members = members.into_iter().map(|(name, value)| {
            let name = name.into();
            assert!(names.insert(Cow::Owned(name.clone().into_owned())), "member {name:?} comes twice");
            Member { name, name_span: Span::default(), value }
        });
        Self::built(Node::Object(members.collect()))
    }

    const fn built(node: Node<'a>) -> Self {
        Value { span: Span { start: 0, end: 0 }, node }
    }
}
