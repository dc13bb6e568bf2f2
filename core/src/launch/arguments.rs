//! Arguments with their secrets taken out.

use super::bridge::bridge_url_index;
use super::credential::option_holds_secret;
use super::interpreter::{Language, language, program_name};
use super::mask::Masked;
use super::scan::{Mode, after_scheme, leading_name, secrets_in};

/// Options of runners whose value a shell runs.
const SHELL_LINES: &[&str] = &["--call", "--command", "--exec", "--run"];

/// The arguments of a command, secrets by place.
///
/// A secret is known by what stands before it (`--api-key X`, `--api-key=X`, `API_KEY=X`, `Authorization: Bearer X`), by
/// its own form, or by its place in a URL. In an argument that a shell or an interpreter runs as code, only the secret
/// itself is taken out. A password that looks like an ordinary word and stands behind an ordinary name is not found.
pub fn mask_arguments(command: &str, args: &[String]) -> Vec<Masked> {
    let mut language_before = language(&program_name(command));
    let mut masked: Vec<Masked> = Vec::with_capacity(args.len());
    for (index, arg) in args.iter().enumerate() {
        let previous = index.checked_sub(1).map(|before| args[before].as_str());
        masked.push(match code_mode(language_before, previous, arg) {
            Some(mode) => Masked::without(arg, &secrets_in(arg, mode)),
            None if previous.is_some_and(|option| takes_secret(option, arg)) => Masked::secret(),
            None => mask_plain(arg, previous),
        });
        language_before = language_of_word(arg).or(language_before);
    }
    if let Some(index) = bridge_url_index(command, args) {
        masked[index] = mask_bridged(&args[index]);
    }
    masked
}

/// Whether an option's name says that the argument after it is a secret.
fn takes_secret(option: &str, arg: &str) -> bool {
    let names_value = option.len() > 2 && option.starts_with('-') && !option.contains(['=', ' ', ':']);
    names_value && !arg.starts_with('-') && option_holds_secret(option.trim_start_matches('-'))
}

/// `NAME=…` and `Name: …` at the beginning decide about all the rest; otherwise secrets are looked for inside.
///
/// `NAME=value command`, which no option announces, is a line for a shell somewhere else (`ssh host 'TOKEN=x run'`).
fn mask_plain(arg: &str, previous: Option<&str>) -> Masked {
    let is_announced = arg.starts_with('-') || previous.is_some_and(|option| option.starts_with('-'));
    let mut at = 0;
    while let Some((name, length)) = leading_name(&arg[at..]) {
        let separator = at + length;
        let is_secret = option_holds_secret(name);
        if arg[separator..].starts_with('=') {
            if is_secret && !is_announced && arg.contains(char::is_whitespace) {
                return Masked::without(arg, &secrets_in(arg, Mode::Shell));
            }
            if is_secret {
                return Masked::until(arg, separator + 1);
            }
            at = separator + 1;
        } else if is_secret && arg[separator..].starts_with(':') && !arg[separator..].starts_with("://") {
            let spaces = arg[separator + 1..].bytes().take_while(|&byte| byte == b' ').count();
            return Masked::until(arg, after_scheme(arg, separator + 1 + spaces));
        } else {
            break;
        }
    }
    Masked::without(arg, &secrets_in(arg, Mode::Plain))
}

/// The URL behind a bridge: all of its query may be a key.
fn mask_bridged(arg: &str) -> Masked {
    let mut secrets = secrets_in(arg, Mode::Plain);
    if let Some(query) = arg.find('?') {
        secrets.push(query + 1..arg.len());
    }
    Masked::without(arg, &secrets)
}

/// Whether an argument is code for the interpreter before it.
pub(super) fn code_mode_of(language_before: Option<Language>, args: &[String], index: usize) -> bool {
    let previous = index.checked_sub(1).map(|before| args[before].as_str());
    code_mode(language_before, previous, &args[index]).is_some()
}

/// How an argument is read if it is code; `None` if it is an ordinary argument.
fn code_mode(language: Option<Language>, previous: Option<&str>, arg: &str) -> Option<Mode> {
    let flag = previous.unwrap_or_default();
    if is_shell_flag(flag) {
        let is_shell = matches!(language, None | Some(Language::Shell));
        return Some(if is_shell { Mode::Shell } else { Mode::Code });
    }
    if SHELL_LINES.contains(&flag)
        || arg.split_once('=').is_some_and(|(option, _)| SHELL_LINES.contains(&option))
    {
        return Some(Mode::Shell);
    }
    if matches!(flag, "--eval" | "--print") || arg.starts_with("--eval=") || arg.starts_with("--print=") {
        return Some(Mode::Code);
    }
    let short = |letters: &str, ends_only: bool, text: &str| {
        let flags = text.strip_prefix('-').unwrap_or_default();
        let is_flags =
            !flags.is_empty() && flags.len() <= 4 && flags.bytes().all(|byte| byte.is_ascii_alphabetic());
        if ends_only {
            is_flags && flags.ends_with(|last| letters.contains(last))
        } else {
            flags.len() > 1 && flags.starts_with(|first| letters.contains(first))
        }
    };
    let is_code = match language? {
        Language::Shell => false,
        Language::JavaScript => short("ep", true, flag),
        Language::Python => short("c", true, flag) || short("c", false, arg),
        Language::Perl => short("eE", true, flag) || short("eE", false, arg),
        Language::Php => short("rBRE", true, flag) || short("rBRE", false, arg),
        Language::Other => short("eE", true, flag),
    };
    is_code.then_some(Mode::Code)
}

/// `-c`, `-lc`, `-ic` of shells (and `-c` of Python), `/c` and `/k` of `cmd`, `-Command` of PowerShell.
fn is_shell_flag(flag: &str) -> bool {
    let lower = flag.to_ascii_lowercase();
    let letters = flag.strip_prefix('-').unwrap_or_default();
    let is_letters =
        letters.ends_with('c') && letters.len() <= 4 && letters.bytes().all(|byte| byte.is_ascii_lowercase());
    is_letters || matches!(lower.as_str(), "/c" | "/k" | "-command" | "-encodedcommand")
}

/// The language of a word that stands among arguments and names an interpreter, as in `docker run image sh -c …`.
fn language_of_word(arg: &str) -> Option<Language> {
    let is_word = !arg.starts_with('-') && !arg.contains(char::is_whitespace);
    is_word.then(|| language(&program_name(arg))).flatten()
}
