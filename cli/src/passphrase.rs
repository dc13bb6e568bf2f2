//! Where the passphrase of a key comes from: a variable, a file descriptor, or a person at the terminal.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pinfold_core::text::{visible, visible_path};
use pinfold_keys::{AskPassphrase, NoPassphrase, Passphrase, PassphraseError, limits};
use zeroize::Zeroizing;

use crate::args::PassphraseArgs;
use crate::exit::Exit;
use crate::output::Problem;
use crate::terminal::Terminal;

/// How often a person may type two passphrases that are not equal.
const TRIES: u8 = 3;

/// Asks for the passphrase of a key that exists.
pub(crate) struct Source<'a>(pub(crate) &'a PassphraseArgs);

impl AskPassphrase for Source<'_> {
    fn passphrase(&mut self, path: &Path) -> Result<Passphrase, NoPassphrase> {
        if let Some(bytes) = named(self.0) {
            return Passphrase::new(bytes.map_err(NoPassphrase::new)?.to_vec()).map_err(why);
        }
        let terminal = Terminal::open(|name| std::env::var_os(name))
            .map_err(|absent| NoPassphrase::new(absent.to_string()))?;
        let prompt = format!("passphrase of {}:", visible_path(path));
        match terminal.ask_secret(&prompt) {
            Ok(Some(bytes)) => Passphrase::new(bytes.to_vec()).map_err(why),
            Ok(None) => Err(NoPassphrase::new("the question was not answered")),
            Err(error) => Err(NoPassphrase::new(format!("the terminal went away: {error}"))),
        }
    }
}

/// The passphrase of a key that is made now; at the terminal it is asked for twice.
///
/// # Errors
///
/// None was given, or it cannot be one.
pub(crate) fn for_new_key(args: &PassphraseArgs) -> Result<Passphrase, Problem> {
    let unusable = |message: String| {
        Problem::new(
            Exit::Usage,
            "PASSPHRASE_UNUSABLE",
            message,
            "choose another one; `--no-passphrase` makes a key without any, for CI",
        )
    };
    if let Some(bytes) = named(args) {
        let bytes = bytes.map_err(|message| Problem {
            hint: "set it, or name another one; without either the passphrase is asked for at the terminal"
                .to_owned(),
            ..unusable(message)
        })?;
        return Passphrase::new_for_new_key(bytes.to_vec()).map_err(|error| unusable(error.to_string()));
    }
    let terminal = Terminal::open(|name| std::env::var_os(name)).map_err(|absent| {
        let mut problem = absent.problem("pinfold key new");
        problem.message = format!("a passphrase is asked for at a terminal, and none is here: {absent}");
        problem.hint = "give it by `--passphrase-env NAME` or `--passphrase-fd N`, or make the key with \
                        `--no-passphrase`"
            .to_owned();
        problem
    })?;
    let ask = |prompt: &str| {
        let answer = terminal.ask_secret(prompt).map_err(|error| {
            Problem::new(
                Exit::Undetermined,
                "TERMINAL_LOST",
                format!("the terminal went away: {error}"),
                "nothing was made; run the command again",
            )
        })?;
        answer.ok_or_else(|| {
            Problem::new(Exit::Refused, "REFUSED", "no passphrase was given", "nothing was made")
        })
    };
    for _ in 0..TRIES {
        let first = ask("a passphrase for the new key:")?;
        let passphrase = match Passphrase::new_for_new_key(first.to_vec()) {
            Ok(passphrase) => passphrase,
            Err(error) => {
                say(&terminal, &error.to_string());
                continue;
            }
        };
        if ask("the same once more:")? == first {
            return Ok(passphrase);
        }
        say(&terminal, "the two are not equal");
    }
    Err(unusable("no usable passphrase was typed".to_owned()))
}

/// The bytes from a variable or a descriptor; `None`: neither was named.
fn named(args: &PassphraseArgs) -> Option<Result<Zeroizing<Vec<u8>>, String>> {
    if let Some(name) = &args.passphrase_env {
        let value = std::env::var_os(name);
        return Some(match value {
            Some(value) => Ok(Zeroizing::new(std::os::unix::ffi::OsStringExt::into_vec(value))),
            None => Err(format!("the variable {} is not set", visible(name))),
        });
    }
    let number = args.passphrase_fd?;
    Some(from_descriptor(number).map_err(|error| format!("descriptor {number} cannot be read: {error}")))
}

/// Reads a descriptor of this process to its end.
fn from_descriptor(number: u32) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Linux: a second descriptor of the same pipe or file.
    let stream = File::open(format!("/proc/self/fd/{number}"))?;
    let longest = limits::LONGEST_PASSPHRASE_BYTES + 3;
    let mut bytes = Zeroizing::new(Vec::with_capacity(longest));
    stream.take(longest as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn why(error: PassphraseError) -> NoPassphrase {
    NoPassphrase::new(error.to_string())
}

fn say(terminal: &Terminal, line: &str) {
    let mut screen = crate::screen::Screen::new();
    screen.own(line);
    // The next question fails if the terminal is gone.
    let _ = terminal.show(&screen);
}
