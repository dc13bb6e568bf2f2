//! Where a log answers.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The longest address, in bytes.
const MAX_URL_BYTES: usize = 2_048;

/// `https://host…`, or `http://` with a loopback address; without user, query and fragment, and no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogUrl(String);

/// Why a text is no address of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogUrlError {
    /// Longer than 2,048 bytes, or a character that no address holds.
    #[error("not an address")]
    Form,
    /// Neither `https` nor `http`.
    #[error("an address of a log begins with https://")]
    Scheme,
    /// `http` to another machine.
    #[error("without TLS only this machine itself is allowed; use https://")]
    NotLoopback,
    /// A user, a query or a fragment.
    #[error("an address of a log has no user, query or fragment")]
    Extra,
    /// No host, or a port that is no number.
    #[error("an address of a log has a host, and a number as its port if any")]
    Host,
}

impl LogUrl {
    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogUrl {
    type Err = LogUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_URL_BYTES || !text.bytes().all(|byte| matches!(byte, b'!'..=b'~')) {
            return Err(LogUrlError::Form);
        }
        let (is_tls, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(LogUrlError::Scheme),
        };
        if rest.contains(['?', '#', '@', '\\']) {
            return Err(LogUrlError::Extra);
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let host = host_of(authority).ok_or(LogUrlError::Host)?;
        if !is_tls && !is_loopback(host) {
            return Err(LogUrlError::NotLoopback);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (!host.is_empty() && port.is_none_or(is_port)).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for LogUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_a_log_may_have() {
        for (text, shown) in [
            ("https://log.example", "https://log.example"),
            ("https://log.example:8443/pinfold/", "https://log.example:8443/pinfold"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:80/", "http://[::1]:80"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(text.parse::<LogUrl>().unwrap().as_str(), shown);
        }
        for (text, error) in [
            ("log.example", LogUrlError::Scheme),
            ("ftp://log.example", LogUrlError::Scheme),
            ("http://log.example", LogUrlError::NotLoopback),
            ("http://127.0.0.1.example", LogUrlError::NotLoopback),
            ("http://localhost.example", LogUrlError::NotLoopback),
            ("https://me:secret@log.example", LogUrlError::Extra),
            ("http://log.example@127.0.0.1", LogUrlError::Extra),
            ("https://log.example/?q", LogUrlError::Extra),
            ("https://log.example#f", LogUrlError::Extra),
            ("https://", LogUrlError::Host),
            ("https://:80", LogUrlError::Host),
            ("https://log.example:", LogUrlError::Host),
            ("https://log.example:x", LogUrlError::Host),
            ("https://[::1", LogUrlError::Host),
            ("https://[::1]80", LogUrlError::Host),
            ("https://log .example", LogUrlError::Form),
            ("https://l\u{f6}g.example", LogUrlError::Form),
        ] {
            assert_eq!(text.parse::<LogUrl>(), Err(error), "{text}");
        }
    }
}
