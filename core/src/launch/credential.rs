//! Names that say that what they hold is a secret.

/// Words that make a name a credential's, each also with a plural `S`. A name's words are its parts between characters
/// that are no letters or digits and at changes of case (`openaiApiKey` has `OPENAI`, `API`, `KEY`).
const SECRET_WORDS: &[&str] = &[
    "APIKEY",
    "AUTH",
    "AUTHORIZATION",
    "BEARER",
    "CONNSTR",
    "COOKIE",
    "CRED",
    "CREDENTIAL",
    "CREDS",
    "DSN",
    "JWT",
    "KEY",
    "MNEMONIC",
    "NETRC",
    "PASS",
    "PASSFILE",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PAT",
    "PGPASSFILE",
    "PWD",
    "SECRET",
    "SSHPASS",
    "TOKEN",
    "WEBHOOK",
];

/// Ends of words that make a name a credential's (`PGPASSWORD`, `GITHUBTOKEN`), each also with a plural `S`.
const SECRET_ENDS: &[&str] = &[
    "ACCESSKEY",
    "APIKEY",
    "AUTHKEY",
    "CREDENTIAL",
    "ENCRYPTIONKEY",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATEKEY",
    "SECRET",
    "SECRETKEY",
    "TOKEN",
];

/// Last words of names that speak *of* a credential and do not hold it.
const ABOUT: &[&str] = &[
    "ALGORITHM",
    "COUNT",
    "ENDPOINT",
    "EXPIRES",
    "EXPIRY",
    "FORMAT",
    "HEADER",
    "HOST",
    "LENGTH",
    "LIFETIME",
    "LIMIT",
    "METHOD",
    "MODE",
    "NAME",
    "PORT",
    "PROVIDER",
    "SCOPE",
    "SCOPES",
    "SIZE",
    "TIMEOUT",
    "TTL",
    "TYPE",
    "URI",
    "URL",
];

/// Words beside which `TOKENS` counts pieces of text.
const COUNTING: &[&str] = &[
    "BUDGET", "CONTEXT", "COUNT", "INPUT", "LIMIT", "MAX", "MAXIMUM", "MIN", "MINIMUM", "NUM", "OUTPUT",
    "PER", "THINKING", "TOTAL",
];

/// First words of options that are switches and take no value.
const SWITCHES: &[&str] =
    &["ALLOW", "DISABLE", "ENABLE", "NO", "PRINT", "REQUIRE", "SHOW", "SKIP", "USE", "WITH", "WITHOUT"];

/// Last words of options whose value is the place of a credential.
const PLACES: &[&str] = &["DIR", "DIRECTORY", "FILE", "FOLDER", "PATH"];

/// Whether a variable's name says that it holds a credential: its value is never pinned or shown, and without being
/// declared it is not passed on.
///
/// Known by words and ends of words (a closed list in `spec/launch.md`); a credential under an innocent name is not
/// found.
pub fn looks_like_credential(name: &str) -> bool {
    if matches!(name, "PWD" | "OLDPWD") {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last() else { return false };
    let is_webhook = words.iter().any(|word| is_word(word, "WEBHOOK"));
    if ABOUT.contains(&last.as_str()) && !is_webhook {
        return false;
    }
    let counts = words.iter().any(|word| COUNTING.contains(&word.as_str()));
    words.iter().any(|word| is_secret_word(word) && !(counts && word == "TOKENS"))
        || words.windows(2).any(|pair| pair[0] == "CONNECTION" && pair[1] == "STRING")
}

/// Whether the value of a command-line option of this name (dashes left out) is a secret: a credential's name, but no
/// switch and no place of a file.
pub fn option_holds_secret(name: &str) -> bool {
    let words = words(name);
    let is_switch = words.first().is_some_and(|first| SWITCHES.contains(&first.as_str()));
    let is_place = words.last().is_some_and(|last| PLACES.contains(&last.as_str()));
    !is_switch && !is_place && looks_like_credential(name)
}

/// The words of a name in upper case, digits at their ends left out.
pub(super) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|previous| letters[previous]);
        let after = letters.get(at + 1).copied();
        if !letter.is_ascii_alphanumeric() || begins_word(before, letter, after) {
            finish(&mut words, &mut word);
        }
        if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_uppercase());
        }
    }
    finish(&mut words, &mut word);
    words
}

/// `aB`, `1B`, and the `B` of `ABc`.
fn begins_word(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    letter.is_ascii_uppercase()
        && (before.is_ascii_lowercase()
            || before.is_ascii_digit()
            || (before.is_ascii_uppercase() && after.is_some_and(|next| next.is_ascii_lowercase())))
}

fn finish(words: &mut Vec<String>, word: &mut String) {
    let bare = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if !bare.is_empty() {
        words.push(bare.to_owned());
    }
    word.clear();
}

fn is_word(word: &str, listed: &str) -> bool {
    word == listed || word.strip_suffix('S') == Some(listed)
}

fn is_secret_word(word: &str) -> bool {
    let singular = word.strip_suffix('S').unwrap_or(word);
    SECRET_WORDS.iter().any(|listed| is_word(word, listed))
        || SECRET_ENDS.iter().any(|end| word.ends_with(end) || singular.ends_with(end))
}

/// The closed lists of this file under their names in `spec/launch.md`.
#[cfg(test)]
pub(super) const LISTS: &[(&str, &[&str])] = &[
    ("credential-words", SECRET_WORDS),
    ("credential-ends", SECRET_ENDS),
    ("credential-about", ABOUT),
    ("credential-counting", COUNTING),
    ("option-switches", SWITCHES),
    ("option-places", PLACES),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_spelling() {
        assert_eq!(words("openaiApiKey"), ["OPENAI", "API", "KEY"]);
        assert_eq!(words("MYAPIKey2"), ["MYAPI", "KEY"]);
        assert_eq!(words("--x-api-key"), ["X", "API", "KEY"]);
        assert_eq!(words("BookApi__BaseUrl"), ["BOOK", "API", "BASE", "URL"]);
        assert_eq!(words("oauth2Token"), ["OAUTH", "TOKEN"]);
        assert_eq!(words("__"), [] as [&str; 0]);
    }

    #[test]
    fn credentials_are_known_by_name() {
        for name in [
            "API_KEY",
            "KEY_A",
            "GITHUB_PERSONAL_ACCESS_TOKEN",
            "GH_TOKEN",
            "PGPASSWORD",
            "MYSQL_PWD",
            "MYSQL_PASS",
            "AWS_ACCESS_KEY_ID",
            "AWS_SESSION_TOKEN",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "SENTRY_DSN",
            "ADO_PAT",
            "githubToken",
            "GITHUBTOKEN",
            "OPENAI_APIKEY",
            "SSH_AUTH_SOCK",
            "TOKENS",
            "DB_CONNECTION_STRING",
            "SLACK_WEBHOOK_URL",
            "SSH_KEY_PATH",
            "VSCODE_GIT_IPC_AUTH_TOKEN",
            "client-secret",
            "COOKIES",
            "SECRET1",
        ] {
            assert!(looks_like_credential(name), "{name}");
        }
    }

    #[test]
    fn ordinary_names_are_not_credentials() {
        for name in [
            "PATH",
            "HOME",
            "PWD",
            "OLDPWD",
            "KEYBOARD",
            "KEYTIMEOUT",
            "GIT_AUTHOR_NAME",
            "XAUTHORITY",
            "COMPASS",
            "MAX_TOKENS",
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
            "DEFAULT_MINIMUM_TOKENS",
            "AUTH_URL",
            "TOKEN_ENDPOINT",
            "AWS_PROFILE",
            "LANG",
            "NODE_EXTRA_CA_CERTS",
            "SSL_CERT_FILE",
            "HTTPS_PROXY",
            "PATTERN",
            "",
            "_",
        ] {
            assert!(!looks_like_credential(name), "{name}");
        }
    }

    #[test]
    fn switches_and_places_take_no_secret() {
        assert!(
            option_holds_secret("api-key")
                && option_holds_secret("key")
                && option_holds_secret("accessToken")
        );
        for name in ["use-token", "no-auth", "disable-auth", "token-file", "key-path", "auth-type", "user"] {
            assert!(!option_holds_secret(name), "{name}");
        }
    }
}
