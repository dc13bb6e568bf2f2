//! Names of variables that an entry can declare.

use super::limits::MAX_VARIABLE_NAME_BYTES;
use crate::text::is_unseen;

/// Characters that part names from each other or from values, or that stand around a name for a shell.
const NOT_IN_A_NAME: [char; 9] = ['=', ',', '$', '{', '}', '"', '\'', '`', '\\'];

/// Why a text is no name of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// Nothing stands there.
    Empty,
    /// It is longer than [`MAX_VARIABLE_NAME_BYTES`].
    TooLong,
    /// It begins with something else than a letter or `_`.
    Beginning,
    /// A character that no name has, with the number of bytes before it.
    Letter(usize, char),
}

/// Whether an entry can declare a variable of this name (`spec/launch.md`, Environment).
///
/// Wider than what shells assign, because entries are no shell: npm reads `npm_config_//host/:_authToken`.
///
/// # Errors
/// [`NameFault`]. Whether the variable is set is not asked.
pub fn variable_name(name: &str) -> Result<(), NameFault> {
    let first = name.chars().next().ok_or(NameFault::Empty)?;
    if name.len() > MAX_VARIABLE_NAME_BYTES {
        return Err(NameFault::TooLong);
    }
    let is_wrong = |letter: char| letter == ' ' || is_unseen(letter) || NOT_IN_A_NAME.contains(&letter);
    match name.char_indices().find(|(_, letter)| is_wrong(*letter)) {
        Some((at, letter)) => Err(NameFault::Letter(at, letter)),
        None if first.is_alphabetic() || first == '_' => Ok(()),
        None => Err(NameFault::Beginning),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_programs_read_are_names() {
        for name in
            ["TOKEN", "_", "a1", "spring.datasource.url", "npm_config_//host/:_authToken", "X%%", "Größe"]
        {
            assert_eq!(variable_name(name), Ok(()), "{name}");
        }
        assert_eq!(variable_name(&"N".repeat(MAX_VARIABLE_NAME_BYTES)), Ok(()));
    }

    #[test]
    fn what_stands_between_or_around_names_is_in_none() {
        for (name, fault) in [
            ("", NameFault::Empty),
            ("1A", NameFault::Beginning),
            ("-A", NameFault::Beginning),
            ("A B", NameFault::Letter(1, ' ')),
            (" A", NameFault::Letter(0, ' ')),
            ("A\t", NameFault::Letter(1, '\t')),
            ("A\0", NameFault::Letter(1, '\0')),
            ("A\u{200b}", NameFault::Letter(1, '\u{200b}')),
            ("A\u{a0}B", NameFault::Letter(1, '\u{a0}')),
            ("A=b", NameFault::Letter(1, '=')),
            ("A,B", NameFault::Letter(1, ',')),
            ("$A", NameFault::Letter(0, '$')),
            ("\"A\"", NameFault::Letter(0, '"')),
        ] {
            assert_eq!(variable_name(name), Err(fault), "{name:?}");
        }
        assert_eq!(variable_name(&"N".repeat(MAX_VARIABLE_NAME_BYTES + 1)), Err(NameFault::TooLong));
    }
}
