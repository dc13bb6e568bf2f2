//! JSON Pointer (RFC 6901).

use std::borrow::Cow;

/// Appends one reference token: `/`, then the token with `~` as `~0` and `/` as `~1`.
pub fn pointer_push(pointer: &mut String, token: &str) {
    pointer.push('/');
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// The tokens of a pointer, unescaped; none for `""`. `None` if it is not well-formed.
pub fn pointer_tokens(pointer: &str) -> Option<Vec<Cow<'_, str>>> {
    tokens(pointer)?.collect()
}

/// The tokens of a pointer, each `None` if it holds a bad escape. `None` if the pointer neither is empty nor begins
/// with `/`.
pub(super) fn tokens(pointer: &str) -> Option<impl Iterator<Item = Option<Cow<'_, str>>>> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return None;
    }
    Some(pointer.split('/').skip(1).map(unescaped))
}

/// An array index as RFC 6901 writes it: digits without a leading zero.
pub(crate) fn array_index(token: &str) -> Option<usize> {
    let canonical =
        token == "0" || (!token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { token.parse().ok() } else { None }
}

fn unescaped(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(Cow::Borrowed(token));
    }
    let mut text = String::with_capacity(token.len());
    let mut characters = token.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::super::{ReadLimits, read};
    use super::*;

    #[test]
    fn pointers_of_rfc_6901_find_their_values() {
        let doc = br#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8,"deep":{"~1":[[5]]}}"#;
        let value = read(doc, &ReadLimits::OWN).unwrap();
        for (pointer, expected) in [
            ("", &doc[..]),
            ("/foo", br#"["bar","baz"]"#),
            ("/foo/0", br#""bar""#),
            ("/", b"0"),
            ("/a~1b", b"1"),
            ("/c%d", b"2"),
            ("/m~0n", b"8"),
            ("/deep/~01/0/0", b"5"),
        ] {
            assert_eq!(value.at_pointer(pointer).unwrap().slice(doc), expected, "{pointer}");
        }
        for nothing in [
            "foo", "/foo/2", "/foo/00", "/foo/01", "/foo/-", "/foo/+1", "/foo/", "/m~n", "/m~2n", "/x",
            "/foo/0/0",
        ] {
            assert!(value.at_pointer(nothing).is_none(), "{nothing}");
        }
        let mut pointer = String::new();
        pointer_push(&mut pointer, "deep");
        pointer_push(&mut pointer, "~1");
        assert_eq!(pointer, "/deep/~01");
    }
}
