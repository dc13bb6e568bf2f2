//! Texts as we write them.

/// A text in double quotes, in a spelling that JSON, TOML and YAML read as the same text.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\u{feff}' | '\u{2028}' | '\u{2029}' => escape(&mut literal, character),
            control if control.is_control() => escape(&mut literal, control),
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

fn escape(literal: &mut String, character: char) {
    literal.push_str(&format!("\\u{:04X}", u32::from(character)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_all() {
        let text = "a\"b\\c\n\u{7f}\u{85}\u{2028}é😀";
        assert_eq!(quoted(text), "\"a\\\"b\\\\c\\u000A\\u007F\\u0085\\u2028é😀\"");
        assert_eq!(serde_json::from_str::<String>(&quoted(text)).unwrap(), text);
    }
}
