//! Names that equal a known name for a peer that ignores case.

/// The known name that `name` is not, but could be taken for by a peer that compares names without case.
///
/// Case is folded the way the widest of the common implementations do: Go's `encoding/json` takes `paramſ` for
/// `params` (CVE-2026-27896), others upper-case first, so that `ı` is `I`. `known` holds ASCII
/// names that do not fold onto each other.
pub fn folds_onto<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    // The usual case first. A known name folds onto no other known one.
    if known.contains(&name) {
        return None;
    }
    let is_ascii = name.is_ascii();
    known.iter().copied().find(|known| {
        if is_ascii {
            name.eq_ignore_ascii_case(known)
        } else {
            name.chars().flat_map(fold).eq(known.chars().map(|character| character.to_ascii_lowercase()))
        }
    })
}

/// Upper case, then lower case: long s becomes `s`, the Kelvin sign `k`, `ß` becomes `ss`, ligatures their letters.
/// The dotted capital I, whose lower case keeps a combining dot, is `i` by hand.
fn fold(character: char) -> impl Iterator<Item = char> {
    let character = if character == '\u{130}' { 'i' } else { character };
    character.to_uppercase().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_its_relatives_fold() {
        let known = ["params", "method", "id", "clientInfo", "progressToken", "requestId", "tokens"];
        for (name, target) in [
            ("Params", "params"),
            ("param\u{17f}", "params"),
            ("ID", "id"),
            ("\u{131}d", "id"),
            ("\u{130}D", "id"),
            ("clientinfo", "clientInfo"),
            ("progre\u{df}Token", "progressToken"),
            ("reque\u{fb06}Id", "requestId"),
            ("to\u{212a}ens", "tokens"),
        ] {
            assert_eq!(folds_onto(name, &known), Some(target), "{name}");
        }
        for name in ["params", "clientInfo", "param", "paramss", "p\u{e4}rams", "", "\u{3b9}d", "methods"] {
            assert_eq!(folds_onto(name, &known), None, "{name}");
        }
    }
}
