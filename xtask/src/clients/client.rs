//! The four clients: how each is started without a login, pointed at the scripted model, and given one MCP server.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

/// The name under which each client knows the server; it becomes part of the tools' names.
pub(crate) const SERVER_KEY: &str = "demo";

/// What the user asks of the client. The scripted model does not read it.
const PROMPT: &str = "Write the report.";

/// A real MCP client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Client {
    ClaudeCode,
    Codex,
    OpenCode,
    Gemini,
}

/// Where a client lives during its sessions.
#[derive(Debug)]
pub(crate) struct Rooms {
    /// Its home folder.
    pub(crate) home: PathBuf,
    /// Its working folder.
    pub(crate) work: PathBuf,
}

/// A command line with the variables that it needs beside the common ones.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// Arguments after the program.
    pub(crate) args: Vec<OsString>,
    /// Variables.
    pub(crate) env: Vec<(&'static str, OsString)>,
}

impl Client {
    /// All, in the order of the report.
    pub(crate) const ALL: [Self; 4] = [Self::ClaudeCode, Self::Codex, Self::OpenCode, Self::Gemini];

    /// The name on the command line and in the report, which is also the name of its program.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude",
            Self::Codex => "codex",
            Self::OpenCode => "opencode",
            Self::Gemini => "gemini",
        }
    }

    /// The npm package.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::ClaudeCode => "@anthropic-ai/claude-code",
            Self::Codex => "@openai/codex",
            Self::OpenCode => "opencode-ai",
            Self::Gemini => "@google/gemini-cli",
        }
    }

    /// Whether it asks for the tools again on `list_changed` and offers its model the new ones in the same run.
    pub(crate) fn lists_again(self) -> bool {
        self != Self::Codex
    }

    /// The name under which the model is offered `tool` of our server. Codex gives the namespace beside it.
    pub(crate) fn tool_name(self, tool: &str) -> String {
        match self {
            Self::ClaudeCode => format!("mcp__{SERVER_KEY}__{tool}"),
            Self::Codex => tool.to_owned(),
            Self::OpenCode => format!("{SERVER_KEY}_{tool}"),
            Self::Gemini => format!("mcp_{SERVER_KEY}_{tool}"),
        }
    }

    /// The namespace of our server's tools in the bodies of Codex.
    pub(crate) fn namespace() -> String {
        format!("mcp__{SERVER_KEY}")
    }

    /// Writes the configuration with one MCP server, the command `server`, and says how to start the client.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn configure(self, rooms: &Rooms, port: u16, server: &[OsString]) -> io::Result<Invocation> {
        let server: Vec<String> = server.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let base = format!("http://127.0.0.1:{port}");
        match self {
            Self::ClaudeCode => claude(rooms, base, &server),
            Self::Codex => codex(rooms, &base, &server),
            Self::OpenCode => opencode(rooms, &base, &server),
            Self::Gemini => gemini(rooms, base, &server),
        }
    }
}

fn claude(rooms: &Rooms, base: String, server: &[String]) -> io::Result<Invocation> {
    let config = rooms.home.join("mcp.json");
    write_json(&config, &json!({"mcpServers": {SERVER_KEY: {"command": server[0], "args": server[1..]}}}))?;
    Ok(Invocation {
        args: vec![
            "-p".into(),
            PROMPT.into(),
            "--mcp-config".into(),
            config.into(),
            "--strict-mcp-config".into(),
            // The whole server: the notice must be callable too.
            "--allowedTools".into(),
            format!("mcp__{SERVER_KEY}").into(),
            "--output-format".into(),
            "json".into(),
        ],
        env: vec![
            ("ANTHROPIC_BASE_URL", base.into()),
            ("ANTHROPIC_API_KEY", "scripted".into()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".into()),
            ("DISABLE_TELEMETRY", "1".into()),
            ("DISABLE_AUTOUPDATER", "1".into()),
        ],
    })
}

fn codex(rooms: &Rooms, base: &str, server: &[String]) -> io::Result<Invocation> {
    let folder = rooms.home.join(".codex");
    fs::create_dir_all(&folder)?;
    // A JSON string is a TOML basic string where it has no control character but escaped ones.
    let text = |value: &str| json!(value).to_string();
    let args: Vec<String> = server[1..].iter().map(|arg| text(arg)).collect();
    let config = format!(
        "model = \"gpt-5\"\nmodel_provider = \"scripted\"\n\
         check_for_update_on_startup = false\n\
         [analytics]\nenabled = false\n\
         [model_providers.scripted]\nname = \"scripted\"\nbase_url = {}\nwire_api = \"responses\"\nenv_key = \"SCRIPTED_KEY\"\n\
         [mcp_servers.{SERVER_KEY}]\ncommand = {}\nargs = [{}]\n",
        text(&format!("{base}/v1")),
        text(&server[0]),
        args.join(", "),
    );
    fs::write(folder.join("config.toml"), config)?;
    Ok(Invocation {
        args: ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", PROMPT]
            .map(OsString::from)
            .to_vec(),
        env: vec![("SCRIPTED_KEY", "scripted".into())],
    })
}

fn opencode(rooms: &Rooms, base: &str, server: &[String]) -> io::Result<Invocation> {
    let folder = rooms.home.join(".config/opencode");
    fs::create_dir_all(&folder)?;
    write_json(
        &folder.join("opencode.json"),
        &json!({
            "autoupdate": false,
            "share": "disabled",
            "model": "scripted/scripted",
            "small_model": "scripted/scripted",
            "provider": {"scripted": {
                "npm": super::install::OPENCODE_PROVIDER,
                "options": {"baseURL": format!("{base}/v1"), "apiKey": "scripted"},
                "models": {"scripted": {"name": "scripted", "tool_call": true}},
            }},
            "mcp": {SERVER_KEY: {"type": "local", "command": server, "enabled": true}},
        }),
    )?;
    Ok(Invocation {
        args: ["run", PROMPT].map(OsString::from).to_vec(),
        env: vec![
            ("OPENCODE_DISABLE_AUTOUPDATE", "1".into()),
            ("OPENCODE_DISABLE_MODELS_FETCH", "1".into()),
            ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1".into()),
            ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1".into()),
        ],
    })
}

fn gemini(rooms: &Rooms, base: String, server: &[String]) -> io::Result<Invocation> {
    let folder = rooms.home.join(".gemini");
    fs::create_dir_all(&folder)?;
    write_json(
        &folder.join("settings.json"),
        &json!({
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "general": {"disableAutoUpdate": true, "disableUpdateNag": true, "enableAutoUpdate": false},
            "privacy": {"usageStatisticsEnabled": false},
            "telemetry": {"enabled": false},
            "mcpServers": {SERVER_KEY: {"command": server[0], "args": server[1..]}},
        }),
    )?;
    Ok(Invocation {
        args: ["-m", "gemini-2.5-flash", "--approval-mode", "yolo", "-p", PROMPT]
            .map(OsString::from)
            .to_vec(),
        env: vec![
            ("GOOGLE_GEMINI_BASE_URL", base.into()),
            ("GEMINI_API_KEY", "scripted".into()),
            ("GEMINI_CLI_TRUST_WORKSPACE", "true".into()),
        ],
    })
}

fn write_json(path: &Path, value: &serde_json::Value) -> io::Result<()> {
    fs::write(path, serde_json::to_vec_pretty(value)?)
}
