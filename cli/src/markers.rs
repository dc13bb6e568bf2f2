//! The variables by which an agent's tools mark what they start (closed list; `spec/review.md`).

use std::ffi::OsString;

/// Names of variables that say "an agent runs this", each with the program that sets it.
///
/// Any value counts, the empty one too: a marker that was emptied was still put there. An agent that unsets them is not
/// stopped by this list; it keeps a *helpful* agent from deciding for its user and from reading held text.
pub const AGENT_MARKERS: &[(&str, &str)] = &[
    ("AGENT", "Goose, OpenCode and others"),
    ("AGENT_SESSION_ID", "Goose"),
    ("AI_AGENT", "Claude Code and others"),
    ("ANTIGRAVITY_AGENT", "Antigravity"),
    ("AUGMENT_AGENT", "Augment"),
    ("CLAUDECODE", "Claude Code"),
    ("CLAUDE_CODE", "Claude Code"),
    ("CLAUDE_CODE_CHILD_SESSION", "Claude Code"),
    ("CLAUDE_CODE_ENTRYPOINT", "Claude Code"),
    ("CLAUDE_CODE_SESSION_ID", "Claude Code"),
    ("CLAUDE_PROJECT_DIR", "Claude Code"),
    ("CLINE_ACTIVE", "Cline"),
    ("CODEX_CI", "Codex CLI"),
    ("CODEX_SANDBOX", "Codex CLI"),
    ("CODEX_SANDBOX_NETWORK_DISABLED", "Codex CLI"),
    ("CODEX_THREAD_ID", "Codex CLI"),
    ("COPILOT_AGENT", "GitHub Copilot"),
    ("COPILOT_CLI", "GitHub Copilot CLI"),
    ("CRUSH", "Crush"),
    ("CURSOR_AGENT", "Cursor"),
    ("CURSOR_TRACE_ID", "Cursor"),
    ("GEMINI_CLI", "Gemini CLI"),
    ("GOOSE_TERMINAL", "Goose"),
    ("KILO_PID", "Kilo Code"),
    ("OPENCODE", "OpenCode"),
    ("OPENCODE_CLIENT", "OpenCode"),
    ("OPENCODE_PID", "OpenCode"),
    ("PI_CODING_AGENT", "Pi"),
    ("QWEN_CODE", "Qwen Code"),
    ("TRAE_AI_SHELL_ID", "Trae"),
];

/// The first marker that is set, by the order of the list; `None` where no agent showed itself.
pub fn agent_marker(variable: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    AGENT_MARKERS.iter().map(|(name, _)| *name).find(|name| variable(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_marker_of_the_list_counts_even_when_it_is_empty() {
        for (marker, _) in AGENT_MARKERS {
            for value in ["1", ""] {
                let found = agent_marker(|name| (name == *marker).then(|| OsString::from(value)));
                assert_eq!(found, Some(*marker));
            }
        }
    }

    #[test]
    fn ordinary_variables_are_no_markers() {
        for ordinary in ["HOME", "TERM", "CI", "VSCODE_PID", "SSH_CONNECTION", "CLAUDE", "OPENAI_API_KEY"] {
            assert_eq!(agent_marker(|name| (name == ordinary).then(OsString::new)), None);
        }
    }

    #[test]
    fn the_list_is_the_one_of_the_specification() {
        let spec = include_str!("../../spec/review.md");
        let section = spec.split("## Agents' markers").nth(1).expect("the section stands in spec/review.md");
        let section = section.split("\n## ").next().unwrap();
        let listed: Vec<&str> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
            .collect();
        let ours: Vec<&str> = AGENT_MARKERS.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, ours);
    }
}
