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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_at_once_and_batches_are_bounded() {
        let queue = Queue::default();
        let mut answers = Vec::new();
        for number in 0..limits::MAX_WAITING {
            answers.push(queue.push(Submission::raw(number.to_string().into_bytes())).unwrap());
        }
        let one_more = queue.push(Submission::raw(b"one more".to_vec()));
        assert_eq!(one_more.err(), Some(QueueRefusal::Full));
        let batch = queue.take(Duration::ZERO).unwrap();
        assert_eq!(batch.len(), limits::MAX_BATCH_ENTRIES);
        assert!(queue.push(Submission::raw(b"one more".to_vec())).is_ok());

        // Closed: what waits is still taken, in order, and then nothing more.
        queue.close();
        assert_eq!(queue.push(Submission::raw(b"late".to_vec())).err(), Some(QueueRefusal::Closed));
        let left: usize = std::iter::from_fn(|| queue.take(Duration::ZERO)).map(|batch| batch.len()).sum();
        assert_eq!(left, limits::MAX_WAITING - limits::MAX_BATCH_ENTRIES + 1);
        drop(answers);
    }

    #[test]
    fn a_round_is_bounded_in_bytes_and_takes_one_submission_whatever_its_size() {
        let queue = Queue::default();
        for size in [limits::MAX_BATCH_BYTES + 1, limits::MAX_BATCH_BYTES / 2, limits::MAX_BATCH_BYTES / 2, 1]
        {
            drop(queue.push(Submission::raw(vec![0; size])).unwrap());
        }
        let sizes: Vec<usize> = (0..3).map(|_| queue.take(Duration::ZERO).unwrap().len()).collect();
        assert_eq!(sizes, [1, 2, 1]);
        assert!(queue.take(Duration::ZERO).unwrap().is_empty());
        queue.push(Submission::raw(vec![0])).unwrap();
        queue.drop_waiting();
        assert!(queue.take(Duration::ZERO).unwrap().is_empty());
    }
}
