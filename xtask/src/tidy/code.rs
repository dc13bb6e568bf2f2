//! Rust source without what is not code: comments, the contents of literals, and items under `#[cfg(test)]`.
//! Lines and columns stay where they are.

/// The source with comments and the contents of string and character literals replaced by spaces.
pub(crate) fn code_only(source: &str) -> String {
    let mut out = source.as_bytes().to_vec();
    for (start, end) in passages(source) {
        blank(&mut out[start..end]);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The plain string literals of a source, each with its line; without those of comments and of items that only tests see.
/// Escapes stand as they are written.
pub(crate) fn texts(source: &str) -> Vec<(usize, &str)> {
    let code = code_only(source);
    let of_tests = test_items(&code);
    let is_text = |(start, _): &(usize, usize)| source.as_bytes()[*start] == b'"';
    let literals = passages(source).into_iter().filter(is_text);
    literals
        .filter(|(start, _)| !of_tests.iter().any(|(from, to)| (from..to).contains(&start)))
        .filter_map(|(start, end)| {
            let line = source[..start].matches('\n').count() + 1;
            Some((line, source.get(start + 1..end - 1)?))
        })
        .collect()
}

/// From where to where there are comments and literals, in order.
fn passages(source: &str) -> Vec<(usize, usize)> {
    let text = source.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let end = match text[at] {
            b'/' if text[at..].starts_with(b"//") => line_end(text, at),
            b'/' if text[at..].starts_with(b"/*") => comment_end(text, at),
            b'"' => string_end(text, at),
            b'r' if !follows_word(text, at) => raw_string_end(text, at).unwrap_or(at),
            b'b' | b'c' if !follows_word(text, at) && text.get(at + 1) == Some(&b'r') => {
                raw_string_end(text, at + 1).unwrap_or(at)
            }
            b'\'' => character_end(text, at).unwrap_or(at),
            _ => at,
        };
        if end == at {
            at += 1;
        } else {
            found.push((at, end));
            at = end;
        }
    }
    found
}

fn blank(passage: &mut [u8]) {
    for byte in passage {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Code (see [`code_only`]) without the items that only tests see.
pub(crate) fn without_tests(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    for (start, end) in test_items(code) {
        blank(&mut out[start..end]);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// From where to where there are items that only tests see, in order.
fn test_items(code: &str) -> Vec<(usize, usize)> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = code[from..].find(TEST_ATTRIBUTE) {
        let start = from + at;
        let end = item_end(code.as_bytes(), start + TEST_ATTRIBUTE.len());
        found.push((start, end));
        from = end;
    }
    found
}

/// The modules that `code` declares for tests only and keeps in files of their own: `#[cfg(test)] mod NAME;`.
pub(crate) fn test_modules(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in code.split(TEST_ATTRIBUTE).skip(1) {
        let Some(end) = part.find([';', '{']) else { continue };
        let words: Vec<&str> = part[..end].split_whitespace().collect();
        if part[end..].starts_with(';') && words.len() >= 2 && words[words.len() - 2] == "mod" {
            names.push(words[words.len() - 1].to_owned());
        }
    }
    names
}

const TEST_ATTRIBUTE: &str = "#[cfg(test)]";

fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n)
}

fn comment_end(text: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < text.len() {
        if text[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// The end of `r"…"` or `r#"…"#` that begins at `start`; `None` where no raw string does.
fn raw_string_end(text: &[u8], start: usize) -> Option<usize> {
    let hashes = text[start + 1..].iter().take_while(|b| **b == b'#').count();
    let open = start + 1 + hashes;
    if text.get(open) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = &text[open + 1..];
    let found = body.windows(close.len()).position(|w| w == close);
    Some(found.map_or(text.len(), |n| open + 1 + n + close.len()))
}

/// The end of a character literal; `None` for a lifetime.
fn character_end(text: &[u8], start: usize) -> Option<usize> {
    if text.get(start + 1) == Some(&b'\\') {
        let close = text[start + 3..].iter().position(|b| *b == b'\'')?;
        return Some(start + 3 + close + 1);
    }
    let rest = std::str::from_utf8(&text[start + 1..]).ok()?;
    let width = rest.chars().next()?.len_utf8();
    (text.get(start + 1 + width) == Some(&b'\'')).then_some(start + 2 + width)
}

fn follows_word(text: &[u8], at: usize) -> bool {
    at > 0 && (text[at - 1].is_ascii_alphanumeric() || text[at - 1] == b'_')
}

/// The end of the item after `from`: its closing brace, or its semicolon where that comes first.
fn item_end(code: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(from) {
        match byte {
            b';' if depth == 0 => return at + 1,
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::{code_only, test_modules, texts, without_tests};

    #[test]
    fn comments_and_literals_are_blank_and_lines_stay() {
        let source =
            "let a = \"std::fs\"; // std::net\nlet b = r#\"a \" std::env\"#; /* /* x */ y */ let c = 'x';\n";
        let code = code_only(source);
        assert_eq!(code.len(), source.len());
        assert_eq!(code.lines().count(), 2);
        assert!(!code.contains("std"), "{code}");
        assert!(code.contains("let c"), "{code}");
    }

    #[test]
    fn lifetimes_and_quotes_in_characters_do_not_open_literals() {
        let code = code_only("fn f<'a>(x: &'a str) { let q = '\"'; let e = '\\''; let u = 'ß'; g(); }");
        assert!(code.contains("fn f<'a>(x: &'a str)"), "{code}");
        assert!(code.contains("g();"), "{code}");
    }

    #[test]
    fn items_of_tests_are_left_out() {
        let code = "#[cfg(test)]\nmod tests { use std::fs; fn f() { { } } }\nfn kept() {}\n#[cfg(test)] use std::env;\nfn too() {}";
        let rest = without_tests(code);
        assert!(!rest.contains("std"), "{rest}");
        assert!(rest.contains("kept") && rest.contains("too"), "{rest}");
    }

    #[test]
    fn texts_are_those_of_the_program() {
        let source = "f(\"a\"); // \"b\"\n/* \"c\" */ g(\n  \"d \\\" e\",\n r\"raw\", 'x');\n#[cfg(test)]\nmod tests { h(\"f\"); }\ni(\"g\");";
        assert_eq!(texts(source), [(1, "a"), (3, "d \\\" e"), (7, "g")]);
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_found() {
        let code = "#[cfg(test)]\nmod vectors;\n#[cfg(test)] mod here { }\nmod real;\n#[cfg(test)]\npub(crate) mod deep;";
        assert_eq!(test_modules(code), ["vectors", "deep"]);
    }
}
