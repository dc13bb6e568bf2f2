//! Interpreters and launchers: programs that run other code, known by name.

/// What an interpreter takes on its command line as code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// A line of commands.
    Shell,
    /// JavaScript or TypeScript.
    JavaScript,
    /// Python.
    Python,
    /// Perl or Ruby.
    Perl,
    /// PHP.
    Php,
    /// Another language with `-e`.
    Other,
}

const SHELLS: &[&str] =
    &["ash", "bash", "busybox", "cmd", "dash", "fish", "ksh", "mksh", "powershell", "pwsh", "sh", "zsh"];
const JAVASCRIPT: &[&str] = &["bun", "deno", "node", "nodejs", "ts-node", "tsx"];
const PYTHON: &[&str] = &["py", "pypy", "python", "pythonw"];
const PERL: &[&str] = &["jruby", "perl", "ruby"];
const OTHER: &[&str] = &["elixir", "julia", "lua", "luajit", "osascript", "rscript"];

/// Interpreters without a language above, package runners, containers, version managers, wrappers.
const RUNNERS: &[&str] = &[
    // Package managers and runners.
    "bundle",
    "bundler",
    "bunx",
    "cabal",
    "cargo",
    "composer",
    "conda",
    "corepack",
    "dnx",
    "dotnet",
    "gem",
    "go",
    "gradle",
    "hatch",
    "jbang",
    "mamba",
    "micromamba",
    "mix",
    "mvn",
    "nix",
    "nix-shell",
    "npm",
    "npx",
    "pdm",
    "pip",
    "pipenv",
    "pipx",
    "pixi",
    "pnpm",
    "pnpx",
    "poetry",
    "rye",
    "stack",
    "uv",
    "uvx",
    "yarn",
    "yarnpkg",
    // Interpreters and virtual machines.
    "erl",
    "escript",
    "groovy",
    "java",
    "javaw",
    "kotlin",
    "mono",
    "r",
    "runghc",
    "scala",
    "wasmer",
    "wasmtime",
    // Containers and other machines.
    "distrobox",
    "docker",
    "docker-compose",
    "flatpak",
    "nerdctl",
    "podman",
    "podman-compose",
    "snap",
    "ssh",
    "toolbox",
    "wsl",
    // Version managers.
    "asdf",
    "fnm",
    "mise",
    "nodenv",
    "pyenv",
    "rbenv",
    "rustup",
    "volta",
    // What runs a command of its own arguments: isolating wrappers, environments, secrets, limits.
    "aws-vault",
    "bwrap",
    "caffeinate",
    "chamber",
    "chroot",
    "dbus-run-session",
    "direnv",
    "doas",
    "doppler",
    "dotenv",
    "dotenvx",
    "dumb-init",
    "env",
    "firejail",
    "flatpak-spawn",
    "infisical",
    "ionice",
    "just",
    "make",
    "nice",
    "nohup",
    "nsjail",
    "op",
    "proxychains4",
    "sandbox-exec",
    "script",
    "setpriv",
    "setsid",
    "sops",
    "stdbuf",
    "sudo",
    "systemd-run",
    "task",
    "timeout",
    "tini",
    "torsocks",
    "unshare",
    "xvfb-run",
];

/// Ends that Windows gives to programs.
const WINDOWS_ENDS: &[&str] = &[".exe", ".cmd", ".bat", ".ps1"];

/// The name of a program as the lists have it: the last part of its path in lower case, without an end such as `.exe`
/// and without a version (`python3.12` is `python`).
pub fn program_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let name = WINDOWS_ENDS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let bare = without_version(name);
    if all_lists().any(|list| list.contains(&bare)) { bare.to_owned() } else { name.to_owned() }
}

/// Whether a program of this name (or path) is an interpreter or launcher: one file that runs many servers, so that its
/// digest is pinned once for all of them.
pub fn is_launcher(path: &str) -> bool {
    let name = program_name(path);
    all_lists().any(|list| list.contains(&name.as_str()))
}

/// The language of an interpreter by its [`program_name`].
pub(super) fn language(name: &str) -> Option<Language> {
    let lists = [
        (SHELLS, Language::Shell),
        (JAVASCRIPT, Language::JavaScript),
        (PYTHON, Language::Python),
        (PERL, Language::Perl),
        (&["php"], Language::Php),
        (OTHER, Language::Other),
    ];
    lists.into_iter().find(|(list, _)| list.contains(&name)).map(|(_, language)| language)
}

fn all_lists() -> impl Iterator<Item = &'static [&'static str]> {
    [SHELLS, JAVASCRIPT, PYTHON, PERL, &["php"], OTHER, RUNNERS].into_iter()
}

/// `python3.12`, `python3.13t`, `node-20`, `php8.3`, `perl5.36.0` without what begins at the version.
fn without_version(name: &str) -> &str {
    let build =
        name.strip_suffix(['t', 'd', 'm']).filter(|rest| rest.ends_with(|last: char| last.is_ascii_digit()));
    let end = build.unwrap_or(name).trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    end.trim_end_matches('-')
}

/// All names, for the check that `spec/launch.md` holds the same ones.
#[cfg(test)]
pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
    all_lists().flatten().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_paths_versions_and_ends() {
        for (path, name) in [
            ("/usr/bin/python3.12", "python"),
            ("python3.13t", "python"),
            ("node", "node"),
            ("/opt/node-20", "node"),
            ("C:\\Program Files\\nodejs\\npx.cmd", "npx"),
            ("C:\\Windows\\System32\\cmd.exe", "cmd"),
            ("PHP8.3", "php"),
            ("proxychains4", "proxychains4"),
            ("Rscript", "rscript"),
            ("/x/my-server2", "my-server2"),
            ("", ""),
        ] {
            assert_eq!(program_name(path), name, "{path}");
        }
    }

    #[test]
    fn only_listed_names_are_launchers() {
        for path in
            ["npx", "/usr/bin/env", "python3", "docker", "bwrap", "uvx", "/opt/homebrew/bin/bun", "pypy3.10"]
        {
            assert!(is_launcher(path), "{path}");
        }
        for path in ["glab", "/opt/nodeserver", "python-mcp", "npx-evil", "my.sh", "server", ""] {
            assert!(!is_launcher(path), "{path}");
        }
    }

    #[test]
    fn names_are_listed_once() {
        let names: Vec<_> = all_names().collect();
        let once: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(once.len(), names.len());
    }
}
