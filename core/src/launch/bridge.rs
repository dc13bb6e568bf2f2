//! Bridges: programs in form, remote servers in fact.

use super::mask::{Masked, Piece};

/// What stands behind a bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bridge {
    /// A URL, without user information, query and fragment: the identity of the server. `*` where a key stands in the
    /// path.
    Url(String),
    /// A name at a service that hosts servers.
    Hosted {
        /// The package that speaks to the service.
        service: &'static str,
        /// The server's name there.
        name: String,
    },
}

/// Packages that connect standard input and output to a URL among their arguments.
const BRIDGES: &[&str] = &["mcp-remote", "supergateway", "mcp-proxy", "fastmcp"];

/// The package of a service that hosts servers; the name follows the word `run`.
const HOSTED: &str = "@smithery/cli";

const SCHEMES: &[&str] = &["https://", "http://", "wss://", "ws://"];

/// What stands behind a bridge; `None` if the launch is no known bridge.
pub fn bridge(command: &str, args: &[Masked]) -> Option<Bridge> {
    // A secret cannot make a word look like a package or a URL; NUL stands in no argument.
    let render = |masked: &Masked| {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Secret => "\0".to_owned(),
        };
        masked.pieces().iter().map(piece).collect::<String>()
    };
    let rendered: Vec<String> = args.iter().map(render).collect();
    if let Some(index) = bridge_url_index(command, &rendered) {
        return Some(Bridge::Url(identity(&rendered[index])));
    }
    let package = rendered.iter().position(|arg| names_package(arg, HOSTED))?;
    let run = rendered.iter().skip(package).position(|arg| arg == "run")? + package;
    let name = rendered.iter().skip(run + 1).find(|arg| !arg.starts_with('-'))?;
    Some(Bridge::Hosted { service: HOSTED, name: name.clone() })
}

/// Which argument is the URL behind a bridge.
pub(super) fn bridge_url_index(command: &str, args: &[String]) -> Option<usize> {
    let is_bridge = |word: &str| BRIDGES.iter().any(|package| names_package(word, package));
    let first = if is_bridge(command) { 0 } else { args.iter().position(|arg| is_bridge(arg))? + 1 };
    let is_url = |arg: &String| SCHEMES.iter().any(|scheme| arg.starts_with(scheme));
    args.iter().skip(first).position(is_url).map(|offset| first + offset)
}

/// `package`, `package@version`, `package==version`, or a path with a part of that name.
fn names_package(word: &str, package: &str) -> bool {
    let without_version = |text: &str| {
        let at = text.char_indices().skip(1).find(|(_, letter)| matches!(letter, '@' | '=' | '['));
        at.map_or(text.len(), |(at, _)| at)
    };
    word[..without_version(word)] == *package
        || (!word.contains("://")
            && !package.contains('/')
            && word.contains('/')
            && word.split('/').any(|part| part == package))
}

fn identity(url: &str) -> String {
    let plain = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let Some((scheme, rest)) = plain.split_once("://") else { return plain.to_owned() };
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let host_start = rest[..authority_end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", rest[host_start..].replace('\0', "*"))
}

/// The closed lists of this file under their names in `spec/launch.md`.
#[cfg(test)]
pub(super) const LISTS: &[(&str, &[&str])] = &[("bridges", BRIDGES)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::mask_arguments;

    #[track_caller]
    fn behind(line: &[&str]) -> Option<Bridge> {
        let args: Vec<String> = line[1..].iter().map(|&arg| arg.to_owned()).collect();
        bridge(line[0], &mask_arguments(line[0], &args))
    }

    fn url(text: &str) -> Option<Bridge> {
        Some(Bridge::Url(text.to_owned()))
    }

    #[test]
    fn the_url_without_its_query_is_the_identity() {
        let sse = url("https://mcp.example.com/v1/sse");
        assert_eq!(behind(&["npx", "-y", "mcp-remote", "https://mcp.example.com/v1/sse"]), sse);
        assert_eq!(
            behind(&["npx", "mcp-remote@latest", "https://mcp.example.com/v1/sse?apiKey=abc", "--debug"]),
            sse
        );
        assert_eq!(behind(&["mcp-remote", "https://u:p@mcp.example.com/v1/sse#x"]), sse);
        assert_eq!(
            behind(&["node", "/x/node_modules/mcp-remote/dist/proxy.js", "https://mcp.example.com/v1/sse"]),
            sse
        );
        assert_eq!(behind(&["npx", "-y", "supergateway", "--sse", "https://mcp.example.com/v1/sse"]), sse);
        assert_eq!(
            behind(&["uv", "tool", "run", "fastmcp", "proxy", "https://k.example"]),
            url("https://k.example")
        );
        assert_eq!(
            behind(&["uvx", "mcp-proxy==0.8", "http://localhost:1/sse"]),
            url("http://localhost:1/sse")
        );
    }

    #[test]
    fn hosted_servers_and_other_programs() {
        let hosted = Bridge::Hosted { service: HOSTED, name: "@a/b".to_owned() };
        assert_eq!(
            behind(&["cmd", "/c", "npx", "-y", "@smithery/cli@latest", "run", "@a/b", "--key", "x"]),
            Some(hosted)
        );
        assert_eq!(behind(&["npx", "-y", "supergateway", "--stdio", "npx -y x"]), None);
        assert_eq!(behind(&["npx", "-y", "some-server", "https://api.example"]), None);
        assert_eq!(behind(&["npx", "-y", "some-server", "--url", "https://x.example/mcp-remote"]), None);
    }

    #[test]
    fn the_whole_query_is_hidden() {
        let args = ["mcp-remote".to_owned(), "https://h.example/a?page=2&x=y".to_owned()];
        let pieces = mask_arguments("npx", &args)[1].pieces().to_vec();
        assert_eq!(pieces, [Piece::Text("https://h.example/a?".to_owned()), Piece::Secret]);
    }
}
