//! What the tests share: the folder of foreign files, and kinds of files by the names used there.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files")]
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use pinfold_clients::{Base, Client, ConfigFile, Syntax};

/// The root of this repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder of foreign test data that may lie beside the repository. Where it is absent, what needs it is not run, and
/// says so.
pub(crate) fn data_folder(name: &str) -> Option<PathBuf> {
    let folder = repository().join("..").join("shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    // Not by a macro, whose output the test runner keeps to itself.
    let _ = writeln!(std::io::stderr(), "\nNOT RUN: no data folder {}", folder.display());
    None
}

/// One file of the foreign data, with what its index says.
pub(crate) struct Real {
    pub(crate) name: String,
    pub(crate) kind: &'static ConfigFile,
    pub(crate) index: serde_json::Value,
    pub(crate) bytes: Vec<u8>,
}

/// All of them.
pub(crate) fn real_files() -> Vec<Real> {
    let Some(folder) = data_folder("configs") else { return Vec::new() };
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("INDEX.json")).unwrap()).unwrap();
    let files = index["files"].as_array().unwrap().iter().map(|file| {
        let name = file["file"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        Real { kind: kind_of(file), name, index: file.clone(), bytes }
    });
    let files: Vec<Real> = files.collect();
    assert!(files.len() > 50, "{} files only", files.len());
    files
}

fn kind_of(index: &serde_json::Value) -> &'static ConfigFile {
    let client = index["client"].as_str().unwrap();
    // Programs without a place in the table, by one that reads the same members.
    let client = match client {
        "mcp-config" | "antigravity" => "windsurf",
        "amazonq" | "trae" => "cursor",
        known => known,
    };
    let client = Client::from_name(client).unwrap_or_else(|| panic!("no client {client}"));
    let seen_at = index["seen_at"].as_str().unwrap();
    let is_of = |file: &&ConfigFile| file.path.ends_with(seen_at.rsplit(['/', ' ']).next().unwrap());
    let in_project = |file: &&ConfigFile| file.base == Base::Project && is_of(file);
    let by_ending = |file: &&ConfigFile| Path::new(file.path).extension() == Path::new(seen_at).extension();
    client
        .files()
        .find(in_project)
        .or_else(|| client.files().find(is_of))
        .or_else(|| client.files().find(by_ending))
        .unwrap()
}

/// The file with CRLF, with a byte order mark, with tabs, with comments, and combinations, as far as its client reads
/// them.
pub(crate) fn variants(syntax: Syntax, bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let mut variants = vec![
        ("as it is", bytes.to_vec()),
        ("crlf", crlf.clone().into_bytes()),
        ("bom", ["\u{feff}", &text].concat().into_bytes()),
        ("bom and crlf", ["\u{feff}", &crlf].concat().into_bytes()),
        ("no final newline", text.trim_end().as_bytes().to_vec()),
        ("blank lines behind", [&text, "\n\n   \n"].concat().into_bytes()),
    ];
    if syntax != Syntax::Yaml {
        variants.push(("tabs", text.replace("  ", "\t").into_bytes()));
    }
    // No text of these files goes over several lines, so a comment can follow each.
    let comment = match syntax {
        Syntax::Json => return variants,
        Syntax::Toml | Syntax::Yaml => "\n# \"command\": \"npx\", \"--\" ]}\n",
        _ => "\n// \"command\": \"npx\", \"--\" ]}\n",
    };
    variants.push(("comments", text.replace('\n', comment).into_bytes()));
    variants.push(("comments and crlf", crlf.replace("\r\n", &comment.replace('\n', "\r\n")).into_bytes()));
    variants
}
