//! Name, version and files of a release, from everything that says something about them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pinfold_core::registry_name::RegistryName;
use pinfold_core::statement::{Artifact, ReleaseVersion};
use pinfold_core::text::visible;

use super::artifact::GivenFile;
use super::names::Package;
use super::project::{Told, read_folder};
use crate::exit::Exit;
use crate::output::Problem;

/// What the command line says itself; it overrides every file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) artifacts: &'a [PathBuf],
    pub(crate) remotes: &'a [String],
}

/// What is known about a release before its server is asked.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) name: RegistryName,
    pub(crate) version: ReleaseVersion,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) remotes: Vec<String>,
    /// The files, with what they say.
    pub(crate) files: Vec<GivenFile>,
    /// Packages that the project names and that no file was given for.
    pub(crate) packages: Vec<Package>,
    /// Names of variables that `server.json` declares.
    pub(crate) variables: Vec<String>,
}

impl Facts {
    /// Puts together what the options, the folder's files and the published files say.
    ///
    /// # Errors
    /// Something is missing or cannot be read, or two of them disagree.
    pub(crate) fn gather(folder: &Path, asked: &Asked<'_>) -> Result<Facts, Problem> {
        let files =
            asked.artifacts.iter().map(|path| GivenFile::read(path)).collect::<Result<Vec<_>, _>>()?;
        let mut told = match (asked.name, asked.version) {
            // Somebody who says both may stand in any folder.
            (Some(_), Some(_)) => read_folder(folder).unwrap_or_default(),
            _ => read_folder(folder)?,
        };
        // Of a project of another name only the version is taken: its packages and addresses are not this release's.
        for other in
            told.iter_mut().filter(|told| told.name.as_deref() != asked.name.or(told.name.as_deref()))
        {
            *other = Told {
                by: std::mem::take(&mut other.by),
                name: other.name.take(),
                version: other.version.take(),
                ..Told::default()
            };
        }
        told.extend(files.iter().map(|file| Told {
            by: file.file.clone(),
            name: file.mcp_name.clone(),
            version: file.package.as_ref().map(|package| package.version.clone()),
            packages: file.package.iter().cloned().collect(),
            ..Told::default()
        }));
        let name =
            one("name", "--name", asked.name, told.iter().map(|told| (&*told.by, told.name.as_deref())))?;
        let version = one(
            "version",
            "--version",
            asked.version,
            told.iter().map(|told| (&*told.by, told.version.as_deref())),
        )?;
        let name: RegistryName =
            name.parse().map_err(|error| unusable("name", &name, &format!("{error}")))?;
        let version: ReleaseVersion =
            version.parse().map_err(|error| unusable("version", &version, &format!("{error}")))?;
        let artifacts =
            files.iter().map(|file| file.artifact(version.as_str())).collect::<Result<Vec<_>, _>>()?;
        let has_file = |package: &Package| files.iter().any(|file| file.package.as_ref() == Some(package));
        let mut packages: Vec<Package> = Vec::new();
        for package in told.iter().flat_map(|told| &told.packages) {
            if !has_file(package) && !packages.contains(package) {
                packages.push(package.clone());
            }
        }
        let remotes = match asked.remotes {
            [] => told.iter().flat_map(|told| told.remotes.clone()).collect(),
            remotes => remotes.to_vec(),
        };
        let variables: BTreeSet<String> = told.iter().flat_map(|told| told.variables.clone()).collect();
        Ok(Facts {
            name,
            version,
            artifacts,
            remotes: unique(remotes),
            files,
            packages,
            variables: variables.into_iter().collect(),
        })
    }
}

/// What an option says, else what all files say that say anything.
fn one<'a>(
    what: &str,
    option: &str,
    asked: Option<&str>,
    told: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<String, Problem> {
    if let Some(asked) = asked {
        return Ok(asked.to_owned());
    }
    let mut found: Option<(&str, &str)> = None;
    for (by, said) in told.filter_map(|(by, said)| said.map(|said| (by, said))) {
        match found {
            Some((first, value)) if value != said => {
                return Err(Problem::new(
                    Exit::Usage,
                    "PROJECT_DISAGREES",
                    format!(
                        "the {what} is {} in {} and {} in {}",
                        visible(value),
                        visible(first),
                        visible(said),
                        visible(by)
                    ),
                    format!("make them equal, or say which one counts with `{option}`"),
                ));
            }
            Some(_) => {}
            None => found = Some((by, said)),
        }
    }
    found.map(|(_, value)| value.to_owned()).ok_or_else(|| {
        Problem::new(
            Exit::Usage,
            "PROJECT_SILENT",
            format!("nothing here says the {what} of the release"),
            format!(
                "give it with `{option}`, or run the command beside a server.json or a package.json with `mcpName`"
            ),
        )
    })
}

fn unusable(what: &str, value: &str, why: &str) -> Problem {
    Problem::new(
        Exit::Usage,
        "USAGE",
        format!("`{}` is no {what} of a release: {why}", visible(value)),
        "a name is the MCP registry's, such as io.github.acme/weather; a version is visible ASCII",
    )
}

fn unique(list: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    list.into_iter().filter(|one| seen.insert(one.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(files: &[(&str, &str)], name: Option<&str>) -> Result<Facts, Problem> {
        let temp = tempfile::tempdir().unwrap();
        for (file, text) in files {
            std::fs::write(temp.path().join(file), text).unwrap();
        }
        Facts::gather(temp.path(), &Asked { name, ..Asked::default() })
    }

    const SERVER: &str = r#"{"name":"io.github.acme/demo","version":"1.0.1",
        "packages":[{"registryType":"npm","identifier":"@acme/demo","version":"1.0.1",
            "environmentVariables":[{"name":"API_KEY","isSecret":true}]}],
        "remotes":[{"type":"streamable-http","url":"https://demo.example/mcp"},
            {"type":"sse","url":"https://{host}/sse"}]}"#;

    #[test]
    fn a_server_json_says_everything() {
        let facts = gather(&[("server.json", SERVER)], None).unwrap();
        assert_eq!((facts.name.as_str(), facts.version.as_str()), ("io.github.acme/demo", "1.0.1"));
        assert_eq!(facts.packages[0].purl(), "pkg:npm/%40acme/demo@1.0.1");
        assert_eq!(facts.remotes, ["https://demo.example/mcp"]);
        assert_eq!(facts.variables, ["API_KEY"]);
    }

    #[test]
    fn a_package_json_counts_if_it_claims_a_registry_name() {
        let package = r#"{"name":"@acme/demo","version":"1.0.1","mcpName":"io.github.acme/demo"}"#;
        assert_eq!(gather(&[("package.json", package)], None).unwrap().name.as_str(), "io.github.acme/demo");
        let other = r#"{"name":"@acme/demo","version":"1.0.1"}"#;
        assert_eq!(gather(&[("package.json", other)], None).unwrap_err().code, "PROJECT_SILENT");
    }

    #[test]
    fn files_that_disagree_are_told_and_options_override() {
        let package = r#"{"name":"@acme/demo","version":"1.0.1","mcpName":"io.github.acme/other"}"#;
        let files = [("server.json", SERVER), ("package.json", package)];
        let problem = gather(&files, None).unwrap_err();
        assert_eq!(problem.code, "PROJECT_DISAGREES");
        assert!(problem.message.contains("io.github.acme/other in package.json"), "{}", problem.message);
        let other = gather(&files, Some("a.b/c")).unwrap();
        assert_eq!((other.name.as_str(), other.version.as_str()), ("a.b/c", "1.0.1"));
        assert!(other.remotes.is_empty() && other.packages.is_empty() && other.variables.is_empty());
    }

    #[test]
    fn a_file_that_is_no_json_is_never_taken_for_none() {
        assert_eq!(gather(&[("server.json", "{")], None).unwrap_err().code, "PROJECT_UNREADABLE");
        assert_eq!(gather(&[("server.json", "[]")], None).unwrap_err().code, "PROJECT_UNREADABLE");
    }
}
