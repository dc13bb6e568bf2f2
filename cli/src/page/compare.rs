//! Two texts on the page: the words that differ, or all of both.

use pinfold_core::diff::{Piece, text_diff};

use crate::screen::{Mark, Part, Screen};

/// How much of a text that did not change is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What stands before a change, so that its place is known.
    #[default]
    Changed,
    /// All of it.
    Whole,
}

/// Unchanged text between two changes that is printed whole, in characters. Longer text is shortened to less than a row.
const SHORT_CHARACTERS: usize = 60;
/// Text that is gone and up to this length is printed whole.
const LONGEST_GONE_CHARACTERS: usize = 150;
/// Characters of longer unchanged text that are printed.
const KEPT_CHARACTERS: usize = 40;

/// Puts the comparison of two texts on the page. No changed word of either text is left out.
pub fn compare(screen: &mut Screen, old: &str, new: &str, detail: Detail) {
    match detail {
        Detail::Changed => changed(screen, &text_diff(old, new)),
        Detail::Whole => whole(screen, old, new),
    }
}

/// What differs, each stretch on rows of its own, with the unchanged words before it.
fn changed(screen: &mut Screen, pieces: &[Piece]) {
    let mut blanks = 0;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Same(text) => same(screen, text, at == 0, at + 1 == pieces.len()),
            Piece::Gone(text) | Piece::New(text) if is_blank(text) => blanks += 1,
            Piece::Gone(text) => gone(screen, trimmed(text)),
            Piece::New(text) => screen.foreign(Mark::New, trimmed(text)),
        }
    }
    if blanks > 0 {
        screen.count("blanks or line breaks differ as well");
    }
}

/// What is gone was approved once and is not asked about: of a long text the beginning says which one it was.
fn gone(screen: &mut Screen, text: &str) {
    let count = text.chars().count();
    if count <= LONGEST_GONE_CHARACTERS {
        return screen.foreign(Mark::Gone, text);
    }
    let kept = first(text);
    screen.foreign(Mark::Gone, kept);
    screen.count(format!("and {} more characters that are gone", count - kept.chars().count()));
}

/// Plain blanks and line breaks, and not so many that they push text out of sight.
fn is_blank(text: &str) -> bool {
    text.chars().all(|one| matches!(one, ' ' | '\t' | '\n')) && text.len() < KEPT_CHARACTERS
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n'])
}

fn same(screen: &mut Screen, text: &str, is_first: bool, is_last: bool) {
    let text = trimmed(text);
    if text.is_empty() {
        return;
    }
    if text.chars().count() <= SHORT_CHARACTERS && !text.contains('\n') {
        return screen.foreign(Mark::Plain, text);
    }
    // The end says where the next change is; behind the last change the beginning does.
    let kept = if is_last && !is_first { first(text) } else { last(text) };
    if kept.chars().any(char::is_alphanumeric) {
        screen.foreign(Mark::Shortened, kept);
    }
}

/// The beginning of a text, up to a line break or blank.
fn first(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or_default();
    let end = line.char_indices().nth(KEPT_CHARACTERS).map_or(line.len(), |(at, _)| at);
    let cut = if end == line.len() { end } else { line[..end].rfind(' ').unwrap_or(end) };
    &line[..cut]
}

/// The end of a text, from a line break or blank on.
fn last(text: &str) -> &str {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let begin = line.char_indices().rev().nth(KEPT_CHARACTERS - 1).map_or(0, |(at, _)| at);
    let cut = if begin == 0 { 0 } else { line[begin..].find(' ').map_or(begin, |at| begin + at + 1) };
    &line[cut..]
}

/// Unchanged lines once, changed lines twice.
fn whole(screen: &mut Screen, old: &str, new: &str) {
    let mut rows = Vec::new();
    let mut hunk = Hunk::default();
    for piece in text_diff(old, new) {
        match piece {
            Piece::Same(text) => {
                for (place, line) in text.split('\n').enumerate() {
                    if place > 0 {
                        hunk.end_both(&mut rows);
                    }
                    hunk.old.push(line, false);
                    hunk.new.push(line, false);
                }
            }
            Piece::Gone(text) => hunk.old.push_lines(&text),
            Piece::New(text) => hunk.new.push_lines(&text),
        }
    }
    hunk.end_both(&mut rows);
    rows.into_iter().for_each(|(mark, line)| screen.foreign_parts(mark, line.parts()));
}

type Row = (Mark, Line);

/// One line, in stretches that differ and that do not.
#[derive(Clone, Default, PartialEq, Eq)]
struct Line(Vec<(String, bool)>);

impl Line {
    fn push(&mut self, text: &str, marked: bool) {
        if !text.is_empty() {
            self.0.push((text.to_owned(), marked));
        }
    }

    fn parts(self) -> Vec<Part> {
        let part = |(text, marked)| if marked { Part::marked(text) } else { Part::plain(text) };
        self.0.into_iter().map(part).collect()
    }
}

/// The lines since the last line break that both texts have.
#[derive(Default)]
struct Hunk {
    old: Side,
    new: Side,
}

impl Hunk {
    fn end_both(&mut self, rows: &mut Vec<Row>) {
        let (old, new) = (self.old.take(), self.new.take());
        // A whole line that came or went leaves its neighbours as they were.
        let same = |(a, b): &(&Line, &Line)| a == b;
        let head = old.iter().zip(&new).take_while(same).count();
        let (old_rest, new_rest) = (&old[head..], &new[head..]);
        let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
        let marked = |mark| move |line: &Line| (mark, line.clone());
        rows.extend(old[..head].iter().map(marked(Mark::Plain)));
        rows.extend(old_rest[..old_rest.len() - tail].iter().map(marked(Mark::Gone)));
        rows.extend(new_rest[..new_rest.len() - tail].iter().map(marked(Mark::New)));
        rows.extend(new_rest[new_rest.len() - tail..].iter().map(marked(Mark::Plain)));
    }
}

#[derive(Default)]
struct Side {
    lines: Vec<Line>,
    line: Line,
}

impl Side {
    fn push(&mut self, text: &str, marked: bool) {
        self.line.push(text, marked);
    }

    fn push_lines(&mut self, text: &str) {
        for (place, line) in text.split('\n').enumerate() {
            if place > 0 {
                // A line break that only one text has is a difference too: the line shows that it ends here.
                self.lines.push(std::mem::take(&mut self.line));
            }
            self.push(line, true);
        }
    }

    fn take(&mut self) -> Vec<Line> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(std::mem::take(&mut self.line));
        lines
    }
}

#[cfg(test)]
mod tests;
