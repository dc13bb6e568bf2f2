//! Foreign data, where the folder is there: good and bad proofs of RFC 6962 trees, and a small log served by others.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pinfold_core::merkle::{
    ConsistencyProof, EMPTY_ROOT, EntryBundle, EntryTile, Frontier, Hash, HashTile, InclusionPath,
    MemoryTree, Tile, TilePath, TileSource, TileTree, leaf_hash, prove_consistency, prove_inclusion,
    tiles_needed, verify_consistency, verify_inclusion,
};
use support::{data_folder, files_of};

#[test]
fn every_inclusion_case_comes_out_as_documented() {
    let Some(folder) = data_folder("vectors") else { return };
    let cases = cases(&folder.join("merkle/inclusion"));
    for case in &cases {
        let leaf = read_hash(&case["leafHash"]);
        let root = read_hash(&case["root"]);
        let path = read_hashes(&case["proof"]).and_then(|hashes| InclusionPath::new(hashes).ok());
        let outcome = match (leaf, root, path) {
            (Some(leaf), Some(root), Some(path)) => {
                let (index, size) = (number(&case["leafIdx"]), number(&case["treeSize"]));
                verify_inclusion(leaf, index, size, &path, &root).is_ok()
            }
            _ => false,
        };
        assert_eq!(outcome, !case["wantErr"].as_bool().unwrap(), "{case}");
    }
    assert_eq!(cases.len(), 98);
}

/// One good case has roots of 12 bytes, which no tree has and our type cannot hold: there, and only there, the outcome
/// differs. So that its arithmetic is tested too, such roots are replaced by hashes of themselves in a second run.
#[test]
fn every_consistency_case_comes_out_as_documented() {
    let Some(folder) = data_folder("vectors") else { return };
    let cases = cases(&folder.join("merkle/consistency"));
    let mut stricter = Vec::new();
    for case in &cases {
        let wanted = !case["wantErr"].as_bool().unwrap();
        if consistency(case, read_hash) != wanted {
            assert!(wanted, "{case}");
            stricter.push(case["desc"].as_str().unwrap());
        }
        assert_eq!(consistency(case, stand_in), wanted, "{case}");
    }
    assert_eq!(stricter, ["sizes are equal (one) and proof is empty"]);
    assert_eq!(cases.len(), 98);
}

fn consistency(case: &serde_json::Value, read: fn(&serde_json::Value) -> Option<Hash>) -> bool {
    let (old, new) = (read(&case["root1"]), read(&case["root2"]));
    let proof = read_hashes(&case["proof"]).and_then(|hashes| ConsistencyProof::new(hashes).ok());
    let (Some(old), Some(new), Some(proof)) = (old, new, proof) else { return false };
    verify_consistency(number(&case["size1"]), &old, number(&case["size2"]), &new, &proof).is_ok()
}

fn stand_in(text: &serde_json::Value) -> Option<Hash> {
    let bytes = STANDARD.decode(text.as_str().unwrap()).unwrap();
    if bytes.len() == 12 { Some(leaf_hash(&bytes)) } else { read_hash(text) }
}

fn cases(folder: &Path) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for file in files_of(&folder) {
            if file.is_dir() {
                folders.push(file);
            } else {
                found.push(serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap());
            }
        }
    }
    found
}

fn read_hash(text: &serde_json::Value) -> Option<Hash> {
    text.as_str().unwrap().parse().ok()
}

fn read_hashes(list: &serde_json::Value) -> Option<Vec<Hash>> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(read_hash).collect()
}

/// The cases have no negative sizes; some are larger than any tree.
fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no size"))
}

/// A log in a folder, as a file server would serve it.
struct Folder(PathBuf);

impl TileSource for Folder {
    type Error = std::io::Error;

    fn tile(&self, tile: HashTile) -> Result<Vec<u8>, Self::Error> {
        std::fs::read(self.0.join(tile.to_string()))
    }

    fn entries(&self, tile: EntryTile) -> Result<Vec<u8>, Self::Error> {
        std::fs::read(self.0.join(tile.to_string()))
    }
}

#[test]
fn a_small_log_of_others_is_ours_tile_by_tile() {
    let Some(folder) = data_folder("vectors") else { return };
    let log = folder.join("tlog-testlog/log");
    let mut tree = MemoryTree::new();
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for size in 0..=15_u64 {
        let head = std::fs::read_to_string(log.join(format!("checkpoint.{size}"))).unwrap();
        let lines: Vec<&str> = head.lines().collect();
        assert_eq!(lines[1], size.to_string());
        let root: Hash = lines[2].parse().unwrap();
        if let Some(last) = size.checked_sub(1) {
            let tile = EntryTile::in_tree(0, size).unwrap();
            let bytes = std::fs::read(log.join(tile.to_string())).unwrap();
            let bundle = EntryBundle::parse(tile, bytes).unwrap();
            let entry = bundle.entries().last().unwrap().to_vec();
            assert_eq!(bundle.entries().count() as u64, last + 1);
            assert_eq!(bundle.entries().take(entries.len()).collect::<Vec<_>>(), entries);
            tree.push(leaf_hash(&entry));
            entries.push(entry);
        }
        assert_eq!(tree.frontier().root(), root, "size {size}");
        check_tiles(&log, &tree, size);
        check_reading(&log, &tree, size, root);
    }
}

fn check_tiles(log: &Path, tree: &MemoryTree, size: u64) {
    let needed: Vec<HashTile> = tiles_needed(size).collect();
    assert_eq!(needed.len(), usize::from(size > 0));
    for tile in needed {
        let served = std::fs::read(log.join(tile.to_string())).unwrap();
        assert_eq!(tree.tile(tile), Some(served.clone()), "{tile}");
        let parsed = Tile::parse(tile, &served).unwrap();
        assert_eq!((parsed.hashes().len() as u64, parsed.to_bytes()), (size, served));
        assert_eq!(tile.to_string().parse(), Ok(TilePath::Hash(tile)));
    }
}

/// Reads the served tiles by their root alone, and proves every leaf and every older size from them.
fn check_reading(log: &Path, tree: &MemoryTree, size: u64, root: Hash) {
    let served = TileTree::open(Folder(log.to_path_buf()), size, root).unwrap();
    assert_eq!(Frontier::read(&served, size).unwrap(), *tree.frontier());
    if size > 0 {
        let bundle = served.entries(0).unwrap();
        for (index, leaf) in (0..size).zip(bundle.leaf_hashes()) {
            let path = prove_inclusion(&served, size, index).unwrap();
            assert_eq!(path, prove_inclusion(tree, size, index).unwrap());
            verify_inclusion(leaf, index, size, &path, &root).unwrap();
        }
    }
    for old in 1..=size {
        let proof = prove_consistency(&served, old, size).unwrap();
        let old_root = pinfold_core::merkle::root(&served, old).unwrap();
        verify_consistency(old, &old_root, size, &root, &proof).unwrap();
    }
    assert_eq!(pinfold_core::merkle::root(&served, 0).unwrap(), EMPTY_ROOT);
    assert!(TileTree::open(Folder(log.to_path_buf()), size, leaf_hash(b"another")).is_err());
}
