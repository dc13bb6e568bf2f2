//! The programs that are compared: how each is installed, and how its own documents say that a person approves.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::stage::{Stage, describe, run_to_end};

use super::cases::{CHANGED, Case, OTHER, When};
use super::session::{Seen, session};

/// The name of the server in every program's configuration.
const NAME: &str = pinfold_tests::stage::LABEL;

/// One program.
pub(super) struct Peer {
    /// The column's key in the record, and what is named on the command line.
    pub(super) key: &'static str,
    /// What is installed, `NAME==VERSION` of PyPI; nothing for the first two.
    pub(super) package: Option<&'static str>,
    /// What it is set to, as the page says it.
    pub(super) set: &'static str,
    /// The cases that are its business by its own documents; all where there are none.
    only: &'static [&'static str],
    approve: Step,
    accept: Option<Step>,
    look: Look,
}

/// A step before a session: an approval, or the acceptance of a change.
type Step = fn(&Place) -> Result<(), String>;

/// How the program looks at a server.
enum Look {
    /// It stands between client and server.
    Between(fn(&Place) -> Command),
    /// It is run by itself, in CI, and its exit status is its answer: 0 the same, 1 another.
    Beside(fn(&Place) -> Command),
}

/// A scratch home with the server, and where the program lies.
pub(super) struct Place {
    stage: Stage,
    programs: PathBuf,
}

/// Every program, in the order of the page.
pub(super) const PEERS: &[Peer] = &[
    Peer {
        key: "nothing",
        package: None,
        set: "the client alone",
        only: &[],
        approve: |_| Ok(()),
        accept: Some(|_| Ok(())),
        look: Look::Between(|place| place.stage.direct()),
    },
    Peer {
        key: "pinfold",
        package: None,
        set: "`pinfold run`, as it comes",
        only: &[],
        approve: |place| {
            place.stage.approve();
            Ok(())
        },
        accept: Some(|place| {
            // The gate sees the change, and leaves it to a person.
            place.stage.waiting_session().close();
            place.stage.approve_changes();
            Ok(())
        }),
        look: Look::Between(|place| place.stage.gate()),
    },
    Peer {
        key: "mcp-pin",
        package: Some("mcp-pin==0.1.8"),
        set: "`mcp-pin wrap`, as it comes",
        only: &[],
        approve: |place| place.entry().and_then(|()| place.mcp_pin(&[])),
        accept: Some(|place| place.mcp_pin(&["--yes", "--yes-tool", CHANGED])),
        look: Look::Between(|place| {
            place.gate("mcp-pin", &["wrap", "--lock", ".mcp-pin.lock", "--name", NAME, "--"])
        }),
    },
    Peer {
        key: "mcp-hangar",
        package: Some("mcp-hangar==2.34.4"),
        set: "front door, `pin --write`, `new_tools: withhold`",
        only: &[],
        approve: |place| place.hangar_file().and_then(|()| place.hangar_pins()),
        accept: Some(Place::hangar_pins),
        look: Look::Between(|place| place.program("mcp-hangar", &["serve", "--config", "hangar.yaml"])),
    },
    Peer {
        key: "mcp-warden guard",
        package: Some("mcp-warden-cli==2.2.0"),
        set: "`mcp-warden guard --lock`: its gate is for `tools/list_changed`",
        only: &["same", "announced", "silent"],
        approve: Place::warden,
        accept: Some(Place::warden),
        look: Look::Between(|place| place.gate("mcp-warden", &["guard", "--lock", "warden.lock", "--"])),
    },
    Peer {
        key: "mcp-integrity",
        package: Some("mcp-integrity==0.1.1"),
        set: "`--mode enforce` (its default only records)",
        only: &[],
        approve: Place::first_session,
        accept: None,
        look: Look::Between(Place::integrity),
    },
    Peer {
        key: "vex-mcp",
        package: Some("vex-mcp==0.3.0"),
        set: "both tools in `allowed_tools`",
        only: &[],
        approve: |place| place.vex_file().and_then(|()| place.first_session()),
        accept: None,
        look: Look::Between(Place::vex),
    },
    Peer {
        key: "mcp-warden check",
        package: Some("mcp-warden-cli==2.2.0"),
        set: "`mcp-warden check`, in CI",
        only: &[],
        approve: Place::warden,
        accept: Some(Place::warden),
        look: Look::Beside(|place| place.gate("mcp-warden", &["check", "--lock", "warden.lock", "--"])),
    },
    Peer {
        key: "mcplock",
        package: Some("mcplock==1.0.3"),
        set: "`mcplock check --fail-on informational`, in CI",
        only: &[],
        approve: |place| place.mcplock("snapshot"),
        accept: Some(|place| place.mcplock("snapshot")),
        look: Look::Beside(|place| {
            place.program("mcplock", &["check", "--fail-on", "informational", &place.server_line()])
        }),
    },
    Peer {
        key: "mcpdrift",
        package: Some("mcpdrift==0.1.0"),
        set: "`mcpdrift check`, in CI",
        only: &[],
        approve: |place| place.entry().and_then(|()| place.mcpdrift()),
        accept: Some(Place::mcpdrift),
        look: Look::Beside(|place| {
            place.program("mcpdrift", &["check", "--config", ".mcp.json", "--lock", "mcpdrift.json"])
        }),
    },
];

/// What a case showed.
pub(super) enum Outcome {
    Session(Seen),
    Check { code: Option<i32>, said: String },
}

impl Peer {
    /// Installs the package in a folder of its own and gives the folder of its programs.
    ///
    /// # Errors
    /// When Python or the registry cannot do it.
    pub(super) fn install(&self, below: &Path) -> Result<PathBuf, String> {
        let Some(package) = self.package else { return Ok(PathBuf::new()) };
        let folder = below.join(package.split("==").next().unwrap_or(package));
        let programs = folder.join("bin");
        let done = folder.join("installed");
        if std::fs::read_to_string(&done).is_ok_and(|text| text == package) {
            return Ok(programs);
        }
        succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", package];
        succeeds(Command::new(programs.join("pip")).args(pip))?;
        std::fs::write(&done, package).map_err(|error| format!("{}: {error}", done.display()))?;
        Ok(programs)
    }

    /// Whether it stands between client and server.
    pub(super) const fn is_between(&self) -> bool {
        matches!(self.look, Look::Between(_))
    }

    /// Plays one case; `None` where the program has no step that it needs.
    ///
    /// # Errors
    /// When an approval fails.
    pub(super) fn play(&self, case: &Case, programs: &Path) -> Result<Option<Outcome>, String> {
        if !self.only.is_empty() && !self.only.contains(&case.key) {
            return Ok(None);
        }
        let place = Place { stage: Stage::new(&case.scenario()), programs: programs.to_owned() };
        let stage = &place.stage;
        if case.when != When::First {
            (self.approve)(&place)?;
        }
        match case.when {
            When::Before => stage.server.set_state(1),
            When::Back => {
                let Some(accept) = self.accept else { return Ok(None) };
                stage.server.set_state(1);
                accept(&place)?;
                stage.server.set_state(0);
            }
            _ => {}
        }
        match self.look {
            // The change needs a client that calls.
            Look::Beside(_) if matches!(case.when, When::During { .. }) => Ok(None),
            Look::Beside(command) => {
                let output = run_to_end(command(&place));
                Ok(Some(Outcome::Check { code: output.status.code(), said: describe(&output) }))
            }
            Look::Between(command) => {
                if case.when == When::First {
                    self.configured(&place)?;
                }
                Ok(Some(Outcome::Session(session(command(&place), &stage.server, case))))
            }
        }
    }

    /// The files that a program needs even where nothing is approved.
    fn configured(&self, place: &Place) -> Result<(), String> {
        match self.key {
            "mcp-pin" => place.entry(),
            "mcp-hangar" => place.hangar_file(),
            "vex-mcp" => place.vex_file(),
            _ => Ok(()),
        }
    }
}

impl Place {
    /// One of the peer's programs, with the scratch home and in its working folder.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = self.stage.home.command(self.programs.join(name));
        command.args(arguments);
        command
    }

    /// The same, followed by the server's command line.
    fn gate(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = self.program(name, arguments);
        command.args(self.stage.server_command());
        command
    }

    fn server(&self) -> Vec<String> {
        self.stage
            .server_command()
            .iter()
            .map(|part: &OsString| part.to_string_lossy().into_owned())
            .collect()
    }

    fn server_line(&self) -> String {
        self.server().join(" ")
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let file = self.stage.home.work().join(name);
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// A client's file that names the server, as the programs look for it.
    fn entry(&self) -> Result<(), String> {
        let server = self.server();
        let text =
            serde_json::json!({ "mcpServers": { NAME: { "command": server[0], "args": server[1..] } } });
        self.write(".mcp.json", &text.to_string())
    }

    fn mcp_pin(&self, more: &[&str]) -> Result<(), String> {
        let line = ["approve", ".", "--probe", "--no-user-configs", "--no-skills", "--lock", ".mcp-pin.lock"];
        succeeds(self.program("mcp-pin", &line).args(more))
    }

    fn hangar_file(&self) -> Result<(), String> {
        // It starts known interpreters only.
        let server = serde_json::to_string(&self.server()).map_err(|error| error.to_string())?;
        self.write("start.py", &format!("import os\nline = {server}\nos.execv(line[0], line)\n"))?;
        let start = self.stage.home.work().join("start.py");
        let server = format!("[python3, {}]", start.display());
        self.write(
            "hangar.yaml",
            &format!(
                "mcp_servers:\n  {NAME}:\n    mode: subprocess\n    command: {server}\n    tool_projection:\n      \
                 new_tools: withhold\ntool_access:\n  mode: front_door\n\
                 auth:\n  stdio:\n    principal: {{id: local-user, tenant_id: local, roles: [viewer]}}\n"
            ),
        )
    }

    fn hangar_pins(&self) -> Result<(), String> {
        succeeds(&mut self.program("mcp-hangar", &["pin", "--config", "hangar.yaml", "--write"]))
    }

    fn warden(&self) -> Result<(), String> {
        let line = ["pin", "--approve", "--approver", "me@example.org", "--lock", "warden.lock", "--"];
        succeeds(&mut self.gate("mcp-warden", &line))
    }

    fn integrity(&self) -> Command {
        self.gate("mcp-integrity", &["run", "--mode", "enforce", "--name", NAME, "--"])
    }

    fn vex_file(&self) -> Result<(), String> {
        self.write(
            "vex.toml",
            &format!(
                "[server]\nid = \"{NAME}\"\npin_store = \"pins.json\"\n\n[policy]\ndefault_action = \"deny\"\n\
                 allowed_tools = [\"{CHANGED}\", \"{OTHER}\"]\n\n\
                 [audit]\npath = \"vex-audit.log\"\n"
            ),
        )
    }

    fn vex(&self) -> Command {
        let mut command = self.gate("vex-mcp", &[]);
        command.env("VEX_CONFIG", self.stage.home.work().join("vex.toml"));
        command
    }

    /// For programs that pin what they see first.
    fn first_session(&self) -> Result<(), String> {
        let command =
            if self.stage.home.work().join("vex.toml").exists() { self.vex() } else { self.integrity() };
        let same = super::cases::CASES.iter().find(|case| case.when == When::Never);
        let seen = session(command, &self.stage.server, same.ok_or("there is no case without a change")?);
        if seen.shown { Ok(()) } else { Err(format!("the first session showed nothing:\n{}", seen.errors)) }
    }

    fn mcplock(&self, verb: &str) -> Result<(), String> {
        succeeds(&mut self.program("mcplock", &[verb, &self.server_line()]))
    }

    fn mcpdrift(&self) -> Result<(), String> {
        succeeds(
            &mut self.program("mcpdrift", &["snapshot", "--config", ".mcp.json", "--out", "mcpdrift.json"]),
        )
    }
}

/// Runs a step to its end.
fn succeeds(command: &mut Command) -> Result<(), String> {
    command.stdin(std::process::Stdio::null());
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}", describe(&output))) }
}
