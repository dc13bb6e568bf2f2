//! Why an entry is left alone and what may change about a server, each in our words and as a stable name.

use pinfold_clients::{NotProtected, Registry, VersionSpec};
use pinfold_core::volatile::{Rule, RuleKind};

use super::find::WhyUnreadable;
use super::model::{Left, Server, Why};
use crate::elsewhere;
use crate::launch::ResolveError;

/// Which code may run tomorrow.
pub(crate) fn version_words(server: &Server) -> Option<String> {
    let package = server.recognised.as_ref()?.package.as_ref()?;
    let registry = match package.registry {
        Registry::Npm => "npm",
        Registry::Pypi => "the Python index",
        Registry::Container => "a container registry",
    };
    Some(match &package.version {
        VersionSpec::Exact(_) | VersionSpec::Digest(_) => {
            format!("its package from {registry} has a fixed version")
        }
        VersionSpec::Git | VersionSpec::Url => {
            "its code comes from a repository or URL and can be other code at each start".to_owned()
        }
        VersionSpec::Path => return None,
        _ => format!("floating: each start may fetch another version from {registry}"),
    })
}

/// Where it stands and why it stays, in our words; names inside are made visible.
pub(crate) fn left_words(left: &Left) -> String {
    let place = left.position.map(|position| format!(", {position}")).unwrap_or_default();
    format!("{place}: {}", why_words(&left.why))
}

/// Why an entry is not protected, in our words.
pub(crate) fn why_words(why: &Why) -> String {
    match why {
        Why::Kind(kind) => kind.to_string(),
        Why::Key(found, needed) => format!(
            "the client reads the key `{}`, and this stands under `{}`",
            elsewhere::name(needed),
            if found.is_empty() { "no key".to_owned() } else { elsewhere::name(found) }
        ),
        Why::Edit(words) => (*words).to_owned(),
        Why::Command(name, how) => format!("its command {} {how}", elsewhere::name(name)),
        Why::Program => "what it calls pinfold is a program that others can replace".to_owned(),
        Why::LoadsIntoGate(name) => format!(
            "it sets {}, by which the project's code would be loaded into the gate itself",
            elsewhere::name(name)
        ),
        Why::Silent { words, .. } => words.clone(),
        Why::UnknownPackage => {
            "its registry does not know the package; whoever registers the name would run here".to_owned()
        }
        Why::Exclusive => "an administrator's file is the only one that the client reads".to_owned(),
        Why::Administrator => {
            "an administrator's list names its command as it is: the client would drop it behind the gate"
                .to_owned()
        }
        Why::Refused => "you said no to its words".to_owned(),
    }
}

/// A stable name for why an entry is not protected.
pub(crate) fn why_code(why: &Why) -> String {
    let code = match why {
        Why::Kind(NotProtected::Remote) => "REMOTE",
        Why::Kind(NotProtected::Placeholder) => "REMOTE_PLACEHOLDER",
        Why::Kind(NotProtected::UrlNotRead) => "URL_NOT_READ",
        Why::Kind(NotProtected::NotRead) | Why::Key(..) => "KEY_NOT_READ",
        Why::Kind(NotProtected::BuiltIn) => "BUILT_IN",
        Why::Kind(NotProtected::Malformed(_)) => "MALFORMED",
        Why::Kind(NotProtected::Obstacle(_)) | Why::Edit(_) => "NOT_REVERSIBLE",
        Why::Command(..) => "COMMAND_NOT_FOUND",
        Why::Program | Why::LoadsIntoGate(_) => "GATE_PROGRAM_FOREIGN",
        Why::Silent { code, .. } => return code.clone(),
        Why::UnknownPackage => "PACKAGE_UNKNOWN",
        Why::Exclusive => "ADMINISTRATOR_FILE",
        Why::Administrator => "ADMINISTRATOR_LIST",
        Why::Refused => "REFUSED",
    };
    code.to_owned()
}

/// What may stand in a span.
pub(crate) fn kind_words(rule: &Rule) -> &'static str {
    match rule.kind {
        RuleKind::DateTime => "another time",
        RuleKind::Date => "another date",
        RuleKind::Zone => "another time zone",
        RuleKind::Home => "another home folder",
        RuleKind::Folder => "another working folder",
        RuleKind::Argument => "another path that is passed",
        RuleKind::Permutation(_) => "the same items in another order",
    }
}

/// Why a file was not read, in our words; its path stands elsewhere.
pub(crate) fn unreadable_words(why: &WhyUnreadable) -> String {
    match why {
        WhyUnreadable::Malformed(error) => format!("{error}; it is not touched"),
        WhyUnreadable::Disk(fault) => format!("{}; it is not touched", fault.without_path()),
    }
}

/// How a command leads to no program, without a word of the entry.
pub(crate) fn resolve_words(error: &ResolveError) -> &'static str {
    match error {
        ResolveError::NotFound(_) => "is not found",
        ResolveError::NotAFile(_) => "is not a file",
        ResolveError::NotExecutable(_) => "is not executable",
        ResolveError::NotUnicode(_) | ResolveError::ValueNotText(_) => "is not all UTF-8",
        ResolveError::File { .. } => "is a file that cannot be read",
        ResolveError::Shebang { .. } | ResolveError::Env(_) | ResolveError::TooDeep => {
            "runs other programs in a way that cannot be followed"
        }
        ResolveError::Launch(_) => "is part of an entry that is over a limit",
        ResolveError::Gone { .. } => "is gone",
    }
}
