//! What every reader makes of a file: values with the byte ranges where they stand.

use std::fmt;
use std::ops::Range;

/// A value and where it stands, white space around it left out.
#[derive(Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

/// What a value is.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A number or a time, as written.
    Other(String),
    Text(Text),
    List(List),
    Map(Map),
    /// A YAML alias: what it stands for is written elsewhere.
    Alias,
}

/// A text, decoded, and how freely its spelling can be moved.
#[derive(Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) decoded: String,
    pub(crate) spelling: Spelling,
}

/// Where the bytes of a text mean the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// Everywhere in this file.
    Free,
    /// Outside brackets: a YAML text without quotes that holds a comma or a bracket.
    OutsideBrackets,
    /// Nowhere else: over several lines, or with an anchor or a tag before it.
    Bound,
}

/// Values in order.
#[derive(Clone, PartialEq)]
pub(crate) struct List {
    pub(crate) items: Vec<Node>,
    pub(crate) layout: Layout,
}

/// Members in the order of the file; names can come twice where the syntax allows it.
#[derive(Clone, PartialEq)]
pub(crate) struct Map {
    pub(crate) members: Vec<Member>,
    pub(crate) layout: Layout,
}

/// How a list or map is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Between brackets, separated by commas.
    Brackets,
    /// One item or member a line; for YAML lists, each after a dash.
    Lines,
}

/// A name and its value.
#[derive(Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) name_span: Range<usize>,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(&text.decoded) } else { None }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(truth) = self.value { Some(truth) } else { None }
    }

    pub(crate) fn as_list(&self) -> Option<&List> {
        if let Value::List(list) = &self.value { Some(list) } else { None }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// The last member of that name: the one that every reader of these clients takes.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.as_map()?.get(name).map(|member| &member.node)
    }
}

impl Map {
    /// The last member of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Member> {
        self.members.iter().rev().find(|member| member.name == name)
    }

    /// Whether a name stands more than once.
    pub(crate) fn repeats(&self, name: &str) -> bool {
        self.members.iter().filter(|member| member.name == name).count() > 1
    }
}

impl List {
    /// The texts of the list; `None` if an item is none.
    pub(crate) fn texts(&self) -> Option<Vec<String>> {
        self.items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    }
}

impl Value {
    /// The kind of value in the words of an error.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Other(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
            Self::Alias => "an alias",
        }
    }
}

impl fmt::Debug for Node {
    /// Kind and place, never content.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at {:?}", self.value.kind(), self.span)
    }
}
