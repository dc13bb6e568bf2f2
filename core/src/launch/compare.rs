//! What differs between the launch that was approved and the one at hand.

use std::fmt;

use super::credential::looks_like_credential;
use super::mask::Masked;
use super::record::{EnvPin, Launch, ProgramFile};
use crate::digest::Digest;
use crate::reason::ReasonCode;
use crate::text::visible;

/// One difference between two launches, with its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchDifference {
    /// The code of this difference.
    pub reason: ReasonCode,
    /// What differs.
    pub difference: Difference,
}

/// What differs between two launches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The command as written.
    Command {
        /// As approved.
        pinned: String,
        /// As it is now.
        live: String,
    },
    /// The files that the command comes down to.
    Program {
        /// As approved.
        pinned: Vec<ProgramFile>,
        /// As they are now.
        live: Vec<ProgramFile>,
    },
    /// A file of the program is no longer where it was.
    Gone {
        /// Where it was.
        file: String,
        /// What the same name resolves to now.
        now: Option<String>,
    },
    /// A file of the server's own has other bytes.
    Binary {
        /// The file.
        file: String,
        /// Digest as approved.
        pinned: Digest,
        /// Digest now.
        live: Digest,
    },
    /// The arguments.
    Arguments {
        /// As approved.
        pinned: Vec<Masked>,
        /// As they are now.
        live: Vec<Masked>,
    },
    /// The working folder, where it counts.
    Folder {
        /// As approved.
        pinned: Option<String>,
        /// As it is now.
        live: Option<String>,
    },
    /// A variable that was not declared, or had no value, at approval.
    NewVariable {
        /// Its name.
        name: String,
        /// Whether the name looks like a credential's.
        is_credential: bool,
    },
    /// A value that is no secret is another one.
    ValueChanged {
        /// Name of the variable.
        name: String,
    },
    /// A value that is no secret is gone, or turned into something that may be one.
    ValueGone {
        /// Name of the variable.
        name: String,
    },
    /// A name is let through that nobody let through.
    Passes {
        /// The name.
        name: String,
    },
}

/// The code under which a changed launch is held; `None` if nothing differs.
pub fn headline(differences: &[LaunchDifference]) -> Option<ReasonCode> {
    (!differences.is_empty()).then_some(ReasonCode::LaunchChanged)
}

impl Launch {
    /// Everything in which a launch at hand differs from an approved one; empty if it may be started.
    ///
    /// A secret is never compared. A variable that had a secret and has none is no difference: with fewer credentials it
    /// is no new server. Digests of interpreters are not part of a launch.
    pub fn compare(pinned: &Launch, live: &Launch) -> Vec<LaunchDifference> {
        let mut found = Vec::new();
        if pinned.command != live.command {
            found.push(Difference::Command { pinned: pinned.command.clone(), live: live.command.clone() });
        }
        compare_programs(&pinned.program, &live.program, &mut found);
        if pinned.args != live.args {
            found.push(Difference::Arguments { pinned: pinned.args.clone(), live: live.args.clone() });
        }
        if pinned.folder != live.folder {
            found.push(Difference::Folder { pinned: pinned.folder.clone(), live: live.folder.clone() });
        }
        compare_variables(pinned, live, &mut found);
        let passes = live.passes.difference(&pinned.passes).cloned();
        found.extend(passes.map(|name| Difference::Passes { name }));
        found.into_iter().map(LaunchDifference::from).collect()
    }
}

fn compare_programs(pinned: &[ProgramFile], live: &[ProgramFile], found: &mut Vec<Difference>) {
    let same_place = |(old, new): (&ProgramFile, &ProgramFile)| {
        old.path == new.path && old.file == new.file && old.digest.is_some() == new.digest.is_some()
    };
    if pinned.len() != live.len() || !pinned.iter().zip(live).all(same_place) {
        found.push(Difference::Program { pinned: pinned.to_vec(), live: live.to_vec() });
        return;
    }
    for (old, new) in pinned.iter().zip(live) {
        if let (Some(before), Some(now)) = (old.digest, new.digest)
            && before != now
        {
            found.push(Difference::Binary { file: old.file.clone(), pinned: before, live: now });
        }
    }
}

fn compare_variables(pinned: &Launch, live: &Launch, found: &mut Vec<Difference>) {
    for (name, now) in &live.env {
        let is_credential = looks_like_credential(name);
        let new = || Difference::NewVariable { name: name.clone(), is_credential };
        match (pinned.env.get(name), now) {
            (None, _) => found.push(new()),
            (Some(EnvPin::Absent), EnvPin::Secret | EnvPin::Value { .. }) => found.push(new()),
            (Some(EnvPin::Value { digest: before, .. }), EnvPin::Value { digest, .. })
                if before == digest => {}
            (Some(EnvPin::Value { .. }), EnvPin::Value { .. }) => {
                found.push(Difference::ValueChanged { name: name.clone() });
            }
            (Some(EnvPin::Value { .. }), EnvPin::Absent | EnvPin::Secret) => {
                found.push(Difference::ValueGone { name: name.clone() });
            }
            (Some(EnvPin::Absent), EnvPin::Absent) | (Some(EnvPin::Secret), _) => {}
        }
    }
    for (name, pin) in &pinned.env {
        if matches!(pin, EnvPin::Value { .. }) && !live.env.contains_key(name) {
            found.push(Difference::ValueGone { name: name.clone() });
        }
    }
}

impl From<Difference> for LaunchDifference {
    fn from(difference: Difference) -> Self {
        let reason = match &difference {
            Difference::Command { .. }
            | Difference::Program { .. }
            | Difference::Gone { .. }
            | Difference::Folder { .. } => ReasonCode::LaunchChanged,
            Difference::Binary { .. } => ReasonCode::BinaryChanged,
            Difference::Arguments { .. } => ReasonCode::ArgsChanged,
            Difference::NewVariable { .. }
            | Difference::ValueChanged { .. }
            | Difference::ValueGone { .. }
            | Difference::Passes { .. } => ReasonCode::EnvChanged,
        };
        Self { reason, difference }
    }
}

/// One line in our words; names and paths are made visible.
impl fmt::Display for LaunchDifference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.difference {
            Difference::Command { pinned, live } => {
                write!(out, "the command was {}, it is {}", visible(pinned), visible(live))
            }
            Difference::Program { pinned, live } => {
                write!(out, "the program was {}, it is {}", files(pinned), files(live))
            }
            Difference::Gone { file, now: Some(now) } => {
                write!(out, "{} is gone; the same name is now {}", visible(file), visible(now))
            }
            Difference::Gone { file, now: None } => {
                write!(out, "{} is gone, and nothing of that name is found", visible(file))
            }
            Difference::Binary { file, .. } => write!(out, "the bytes of {} changed", visible(file)),
            Difference::Arguments { .. } => out.write_str("the arguments changed"),
            Difference::Folder { pinned, live } => {
                let shown = |folder: &Option<String>| folder.as_deref().map_or("any".to_owned(), visible);
                write!(out, "the working folder was {}, it is {}", shown(pinned), shown(live))
            }
            Difference::NewVariable { name, is_credential: true } => {
                write!(out, "the variable {} is new and looks like a credential", visible(name))
            }
            Difference::NewVariable { name, .. } => write!(out, "the variable {} is new", visible(name)),
            Difference::ValueChanged { name } => write!(out, "the value of {} changed", visible(name)),
            Difference::ValueGone { name } => write!(out, "the value of {} is gone", visible(name)),
            Difference::Passes { name } => {
                write!(out, "{} is passed on without being declared", visible(name))
            }
        }
    }
}

fn files(program: &[ProgramFile]) -> String {
    program.iter().map(|file| visible(&file.file)).collect::<Vec<_>>().join(" run by ")
}
