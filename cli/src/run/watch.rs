//! Watching the store for decisions, on behalf of a gate that runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use pinfold_core::name::Label;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::LaunchStanding;
use pinfold_gate::pump::Handle;
use pinfold_store::{ChangeStamp, Store};

use super::judge::{Judgement, LaunchJudge};
use super::murmur::Murmur;
use crate::launch::StoreDigests;

/// How often the store's files are looked at: three calls of stat(2). A person who has just typed a yes is waiting.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// A watch over the store.
pub(crate) struct Watch {
    pub(crate) label: Label,
    /// Shared with whoever starts the server and looks up old objects.
    pub(crate) store: Arc<Mutex<Store>>,
    pub(crate) handle: Handle,
    pub(crate) judge: LaunchJudge,
    pub(crate) murmur: Murmur,
    /// The files as they were before the pins were read that the gate began with.
    pub(crate) stamp: ChangeStamp,
}

impl Watch {
    /// Looks until the sender is dropped.
    pub(crate) fn work(mut self, gate_is_done: &mpsc::Receiver<()>) {
        while let Err(mpsc::RecvTimeoutError::Timeout) = gate_is_done.recv_timeout(LOOK_EVERY) {
            let now = self.store().change_stamp();
            if now == self.stamp {
                continue;
            }
            let refreshed = self.store().refresh();
            match refreshed {
                Ok(true) => {
                    self.stamp = now;
                    self.tell();
                }
                Ok(false) => self.stamp = now,
                // Busy is no news; look again.
                Err(error) if error.reason() != Some(ReasonCode::PinstoreTampered) => {}
                Err(error) => {
                    self.stamp = now;
                    self.change_standing(LaunchStanding::Held(ReasonCode::PinstoreTampered));
                    self.murmur.say(format!("pinfold: {}: {error}; everything is held", self.label));
                }
            }
        }
    }

    fn tell(&self) {
        loop {
            let (head, pins, standing) = {
                let store = self.store();
                let pins = self.judge.pins(&store);
                let judgement = self.judge.judge(&pins, &mut StoreDigests(&store));
                // A command that cannot be resolved now is not the approved one.
                let standing = judgement
                    .as_ref()
                    .map_or(LaunchStanding::Held(ReasonCode::LaunchChanged), Judgement::standing);
                (store.head(), pins.label(&self.label).cloned(), standing)
            };
            self.handle.pins_changed(pins);
            self.change_standing(standing);
            // A client that asked in between was told of the store as it was then; what came later is not to be taken back.
            if self.store().head() == head {
                return;
            }
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the gate in any case: it may have found out by itself, at a question or at a start, what is not so any more.
    fn change_standing(&self, standing: LaunchStanding) {
        self.handle.launch_changed(standing);
    }
}
