//! Lists of an administrator, which say which servers a client may start. They match the literal command, so an entry
//! that is wrapped can fall off one.

use std::fmt;

use crate::client::Client;
use crate::file::Syntax;
use crate::read::{ReadError, tree};
use crate::tree::Node;

/// The lists of one file.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminList {
    is_strict: bool,
    /// `None`: everything that is not denied is allowed.
    allowed: Option<Vec<Rule>>,
    denied: Vec<Rule>,
}

/// What one member of a list matches.
#[derive(Clone, PartialEq, Eq)]
enum Rule {
    /// `serverName`
    Key(String),
    /// `serverCommand`: the command and all its arguments.
    Words(Vec<String>),
    /// A server of Codex's list: the name and the command, without its arguments, must both match.
    KeyAndCommand(String, String),
    /// `serverUrl`, or something unknown: no program is matched by it.
    Other,
}

impl Client {
    /// Files in which an administrator keeps such lists, on Linux. They need not be there.
    pub const fn admin_files(self) -> &'static [&'static str] {
        match self {
            Self::ClaudeCode => &["/etc/claude-code/managed-settings.json"],
            Self::CopilotCli | Self::VsCode => &["/etc/github-copilot/managed-settings.json"],
            Self::Codex => &["/etc/codex/requirements.toml"],
            _ => &[],
        }
    }

    /// A file beside which the client reads no entries of anybody else, on Linux.
    pub const fn admin_exclusive_file(self) -> Option<&'static str> {
        match self {
            Self::ClaudeCode => Some("/etc/claude-code/managed-mcp.json"),
            _ => None,
        }
    }
}

impl AdminList {
    /// Reads a file of an administrator. A file without lists allows everything.
    ///
    /// # Errors
    /// A [`ReadError`] if it is no JSON, for Codex no TOML.
    pub fn read(client: Client, bytes: &[u8]) -> Result<Self, ReadError> {
        if client == Client::Codex {
            let root = tree(Syntax::Toml, bytes)?;
            let servers = root.get("mcp_servers").and_then(Node::as_map);
            let allowed = servers.map(|servers| {
                servers.members.iter().map(|member| rule_of_codex(&member.name, &member.node)).collect()
            });
            return Ok(Self { is_strict: false, allowed, denied: Vec::new() });
        }
        let root = tree(Syntax::Json, bytes)?;
        let rules = |name: &str| {
            let list = root.get(name)?.as_list()?;
            Some(list.items.iter().map(rule).collect::<Vec<_>>())
        };
        Ok(Self {
            is_strict: client == Client::ClaudeCode,
            allowed: rules("allowedMcpServers"),
            denied: rules("deniedMcpServers").unwrap_or_default(),
        })
    }

    /// Whether the client would start a program under a key: `words` are the command and all arguments as the entry has
    /// them. Patterns for URLs are not looked at.
    pub fn admits(&self, key: &str, words: &[String]) -> bool {
        let matches = |rule: &Rule| match rule {
            Rule::Key(name) => name == key,
            Rule::Words(command) => command == words,
            Rule::KeyAndCommand(name, command) => name == key && words.first() == Some(command),
            Rule::Other => false,
        };
        if self.denied.iter().any(matches) {
            return false;
        }
        let Some(allowed) = &self.allowed else { return true };
        // Claude Code: as soon as one command is listed, a name is no longer enough.
        let needs_command = self.is_strict && allowed.iter().any(|rule| matches!(rule, Rule::Words(_)));
        allowed.iter().any(|rule| matches(rule) && (!needs_command || matches!(rule, Rule::Words(_))))
    }
}

/// `[mcp_servers.NAME]` with `identity = { command = … }`, or with a `url`, which no program matches.
fn rule_of_codex(name: &str, node: &Node) -> Rule {
    let command = node.get("identity").and_then(|identity| identity.get("command")).and_then(Node::as_str);
    command.map_or(Rule::Other, |command| Rule::KeyAndCommand(name.to_owned(), command.to_owned()))
}

fn rule(node: &Node) -> Rule {
    if let Some(words) = node.get("serverCommand").and_then(Node::as_list).and_then(|list| list.texts()) {
        return Rule::Words(words);
    }
    node.get("serverName").and_then(Node::as_str).map_or(Rule::Other, |name| Rule::Key(name.to_owned()))
}

impl fmt::Debug for AdminList {
    /// How many rules; commands can hold secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "AdminList({:?} allowed, {} denied)",
            self.allowed.as_ref().map(Vec::len),
            self.denied.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(client: Client, list: &str, key: &str, line: &str) -> bool {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        AdminList::read(client, list.as_bytes()).unwrap().admits(key, &words)
    }

    #[test]
    fn a_wrapped_command_is_another_command() {
        let list = r#"{"allowedMcpServers":[{"serverCommand":["npx","-y","x"]},{"serverName":"named"}]}"#;
        for client in [Client::ClaudeCode, Client::CopilotCli] {
            assert!(admits(client, list, "a", "npx -y x"));
            assert!(!admits(client, list, "a", "/usr/bin/pinfold run --as a -- npx -y x"));
            // One of them still asks for a name or a command, the other for a command.
            assert_eq!(admits(client, list, "named", "/usr/bin/pinfold"), client == Client::CopilotCli);
        }
    }

    #[test]
    fn codex_matches_name_and_command_together() {
        let list = "[mcp_servers.demo]\nidentity = { command = \"python3\" }\n[mcp_servers.far]\nidentity = { url = \"https://x\" }\n";
        assert!(admits(Client::Codex, list, "demo", "python3 server.py"));
        for (key, line) in [
            ("demo", "/usr/bin/pinfold run --as demo -- python3 server.py"),
            ("other", "python3 x"),
            ("far", "python3 x"),
        ] {
            assert!(!admits(Client::Codex, list, key, line), "{key} {line}");
        }
        assert!(admits(Client::Codex, "model = \"x\"\n", "any", "npx"));
        assert!(!admits(Client::Codex, "[mcp_servers]\n", "any", "npx"));
    }

    #[test]
    fn names_stay_what_they_are() {
        let list = r#"{"allowedMcpServers":[{"serverName":"a"},{"serverUrl":"https://*"}]}"#;
        assert!(admits(Client::ClaudeCode, list, "a", "/usr/bin/pinfold run"));
        assert!(!admits(Client::ClaudeCode, list, "b", "npx"));
        assert!(!admits(Client::ClaudeCode, r#"{"allowedMcpServers":[]}"#, "b", "npx"));
        assert!(admits(Client::ClaudeCode, r#"{"permissions":{}}"#, "b", "npx"));
        let denied = r#"{"deniedMcpServers":[{"serverName":"b"},{"serverCommand":["rm"]}],"allowedMcpServers":[{"serverName":"b"}]}"#;
        assert!(!admits(Client::ClaudeCode, denied, "b", "npx"));
        assert!(AdminList::read(Client::ClaudeCode, b"{").is_err());
    }
}
