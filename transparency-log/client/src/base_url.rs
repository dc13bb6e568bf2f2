//! The URL prefix under which a log or a witness answers.

use std::fmt;
use std::str::FromStr;

use ureq::http::Uri;

use crate::limits::MAX_URL_BYTES;

/// `http://` or `https://`, a host, perhaps a port and a path; no user, no query, no fragment, no slash at the end.
///
/// Not checked: that the host exists, or that a log answers there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    text: String,
    loopback: bool,
}

/// Why a text is not such a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// More than [`MAX_URL_BYTES`].
    #[error("the URL is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
    /// It does not begin with `http://` or `https://`.
    #[error("the URL does not begin with https:// or http://")]
    Scheme,
    /// It is no URL at all, or names no host.
    #[error("that is not a URL with a host")]
    Malformed,
    /// It has a user or a password, which a log has no use for.
    #[error("the URL has a user name in it")]
    User,
    /// It has a query or a fragment, after which no path can be appended.
    #[error("the URL has a `?` or a `#` in it")]
    Query,
}

impl BaseUrl {
    /// The prefix, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// Whether the host is this machine itself; then no proxy is asked.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<BaseUrl, BaseUrlError> {
        if text.len() > MAX_URL_BYTES {
            return Err(BaseUrlError::TooLong);
        }
        if !text.starts_with("https://") && !text.starts_with("http://") {
            return Err(BaseUrlError::Scheme);
        }
        if text.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`');
        let uri: Uri = text.parse().map_err(|_| BaseUrlError::Malformed)?;
        let authority = uri.authority().ok_or(BaseUrlError::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::User);
        }
        if !text.bytes().all(plain) || authority.host().is_empty() {
            return Err(BaseUrlError::Malformed);
        }
        let host = authority.host();
        let loopback = host == "localhost"
            || host == "[::1]"
            || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        Ok(BaseUrl { text: text.trim_end_matches('/').to_owned(), loopback })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_loses_its_slash_and_nothing_else() {
        for (text, kept) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://log.example/", "https://log.example"),
            ("https://log.example/a/b/", "https://log.example/a/b"),
        ] {
            let url: BaseUrl = text.parse().unwrap();
            assert_eq!(url.as_str(), kept);
            assert_eq!(url.join("/checkpoint"), format!("{kept}/checkpoint"));
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused_by_name() {
        let long = format!("https://log.example/{}", "a".repeat(MAX_URL_BYTES));
        for (text, why) in [
            ("log.example", BaseUrlError::Scheme),
            ("file:///etc/passwd", BaseUrlError::Scheme),
            ("https://", BaseUrlError::Malformed),
            ("https://log.example/a b", BaseUrlError::Malformed),
            ("https://user:secret@log.example", BaseUrlError::User),
            ("https://log.example/?a=b", BaseUrlError::Query),
            ("https://log.example/#x", BaseUrlError::Query),
            (long.as_str(), BaseUrlError::TooLong),
        ] {
            assert_eq!(text.parse::<BaseUrl>(), Err(why), "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_as_such() {
        let loopback = |text: &str| text.parse::<BaseUrl>().unwrap().is_loopback();
        assert!(loopback("http://127.0.0.1:1") && loopback("http://localhost") && loopback("http://[::1]:1"));
        assert!(!loopback("https://127.0.0.1.example") && !loopback("https://log.example"));
    }
}
