//! `uvx`, `uv tool run`, `pipx run`.

use super::Words;
use super::options::Options;
use super::package::{PackageLaunch, Registry, VersionSpec, foreign, is_runner};

pub(super) const UVX: Options = Options {
    with_value: &[
        "--allow-insecure-host",
        "--build-constraint",
        "--build-constraints",
        "--cache-dir",
        "--color",
        "--config-file",
        "--config-setting",
        "--config-settings-package",
        "--constraint",
        "--constraints",
        "--default-index",
        "--directory",
        "--env-file",
        "--exclude-newer",
        "--exclude-newer-package",
        "--extra-index-url",
        "--find-links",
        "--fork-strategy",
        "--from",
        "--index",
        "--index-strategy",
        "--index-url",
        "--keyring-provider",
        "--link-mode",
        "--no-binary-package",
        "--no-build-isolation-package",
        "--no-build-package",
        "--no-sources-package",
        "--override",
        "--overrides",
        "--prerelease",
        "--prerelease-package",
        "--project",
        "--python",
        "--python-fetch",
        "--python-platform",
        "--python-preference",
        "--refresh-package",
        "--reinstall-package",
        "--resolution",
        "--torch-backend",
        "--upgrade-group",
        "--upgrade-package",
        "--with",
        "--with-editable",
        "--with-requirements",
        "-C",
        "-P",
        "-b",
        "-c",
        "-f",
        "-i",
        "-p",
        "-w",
    ],
    source: &["--from"],
    joins_letters: true,
};

pub(super) const PIPX: Options = Options {
    with_value: &[
        "--backend",
        "--cooldown",
        "--fetch-python",
        "--index-url",
        "--pip-args",
        "--python",
        "--python-args",
        "--spec",
        "--with",
        "-i",
    ],
    source: &["--spec"],
    joins_letters: true,
};

/// The package that a line of the Python launchers runs.
pub(super) fn package(words: &Words<'_>) -> Option<PackageLaunch> {
    let (options, launching): (&Options, &[&str]) = match words.program.as_str() {
        "uvx" => (&UVX, &[]),
        "uv" => (&UVX, &["tool", "run"]),
        "pipx" => (&PIPX, &["run"]),
        _ => return None,
    };
    let mut from = 0;
    for needed in launching {
        let (at, word) = options.walk(words.args, from).word?;
        if word != *needed {
            return None;
        }
        from = at + 1;
    }
    let walked = options.walk(words.args, from);
    let is_local_only = walked.options.contains(&"--offline");
    let source = walked.source.or(walked.word.map(|(_, word)| word))?;
    let (name, version) = match foreign(Registry::Pypi, source) {
        Some(found) => found,
        None if words.program == "pipx" && walked.options.contains(&"--path") => {
            (source.to_owned(), VersionSpec::Path)
        }
        None => split(source),
    };
    Some(PackageLaunch {
        registry: Registry::Pypi,
        is_runner: is_runner(&name),
        name,
        version,
        is_local_only,
    })
}

/// `name[extra]==version`, `name@version`, `name @ URL`
fn split(source: &str) -> (String, VersionSpec) {
    let at = source.find(['@', '=', '<', '>', '!', '~', ' ', ';']).unwrap_or(source.len());
    let (name, rest) = source.split_at(at);
    let name = name[..name.find('[').unwrap_or(name.len())].to_owned();
    let rest = rest.trim();
    if rest.is_empty() {
        return (name, VersionSpec::Unsaid);
    }
    if let Some(after) = rest.strip_prefix('@').map(str::trim) {
        return match foreign(Registry::Pypi, after) {
            Some(found) => found,
            None if after.starts_with(|first: char| first.is_ascii_digit()) => {
                (name, VersionSpec::Exact(after.to_owned()))
            }
            None => (name, VersionSpec::Tag(after.to_owned())),
        };
    }
    let exact = rest.strip_prefix("==").filter(|version| !version.contains(['*', ',', ';']));
    match exact {
        Some(version) => (name, VersionSpec::Exact(version.trim_start_matches('=').trim().to_owned())),
        None => (name, VersionSpec::Range(rest.to_owned())),
    }
}
