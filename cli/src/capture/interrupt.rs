//! SIGINT, SIGTERM and SIGHUP while servers are started: the server is ended in order, then the command.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pinfold_gate::pump::Handle;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Whoever ends first: a session that is told to stop, or, between sessions, the process as without us.
#[derive(Clone, Default)]
pub(crate) struct Interrupts {
    session: Arc<Mutex<Option<Handle>>>,
    seen: Arc<AtomicBool>,
}

impl Interrupts {
    /// Watches the signals from now on.
    ///
    /// # Errors
    /// The system does not let them be watched.
    pub(crate) fn watch() -> io::Result<Interrupts> {
        let interrupts = Interrupts::default();
        let watcher = interrupts.clone();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        std::thread::spawn(move || {
            for signal in signals.forever() {
                watcher.seen.store(true, Ordering::Relaxed);
                match &*watcher.session.lock().unwrap_or_else(PoisonError::into_inner) {
                    Some(handle) => handle.stop(),
                    // Nothing was started that would have to be ended.
                    None => drop(signal_hook::low_level::emulate_default_handler(signal)),
                }
            }
        });
        Ok(interrupts)
    }

    /// Whether one came.
    pub(crate) fn seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    /// The session that is to be stopped; `None`: none runs.
    pub(super) fn set(&self, session: Option<Handle>) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }
}
