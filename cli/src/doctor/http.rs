//! Servers that are reached so that others can read and change what is said.

use pinfold_clients::{Entry, Kind};

use super::finding::Code;
use super::{Finding, found};
use crate::protect::ConfigHere;

/// What is found about the address of an entry.
pub(super) fn finding(file: &ConfigHere, entry: &Entry) -> Option<Finding> {
    let is_plain = match &entry.kind {
        Kind::Remote(url) | Kind::Placeholder(url) => is_plain_http(&url.url),
        Kind::Stdio(line) => {
            let bridge = line.recognise().bridge.is_some();
            bridge && line.args.iter().any(|word| is_plain_http(word))
        }
        _ => false,
    };
    is_plain.then(|| {
        found(
            Code::PlainHttp,
            file,
            entry,
            "is reached over plain http: whoever is on the way can read and change everything",
            "use the server's https address",
        )
    })
}

/// `http://` to another machine than this one.
fn is_plain_http(url: &str) -> bool {
    let Some(rest) = url.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://")).map(|_| &url[7..])
    else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_own = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    !is_own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_another_machine() {
        for open in [
            "http://a.example/mcp",
            "HTTP://10.0.0.1:80/",
            "http://u:p@127.0.0.1.evil.example/",
            "http://[2001:db8::1]/",
        ] {
            assert!(is_plain_http(open), "{open}");
        }
        for closed in [
            "https://a.example",
            "http://localhost:3000/sse",
            "http://127.0.0.1",
            "http://[::1]:8/",
            "http",
            "é/é/é",
        ] {
            assert!(!is_plain_http(closed), "{closed}");
        }
    }
}
