//! A launch without anything of one machine: as it stands in a lock.

use std::collections::BTreeSet;
use std::fmt;

use super::record::{EnvPin, Launch, ProgramFile};
use super::{LaunchError, Masked};
use crate::document::{DocumentError, DocumentFault, Fields, Place};
use crate::json::Value;
use crate::text::visible;

/// A launch as it is the same on every machine: no resolved path, no folder, no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortableLaunch {
    /// The command as the entry writes it.
    pub command: String,
    /// The arguments as the entry writes them, secrets by place.
    pub args: Vec<Masked>,
    /// Names of the variables that the entry declares.
    pub env: BTreeSet<String>,
    /// Names that the entry does not declare and that a person lets through all the same.
    pub passes: BTreeSet<String>,
}

/// In what a launch at hand differs from a locked one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortableDifference {
    /// The command as written.
    Command,
    /// The arguments.
    Arguments,
    /// A variable is declared that the locked launch does not declare. Its name; foreign text.
    Variable(String),
}

impl fmt::Display for PortableDifference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command => out.write_str("its command"),
            Self::Arguments => out.write_str("its arguments"),
            Self::Variable(name) => write!(out, "the variable {}", visible(name)),
        }
    }
}

impl PortableLaunch {
    /// What is the same on every machine of a launch.
    pub fn of(launch: &Launch) -> Self {
        Self {
            command: launch.command.clone(),
            args: launch.args.clone(),
            env: launch.env.keys().cloned().collect(),
            passes: launch.passes.clone(),
        }
    }

    /// In what a launch at hand differs from this one; empty if it is this one. Fewer declared variables are no
    /// difference, and names that are let through are those of the lock, whatever is at hand.
    pub fn differences(&self, live: &Launch) -> Vec<PortableDifference> {
        let mut found = Vec::new();
        if self.command != live.command {
            found.push(PortableDifference::Command);
        }
        if self.args != live.args {
            found.push(PortableDifference::Arguments);
        }
        let new = live.env.keys().filter(|name| !self.env.contains(*name));
        found.extend(new.cloned().map(PortableDifference::Variable));
        found
    }

    pub(crate) fn members(&self) -> Vec<(&'static str, Value<'static>)> {
        let names =
            |names: &BTreeSet<String>| Value::array(names.iter().cloned().map(Value::string).collect());
        vec![
            ("args", Value::array(self.args.iter().map(Masked::to_value).collect())),
            ("command", Value::string(self.command.clone())),
            ("env", names(&self.env)),
            ("passes", names(&self.passes)),
        ]
    }

    /// Reads the four members of an object that has them.
    pub(crate) fn read(fields: &Fields<'_, '_, '_>, place: Place<'_>) -> Result<Self, DocumentError> {
        let args = fields.array("args")?.iter().map(Masked::from_value).collect::<Option<_>>();
        let launch = Self {
            command: fields.text("command")?.to_owned(),
            args: args.ok_or_else(|| fields.fault("args", DocumentFault::WrongText))?,
            env: names(fields, "env")?,
            passes: names(fields, "passes")?,
        };
        launch.check().map_err(|error| place.fault(DocumentFault::Launch(error)))?;
        Ok(launch)
    }

    /// The rules of launches hold, whatever the program comes down to.
    fn check(&self) -> Result<(), LaunchError> {
        let program = ProgramFile { path: "/program".to_owned(), file: "/program".to_owned(), digest: None };
        let launch = Launch {
            command: self.command.clone(),
            program: vec![program],
            args: self.args.clone(),
            folder: None,
            env: self.env.iter().map(|name| (name.clone(), EnvPin::Secret)).collect(),
            passes: self.passes.clone(),
        };
        launch.check()
    }
}

/// Names that rise, each once.
fn names(fields: &Fields<'_, '_, '_>, member: &str) -> Result<BTreeSet<String>, DocumentError> {
    let wrong = || fields.fault(member, DocumentFault::WrongText);
    let mut names = BTreeSet::new();
    for element in fields.array(member)? {
        let name = element.as_str().ok_or_else(wrong)?;
        if names.last().is_some_and(|last: &String| last.as_str() >= name) {
            return Err(wrong());
        }
        names.insert(name.to_owned());
    }
    Ok(names)
}
