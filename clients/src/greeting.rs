//! How clients greet a server, as far as it was seen.

/// The first thing that a client says to a server: what decides which words it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Greeting {
    /// The protocol version that it asks for.
    pub version: &'static str,
    /// Its capabilities, one JSON object.
    pub capabilities: &'static str,
}

/// Claude Code 2.1.197.
pub(crate) const CLAUDE_CODE: Greeting =
    Greeting { version: "2025-11-25", capabilities: r#"{"elicitation":{},"roots":{}}"# };

/// Codex CLI 0.169.0.
pub(crate) const CODEX: Greeting = Greeting {
    version: "2025-06-18",
    capabilities: r#"{"elicitation":{"form":{},"url":{}},"experimental":{"codex/auth-change":{}}}"#,
};

/// OpenCode 1.18.33.
pub(crate) const OPENCODE: Greeting = Greeting { version: "2025-11-25", capabilities: r#"{"roots":{}}"# };

/// Gemini CLI 0.61.0.
pub(crate) const GEMINI: Greeting =
    Greeting { version: "2025-06-18", capabilities: r#"{"roots":{"listChanged":true}}"# };
