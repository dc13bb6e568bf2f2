//! Where the launch of one entry stands in its file.

use crate::file::Shape;
use crate::tree::{Map, Member, Node, Value};

/// The values that make up a launch.
#[derive(Clone, Copy)]
pub(crate) enum Site<'n> {
    /// A command, and perhaps a list of arguments, in one map.
    Pair { map: &'n Map, command: &'n Member, args: Option<&'n Member> },
    /// One list of all words.
    Line { list: &'n Node },
}

/// Why an entry has no launch that can be read.
pub(crate) const SHELL_LINE: &str = "the command is a line for a shell, not a program";
const NOT_TEXT: &str = "the command is no text";
const EMPTY: &str = "the command is empty";
const NOT_TEXTS: &str = "the arguments are no list of texts";

impl<'n> Site<'n> {
    /// The launch of an entry, whose values are not judged yet; `None` if the entry names no command.
    pub(crate) fn of(entry: &'n Node, shape: &Shape) -> Option<Self> {
        let map = entry.as_map()?;
        let command = map.get(shape.command)?;
        let Some(args) = shape.args else { return Some(Self::Line { list: &command.node }) };
        // The older form of one client: `"command": {"path": …, "args": […]}`.
        if let Value::Map(inner) = &command.node.value {
            let path = inner.get("path")?;
            return Some(Self::Pair { map: inner, command: path, args: inner.get(args) });
        }
        Some(Self::Pair { map, command, args: map.get(args) })
    }

    /// The command and its arguments.
    ///
    /// # Errors
    /// Why no client could start it.
    pub(crate) fn words(&self) -> Result<(String, Vec<String>), &'static str> {
        let (command, args) = match self {
            Self::Line { list } => {
                let words =
                    list.as_list().and_then(|list| list.texts()).ok_or("the command is no list of texts")?;
                let (command, args) = words.split_first().ok_or(EMPTY)?;
                (command.clone(), args.to_vec())
            }
            Self::Pair { command, args, .. } => {
                let args = match args {
                    Some(member) => member.node.as_list().and_then(|list| list.texts()).ok_or(NOT_TEXTS)?,
                    None => Vec::new(),
                };
                (command.node.as_str().ok_or(NOT_TEXT)?.to_owned(), args)
            }
        };
        if command.trim().is_empty() {
            return Err(EMPTY);
        }
        if is_shell_line(&command) {
            return Err(SHELL_LINE);
        }
        Ok((command, args))
    }

    /// Whether one of its members stands twice, so that two readers could start two programs.
    pub(crate) fn repeats(&self) -> bool {
        match self {
            Self::Pair { map, command, args } => {
                map.repeats(&command.name) || args.is_some_and(|args| map.repeats(&args.name))
            }
            Self::Line { .. } => false,
        }
    }
}

/// A command that joins several ones. Spaces alone make none: folders have them, too.
fn is_shell_line(command: &str) -> bool {
    ["&&", "||", ";", " | ", " > ", "$("].iter().any(|sign| command.contains(sign))
}
