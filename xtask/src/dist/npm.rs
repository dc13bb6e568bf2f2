//! The npm package: `bin` is the program itself, so that nothing stands between a client and the gate.

use serde_json::json;

use super::archive::{Entry, below, tarball};
use super::elf::Needs;
use super::platform::Platform;

/// What a package for one platform is made of.
pub(super) struct Parts<'a> {
    pub(super) version: &'a str,
    pub(super) epoch: u32,
    pub(super) platform: &'a Platform,
    pub(super) needs: &'a Needs,
    /// The program `pinfold`.
    pub(super) program: &'a [u8],
    /// Manual pages of `pinfold`, below `man1`.
    pub(super) manual: &'a [Entry],
    /// Readme, licences, ingredients, with bare file names.
    pub(super) papers: &'a [Entry],
    /// The documents, below `docs` and `spec`.
    pub(super) documents: &'a [Entry],
}

/// The package's name: one for each platform, because a package that chose one would need a script to start it.
pub(super) fn name(platform: &Platform) -> String {
    format!("pinfold-linux-{}", platform.node_cpu)
}

/// The tarball, by the name that `npm pack` would give it.
///
/// # Errors
/// As [`tarball`].
pub(super) fn package(parts: &Parts<'_>) -> Result<(String, Vec<u8>), String> {
    let name = name(parts.platform);
    let pages: Vec<String> = parts.manual.iter().map(|page| format!("./{}", page.path)).collect();
    let mut about = json!({
        "name": name,
        "version": parts.version,
        "description": "Holds every MCP tool that strayed from what you approved. The program for one platform.",
        "license": "(Apache-2.0 OR MIT)",
        "keywords": ["mcp", "model-context-protocol", "security"],
        "bin": {"pinfold": "bin/pinfold"},
        "man": pages,
        "os": ["linux"],
        "cpu": [parts.platform.node_cpu],
    });
    if matches!(parts.needs, Needs::Glibc(..)) {
        about["libc"] = json!(["glibc"]);
    }
    let mut entries = vec![
        Entry::text("package.json", format!("{about:#}\n")),
        Entry::program("bin/pinfold", parts.program),
    ];
    entries.extend_from_slice(parts.manual);
    entries.extend_from_slice(parts.papers);
    entries.extend_from_slice(parts.documents);
    let bytes = tarball(below("package", &entries), parts.epoch)?;
    Ok((format!("{name}-{}.tgz", parts.version), bytes))
}
