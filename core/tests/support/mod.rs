//! What the tests of formats share: vector files, and the folder of foreign data.
#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// One case of `spec/vectors/`: header lines `key: value`, an empty line, the input to the end of the file.
pub(crate) struct Vector {
    pub(crate) file: String,
    header: BTreeMap<String, String>,
    pub(crate) input: Vec<u8>,
}

/// All vectors of one page of the specification, sorted by name. Fails if there are none.
pub(crate) fn vectors(page: &str) -> Vec<Vector> {
    let folder = repository().join("spec/vectors").join(page);
    let mut files = files_of(&folder);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "vector"));
    assert!(!files.is_empty(), "no vectors in {}", folder.display());
    files.iter().map(|file| read_vector(file)).collect()
}

impl Vector {
    /// Takes one header value out; [`Vector::finish`] fails on what nobody took.
    pub(crate) fn take(&mut self, key: &str) -> Option<String> {
        self.header.remove(key)
    }

    pub(crate) fn need(&mut self, key: &str) -> String {
        self.take(key).unwrap_or_else(|| panic!("{}: no `{key}:`", self.file))
    }

    pub(crate) fn number(&mut self, key: &str) -> Option<usize> {
        let text = self.take(key)?;
        Some(text.parse().unwrap_or_else(|_| panic!("{}: `{key}: {text}` is no number", self.file)))
    }

    pub(crate) fn finish(&self) {
        assert!(self.header.is_empty(), "{}: unknown headers {:?}", self.file, self.header);
    }
}

fn read_vector(path: &Path) -> Vector {
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let bytes = std::fs::read(path).unwrap();
    let end =
        bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or_else(|| panic!("{file}: no empty line"));
    let mut header = BTreeMap::new();
    for line in std::str::from_utf8(&bytes[..end]).expect("headers are text").lines() {
        let (key, value) = line.split_once(':').unwrap_or_else(|| panic!("{file}: header {line:?}"));
        let earlier = header.insert(key.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned());
        assert!(earlier.is_none(), "{file}: header {key:?} twice");
    }
    assert!(header.remove("check").is_some_and(|ids| !ids.is_empty()), "{file}: no `check:`");
    Vector { file, header, input: bytes[end + 2..].to_vec() }
}

/// The root of this repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder of foreign test data that may lie beside the repository, such as JSONTestSuite. Where it is absent, what
/// needs it is not run, and says so.
pub(crate) fn data_folder(name: &str) -> Option<PathBuf> {
    let folder = repository().join("..").join("shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    // Not by a macro, whose output the test runner keeps to itself.
    let _ = writeln!(std::io::stderr(), "\nNOT RUN: no data folder {}", folder.display());
    None
}

/// The files of a folder, sorted by name.
pub(crate) fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
