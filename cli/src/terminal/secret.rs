//! Asking for a passphrase: nothing of it is shown, and nothing of it stays in memory.

use std::io::{self, Write};

use rustix::termios::{QueueSelector, tcflush};
use zeroize::Zeroizing;

use super::{Keys, Terminal};

impl Terminal {
    /// Asks for one line without showing it. Bytes come as they were typed, without the line's end.
    ///
    /// `None`: refused by an interrupt, end of input, or more than 4,096 bytes.
    ///
    /// # Errors
    ///
    /// The terminal went away.
    pub fn ask_secret(&self, prompt: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        const LONGEST_BYTES: usize = 4096;
        let keys = Keys::grab(&self.device)?;
        tcflush(&self.device, QueueSelector::IFlush)?;
        write!(&self.device, "{prompt} ")?;
        // Room for all of it at once: a buffer that grows leaves copies behind.
        let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_BYTES));
        let answer = loop {
            match self.next_byte()? {
                None | Some(0x03 | 0x04 | 0x1b | 0x1c) => break None,
                Some(b'\r' | b'\n') => break Some(line),
                Some(0x08 | 0x7f) => {
                    // One character, which may be several bytes.
                    while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                }
                // The key that takes the whole line back.
                Some(0x15) => line.clear(),
                Some(byte) if byte >= b' ' => {
                    if line.len() == LONGEST_BYTES {
                        break None;
                    }
                    line.push(byte);
                }
                Some(_) => {}
            }
        };
        writeln!(&self.device)?;
        drop(keys);
        Ok(answer)
    }
}
