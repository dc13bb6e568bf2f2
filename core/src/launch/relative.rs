//! What a command line names in the working folder.

use super::arguments::code_mode_of;
use super::interpreter::{Language, language, program_name};

/// A relative path that a command line may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelativeName {
    /// The path, relative to the working folder.
    pub path: String,
    /// What the path is to the launch.
    pub role: Role,
}

/// What a relative path is to a launch; it names the folder only if it exists there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Code that would run: a new file of that name in another folder is another server.
    Code,
    /// A project file that the launcher looks for by itself, in the folder and those above it.
    Project,
    /// Anything else, such as a folder to serve or a database.
    Data,
}

/// Options of interpreters that take the next argument as a module to load.
const LOADING: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "--preload",
    "-File",
    "-jar",
    "-cp",
];

/// Options of interpreters and runners that take the next argument as something else.
const TAKING: &[&str] = &[
    "-C",
    "--conditions",
    "-W",
    "-X",
    "--with",
    "--from",
    "-p",
    "--python",
    "--env-file",
    "--extra",
    "--group",
    "-I",
];

/// Options that name another folder than the working one.
const ELSEWHERE: &[&str] = &[
    "--directory",
    "--project",
    "--prefix",
    "-C",
    "--dir",
    "--cwd",
    "--manifest-path",
    "--project-directory",
    "-f",
    "--file",
];

/// Ends that interpreters try for a name.
const TRIED: &[&str] = &["", ".js", ".mjs", ".cjs", ".ts", ".py"];

/// Programs whose arguments name files of another machine.
const ELSEWHERE_PROGRAMS: &[&str] = &[
    "docker",
    "docker-compose",
    "podman",
    "podman-compose",
    "nerdctl",
    "ssh",
    "wsl",
    "distrobox",
    "toolbox",
    "flatpak",
];

/// Launchers that read a project by themselves: name, first word (`""`: any), files.
const PROJECTS: &[(&str, &str, &[&str])] = &[
    ("npm", "run", &["package.json"]),
    ("npm", "run-script", &["package.json"]),
    ("npm", "start", &["package.json"]),
    ("pnpm", "run", &["package.json"]),
    ("pnpm", "start", &["package.json"]),
    ("pnpm", "exec", &["package.json"]),
    ("yarn", "run", &["package.json"]),
    ("yarn", "start", &["package.json"]),
    ("bun", "run", &["package.json", "bunfig.toml"]),
    ("deno", "task", &["deno.json", "deno.jsonc", "package.json"]),
    ("uv", "run", &["pyproject.toml", "uv.toml"]),
    ("poetry", "run", &["pyproject.toml"]),
    ("pdm", "run", &["pyproject.toml"]),
    ("hatch", "run", &["pyproject.toml", "hatch.toml"]),
    ("rye", "run", &["pyproject.toml"]),
    ("pipenv", "run", &["Pipfile"]),
    ("pixi", "run", &["pixi.toml", "pyproject.toml"]),
    ("cargo", "run", &["Cargo.toml"]),
    ("go", "run", &["go.mod"]),
    ("bundle", "exec", &["Gemfile"]),
    ("mix", "", &["mix.exs"]),
    ("composer", "", &["composer.json"]),
    ("make", "", &["GNUmakefile", "Makefile", "makefile"]),
    ("just", "", &["justfile", "Justfile", ".justfile"]),
    ("task", "", &["Taskfile.yml", "Taskfile.yaml", "taskfile.yml"]),
    ("gradle", "", &["build.gradle", "build.gradle.kts"]),
    ("mvn", "", &["pom.xml"]),
    ("nix", "run", &["flake.nix"]),
    ("nix", "develop", &["flake.nix"]),
    ("nix", "shell", &["flake.nix"]),
    ("nix-shell", "", &["shell.nix", "default.nix"]),
    ("direnv", "exec", &[".envrc"]),
    ("docker-compose", "", &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]),
    ("podman-compose", "", &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]),
    ("docker", "compose", &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]),
];

/// The relative paths that a command line may name, in order. Whether they exist is the caller's to see.
///
/// Words without a slash or a dot are taken for paths only where an interpreter takes its script.
pub fn relative_names(command: &str, args: &[String]) -> Vec<RelativeName> {
    let mut names = Names(Vec::new());
    if command.contains('/') && !command.starts_with('/') {
        names.push(command, Role::Code);
    }
    let name = program_name(command);
    names.project(&name, args);
    let is_elsewhere = ELSEWHERE_PROGRAMS.contains(&name.as_str());
    let mut language_before = language(&name);
    let mut takes_script = language_before.is_some();
    let mut previous = "";
    for (index, arg) in args.iter().enumerate() {
        let is_code = code_mode_of(language_before, args, index);
        if is_code {
            names.code(arg);
            takes_script = false;
        } else if previous == "-m" && language_before == Some(Language::Python) {
            names.module(arg);
            takes_script = false;
        } else if LOADING.contains(&previous) {
            names.script(arg);
            takes_script &= !matches!(previous, "-File" | "-jar");
        } else if arg.starts_with('-') {
            names.option(arg, language_before);
        } else if TAKING.contains(&previous) && (language_before.is_some() || name == "uv") {
            names.data(arg);
        } else if takes_script && arg == "run" && matches!(name.as_str(), "deno" | "bun") {
            // The script follows.
        } else if takes_script {
            names.script(arg);
            takes_script = false;
        } else if name == "uv" && arg == "run" && !names.has_script() {
            takes_script = true;
        } else if let Some(found) = language(&program_name(arg)).filter(|_| !is_elsewhere) {
            names.data(arg);
            language_before = Some(found);
            takes_script = true;
        } else {
            names.data(arg);
        }
        previous = arg;
    }
    names.0
}

struct Names(Vec<RelativeName>);

impl Names {
    fn push(&mut self, path: &str, role: Role) {
        if is_relative(path) {
            self.0.push(RelativeName { path: path.to_owned(), role });
        }
    }

    fn has_script(&self) -> bool {
        self.0.iter().any(|name| name.role == Role::Code)
    }

    /// A file that an interpreter runs or loads; it may lack its end, or be a folder.
    fn script(&mut self, arg: &str) {
        if arg.contains(':') && !arg.starts_with('.') {
            return;
        }
        for end in TRIED {
            self.push(&format!("{arg}{end}"), Role::Code);
        }
    }

    /// Words with a slash or a dot in a line of code.
    fn code(&mut self, arg: &str) {
        let parts = |letter: char| letter.is_whitespace() || "\"'`;&|()<>{}[]$=,:".contains(letter);
        for word in arg.split(parts).filter(|word| word.contains(['/', '.'])) {
            self.push(word, Role::Code);
        }
    }

    /// `python -m a.b` takes `a/b.py` or the folder `a` from the working folder before anything installed.
    fn module(&mut self, arg: &str) {
        let first = arg.split('.').next().unwrap_or_default();
        self.push(first, Role::Code);
        self.push(&format!("{first}.py"), Role::Code);
    }

    fn option(&mut self, arg: &str, language: Option<Language>) {
        if let Some((option, value)) = arg.split_once('=') {
            if LOADING.contains(&option) { self.script(value) } else { self.data(value) }
        } else if let Some(module) = arg.strip_prefix("-m").filter(|rest| !rest.is_empty())
            && language == Some(Language::Python)
        {
            self.module(module);
        }
    }

    /// An argument, the value after `=`, and what stands before a colon, as in `./data:/data`.
    fn data(&mut self, arg: &str) {
        let value = arg.split_once('=').filter(|(name, _)| !name.contains('/')).map(|(_, value)| value);
        for text in [Some(arg), value].into_iter().flatten() {
            let text = text.strip_prefix("file:").unwrap_or(text);
            let before_colon = text.split(':').next().filter(|part| part.len() < text.len());
            for path in [Some(text), before_colon].into_iter().flatten() {
                if path.contains(['/', '.']) {
                    self.push(path, Role::Data);
                }
            }
        }
    }

    fn project(&mut self, name: &str, args: &[String]) {
        let is_elsewhere =
            |pair: &[String]| ELSEWHERE.contains(&pair[0].as_str()) && pair[1].starts_with('/');
        let attached = |arg: &String| {
            arg.split_once('=').is_some_and(|(o, v)| ELSEWHERE.contains(&o) && v.starts_with('/'))
        };
        if args.windows(2).any(is_elsewhere) || args.iter().any(attached) {
            return;
        }
        let is_first = |word: &str| {
            word.is_empty() || args.iter().find(|arg| !arg.starts_with('-')).is_some_and(|arg| arg == word)
        };
        for (_, _, files) in PROJECTS.iter().filter(|(program, word, _)| *program == name && is_first(word)) {
            self.0.extend(
                files.iter().map(|file| RelativeName { path: (*file).to_owned(), role: Role::Project }),
            );
        }
    }
}

fn is_relative(path: &str) -> bool {
    let is_drive = path.as_bytes().get(1) == Some(&b':');
    !path.is_empty()
        && !path.starts_with(['/', '~', '-', '\\'])
        && !is_drive
        && !path.contains("://")
        && !path.contains(['\0', '\n'])
        && path.len() <= super::limits::MAX_PATH_BYTES
}

/// The closed lists of this file under their names in `spec/launch.md`.
#[cfg(test)]
pub(super) const LISTS: &[(&str, &[&str])] = &[
    ("loading-options", LOADING),
    ("taking-options", TAKING),
    ("elsewhere-options", ELSEWHERE),
    ("elsewhere-programs", ELSEWHERE_PROGRAMS),
];

/// The table of projects as the page has it: a line for each, `*` for any word.
#[cfg(test)]
pub(super) fn projects() -> String {
    let line = |(program, word, files): &(&str, &str, &[&str])| {
        format!("{program} {} = {}\n", if word.is_empty() { "*" } else { word }, files.join(" "))
    };
    PROJECTS.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &[&str], role: Role) -> Vec<String> {
        let args: Vec<String> = line[1..].iter().map(|&arg| arg.to_owned()).collect();
        let names = relative_names(line[0], &args);
        names.into_iter().filter(|name| name.role == role).map(|name| name.path).collect()
    }

    #[track_caller]
    fn names_code(line: &[&str], path: &str) {
        let code = found(line, Role::Code);
        assert!(code.iter().any(|name| name == path), "{line:?}: {code:?}");
    }

    #[test]
    fn scripts_in_every_position() {
        names_code(&["node", "dist/index.js", "--x"], "dist/index.js");
        names_code(&["node", "--no-warnings", "server"], "server.js");
        names_code(&["node", "--import", "tsx", "src/index.ts"], "src/index.ts");
        names_code(&["node", "-r", "./hook.cjs", "/abs/x.js"], "./hook.cjs");
        names_code(&["python3", "feishu_base.py"], "feishu_base.py");
        names_code(&["python", "-m", "fng_chatbot.mcp_server"], "fng_chatbot");
        names_code(&["python", "-m", "calculator"], "calculator.py");
        names_code(&["php", "artisan", "boost:mcp"], "artisan");
        names_code(&["pnpx", "tsx", "./packages/a/stdio.ts"], "./packages/a/stdio.ts");
        names_code(&["uv", "run", "server.py"], "server.py");
        names_code(&["uv", "run", "--with", "mcp", "server.py"], "server.py");
        names_code(&["deno", "run", "-A", "main.ts"], "main.ts");
        names_code(&["firejail", "bash", "scripts/run.sh"], "scripts/run.sh");
        names_code(&["bash", "-lc", "cd \"$(git rev-parse)\" && exec bash scripts/run.sh"], "scripts/run.sh");
        names_code(&["node", "-e", "require('./x.js')"], "./x.js");
        names_code(&["./vsp.exe", "--mode"], "./vsp.exe");
        names_code(&["../.venv/bin/python", "-m", "x"], "../.venv/bin/python");
    }

    #[test]
    fn what_is_no_code_of_the_folder() {
        for line in [
            &["node", "/abs/index.js"][..],
            &["bash", "-lc", "exec /srv/x.sh"],
            &["npx", "-y", "@scope/server@1.2.3", "serve"],
            &["uvx", "mcp-server-git"],
            &["docker", "run", "-i", "--rm", "img", "python", "app.py"],
            &["deno", "run", "jsr:@x/y"],
            &["docker", "run", "-e", "K=V", "img"],
        ] {
            let code: Vec<_> = found(line, Role::Code)
                .into_iter()
                .filter(|path| path != "run" && !path.starts_with("run."))
                .collect();
            assert_eq!(code, [] as [&str; 0], "{line:?}");
        }
    }

    #[test]
    fn data_and_projects() {
        assert_eq!(found(&["npx", "-y", "server-filesystem", "."], Role::Data), ["."]);
        assert_eq!(
            found(&["docker", "run", "-v", "./data:/data", "img"], Role::Data),
            ["./data:/data", "./data"]
        );
        assert_eq!(found(&["x", "--config=./a.json"], Role::Data), ["./a.json"]);
        assert_eq!(found(&["x", "serve", "mcp", "https://a.b/c", "/abs/d.e"], Role::Data), [] as [&str; 0]);
        assert_eq!(found(&["npm", "run", "start-stdio"], Role::Project), ["package.json"]);
        assert_eq!(found(&["docker", "compose", "exec", "app"], Role::Project).len(), 4);
        assert_eq!(found(&["uv", "--directory", "/abs", "run", "x.py"], Role::Project), [] as [&str; 0]);
        assert_eq!(found(&["uv", "tool", "run", "x"], Role::Project), [] as [&str; 0]);
    }
}
