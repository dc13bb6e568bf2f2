//! The licences of others whose work is inside: their texts, each once, with the packages that it is for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::components::{Carried, Component, Components};

/// How names of files begin that tell under which terms a package is given.
const NAMES: &[&str] = &["COPYING", "COPYRIGHT", "LICENCE", "LICENSE", "NOTICE", "UNLICENSE"];

/// Folders of packages that have such files of the C libraries that they carry.
const DEEPER: &[(&str, &str)] = &[("aws-lc-sys", "aws-lc")];

/// A file with the licences of everything inside.
///
/// # Errors
/// When a package cannot be read, or has no text and a licence whose text we do not have either.
pub(super) fn text(components: &Components, carried: &[Carried]) -> Result<String, String> {
    let others: Vec<&Component> =
        components.values().filter(|one| one.is_inside && one.checksum.is_some()).collect();
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut without = Vec::new();
    for component in &others {
        let texts = texts_of(component)?;
        if texts.is_empty() {
            if !["MIT", "Apache-2.0"].iter().any(|licence| component.licence.contains(licence)) {
                return Err(format!(
                    "{} {} has no text of its licence, {}",
                    component.name, component.version, component.licence
                ));
            }
            without.push(named(component));
        }
        for text in texts {
            by_text.entry(text).or_default().push(named(component));
        }
    }
    let mut out = String::from(
        "What others made and what is part of the programs of this package, with the licences under which they gave it.\n\
         The Rust standard library and what it is made of: see rust-standard-library.html beside this file.\n\n",
    );
    for component in &others {
        let from = component.repository.as_deref().unwrap_or("no repository named");
        let _ = writeln!(out, "{}  ({})  {from}", named(component), component.licence);
    }
    for library in carried {
        let _ = writeln!(
            out,
            "{} {}  ({})  inside {}",
            library.name, library.version, library.licence, library.by
        );
    }
    out.push_str("\nSQLite is in the public domain.\n");
    if !without.is_empty() {
        let _ = writeln!(
            out,
            "\nThese come without a text; the texts of their licences are LICENSE-MIT and LICENSE-APACHE beside this \
             file, and their authors stand in their repositories: {}.",
            without.join(", ")
        );
    }
    let mut by_users: Vec<(Vec<String>, String)> =
        by_text.into_iter().map(|(text, users)| (users, text)).collect();
    by_users.sort();
    for (users, text) in by_users {
        let _ = write!(out, "\n{}\n{}\n\n{}\n", "=".repeat(100), users.join(", "), text.trim_end());
    }
    Ok(out)
}

fn named(component: &Component) -> String {
    format!("{} {}", component.name, component.version)
}

fn texts_of(component: &Component) -> Result<Vec<String>, String> {
    let deeper = DEEPER.iter().filter(|(name, _)| *name == component.name).map(|(_, folder)| *folder);
    let mut texts = Vec::new();
    for folder in std::iter::once("").chain(deeper) {
        let folder = component.folder.join(folder);
        texts.extend(texts_in(&folder).map_err(|e| format!("{}: {e}", folder.display()))?);
    }
    Ok(texts)
}

/// The texts in files of such names, by those names.
fn texts_in(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if NAMES.iter().any(|start| name.starts_with(start)) && entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    let read = |file| fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
    files.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::components::{Component, Components};
    use super::text;

    fn component(
        folder: &std::path::Path,
        name: &str,
        licence: &str,
        file: Option<&str>,
    ) -> (String, Component) {
        let folder = folder.join(name);
        fs::create_dir(&folder).unwrap();
        if let Some(text) = file {
            fs::write(folder.join("License.txt"), text).unwrap();
        }
        let component = Component {
            name: name.to_owned(),
            version: "1".to_owned(),
            licence: licence.to_owned(),
            checksum: Some("aa".to_owned()),
            repository: None,
            folder,
            is_inside: name != "tool",
            depends_on: Default::default(),
        };
        (name.to_owned(), component)
    }

    #[test]
    fn a_text_stands_once_with_all_its_users_and_tools_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name, file| component(folder.path(), name, "MIT", file);
        let components: Components = [
            of("a", Some("the words")),
            of("b", Some("the words")),
            of("bare", None),
            of("tool", Some("other words")),
        ]
        .into();
        let text = text(&components, &[]).unwrap();
        assert_eq!(text.matches("the words").count(), 1, "{text}");
        assert!(text.contains("\na 1, b 1\n\nthe words"), "{text}");
        assert!(
            text.contains("beside this file, and their authors stand in their repositories: bare 1."),
            "{text}"
        );
        assert!(!text.contains("other words") && !text.contains("tool"), "{text}");
    }

    #[test]
    fn a_licence_whose_text_is_nowhere_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let components: Components = [component(folder.path(), "a", "ISC", None)].into();
        assert!(text(&components, &[]).is_err());
    }
}
