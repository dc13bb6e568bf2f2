//! `npx` and its relatives.

use super::Words;
use super::options::Options;
use super::package::{PackageLaunch, Registry, VersionSpec, foreign, is_runner};

/// Every option of npm 11 that is no switch; what npm does not know is one.
pub(super) const NPX: Options = Options {
    with_value: &[
        "--_auth",
        "--access",
        "--allow-directory",
        "--allow-file",
        "--allow-git",
        "--allow-remote",
        "--allow-scripts",
        "--also",
        "--audit-level",
        "--auth-type",
        "--before",
        "--ca",
        "--cache",
        "--cache-max",
        "--cache-min",
        "--cafile",
        "--call",
        "--cert",
        "--cidr",
        "--cpu",
        "--depth",
        "--diff",
        "--diff-dst-prefix",
        "--diff-src-prefix",
        "--diff-unified",
        "--editor",
        "--enjoy-by",
        "--expect-result-count",
        "--expires",
        "--fetch-retries",
        "--fetch-retry-factor",
        "--fetch-retry-maxtimeout",
        "--fetch-retry-mintimeout",
        "--fetch-timeout",
        "--git",
        "--globalconfig",
        "--heading",
        "--https-proxy",
        "--include",
        "--init-author-email",
        "--init-author-name",
        "--init-author-url",
        "--init-license",
        "--init-module",
        "--init-type",
        "--init-version",
        "--init.author.email",
        "--init.author.name",
        "--init.author.url",
        "--init.license",
        "--init.module",
        "--init.version",
        "--install-strategy",
        "--key",
        "--libc",
        "--local-address",
        "--location",
        "--lockfile-version",
        "--loglevel",
        "--logs-dir",
        "--logs-max",
        "--maxsockets",
        "--message",
        "--min-release-age",
        "--min-release-age-exclude",
        "--name",
        "--node-gyp",
        "--node-options",
        "--noproxy",
        "--omit",
        "--only",
        "--orgs",
        "--orgs-permission",
        "--os",
        "--otp",
        "--pack-destination",
        "--package",
        "--packages",
        "--packages-and-scopes-permission",
        "--password",
        "--prefix",
        "--preid",
        "--provenance-file",
        "--proxy",
        "--reg",
        "--registry",
        "--replace-registry-host",
        "--save-prefix",
        "--sbom-format",
        "--sbom-type",
        "--scope",
        "--scopes",
        "--script-shell",
        "--searchexclude",
        "--searchlimit",
        "--searchopts",
        "--searchstaleness",
        "--shell",
        "--tag",
        "--tag-version-prefix",
        "--token-description",
        "--umask",
        "--user-agent",
        "--userconfig",
        "--viewer",
        "--which",
        "--workspace",
        "-C",
        "-L",
        "-c",
        "-m",
        "-p",
        "-w",
    ],
    source: &["--package", "-p"],
    joins_letters: false,
};

/// Options before the word that makes a package manager a launcher.
pub(super) const MANAGER: Options =
    Options { with_value: &["--dir", "--prefix", "--cwd", "-C"], source: &[], joins_letters: false };

/// The package that a line of npm's launchers runs.
pub(super) fn package(words: &Words<'_>) -> Option<PackageLaunch> {
    let launching: &[&str] = match words.program.as_str() {
        "npx" | "bunx" | "pnpx" => &[],
        "npm" => &["exec", "x"],
        "pnpm" | "yarn" => &["dlx"],
        "bun" => &["x"],
        _ => return None,
    };
    let mut from = 0;
    if !launching.is_empty() {
        let (at, word) = MANAGER.walk(words.args, 0).word?;
        if !launching.contains(&word) {
            return None;
        }
        from = at + 1;
    }
    let walked = NPX.walk(words.args, from);
    let is_local_only =
        walked.options.iter().any(|option| ["--no-install", "--no", "--offline"].contains(option));
    let source = walked.source.or(walked.word.map(|(_, word)| word))?;
    let (name, version) = foreign(Registry::Npm, source).unwrap_or_else(|| split(source));
    Some(PackageLaunch { registry: Registry::Npm, is_runner: is_runner(&name), name, version, is_local_only })
}

/// `@scope/name@version`
fn split(source: &str) -> (String, VersionSpec) {
    let at = source.char_indices().skip(1).find(|(_, letter)| *letter == '@').map(|(at, _)| at);
    let Some(at) = at else { return (source.to_owned(), VersionSpec::Unsaid) };
    let version = &source[at + 1..];
    if let Some((aliased, spec)) = version.strip_prefix("npm:").map(split) {
        return (aliased, spec);
    }
    let name = source[..at].to_owned();
    if let Some((source, spec)) = foreign(Registry::Npm, version) {
        return (source, spec);
    }
    let version_spec = if version.is_empty() {
        VersionSpec::Unsaid
    } else if is_semver(version) {
        VersionSpec::Exact(version.to_owned())
    } else if version.starts_with(|letter: char| letter.is_ascii_digit() || "^~<>=*v".contains(letter))
        || version == "x"
    {
        VersionSpec::Range(version.to_owned())
    } else {
        VersionSpec::Tag(version.to_owned())
    };
    (name, version_spec)
}

/// Three numbers, and what may follow them.
fn is_semver(version: &str) -> bool {
    let core = &version[..version.find(['-', '+']).unwrap_or(version.len())];
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() == 3
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        && !version.contains([' ', '|'])
}
