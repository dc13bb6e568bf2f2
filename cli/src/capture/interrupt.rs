//! SIGINT, SIGTERM and SIGHUP while servers are started: the servers are ended in order, then the command.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pinfold_gate::pump::Handle;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Whoever ends first: sessions that are told to stop, or, with none running, the process as without us.
#[derive(Clone, Default)]
pub(crate) struct Interrupts {
    sessions: Arc<Mutex<Sessions>>,
    seen: Arc<AtomicBool>,
    watch: Arc<Mutex<Option<signal_hook::iterator::Handle>>>,
    is_shared: bool,
}

#[derive(Default)]
struct Sessions {
    next: u64,
    running: Vec<(u64, Handle)>,
}

/// A session that is stopped at a signal for as long as this lives.
pub(super) struct Watched {
    sessions: Arc<Mutex<Sessions>>,
    number: u64,
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
        *lock(&interrupts.watch) = Some(signals.handle());
        std::thread::spawn(move || {
            for signal in signals.forever() {
                watcher.seen.store(true, Ordering::Relaxed);
                let sessions = lock(&watcher.sessions);
                if sessions.running.is_empty() {
                    // Nothing was started that would have to be ended.
                    drop(signal_hook::low_level::emulate_default_handler(signal));
                }
                sessions.running.iter().for_each(|(_, handle)| handle.stop());
            }
        });
        Ok(interrupts)
    }

    /// The same for several sessions at one time: whoever waits for all of them ends what they left.
    ///
    /// # Errors
    /// As [`Interrupts::watch`].
    pub(crate) fn watch_several() -> io::Result<Interrupts> {
        Ok(Interrupts { is_shared: true, ..Interrupts::watch()? })
    }

    /// Whether several sessions run at one time.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether one came.
    pub(crate) fn seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    /// Ends the watch: whoever asks a person next has its own.
    pub(crate) fn close(&self) {
        if let Some(handle) = lock(&self.watch).take() {
            handle.close();
        }
    }

    /// A session that is to be stopped at a signal.
    pub(super) fn over(&self, session: Handle) -> Watched {
        let mut sessions = lock(&self.sessions);
        let number = sessions.next;
        sessions.next += 1;
        sessions.running.push((number, session));
        Watched { sessions: Arc::clone(&self.sessions), number }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        lock(&self.sessions).running.retain(|(number, _)| *number != self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
