//! What stands behind `env`: its arguments read as GNU and BSD `env` read them, so that the program can be run directly.

use std::collections::VecDeque;
use std::fmt;

use thiserror::Error;

use super::limits::MAX_ENV_WORDS;

/// What a call of `env` comes down to. Holds what the arguments held, secrets included; its debug form has names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EnvCommand {
    /// The environment begins empty.
    pub ignores_environment: bool,
    /// Names that are taken out.
    pub unset: Vec<String>,
    /// Variables that are set, in order.
    pub assignments: Vec<(String, String)>,
    /// The command, looked up in the `PATH` that results.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
}

impl fmt::Debug for EnvCommand {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.assignments.iter().map(|(name, _)| name.as_str()).collect();
        out.debug_struct("EnvCommand")
            .field("sets", &names)
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// Why a call of `env` cannot be replaced by what it runs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnvRefusal {
    /// An option that is not `-i`, `-u`, `-S` or `-v`.
    #[error("env is called with an option that is not followed")]
    Option(String),
    /// An option without its value.
    #[error("env is called with an option that lacks its value")]
    ValueMissing(String),
    /// No command: it would print the environment.
    #[error("env is called without a command")]
    NoCommand,
    /// An unfinished quote, an unknown escape or a variable in the string of `-S`.
    #[error("the string of env -S cannot be followed")]
    SplitString,
    /// More words than the limit.
    #[error("the string of env -S has more than {MAX_ENV_WORDS} words")]
    TooManyWords,
}

/// Reads the arguments of `env`.
///
/// # Errors
/// Whatever is not understood is refused: run through `env` itself, the command would be looked up where no one checks.
pub fn parse_env_arguments(args: &[String]) -> Result<EnvCommand, EnvRefusal> {
    let mut words: VecDeque<String> = args.iter().cloned().collect();
    let mut found = EnvCommand::default();
    while let Some(word) = words.pop_front() {
        if word == "--" {
            break;
        }
        if word == "-" {
            found.ignores_environment = true;
        } else if let Some(option) = word.strip_prefix("--") {
            long_option(option, &mut words, &mut found)?;
        } else if word.len() > 1 && word.starts_with('-') {
            short_options(&word, &mut words, &mut found)?;
        } else {
            words.push_front(word);
            break;
        }
    }
    while let Some((name, value)) = words.front().and_then(|word| word.split_once('=')) {
        found.assignments.push((name.to_owned(), value.to_owned()));
        words.pop_front();
    }
    found.command = words.pop_front().filter(|word| !word.is_empty()).ok_or(EnvRefusal::NoCommand)?;
    found.args = words.into();
    Ok(found)
}

fn long_option(option: &str, words: &mut VecDeque<String>, found: &mut EnvCommand) -> Result<(), EnvRefusal> {
    let (name, value) =
        option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value.to_owned())));
    let missing = || EnvRefusal::ValueMissing(format!("--{name}"));
    match (name, value) {
        ("ignore-environment", None) => found.ignores_environment = true,
        ("debug", None) => {}
        ("unset", value) => found.unset.push(value.or_else(|| words.pop_front()).ok_or_else(missing)?),
        ("split-string", value) => {
            let text = value.or_else(|| words.pop_front()).ok_or_else(missing)?;
            prepend(words, &text)?;
        }
        _ => return Err(EnvRefusal::Option(format!("--{option}"))),
    }
    Ok(())
}

fn short_options(word: &str, words: &mut VecDeque<String>, found: &mut EnvCommand) -> Result<(), EnvRefusal> {
    for (at, letter) in word.char_indices().skip(1) {
        let attached = &word[at + letter.len_utf8()..];
        match letter {
            'i' => found.ignores_environment = true,
            'v' => {}
            'u' | 'S' => {
                let next = if attached.is_empty() { words.pop_front() } else { Some(attached.to_owned()) };
                let value = next.ok_or_else(|| EnvRefusal::ValueMissing(format!("-{letter}")))?;
                if letter == 'S' {
                    return prepend(words, &value);
                }
                found.unset.push(value);
                return Ok(());
            }
            _ => return Err(EnvRefusal::Option(format!("-{letter}"))),
        }
    }
    Ok(())
}

/// The words of `-S` take the place of the option, and may begin with options again.
fn prepend(words: &mut VecDeque<String>, text: &str) -> Result<(), EnvRefusal> {
    for word in split_env_string(text)?.into_iter().rev() {
        words.push_front(word);
    }
    if words.len() > MAX_ENV_WORDS + super::limits::MAX_ARGUMENTS {
        return Err(EnvRefusal::TooManyWords);
    }
    Ok(())
}

/// Splits a string as `env -S` does: words parted by white space, quotes, escapes, a comment after `#`.
///
/// # Errors
/// `${NAME}` is refused, because its value is not known here.
pub fn split_env_string(text: &str) -> Result<Vec<String>, EnvRefusal> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some('\''), '\\') => match letters.clone().next() {
                Some(escaped @ ('\\' | '\'')) => {
                    letters.next();
                    word.get_or_insert_default().push(escaped);
                }
                _ => word.get_or_insert_default().push('\\'),
            },
            (_, '\\') => match letters.next().ok_or(EnvRefusal::SplitString)? {
                'c' if quote.is_none() => break,
                '_' if quote.is_none() => words.extend(word.take()),
                escaped => word.get_or_insert_default().push(unescape(escaped)?),
            },
            (None | Some('"'), '$') => return Err(EnvRefusal::SplitString),
            (None, '#') if word.is_none() => break,
            (None, letter) if letter.is_ascii_whitespace() || letter == '\u{b}' => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err(EnvRefusal::SplitString);
    }
    words.extend(word);
    if words.len() > MAX_ENV_WORDS { Err(EnvRefusal::TooManyWords) } else { Ok(words) }
}

fn unescape(letter: char) -> Result<char, EnvRefusal> {
    Ok(match letter {
        '_' => ' ',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '#' | '$' | '\\' | '"' | '\'' => letter,
        _ => return Err(EnvRefusal::SplitString),
    })
}

impl EnvRefusal {
    /// The name of the refusal in `spec/launch.md`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Option(_) => "ENV_OPTION",
            Self::ValueMissing(_) => "ENV_VALUE_MISSING",
            Self::NoCommand => "ENV_NO_COMMAND",
            Self::SplitString => "ENV_SPLIT_STRING",
            Self::TooManyWords => "ENV_TOO_MANY_WORDS",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<EnvCommand, EnvRefusal> {
        parse_env_arguments(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn options_assignments_and_command() {
        let found =
            parse(&["-i", "-u", "A", "-uB", "--unset=C", "X=1", "Y=a=b", "node", "-i", "Z=2"]).unwrap();
        assert!(found.ignores_environment);
        assert_eq!(found.unset, ["A", "B", "C"]);
        assert_eq!(found.assignments, [("X".into(), "1".into()), ("Y".into(), "a=b".into())]);
        assert_eq!(
            (found.command.as_str(), found.args.as_slice()),
            ("node", &["-i".to_owned(), "Z=2".to_owned()][..])
        );
        assert_eq!(parse(&["--", "node"]).unwrap().command, "node");
        assert_eq!(parse(&["-vS", "node --x", "file"]).unwrap().args, ["--x", "file"]);
        assert_eq!(parse(&["-S-i A=1 node", "f"]).unwrap().assignments.len(), 1);
        assert_eq!(parse(&["--split-string=node -x"]).unwrap().args, ["-x"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(parse(&["-C", "/x", "node"]), Err(EnvRefusal::Option("-C".into())));
        assert_eq!(parse(&["--chdir=/x", "node"]), Err(EnvRefusal::Option("--chdir=/x".into())));
        assert_eq!(parse(&["-u"]), Err(EnvRefusal::ValueMissing("-u".into())));
        assert_eq!(parse(&["A=1"]), Err(EnvRefusal::NoCommand));
        assert_eq!(parse(&[]), Err(EnvRefusal::NoCommand));
        assert_eq!(parse(&["-S", "node ${X}"]), Err(EnvRefusal::SplitString));
        assert_eq!(parse(&["-S", &"a ".repeat(65)]), Err(EnvRefusal::TooManyWords));
    }

    #[test]
    fn strings_are_split_as_env_splits_them() {
        let split = |text: &str| split_env_string(text);
        assert_eq!(split(r#" node  --a="b c"  'd "e' "#).unwrap(), ["node", "--a=b c", "d \"e"]);
        assert_eq!(split(r"a\_b c\td # comment").unwrap(), ["a", "b", "c\td"]);
        assert_eq!(split(r#""a\_b" 'c\'d\n' e\c f"#).unwrap(), ["a b", "c'd\\n", "e"]);
        assert_eq!(split("a#b ''").unwrap(), ["a#b", ""]);
        assert_eq!(split("'$X'").unwrap(), ["$X"]);
        for bad in ["'a", "\"a", r"a\", r"a\x", "$A", "\"$A\""] {
            assert_eq!(split(bad), Err(EnvRefusal::SplitString), "{bad}");
        }
    }
}
