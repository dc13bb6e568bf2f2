//! What goes to one side, in the order in which it was decided.
//!
//! Deciding and writing are apart: a line is queued while the gate's lock is held, which fixes the order, and written
//! after it was released. The thread that queued a line writes it itself where it may block, which saves a wake-up on
//! every message; a thread that must not block leaves it to the outbox's own.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The most bytes that wait for a side that does not read. Beyond it the session is over.
const MAX_QUEUED_BYTES: usize = 256 << 20;

/// A queue with a writer behind it.
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    filled: Condvar,
    writer: Mutex<Option<Box<dyn Write + Send>>>,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    closed: bool,
}

impl Outbox {
    /// An outbox with a thread of its own for lines that are left to it.
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Arc<Self> {
        let outbox = Arc::new(Self {
            queue: Mutex::default(),
            filled: Condvar::new(),
            writer: Mutex::new(Some(writer)),
        });
        let own = Arc::clone(&outbox);
        std::thread::spawn(move || own.write_when_filled());
        outbox
    }

    /// Queues a line. What comes after [`Outbox::close`] is dropped; false: the queue is full.
    pub(super) fn push(&self, line: Vec<u8>) -> bool {
        let mut queue = lock(&self.queue);
        if queue.closed {
            return true;
        }
        queue.bytes += line.len();
        queue.lines.push_back(line);
        queue.bytes <= MAX_QUEUED_BYTES
    }

    /// Writes what is queued, on this thread.
    pub(super) fn flush(&self) {
        let mut writer = lock(&self.writer);
        while let Some(line) = self.pop() {
            let failed = writer.as_mut().is_none_or(|writer| writer.write_all(&line).is_err());
            if failed {
                // Nobody reads any more; whoever that was, its other direction ends too and is seen there.
                *writer = None;
                let mut queue = lock(&self.queue);
                queue.closed = true;
                queue.lines.clear();
                return;
            }
        }
        if lock(&self.queue).closed {
            *writer = None;
        }
    }

    /// Leaves what is queued to the outbox's own thread.
    pub(super) fn flush_elsewhere(&self) {
        self.filled.notify_one();
    }

    /// Ends the stream after what is queued.
    pub(super) fn close(&self) {
        lock(&self.queue).closed = true;
        self.filled.notify_one();
    }

    fn write_when_filled(&self) {
        loop {
            let mut queue = lock(&self.queue);
            while queue.lines.is_empty() && !queue.closed {
                queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            let closed = queue.closed;
            drop(queue);
            self.flush();
            if closed {
                return;
            }
        }
    }

    fn pop(&self) -> Option<Vec<u8>> {
        let mut queue = lock(&self.queue);
        let line = queue.lines.pop_front()?;
        queue.bytes -= line.len();
        Some(line)
    }
}

/// A lock whatever happened to the thread that held it: every state in here is whole between two statements.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
