//! The clients whose files are known.

use std::fmt;

use crate::file::ConfigFile;
use crate::greeting::{self, Greeting};
use crate::table;

/// A program that starts MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// Claude Code.
    ClaudeCode,
    /// Claude Desktop.
    ClaudeDesktop,
    /// Cursor.
    Cursor,
    /// Visual Studio Code.
    VsCode,
    /// Windsurf.
    Windsurf,
    /// Zed.
    Zed,
    /// Cline, in Visual Studio Code or alone.
    Cline,
    /// Roo Code, in Visual Studio Code.
    Roo,
    /// Gemini CLI.
    Gemini,
    /// Codex CLI.
    Codex,
    /// OpenCode.
    OpenCode,
    /// Goose.
    Goose,
    /// Continue.
    Continue,
    /// LM Studio.
    LmStudio,
    /// Kiro.
    Kiro,
    /// Junie, of JetBrains.
    Junie,
    /// AI Assistant, of JetBrains.
    AiAssistant,
    /// Copilot CLI.
    CopilotCli,
}

impl Client {
    /// Every client, in the order of lists for people.
    pub const ALL: [Client; 18] = [
        Self::ClaudeCode,
        Self::ClaudeDesktop,
        Self::Cursor,
        Self::VsCode,
        Self::Windsurf,
        Self::Zed,
        Self::Cline,
        Self::Roo,
        Self::Gemini,
        Self::Codex,
        Self::OpenCode,
        Self::Goose,
        Self::Continue,
        Self::LmStudio,
        Self::Kiro,
        Self::Junie,
        Self::AiAssistant,
        Self::CopilotCli,
    ];

    /// How it greets a server, where that was seen; another version of it may say something else.
    pub fn greeting(self) -> Option<Greeting> {
        match self {
            Self::ClaudeCode => Some(greeting::CLAUDE_CODE),
            Self::Codex => Some(greeting::CODEX),
            Self::OpenCode => Some(greeting::OPENCODE),
            Self::Gemini => Some(greeting::GEMINI),
            _ => None,
        }
    }

    /// The name on the command line and in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Cursor => "cursor",
            Self::VsCode => "vscode",
            Self::Windsurf => "windsurf",
            Self::Zed => "zed",
            Self::Cline => "cline",
            Self::Roo => "roo",
            Self::Gemini => "gemini",
            Self::Codex => "codex",
            Self::OpenCode => "opencode",
            Self::Goose => "goose",
            Self::Continue => "continue",
            Self::LmStudio => "lm-studio",
            Self::Kiro => "kiro",
            Self::Junie => "junie",
            Self::AiAssistant => "jetbrains",
            Self::CopilotCli => "copilot",
        }
    }

    /// The name as its makers write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
            Self::Cline => "Cline",
            Self::Roo => "Roo Code",
            Self::Gemini => "Gemini CLI",
            Self::Codex => "Codex CLI",
            Self::OpenCode => "OpenCode",
            Self::Goose => "Goose",
            Self::Continue => "Continue",
            Self::LmStudio => "LM Studio",
            Self::Kiro => "Kiro",
            Self::Junie => "JetBrains Junie",
            Self::AiAssistant => "JetBrains AI Assistant",
            Self::CopilotCli => "Copilot CLI",
        }
    }

    /// The client of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|client| client.name() == name)
    }

    /// Its files, those of the person first.
    pub fn files(self) -> impl Iterator<Item = &'static ConfigFile> {
        table::FILES.iter().filter(move |file| file.client == self)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_has_a_name_and_a_file() {
        for client in Client::ALL {
            assert_eq!(Client::from_name(client.name()), Some(client));
            assert!(client.files().next().is_some(), "{client}");
        }
        assert_eq!(Client::from_name("Cursor"), None);
    }
}
