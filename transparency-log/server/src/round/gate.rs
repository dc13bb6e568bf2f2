//! Whether the log signs, and if not, why. Once stopped it stays stopped until the next start.

use std::sync::{PoisonError, RwLock};

/// Whether heads may be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signing {
    /// Yes.
    Open,
    /// Not yet: witnesses have not answered.
    Waiting(String),
    /// No more: somebody signed what this process does not know.
    Stopped(String),
}

/// What the sequencer says and the HTTP server reads.
#[derive(Debug)]
pub(crate) struct Gate(RwLock<Signing>);

impl Gate {
    /// Waiting for what a start has to find out.
    pub(crate) fn new() -> Gate {
        Gate(RwLock::new(Signing::Waiting("the log is starting".to_owned())))
    }

    /// Now.
    pub(crate) fn get(&self) -> Signing {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the log signs now.
    pub(crate) fn is_open(&self) -> bool {
        *self.0.read().unwrap_or_else(PoisonError::into_inner) == Signing::Open
    }

    /// Changes it. What is stopped stays stopped.
    pub(crate) fn set(&self, signing: Signing) {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*now, Signing::Stopped(_)) {
            *now = signing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stopped_stays_stopped() {
        let gate = Gate::new();
        assert!(!gate.is_open());
        gate.set(Signing::Open);
        assert!(gate.is_open());
        gate.set(Signing::Stopped("fork".to_owned()));
        gate.set(Signing::Open);
        assert_eq!(gate.get(), Signing::Stopped("fork".to_owned()));
    }
}
