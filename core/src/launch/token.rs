//! Secrets that are known by their own form, wherever they stand.

use std::ops::Range;

/// Beginnings of tokens that their issuers chose so that they can be found.
const PREFIXES: &[&str] = &[
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "xoxa-",
    "xoxb-",
    "xoxc-",
    "xoxd-",
    "xoxe-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "eyJ",
    "hf_",
    "npm_",
    "pypi-",
    "dop_v1_",
    "SG.",
    "sbp_",
    "sntrys_",
    "sntryu_",
    "lin_api_",
    "ntn_",
    "figd_",
    "tvly-",
    "gsk_",
    "xai-",
    "r8_",
    "ctx7sk-",
    "apify_api_",
    "phx_",
    "phc_",
    "shpat_",
    "dckr_pat_",
    "pplx-",
    "tskey-",
    "PMAK-",
    "glsa_",
    "nvapi-",
    "ATATT3",
    "AGE-SECRET-KEY-",
    "rnd_",
    "fc-",
    "vck_",
    "pscale_tkn_",
    "pul-",
    "tfp_",
    "nfp_",
    "FlyV1",
];

/// Bytes of a token after its known beginning, at least.
const MIN_AFTER_PREFIX: usize = 10;

/// Bytes of a token without a known beginning, at least.
const MIN_RANDOM: usize = 20;

/// Bytes of a token of hexadecimal digits, at least.
const MIN_HEX: usize = 32;

/// Beginnings of digests of public things: what follows is not secret and must be compared.
const PUBLIC_DIGESTS: &[&str] =
    &["sha1:", "sha256:", "sha384:", "sha512:", "sha1-", "sha256-", "sha384-", "sha512-"];

/// The byte ranges of tokens in a text: known beginnings, long strings of mixed random letters and digits, UUIDs,
/// private keys.
///
/// `random` says whether tokens without a known beginning are looked for; in paths and package specifications they are
/// not, because the name of a file or a commit must not be hidden.
pub(super) fn tokens_in(text: &str, random: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if let Some(at) = text.find("-----BEGIN") {
        found.push(at..text.len());
    }
    let mut at = 0;
    while let Some(start) = next_boundary(text, at) {
        let known = PREFIXES.iter().find_map(|prefix| known_token(text, start, prefix));
        let end = start + run(&text[start..], is_token_byte);
        if let Some(token_end) = known {
            found.push(start..token_end);
        } else if random && !is_public_digest(text, start) && is_random(&text[start..end]) {
            found.push(start..end);
        }
        at = known.unwrap_or(end).max(start + 1);
    }
    found
}

/// Whether any token stands in the text.
pub(super) fn holds_token(text: &str) -> bool {
    !tokens_in(text, true).is_empty()
}

/// Start of the next run of token bytes at or after `from`.
fn next_boundary(text: &str, from: usize) -> Option<usize> {
    text.as_bytes().get(from..)?.iter().position(|&byte| is_token_byte(byte)).map(|skipped| from + skipped)
}

fn known_token(text: &str, start: usize, prefix: &str) -> Option<usize> {
    let rest = text[start..].strip_prefix(prefix)?;
    let length = run(rest, |byte| is_token_byte(byte) || b".=+~".contains(&byte));
    let body = &rest[..length];
    let mixed = body.bytes().any(|byte| byte.is_ascii_digit()) || changes(body) * 4 >= body.len();
    (length >= MIN_AFTER_PREFIX && mixed).then_some(start + prefix.len() + length)
}

fn is_public_digest(text: &str, start: usize) -> bool {
    PUBLIC_DIGESTS.iter().any(|name| text[..start].ends_with(name) || text[start..].starts_with(name))
}

/// Letters, digits, dash and underscore: the alphabet of base64url.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn run(text: &str, accepts: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|&byte| accepts(byte)).count()
}

/// Whether a run of token bytes looks drawn at random.
///
/// Words change between letters and digits, or from lower to upper case, at every sixth letter or so; a random string does
/// at two of five places.
pub(super) fn is_random(token: &str) -> bool {
    let is_hex = token.len() >= MIN_HEX && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex || is_uuid(token) || (token.len() >= MIN_RANDOM && changes(token) * 5 >= token.len())
}

fn is_uuid(token: &str) -> bool {
    let lengths = token.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && token.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Neighbours of which one is a digit and the other a letter, or of which an upper-case letter follows a lower-case one.
fn changes(token: &str) -> usize {
    let bytes = token.as_bytes();
    let changed = |pair: &&[u8]| {
        let (before, after) = (pair[0], pair[1]);
        (before.is_ascii_digit() && after.is_ascii_alphabetic())
            || (before.is_ascii_alphabetic() && after.is_ascii_digit())
            || (before.is_ascii_lowercase() && after.is_ascii_uppercase())
    };
    bytes.windows(2).filter(changed).count()
}

/// The closed lists of this file under their names in `spec/launch.md`.
#[cfg(test)]
pub(super) const LISTS: &[(&str, &[&str])] = &[("token-beginnings", PREFIXES)];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        tokens_in(text, true).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn known_beginnings() {
        for token in [
            "sk-ant-api03-AbCdEf0123456789",
            "ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "xoxb-1234567890-abcdefghij",
            "AKIAIOSFODNN7EXAMPLE",
            "AIzaSyA0123456789abcdefghijklmnopqrstuv",
            "npm_0123456789abcdefghijABCDEFGHIJ0123",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlMTIz",
            "glpat-abcdEFGH1234ijklMNOP",
        ] {
            assert_eq!(found(token), [token]);
            assert_eq!(found(&format!("x {token}, y")), [token]);
            assert_eq!(tokens_in(token, false).len(), 1, "{token}");
        }
    }

    #[test]
    fn random_strings() {
        for token in [
            "0123456789abcdef0123456789abcdef",
            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
            "0a_00aAA_AAaAaaA0aaAAaAAA_aaAaaaAaaA0-aaaaA",
            "00000000-0000-4000-8000-000000000000",
            "k3j9x2m4q8z7w1v5b6n0",
        ] {
            assert_eq!(found(token), [token]);
            assert!(tokens_in(token, false).is_empty(), "{token}");
        }
        assert_eq!(found("123456789:AAbC1dE2fG3hI4jK5lM6nO7pQ8"), ["AAbC1dE2fG3hI4jK5lM6nO7pQ8"]);
        assert_eq!(found("a -----BEGIN PRIVATE KEY-----\nx"), ["-----BEGIN PRIVATE KEY-----\nx"]);
    }

    #[test]
    fn ordinary_words_stay() {
        for text in [
            "@modelcontextprotocol/server-sequential-thinking",
            "mcp-server-kubernetes",
            "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            "uv-aarch64-apple-darwin",
            "npm_config_registry_mirror",
            "sk-learn-contrib-models",
            "gen-lang-client-0000000000",
            "SequentialThinkingServerForEveryone",
            "--max-old-space-size=4096",
            "1920x1080",
            "hf_transfer",
            "2025-06-18",
            "img@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "eyJustAWord",
            "x86_64-unknown-linux-gnu",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
