//! One form for all names that a person, or a client, would take for one another.

/// The skeleton of a name: two names with one skeleton look alike or become one name in some client.
///
/// It is made by
/// 1. UTS 39 (confusable letters become one, characters that show nothing go), before and after removing case, because
///    either order alone misses pairs;
/// 2. making one of what case and UTS 39 together make alike: `i`, `l`, `I`, `1`, `|` and `0`, `o`, `O`;
/// 3. writing `_` for every other ASCII character that is no letter or digit, which is what clients do that allow only
///    letters, digits and `_` in a tool's name (`file.read`, `file-read` and `file_read` are one there).
///
/// A skeleton is compared and never shown. It says nothing about whether a name may stand.
///
/// Source: UTS 39 §4, Unicode 18.0 tables.
pub fn skeleton(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')) {
        return of_plain_name(name);
    }
    let shapes: String = unicode_security::skeleton(name).collect();
    // Upper case first: long s and dotless i have upper-case forms among the ASCII letters.
    let without_case: String =
        shapes.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    unicode_security::skeleton(&without_case).flat_map(char::to_lowercase).map(one_of_its_kind).collect()
}

/// The same for the alphabet of tool names, where UTS 39 only makes `rn` of `m`. Nearly every name is of this kind.
fn of_plain_name(name: &str) -> String {
    let mut skeleton = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        match letter.to_ascii_lowercase() {
            'm' => skeleton.push_str("rn"),
            other => skeleton.push(one_of_its_kind(other)),
        }
    }
    skeleton
}

fn one_of_its_kind(letter: char) -> char {
    match letter {
        'i' | '1' => 'l',
        '0' => 'o',
        _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => '_',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) {
        assert_eq!(skeleton(a), skeleton(b), "{a:?} and {b:?}");
    }

    #[test]
    fn what_clients_fold_to_one_is_one() {
        alike("file.read", "file_read");
        alike("file-read", "FILE_READ");
        alike("a/b c", "a_b_c");
    }

    #[test]
    fn what_looks_alike_is_one() {
        alike("read_file", "re\u{430}d_file");
        alike("read_file", "read\u{200b}_file");
        alike("read_file", "\u{ff52}ead_file");
        alike("list_items", "LIST_ITEMS");
        alike("readFile", "readFiIe");
        alike("readFile", "readF1le");
        alike("open", "0pen");
        alike("modern", "modem");
        alike("K\u{212a}", "kk");
        alike("\u{17f}ile", "file");
    }

    #[test]
    fn other_names_stay_apart() {
        let names =
            ["read_file", "read_files", "readfile", "write_file", "\u{67e5}\u{8be2}", "\u{5220}\u{9664}"];
        for (index, one) in names.iter().enumerate() {
            for other in &names[index + 1..] {
                assert_ne!(skeleton(one), skeleton(other), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        for byte in 0..128u8 {
            let letter = char::from(byte);
            // A letter outside the alphabet makes the whole name go the long way.
            let long = skeleton(&format!("{letter}\u{67e5}"));
            assert_eq!(long.strip_suffix('\u{67e5}'), Some(&*skeleton(&letter.to_string())), "{letter:?}");
        }
    }

    #[test]
    fn a_skeleton_is_its_own_skeleton() {
        for name in ["Mary|l", "r\u{e9}sum\u{e9}", "\u{1d4d0}bc", "ﬃ", "\u{130}\u{131}", "m\u{3c1}"] {
            let once = skeleton(name);
            assert_eq!(skeleton(&once), once, "{name:?}");
        }
    }
}
