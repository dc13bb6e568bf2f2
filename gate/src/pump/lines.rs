//! Lines from a byte stream, each in a buffer of its own, so that a line can be handed on without a copy.

use std::io::{self, Read};

/// How much is read at once: the size of a pipe.
const READ_BYTES: usize = 64 << 10;

/// What comes from a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line with its newline; the last one may lack it.
    Whole(Vec<u8>),
    /// A line of more than the allowed bytes.
    TooLong,
    /// The stream ended.
    End,
}

/// Splits a stream into lines.
pub(super) struct Lines<R> {
    stream: R,
    max_line_bytes: usize,
    buffer: Box<[u8]>,
    /// What of the buffer is not handed out yet.
    unread: std::ops::Range<usize>,
    /// The rest of a line that was too long is thrown away as it comes.
    is_skipping: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(stream: R, max_line_bytes: usize) -> Self {
        Self { stream, max_line_bytes, buffer: vec![0; READ_BYTES].into(), unread: 0..0, is_skipping: false }
    }

    /// The next line. A read error counts as the end.
    ///
    /// A line that is too long is told as soon as it is: its end may never come.
    pub(super) fn next(&mut self) -> Line {
        let mut line = Vec::new();
        loop {
            if self.unread.is_empty() && !matches!(self.fill(), Ok(1..)) {
                return if line.is_empty() { Line::End } else { Line::Whole(line) };
            }
            let unread = &self.buffer[self.unread.clone()];
            let newline = unread.iter().position(|byte| *byte == b'\n');
            let part = &unread[..newline.map_or(unread.len(), |newline| newline + 1)];
            let taken = part.len();
            let fits = line.len() + taken <= self.max_line_bytes;
            if fits && !self.is_skipping {
                line.extend_from_slice(part);
            }
            self.unread.start += taken;
            if self.is_skipping {
                self.is_skipping = newline.is_none();
            } else if !fits {
                self.is_skipping = newline.is_none();
                return Line::TooLong;
            } else if newline.is_some() {
                return Line::Whole(line);
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        loop {
            match self.stream.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.unread = 0..count;
                    return Ok(count);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], max: usize) -> Vec<Line> {
        let mut lines = Lines::new(text, max);
        let mut found = Vec::new();
        loop {
            let line = lines.next();
            if line == Line::End {
                return found;
            }
            found.push(line);
        }
    }

    #[test]
    fn lines_keep_their_newline_and_the_last_may_lack_it() {
        let whole = |text: &[u8]| Line::Whole(text.to_vec());
        assert_eq!(all(b"a\n\nbc\nd", 10), [whole(b"a\n"), whole(b"\n"), whole(b"bc\n"), whole(b"d")]);
        assert_eq!(all(b"", 10), []);
    }

    #[test]
    fn a_line_at_the_limit_passes_and_one_byte_more_does_not() {
        let whole = |text: &[u8]| Line::Whole(text.to_vec());
        assert_eq!(all(b"123\n1234\n12\n", 4), [whole(b"123\n"), Line::TooLong, whole(b"12\n")]);
        assert_eq!(all(b"12345", 4), [Line::TooLong]);
        let long = [vec![b'x'; READ_BYTES * 3], b"\n1\n".to_vec()].concat();
        assert_eq!(all(&long, 4), [Line::TooLong, whole(b"1\n")]);
    }

    #[test]
    fn a_line_longer_than_the_buffer_comes_whole() {
        let long = [vec![b'x'; READ_BYTES * 3], b"\n".to_vec()].concat();
        assert_eq!(all(&long, usize::MAX), [Line::Whole(long.clone())]);
    }
}
