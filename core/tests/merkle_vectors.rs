//! The vectors of `spec/merkle.md`, whose hashes and proofs come from another program.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use pinfold_core::merkle::{
    ConsistencyProof, EntriesError, EntryBundle, Frontier, FrontierError, Hash, HashTextError, InclusionPath,
    MAX_BUNDLE_BYTES, MAX_ENTRY_BYTES, MemoryTree, ProofBytesError, ProofError, Tile, TilePath,
    TilePathError, append_entry, leaf_hash, node_hash, tiles_between, verify_consistency, verify_inclusion,
};
use support::{Vector, vectors};

#[test]
fn every_vector_of_merkle_comes_out_as_expected() {
    let vectors = vectors("merkle");
    let count = vectors.len();
    vectors.into_iter().for_each(check);
    println!("{count} vectors of merkle");
}

fn check(mut vector: Vector) {
    let expect = vector.need("expect");
    let found = match vector.need("kind").as_str() {
        "leaf" => same(leaf_hash(&vector.input), &mut vector),
        "node" => {
            let hashes = hashes(&vector);
            same(node_hash(&hashes[0], &hashes[1]), &mut vector)
        }
        "root" => {
            let tree: MemoryTree = hashes(&vector).into_iter().collect();
            same(tree.frontier().root(), &mut vector)
        }
        "written" => written(&vector),
        "proof-bytes" => proof_bytes(&mut vector),
        "inclusion" => inclusion(&mut vector),
        "consistency" => consistency(&mut vector),
        "path" => path(&vector),
        "tiles" => tiles(&mut vector),
        "in-tree" => in_tree(&mut vector),
        "tile" => tile(&mut vector),
        "bundle" => bundle(&mut vector),
        "edge" => edge(&mut vector),
        other => panic!("{}: kind {other:?}", vector.file),
    };
    assert_eq!(found, expect, "{}", vector.file);
    vector.finish();
}

fn text(vector: &Vector) -> &str {
    std::str::from_utf8(&vector.input).unwrap()
}

fn hashes(vector: &Vector) -> Vec<Hash> {
    text(vector).lines().map(|line| line.parse().unwrap()).collect()
}

fn size(vector: &mut Vector, key: &str) -> u64 {
    vector.need(key).parse().unwrap()
}

fn hash(vector: &mut Vector, key: &str) -> Hash {
    vector.need(key).parse().unwrap()
}

fn same(found: Hash, vector: &mut Vector) -> &'static str {
    assert_eq!(found, hash(vector, "hash"), "{}", vector.file);
    "ok"
}

fn written(vector: &Vector) -> &'static str {
    match text(vector).parse::<Hash>() {
        Ok(hash) => {
            assert_eq!(hash.to_string(), text(vector));
            "ok"
        }
        Err(HashTextError::Length { .. }) => "length",
        Err(HashTextError::Base64) => "base64",
    }
}

fn of_bytes(error: ProofBytesError) -> &'static str {
    match error {
        ProofBytesError::TooLong { .. } => "too-long",
        ProofBytesError::Ragged { .. } => "ragged",
    }
}

fn proof_bytes(vector: &mut Vector) -> &'static str {
    let both = (InclusionPath::from_bytes(&vector.input), ConsistencyProof::from_bytes(&vector.input));
    match both {
        (Ok(path), Ok(proof)) => {
            assert_eq!(vector.number("hashes"), Some(path.hashes().len()));
            assert_eq!((path.to_bytes(), proof.to_bytes()), (vector.input.clone(), vector.input.clone()));
            "ok"
        }
        (Err(error), Err(other)) if error == other => of_bytes(error),
        _ => panic!("{}: the two kinds of proof differ", vector.file),
    }
}

fn inclusion(vector: &mut Vector) -> &'static str {
    let (leaf, root) = (hash(vector, "leaf"), hash(vector, "root"));
    let (index, size) = (size(vector, "index"), size(vector, "size"));
    match InclusionPath::new(hashes(vector)) {
        Ok(path) => outcome(verify_inclusion(leaf, index, size, &path, &root)),
        Err(error) => of_bytes(error),
    }
}

fn consistency(vector: &mut Vector) -> &'static str {
    let (old_root, new_root) = (hash(vector, "old-root"), hash(vector, "new-root"));
    let (old_size, new_size) = (size(vector, "old-size"), size(vector, "new-size"));
    match ConsistencyProof::new(hashes(vector)) {
        Ok(proof) => outcome(verify_consistency(old_size, &old_root, new_size, &new_root, &proof)),
        Err(error) => of_bytes(error),
    }
}

fn outcome(found: Result<(), ProofError>) -> &'static str {
    match found {
        Ok(()) => "ok",
        Err(ProofError::SizeTooLarge { .. }) => "size-too-large",
        Err(ProofError::IndexOutOfTree { .. }) => "index-out-of-tree",
        Err(ProofError::OldLargerThanNew { .. }) => "old-larger-than-new",
        Err(ProofError::OldIsEmpty) => "old-is-empty",
        Err(ProofError::WrongLength { .. }) => "wrong-length",
        Err(ProofError::RootMismatch) => "root-mismatch",
        Err(ProofError::NotTheEmptyRoot) => "not-the-empty-root",
        Err(ProofError::SameSizeOtherRoot) => "same-size-other-root",
        Err(ProofError::OldRootMismatch) => "old-root-mismatch",
        Err(ProofError::NewRootMismatch) => "new-root-mismatch",
    }
}

fn path(vector: &Vector) -> &'static str {
    match text(vector).parse::<TilePath>() {
        Ok(path) => {
            assert_eq!(path.to_string(), text(vector));
            "ok"
        }
        Err(TilePathError::TooLong { .. }) => "too-long",
        Err(TilePathError::Prefix) => "prefix",
        Err(TilePathError::Level) => "level",
        Err(TilePathError::Index) => "index",
        Err(TilePathError::NeedlessGroup) => "needless-group",
        Err(TilePathError::IndexTooLarge) => "index-too-large",
        Err(TilePathError::Width) => "width",
    }
}

fn tiles(vector: &mut Vector) -> &'static str {
    let (old, new) = (size(vector, "old-size"), size(vector, "new-size"));
    let found: Vec<String> = tiles_between(old, new).map(|tile| tile.to_string()).collect();
    assert_eq!(found, text(vector).lines().collect::<Vec<_>>(), "{}", vector.file);
    "ok"
}

fn in_tree(vector: &mut Vector) -> &'static str {
    let size = size(vector, "size");
    let path: TilePath = text(vector).parse().unwrap();
    if path.is_in_tree(size) { "ok" } else { "absent" }
}

fn tile(vector: &mut Vector) -> &'static str {
    let TilePath::Hash(name) = vector.need("path").parse().unwrap() else { panic!("{}", vector.file) };
    match Tile::parse(name, &vector.input) {
        Ok(tile) => same(*tile.hashes().last().unwrap(), vector),
        Err(_) => "tile-bytes",
    }
}

fn bundle(vector: &mut Vector) -> &'static str {
    let TilePath::Entries(name) = vector.need("path").parse().unwrap() else { panic!("{}", vector.file) };
    match EntryBundle::parse(name, vector.input.clone()) {
        Ok(bundle) => {
            let leaves: Vec<String> = bundle.leaf_hashes().map(|leaf| leaf.to_string()).collect();
            assert_eq!(leaves.join(" "), vector.need("leaves"), "{}", vector.file);
            "ok"
        }
        Err(EntriesError::TooLarge { .. }) => "too-large",
        Err(EntriesError::Short { .. }) => "short",
        Err(EntriesError::Trailing { .. }) => "trailing",
    }
}

fn edge(vector: &mut Vector) -> &'static str {
    match Frontier::from_bytes(&vector.input) {
        Ok(edge) => {
            assert_eq!(edge.root(), hash(vector, "root"), "{}", vector.file);
            assert_eq!(edge.to_bytes(), vector.input, "{}", vector.file);
            "ok"
        }
        Err(FrontierError::Short { .. }) => "short",
        Err(FrontierError::SizeTooLarge { .. }) => "size-too-large",
        Err(FrontierError::Length { .. }) => "wrong-length",
    }
}

#[test]
fn entries_and_bundles_end_at_their_limits() {
    let TilePath::Entries(name) = "tile/entries/000".parse().unwrap() else { panic!("a bundle") };
    let (mut bundle, largest) = (Vec::new(), vec![0; MAX_ENTRY_BYTES]);
    for _ in 0..256 {
        append_entry(&mut bundle, &largest).unwrap();
    }
    assert_eq!(bundle.len(), MAX_BUNDLE_BYTES);
    assert!(append_entry(&mut bundle, &[0; MAX_ENTRY_BYTES + 1]).is_err());
    assert_eq!(bundle.len(), MAX_BUNDLE_BYTES, "a refused entry leaves no trace");
    assert_eq!(EntryBundle::parse(name, bundle.clone()).unwrap().entries().count(), 256);
    bundle.push(0);
    let refused = EntryBundle::parse(name, bundle).unwrap_err();
    assert_eq!(refused, EntriesError::TooLarge { found_bytes: MAX_BUNDLE_BYTES + 1 });
}

#[test]
fn limits_of_merkle_are_those_of_the_specification() {
    let expected = [
        ("leaves of a tree", pinfold_core::merkle::MAX_TREE_SIZE),
        ("hashes of a proof", pinfold_core::merkle::MAX_PROOF_HASHES as u64),
        ("hashes of a tile, entries of a bundle", u64::from(pinfold_core::merkle::FULL_WIDTH)),
        ("bytes of an entry", MAX_ENTRY_BYTES as u64),
        ("bytes of a bundle", MAX_BUNDLE_BYTES as u64),
    ];
    for (limit, constant) in expected {
        assert_eq!(limit_of_the_page(limit), constant, "{limit}");
    }
}

fn limit_of_the_page(limit: &str) -> u64 {
    let page = std::fs::read_to_string(support::repository().join("spec/merkle.md")).unwrap();
    let start = format!("| {limit} |");
    let row =
        page.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row {limit:?}"));
    row.split('|').nth(2).unwrap().trim().replace(',', "").parse().unwrap()
}
