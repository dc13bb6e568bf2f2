//! A log that grows by steps at random and is read by its tiles at each: every head follows every earlier one, every
//! entry asked for is in it, and what the reader keeps is enough to go on. `LOG_LEAVES` says how large it grows
//! (`cargo xtask long log-tiles`).
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "a long run is told its size")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;

use pinfold_core::merkle::{
    EntryTile, Frontier, Hash, HashTile, MemoryTree, TilePath, TileSource, TileTree, append_entry, leaf_hash,
    prove_consistency, prove_inclusion, root, tiles_between, verify_consistency, verify_inclusion,
};

/// Leaves without `LOG_LEAVES`: enough for three levels of tiles.
const USUAL_LEAVES: u64 = 70_000;

/// Numbers that look random and are the same in each run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn entry(index: u64) -> Vec<u8> {
    index.to_be_bytes()[..(index % 9) as usize].repeat(3)
}

/// Serves the tiles of a tree; a tile that was kept is served from what was kept, and counted.
struct Served<'a> {
    tree: &'a MemoryTree,
    kept: &'a RefCell<HashMap<HashTile, Vec<u8>>>,
    fetched: Cell<u64>,
}

impl TileSource for Served<'_> {
    type Error = Infallible;

    fn tile(&self, tile: HashTile) -> Result<Vec<u8>, Infallible> {
        if let Some(bytes) = self.kept.borrow().get(&tile) {
            return Ok(bytes.clone());
        }
        self.fetched.set(self.fetched.get() + 1);
        Ok(self.tree.tile(tile).expect("only tiles of this tree are asked for"))
    }

    fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, Infallible> {
        let mut bytes = Vec::new();
        for index in 0..u64::from(tile.width().get()) {
            append_entry(&mut bytes, &entry(tile.first_entry() + index)).unwrap();
        }
        Ok(bytes)
    }

    fn keep_tile(&self, tile: HashTile, bytes: &[u8]) {
        if tile.width().is_full() {
            self.kept.borrow_mut().insert(tile, bytes.to_vec());
        }
    }
}

#[test]
fn a_growing_log_is_one_log_at_every_size() {
    let wanted = std::env::var("LOG_LEAVES").map_or(USUAL_LEAVES, |text| text.parse().unwrap());
    let mut numbers = Numbers(wanted);
    let (mut tree, mut edge) = (MemoryTree::new(), Frontier::new());
    let kept = RefCell::new(HashMap::new());
    let mut heads: Vec<(u64, Hash)> = Vec::new();
    let mut size = 0;
    while size < wanted {
        let old = size;
        let largest = 1 + wanted / 8;
        // Steps of one, of about a tile, and large ones.
        let step = match numbers.below(3) {
            0 => 1,
            1 => 1 + numbers.below(600),
            _ => 1 + numbers.below(largest),
        };
        size = wanted.min(old + step);
        for index in old..size {
            tree.push(leaf_hash(&entry(index)));
            edge.push(leaf_hash(&entry(index)));
        }
        let head = edge.root();
        for tile in tiles_between(old, size) {
            assert!(TilePath::Hash(tile).is_in_tree(size) && tree.tile(tile).is_some(), "{tile}");
        }
        let served = Served { tree: &tree, kept: &kept, fetched: Cell::new(0) };
        let reader = TileTree::open(served, size, head).unwrap();
        heads.push((size, head));
        check_heads(&reader, &heads, &mut numbers);
        check_entries(&reader, &mut numbers);
        assert_eq!(Frontier::read(&reader, size).unwrap(), edge);
    }
    println!(
        "\n== log\n| leaves | heads | full tiles read |\n|---|---|---|\n| {size} | {} | {} |\n",
        heads.len(),
        kept.borrow().len()
    );
}

/// The newest head follows some earlier ones, and the reader agrees about their roots.
fn check_heads(reader: &TileTree<Served<'_>>, heads: &[(u64, Hash)], numbers: &mut Numbers) {
    let (size, head) = heads[heads.len() - 1];
    for _ in 0..8 {
        let (old, old_head) = heads[numbers.below(heads.len() as u64) as usize];
        let proof = prove_consistency(reader, old, size).unwrap();
        verify_consistency(old, &old_head, size, &head, &proof).unwrap();
        assert_eq!(root(reader, old).unwrap(), old_head);
        let other = leaf_hash(old_head.as_bytes());
        assert!(verify_consistency(old, &other, size, &head, &proof).is_err());
    }
}

/// Some entries are in the tree under their index and under no other; one whole bundle is read.
fn check_entries(reader: &TileTree<Served<'_>>, numbers: &mut Numbers) {
    let (size, head) = (reader.size(), reader.root());
    for _ in 0..8 {
        let index = numbers.below(size);
        let path = prove_inclusion(reader, size, index).unwrap();
        verify_inclusion(leaf_hash(&entry(index)), index, size, &path, &head).unwrap();
        assert!(
            size == 1 || verify_inclusion(leaf_hash(&entry(index)), index ^ 1, size, &path, &head).is_err()
        );
        let before = reader.source().fetched.get();
        assert_eq!(prove_inclusion(reader, size, index).unwrap(), path);
        assert_eq!(reader.source().fetched.get(), before, "what was checked once is not fetched again");
    }
    let bundle = reader.entries(numbers.below(size.div_ceil(256))).unwrap();
    let first = bundle.name().first_entry();
    assert!(bundle.entries().enumerate().all(|(at, found)| found == entry(first + at as u64)));
}
