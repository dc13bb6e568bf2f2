//! Whether a release is of the package that a launch names.

use pinfold_clients::{CommandLine, PackageLaunch, Registry, VersionSpec};
use pinfold_core::launch::{Launch, Masked, Piece};
use pinfold_core::statement::Artifact;
use pinfold_core::text::visible;

use crate::exit::Exit;
use crate::output::Problem;
use crate::release::names::{escape, normal_python_name};

/// What a release says about the code behind a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// The launch names a package, and a file of the release is that package: its name, as people read it.
    Package(String),
    /// The launch names no package of a registry: the release is about the words only, not about the code.
    WordsOnly,
}

/// How a release stands to the launches of a label.
///
/// # Errors
/// A launch names a package, or a version of it, of which no artifact is: `IDENTITY_MISMATCH`.
pub(crate) fn link<'l>(
    launches: impl Iterator<Item = &'l Launch>,
    artifacts: &[Artifact],
) -> Result<Link, Problem> {
    let mut link = Link::WordsOnly;
    for launch in launches {
        let Some(package) = package_of(launch) else { continue };
        let wanted = Wanted::of(&package);
        if !artifacts.iter().any(|artifact| wanted.is_named_by(&artifact.purl)) {
            return Err(mismatch(&wanted, artifacts));
        }
        link = Link::Package(wanted.shown());
    }
    Ok(link)
}

/// The package of a registry that a launch names. Sources beside a registry are none.
fn package_of(launch: &Launch) -> Option<PackageLaunch> {
    let args = launch.args.iter().map(without_secret).collect();
    let package = CommandLine { command: launch.command.clone(), args }.recognise().package?;
    let is_foreign = matches!(package.version, VersionSpec::Git | VersionSpec::Url | VersionSpec::Path);
    (!package.is_runner && !is_foreign).then_some(package)
}

/// A NUL stands in no name, so an argument with a secret is the name of nothing.
fn without_secret(masked: &Masked) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret => "\0".to_owned(),
    };
    masked.pieces().iter().map(piece).collect()
}

/// The beginning of the package URL that an artifact must have, and its version where the launch names one.
struct Wanted {
    package: String,
    version: Option<String>,
}

impl Wanted {
    fn of(package: &PackageLaunch) -> Wanted {
        let parts = |name: &str| name.split('/').map(escape).collect::<Vec<_>>().join("/");
        let package_url = match package.registry {
            Registry::Npm => format!("pkg:npm/{}", parts(&package.name)),
            Registry::Pypi => format!("pkg:pypi/{}", escape(&normal_python_name(&package.name))),
            Registry::Container => format!("pkg:docker/{}", parts(&package.name)),
        };
        let version = match &package.version {
            VersionSpec::Exact(version) | VersionSpec::Digest(version) => Some(escape(version)),
            _ => None,
        };
        Wanted { package: package_url, version }
    }

    /// Whether a package URL is of this package: `pkg:TYPE/NAME@VERSION`, with qualifiers and subpath left aside.
    fn is_named_by(&self, purl: &str) -> bool {
        let plain = purl.split(['?', '#']).next().unwrap_or_default();
        let Some((package, version)) = plain.rsplit_once('@') else { return false };
        package == self.package && self.version.as_ref().is_none_or(|wanted| wanted == version)
    }

    fn shown(&self) -> String {
        let version = self.version.as_ref().map(|version| format!("@{version}")).unwrap_or_default();
        visible(&format!("{}{version}", self.package))
    }
}

fn mismatch(wanted: &Wanted, artifacts: &[Artifact]) -> Problem {
    let found = match artifacts {
        [] => "the release names no package".to_owned(),
        _ => {
            let purls: Vec<String> = artifacts.iter().map(|artifact| visible(&artifact.purl)).collect();
            format!("the release is of {}", purls.join(", "))
        }
    };
    Problem::new(
        Exit::Refused,
        "IDENTITY_MISMATCH",
        format!("the launch runs {}, and {found}", wanted.shown()),
        "get the bundle of the package that the client starts, or let the client start the package of the bundle",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(registry: Registry, name: &str, version: VersionSpec) -> Wanted {
        let name = name.to_owned();
        Wanted::of(&PackageLaunch { registry, name, version, is_runner: false, is_local_only: false })
    }

    #[test]
    fn a_package_is_named_by_its_own_url_only() {
        let floating = wanted(Registry::Npm, "@acme/demo", VersionSpec::Unsaid);
        for good in ["pkg:npm/%40acme/demo@1.0.0", "pkg:npm/%40acme/demo@2?x=y", "pkg:npm/%40acme/demo@2#sub"]
        {
            assert!(floating.is_named_by(good), "{good}");
        }
        for bad in [
            "pkg:npm/%40acme/demo2@1.0.0",
            "pkg:npm/demo@1.0.0",
            "pkg:npm/%40acme/demo",
            "pkg:pypi/%40acme/demo@1",
            "pkg:npm/@acme/demo@1.0.0",
            "",
        ] {
            assert!(!floating.is_named_by(bad), "{bad}");
        }
    }

    #[test]
    fn a_version_that_the_launch_names_is_the_only_one() {
        let exact = wanted(Registry::Pypi, "Mcp_Server.Time", VersionSpec::Exact("1.0.0+b".into()));
        assert!(exact.is_named_by("pkg:pypi/mcp-server-time@1.0.0%2Bb"));
        assert!(!exact.is_named_by("pkg:pypi/mcp-server-time@1.0.0"));
    }
}
