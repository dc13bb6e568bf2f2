//! Permissions that a person once gave to tools by name, kept outside the entry. They let a changed tool of that name run
//! without a question, as `alwaysAllow` in an entry does.

use std::path::PathBuf;

use crate::client::Client;
use crate::file::{Roots, Scope, Syntax};
use crate::position::{Finger, Position};
use crate::read::{ReadError, tree};
use crate::tree::Node;

/// A permission that stands in a client's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingPermission {
    /// As written, without the prefix of MCP tools.
    pattern: String,
    /// Where it stands.
    pub position: Position,
}

/// Where clients keep them: the client, for whom, and the path.
pub fn permission_files(roots: &Roots) -> Vec<(Client, Scope, PathBuf)> {
    let own = roots.claude_config.clone().unwrap_or_else(|| roots.home.join(".claude"));
    let mut files = vec![(Client::ClaudeCode, Scope::User, own.join("settings.json"))];
    if let Some(project) = &roots.project {
        files.push((Client::ClaudeCode, Scope::Local, project.join(".claude/settings.local.json")));
        files.push((Client::ClaudeCode, Scope::Project, project.join(".claude/settings.json")));
    }
    files
}

/// The permissions of tools of MCP servers in a file of [`permission_files`].
///
/// # Errors
/// A [`ReadError`] if the client would not read the file.
pub fn standing_permissions(bytes: &[u8]) -> Result<Vec<StandingPermission>, ReadError> {
    let root = tree(Syntax::Json, bytes)?;
    let list =
        root.get("permissions").and_then(|permissions| permissions.get("allow")).and_then(Node::as_list);
    let items = list.map_or(&[][..], |list| &list.items);
    let mut finger = Finger::of(bytes);
    let permission = |item: &Node| {
        let pattern = item.as_str()?.strip_prefix("mcp__")?.to_owned();
        Some(StandingPermission { pattern, position: finger.position(item.span.start) })
    };
    Ok(items.iter().filter_map(permission).collect())
}

impl StandingPermission {
    /// Which tools of the entry with this key it lets run: `None` for none of them, `Some("*")` for all, else a name or a
    /// pattern with `*`.
    pub fn tools_of(&self, key: &str) -> Option<&str> {
        let rest = self.pattern.strip_prefix(&as_in_tool_names(key))?;
        if rest.is_empty() { Some("*") } else { rest.strip_prefix("__").filter(|tool| !tool.is_empty()) }
    }
}

/// A key as it stands in the names of its tools: other characters than ASCII letters, digits, `-` and `_` become `_`.
fn as_in_tool_names(key: &str) -> String {
    let kept =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_".contains(letter) { letter } else { '_' };
    key.chars().map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_of_one_server() {
        let text = b"{\"permissions\": {\"allow\": [\"Bash(ls)\",\n \"mcp__github\", \"mcp__github__get_issue\",\"mcp__git__*\", \"mcp__a_b__x\", \"mcp__\", 3],\n\"deny\": [\"mcp__x\"]}}";
        let found = standing_permissions(text).unwrap();
        let of = |key: &str| found.iter().filter_map(|one| one.tools_of(key)).collect::<Vec<_>>();
        assert_eq!(of("github"), ["*", "get_issue"]);
        assert_eq!(of("git"), ["*"]);
        assert_eq!(of("a b"), ["x"]);
        assert_eq!((of("hub"), of("x")), (vec![], vec![]));
        assert_eq!((found[0].position.line, found[0].position.column), (2, 2));
        assert_eq!(standing_permissions(b"{}").unwrap(), []);
        assert!(standing_permissions(b"{,}").is_err());
    }

    #[test]
    fn files_of_the_caller_s_folders() {
        let mut roots = Roots { home: "/h".into(), ..Roots::default() };
        let paths =
            |roots: &Roots| permission_files(roots).into_iter().map(|(_, _, path)| path).collect::<Vec<_>>();
        assert_eq!(paths(&roots), [PathBuf::from("/h/.claude/settings.json")]);
        roots.claude_config = Some("/c".into());
        roots.project = Some("/p".into());
        assert_eq!(paths(&roots)[0], PathBuf::from("/c/settings.json"));
        assert_eq!(paths(&roots)[2], PathBuf::from("/p/.claude/settings.json"));
    }
}
