//! Names: which ones may stand, which ones look alike, and which ones are ours.
//!
//! Source: `spec/names.md`. Nothing here changes a name: hashes, listings and calls always carry a name as it was
//! received. What is computed here is compared and then thrown away.

mod label;
mod skeleton;

pub use label::{Label, LabelError, MAX_LABEL_BYTES};
pub use skeleton::skeleton;

/// The longest tool name, in bytes (and characters: the alphabet is ASCII). Largest seen in real servers: 52.
pub const MAX_TOOL_NAME_BYTES: usize = 128;

/// The longest name of a prompt, in bytes. Largest seen in real servers: 24.
pub const MAX_PROMPT_NAME_BYTES: usize = 256;

/// The longest URI template, in bytes. Largest seen in real servers: 63.
pub const MAX_URI_TEMPLATE_BYTES: usize = 2_048;

/// The words with which the gate's own names begin. A server may not use them, in any spelling that looks like them.
pub const RESERVED_PREFIX: &str = "pinfold";

/// Whether a tool may have this name: `[A-Za-z0-9_.-]{1,128}`.
///
/// Source: MCP 2025-11-25, server/tools, "Tool Names", which recommends this alphabet. Whether the name is reserved or
/// looks like another one is not checked.
pub fn is_tool_name(name: &str) -> bool {
    (1..=MAX_TOOL_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_tool_name_byte)
}

/// Whether a server's name lays claim to the gate's own names: its skeleton begins with that of `pinfold`.
///
/// `Pinf0ld_notice`, `pinfold` in full-width letters and `PINFOLD.x` all do.
pub fn is_reserved(name: &str) -> bool {
    skeleton(name).starts_with(&skeleton(RESERVED_PREFIX))
}

fn is_tool_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_names_have_one_alphabet_and_one_length() {
        for good in ["a", "doc.read", "x-y_Z.9", "-", &"n".repeat(MAX_TOOL_NAME_BYTES)] {
            assert!(is_tool_name(good), "{good:?}");
        }
        let long = "n".repeat(MAX_TOOL_NAME_BYTES + 1);
        for bad in ["", "admin/reset", "two words", "r\u{e9}sum\u{e9}", "a\n", "a\u{200b}", &long] {
            assert!(!is_tool_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn reserved_names_are_found_in_every_spelling() {
        for ours in [
            "pinfold",
            "pinfold_notice",
            "PINFOLD",
            "Pinf0ld.x",
            "p1nfold",
            "plnfold",
            "p\u{456}nfold",
            "pin\u{200b}fold",
            "\u{ff50}\u{ff49}\u{ff4e}\u{ff46}\u{ff4f}\u{ff4c}\u{ff44}",
        ] {
            assert!(is_reserved(ours), "{ours:?}");
        }
        for theirs in ["pin", "pin_fold", "my_pinfold", "pinfol", "unpinfold", "notice"] {
            assert!(!is_reserved(theirs), "{theirs:?}");
        }
    }
}
