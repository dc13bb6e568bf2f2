//! Archives whose bytes follow from their entries and one time alone.

use std::io::{Cursor, Write as _};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path, with `/`.
    pub(super) path: String,
    /// Whether it is a program.
    pub(super) is_program: bool,
    pub(super) bytes: Vec<u8>,
}

impl Entry {
    /// A file that is read.
    pub(super) fn text(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Entry {
        Entry { path: path.into(), is_program: false, bytes: bytes.into() }
    }

    /// A file that is run.
    pub(super) fn program(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Entry {
        Entry { path: path.into(), is_program: true, bytes: bytes.into() }
    }

    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// The same files below a folder.
pub(super) fn below(folder: &str, entries: &[Entry]) -> Vec<Entry> {
    entries.iter().map(|entry| Entry { path: format!("{folder}/{}", entry.path), ..entry.clone() }).collect()
}

/// A compressed tarball, its entries by path.
///
/// # Errors
/// When a path is longer than the format allows.
pub(super) fn tarball(mut entries: Vec<Entry>, epoch: u32) -> Result<Vec<u8>, String> {
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let mut archive = tar::Builder::new(Vec::new());
    for entry in &entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(entry.mode());
        header.set_mtime(u64::from(epoch));
        header.set_uid(0);
        header.set_gid(0);
        let appended = archive.append_data(&mut header, &entry.path, entry.bytes.as_slice());
        appended.map_err(|e| format!("{}: {e}", entry.path))?;
    }
    let plain = archive.into_inner().map_err(|e| format!("a tarball: {e}"))?;
    // The name of no system: 255 is "unknown", and the time stands in the entries.
    let mut packed = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    packed.write_all(&plain).and_then(|()| packed.finish()).map_err(|e| format!("a tarball: {e}"))
}

/// A zip file, its entries in the order given.
///
/// # Errors
/// When the time is before 1980.
pub(super) fn zip(entries: &[Entry], epoch: u32) -> Result<Vec<u8>, String> {
    let time = zip_time(epoch)?;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(time)
            .unix_permissions(entry.mode());
        archive.start_file(entry.path.as_str(), options).map_err(|e| format!("{}: {e}", entry.path))?;
        archive.write_all(&entry.bytes).map_err(|e| format!("{}: {e}", entry.path))?;
    }
    archive.finish().map(Cursor::into_inner).map_err(|e| format!("a zip file: {e}"))
}

/// SHA-256, in lower-case hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn zip_time(epoch: u32) -> Result<zip::DateTime, String> {
    let time = jiff::Timestamp::from_second(i64::from(epoch)).map_err(|e| e.to_string())?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(time.year()).unwrap_or(0);
    zip::DateTime::from_date_and_time(
        year,
        part(time.month()),
        part(time.day()),
        part(time.hour()),
        part(time.minute()),
        part(time.second()),
    )
    .map_err(|e| format!("{time} is no time of a zip file: {e}"))
}

#[cfg(test)]
mod tests {
    use super::{Entry, sha256, tarball, zip};

    const EPOCH: u32 = 1_700_000_000;

    #[test]
    fn the_order_in_which_files_were_found_is_not_seen() {
        let (a, b) = (Entry::text("a", "1"), Entry::program("b", "2"));
        let one = tarball(vec![a.clone(), b.clone()], EPOCH).unwrap();
        assert_eq!(one, tarball(vec![b.clone(), a.clone()], EPOCH).unwrap());
        assert_ne!(one, tarball(vec![a, b], EPOCH + 1).unwrap(), "the time is");
    }

    #[test]
    fn other_tools_read_modes_and_times() {
        let bytes = tarball(vec![Entry::program("p/a", "1"), Entry::text("p/b", "22")], EPOCH).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let found: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let header = entry.unwrap().header().clone();
                (header.mode().unwrap(), header.mtime().unwrap(), header.size().unwrap())
            })
            .collect();
        assert_eq!(found, [(0o755, u64::from(EPOCH), 1), (0o644, u64::from(EPOCH), 2)]);
        let bytes = zip(&[Entry::program("p/a", "1")], EPOCH).unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let file = archive.by_index(0).unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(file.last_modified().map(|time| time.year()), Some(2023));
    }

    #[test]
    fn a_time_before_1980_is_refused() {
        assert!(zip(&[], 1).is_err());
    }

    #[test]
    fn the_digest_is_that_of_everybody() {
        assert!(sha256(b"abc").starts_with("ba7816bf8f01cfea"));
    }
}
