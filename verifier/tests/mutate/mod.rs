//! Changes of a value that change what it says, and ways of writing a value that do not.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::borrow::Cow;

use pinfold_core::json::{Member, Node, Number, Span, Value, pointer_push};

/// One change of one value.
#[derive(Debug)]
pub(crate) struct Mutation {
    /// Where.
    pub(crate) pointer: String,
    /// The same place by position: which member or element, from the outermost in.
    path: Vec<usize>,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// Another value of the same type, or of another one.
    Change,
    /// Gone with its name.
    Remove,
    /// One more member or element in it.
    Add,
}

/// What brings the value back.
pub(crate) enum Undo<'a> {
    Put(Node<'a>),
    InsertMember(usize, Box<Member<'a>>),
    InsertElement(usize, Box<Value<'a>>),
    Pop,
}

/// Every mutation of every value inside an object: each changed, each removed, each container with one part more.
pub(crate) fn mutations(object: &Value<'_>) -> Vec<Mutation> {
    let mut all = vec![Mutation { pointer: String::new(), path: Vec::new(), what: What::Add }];
    collect(object, &mut String::new(), &mut Vec::new(), &mut all);
    all
}

fn collect(value: &Value<'_>, pointer: &mut String, path: &mut Vec<usize>, all: &mut Vec<Mutation>) {
    let parts: Vec<(String, &Value<'_>)> = match &value.node {
        Node::Object(members) => members.iter().map(|m| (m.name.to_string(), &m.value)).collect(),
        Node::Array(elements) => elements.iter().enumerate().map(|(i, e)| (i.to_string(), e)).collect(),
        _ => return,
    };
    for (position, (token, part)) in parts.into_iter().enumerate() {
        let length = pointer.len();
        pointer_push(pointer, &token);
        path.push(position);
        let whats: &[What] = match part.node {
            Node::Array(_) | Node::Object(_) => &[What::Change, What::Remove, What::Add],
            _ => &[What::Change, What::Remove],
        };
        all.extend(whats.iter().map(|what| Mutation {
            pointer: pointer.clone(),
            path: path.clone(),
            what: *what,
        }));
        collect(part, pointer, path, all);
        path.pop();
        pointer.truncate(length);
    }
}

impl Mutation {
    pub(crate) fn is_change(&self) -> bool {
        matches!(self.what, What::Change)
    }

    pub(crate) fn apply<'a>(&self, object: &mut Value<'a>) -> Undo<'a> {
        match self.what {
            What::Change => {
                let value = at(object, &self.path);
                let other = other(&value.node);
                Undo::Put(std::mem::replace(&mut value.node, other))
            }
            What::Add => {
                match &mut at(object, &self.path).node {
                    Node::Object(members) => members.push(member("zz-added", Value::string("x"))),
                    Node::Array(elements) => elements.push(Value::string("x")),
                    _ => unreachable!("only containers are added to"),
                }
                Undo::Pop
            }
            What::Remove => {
                let (last, parent) = self.path.split_last().unwrap();
                match &mut at(object, parent).node {
                    Node::Object(members) => Undo::InsertMember(*last, Box::new(members.remove(*last))),
                    Node::Array(elements) => Undo::InsertElement(*last, Box::new(elements.remove(*last))),
                    _ => unreachable!("only parts are removed"),
                }
            }
        }
    }

    pub(crate) fn undo<'a>(&self, object: &mut Value<'a>, undo: Undo<'a>) {
        match undo {
            Undo::Put(node) => at(object, &self.path).node = node,
            Undo::InsertMember(index, member) => {
                let Node::Object(members) = &mut at(object, &self.path[..self.path.len() - 1]).node else {
                    unreachable!("it was an object")
                };
                members.insert(index, *member);
            }
            Undo::InsertElement(index, element) => {
                let Node::Array(elements) = &mut at(object, &self.path[..self.path.len() - 1]).node else {
                    unreachable!("it was an array")
                };
                elements.insert(index, *element);
            }
            Undo::Pop => match &mut at(object, &self.path).node {
                Node::Object(members) => drop(members.pop()),
                Node::Array(elements) => drop(elements.pop()),
                _ => unreachable!("it was a container"),
            },
        }
    }
}

fn at<'v, 'a>(value: &'v mut Value<'a>, path: &[usize]) -> &'v mut Value<'a> {
    path.iter().fold(value, |value, position| match &mut value.node {
        Node::Object(members) => &mut members[*position].value,
        Node::Array(elements) => &mut elements[*position],
        _ => unreachable!("the path goes through containers"),
    })
}

fn other<'a>(node: &Node<'a>) -> Node<'a> {
    match node {
        Node::Null => Node::Bool(false),
        Node::Bool(truth) => Node::Bool(!truth),
        Node::Number(number) => Node::Number(Number {
            token: Cow::Borrowed("-7.25"),
            double: if number.double == -7.25 { -8.25 } else { -7.25 },
        }),
        Node::String(text) => Node::String(Cow::Owned(format!("{text}x"))),
        Node::Array(_) => Node::Object(Vec::new()),
        Node::Object(_) => Node::Array(Vec::new()),
    }
}

fn member<'a>(name: &'static str, value: Value<'a>) -> Member<'a> {
    Member { name: Cow::Borrowed(name), name_span: Span::default(), value }
}

/// A way of writing a value that says the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Style {
    /// Members in the opposite order.
    Reversed,
    /// White space wherever it may stand.
    Spaced,
    /// Every character as an escape.
    Escaped,
    /// Numbers with fraction or exponent.
    Numbers,
    /// All of it.
    Everything,
}

impl Style {
    pub(crate) const ALL: [Style; 5] =
        [Self::Reversed, Self::Spaced, Self::Escaped, Self::Numbers, Self::Everything];

    fn does(self, style: Style) -> bool {
        self == style || self == Style::Everything
    }
}

/// The value in that way of writing.
pub(crate) fn rewritten(value: &Value<'_>, style: Style) -> Vec<u8> {
    let mut out = String::new();
    write(value, style, &mut out);
    out.into_bytes()
}

fn write(value: &Value<'_>, style: Style, out: &mut String) {
    let space = if style.does(Style::Spaced) { " \n\t\r" } else { "" };
    match &value.node {
        Node::Null => out.push_str("null"),
        Node::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Node::Number(number) => out.push_str(&written_number(number, style)),
        Node::String(text) => write_string(text, style, out),
        Node::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(space);
                write(element, style, out);
                out.push_str(space);
            }
            out.push(']');
        }
        Node::Object(members) => {
            let mut members: Vec<&Member<'_>> = members.iter().collect();
            if style.does(Style::Reversed) {
                members.reverse();
            }
            out.push('{');
            for (index, member) in members.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(space);
                write_string(&member.name, style, out);
                out.push_str(space);
                out.push(':');
                out.push_str(space);
                write(&member.value, style, out);
            }
            out.push_str(space);
            out.push('}');
        }
    }
}

fn written_number(number: &Number<'_>, style: Style) -> String {
    if !style.does(Style::Numbers) {
        return number.token.to_string();
    }
    if number.double.trunc() == number.double {
        format!("{}.0E+0", number.double)
    } else {
        format!("{:e}", number.double)
    }
}

fn write_string(text: &str, style: Style, out: &mut String) {
    out.push('"');
    for unit in text.encode_utf16().collect::<Vec<_>>() {
        if style.does(Style::Escaped) {
            out.push_str(&format!("\\u{unit:04X}"));
        }
    }
    if !style.does(Style::Escaped) {
        for letter in text.chars() {
            match letter {
                '"' | '\\' => out.extend(['\\', letter]),
                control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
                other => out.push(other),
            }
        }
    }
    out.push('"');
}
