//! One kind of file of one client: where it lies, how strictly it is read, where its servers stand.

use std::path::{Path, PathBuf};

use crate::client::Client;

/// A kind of file.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Whose it is.
    pub client: Client,
    /// For whom its entries count.
    pub scope: Scope,
    /// The folder that `path` begins in.
    pub base: Base,
    /// The rest of the path, with `/`. The last part can be `*.yaml` and the like: every file of that ending. One part
    /// before it can be `*`: every folder.
    pub path: &'static str,
    /// How strictly the client reads it.
    pub syntax: Syntax,
    pub(crate) servers: Servers,
    pub(crate) shape: Shape,
}

/// For whom an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// For the person, in every project.
    User,
    /// For the person, in one project; kept among the person's own files.
    Local,
    /// For everybody who has the project's folder; often committed.
    Project,
}

/// A folder that paths begin in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The home folder.
    Home,
    /// `XDG_CONFIG_HOME`, else `.config` in the home folder.
    XdgConfig,
    /// `CLAUDE_CONFIG_DIR`, else the home folder.
    ClaudeConfig,
    /// `CODEX_HOME`, else `.codex` in the home folder.
    CodexHome,
    /// The folder of a project.
    Project,
}

/// How strictly a client reads a file. Every reader takes a byte order mark at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// RFC 8259.
    Json,
    /// RFC 8259 with `//` and `/* */` comments.
    JsonWithComments,
    /// With comments, and a comma after the last item.
    Jsonc,
    /// Like [`Syntax::Jsonc`], and words without quotes as names and texts.
    LenientJson,
    /// TOML 1.0.
    Toml,
    /// YAML 1.2, one document.
    Yaml,
}

/// Folders that the caller found: this crate reads no environment.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    /// The home folder.
    pub home: PathBuf,
    /// `XDG_CONFIG_HOME`, if set.
    pub xdg_config: Option<PathBuf>,
    /// `CLAUDE_CONFIG_DIR`, if set.
    pub claude_config: Option<PathBuf>,
    /// `CODEX_HOME`, if set.
    pub codex_home: Option<PathBuf>,
    /// The project's folder, if there is one to look at.
    pub project: Option<PathBuf>,
}

/// Where the servers stand in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Servers {
    /// Member names from the root; `*` is every member.
    pub(crate) keys: &'static [&'static [&'static str]],
    /// The root itself is the map if none of the keys is there.
    pub(crate) root_if_absent: bool,
    /// The file holds other settings too, so a stray object is none of a server.
    pub(crate) is_shared: bool,
}

/// How an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The member of the program, or of the whole line.
    pub(crate) command: &'static str,
    /// The member of the arguments; `None` if the command is a list of all words.
    pub(crate) args: Option<&'static str>,
    /// The member of the variables.
    pub(crate) env: &'static str,
    /// Members that hold the URL of a remote server; empty if the client reads none in this file.
    pub(crate) urls: &'static [&'static str],
    /// Entries are items of a list, named by their member `name`.
    pub(crate) is_list: bool,
}

impl ConfigFile {
    /// Where the file lies, if the folder it begins in is known. May hold `*` in its last two parts.
    pub fn pattern(&self, roots: &Roots) -> Option<PathBuf> {
        let or_home =
            |own: &Option<PathBuf>, rest: &str| own.clone().unwrap_or_else(|| roots.home.join(rest));
        let base = match self.base {
            Base::Home => roots.home.clone(),
            Base::XdgConfig => or_home(&roots.xdg_config, ".config"),
            Base::ClaudeConfig => or_home(&roots.claude_config, ""),
            Base::CodexHome => or_home(&roots.codex_home, ".codex"),
            Base::Project => roots.project.clone()?,
        };
        Some(base.join(self.path))
    }

    /// The path, if it is one file. `None` for patterns too.
    pub fn file(&self, roots: &Roots) -> Option<PathBuf> {
        self.pattern(roots).filter(|_| !self.is_pattern())
    }

    /// The keys under which the client looks for servers, members joined by dots.
    pub fn keys(&self) -> Vec<String> {
        self.servers.keys.iter().map(|names| names.join(".")).collect()
    }

    /// Whether the path stands for several files.
    pub fn is_pattern(&self) -> bool {
        self.path.contains('*')
    }

    /// Whether a path is of this kind. Links are not resolved.
    pub fn matches(&self, path: &Path, roots: &Roots) -> bool {
        let Some(pattern) = self.pattern(roots) else { return false };
        let (wanted, given): (Vec<_>, Vec<_>) = (pattern.components().collect(), path.components().collect());
        wanted.len() == given.len()
            && wanted.iter().zip(&given).all(|(wanted, given)| {
                let (wanted, given) =
                    (wanted.as_os_str().to_string_lossy(), given.as_os_str().to_string_lossy());
                match wanted.strip_prefix('*') {
                    Some(ending) => given.ends_with(ending) && !given.starts_with('.'),
                    None => wanted == given,
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_caller_come_first() {
        let mut roots = Roots { home: "/h".into(), ..Roots::default() };
        let first = |client: Client| client.files().next().unwrap();
        let file = |client: Client, roots: &Roots| first(client).file(roots).unwrap();
        assert_eq!(file(Client::ClaudeCode, &roots), Path::new("/h/.claude.json"));
        assert_eq!(file(Client::Codex, &roots), Path::new("/h/.codex/config.toml"));
        assert_eq!(file(Client::Goose, &roots), Path::new("/h/.config/goose/config.yaml"));
        roots.claude_config = Some("/c".into());
        roots.codex_home = Some("/x".into());
        roots.xdg_config = Some("/g".into());
        assert_eq!(file(Client::ClaudeCode, &roots), Path::new("/c/.claude.json"));
        assert_eq!(file(Client::Codex, &roots), Path::new("/x/config.toml"));
        assert_eq!(file(Client::Goose, &roots), Path::new("/g/goose/config.yaml"));
    }

    #[test]
    fn patterns_match_one_part() {
        let roots = Roots { home: "/h".into(), ..Roots::default() };
        let pattern = Client::Continue.files().find(|file| file.path.ends_with("*.yaml")).unwrap();
        assert!(pattern.file(&roots).is_none());
        assert!(pattern.matches(Path::new("/h/.continue/mcpServers/a.yaml"), &roots));
        assert!(!pattern.matches(Path::new("/h/.continue/mcpServers/.a.yaml"), &roots));
        assert!(!pattern.matches(Path::new("/h/.continue/mcpServers/a.yml"), &roots));
        assert!(!pattern.matches(Path::new("/h/.continue/mcpServers/x/a.yaml"), &roots));
    }
}
