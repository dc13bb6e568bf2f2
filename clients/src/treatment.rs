//! What becomes of an entry when the person asks for protection.

use pinfold_core::launch::Bridge;
use thiserror::Error;

use crate::edit::Obstacle;
use crate::entry::{Entry, Kind};
use crate::launch::{Recognised, Registry, VersionSpec};

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// It is wrapped; why its code cannot be bound any closer, if it comes from somewhere else.
    Wrap(Option<Looseness>),
    /// It is wrapped, and what it runs is a package of a registry that could be installed and pinned. Of a bridge this
    /// binds the package alone.
    WrapPackage,
    /// It has a wrapper.
    Wrapped,
    /// It stays as it is.
    NotProtected(NotProtected),
}

/// Why the code of a wrapped entry is not bound by its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Looseness {
    /// A container.
    #[error("a container: the image is not bound by the command")]
    Container,
    /// A repository, URL or folder.
    #[error("its source is no registry")]
    Source,
    /// The package runs other code.
    #[error("the package is only a runner; the server is what it runs")]
    Runner,
    /// The launcher fetches or relays the real server.
    #[error("a bridge: the launcher fetches or relays the real server at start, whose code is not bound")]
    HostedBridge,
    /// The launcher takes what is there.
    #[error("the launcher is told not to install anything")]
    NoInstall,
}

/// Why an entry is not protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotProtected {
    /// It is reached over HTTP.
    #[error("a remote server: the gate starts programs")]
    Remote,
    /// It is reached over HTTP, and its host is a variable.
    #[error("a remote server whose address the client fills in")]
    Placeholder,
    /// A URL in a file in which the client reads none.
    #[error("the client does not read URLs in this file")]
    UrlNotRead,
    /// It stands under a key that the client does not read.
    #[error("the client does not read this key")]
    NotRead,
    /// It is a part of the client.
    #[error("a part of the client, without a program of its own")]
    BuiltIn,
    /// The client cannot start it.
    #[error("the client cannot start it: {0}")]
    Malformed(&'static str),
    /// It cannot be wrapped so that it comes back exactly.
    #[error("{0}")]
    Obstacle(Obstacle),
}

impl Looseness {
    /// The name in spec/client-configurations.md and in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Source => "no-registry",
            Self::Runner => "runner",
            Self::HostedBridge => "hosted-bridge",
            Self::NoInstall => "no-install",
        }
    }
}

impl NotProtected {
    /// The name in spec/client-configurations.md and in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Placeholder => "placeholder",
            Self::UrlNotRead => "url-not-read",
            Self::NotRead => "key-not-read",
            Self::BuiltIn => "built-in",
            Self::Malformed(_) => "malformed",
            Self::Obstacle(obstacle) => obstacle.as_str(),
        }
    }
}

impl Entry {
    /// What its command comes down to; `None` if it starts none.
    pub fn recognise(&self) -> Option<Recognised> {
        self.command_line().map(crate::entry::CommandLine::recognise)
    }

    /// What becomes of it. Disabled entries are treated like enabled ones: switching one on asks nothing.
    pub fn treatment(&self) -> Treatment {
        if !self.is_read {
            return Treatment::NotProtected(NotProtected::NotRead);
        }
        let recognised = match &self.kind {
            Kind::Stdio(line) => line.recognise(),
            Kind::Remote(url) | Kind::Placeholder(url) if !url.is_read => {
                return Treatment::NotProtected(NotProtected::UrlNotRead);
            }
            Kind::Remote(_) => return Treatment::NotProtected(NotProtected::Remote),
            Kind::Placeholder(_) => return Treatment::NotProtected(NotProtected::Placeholder),
            Kind::BuiltIn => return Treatment::NotProtected(NotProtected::BuiltIn),
            Kind::Malformed(reason) => return Treatment::NotProtected(NotProtected::Malformed(reason)),
        };
        if self.wrapped.is_some() {
            return Treatment::Wrapped;
        }
        match self.obstacle {
            Some(obstacle) => Treatment::NotProtected(NotProtected::Obstacle(obstacle)),
            None => recognised.treatment(),
        }
    }
}

impl Recognised {
    fn treatment(&self) -> Treatment {
        if self.is_container {
            return Treatment::Wrap(Some(Looseness::Container));
        }
        let Some(package) = &self.package else { return Treatment::Wrap(None) };
        let looseness = match (&self.bridge, &package.version) {
            (Some(Bridge::Hosted { .. }), _) => Looseness::HostedBridge,
            (_, VersionSpec::Git | VersionSpec::Url | VersionSpec::Path) => Looseness::Source,
            _ if package.is_local_only => Looseness::NoInstall,
            (None, _) if package.is_runner => Looseness::Runner,
            _ if package.registry == Registry::Container => Looseness::Container,
            _ => return Treatment::WrapPackage,
        };
        Treatment::Wrap(Some(looseness))
    }
}
