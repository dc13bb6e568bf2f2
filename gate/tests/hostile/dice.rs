//! Numbers from a seed, so that a failing history can be run again.

use std::cell::Cell;
use std::rc::Rc;

/// SplitMix64. Whoever takes part in a history has the same dice.
#[derive(Clone)]
pub(crate) struct Dice(Rc<Cell<u64>>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(Rc::new(Cell::new(seed)))
    }

    pub(crate) fn below(&self, end: usize) -> usize {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut mixed = self.0.get();
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    pub(crate) fn one_in(&self, end: usize) -> bool {
        self.below(end) == 0
    }

    pub(crate) fn pick<T: Clone>(&self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}
