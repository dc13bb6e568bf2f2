//! Canaries: texts that must stay nowhere, and the search for them in whatever form somebody may have kept them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pinfold_core::digest::file_digest;
use pinfold_tests::binary::pinfold;

/// The beginning of every canary. One search for it finds all of them, cut off ones too.
pub(crate) const MARK: &str = "Zq7Canary4Kx";

/// How many bytes of a needle are looked up at once; none is shorter.
const KEY: usize = 8;

/// The canary of one place. `place` is of letters and digits, so that the plain form passes through most encodings.
pub(crate) fn canary(place: &str) -> String {
    assert!(place.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{place}");
    format!("{MARK}{place}")
}

/// A search for all forms of all canaries: as they stand in any case, base64 and base64url at each offset, hexadecimal,
/// percent and backslash escapes of each byte, lists of numbers, UTF-16, backwards, and the SHA-256 of a whole one.
pub(crate) struct Search {
    exact: Needles,
    /// Compared without regard to the case of letters.
    folded: Needles,
}

/// What is looked for, by its first bytes.
#[derive(Default)]
struct Needles {
    by_key: HashMap<[u8; KEY], Vec<(String, Vec<u8>)>>,
    /// The first two bytes of each, which most places do not have.
    beginnings: Vec<[u8; 2]>,
}

impl Search {
    /// For the canaries of these places; those of other places are found too, but for their digests.
    pub(crate) fn new(places: &[&str]) -> Search {
        let (mut exact, mut folded) = (Needles::default(), Needles::default());
        let each = |form: &dyn Fn(u8) -> String| MARK.bytes().map(form).collect::<String>();
        let listed = |between: &str| {
            MARK.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(between).into_bytes()
        };
        folded.fold("plain", MARK);
        folded.fold("backwards", &MARK.chars().rev().collect::<String>());
        folded.fold("hexadecimal", &each(&|byte| format!("{byte:02x}")));
        folded.fold("hexadecimal with blanks", each(&|byte| format!("{byte:02x} ")).trim_end());
        folded.fold("percent", &each(&|byte| format!("%{byte:02x}")));
        folded.fold("escaped as JSON", &each(&|byte| format!("\\u{byte:04x}")));
        folded.fold("escaped as bytes", &each(&|byte| format!("\\x{byte:02x}")));
        exact.add("numbers", listed(","));
        exact.add("numbers with blanks", listed(", "));
        exact.add("numbers in lines", listed(",\n  "));
        exact.add("UTF-16", MARK.encode_utf16().flat_map(u16::to_le_bytes).collect());
        for offset in 0..3 {
            exact.add(&format!("base64 at {offset}"), base64_inside(MARK.as_bytes(), offset));
        }
        for place in places {
            let digest = file_digest(canary(place).as_bytes());
            folded.fold(&format!("SHA-256 of {place}"), digest.to_string().trim_start_matches("sha256:"));
            exact.add(&format!("SHA-256 of {place}, raw"), digest.as_bytes().to_vec());
            exact.add(&format!("SHA-256 of {place}, in base64"), base64_inside(digest.as_bytes(), 0));
        }
        Search { exact, folded }
    }

    /// Each place in `bytes` at which a canary stands, in words; empty where there is none.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = self.exact.find(bytes, bytes);
        found.extend(self.folded.find(&bytes.to_ascii_lowercase(), bytes));
        found
    }

    /// The same in every file and every name below a folder, which may change meanwhile.
    pub(crate) fn find_below(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for path in below(folder) {
            let name = path.strip_prefix(folder).expect("it lies below").as_os_str().as_encoded_bytes();
            found.extend(
                self.find(name).into_iter().map(|hit| format!("the name of {}: {hit}", path.display())),
            );
            let bytes = match std::fs::symlink_metadata(&path) {
                // The copy of the program that entries start.
                Ok(kind) if kind.is_file() && path.ends_with("pinfold/bin/pinfold") => {
                    assert!(is_the_program(&path), "{} is another file", path.display());
                    continue;
                }
                Ok(kind) if kind.is_file() => std::fs::read(&path).unwrap_or_default(),
                Ok(kind) if kind.is_symlink() => {
                    let target = std::fs::read_link(&path).unwrap_or_default();
                    target.into_os_string().into_encoded_bytes()
                }
                _ => continue,
            };
            found.extend(self.find(&bytes).into_iter().map(|hit| format!("{}: {hit}", path.display())));
        }
        found
    }
}

impl Needles {
    fn add(&mut self, form: &str, needle: Vec<u8>) {
        let key: [u8; KEY] = needle[..KEY].try_into().expect("a needle is longer than its key");
        self.beginnings.push([key[0], key[1]]);
        self.by_key.entry(key).or_default().push((form.to_owned(), needle));
    }

    fn fold(&mut self, form: &str, needle: &str) {
        self.add(form, needle.to_ascii_lowercase().into_bytes());
    }

    /// `shown` is what the hits quote: as long as `bytes`, and not folded.
    fn find(&self, bytes: &[u8], shown: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let mut begins = vec![false; 1 << 16];
        for pair in &self.beginnings {
            begins[usize::from(u16::from_le_bytes(*pair))] = true;
        }
        for (at, key) in bytes.windows(KEY).enumerate() {
            if !begins[usize::from(u16::from_le_bytes([key[0], key[1]]))] {
                continue;
            }
            for (form, needle) in self.by_key.get(key).into_iter().flatten() {
                if bytes[at..].starts_with(needle) {
                    let around = &shown[at.saturating_sub(80)..shown.len().min(at + needle.len() + 60)];
                    found.push(format!(
                        "{form} at byte {at}: …{}…",
                        String::from_utf8_lossy(around).escape_debug()
                    ));
                }
            }
        }
        found
    }
}

/// The characters of a longer text's base64 that depend on nothing but `bytes`, which stand `offset` bytes after a multiple
/// of three in it.
fn base64_inside(bytes: &[u8], offset: usize) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
    let (first, end) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    STANDARD.encode(&padded).as_bytes()[first..end].to_vec()
}

/// Everything below a folder, folders too.
fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut all, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(path.clone());
            }
            all.push(path);
        }
    }
    all.sort();
    all
}

fn is_the_program(path: &Path) -> bool {
    let same = std::process::Command::new("cmp").arg("--silent").arg(path).arg(pinfold()).status();
    same.is_ok_and(|status| status.success())
}
