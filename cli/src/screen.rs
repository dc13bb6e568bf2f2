//! A page for the terminal: our own lines, and foreign ones behind a gutter that foreign text cannot leave.
//!
//! What a server or a request says is *foreign*. Each row of it begins with `│` and a mark of ours, also where a long
//! line is continued; our own lines never begin so. Whatever hides, moves the cursor or reorders is spelled out. The
//! rules stand in `spec/review.md`, section *Printing*.

mod cells;

use pinfold_core::text::visible;

use cells::{Cell, cells_of, rows_of};

/// Narrowest page: the gutter and the longest spelling of one character. A smaller terminal wraps by itself.
const NARROWEST_COLUMNS: usize = 16;
/// Widest page: longer rows are hard to read.
const WIDEST_COLUMNS: usize = 160;
/// Cells before the text of a foreign row: the bar, the mark and a blank.
const GUTTER_COLUMNS: usize = 3;
/// Runs of empty rows longer than this are counted instead of printed, so that blanks cannot push text away.
const EMPTY_ROWS: usize = 2;

/// What a foreign row is in a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As it stands, in both or without comparison.
    Plain,
    /// Only in what was approved.
    Gone,
    /// Only in what is new.
    New,
    /// Where what follows stands: a JSON Pointer, and words of ours behind it.
    Place,
    /// In both, and shortened to what stands beside a change.
    Shortened,
}

impl Mark {
    fn sign(self) -> char {
        match self {
            Mark::Plain => ' ',
            Mark::Gone => '-',
            Mark::New => '+',
            Mark::Place => '@',
            Mark::Shortened => '…',
        }
    }
}

/// A part of a foreign line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    text: String,
    marked: bool,
    spelled: bool,
}

impl Part {
    /// A text as it came, without line breaks.
    pub fn plain(text: impl Into<String>) -> Part {
        Part { text: text.into(), marked: false, spelled: false }
    }

    /// A text that differs and is pointed at.
    pub fn marked(text: impl Into<String>) -> Part {
        Part { marked: true, ..Part::plain(text) }
    }

    /// A text in which `pinfold_core::text::visible` has spelled out what hides, so that its own spellings stay.
    pub fn spelled(text: impl Into<String>) -> Part {
        Part { spelled: true, ..Part::plain(text) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Own { text: String, bold: bool },
    Foreign { mark: Mark, parts: Vec<Part> },
    Count { text: String },
}

/// The page while it is put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    lines: Vec<Line>,
}

impl Screen {
    /// An empty page.
    pub fn new() -> Screen {
        Screen::default()
    }

    /// Whether nothing stands on it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A line of our own words. Foreign names may stand in it only as [`plain_name`] gives them.
    pub fn own(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Own { text: text.into(), bold: false });
    }

    /// A heading of our own words.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Own { text: text.into(), bold: true });
    }

    /// An empty line between two parts of ours.
    pub fn gap(&mut self) {
        self.own("");
    }

    /// Foreign text, every line of it behind the gutter.
    pub fn foreign(&mut self, mark: Mark, text: &str) {
        for line in text.split('\n') {
            self.foreign_parts(mark, vec![Part::plain(line)]);
        }
    }

    /// One foreign line of several parts; a line break inside a part is spelled out.
    pub fn foreign_parts(&mut self, mark: Mark, parts: Vec<Part>) {
        self.lines.push(Line::Foreign { mark, parts });
    }

    /// A count of what is not printed between foreign rows, in our own words.
    pub fn count(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Count { text: text.into() });
    }

    /// Everything of another page behind this one.
    pub fn append(&mut self, other: &Screen) {
        self.lines.extend(other.lines.iter().cloned());
    }

    /// The rows for a terminal of `columns`, each ending in a line feed.
    pub fn render(&self, columns: usize, colour: bool) -> String {
        let columns = columns.clamp(NARROWEST_COLUMNS, WIDEST_COLUMNS);
        let mut page = Page { text: String::new(), columns, colour, empty: 0 };
        for line in &self.lines {
            match line {
                Line::Own { text, bold } => page.own(text, *bold),
                Line::Foreign { mark, parts } => page.foreign(*mark, parts),
                Line::Count { text } => page.count(text),
            }
        }
        page.count_empty_rows();
        page.text
    }
}

/// A foreign name as it may stand inside a line of ours: only letters, digits and `_ . - / :`, at most 64 of them.
///
/// Anything else gives `None`: it is shown behind the gutter, or not at all.
pub fn plain_name(name: &str) -> Option<&str> {
    const LONGEST_BYTES: usize = 64;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ':');
    (!name.is_empty() && name.len() <= LONGEST_BYTES && name.chars().all(plain)).then_some(name)
}

struct Page {
    text: String,
    columns: usize,
    colour: bool,
    empty: usize,
}

impl Page {
    fn own(&mut self, text: &str, bold: bool) {
        self.count_empty_rows();
        // Our words are ours, but a fault of ours must not become a hole: they are spelled out as well.
        let text = visible(text);
        match (bold && self.colour, text.is_empty()) {
            (true, false) => self.text.push_str(&format!("\x1b[1m{text}\x1b[0m\n")),
            _ => self.text.push_str(&format!("{text}\n")),
        }
    }

    fn count(&mut self, text: &str) {
        self.count_empty_rows();
        self.text.push_str(&format!("│~ {}\n", visible(text)));
    }

    fn foreign(&mut self, mark: Mark, parts: &[Part]) {
        let cells: Vec<Cell> = cells_of(parts);
        let partly = cells.iter().any(|c| c.marked) && cells.iter().any(|c| !c.marked);
        for row in rows_of(&cells, self.columns - GUTTER_COLUMNS) {
            if row.iter().all(|cell| cell.text == " ") {
                self.empty += 1;
                // Blank rows are counted when they pile up, whatever their mark.
                if self.empty <= EMPTY_ROWS {
                    self.row(mark, row, false);
                }
                continue;
            }
            self.count_empty_rows();
            self.row(mark, row, partly);
            if partly && row.iter().any(|cell| cell.marked) {
                self.pointers(row);
            }
        }
    }

    fn row(&mut self, mark: Mark, row: &[Cell], partly: bool) {
        let (tint, strong, end) = match (self.colour, mark) {
            (false, _) => ("", "", ""),
            (true, Mark::Place) => ("\x1b[36m", "\x1b[1;36m", "\x1b[0m"),
            (true, Mark::Plain | Mark::Shortened) => ("\x1b[0m", "\x1b[1m", "\x1b[0m"),
            (true, Mark::Gone) => ("\x1b[31m", "\x1b[1;31m", "\x1b[0m"),
            (true, Mark::New) => ("\x1b[32m", "\x1b[1;32m", "\x1b[0m"),
        };
        self.text.push_str(tint);
        self.text.push('│');
        self.text.push(mark.sign());
        self.text.push(' ');
        let mut inside = false;
        for cell in row {
            if partly && cell.marked != inside {
                inside = cell.marked;
                self.text.push_str(end);
                self.text.push_str(if inside { strong } else { tint });
            }
            self.text.push_str(&cell.text);
        }
        let trimmed = self.text.trim_end_matches(' ').len();
        self.text.truncate(trimmed);
        self.text.push_str(end);
        self.text.push('\n');
    }

    /// Carets under the parts that differ, so that a page without colour says the same.
    fn pointers(&mut self, row: &[Cell]) {
        let mut carets = String::from("│^ ");
        for cell in row {
            let sign = if cell.marked { '^' } else { ' ' };
            carets.extend(std::iter::repeat_n(sign, cell.carets));
        }
        self.text.push_str(carets.trim_end());
        self.text.push('\n');
    }

    fn count_empty_rows(&mut self) {
        let hidden = std::mem::take(&mut self.empty).saturating_sub(EMPTY_ROWS);
        if hidden > 0 {
            self.text.push_str(&format!("│~ {hidden} more empty rows\n"));
        }
    }
}

#[cfg(test)]
mod tests;
