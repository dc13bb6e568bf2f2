//! What a command comes down to: a package of a registry, a container, a bridge, or a program of the person's own.
//!
//! What is known is parsed; everything else is the person's own program, and no text is ever split at spaces.

mod container;
mod npm;
mod options;
mod package;
mod python;

use pinfold_core::launch::{Bridge, Masked, Piece, bridge, mask_arguments, program_name};

use crate::entry::CommandLine;
pub use package::{PackageLaunch, Registry, VersionSpec};

/// What a command line was recognised as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The program that starts the server, without folder, ending and version; behind `cmd /c`, what that starts.
    pub program: String,
    /// The package or image that it fetches and runs.
    pub package: Option<PackageLaunch>,
    /// The remote server behind it, if it is only a bridge. Its URL is the server's identity.
    pub bridge: Option<Bridge>,
    /// Whether it starts a container, whose image may not be named at all (`docker compose exec`).
    pub is_container: bool,
}

/// Programs with options of their own between name and package are told by these words.
struct Words<'w> {
    program: String,
    args: &'w [String],
}

impl CommandLine {
    /// What this command comes down to. No secret of its arguments is in the answer.
    pub fn recognise(&self) -> Recognised {
        let masked = mask_arguments(&self.command, &self.args);
        let bridge = bridge(&self.command, &masked);
        let args: Vec<String> = masked.iter().map(rendered).collect();
        let words = behind_shell(&self.command, &args);
        let package =
            npm::package(&words).or_else(|| python::package(&words)).or_else(|| container::image(&words));
        let is_container = container::is_one(&words.program);
        Recognised {
            package: package.and_then(PackageLaunch::without_secrets),
            program: words.program,
            bridge,
            is_container,
        }
    }
}

/// A text with `\0` where a secret stood; NUL stands in no argument.
fn rendered(masked: &Masked) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret => "\0".to_owned(),
    };
    masked.pieces().iter().map(piece).collect()
}

/// The command behind `cmd /c`, which Windows needs for programs that are scripts.
fn behind_shell<'w>(command: &str, args: &'w [String]) -> Words<'w> {
    let program = program_name(command);
    if program != "cmd" {
        return Words { program, args };
    }
    let switches = args.iter().take_while(|arg| arg.starts_with('/')).count();
    let runs =
        args[..switches].iter().any(|arg| arg.eq_ignore_ascii_case("/c") || arg.eq_ignore_ascii_case("/k"));
    match args[switches..].split_first() {
        Some((inner, rest)) if runs => Words { program: program_name(inner), args: rest },
        _ => Words { program, args },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(line: &str) -> Recognised {
        let mut words = line.split(' ').map(str::to_owned);
        CommandLine { command: words.next().unwrap(), args: words.collect() }.recognise()
    }

    #[track_caller]
    fn package(line: &str) -> (Registry, String, VersionSpec) {
        let found = recognise(line).package.unwrap_or_else(|| panic!("no package in `{line}`"));
        (found.registry, found.name, found.version)
    }

    fn exact(version: &str) -> VersionSpec {
        VersionSpec::Exact(version.to_owned())
    }

    #[test]
    fn packages_of_npm() {
        use VersionSpec::{Range, Tag, Unsaid};
        for (line, name, version) in [
            ("npx -y @demo/server@1.2.3 --root C:\\data", "@demo/server", exact("1.2.3")),
            ("cmd /c npx -y @demo/server", "@demo/server", Unsaid),
            (
                "C:\\Windows\\System32\\cmd.exe /C npx.cmd --yes @demo/server@latest",
                "@demo/server",
                Tag("latest".into()),
            ),
            ("cmd /d /s /c npx demo", "demo", Unsaid),
            ("/x/v18/bin/npx demo@^1", "demo", Range("^1".into())),
            ("npx --registry https://r.example demo@1.2.3-rc.1", "demo", exact("1.2.3-rc.1")),
            ("npx --package @a/b@2.0.0 -- tool", "@a/b", exact("2.0.0")),
            ("npx -p=@a/b@2.0.0 tool", "@a/b", exact("2.0.0")),
            ("npx --no-install -y demo", "demo", Unsaid),
            ("npx -- demo@next", "demo", Tag("next".into())),
            ("npm exec -y -- demo@1.0.0", "demo", exact("1.0.0")),
            ("pnpm dlx demo", "demo", Unsaid),
            ("pnpm --silent dlx demo", "demo", Unsaid),
            ("yarn dlx demo", "demo", Unsaid),
            ("pnpx demo", "demo", Unsaid),
            ("bunx --bun demo@1.0", "demo", Range("1.0".into())),
            ("bun x demo", "demo", Unsaid),
            ("npx --tag @a/b demo", "demo", Unsaid),
            ("npx --unknown-option demo other", "demo", Unsaid),
        ] {
            assert_eq!(package(line), (Registry::Npm, name.to_owned(), version), "{line}");
        }
        assert!(recognise("npx --no-install demo").package.unwrap().is_local_only);
        assert_eq!(package("npx -y github:a/b").2, VersionSpec::Git);
        assert_eq!(package("npx -y a/b").2, VersionSpec::Git);
        assert_eq!(package("npx https://x.example/a.tgz").2, VersionSpec::Url);
        assert_eq!(package("npx ./local").2, VersionSpec::Path);
        assert!(recognise("npx tsx server.ts").package.unwrap().is_runner);
        assert!(recognise("npx -y @modelcontextprotocol/inspector uvx x").package.unwrap().is_runner);
    }

    #[test]
    fn packages_of_python() {
        use VersionSpec::{Git, Range, Tag, Unsaid};
        for (line, name, version) in [
            ("uvx --from demo-server==0.4.0 demo-mcp --verbose", "demo-server", exact("0.4.0")),
            ("uvx demo@latest", "demo", Tag("latest".into())),
            ("uvx demo@0.0.1a4", "demo", exact("0.0.1a4")),
            ("uvx -p 3.13 --with x demo", "demo", Unsaid),
            ("uvx demo[cli]>=1,<2", "demo", Range(">=1,<2".into())),
            ("uvx -qp 3.13 demo", "demo", Unsaid),
            ("uvx -p3.13 demo", "demo", Unsaid),
            ("uv tool run --python 3.12 demo", "demo", Unsaid),
            ("uv --quiet tool run demo", "demo", Unsaid),
            ("pipx run --spec demo==1.0 tool", "demo", exact("1.0")),
        ] {
            assert_eq!(package(line), (Registry::Pypi, name.to_owned(), version), "{line}");
        }
        assert_eq!(package("uvx -p 3.13 --from git+https://github.com/o/s name").2, Git);
        assert!(recognise("uvx fastmcp run server.py").package.unwrap().is_runner);
        assert_eq!(recognise("uv run server.py").package, None);
        assert_eq!(recognise("uv run tool run demo").package, None);
    }

    #[test]
    fn containers() {
        use VersionSpec::{Digest, Tag, Unsaid};
        for (line, name, version) in [
            ("docker run -i --rm -e A=b -e C img/a:latest -x", "img/a", Tag("latest".into())),
            ("docker run -i --name n --network=h localhost:5000/img", "localhost:5000/img", Unsaid),
            ("podman run -it img@sha256:ab", "img", Digest("sha256:ab".into())),
            ("docker --context c container run img:1.2", "img", Tag("1.2".into())),
            ("docker run -ie acme/files evil", "evil", Unsaid),
            ("docker run -ieA=acme/files -v=/a:/b evil:1", "evil", Tag("1".into())),
            ("docker run -i=true evil x", "evil", Unsaid),
            ("docker run --memory-swappiness 10 evil", "evil", Unsaid),
            ("podman run -itp 80:80 --pod acme/files evil", "evil", Unsaid),
        ] {
            assert_eq!(package(line), (Registry::Container, name.to_owned(), version), "{line}");
        }
        for line in [
            "docker compose exec app php",
            "docker-compose exec -T app php",
            "docker mcp gateway run",
            "docker exec -i c x",
        ] {
            let found = recognise(line);
            assert!(found.is_container && found.package.is_none(), "{line}");
        }
    }

    #[test]
    fn the_closed_lists_are_those_of_the_specification() {
        let page = include_str!("../../../spec/client-configurations.md");
        for (name, words) in [
            ("npm-values", npm::NPX.with_value),
            ("manager-values", npm::MANAGER.with_value),
            ("uv-values", python::UVX.with_value),
            ("pipx-values", python::PIPX.with_value),
            ("container-values", container::RUN.with_value),
            ("container-before-values", container::GLOBAL.with_value),
            ("runners", package::RUNNERS),
        ] {
            let (_, rest) = page.split_once(&format!("<!-- list: {name} -->\n```text\n")).unwrap();
            let (body, _) = rest.split_once("```").unwrap();
            assert_eq!(body.split_whitespace().collect::<Vec<_>>(), words, "{name}");
        }
        assert_eq!(page.matches("<!-- list: ").count(), 7);
    }

    #[test]
    fn everything_else_is_a_program() {
        for line in [
            "cmd /c start-demo.bat",
            "node x.js",
            "bash -lc npx",
            "npm run start",
            "pnpm run x",
            "uv sync",
            "npx",
            "cmd npx x",
            "env A=b npx x",
        ] {
            assert_eq!(recognise(line).package, None, "{line}");
        }
        assert_eq!(recognise("cmd /c start-demo.bat").program, "start-demo");
    }

    #[test]
    fn bridges_are_servers_behind_a_url() {
        let found = recognise("uv tool run fastmcp proxy https://k.example?key=x");
        assert_eq!(found.bridge, Some(Bridge::Url("https://k.example".to_owned())));
        assert_eq!(found.package.unwrap().name, "fastmcp");
    }

    #[test]
    fn a_key_in_a_source_is_not_kept() {
        let found = recognise("npx git+https://u:ghp_0123456789abcdefghij0123456789abcdef@github.com/a/b");
        assert!(!format!("{found:?}").contains("ghp_0123"), "{found:?}");
        assert_eq!(found.package.unwrap().version, VersionSpec::Git);
        for line in ["docker run --new-option --api-key hunter22 img", "npx --token hunter22 pkg"] {
            assert!(!format!("{:?}", recognise(line)).contains("hunter22"), "{line}");
        }
    }
}
