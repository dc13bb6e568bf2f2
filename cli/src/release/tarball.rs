//! The `package.json` inside a tarball of npm.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// Bytes of a `package.json`. Largest real one seen: 23,931 (hono).
const MAX_PACKAGE_JSON_BYTES: u64 = 1 << 20;
/// Decompressed bytes that are gone through, so that a small file cannot keep us busy for ever.
const MAX_SCANNED_BYTES: u64 = 1 << 30;
/// A tar file comes in blocks of this size.
const BLOCK_BYTES: usize = 512;

/// The `package.json` of the package in the tarball; `None`: there is none, so this is no package of npm.
///
/// # Errors
/// The file cannot be read, or is no gzip or tar.
pub(super) fn package_json(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let stream = MultiGzDecoder::new(File::open(path)?).take(MAX_SCANNED_BYTES);
    find(stream)
}

fn find(mut stream: impl Read) -> io::Result<Option<Vec<u8>>> {
    loop {
        let mut header = [0; BLOCK_BYTES];
        match read_block(&mut stream, &mut header)? {
            0 => return Ok(None),
            BLOCK_BYTES => {}
            _ => return Err(bad("the tar file ends in the middle of a header")),
        }
        if header.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let size = number(&header[124..136]).ok_or_else(|| bad("a size in the tar file is no number"))?;
        let is_file = matches!(header[156], b'0' | 0);
        // npm takes the first folder of a name away, whatever it is called.
        if is_file && text(&header[..100]).split_once('/').is_some_and(|(_, rest)| rest == "package.json") {
            if size > MAX_PACKAGE_JSON_BYTES {
                return Err(bad("its package.json is too large"));
            }
            let mut bytes = Vec::new();
            stream.by_ref().take(size).read_to_end(&mut bytes)?;
            return if bytes.len() as u64 == size { Ok(Some(bytes)) } else { Err(bad("it ends too early")) };
        }
        let padded = size.div_ceil(BLOCK_BYTES as u64) * BLOCK_BYTES as u64;
        let skipped = io::copy(&mut stream.by_ref().take(padded), &mut io::sink())?;
        if skipped < padded {
            return Err(bad("it ends too early"));
        }
    }
}

fn read_block(stream: &mut impl Read, block: &mut [u8; BLOCK_BYTES]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < BLOCK_BYTES {
        match stream.read(&mut block[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// Octal digits, with blanks and zero bytes around them.
fn number(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    u64::from_str_radix(text, 8).ok()
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut block = vec![0; BLOCK_BYTES];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[156] = kind;
        block.extend_from_slice(content);
        block.resize(block.len().div_ceil(BLOCK_BYTES) * BLOCK_BYTES, 0);
        block
    }

    #[test]
    fn the_package_json_of_the_first_folder_is_found() {
        let tar = [
            entry("package/README.md", b'0', &[b'x'; 700]),
            entry("package/node_modules/other/package.json", b'0', b"{\"other\":1}"),
            entry("package/package.json", b'5', b""),
            entry("demo/package.json", b'0', b"{\"name\":\"demo\"}"),
            vec![0; 2 * BLOCK_BYTES],
        ]
        .concat();
        assert_eq!(find(&tar[..]).unwrap().unwrap(), b"{\"name\":\"demo\"}");
    }

    #[test]
    fn what_has_none_or_ends_early_is_told() {
        let none = [entry("package/a", b'0', b"1"), vec![0; BLOCK_BYTES]].concat();
        assert_eq!(find(&none[..]).unwrap(), None);
        assert_eq!(find(&[][..]).unwrap(), None);
        let cut = entry("package/package.json", b'0', &[b' '; 600]);
        assert!(find(&cut[..BLOCK_BYTES + 10]).is_err());
        assert!(find(&cut[..100]).is_err());
    }
}
