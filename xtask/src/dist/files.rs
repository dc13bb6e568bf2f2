//! The files that are handed out, made from one build.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::archive::{Entry, below, sha256, tarball};
use super::build::Built;
use super::components::{self, Components};
use super::platform::Platform;
use super::source::Source;
use super::{PROGRAMS, elf, notices, npm, said, sbom, wheel};

/// The readme of the packages; that of the repository leads to files which they do not have.
const README: &str = include_str!("readme.md");

/// Shells, the folders where they look, and how they name the file of a program.
const SHELLS: &[(&str, &str, &str, &str)] = &[
    ("bash", "share/bash-completion/completions", "", ""),
    ("fish", "share/fish/vendor_completions.d", "", ".fish"),
    ("zsh", "share/zsh/site-functions", "_", ""),
];

/// A file that is handed out.
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The npm package, the wheel, the tarball of all programs, their ingredients, and the checksums of all of these.
///
/// # Errors
/// When anything of it cannot be made; nothing is left out in silence.
pub(super) fn all(
    source: &Source,
    built: &Built,
    platform: &Platform,
    work: &Path,
) -> Result<Vec<File>, String> {
    let program = built.program("pinfold")?;
    let needs = elf::needs(&program).map_err(|why| format!("pinfold: {why}"))?;
    let manual = manual(built, work)?;
    let papers = papers(source, built, platform, &["pinfold"], "pinfold")?;
    let documents = documents(source)?;
    let for_users = |page: &&Entry| page.path.starts_with("man1/");
    let parts = npm::Parts {
        version: &source.version,
        epoch: source.epoch,
        platform,
        needs: &needs,
        program: &program,
        manual: &manual.iter().filter(for_users).cloned().collect::<Vec<_>>(),
        papers: &papers,
        documents: &documents,
    };
    let mut files = Vec::new();
    for (name, bytes) in [npm::package(&parts)?, wheel::package(&parts)?] {
        files.push(File { name, bytes });
    }
    let base = format!("pinfold-{}-{}", source.version, platform.target);
    let papers = self::papers(source, built, platform, PROGRAMS, &base)?;
    let ingredients = papers.iter().find(|paper| paper.path.ends_with(".cdx.json"));
    files.extend(ingredients.map(|paper| File { name: paper.path.clone(), bytes: paper.bytes.clone() }));
    let mut entries = below("share/man", &manual);
    entries.extend(below("share/doc/pinfold", &papers));
    entries.extend(below("share/doc/pinfold", &documents));
    for name in PROGRAMS {
        entries.push(Entry::program(format!("bin/{name}"), built.program(name)?));
        for (shell, folder, before, after) in SHELLS {
            let script = said(Command::new(built.path(name)).args(["completions", shell]), name)?;
            entries.push(Entry::text(format!("{folder}/{before}{name}{after}"), script));
        }
    }
    let bytes = tarball(below(&base, &entries), source.epoch)?;
    files.push(File { name: format!("{base}.tar.gz"), bytes });
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let sums: String = files.iter().map(|file| format!("{}  {}\n", sha256(&file.bytes), file.name)).collect();
    files.push(File { name: "SHA256SUMS".to_owned(), bytes: sums.into_bytes() });
    Ok(files)
}

/// The manual pages of all programs and verbs, below `man1` and `man8`.
fn manual(built: &Built, work: &Path) -> Result<Vec<Entry>, String> {
    let folder = work.join("manual");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    built.write_manual(&folder)?;
    let mut pages = Vec::new();
    for section in ["man1", "man8"] {
        let folder = folder.join(section);
        for page in fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten() {
            let bytes = fs::read(page.path()).map_err(|e| format!("{}: {e}", page.path().display()))?;
            pages.push(Entry::text(format!("{section}/{}", page.file_name().to_string_lossy()), bytes));
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}

/// The pages that a person is led to by a message or by the readme: how to use it, and what exactly it does. They lie as in
/// the repository, so that links between them lead somewhere.
fn documents(source: &Source) -> Result<Vec<Entry>, String> {
    let mut pages = vec![Entry::text("SECURITY.md", source.read("SECURITY.md")?)];
    for folder in ["docs", "spec"] {
        let place = source.folder.join(folder);
        for page in fs::read_dir(&place).map_err(|e| format!("{}: {e}", place.display()))?.flatten() {
            let name = page.file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") {
                let path = format!("{folder}/{name}");
                let bytes = source.read(&path)?;
                pages.push(Entry::text(path, bytes));
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}

/// Readme, licences and ingredients of a package that holds these programs.
fn papers(
    source: &Source,
    built: &Built,
    platform: &Platform,
    programs: &[&str],
    name: &str,
) -> Result<Vec<Entry>, String> {
    let components: Components = components::of(programs, built, source)?;
    let carried = components::carried(&components)?;
    let rustc =
        String::from_utf8_lossy(&said(Command::new("rustc").arg("--version"), "rustc")?).trim().to_owned();
    let subject = sbom::Subject {
        name: "pinfold",
        version: &source.version,
        target: platform.target,
        rustc: &rustc,
        epoch: source.epoch,
    };
    Ok(vec![
        Entry::text("LICENSE-APACHE", source.read("LICENSE-APACHE")?),
        Entry::text("LICENSE-MIT", source.read("LICENSE-MIT")?),
        Entry::text("README.md", README),
        Entry::text("THIRD-PARTY.txt", notices::text(&components, &carried)?),
        Entry::text(format!("{name}.cdx.json"), sbom::document(&subject, &components, &carried)?),
        Entry::text("rust-standard-library.html", of_standard_library()?),
    ])
}

/// The licences of the standard library and what it is made of, which each toolchain brings.
fn of_standard_library() -> Result<Vec<u8>, String> {
    let sysroot = said(Command::new("rustc").args(["--print", "sysroot"]), "rustc")?;
    let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
    let file = Path::new(&sysroot).join("share/doc/rust/COPYRIGHT-library.html");
    fs::read(&file).map_err(|e| format!("{}: {e}; toolchains that rustup installs have it", file.display()))
}
