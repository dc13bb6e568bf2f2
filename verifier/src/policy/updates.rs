//! What a policy says about published updates.

use crate::trust::Duration;

/// What holds for the published updates of one server. By default every change is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdatePolicy {
    /// Which of them pass without a question.
    pub updates: Updates,
    /// What other words are.
    pub prose: Prose,
    /// How old a release must be, by its witnesses.
    pub min_age: Duration,
}

/// Which published updates pass without a question; each lets more pass than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Updates {
    /// None.
    Ask,
    /// Those that add no power.
    Signed,
    /// These; and where only words or parameters that can be left out are new, the client is served what is approved.
    ApprovedWords,
}

/// What other words of an update are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prose {
    /// Power: a model obeys them.
    Ask,
    /// No power, if they are words and nothing else.
    Allow,
}

impl Default for UpdatePolicy {
    fn default() -> Self {
        Self { updates: Updates::Ask, prose: Prose::Ask, min_age: Duration::DEFAULT_MIN_AGE }
    }
}

impl Updates {
    /// The word in the file and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Signed => "signed",
            Self::ApprovedWords => "approved-words",
        }
    }
}

impl Prose {
    /// The word in the file and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Allow => "allow",
        }
    }
}
