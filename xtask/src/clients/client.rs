//! The four clients: how each is started without a login, pointed at the scripted model, and given MCP servers.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::json;

/// The key of the scripted server.
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

/// One MCP server of a configuration.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// The name under which the client knows it; it becomes part of the tools' names.
    pub(crate) key: &'static str,
    /// Program and arguments.
    pub(crate) command: Vec<OsString>,
    /// Variables that the entry sets.
    pub(crate) env: Vec<(&'static str, &'static str)>,
}

impl Server {
    fn line(&self) -> Vec<String> {
        self.command.iter().map(|part| part.to_string_lossy().into_owned()).collect()
    }
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

    /// Its name for `pinfold protect`.
    pub(crate) fn protect_name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
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

    /// The name under which the model is offered `tool` of the server `key`. Codex gives the namespace beside it.
    pub(crate) fn tool_name(self, key: &str, tool: &str) -> String {
        match self {
            Self::ClaudeCode => format!("mcp__{key}__{tool}"),
            Self::Codex => tool.to_owned(),
            Self::OpenCode => format!("{key}_{tool}"),
            Self::Gemini => format!("mcp_{key}_{tool}"),
        }
    }

    /// The namespace of the tools of the server `key` in the bodies of Codex.
    pub(crate) fn namespace(key: &str) -> String {
        format!("mcp__{key}")
    }

    /// The file of a user in which this client looks for servers, below the home folder.
    pub(crate) fn own_file(self) -> &'static str {
        match self {
            Self::ClaudeCode => ".claude.json",
            Self::Codex => ".codex/config.toml",
            Self::OpenCode => ".config/opencode/opencode.json",
            Self::Gemini => ".gemini/settings.json",
        }
    }

    /// Writes the client's own file with these MCP servers.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn configure(self, rooms: &Rooms, port: u16, servers: &[Server]) -> io::Result<()> {
        let base = format!("http://127.0.0.1:{port}");
        let text = match self {
            Self::ClaudeCode => claude(servers),
            Self::Codex => codex(&base, servers),
            Self::OpenCode => opencode(&base, servers),
            Self::Gemini => gemini(servers),
        };
        let file = rooms.home.join(self.own_file());
        fs::create_dir_all(file.parent().unwrap_or(&rooms.home))?;
        fs::write(file, text)
    }

    /// How the client is started for one session in which it may use the tools of the servers `keys`.
    pub(crate) fn invocation(self, port: u16, keys: &[&str]) -> Invocation {
        let base = format!("http://127.0.0.1:{port}");
        match self {
            Self::ClaudeCode => Invocation {
                // The whole server: the notice must be callable too.
                args: words(&["-p", PROMPT, "--output-format", "json", "--allowedTools"])
                    .into_iter()
                    .chain([keys
                        .iter()
                        .map(|key| format!("mcp__{key}"))
                        .collect::<Vec<_>>()
                        .join(",")
                        .into()])
                    .collect(),
                env: vec![
                    ("ANTHROPIC_BASE_URL", base.into()),
                    ("ANTHROPIC_API_KEY", "scripted".into()),
                    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".into()),
                    ("DISABLE_TELEMETRY", "1".into()),
                    ("DISABLE_AUTOUPDATER", "1".into()),
                ],
            },
            Self::Codex => Invocation {
                args: words(&[
                    "exec",
                    "--skip-git-repo-check",
                    "--dangerously-bypass-approvals-and-sandbox",
                    PROMPT,
                ]),
                env: vec![("SCRIPTED_KEY", "scripted".into())],
            },
            Self::OpenCode => Invocation {
                args: words(&["run", PROMPT]),
                env: vec![
                    ("OPENCODE_DISABLE_AUTOUPDATE", "1".into()),
                    ("OPENCODE_DISABLE_MODELS_FETCH", "1".into()),
                    ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1".into()),
                    ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1".into()),
                ],
            },
            Self::Gemini => Invocation {
                args: words(&["-m", "gemini-2.5-flash", "--approval-mode", "yolo", "-p", PROMPT]),
                env: vec![
                    ("GOOGLE_GEMINI_BASE_URL", base.into()),
                    ("GEMINI_API_KEY", "scripted".into()),
                    ("GEMINI_CLI_TRUST_WORKSPACE", "true".into()),
                ],
            },
        }
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn claude(servers: &[Server]) -> String {
    pretty(&json!({"mcpServers": entries(servers)}))
}

fn codex(base: &str, servers: &[Server]) -> String {
    // A JSON string is a TOML basic string where it has no control character but escaped ones.
    let text = |value: &str| json!(value).to_string();
    let mut config = format!(
        "model = \"gpt-5\"\nmodel_provider = \"scripted\"\n\
         check_for_update_on_startup = false\n\
         [analytics]\nenabled = false\n\
         [model_providers.scripted]\nname = \"scripted\"\nbase_url = {}\nwire_api = \"responses\"\nenv_key = \"SCRIPTED_KEY\"\n",
        text(&format!("{base}/v1")),
    );
    for server in servers {
        let line = server.line();
        let args: Vec<String> = line[1..].iter().map(|arg| text(arg)).collect();
        config.push_str(&format!(
            "[mcp_servers.{}]\ncommand = {}\nargs = [{}]\n",
            server.key,
            text(&line[0]),
            args.join(", "),
        ));
    }
    config
}

fn opencode(base: &str, servers: &[Server]) -> String {
    let entries: serde_json::Map<String, serde_json::Value> = servers
        .iter()
        .map(|server| {
            (server.key.to_owned(), json!({"type": "local", "command": server.line(), "enabled": true}))
        })
        .collect();
    pretty(&json!({
        "autoupdate": false,
        "share": "disabled",
        "model": "scripted/scripted",
        "small_model": "scripted/scripted",
        "provider": {"scripted": {
            "npm": super::install::OPENCODE_PROVIDER,
            "options": {"baseURL": format!("{base}/v1"), "apiKey": "scripted"},
            "models": {"scripted": {"name": "scripted", "tool_call": true}},
        }},
        "mcp": entries,
    }))
}

fn gemini(servers: &[Server]) -> String {
    pretty(&json!({
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"disableAutoUpdate": true, "disableUpdateNag": true, "enableAutoUpdate": false},
        "privacy": {"usageStatisticsEnabled": false},
        "telemetry": {"enabled": false},
        "mcpServers": entries(servers),
    }))
}

/// The entries in the form that most clients share.
fn entries(servers: &[Server]) -> serde_json::Map<String, serde_json::Value> {
    let entry = |server: &Server| {
        let line = server.line();
        let mut entry = json!({"command": line[0], "args": line[1..]});
        if !server.env.is_empty() {
            entry["env"] =
                server.env.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        }
        (server.key.to_owned(), entry)
    };
    servers.iter().map(entry).collect()
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
