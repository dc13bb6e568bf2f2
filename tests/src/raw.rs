//! Slices of JSON text, so that bytes can be compared where a reader would compare meanings.
//!
//! For text that is known to be one valid JSON document; nothing is checked.

/// The raw value of an object's member, the first of that name. Names must stand without escapes.
pub fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object).into_iter().find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// Names (without quotes, escapes as they stand) and raw values of an object, in order.
pub fn members(object: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = object.trim_start().strip_prefix('{').unwrap_or_default();
    while let Some(start) = rest.find('"') {
        let name = value_at(&rest[start..]);
        let after = rest[start + name.len()..].trim_start().strip_prefix(':').unwrap_or_default();
        let value = value_at(after.trim_start());
        found.push((&name[1..name.len() - 1], value));
        let end = after.trim_start()[value.len()..].trim_start();
        match end.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    found
}

/// The raw elements of an array, in order.
pub fn elements(array: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = array.trim_start().strip_prefix('[').unwrap_or_default().trim_start();
    while !rest.is_empty() && !rest.starts_with(']') {
        let value = value_at(rest);
        found.push(value);
        rest = rest[value.len()..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    found
}

/// The value that a text begins with.
fn value_at(text: &str) -> &str {
    let mut depth = 0_u32;
    let mut in_string = false;
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => continue,
            }
            if !in_string && depth == 0 {
                return &text[..=position];
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return &text[..position],
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return &text[..=position];
                }
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return &text[..position],
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_stand_as_they_were_written() {
        let text = r#"{ "a" : [1.0, "x,]\"}" ,{"b":[]}, true ],"c":-2e3 , "d":"\\"}"#;
        assert_eq!(members(text).iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["a", "c", "d"]);
        let array = member(text, "a").expect("a is there");
        assert_eq!(elements(array), ["1.0", r#""x,]\"}""#, r#"{"b":[]}"#, "true"]);
        assert_eq!(member(text, "c"), Some("-2e3"));
        assert_eq!(member(text, "d"), Some(r#""\\""#));
        assert_eq!(member(text, "e"), None);
        assert!(elements("[]").is_empty() && members("{ }").is_empty());
    }
}
