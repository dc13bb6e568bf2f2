//! Lists whose order means nothing.

use super::kind::Separator;
use super::{MAX_LIST_ITEM_BYTES, MAX_LIST_ITEMS};

/// Whether a text is a list of at least two items.
pub(super) fn is_list(text: &str, separator: Separator) -> bool {
    let items = text.split(separator.as_str());
    let count = items.clone().take(MAX_LIST_ITEMS + 1).count();
    (2..=MAX_LIST_ITEMS).contains(&count) && items.into_iter().all(is_item)
}

/// Whether two texts are lists of the same items, each as often.
pub(super) fn is_permutation(one: &str, other: &str, separator: Separator) -> bool {
    one.len() == other.len()
        && is_list(one, separator)
        && is_list(other, separator)
        && sorted(one, separator) == sorted(other, separator)
}

/// What an item is made of. No blank and no separator, so that a list is never a sentence and is read in one way only.
pub(super) fn is_item_letter(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b',' | b';' | b'|')
}

fn is_item(text: &str) -> bool {
    (1..=MAX_LIST_ITEM_BYTES).contains(&text.len()) && text.bytes().all(is_item_letter)
}

fn sorted(text: &str, separator: Separator) -> Vec<&str> {
    let mut items: Vec<&str> = text.split(separator.as_str()).collect();
    items.sort_unstable();
    items
}
