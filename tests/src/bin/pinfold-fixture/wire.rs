//! Standard output, shared by the threads of the server.

use std::io::Write;
use std::sync::Mutex;

/// Standard output; each call writes without another's bytes in between.
#[derive(Default)]
pub(crate) struct Wire {
    turn: Mutex<()>,
}

impl Wire {
    pub(crate) fn line(&self, text: &str) {
        self.bytes(format!("{text}\n").as_bytes());
    }

    /// A write that fails says that the other side is gone, which ends the input soon.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let _turn = self.turn.lock().expect("no writer panics");
        let mut output = std::io::stdout().lock();
        let _ = output.write_all(bytes).and_then(|()| output.flush());
    }

    pub(crate) fn blob(&self, megabytes: u32) {
        let _turn = self.turn.lock().expect("no writer panics");
        let mut output = std::io::stdout().lock();
        let megabyte = vec![b'a'; 1_000_000];
        for _ in 0..megabytes {
            if output.write_all(&megabyte).is_err() {
                return;
            }
        }
        let _ = output.flush();
    }
}
