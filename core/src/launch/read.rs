//! Reading a launch: one spelling, every member known, every limit kept.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::limits::{
    MAX_ARGUMENT_BYTES, MAX_ARGUMENTS, MAX_COMMAND_BYTES, MAX_PATH_BYTES, MAX_PROGRAM_FILES,
    MAX_VARIABLE_NAME_BYTES, MAX_VARIABLES,
};
use super::loader::loader_variable;
use super::mask::Masked;
use super::record::{EnvPin, LAUNCH_FORMAT, Launch, ProgramFile, RESERVED};
use super::shape::ValueShape;
use crate::digest::Digest;
use crate::json::{self, Member, ReadError, ReadLimits, Value};
use crate::reason::ReasonCode;

/// Why a document is no launch, or a launch is not within its limits.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LaunchError {
    /// The document was refused by the reader.
    #[error(transparent)]
    Json(#[from] ReadError),
    /// It is a launch in another spelling than the canonical one.
    #[error("the launch is not in canonical form")]
    NotCanonical,
    /// Something other than an object stands where one is needed.
    #[error("the launch, or a part of it, is no object")]
    NotAnObject,
    /// A member is missing.
    #[error("the member {0} is missing")]
    MissingMember(&'static str),
    /// A member that the format does not have.
    #[error("a member that the format does not have")]
    UnknownMember(String),
    /// A member of another type or form than the format has.
    #[error("the member {0} is malformed")]
    Malformed(&'static str),
    /// Another format than this one.
    #[error("the format is not {LAUNCH_FORMAT}")]
    Format,
    /// A member that has a place in the format and no meaning yet is not `null`.
    #[error("the member {0} is reserved and must be null")]
    Reserved(&'static str),
    /// Names that must ascend do not, or one stands twice.
    #[error("the names of {0} do not ascend")]
    NotSorted(&'static str),
    /// More, or longer, than a limit allows.
    #[error("{0} is over its limit")]
    Limit(&'static str),
    /// A path that is not absolute.
    #[error("a path of {0} is not absolute")]
    NotAbsolute(&'static str),
    /// Empty, or with a NUL.
    #[error("{0} is empty or holds a NUL")]
    Text(&'static str),
    /// A name that no variable can have.
    #[error("a variable has an empty name, or one with = or NUL")]
    VariableName,
    /// No file that could be run.
    #[error("the program has no file")]
    NoProgram,
    /// A variable that loads or redirects code is let through without being declared.
    #[error("a variable that loads or redirects code must be declared")]
    PassesLoader(String),
    /// A variable is declared and let through.
    #[error("a variable is both declared and let through")]
    PassesDeclared(String),
}

impl LaunchError {
    /// The name of the refusal in `spec/launch.md`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json(error) => error.reason().as_str(),
            Self::NotCanonical => "NOT_CANONICAL",
            Self::NotAnObject | Self::Malformed(_) => "MALFORMED",
            Self::MissingMember(_) => "MISSING_MEMBER",
            Self::UnknownMember(_) => "UNKNOWN_MEMBER",
            Self::Format => "UNKNOWN_FORMAT",
            Self::Reserved(_) => "RESERVED_MEMBER",
            Self::NotSorted(_) => "NOT_SORTED",
            Self::Limit(_) => "LIMIT",
            Self::NotAbsolute(_) => "NOT_ABSOLUTE",
            Self::Text(_) => "BAD_TEXT",
            Self::VariableName => "BAD_VARIABLE_NAME",
            Self::NoProgram => "NO_PROGRAM",
            Self::PassesLoader(_) => "PASSES_LOADER",
            Self::PassesDeclared(_) => "PASSES_DECLARED",
        }
    }

    /// The code of a refusal of the reader; `None` for what is JSON and no launch.
    pub fn reason(&self) -> Option<ReasonCode> {
        if let Self::Json(error) = self { Some(error.reason()) } else { None }
    }
}

impl Launch {
    /// Reads the canonical form of a launch.
    ///
    /// # Errors
    /// See [`LaunchError`]; any other spelling of the same launch is refused too.
    pub fn from_bytes(doc: &[u8]) -> Result<Launch, LaunchError> {
        let launch = Self::from_value(&json::read(doc, &ReadLimits::OWN)?)?;
        if launch.to_bytes() == doc { Ok(launch) } else { Err(LaunchError::NotCanonical) }
    }

    /// Reads a launch that stands in another document.
    ///
    /// # Errors
    /// See [`LaunchError`]. White space and the order of members are not seen here.
    pub fn from_value(value: &Value<'_>) -> Result<Launch, LaunchError> {
        let members = object(value)?;
        let known = ["args", "command", "env", "folder", "format", "passes", "program"];
        only(members, &[&known[..], &RESERVED].concat())?;
        if text(value, "format")? != LAUNCH_FORMAT {
            return Err(LaunchError::Format);
        }
        for name in RESERVED {
            if !member(value, name)?.is_null() {
                return Err(LaunchError::Reserved(name));
            }
        }
        let folder = member(value, "folder")?;
        let launch = Launch {
            command: text(value, "command")?.to_owned(),
            program: array(value, "program")?.iter().map(program_file).collect::<Result<_, _>>()?,
            args: array(value, "args")?.iter().map(argument).collect::<Result<_, _>>()?,
            folder: if folder.is_null() { None } else { Some(text(value, "folder")?.to_owned()) },
            env: variables(value)?,
            passes: passes(value)?,
        };
        launch.check()?;
        Ok(launch)
    }

    /// Whether a launch that was put together by hand is one that could be read.
    ///
    /// # Errors
    /// See [`LaunchError`].
    pub fn check(&self) -> Result<(), LaunchError> {
        limit(self.command.len() <= MAX_COMMAND_BYTES, "command")?;
        limit(self.args.len() <= MAX_ARGUMENTS, "args")?;
        limit(self.env.len() <= MAX_VARIABLES, "env")?;
        limit(self.passes.len() <= MAX_VARIABLES, "passes")?;
        limit(self.program.len() <= MAX_PROGRAM_FILES, "program")?;
        if self.command.is_empty() || self.command.contains('\0') {
            return Err(LaunchError::Text("command"));
        }
        for arg in &self.args {
            limit(arg.text_bytes() <= MAX_ARGUMENT_BYTES, "args")?;
            if arg.texts().any(|text| text.contains('\0')) {
                return Err(LaunchError::Text("args"));
            }
        }
        if self.program.is_empty() {
            return Err(LaunchError::NoProgram);
        }
        for file in &self.program {
            absolute(&file.path, "program")?;
            absolute(&file.file, "program")?;
        }
        if let Some(folder) = &self.folder {
            absolute(folder, "folder")?;
        }
        for (name, pin) in &self.env {
            variable_name(name)?;
            if matches!(pin, EnvPin::Value { shape: ValueShape::Secret, .. }) {
                return Err(LaunchError::Malformed("env"));
            }
        }
        for name in &self.passes {
            variable_name(name)?;
            if loader_variable(name) {
                return Err(LaunchError::PassesLoader(name.clone()));
            }
            if self.env.contains_key(name) {
                return Err(LaunchError::PassesDeclared(name.clone()));
            }
        }
        Ok(())
    }
}

fn variables(value: &Value<'_>) -> Result<BTreeMap<String, EnvPin>, LaunchError> {
    let members = member(value, "env")?.as_object().ok_or(LaunchError::Malformed("env"))?;
    members.iter().map(|entry| Ok((entry.name.clone().into_owned(), env_pin(&entry.value)?))).collect()
}

fn env_pin(value: &Value<'_>) -> Result<EnvPin, LaunchError> {
    match value.as_str() {
        Some("absent") => return Ok(EnvPin::Absent),
        Some("secret") => return Ok(EnvPin::Secret),
        Some(_) => return Err(LaunchError::Malformed("env")),
        None => {}
    }
    only(object(value)?, &["digest", "shape"])?;
    let shape = text(value, "shape")?;
    let shape = ValueShape::ALL
        .into_iter()
        .find(|known| known.as_str() == shape)
        .ok_or(LaunchError::Malformed("env"))?;
    Ok(EnvPin::Value { shape, digest: digest(member(value, "digest")?, "env")? })
}

fn passes(value: &Value<'_>) -> Result<BTreeSet<String>, LaunchError> {
    let mut names = BTreeSet::new();
    for element in array(value, "passes")? {
        let name = element.as_str().ok_or(LaunchError::Malformed("passes"))?;
        if names.last().is_some_and(|last: &String| last.as_str() >= name) {
            return Err(LaunchError::NotSorted("passes"));
        }
        names.insert(name.to_owned());
    }
    Ok(names)
}

fn program_file(value: &Value<'_>) -> Result<ProgramFile, LaunchError> {
    only(object(value)?, &["digest", "file", "path"])?;
    let pinned = member(value, "digest")?;
    let digest = if pinned.is_null() { None } else { Some(digest(pinned, "program")?) };
    Ok(ProgramFile { path: text(value, "path")?.to_owned(), file: text(value, "file")?.to_owned(), digest })
}

fn argument(value: &Value<'_>) -> Result<Masked, LaunchError> {
    Masked::from_value(value).ok_or(LaunchError::Malformed("args"))
}

fn object<'v, 'a>(value: &'v Value<'a>) -> Result<&'v [Member<'a>], LaunchError> {
    value.as_object().ok_or(LaunchError::NotAnObject)
}

fn only(members: &[Member<'_>], known: &[&str]) -> Result<(), LaunchError> {
    match members.iter().find(|found| !known.contains(&&*found.name)) {
        Some(unknown) => Err(LaunchError::UnknownMember(unknown.name.clone().into_owned())),
        None => Ok(()),
    }
}

fn member<'v, 'a>(value: &'v Value<'a>, name: &'static str) -> Result<&'v Value<'a>, LaunchError> {
    value.get(name).ok_or(LaunchError::MissingMember(name))
}

fn text<'v>(value: &'v Value<'_>, name: &'static str) -> Result<&'v str, LaunchError> {
    member(value, name)?.as_str().ok_or(LaunchError::Malformed(name))
}

fn array<'v, 'a>(value: &'v Value<'a>, name: &'static str) -> Result<&'v [Value<'a>], LaunchError> {
    member(value, name)?.as_array().ok_or(LaunchError::Malformed(name))
}

fn digest(value: &Value<'_>, place: &'static str) -> Result<Digest, LaunchError> {
    let text = value.as_str().ok_or(LaunchError::Malformed(place))?;
    text.parse().map_err(|_| LaunchError::Malformed(place))
}

fn limit(is_within: bool, place: &'static str) -> Result<(), LaunchError> {
    if is_within { Ok(()) } else { Err(LaunchError::Limit(place)) }
}

fn absolute(path: &str, place: &'static str) -> Result<(), LaunchError> {
    limit(path.len() <= MAX_PATH_BYTES, place)?;
    if path.contains('\0') {
        return Err(LaunchError::Text(place));
    }
    if path.starts_with('/') { Ok(()) } else { Err(LaunchError::NotAbsolute(place)) }
}

fn variable_name(name: &str) -> Result<(), LaunchError> {
    limit(name.len() <= MAX_VARIABLE_NAME_BYTES, "env")?;
    if name.is_empty() || name.contains(['=', '\0']) { Err(LaunchError::VariableName) } else { Ok(()) }
}
