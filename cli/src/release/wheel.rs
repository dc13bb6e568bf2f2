//! The metadata inside a wheel of Python.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;

/// Bytes of the metadata, with the project's README in it. Largest real one seen: 143,988 (pydantic).
const MAX_METADATA_BYTES: u64 = 4 << 20;
/// Bytes of the list of files at the end of the wheel.
const MAX_DIRECTORY_BYTES: u64 = 64 << 20;
/// The record at the end of a zip file, without its comment, and the longest comment.
const END_BYTES: u64 = 22;
const MAX_COMMENT_BYTES: u64 = u16::MAX as u64;

/// What a wheel says about itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    /// The registry name that the README claims: `mcp-name: io.github.acme/demo`.
    pub(super) mcp_name: Option<String>,
}

/// Reads the metadata of a wheel; `None`: there is none, so this is no wheel.
///
/// # Errors
/// The file cannot be read, or is no zip file.
pub(super) fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    let mut file = File::open(path)?;
    let Some(place) = find(&mut file)? else { return Ok(None) };
    let bytes = content(&mut file, &place)?;
    Ok(Some(parse(&String::from_utf8_lossy(&bytes))))
}

/// Where a file inside the zip lies.
struct Place {
    offset: u64,
    packed_bytes: u64,
    bytes: u64,
    method: u16,
}

fn find(file: &mut File) -> io::Result<Option<Place>> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail = length.min(END_BYTES + MAX_COMMENT_BYTES);
    file.seek(SeekFrom::Start(length - tail))?;
    let mut end = Vec::new();
    file.take(tail).read_to_end(&mut end)?;
    let at =
        end.windows(4).rposition(|four| four == b"PK\x05\x06").ok_or_else(|| bad("it is no zip file"))?;
    let end = end.get(at..at + END_BYTES as usize).ok_or_else(|| bad("it ends too early"))?;
    let (size, offset) = (u64::from(u32_at(end, 12)?), u64::from(u32_at(end, 16)?));
    if size > MAX_DIRECTORY_BYTES {
        return Err(bad("its list of files is too large"));
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut list = Vec::new();
    file.take(size).read_to_end(&mut list)?;
    let mut rest = &list[..];
    while rest.starts_with(b"PK\x01\x02") {
        let (name, extra, comment) = (u16_at(rest, 28)?, u16_at(rest, 30)?, u16_at(rest, 32)?);
        let next = 46 + usize::from(name) + usize::from(extra) + usize::from(comment);
        let name = rest.get(46..46 + usize::from(name)).ok_or_else(|| bad("its list of files is damaged"))?;
        if is_metadata(name) {
            return Ok(Some(Place {
                offset: u64::from(u32_at(rest, 42)?),
                packed_bytes: u64::from(u32_at(rest, 20)?),
                bytes: u64::from(u32_at(rest, 24)?),
                method: u16_at(rest, 10)?,
            }));
        }
        rest = rest.get(next..).ok_or_else(|| bad("its list of files is damaged"))?;
    }
    Ok(None)
}

/// `NAME-VERSION.dist-info/METADATA`.
fn is_metadata(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    name.split_once('/').is_some_and(|(folder, file)| folder.ends_with(".dist-info") && file == "METADATA")
}

fn content(file: &mut File, place: &Place) -> io::Result<Vec<u8>> {
    if place.bytes > MAX_METADATA_BYTES {
        return Err(bad("its metadata is too large"));
    }
    file.seek(SeekFrom::Start(place.offset))?;
    let mut header = [0; 30];
    file.read_exact(&mut header)?;
    let skipped = i64::from(u16_at(&header, 26)?) + i64::from(u16_at(&header, 28)?);
    file.seek(SeekFrom::Current(skipped))?;
    let packed = file.take(place.packed_bytes);
    let mut bytes = Vec::new();
    match place.method {
        0 => packed.take(place.bytes).read_to_end(&mut bytes)?,
        8 => DeflateDecoder::new(packed).take(place.bytes).read_to_end(&mut bytes)?,
        _ => return Err(bad("its metadata is packed in a way that wheels are not")),
    };
    if bytes.len() as u64 == place.bytes { Ok(bytes) } else { Err(bad("its metadata ends too early")) }
}

/// Headers up to an empty line, then the README.
fn parse(text: &str) -> Metadata {
    let mut found = Metadata::default();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some(("Name", value)) => found.name = Some(value.trim().to_owned()),
            Some(("Version", value)) => found.version = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    found.mcp_name = mcp_name(text);
    found
}

/// The first `mcp-name: NAME`, as the MCP registry looks for it.
fn mcp_name(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("mcp-name:")?;
    let name: String = rest
        .trim_start_matches(' ')
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/'))
        .collect();
    // A comment may end right behind the name.
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> io::Result<u16> {
    let two = bytes.get(at..at + 2).and_then(|two| two.try_into().ok());
    two.map(u16::from_le_bytes).ok_or_else(|| bad("it is damaged"))
}

fn u32_at(bytes: &[u8], at: usize) -> io::Result<u32> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(u32::from_le_bytes).ok_or_else(|| bad("it is damaged"))
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_readme_are_told_apart() {
        let text = "Metadata-Version: 2.3\nName: mcp_server\nVersion: 1.2\n\n# Demo\nVersion: 9\n\
                    <!-- mcp-name: io.github.acme/demo -->\n";
        let expected = Metadata {
            name: Some("mcp_server".into()),
            version: Some("1.2".into()),
            mcp_name: Some("io.github.acme/demo".into()),
        };
        assert_eq!(parse(text), expected);
        assert_eq!(parse("Name: a\n\nnothing").mcp_name, None);
        assert_eq!(mcp_name("<!--mcp-name:a.b/c-->").as_deref(), Some("a.b/c"));
    }

    #[test]
    fn only_the_metadata_of_the_wheel_itself_counts() {
        assert!(is_metadata(b"demo-1.0.dist-info/METADATA"));
        assert!(!is_metadata(b"demo/METADATA"));
        assert!(!is_metadata(b"demo/x.dist-info/METADATA"));
    }

    #[test]
    fn what_is_no_zip_is_told() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a.whl");
        std::fs::write(&path, b"PK\x05\x06 too short").unwrap();
        assert!(metadata(&path).is_err());
        std::fs::write(&path, b"").unwrap();
        assert!(metadata(&path).is_err());
    }
}
