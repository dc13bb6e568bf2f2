//! A launch as a person is shown it.

use super::bridge::{Bridge, bridge};
use super::mask::{Masked, Piece};
use super::record::{EnvPin, Launch, ProgramFile};
use super::shape::ValueShape;
use crate::text::visible;

/// A launch as a person is shown it, in parts. All texts are made visible; secrets are places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Command and arguments, one element each, quoted where a reader could take one for two.
    pub command_line: Vec<Vec<Piece>>,
    /// The declared variables.
    pub variables: Vec<DescribedVariable>,
    /// Names that pass although they are not declared.
    pub passes: Vec<String>,
    /// The server behind a bridge.
    pub bridge: Option<String>,
    /// The files that run, outermost first, and whether each is pinned with this launch alone.
    pub files: Vec<(String, bool)>,
    /// The working folder, where it counts.
    pub folder: Option<String>,
}

/// A declared variable as a person is shown it. The value is not in a launch: a waiting start shows it beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedVariable {
    /// Its name.
    pub name: String,
    /// The form of its value at that time; `None` if it had none.
    pub shape: Option<ValueShape>,
}

impl Launch {
    /// The launch as a person is shown it. `command_line`, `variables`, `passes` and `bridge` are the same on every
    /// machine; `files` and `folder` are this one's.
    pub fn describe(&self) -> Description {
        let command = Masked::plain(self.command.clone());
        let variable = |(name, pin): (&String, &EnvPin)| {
            let shape = match pin {
                EnvPin::Absent => None,
                EnvPin::Secret => Some(ValueShape::Secret),
                EnvPin::Value { shape, .. } => Some(*shape),
            };
            DescribedVariable { name: visible(name), shape }
        };
        Description {
            command_line: std::iter::once(&command).chain(&self.args).map(quoted).collect(),
            variables: self.env.iter().map(variable).collect(),
            passes: self.passes.iter().map(|name| visible(name)).collect(),
            bridge: bridge(&self.command, &self.args).map(|behind| match behind {
                Bridge::Url(url) => visible(&url),
                Bridge::Hosted { service, name } => format!("{} at {service}", visible(&name)),
            }),
            files: self.program.iter().map(|file| (file_line(file), file.digest.is_some())).collect(),
            folder: self.folder.as_deref().map(visible),
        }
    }
}

/// `path`, or `path -> file` where a symbolic link stands between.
fn file_line(file: &ProgramFile) -> String {
    if file.path == file.file {
        visible(&file.file)
    } else {
        format!("{} -> {}", visible(&file.path), visible(&file.file))
    }
}

/// Quotes around what is empty or holds more than the letters of ordinary words, quotes and backslashes escaped.
fn quoted(word: &Masked) -> Vec<Piece> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    let is_plain = !word.pieces().is_empty() && word.texts().all(|text| text.chars().all(plain));
    if is_plain {
        return word.pieces().to_vec();
    }
    let mut shown = vec![Piece::Text("\"".to_owned())];
    for piece in word.pieces() {
        shown.push(match piece {
            Piece::Text(text) => Piece::Text(visible(text).replace('\\', "\\\\").replace('"', "\\\"")),
            Piece::Secret => Piece::Secret,
        });
    }
    shown.push(Piece::Text("\"".to_owned()));
    shown
}
