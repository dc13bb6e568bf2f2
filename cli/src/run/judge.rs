//! Whether the launch at hand is one that a person approved, asked at the beginning, after each decision, and right
//! before a start.

use std::borrow::Cow;
use std::path::PathBuf;

use pinfold_core::digest::Digest;
use pinfold_core::name::Label;
use pinfold_core::pins::Pins;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::LaunchStanding;
use pinfold_gate::guardian::Command;
use pinfold_store::Store;

use super::Ground;
use crate::launch::{
    DigestCache, Entry, InterpreterStanding, PinnedStart, ResolveError, ResolvedLaunch, Surroundings,
    check_again, resolve, resolve_pinned,
};

/// The launch that `run` was given.
#[derive(Clone)]
pub(crate) struct LaunchJudge {
    pub(crate) label: Label,
    pub(crate) entry: Entry,
    pub(crate) around: Surroundings,
    pub(crate) ground: Ground,
}

/// What was found.
pub(crate) enum Judgement {
    /// It is approved; this is what to run.
    Start(Box<ResolvedLaunch>),
    /// It is not. `fresh` is the launch to ask about, if the command could be resolved.
    Held { reason: ReasonCode, fresh: Option<Box<ResolvedLaunch>> },
}

impl Judgement {
    pub(crate) fn standing(&self) -> LaunchStanding {
        match self {
            Self::Start(_) => LaunchStanding::Approved,
            Self::Held { reason, .. } => LaunchStanding::Held(*reason),
        }
    }

    /// The launch at hand, whether it is approved or not.
    pub(crate) fn resolved(&self) -> Option<&ResolvedLaunch> {
        match self {
            Self::Start(resolved) => Some(resolved),
            Self::Held { fresh, .. } => fresh.as_deref(),
        }
    }
}

impl LaunchJudge {
    /// What counts as approved, as the store is now.
    pub(crate) fn pins<'s>(&self, store: &'s Store) -> Cow<'s, Pins> {
        self.ground.pins(store)
    }

    /// Judges the launch as it is now by these pins.
    ///
    /// # Errors
    /// The command cannot be resolved, and no approved launch says what it was.
    pub(crate) fn judge(&self, pins: &Pins, cache: &mut dyn DigestCache) -> Result<Judgement, ResolveError> {
        let Some(known) = pins.label(&self.label).filter(|known| known.is_known()) else {
            let fresh = resolve(&self.entry, &self.around, cache)?;
            return Ok(Judgement::Held { reason: ReasonCode::ServerUnknown, fresh: Some(Box::new(fresh)) });
        };
        let mut asked = None;
        for (_, pinned) in known.approved_launches() {
            match resolve_pinned(pinned, &self.entry, &self.around, cache)? {
                PinnedStart::Same(resolved) => return Ok(judge_interpreters(resolved, pins)),
                PinnedStart::Changed { fresh, .. } => asked = asked.or(fresh.ok()),
            }
        }
        Ok(Judgement::Held { reason: ReasonCode::LaunchChanged, fresh: asked })
    }

    /// The command to start, with path and files checked once more.
    ///
    /// # Errors
    /// The code under which nothing is started.
    pub(crate) fn command(&self, pins: &Pins, cache: &mut dyn DigestCache) -> Result<Command, ReasonCode> {
        match self.judge(pins, cache).map_err(|_| ReasonCode::LaunchChanged)? {
            Judgement::Held { reason, .. } => Err(reason),
            Judgement::Start(resolved) => {
                check_again(&resolved, cache).map_err(|_| ReasonCode::LaunchChanged)?;
                Ok(command_of(*resolved))
            }
        }
    }
}

/// The command of a resolved launch. It holds the client's secrets and goes to the guardian alone.
pub(crate) fn command_of(resolved: ResolvedLaunch) -> Command {
    let exec = resolved.exec;
    let mut argv = exec.argv.into_iter();
    let program: PathBuf = exec.program;
    let name = argv.next().unwrap_or_else(|| program.clone().into_os_string());
    Command { program, name, args: argv.collect(), env: exec.env, folder: exec.folder }
}

/// Whether all of its interpreters have bytes that somebody accepted, or that root alone could change.
pub(crate) fn interpreters_pass(resolved: &ResolvedLaunch, pins: &Pins) -> bool {
    let accepted = |path: &str| -> Option<Digest> { pins.interpreter(path).map(|pin| pin.digest) };
    resolved.interpreters.iter().all(|interpreter| {
        matches!(
            interpreter.standing(accepted(&interpreter.path)),
            InterpreterStanding::Accepted | InterpreterStanding::Recorded
        )
    })
}

/// An approved launch is held all the same while one of its interpreters has bytes that nobody accepted.
fn judge_interpreters(resolved: Box<ResolvedLaunch>, pins: &Pins) -> Judgement {
    if interpreters_pass(&resolved, pins) {
        Judgement::Start(resolved)
    } else {
        Judgement::Held { reason: ReasonCode::InterpreterChanged, fresh: Some(resolved) }
    }
}
