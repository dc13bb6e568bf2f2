//! How a wrapped entry is written: `pinfold run --as LABEL [--env NAMES] -- COMMAND…`.
//!
//! `--as LABEL` as two words says that the entry had a list of arguments of its own, `--as=LABEL` as one that it had
//! none. The program reads both the same way; the difference lets [`unwrap`](crate::Document::unwrap) give back exactly
//! what was there without remembering anything, even after a client wrote the file anew.

use pinfold_core::name::Label;

/// The file name by which our own program is known in an entry, with or without `.exe`.
pub const PROGRAM_NAME: &str = "pinfold";

/// What stands around the launch of a wrapped entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// The path of our program, as the entry has it.
    pub program: String,
    /// The label, as the entry has it; whether it is one is not checked.
    pub label: String,
    /// The names after `--env`, in order.
    pub env_names: Vec<String>,
    /// Further words before `--`, such as `--locked`.
    pub other_words: Vec<String>,
    /// Whether the entry had a list of arguments before it was wrapped.
    pub(crate) had_args: bool,
    /// The place of the server's own command in the arguments.
    pub(crate) inner: usize,
}

/// Whether a command is our own program, wherever it lies.
pub(crate) fn is_own_program(command: &str) -> bool {
    let name = command.rsplit(['/', '\\']).next().unwrap_or(command);
    name.strip_suffix(".exe").unwrap_or(name) == PROGRAM_NAME
}

/// The wrapper in a command and its arguments; `None` if there is none, or no command behind it.
pub(crate) fn parse(command: &str, args: &[String]) -> Option<Wrapped> {
    if !is_own_program(command) || args.first().is_none_or(|word| word != "run") {
        return None;
    }
    let end = args.iter().position(|word| word == "--")?;
    if end + 1 >= args.len() {
        return None;
    }
    let mut label = None;
    let (mut env_names, mut other_words, mut had_args) = (Vec::new(), Vec::new(), true);
    let mut words = args[1..end].iter();
    let names = |list: &str| list.split(',').map(str::to_owned).collect::<Vec<_>>();
    while let Some(word) = words.next() {
        if word == "--as" {
            label = words.next().cloned();
        } else if let Some(value) = word.strip_prefix("--as=") {
            label = Some(value.to_owned());
            had_args = false;
        } else if word == "--env" {
            env_names.extend(words.next().map(|list| names(list)).unwrap_or_default());
        } else if let Some(list) = word.strip_prefix("--env=") {
            env_names.extend(names(list));
        } else {
            other_words.push(word.clone());
        }
    }
    Some(Wrapped {
        program: command.to_owned(),
        label: label?,
        env_names,
        other_words,
        had_args,
        inner: end + 1,
    })
}

/// The words between our program and the server's own command.
pub(crate) fn words(label: &Label, env_names: &[String], had_args: bool) -> Vec<String> {
    let mut words = vec!["run".to_owned()];
    if had_args {
        words.extend(["--as".to_owned(), label.to_string()]);
    } else {
        words.push(format!("--as={label}"));
    }
    if !env_names.is_empty() {
        words.extend(["--env".to_owned(), env_names.join(",")]);
    }
    words.push("--".to_owned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_is_written_is_found_again() {
        let label: Label = "my.server-1".parse().unwrap();
        for had_args in [true, false] {
            for names in [&[][..], &["A".to_owned(), "B".to_owned()]] {
                let mut line = words(&label, names, had_args);
                let inner = line.len();
                line.extend(args("npx -y -- x"));
                let wrapped = parse("/usr/bin/pinfold", &line).unwrap();
                assert_eq!((wrapped.label.as_str(), wrapped.env_names.as_slice()), ("my.server-1", names));
                assert_eq!((wrapped.had_args, wrapped.inner), (had_args, inner));
                assert_eq!(wrapped.other_words, Vec::<String>::new());
            }
        }
    }

    #[test]
    fn words_of_a_person_stay_in_sight() {
        let wrapped =
            parse("C:\\x\\pinfold.exe", &args("run --locked=x --env=A --as l --env B,C -- npx")).unwrap();
        assert_eq!(wrapped.other_words, ["--locked=x"]);
        assert_eq!(wrapped.env_names, ["A", "B", "C"]);
    }

    #[test]
    fn other_lines_are_no_wrappers() {
        for (command, line) in [
            ("/usr/bin/pinfold", "run --as l npx"),
            ("/usr/bin/pinfold", "run --as l --"),
            ("/usr/bin/pinfold", "status --as l -- npx"),
            ("/usr/bin/pinfold", "run --env A -- npx"),
            ("/usr/bin/pinfold2", "run --as l -- npx"),
            ("npx", "run --as l -- npx"),
        ] {
            assert_eq!(parse(command, &args(line)), None, "{command} {line}");
        }
    }
}
