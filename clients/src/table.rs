//! The table of spec/client-configurations.md: every kind of file of every client, on Linux.

use crate::client::Client;
use crate::file::{Base, ConfigFile, Scope, Servers, Shape, Syntax};

type Keys = &'static [&'static [&'static str]];

const MCP_SERVERS: Keys = &[&["mcpServers"]];

/// Members of most clients.
const COMMON: Shape =
    Shape { command: "command", args: Some("args"), env: "env", urls: &["url"], is_list: false };
const WITHOUT_URL: Shape = Shape { urls: &[], ..COMMON };
const WINDSURF: Shape = Shape { urls: &["serverUrl", "url"], ..COMMON };
const GEMINI: Shape = Shape { urls: &["httpUrl", "url"], ..COMMON };
const GOOSE: Shape = Shape { command: "cmd", env: "envs", urls: &["uri"], ..COMMON };
const OPENCODE: Shape = Shape { args: None, env: "environment", ..COMMON };
const CONTINUE: Shape = Shape { is_list: true, ..COMMON };

/// A file that holds servers and nothing else.
const fn own(keys: Keys) -> Servers {
    Servers { keys, root_if_absent: false, is_shared: false }
}

/// The same; without the key, the whole file is the map.
const fn own_or_root(keys: Keys) -> Servers {
    Servers { keys, root_if_absent: true, is_shared: false }
}

/// A file with other settings too.
const fn shared(keys: Keys) -> Servers {
    Servers { keys, root_if_absent: false, is_shared: true }
}

const VSCODE_SETTINGS: Servers = shared(&[&["mcp", "servers"], &["mcp.servers"]]);

const fn user(
    client: Client,
    base: Base,
    path: &'static str,
    syntax: Syntax,
    servers: Servers,
    shape: Shape,
) -> ConfigFile {
    ConfigFile { client, scope: Scope::User, base, path, syntax, servers, shape }
}

const fn project(
    client: Client,
    path: &'static str,
    syntax: Syntax,
    servers: Servers,
    shape: Shape,
) -> ConfigFile {
    ConfigFile { client, scope: Scope::Project, base: Base::Project, path, syntax, servers, shape }
}

/// Every kind of file, by client.
#[rustfmt::skip]
pub(crate) static FILES: &[ConfigFile] = &[
    user(Client::ClaudeCode, Base::ClaudeConfig, ".claude.json", Syntax::Json, shared(&[&["mcpServers"], &["projects", "*", "mcpServers"]]), COMMON),
    project(Client::ClaudeCode, ".mcp.json", Syntax::Json, own_or_root(MCP_SERVERS), COMMON),
    user(Client::ClaudeDesktop, Base::XdgConfig, "Claude/claude_desktop_config.json", Syntax::Json, shared(MCP_SERVERS), WITHOUT_URL),
    user(Client::Cursor, Base::Home, ".cursor/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    project(Client::Cursor, ".cursor/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::VsCode, Base::XdgConfig, "Code/User/mcp.json", Syntax::Jsonc, own(&[&["servers"]]), COMMON),
    user(Client::VsCode, Base::XdgConfig, "Code/User/profiles/*/mcp.json", Syntax::Jsonc, own(&[&["servers"]]), COMMON),
    user(Client::VsCode, Base::XdgConfig, "Code/User/settings.json", Syntax::Jsonc, VSCODE_SETTINGS, COMMON),
    user(Client::VsCode, Base::XdgConfig, "Code - Insiders/User/mcp.json", Syntax::Jsonc, own(&[&["servers"]]), COMMON),
    user(Client::VsCode, Base::XdgConfig, "VSCodium/User/mcp.json", Syntax::Jsonc, own(&[&["servers"]]), COMMON),
    project(Client::VsCode, ".vscode/mcp.json", Syntax::Jsonc, own(&[&["servers"]]), COMMON),
    project(Client::VsCode, ".vscode/settings.json", Syntax::Jsonc, VSCODE_SETTINGS, COMMON),
    user(Client::Windsurf, Base::Home, ".codeium/windsurf/mcp_config.json", Syntax::Json, own(MCP_SERVERS), WINDSURF),
    user(Client::Windsurf, Base::Home, ".codeium/mcp_config.json", Syntax::Json, own(MCP_SERVERS), WINDSURF),
    user(Client::Zed, Base::XdgConfig, "zed/settings.json", Syntax::Jsonc, shared(&[&["context_servers"]]), COMMON),
    project(Client::Zed, ".zed/settings.json", Syntax::Jsonc, shared(&[&["context_servers"]]), COMMON),
    user(Client::Cline, Base::XdgConfig, "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::Cline, Base::Home, ".cline/data/settings/cline_mcp_settings.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::Roo, Base::XdgConfig, "Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    project(Client::Roo, ".roo/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::Gemini, Base::Home, ".gemini/settings.json", Syntax::JsonWithComments, shared(MCP_SERVERS), GEMINI),
    project(Client::Gemini, ".gemini/settings.json", Syntax::JsonWithComments, shared(MCP_SERVERS), GEMINI),
    user(Client::Codex, Base::CodexHome, "config.toml", Syntax::Toml, shared(&[&["mcp_servers"]]), COMMON),
    project(Client::Codex, ".codex/config.toml", Syntax::Toml, shared(&[&["mcp_servers"]]), COMMON),
    user(Client::OpenCode, Base::XdgConfig, "opencode/opencode.json", Syntax::Jsonc, shared(&[&["mcp"]]), OPENCODE),
    user(Client::OpenCode, Base::XdgConfig, "opencode/opencode.jsonc", Syntax::Jsonc, shared(&[&["mcp"]]), OPENCODE),
    project(Client::OpenCode, "opencode.json", Syntax::Jsonc, shared(&[&["mcp"]]), OPENCODE),
    project(Client::OpenCode, "opencode.jsonc", Syntax::Jsonc, shared(&[&["mcp"]]), OPENCODE),
    user(Client::Goose, Base::XdgConfig, "goose/config.yaml", Syntax::Yaml, shared(&[&["extensions"]]), GOOSE),
    project(Client::Goose, ".goose/config.yaml", Syntax::Yaml, shared(&[&["extensions"]]), GOOSE),
    user(Client::Continue, Base::Home, ".continue/config.yaml", Syntax::Yaml, shared(MCP_SERVERS), CONTINUE),
    user(Client::Continue, Base::Home, ".continue/mcpServers/*.yaml", Syntax::Yaml, shared(MCP_SERVERS), CONTINUE),
    user(Client::Continue, Base::Home, ".continue/mcpServers/*.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    project(Client::Continue, ".continue/mcpServers/*.yaml", Syntax::Yaml, shared(MCP_SERVERS), CONTINUE),
    project(Client::Continue, ".continue/mcpServers/*.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::LmStudio, Base::Home, ".lmstudio/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::LmStudio, Base::Home, ".cache/lm-studio/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::Kiro, Base::Home, ".kiro/settings/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    project(Client::Kiro, ".kiro/settings/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::Junie, Base::Home, ".junie/mcp/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    project(Client::Junie, ".junie/mcp/mcp.json", Syntax::Json, own(MCP_SERVERS), COMMON),
    user(Client::AiAssistant, Base::Home, ".ai/mcp/mcp.json", Syntax::LenientJson, own_or_root(MCP_SERVERS), COMMON),
    project(Client::AiAssistant, ".ai/mcp/mcp.json", Syntax::LenientJson, own_or_root(MCP_SERVERS), COMMON),
    user(Client::CopilotCli, Base::Home, ".copilot/mcp-config.json", Syntax::Json, own(MCP_SERVERS), COMMON),
];
