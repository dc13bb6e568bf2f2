//! Which gates run and what they wait for, so that `review` knows whether its answer will be carried out.

use pinfold_core::digest::Digest;
use pinfold_core::name::Label;
use pinfold_core::pins::UnixSeconds;

use crate::error::StoreError;
use crate::open::{Store, garbled};
use crate::pending::{cut, from_seconds, seconds};
use crate::process::ProcessStamp;

/// What a gate is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GateState {
    /// It waits for a person to approve the launch.
    Waiting,
    /// It answers from the pins; its server is not verified yet, or not started.
    Answering,
    /// It starts the server.
    Starting,
    /// It reads the server's listings.
    Showing,
    /// What it read is stored.
    Ready,
    /// The server did not start or did not answer.
    Failed,
}

impl GateState {
    /// All states.
    pub const ALL: [GateState; 6] = [
        GateState::Waiting,
        GateState::Answering,
        GateState::Starting,
        GateState::Showing,
        GateState::Ready,
        GateState::Failed,
    ];

    /// The name in the store and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            GateState::Waiting => "waiting",
            GateState::Answering => "answering",
            GateState::Starting => "starting",
            GateState::Showing => "showing",
            GateState::Ready => "ready",
            GateState::Failed => "failed",
        }
    }
}

/// One running gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRow {
    /// Its process.
    pub process: ProcessStamp,
    /// The label that it runs under.
    pub label: Label,
    /// Digest of the launch that it was given.
    pub launch: Digest,
    /// What it is doing.
    pub state: GateState,
    /// More about that, in our own words; may be empty.
    pub detail: String,
    /// When it said so.
    pub updated: UnixSeconds,
}

impl Store {
    /// Notes what a gate is doing, in the place of what it said before. Gates that have ended are dropped.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: the gate goes on without.
    pub fn set_gate(&self, gate: &GateRow) -> Result<(), StoreError> {
        let ended: Vec<_> = self.all_gates()?.into_iter().filter(|gate| !gate.process.is_alive()).collect();
        let sql = "INSERT OR REPLACE INTO gates (boot, pid, start, label, launch, state, detail, updated) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.observing(|transaction| {
            for gate in &ended {
                transaction.execute(REMOVE, key(&gate.process))?;
            }
            let (boot, pid, start) = key(&gate.process);
            let label = gate.label.as_str();
            let (launch, state) = (gate.launch.as_bytes(), gate.state.as_str());
            let row = (boot, pid, start, label, launch, state, cut(&gate.detail), seconds(gate.updated));
            transaction.execute(sql, row)?;
            Ok(())
        })
    }

    /// Drops the row of a gate that ends.
    ///
    /// # Errors
    /// As [`Store::set_gate`].
    pub fn remove_gate(&self, process: &ProcessStamp) -> Result<(), StoreError> {
        self.observing(|transaction| {
            transaction.execute(REMOVE, key(process))?;
            Ok(())
        })
    }

    /// The gates that run now, whatever their label, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] if a row holds what Pinfold does not write.
    pub fn gates(&self) -> Result<Vec<GateRow>, StoreError> {
        Ok(self.all_gates()?.into_iter().filter(|gate| gate.process.is_alive()).collect())
    }

    fn all_gates(&self) -> Result<Vec<GateRow>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(Vec::new()) };
        let sql = "SELECT boot, pid, start, label, launch, state, detail, updated FROM gates ORDER BY rowid";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map((), |row| {
            let start: i64 = row.get(2)?;
            let process = ProcessStamp { boot: row.get(0)?, pid: row.get(1)?, start_ticks: start as u64 };
            let (label, state): (String, String) = (row.get(3)?, row.get(5)?);
            Ok((process, label, row.get(4)?, state, row.get(6)?, row.get(7)?))
        })?;
        let read = rows.map(|row| {
            let (process, label, launch, state, detail, updated) = row?;
            let is_state = |known: &GateState| known.as_str() == state;
            Ok(GateRow {
                process,
                label: label.parse().map_err(|_| garbled("gates"))?,
                launch: Digest::from_bytes(launch),
                state: GateState::ALL.into_iter().find(is_state).ok_or_else(|| garbled("gates"))?,
                detail,
                updated: from_seconds(updated),
            })
        });
        read.collect()
    }
}

const REMOVE: &str = "DELETE FROM gates WHERE boot = ?1 AND pid = ?2 AND start = ?3";

/// The start time uses all 64 bits of its column.
fn key(process: &ProcessStamp) -> (&str, u32, i64) {
    (&process.boot, process.pid, process.start_ticks as i64)
}
