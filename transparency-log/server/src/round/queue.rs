//! Submissions that wait for a round. The queue is bounded; a full one answers at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::limits;
use crate::round::submission::{Answer, Submission};

/// A submission and who waits for its answer.
pub(crate) struct Waiting {
    /// What was submitted.
    pub(crate) submission: Submission,
    /// Where the answer goes; a submitter that went away is no reason to stop.
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// Why nothing can be submitted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueRefusal {
    /// As many wait as may.
    Full,
    /// The process is stopping.
    Closed,
}

/// The queue between the HTTP server and the one writer.
#[derive(Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    filled: Condvar,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Waiting>,
    closed: bool,
}

impl Queue {
    /// Puts a submission in; the receiver gets the answer, or an error if the process ends first.
    ///
    /// # Errors
    /// [`QueueRefusal`], at once: nobody waits for room.
    pub(crate) fn push(&self, submission: Submission) -> Result<oneshot::Receiver<Answer>, QueueRefusal> {
        let (reply, receiver) = oneshot::channel();
        let mut inner = self.lock();
        if inner.closed {
            return Err(QueueRefusal::Closed);
        }
        if inner.waiting.len() >= limits::MAX_WAITING {
            return Err(QueueRefusal::Full);
        }
        inner.waiting.push_back(Waiting { submission, reply });
        self.filled.notify_one();
        Ok(receiver)
    }

    /// What waits, up to the limits of a round; waits for the first at most `patience`. Empty: nobody came.
    /// `None`: closed, and all that waited was taken.
    pub(crate) fn take(&self, patience: Duration) -> Option<Vec<Waiting>> {
        let mut inner = self.lock();
        if inner.waiting.is_empty() && !inner.closed {
            let waited = self.filled.wait_timeout(inner, patience);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if inner.waiting.is_empty() {
            return if inner.closed { None } else { Some(Vec::new()) };
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(next) = inner.waiting.front() {
            bytes += next.submission.bytes();
            let is_full = batch.len() >= limits::MAX_BATCH_ENTRIES || bytes > limits::MAX_BATCH_BYTES;
            if is_full && !batch.is_empty() {
                break;
            }
            batch.extend(inner.waiting.pop_front());
        }
        Some(batch)
    }

    /// Takes nothing new from now on and wakes the writer.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Drops what still waits; whoever waits for an answer learns that there will be none.
    pub(crate) fn drop_waiting(&self) {
        self.lock().waiting.clear();
    }

    /// Whether the process is stopping.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
