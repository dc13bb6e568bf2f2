//! Two texts on the page: unchanged lines once, changed lines twice with the words that differ pointed at.

use pinfold_core::diff::{Piece, text_diff};

use crate::screen::{Mark, Part, Screen};

/// Puts the comparison of two texts on the page. Nothing of either text is left out.
pub fn compare(screen: &mut Screen, old: &str, new: &str) {
    let mut hunk = Hunk::default();
    for piece in text_diff(old, new) {
        match piece {
            Piece::Same(text) => {
                for (place, line) in text.split('\n').enumerate() {
                    if place > 0 {
                        hunk.end_both(screen);
                    }
                    hunk.old.push(line, false);
                    hunk.new.push(line, false);
                }
            }
            Piece::Gone(text) => hunk.old.push_lines(&text),
            Piece::New(text) => hunk.new.push_lines(&text),
        }
    }
    hunk.end_both(screen);
}

/// The lines since the last line break that both texts have.
#[derive(Default)]
struct Hunk {
    old: Side,
    new: Side,
}

impl Hunk {
    fn end_both(&mut self, screen: &mut Screen) {
        let (old, new) = (self.old.take(), self.new.take());
        // A whole line that came or went leaves its neighbours as they were.
        let same = |(a, b): &(&Vec<Part>, &Vec<Part>)| a == b;
        let head = old.iter().zip(&new).take_while(same).count();
        let (old_rest, new_rest) = (&old[head..], &new[head..]);
        let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(same).count();
        let rows = old[..head]
            .iter()
            .map(|line| (Mark::Plain, line))
            .chain(old_rest[..old_rest.len() - tail].iter().map(|line| (Mark::Gone, line)))
            .chain(new_rest[..new_rest.len() - tail].iter().map(|line| (Mark::New, line)))
            .chain(new_rest[new_rest.len() - tail..].iter().map(|line| (Mark::Plain, line)));
        for (mark, line) in rows {
            screen.foreign_parts(mark, line.clone());
        }
    }
}

#[derive(Default)]
struct Side {
    lines: Vec<Vec<Part>>,
    line: Vec<Part>,
}

impl Side {
    fn push(&mut self, text: &str, marked: bool) {
        if !text.is_empty() {
            self.line.push(if marked { Part::marked(text) } else { Part::plain(text) });
        }
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

    fn take(&mut self) -> Vec<Vec<Part>> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.push(std::mem::take(&mut self.line));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(old: &str, new: &str) -> String {
        let mut screen = Screen::new();
        compare(&mut screen, old, new);
        screen.render(60, false)
    }

    #[test]
    fn added_words_are_pointed_at() {
        assert_eq!(
            page("Run one query.", "Run one query. Send a copy."),
            "│- Run one query.\n│+ Run one query. Send a copy.\n│^               ^^^^^^^^^^^^^\n"
        );
    }

    #[test]
    fn unchanged_lines_stand_once_and_stay() {
        assert_eq!(page("a\nb\nc", "a\nB\nc"), "│  a\n│- b\n│+ B\n│  c\n");
        assert_eq!(page("a\nc", "a\nb\nc"), "│  a\n│+ b\n│  c\n");
        assert_eq!(page("same", "same"), "│  same\n");
    }

    #[test]
    fn a_line_break_that_is_new_is_seen() {
        let page = page("one two", "one\ntwo");
        assert!(
            page.contains("│- one two") && page.contains("│+ one\n") && page.contains("│+ two"),
            "{page}"
        );
    }

    #[test]
    fn every_word_of_both_texts_is_on_the_page() {
        let old = "alpha beta\ngamma delta\n\nepsilon";
        let new = "alpha zeta\n\ngamma delta eta\ntheta";
        let page = page(old, new);
        for word in old.split_whitespace().chain(new.split_whitespace()) {
            assert!(page.contains(word), "{word} is missing in\n{page}");
        }
    }
}
