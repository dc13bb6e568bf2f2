//! The tree against two other implementations, `ct-merkle` and `tlog_tiles`, and against RFC 6962's own recursion.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use pinfold_core::merkle::{
    ConsistencyProof, EMPTY_ROOT, EntryBundle, EntryTile, FULL_WIDTH, Frontier, Hash, HashReader, HashTile,
    InclusionPath, MAX_TREE_SIZE, MemoryTree, ProofError, TileError, TilePath, TileSource, TileTree,
    TileWidth, TreePosition, append_entry, leaf_hash, node_hash, prove_consistency, prove_inclusion, root,
    root_of_inclusion, tiles_between, tiles_needed, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;

type Peer = ct_merkle::mem_backed_tree::MemoryBackedTree<Sha256, Vec<u8>>;

fn entry(index: u64) -> Vec<u8> {
    index.to_string().into_bytes()
}

fn tree(size: u64) -> MemoryTree {
    (0..size).map(|index| leaf_hash(&entry(index))).collect()
}

/// RFC 6962 section 2.1, word for word.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&defined_root(left), &defined_root(right))
        }
    }
}

/// Every proof in every tree of up to 70 leaves is the other implementation's, and verifies; no other size or index
/// with the same proof does.
#[test]
fn all_proofs_of_small_trees_are_those_of_ct_merkle() {
    let (tree, mut peer) = (tree(70), Peer::new());
    for size in 1..=70_u64 {
        peer.push(entry(size - 1));
        let leaves: Vec<Hash> = (0..size).map(|index| leaf_hash(&entry(index))).collect();
        let this = root(&tree, size).unwrap();
        assert_eq!(this, defined_root(&leaves));
        assert_eq!(this.as_bytes()[..], peer.root().as_bytes()[..]);
        for (index, leaf) in (0..size).zip(&leaves) {
            let path = prove_inclusion(&tree, size, index).unwrap();
            assert_eq!(path.to_bytes(), peer.prove_inclusion(index as usize).as_bytes(), "{index} of {size}");
            verify_inclusion(*leaf, index, size, &path, &this).unwrap();
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(*leaf, other, size, &path, &this).is_err(), "{index} as {other}");
            }
        }
        for old in 1..=size {
            let proof = prove_consistency(&tree, old, size).unwrap();
            let expected = peer.prove_consistency((size - old) as usize);
            assert_eq!(proof.to_bytes(), expected.as_bytes(), "{old} to {size}");
            let old_root = root(&tree, old).unwrap();
            verify_consistency(old, &old_root, size, &this, &proof).unwrap();
        }
    }
}

/// What a peer keeps: the hashes by the peer's own numbering.
struct PeerHashes(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for PeerHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

/// Roots, tiles, names of tiles and proofs of a log that has three levels of tiles are those of `tlog_tiles`.
#[test]
fn a_log_of_three_levels_is_that_of_tlog_tiles() {
    let mut ours = MemoryTree::new();
    let mut peer = PeerHashes(Vec::new());
    for index in 0..66_000_u64 {
        ours.push(leaf_hash(&entry(index)));
        let more = tlog_tiles::stored_hashes(index, &entry(index), &peer).unwrap();
        peer.0.extend(more);
    }
    for size in [1, 2, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 65_793, 66_000_u64] {
        let this = root(&ours, size).unwrap();
        assert_eq!(*this.as_bytes(), tlog_tiles::tree_hash(size, &peer).unwrap().0);
        for old in [1, 200, 256, 511, 600, 65_536, 65_792].into_iter().filter(|old| *old <= size) {
            let expected = tlog_tiles::prove_tree(size, old, &peer).unwrap();
            let proof = prove_consistency(&ours, old, size).unwrap();
            assert_eq!(
                proof.hashes().iter().map(|hash| *hash.as_bytes()).collect::<Vec<_>>(),
                peers(&expected)
            );
            let last = prove_inclusion(&ours, size, old - 1).unwrap();
            let expected = tlog_tiles::prove_record(size, old - 1, &peer).unwrap();
            assert_eq!(
                last.hashes().iter().map(|hash| *hash.as_bytes()).collect::<Vec<_>>(),
                peers(&expected)
            );
        }
    }
    for (old, new) in [(0, 66_000), (1, 2), (255, 257), (256, 512), (600, 65_793), (65_536, 65_537), (9, 9)] {
        let mut expected = Vec::new();
        for tile in tlog_tiles::Tile::new_tiles(8, old, new) {
            let name = tile.path().replacen("tile/8/", "tile/", 1);
            expected.push((name, tile.read_data(&peer).unwrap()));
        }
        let found = tiles_between(old, new).map(|tile| (tile.to_string(), ours.tile(tile).unwrap()));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{old} to {new}");
    }
}

fn peers(hashes: &[tlog_tiles::Hash]) -> Vec<[u8; 32]> {
    hashes.iter().map(|hash| hash.0).collect()
}

/// A log that serves its tiles, and spoils one byte of one of them if told to.
struct Served {
    tree: MemoryTree,
    spoil: Option<(HashTile, usize)>,
    kept: RefCell<Vec<HashTile>>,
}

impl TileSource for Served {
    type Error = &'static str;

    fn tile(&self, tile: HashTile) -> Result<Vec<u8>, Self::Error> {
        let mut bytes = self.tree.tile(tile).ok_or("no such tile")?;
        if let Some((_, byte)) = self.spoil.filter(|(spoiled, _)| *spoiled == tile) {
            let byte = byte % bytes.len();
            bytes[byte] ^= 1;
        }
        Ok(bytes)
    }

    fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, Self::Error> {
        let mut bytes = Vec::new();
        for index in 0..u64::from(tile.width().get()) {
            append_entry(&mut bytes, &entry(tile.first_entry() + index)).map_err(|_| "too large")?;
        }
        Ok(bytes)
    }

    fn keep_tile(&self, tile: HashTile, _bytes: &[u8]) {
        self.kept.borrow_mut().push(tile);
    }
}

fn served(tree: &MemoryTree, spoil: Option<(HashTile, usize)>) -> Served {
    Served { tree: tree.clone(), spoil, kept: RefCell::default() }
}

/// Whatever byte of whatever tile of a log of three levels is spoiled: nothing that needs the tile comes out, and the
/// tile is never kept.
#[test]
fn a_spoiled_tile_is_never_used() {
    let tree = tree(66_000);
    let head = tree.frontier().root();
    let wanted: Vec<u64> = (0..66_000).step_by(997).collect();
    for (number, tile) in
        tiles_needed(66_000).enumerate().filter(|(number, _)| number % 17 == 0 || *number > 250)
    {
        let spoiled = served(&tree, Some((tile, number * 131)));
        let reader = match TileTree::open(spoiled, 66_000, head) {
            Err(TileError::RootMismatch) => {
                assert!(!tile.width().is_full(), "{tile}");
                continue;
            }
            other => other.unwrap(),
        };
        assert!(tile.width().is_full(), "{tile} is on the right edge");
        for index in &wanted {
            match prove_inclusion(&reader, 66_000, *index) {
                Ok(path) => assert_eq!(path, prove_inclusion(&tree, 66_000, *index).unwrap()),
                Err(error) => {
                    let expected = TileError::<&str>::TileMismatch { tile };
                    assert_eq!(error.to_string(), expected.to_string());
                }
            }
        }
        let below = TreePosition::new(8 * tile.level(), tile.index() * 256).unwrap();
        assert!(reader.hashes(&[below]).is_err(), "{tile}");
        assert!(!reader.source().kept.borrow().contains(&tile), "{tile} was kept");
    }
}

#[test]
fn a_tree_larger_than_the_served_one_or_of_another_root_is_refused() {
    let tree = tree(600);
    let head = tree.frontier().root();
    assert!(matches!(TileTree::open(served(&tree, None), 599, head), Err(TileError::RootMismatch)));
    assert!(matches!(TileTree::open(served(&tree, None), 601, head), Err(TileError::Source { .. })));
    assert!(matches!(
        TileTree::open(served(&tree, None), u64::MAX, head),
        Err(TileError::SizeTooLarge { .. })
    ));
    let empty = TileTree::open(served(&tree, None), 0, EMPTY_ROOT).unwrap();
    let first = TreePosition::leaf(0).unwrap();
    assert_eq!(empty.hashes(&[first]), Err(TileError::NotInTree { size: 0 }));
    assert!(matches!(TileTree::open(served(&tree, None), 0, head), Err(TileError::RootMismatch)));
    let reader = TileTree::open(served(&tree, None), 600, head).unwrap();
    for outside in [TreePosition::leaf(600), TreePosition::new(3, 75), TreePosition::new(62, 0)] {
        assert_eq!(reader.hashes(&[outside.unwrap()]), Err(TileError::NotInTree { size: 600 }));
    }
    assert_eq!(reader.entries(2).unwrap().entries().count(), 88);
    assert_eq!(reader.entries(3), Err(TileError::NotInTree { size: 600 }));
}

/// Entries of another log, or in another order, under the right hashes.
#[test]
fn a_spoiled_entry_is_never_used() {
    struct Other(Served);
    impl TileSource for Other {
        type Error = &'static str;
        fn tile(&self, tile: HashTile) -> Result<Vec<u8>, Self::Error> {
            self.0.tile(tile)
        }
        fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, Self::Error> {
            let mut bytes = self.0.entries(tile)?;
            *bytes.last_mut().unwrap() ^= 1;
            Ok(bytes)
        }
    }
    let tree = tree(600);
    let reader = TileTree::open(Other(served(&tree, None)), 600, tree.frontier().root()).unwrap();
    assert_eq!(reader.entries(0), Err(TileError::EntryMismatch { index: 255 }));
    assert_eq!(reader.entries(2), Err(TileError::EntryMismatch { index: 599 }));
}

proptest! {
    /// A path or proof with one bit changed, one hash more or one less proves nothing.
    #[test]
    fn a_changed_proof_proves_nothing(size in 2_u64..3_000, seed in any::<(u64, u64, u64)>()) {
        let tree = tree(size);
        let head = tree.frontier().root();
        let index = seed.0 % size;
        let leaf = leaf_hash(&entry(index));
        let mut path = prove_inclusion(&tree, size, index).unwrap().to_bytes();
        let bit = (seed.1 % (path.len() as u64 * 8)) as usize;
        path[bit / 8] ^= 1 << (bit % 8);
        let spoiled = InclusionPath::from_bytes(&path).unwrap();
        prop_assert_eq!(verify_inclusion(leaf, index, size, &spoiled, &head), Err(ProofError::RootMismatch));
        path.truncate(path.len() - 32);
        let short = InclusionPath::from_bytes(&path).unwrap();
        let refused = verify_inclusion(leaf, index, size, &short, &head);
        prop_assert!(matches!(refused, Err(ProofError::WrongLength { .. })), "{refused:?}");

        let old = 1 + seed.2 % (size - 1);
        let old_root = root(&tree, old).unwrap();
        let mut proof = prove_consistency(&tree, old, size).unwrap().to_bytes();
        let bit = (seed.1 % (proof.len() as u64 * 8)) as usize;
        proof[bit / 8] ^= 1 << (bit % 8);
        let spoiled = ConsistencyProof::from_bytes(&proof).unwrap();
        prop_assert!(verify_consistency(old, &old_root, size, &head, &spoiled).is_err());
        proof.extend([0; 32]);
        let long = ConsistencyProof::from_bytes(&proof).unwrap();
        let refused = verify_consistency(old, &old_root, size, &head, &long);
        prop_assert!(matches!(refused, Err(ProofError::WrongLength { .. })), "{refused:?}");
    }

    /// Sizes, indexes and lengths at random never panic, and only the length that the sizes need is climbed.
    #[test]
    fn any_numbers_are_judged(index in any::<u64>(), size in any::<u64>(), count in 0_usize..=63) {
        let hashes = vec![leaf_hash(b"sibling"); count];
        let path = InclusionPath::new(hashes.clone()).unwrap();
        let found = root_of_inclusion(leaf_hash(b"leaf"), index, size, &path);
        match found {
            Ok(_) => prop_assert!(index < size && size <= MAX_TREE_SIZE),
            Err(ProofError::SizeTooLarge { .. }) => prop_assert!(size > MAX_TREE_SIZE),
            Err(ProofError::IndexOutOfTree { .. }) => prop_assert!(index >= size),
            Err(ProofError::WrongLength { expected, found }) => prop_assert!(expected <= 63 && found == count),
            Err(other) => prop_assert!(false, "{other}"),
        }
        let (head, proof) = (leaf_hash(b"root"), ConsistencyProof::new(hashes).unwrap());
        prop_assert!(verify_consistency(index, &head, size, &head, &proof).is_err() || index == size);
    }

    /// The edge grows to the same root as the whole tree, from whatever point it was stored.
    #[test]
    fn a_stored_frontier_goes_on(before in 0_u64..700, more in 0_u64..700) {
        let whole = tree(before + more);
        let mut edge = Frontier::read(&whole, before).unwrap();
        prop_assert_eq!(edge.root(), root(&whole, before).unwrap());
        edge = Frontier::from_bytes(&edge.to_bytes()).unwrap();
        for index in before..before + more {
            for (position, hash) in edge.push(leaf_hash(&entry(index))) {
                prop_assert_eq!(whole.hashes(&[position]).unwrap(), [hash]);
            }
        }
        prop_assert_eq!(&edge, whole.frontier());
    }

    /// Every path that is read is written the same; `tlog_tiles` reads it too, and reads no path that we refuse. (It
    /// panics at widths of zero, which are refused here, and at levels above 63, which are among the vectors.)
    #[test]
    fn a_path_has_one_spelling(text in "tile/(entries|[0-9]|[0-5][0-9]|6[0-3]|x1)/(x[0-9]{3}/){0,4}[0-9]{2,4}(\\.p/[0-9]{1,3})?") {
        let width = text.rsplit_once(".p/").map(|(_, width)| width);
        if width.is_some_and(|width| width.bytes().all(|digit| digit == b'0')) {
            prop_assert!(text.parse::<TilePath>().is_err(), "{text}");
            return Ok(());
        }
        let peer = tlog_tiles::Tile::from_path(&text.replacen("tile/", "tile/8/", 1).replace("entries", "data"));
        match text.parse::<TilePath>() {
            Ok(path) => {
                prop_assert_eq!(path.to_string(), text.as_str());
                prop_assert!(peer.is_ok(), "{text}");
            }
            Err(error) => {
                prop_assert!(peer.is_err(), "{text}: {error}");
            }
        }
    }

    /// A path of a tile that can exist is read back.
    #[test]
    fn a_written_path_is_read_back(level in 0_u8..=63, index in 0_u64..1 << 55, width in 1..=FULL_WIDTH) {
        let width = TileWidth::new(width).unwrap();
        let hash = TilePath::Hash(HashTile::new(level, index, width).unwrap());
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        let entries = TilePath::Entries(EntryTile::new(index, width).unwrap());
        prop_assert_eq!(entries.to_string().parse(), Ok(entries));
    }

    /// Any bytes are read as a bundle in one way or not at all.
    #[test]
    fn a_bundle_is_its_entries(bytes in prop::collection::vec(0_u8..3, 0..40), width in 1_u16..5) {
        let tile = EntryTile::new(0, TileWidth::new(width).unwrap()).unwrap();
        if let Ok(bundle) = EntryBundle::parse(tile, bytes.clone()) {
            let mut again = Vec::new();
            bundle.entries().for_each(|entry| append_entry(&mut again, entry).unwrap());
            prop_assert_eq!(bundle.entries().count(), usize::from(width));
            prop_assert_eq!(&again, &bytes);
            prop_assert_eq!(bundle.leaf_hashes().collect::<Vec<_>>(), bundle.entries().map(leaf_hash).collect::<Vec<_>>());
        }
    }
}

/// A tree of more leaves than anybody can make has paths of at most 63 hashes, and they can be climbed.
#[test]
fn the_largest_tree_has_paths_of_63_hashes() {
    let hashes = |count| InclusionPath::new(vec![leaf_hash(b"sibling"); count]).unwrap();
    for index in [0, 1, 1 << 62, MAX_TREE_SIZE - 1] {
        let lengths: Vec<usize> = (0..=63)
            .filter(|count| {
                root_of_inclusion(leaf_hash(b"leaf"), index, MAX_TREE_SIZE, &hashes(*count)).is_ok()
            })
            .collect();
        let expected = if index == MAX_TREE_SIZE - 1 { 62 } else { 63 };
        assert_eq!(lengths, [expected], "leaf {index}");
    }
}
