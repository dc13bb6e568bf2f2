//! Two texts, word by word.

use similar::{Algorithm, ChangeTag, TextDiff};

/// A stretch of text in a comparison. The `Same` and `Gone` pieces make up the old text, `Same` and `New` the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In both texts.
    Same(String),
    /// In the old text only.
    Gone(String),
    /// In the new text only.
    New(String),
}

/// The most steps that a comparison may take in the worst case: units of the old text times units of the new one.
/// Largest real description: 34,728 bytes, about 5,000 words.
const MAX_STEPS: usize = 64_000_000;

/// Compares two texts by words; by lines where words would take too long; and where even lines would, only what both
/// begin and end with is told apart.
///
/// Nothing is escaped and nothing left out: joined, the pieces give the texts back. What two changes have between them
/// is told with them where it is shorter than either.
pub fn text_diff(old: &str, new: &str) -> Vec<Piece> {
    let words = |text: &str| text.split_whitespace().count() * 2 + 1;
    if words(old).saturating_mul(words(new)) <= MAX_STEPS {
        return pieces(&TextDiff::configure().algorithm(Algorithm::Myers).diff_words(old, new));
    }
    let lines = |text: &str| text.split('\n').count();
    if lines(old).saturating_mul(lines(new)) <= MAX_STEPS {
        return pieces(&TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(old, new));
    }
    middle(old, new)
}

fn pieces(diff: &TextDiff<'_, '_, str>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for change in diff.iter_all_changes() {
        let text = change.value();
        match (change.tag(), pieces.last_mut()) {
            (ChangeTag::Equal, Some(Piece::Same(piece)))
            | (ChangeTag::Delete, Some(Piece::Gone(piece)))
            | (ChangeTag::Insert, Some(Piece::New(piece))) => piece.push_str(text),
            (ChangeTag::Equal, _) => pieces.push(Piece::Same(text.to_owned())),
            (ChangeTag::Delete, _) => pieces.push(Piece::Gone(text.to_owned())),
            (ChangeTag::Insert, _) => pieces.push(Piece::New(text.to_owned())),
        }
    }
    without_islands(pieces)
}

/// Makes one change of two that have between them no more than they are: a sentence that was written anew has blanks
/// and small words in common with the old one by chance.
fn without_islands(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        match (piece, parts.last_mut()) {
            (Piece::Same(text), _) => parts.push(Part::Same(text)),
            (Piece::Gone(text), Some(Part::Change { gone, .. })) => gone.push_str(&text),
            (Piece::New(text), Some(Part::Change { new, .. })) => new.push_str(&text),
            (Piece::Gone(gone), _) => parts.push(Part::Change { gone, new: String::new() }),
            (Piece::New(new), _) => parts.push(Part::Change { gone: String::new(), new }),
        }
    }
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        joined.push(part);
        // A change that grew can swallow the island before it, too.
        while let [.., Part::Change { .. }, Part::Same(island), Part::Change { .. }] = joined.as_slice() {
            let (before, after) = (&joined[joined.len() - 3], &joined[joined.len() - 1]);
            let is_island = island.trim().is_empty() || island.len() <= before.size().min(after.size());
            let is_line = island.contains('\n') && !island.trim().is_empty();
            if !is_island || is_line {
                break;
            }
            let tail = joined.split_off(joined.len() - 3);
            joined.push(tail.into_iter().reduce(Part::with).unwrap_or(Part::Same(String::new())));
        }
    }
    joined.into_iter().flat_map(Part::pieces).collect()
}

enum Part {
    Same(String),
    Change { gone: String, new: String },
}

impl Part {
    fn size(&self) -> usize {
        match self {
            Part::Same(text) => text.len(),
            Part::Change { gone, new } => gone.len().max(new.len()),
        }
    }

    fn with(self, next: Part) -> Part {
        let sides = |part| match part {
            Part::Same(text) => (text.clone(), text),
            Part::Change { gone, new } => (gone, new),
        };
        let ((gone, new), (more_gone, more_new)) = (sides(self), sides(next));
        Part::Change { gone: gone + &more_gone, new: new + &more_new }
    }

    fn pieces(self) -> Vec<Piece> {
        let pieces = match self {
            Part::Same(text) => vec![Piece::Same(text)],
            Part::Change { gone, new } => vec![Piece::Gone(gone), Piece::New(new)],
        };
        let is_empty =
            |piece: &Piece| matches!(piece, Piece::Same(t) | Piece::Gone(t) | Piece::New(t) if t.is_empty());
        pieces.into_iter().filter(|piece| !is_empty(piece)).collect()
    }
}

fn middle(old: &str, new: &str) -> Vec<Piece> {
    let same = |(a, b): &(char, char)| a == b;
    let begin: usize =
        old.chars().zip(new.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let (old_rest, new_rest) = (&old[begin..], &new[begin..]);
    let pairs = old_rest.chars().rev().zip(new_rest.chars().rev());
    let end: usize = pairs.take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let parts = [
        Piece::Same(old[..begin].to_owned()),
        Piece::Gone(old_rest[..old_rest.len() - end].to_owned()),
        Piece::New(new_rest[..new_rest.len() - end].to_owned()),
        Piece::Same(old_rest[old_rest.len() - end..].to_owned()),
    ];
    parts
        .into_iter()
        .filter(|piece| !matches!(piece, Piece::Same(t) | Piece::Gone(t) | Piece::New(t) if t.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[Piece]) -> (String, String) {
        let (mut old, mut new) = (String::new(), String::new());
        for piece in pieces {
            match piece {
                Piece::Same(text) => {
                    old.push_str(text);
                    new.push_str(text);
                }
                Piece::Gone(text) => old.push_str(text),
                Piece::New(text) => new.push_str(text),
            }
        }
        (old, new)
    }

    #[test]
    fn added_words_stand_alone() {
        let pieces = text_diff("Run one query.", "Run one query. Send a copy.");
        assert_eq!(joined(&pieces).1, "Run one query. Send a copy.");
        assert!(matches!(&pieces[0], Piece::Same(text) if text == "Run one query."), "{pieces:?}");
        assert!(matches!(&pieces[1], Piece::New(text) if text.contains("Send a copy.")), "{pieces:?}");
    }

    #[test]
    fn nothing_is_lost_at_any_size() {
        let numbered = |range: std::ops::Range<u32>, gap: &str| {
            range.map(|number| number.to_string()).collect::<Vec<_>>().join(gap)
        };
        for (old, new) in [
            (String::new(), String::new()),
            (String::new(), "a b".to_owned()),
            ("a  b\tc\n\n".to_owned(), "a b\tc\n".to_owned()),
            ("\u{e9}\u{1f600} x".to_owned(), "\u{e9}\u{1f601} x".to_owned()),
            (numbered(0..9_000, " "), numbered(9_000..18_000, " ")),
            (numbered(0..9_000, "\n"), numbered(9_000..18_000, "\n")),
        ] {
            assert_eq!(joined(&text_diff(&old, &new)), (old, new));
        }
        assert_eq!(text_diff("same", "same"), [Piece::Same("same".to_owned())]);
    }

    #[test]
    fn two_long_texts_without_a_common_line_end_quickly() {
        let old = "a b\n".repeat(20_000);
        let new = "c d\n".repeat(20_000) + "b\n";
        let pieces = text_diff(&old, &new);
        assert_eq!(joined(&pieces), (old, new));
    }
}
