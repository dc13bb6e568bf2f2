//! The Python wheel: the program lies under `scripts` of its data folder, which installers put beside `python`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::archive::{Entry, below, zip};
use super::npm::Parts;

/// The wheel, by the name that its tags make.
///
/// # Errors
/// As [`zip()`].
pub(super) fn package(parts: &Parts<'_>) -> Result<(String, Vec<u8>), String> {
    let tags: Vec<String> = parts.needs.wheel_platforms(parts.platform.machine);
    let base = format!("pinfold-{}", parts.version);
    let about = format!("{base}.dist-info");
    let mut entries = vec![
        Entry::program(format!("{base}.data/scripts/pinfold"), parts.program),
        Entry::text(format!("{about}/METADATA"), metadata(parts)),
        Entry::text(format!("{about}/WHEEL"), wheel(&tags)),
    ];
    entries.extend(below(&format!("{base}.data/data/share/man"), parts.manual));
    entries.extend(below(&format!("{base}.data/data/share/doc/pinfold"), parts.documents));
    for paper in parts.papers {
        let place = match Kind::of(paper) {
            Kind::Licence => format!("{about}/licenses/{}", paper.path),
            Kind::Ingredients => format!("{about}/sboms/{}", paper.path),
            Kind::Readme => continue,
        };
        entries.push(Entry { path: place, ..paper.clone() });
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let record = format!("{about}/RECORD");
    let mut lines: String = entries.iter().map(line_of_record).collect();
    lines.push_str(&format!("{record},,\n"));
    entries.push(Entry::text(record, lines));
    Ok((format!("{base}-py3-none-{}.whl", tags.join(".")), zip(&entries, parts.epoch)?))
}

/// What a paper is, by its name (PEP 639, PEP 770).
#[derive(PartialEq, Eq)]
enum Kind {
    Licence,
    Ingredients,
    Readme,
}

impl Kind {
    fn of(paper: &Entry) -> Kind {
        match paper.path.as_str() {
            "README.md" => Kind::Readme,
            path if path.ends_with(".cdx.json") => Kind::Ingredients,
            _ => Kind::Licence,
        }
    }
}

fn metadata(parts: &Parts<'_>) -> String {
    let mut text = format!(
        "Metadata-Version: 2.4\n\
         Name: pinfold\n\
         Version: {}\n\
         Summary: Holds every MCP tool that strayed from what you approved.\n\
         License-Expression: Apache-2.0 OR MIT\n",
        parts.version
    );
    for paper in parts.papers.iter().filter(|paper| Kind::of(paper) == Kind::Licence) {
        text.push_str(&format!("License-File: {}\n", paper.path));
    }
    text.push_str("Requires-Python: >=3.7\nDescription-Content-Type: text/markdown\n\n");
    let readme = parts.papers.iter().find(|paper| Kind::of(paper) == Kind::Readme);
    text.push_str(&readme.map(|readme| String::from_utf8_lossy(&readme.bytes)).unwrap_or_default());
    text
}

fn wheel(tags: &[String]) -> String {
    let mut text = String::from("Wheel-Version: 1.0\nGenerator: pinfold-dist\nRoot-Is-Purelib: false\n");
    for tag in tags {
        text.push_str(&format!("Tag: py3-none-{tag}\n"));
    }
    text
}

fn line_of_record(entry: &Entry) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&entry.bytes));
    format!("{},sha256={digest},{}\n", entry.path, entry.bytes.len())
}
