//! Lists of tools in a policy: names, and beginnings of names.

use std::collections::BTreeSet;
use std::fmt;

use pinfold_core::name::{MAX_TOOL_NAME_BYTES, is_tool_name};

/// A tool's name, or the beginning of names: `delete_*`. Case counts, as it does in the names of tools.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolPattern(String);

/// Tools that a policy names, in ascending order, none twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolList(BTreeSet<ToolPattern>);

impl ToolPattern {
    /// Reads a name of a tool, or a beginning with one `*` behind it; `*` alone is every tool.
    ///
    /// `None`: something else, which no tool could be called.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = match text.strip_suffix('*') {
            Some("") => true,
            Some(beginning) => is_tool_name(beginning),
            None => is_tool_name(text),
        };
        fits.then(|| Self(text.to_owned()))
    }

    /// Whether the tool of this name is meant.
    pub fn matches(&self, tool: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => tool.starts_with(beginning),
            None => tool == self.0,
        }
    }

    /// As it stands in the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ToolPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl ToolList {
    /// The first pattern that means the tool of this name.
    pub fn naming(&self, tool: &str) -> Option<&ToolPattern> {
        self.0.iter().find(|pattern| pattern.matches(tool))
    }

    /// Whether no tool is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The patterns, ascending.
    pub fn patterns(&self) -> impl Iterator<Item = &ToolPattern> {
        self.0.iter()
    }

    /// What either list names.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }
}

impl FromIterator<ToolPattern> for ToolList {
    fn from_iter<I: IntoIterator<Item = ToolPattern>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

/// The longest pattern, in bytes: the longest name and the `*`.
pub const MAX_PATTERN_BYTES: usize = MAX_TOOL_NAME_BYTES + 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_or_a_beginning() {
        let means = |pattern: &str, tool: &str| ToolPattern::parse(pattern).unwrap().matches(tool);
        assert!(means("send", "send") && !means("send", "send_all") && !means("send", "Send"));
        assert!(means("send*", "send") && means("send*", "send_all") && !means("send*", "resend"));
        assert!(means("*", "anything"));
        let longest = "x".repeat(MAX_TOOL_NAME_BYTES);
        assert_eq!(ToolPattern::parse(&format!("{longest}*")).unwrap().as_str().len(), MAX_PATTERN_BYTES);
        for none in
            ["", "a*b", "**", "*a", "a b", "ä", "a/b", &format!("{longest}x"), &format!("{longest}x*")]
        {
            assert_eq!(ToolPattern::parse(none), None, "{none:?}");
        }
    }
}
