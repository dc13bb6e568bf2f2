//! Foreign text as cells of a terminal: what each character is printed as, how wide it is, and where a row ends.

use pinfold_core::text::visible;

use super::Part;

/// Marks that are drawn over the character before them; more of them in a row than this are spelled out, because a pile
/// of them covers the rows around it.
const STACKED_MARKS: usize = 2;

/// One character, or one spelled-out character, of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// What is printed.
    pub(super) text: String,
    /// How many columns it takes; never less than the terminal's own count, where terminals differ the larger one.
    pub(super) columns: usize,
    /// How many it takes in most terminals: so many carets stand under it.
    pub(super) carets: usize,
    /// Whether it belongs to the part that differs.
    pub(super) marked: bool,
}

/// The cells of one foreign line.
pub(super) fn cells_of(parts: &[Part]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut stacked = STACKED_MARKS;
    for part in parts {
        for (at, character) in part.text.char_indices() {
            let mut text = visible(character.encode_utf8(&mut [0; 4]));
            if character == '\\' && !part.spelled && part.text[at + 1..].starts_with("u{") {
                // A server's own `\u{…}` must not pass for one of ours.
                text = visible("\\u{").trim_end_matches("u{").to_owned();
            }
            if is_drawn_over(character) {
                stacked += 1;
                // At the start of a line there is nothing of the server's own to draw it over.
                if stacked > STACKED_MARKS {
                    text = format!("\\u{{{:X}}}", u32::from(character));
                }
            } else {
                stacked = 0;
            }
            let columns = text.chars().map(columns_of).sum();
            let carets = text.chars().map(usual_columns_of).sum();
            cells.push(Cell { text, columns, carets, marked: part.marked });
        }
    }
    cells
}

/// The rows of a line: as many cells as fit, broken after a blank where there is one in the second half.
pub(super) fn rows_of(cells: &[Cell], columns: usize) -> Vec<&[Cell]> {
    let mut rows = Vec::new();
    let mut rest = cells;
    loop {
        let mut width = 0;
        let fitting = rest.iter().take_while(|cell| {
            width += cell.columns;
            width <= columns
        });
        let count = fitting.count();
        if count == rest.len() {
            rows.push(rest);
            return rows;
        }
        let blank = rest[..count].iter().rposition(|cell| cell.text == " ").map(|at| at + 1);
        let mut end = blank.filter(|at| *at * 2 > count).unwrap_or(count).max(1);
        // A mark that is drawn over its neighbour stays with it.
        while end > 1 && rest.get(end).is_some_and(|cell| cell.text.chars().all(is_drawn_over)) {
            end -= 1;
        }
        let (row, after) = rest.split_at(end);
        rows.push(row);
        rest = after;
    }
}

/// Columns of one printed character at most. Terminals of East Asia give two to the letters of Greek and Russian, to some
/// with accents and to many signs: counted as one they would end a row late, and its rest would stand before the gutter.
fn columns_of(character: char) -> usize {
    if character.is_ascii() { 1 } else { 2 }
}

/// Columns of one printed character in most terminals: the alphabets before Hangul one, everything after two.
fn usual_columns_of(character: char) -> usize {
    if (character as u32) < 0x1100 { 1 } else { 2 }
}

/// Whether a character is drawn over the one before it: the blocks of combining marks that carry no script's letters.
fn is_drawn_over(character: char) -> bool {
    matches!(u32::from(character),
        0x0300..=0x036F | 0x0483..=0x0489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}
