//! Every command of the README and of the pages for users, publishers, operators and auditors is run as it stands there,
//! with the built programs and a real log with witnesses, and what it shows is compared with the page.
//!
//! What stands in for the world: `npx` and `node` in the home's `bin` start a scripted server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::binary::{fixture, pinfold, pinfold_log, pinfold_witness, workspace};
use pinfold_tests::home::{Home, of_the_account};
use pinfold_tests::log::{TestLog, free_port};
use pinfold_tests::page::{Reader, Step, steps};
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::{Folder, describe, run_to_end};

/// What the server says, version by version.
fn scenario() -> Scenario {
    let says = |read: &str| vec![tool("list_notes", "Lists all notes."), tool("read_note", read)];
    let first = Listing::of("tools", &says("Reads a note."));
    let listing = ["Reads a note and gives its text.", "Reads a note, whole or in part."]
        .iter()
        .fold(first, |listing, read| listing.then("tools", &says(read)));
    Scenario::of_tools::<&str>(&[]).listing("tools/list", listing)
}

/// A home with the programs of a release, and a server that a launcher starts.
struct World {
    home: Home,
    server: Folder,
    log: Option<TestLog>,
}

impl World {
    fn new() -> World {
        let world = World { home: Home::new(), server: Folder::new(&scenario()), log: None };
        world.furnish(&world.home);
        world
    }

    fn with_log() -> World {
        World::with_witnesses(2)
    }

    /// With a log of so many witnesses, two of which must sign.
    fn with_witnesses(count: usize) -> World {
        let world = World { log: Some(TestLog::with_witnesses(count, 2)), ..World::new() };
        world.policy_in(&world.home);
        world
    }

    /// Puts programs and launchers into a home.
    fn furnish(&self, home: &Home) {
        let programs = home.path().join(".cargo/bin");
        fs::create_dir_all(&programs).expect("a folder for programs");
        for (name, program) in
            [("pinfold", pinfold()), ("pinfold-log", pinfold_log()), ("pinfold-witness", pinfold_witness())]
        {
            let place = programs.join(name);
            fs::hard_link(program, &place)
                .or_else(|_| fs::copy(program, &place).map(|_| ()))
                .expect("the program is installed");
        }
        let start = format!("#!/bin/sh\nexec {} {}\n", fixture().display(), self.server.path().display());
        for launcher in ["npx", "node"] {
            launches(home, launcher, &start);
        }
    }

    fn policy_in(&self, home: &Home) {
        let log = self.log.as_ref().expect("the page has a log");
        write(&home.path().join("log.policy"), log.policy());
    }

    /// A command in a home, for a shell.
    fn shell(&self, home: &Home, line: &str) -> Command {
        let mut command = home.command("sh");
        let path = format!("{0}/.cargo/bin:{0}/bin:/usr/bin:/bin", home.path().display());
        command.args(["-c", line]).current_dir(home.path()).env("PATH", path);
        of_the_account(home.path(), &command).unwrap_or(command)
    }

    /// Another person's publishing, which the page does not show.
    fn publish(&self, publisher: &Home, version: &str) -> PathBuf {
        project(publisher, version);
        let line = format!(
            "pinfold publish --policy log.policy --artifact acme-notes-{version}.tgz --yes -- node dist/index.js"
        );
        let output = run_to_end(self.shell(publisher, &line));
        assert!(output.status.success(), "{}", describe(&output));
        publisher.path().join(format!("notes-{version}.pinfold"))
    }

    fn publisher(&self) -> Home {
        let publisher = Home::new();
        self.furnish(&publisher);
        self.policy_in(&publisher);
        let output = run_to_end(self.shell(&publisher, "pinfold key new --no-passphrase"));
        assert!(output.status.success(), "{}", describe(&output));
        publisher
    }

    /// Runs a page; `then` does what it asks for.
    fn play(&self, page: &str, ports: &[(&str, String)], mut then: impl FnMut(&str)) {
        if of_the_account(self.home.path(), &self.home.command("true")).is_none() {
            // In a home that is not the account's there is one question more than a person has.
            return pinfold_tests::absent("a mount over the user database", page);
        }
        let text = fs::read_to_string(workspace().join(page)).expect("the page");
        let mut reader = Reader::new(|line| self.shell(&self.home, line));
        reader.call("/home/me", self.home.path().to_str().expect("text"));
        for (page, real) in ports {
            reader.call(*page, real);
        }
        if let Some(log) = &self.log {
            reader.call("http://127.0.0.1:8080", log.url());
        }
        let steps = steps(&text);
        assert!(steps.iter().any(|step| matches!(step, Step::Run(_))), "{page} has commands");
        for step in steps {
            match step {
                Step::Run(line) => reader.run(&line),
                Step::File(name, text) => write(&self.home.path().join(name), &reader.real(&text)),
                Step::Then(word) => then(&word),
            }
        }
        reader.finish();
    }
}

/// Puts a launcher into a home's `bin`.
fn launches(home: &Home, name: &str, script: &str) {
    let place = home.path().join("bin").join(name);
    write(&place, script);
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("a mode");
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("it has a folder")).expect("a folder");
    fs::write(file, text).expect("the file is written");
}

/// A project of npm, and its tarball as `npm pack` makes it.
fn project(home: &Home, version: &str) {
    let package = format!(
        "{{\"name\": \"@acme/notes\", \"version\": \"{version}\", \"mcpName\": \"io.github.acme/notes\", \
         \"bin\": \"dist/index.js\", \"files\": [\"dist\"]}}\n"
    );
    write(&home.path().join("package.json"), &package);
    pack(home, &package, &format!("acme-notes-{version}.tgz"));
}

/// A tarball with this `package.json`.
fn pack(home: &Home, package: &str, tarball: &str) {
    write(&home.path().join("package/package.json"), package);
    let mut tar = home.command("tar");
    tar.current_dir(home.path()).args(["-czf", tarball, "package"]);
    assert!(run_to_end(tar).status.success(), "the tarball is made");
}

/// The servers of the README, by what their package's name has: the tools of the real ones.
const REAL: [(&str, &[&str]); 2] = [
    (
        "server-memory",
        &[
            "create_entities",
            "create_relations",
            "add_observations",
            "delete_entities",
            "delete_observations",
            "delete_relations",
            "read_graph",
            "search_nodes",
            "open_nodes",
        ],
    ),
    ("server-filesystem", &["read_text_file", "write_file", "list_directory"]),
];

const ENTRIES: &str = r#"{
  "mcpServers": {
    "memory": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"] },
    "files": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "notes"] },
    "linear": { "type": "http", "url": "https://mcp.linear.app/mcp" }
  }
}
"#;

#[test]
fn the_readme_is_true() {
    let world = World::with_witnesses(3);
    let servers = REAL.map(|(_, tools)| {
        let tools: Vec<String> = tools.iter().map(|name| tool(name, "Does what it is called.")).collect();
        Folder::new(&Scenario::of_tools(&tools))
    });
    let cases = REAL.iter().zip(&servers).map(|((package, _), server)| {
        format!("*{package}*) exec {} {} ;;\n", fixture().display(), server.path().display())
    });
    launches(&world.home, "npx", &format!("#!/bin/sh\ncase \"$*\" in\n{}esac\n", cases.collect::<String>()));
    world.play("README.md", &[], |word| match word {
        "memory and files are in ~/.claude.json, and linear, which is remote" => {
            write(&world.home.path().join(".claude.json"), ENTRIES);
        }
        "its package is packed, and a log has three witnesses" => {
            let package = r#"{"name": "@modelcontextprotocol/server-memory", "version": "2026.8.31"}"#;
            let tarball = "modelcontextprotocol-server-memory-2026.8.31.tgz";
            pack(&world.home, package, tarball);
        }
        other => panic!("nobody knows how {other}"),
    });
}

#[test]
fn the_page_for_users_is_true() {
    let world = World::with_log();
    let publisher = world.publisher();
    let release = |version: &str| {
        let bundle = world.publish(&publisher, version);
        fs::copy(&bundle, world.home.path().join(bundle.file_name().expect("a name"))).expect("a copy");
    };
    world.play("docs/user.md", &[], |word| match word {
        "the server changes" => world.server.set_state(1),
        "its publisher publishes 1.0.0" => release("1.0.0"),
        "its publisher publishes 1.1.0" => {
            world.server.set_state(2);
            release("1.1.0");
        }
        other => panic!("nobody knows how {other}"),
    });
}

#[test]
fn the_page_for_publishers_is_true() {
    let world = World::with_log();
    world.play("docs/publisher.md", &[], |word| match word {
        "version 1.0.0 is packed" => project(&world.home, "1.0.0"),
        "version 1.1.0 is packed" => {
            project(&world.home, "1.1.0");
            world.server.set_state(1);
        }
        "version 1.2.0 is packed" => {
            project(&world.home, "1.2.0");
            world.server.set_state(2);
        }
        other => panic!("nobody knows how {other}"),
    });
}

#[test]
fn the_page_for_operators_is_true() {
    let world = World::new();
    let ports =
        ["127.0.0.1:8080", "127.0.0.1:8090", "127.0.0.1:8091"].map(|page| (page, free_port().to_string()));
    world.play("docs/log-operator.md", &ports, |word| panic!("nobody knows how {word}"));
}

#[test]
fn the_page_for_auditors_is_true() {
    let world = World::with_log();
    let publisher = world.publisher();
    world.publish(&publisher, "1.0.0");
    world.play("docs/auditor.md", &[], |word| match word {
        "1.1.0 is published" => {
            world.server.set_state(1);
            world.publish(&publisher, "1.1.0");
        }
        other => panic!("nobody knows how {other}"),
    });
}
