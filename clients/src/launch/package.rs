//! A package that a launcher fetches and runs.

/// What is fetched from a registry and run. Whether it exists is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageLaunch {
    /// Where it comes from.
    pub registry: Registry,
    /// Its name; for git and URL sources the whole source, keys in it replaced by `*`.
    pub name: String,
    /// Which version is asked for.
    pub version: VersionSpec,
    /// Whether it only runs other code, which is named behind it.
    pub is_runner: bool,
    /// Whether the launcher takes it from this machine or not at all.
    pub is_local_only: bool,
}

/// Where packages come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// npm.
    Npm,
    /// The Python package index.
    Pypi,
    /// A registry of container images.
    Container,
}

/// Which version is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSpec {
    /// None: the newest one at each start.
    Unsaid,
    /// A name that its publisher moves, such as `latest`. Tags of images are always of this kind.
    Tag(String),
    /// One version.
    Exact(String),
    /// A range.
    Range(String),
    /// One image, by its bytes.
    Digest(String),
    /// A repository instead of a registry.
    Git,
    /// A URL instead of a registry.
    Url,
    /// A folder or file of this machine.
    Path,
}

impl PackageLaunch {
    /// Secrets in a source, which are NUL here, become `*`; a name or version with one is none.
    pub(super) fn without_secrets(self) -> Option<Self> {
        let is_foreign = matches!(self.version, VersionSpec::Git | VersionSpec::Url | VersionSpec::Path);
        let version = match &self.version {
            VersionSpec::Tag(text)
            | VersionSpec::Exact(text)
            | VersionSpec::Range(text)
            | VersionSpec::Digest(text) => text,
            _ => "",
        };
        if version.contains('\0') || (!is_foreign && self.name.contains('\0')) {
            return None;
        }
        Some(Self { name: self.name.replace('\0', "*"), ..self })
    }
}

impl VersionSpec {
    /// Whether another start can run other code without any change of the entry.
    pub fn floats(&self) -> bool {
        !matches!(self, Self::Exact(_) | Self::Digest(_))
    }

    /// The kind in documents.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unsaid => "none",
            Self::Tag(tag) if matches!(tag.as_bytes(), b"latest") => "latest",
            Self::Tag(_) => "tag",
            Self::Exact(_) => "exact",
            Self::Range(_) => "range",
            Self::Digest(_) => "digest",
            Self::Git => "git",
            Self::Url => "url",
            Self::Path => "path",
        }
    }
}

impl Registry {
    /// The name in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Container => "container",
        }
    }
}

/// A source that is no name in a registry; `None` for names.
pub(super) fn foreign(registry: Registry, source: &str) -> Option<(String, VersionSpec)> {
    let has_scheme = |scheme: &str| source.starts_with(scheme);
    let is_path =
        ["./", "../", "/", "~/", ".\\", "file:"].into_iter().any(has_scheme) || matches!(source, "." | "..");
    let is_git =
        ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "gist:"].into_iter().any(has_scheme)
            || source.ends_with(".git")
            || (registry == Registry::Npm
                && !source.starts_with('@')
                && source.contains('/')
                && !source.contains(':'));
    let version = if is_path {
        VersionSpec::Path
    } else if is_git {
        VersionSpec::Git
    } else if has_scheme("http://") || has_scheme("https://") {
        VersionSpec::Url
    } else {
        return None;
    };
    Some((source.to_owned(), version))
}

/// Packages that run other code named behind them.
pub(super) const RUNNERS: &[&str] = &[
    "@dotenvx/dotenvx",
    "@modelcontextprotocol/inspector",
    "bun",
    "concurrently",
    "cross-env",
    "deno",
    "dotenv-cli",
    "env-cmd",
    "esno",
    "fastmcp",
    "mcp",
    "mcp-proxy",
    "node",
    "nodemon",
    "npm-run-all",
    "supergateway",
    "ts-node",
    "tsx",
    "vite-node",
];

/// Whether a package only runs other code.
pub(super) fn is_runner(name: &str) -> bool {
    RUNNERS.contains(&name)
}
