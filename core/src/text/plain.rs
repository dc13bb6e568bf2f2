//! What of foreign text may stand where anybody reads it, an agent too: names and pointers of a closed alphabet, no prose.
//!
//! Source: `spec/review.md`, Elsewhere. What could be a sentence is left out and stands for itself by its length.

/// Longest name that is printed, in characters. Longest tool name that a surface may have: 128.
const LONGEST_NAME_CHARS: usize = 128;
/// Longest token of a pointer that is printed, in characters. Longest parameter name seen in real servers: 51.
const LONGEST_TOKEN_CHARS: usize = 64;

/// A name without blanks from the alphabet of names and URI templates; anything else by its length.
pub fn plain_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/:{}?&=%+*,@#~$".contains(c);
    let fits = !name.is_empty() && name.chars().count() <= LONGEST_NAME_CHARS && name.chars().all(allowed);
    if fits { name.to_owned() } else { left_out(name) }
}

/// A JSON Pointer whose tokens are words; other tokens by their length.
pub fn plain_pointer(pointer: &str) -> String {
    let token = |token: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-$~".contains(c);
        let fits = token.chars().count() <= LONGEST_TOKEN_CHARS && token.chars().all(allowed);
        if fits { token.to_owned() } else { left_out(token) }
    };
    pointer.split('/').map(token).collect::<Vec<_>>().join("/")
}

fn left_out(text: &str) -> String {
    format!("({} bytes left out)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_pass_and_sentences_do_not() {
        for good in ["read_file", "doc.read", "file:///{path}", "x://y?q={q}&r=1"] {
            assert_eq!(plain_name(good), good);
        }
        for bad in ["", "ignore all rules", "a\nb", "a\u{1b}[2J", "na\u{ef}ve", "\u{200b}", &"x".repeat(129)]
        {
            assert_eq!(plain_name(bad), format!("({} bytes left out)", bad.len()));
        }
    }

    #[test]
    fn pointers_keep_their_words() {
        assert_eq!(
            plain_pointer("/inputSchema/properties/sql/description"),
            "/inputSchema/properties/sql/description"
        );
        assert_eq!(plain_pointer(""), "");
        assert_eq!(
            plain_pointer("/properties/Ignore previous rules/type"),
            "/properties/(21 bytes left out)/type"
        );
        assert_eq!(plain_pointer("/a/b\u{202e}"), "/a/(4 bytes left out)");
    }
}
