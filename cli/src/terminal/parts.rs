//! A page that is longer than the terminal: shown in parts, so that nothing scrolls away unseen.

use std::io::{self, Write};

use rustix::termios::{QueueSelector, tcflush, tcgetwinsize};

use super::{Keys, Terminal};
use crate::screen::Screen;

/// Fewest rows of a terminal for which a page is shown in parts; a smaller one, or one without a size, scrolls.
const FEWEST_ROWS: usize = 8;

/// How much of a page a person saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// All of it.
    All,
    /// They stopped before its end.
    Stopped,
}

impl Terminal {
    /// Prints a page. At the end of each part a key is waited for: `q`, `n`, Escape, the interrupt key and the end of
    /// input stop, `g` goes to the end, any other key goes on.
    pub(super) fn show_in_parts(&self, screen: &Screen) -> io::Result<Seen> {
        let size = tcgetwinsize(&self.device).ok();
        let columns = size.map_or(80, |size| usize::from(size.ws_col));
        // One column stays free: a terminal that wraps early must not start a row of its own.
        let columns = if columns == 0 { 79 } else { columns.saturating_sub(1) };
        let text = screen.render(columns, self.colour);
        let rows: Vec<&str> = text.split_inclusive('\n').collect();
        let height = size.map_or(0, |size| usize::from(size.ws_row));
        if height < FEWEST_ROWS || rows.len() < height {
            return self.print(&text);
        }
        let _keys = Keys::grab(&self.device)?;
        let mut left = rows.as_slice();
        loop {
            // One row is for the line that asks, one of the part before stays in sight.
            let (part, after) = left.split_at(left.len().min(height - 2));
            self.print(&part.concat())?;
            if after.is_empty() {
                return Ok(Seen::All);
            }
            match self.go_on(after.len())? {
                Step::On => left = after,
                Step::ToTheEnd => return self.print(&after.concat()),
                Step::Stop => return Ok(Seen::Stopped),
            }
        }
    }

    fn print(&self, text: &str) -> io::Result<Seen> {
        (&self.device).write_all(text.as_bytes()).map(|()| Seen::All)
    }

    fn go_on(&self, rows: usize) -> io::Result<Step> {
        const INTERRUPT: u8 = 0x03;
        const END_OF_INPUT: u8 = 0x04;
        const ESCAPE: u8 = 0x1b;
        const QUIT: u8 = 0x1c;
        let line = format!("{rows} more rows: blank goes on, g to the end, q stops");
        // What was typed before this part was shown must not skip it.
        tcflush(&self.device, QueueSelector::IFlush)?;
        write!(&self.device, "{line}")?;
        let step = match self.next_byte()? {
            None | Some(INTERRUPT | END_OF_INPUT | ESCAPE | QUIT | b'q' | b'Q' | b'n' | b'N') => Step::Stop,
            Some(b'g' | b'G') => Step::ToTheEnd,
            Some(_) => Step::On,
        };
        write!(&self.device, "\r{}\r", " ".repeat(line.len()))?;
        Ok(step)
    }
}

enum Step {
    On,
    ToTheEnd,
    Stop,
}
