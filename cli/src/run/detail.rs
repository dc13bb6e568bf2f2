//! What a gate says of itself in the store, besides its state.

use std::fmt;

/// Something that is approved reaches the client only when it reconnects.
pub(crate) const NEEDS_RECONNECT: &str = "needs-reconnect";

/// Stands before the names of withheld variables.
const WITHHELD: &str = "withheld: ";

/// The detail of a gate's row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    /// Fixed words, or why the start failed.
    pub(crate) words: String,
    /// Names of variables that are set and that the server does not get.
    pub(crate) withheld: Vec<String>,
}

impl Detail {
    /// Reads a detail; whatever it holds is text for people.
    pub(crate) fn parse(detail: &str) -> Self {
        let (words, names) = detail.split_once(WITHHELD).unwrap_or((detail, ""));
        let words = words.strip_suffix("; ").unwrap_or(words).to_owned();
        Self { words, withheld: names.split_ascii_whitespace().map(str::to_owned).collect() }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.words)?;
        let names: Vec<&str> = self
            .withheld
            .iter()
            .map(String::as_str)
            .filter(|name| !name.contains(char::is_whitespace))
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let between = if self.words.is_empty() { "" } else { "; " };
        write!(out, "{between}{WITHHELD}{}", names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_names_come_back() {
        for (words, withheld) in
            [("", vec![]), (NEEDS_RECONNECT, vec![]), ("", vec!["A"]), ("x; y", vec!["A", "B"])]
        {
            let withheld = withheld.into_iter().map(str::to_owned).collect();
            let detail = Detail { words: words.to_owned(), withheld };
            assert_eq!(Detail::parse(&detail.to_string()), detail);
        }
    }
}
