//! Which new object is probably an old one under another name.

use std::collections::BTreeSet;

use crate::json::{self, Value};

/// Most pairs that are compared; above it nothing is called a rename. Largest real one: 79 gone, 29 new.
const MAX_PAIRS: usize = 40_000;

/// How alike two objects have to be, of 1000: half of their words and parameters.
const ALIKE_ENOUGH: usize = 600;

/// Pairs of (gone, new), by their numbers in the input, of which the new one is probably the gone one under another
/// name; each is in at most one pair, the most alike first.
///
/// Two objects are compared by the words of their descriptions and by their parameters. A name alone says nothing.
pub fn probable_renames(gone: &[&Value<'_>], new: &[&Value<'_>]) -> Vec<(usize, usize)> {
    if gone.len().saturating_mul(new.len()) > MAX_PAIRS {
        return Vec::new();
    }
    let (old_traits, new_traits): (Vec<Traits>, Vec<Traits>) =
        (gone.iter().map(|one| Traits::of(one)).collect(), new.iter().map(|one| Traits::of(one)).collect());
    let mut pairs = Vec::new();
    for (before, old) in old_traits.iter().enumerate() {
        for (after, new) in new_traits.iter().enumerate() {
            let likeness = old.likeness(new);
            if likeness >= ALIKE_ENOUGH {
                pairs.push((usize::MAX - likeness, before, after));
            }
        }
    }
    pairs.sort_unstable();
    let (mut old_taken, mut new_taken) = (BTreeSet::new(), BTreeSet::new());
    let mut renames = Vec::new();
    for (_, before, after) in pairs {
        if !old_taken.contains(&before) && !new_taken.contains(&after) {
            old_taken.insert(before);
            new_taken.insert(after);
            renames.push((before, after));
        }
    }
    renames
}

/// What of an object is compared.
struct Traits {
    words: BTreeSet<String>,
    /// Name and definition of each parameter, and each name by itself.
    parameters: BTreeSet<Vec<u8>>,
}

impl Traits {
    fn of(object: &Value<'_>) -> Traits {
        let description = object.get("description").and_then(Value::as_str).unwrap_or_default();
        let mut parameters = BTreeSet::new();
        let properties = object.get("inputSchema").and_then(|schema| schema.get("properties")?.as_object());
        for member in properties.unwrap_or_default() {
            parameters.insert(member.name.as_bytes().to_vec());
            let mut whole = member.name.as_bytes().to_vec();
            whole.push(0);
            whole.extend(json::canonical(&member.value));
            parameters.insert(whole);
        }
        Traits { words: description.split_whitespace().map(str::to_lowercase).collect(), parameters }
    }

    /// 0 to 1000; 0 where there is not enough to compare.
    fn likeness(&self, other: &Traits) -> usize {
        /// Fewer words than this in both say nothing.
        const FEWEST_WORDS: usize = 3;
        if self.words.len().min(other.words.len()) < FEWEST_WORDS {
            return 0;
        }
        let words = shared(&self.words, &other.words);
        if self.parameters.is_empty() && other.parameters.is_empty() {
            return words;
        }
        (words + shared(&self.parameters, &other.parameters)) / 2
    }
}

/// What two sets share, of 1000 of what they have together.
fn shared<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> usize {
    let both = one.intersection(other).count();
    let all = one.len() + other.len() - both;
    (both * 1000).checked_div(all).unwrap_or(1000)
}
