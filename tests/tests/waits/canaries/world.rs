//! A home whose every command gets the canaries of its variables, and everything that was printed there.

use std::path::PathBuf;
use std::process::Command;

use pinfold_tests::binary;
use pinfold_tests::client::Client;
use pinfold_tests::scenario::Scenario;
use pinfold_tests::stage::{LABEL, Stage, run_to_end};
use pinfold_tests::terminal::Terminal;
use serde_json::Value;
use tempfile::TempDir;

use super::search::{Search, canary};

/// Variables that hold canaries: a declared secret, a declared address with a password in it, a declared text that is of
/// no closed shape, an undeclared credential, which is withheld, and an undeclared word, which passes.
const DECLARED: &[&str] = &["DEMO_API_KEY", "DEMO_URL", "DEMO_PROFILE"];

/// Where canaries of variables stand.
const PLACES: &[&str] = &["secret", "password", "query", "profile", "withheld", "passed", "entry", "header"];

/// A stage, a folder for temporary files, and what was printed.
pub(crate) struct World {
    pub(crate) stage: Stage,
    search: Search,
    temporary: TempDir,
    said: Vec<(String, Vec<u8>)>,
    /// Folders of other programs of ours.
    more: Vec<PathBuf>,
}

impl World {
    /// Nothing is approved. `places` are further places of canaries, whose digests are looked for, too.
    pub(crate) fn new(scenario: &Scenario, places: &[&str]) -> World {
        let mut stage = Stage::new(scenario);
        let temporary = tempfile::Builder::new().prefix("pinfold-tmp-").tempdir().unwrap();
        stage.variables = [
            ("DEMO_API_KEY", canary("secret")),
            (
                "DEMO_URL",
                format!("https://me:{}@demo.example/a?token={}", canary("password"), canary("query")),
            ),
            ("DEMO_PROFILE", format!("{} and more", canary("profile"))),
            ("DEMO_TOKEN", canary("withheld")),
            ("DEMO_WORD", canary("passed")),
            ("TMPDIR", temporary.path().to_str().unwrap().to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        stage.options = DECLARED.iter().flat_map(|name| ["--env".to_owned(), (*name).to_owned()]).collect();
        let search = Search::new(&[PLACES, places].concat());
        World { stage, search, temporary, said: Vec::new(), more: Vec::new() }
    }

    /// The program with these arguments and all variables.
    pub(crate) fn pinfold(&self, arguments: &[&str]) -> Command {
        let mut command = self.stage.home.pinfold(arguments);
        command.envs(self.stage.variables.iter().cloned());
        command
    }

    /// Runs it without a terminal; gives its exit code, or −1.
    pub(crate) fn run(&mut self, arguments: &[&str]) -> i32 {
        self.run_to_end(arguments, false)
    }

    /// The same for a command that starts a server and passes its standard error on.
    pub(crate) fn run_with_server(&mut self, arguments: &[&str]) -> i32 {
        self.run_to_end(arguments, true)
    }

    fn run_to_end(&mut self, arguments: &[&str], passes_on: bool) -> i32 {
        let mut output = run_to_end(self.pinfold(arguments));
        assert!(output.stdout.len() + output.stderr.len() > 0, "{arguments:?} says something");
        if passes_on {
            output.stderr = without_what_is_passed_on(&String::from_utf8_lossy(&output.stderr));
        }
        self.keep(&format!("{arguments:?}"), [output.stdout, output.stderr].concat());
        output.status.code().unwrap_or(-1)
    }

    /// Runs it at a terminal and says yes to everything, or no.
    pub(crate) fn decide(&mut self, arguments: &[&str], yes: bool) -> String {
        let terminal = Terminal::run(self.pinfold(arguments));
        let outcome = if yes { terminal.approve_all() } else { terminal.refuse_all() };
        self.keep(&format!("{arguments:?} at a terminal"), outcome.screen.into_bytes());
        outcome.text
    }

    /// First use, as a person does it.
    pub(crate) fn approve(&mut self) {
        let client = self.stage.waiting_session();
        self.decide(&["review", LABEL], true);
        self.close("the first use", client);
        assert_eq!(self.stage.status()["exit"], 0, "{:#}", self.stage.status());
    }

    /// Has another folder searched, such as a log's.
    pub(crate) fn search_also(&mut self, folder: PathBuf) {
        assert!(folder.is_dir());
        self.more.push(folder);
    }

    /// Ends a client, and keeps what its gate wrote to standard error.
    pub(crate) fn close(&mut self, what: &str, mut client: Client) {
        client.end_input();
        client.wait_for_exit();
        self.complaints(what, &client);
    }

    /// What a gate wrote to standard error, but for what it passed on.
    pub(crate) fn complaints(&mut self, what: &str, client: &Client) {
        let said = without_what_is_passed_on(&client.complaints());
        self.keep(&format!("standard error of {what}"), said);
    }

    pub(crate) fn keep(&mut self, what: &str, bytes: Vec<u8>) {
        self.said.push((what.to_owned(), bytes));
    }

    /// Fails where a canary stands: below the home and the working folder, in temporary files, in anything printed, or in
    /// the command line of any of its processes. `own` are files of the person's, and the canaries that they may hold.
    #[track_caller]
    pub(crate) fn expect_nothing_stayed(&self, own: &[PathBuf], places: &[&str]) {
        let mut found = Vec::new();
        let folders = [self.stage.home.path(), self.stage.home.work(), self.temporary.path()];
        for folder in folders.into_iter().chain(self.more.iter().map(PathBuf::as_path)) {
            let hits = self.search.find_below(folder);
            let is_own = |hit: &String| {
                own.iter().any(|path| hit.starts_with(&*path.to_string_lossy()))
                    && places.iter().any(|place| hit.contains(&canary(place)))
            };
            found.extend(hits.into_iter().filter(|hit| !is_own(hit)));
        }
        for (what, bytes) in &self.said {
            found.extend(self.search.find(bytes).into_iter().map(|hit| format!("{what}: {hit}")));
        }
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let read = |name| std::fs::read(process.path().join(name)).unwrap_or_default();
            let line = read("cmdline");
            let has = |list: &[u8], word: &[u8]| list.split(|byte| *byte == 0).any(|one| one == word);
            let is_pinfold = line.split(|byte| *byte == 0).next()
                == Some(binary::pinfold().as_os_str().as_encoded_bytes());
            // Other tests run beside this one, with canaries of their own.
            let home = [b"HOME=", self.stage.home.path().as_os_str().as_encoded_bytes()].concat();
            if is_pinfold && has(&read("environ"), &home) {
                found.extend(self.search.find(&line).into_iter().map(|hit| format!("a command line: {hit}")));
            }
        }
        assert!(found.is_empty(), "{} canaries stayed:\n{}", found.len(), found.join("\n"));
        assert!(self.stage.home.store_file().exists(), "there is a store that was searched");
    }

    /// The audit that starts every server once more; it waits long for one that does not answer.
    pub(crate) fn ask_live(&mut self) {
        self.run(&["status", "--live"]);
        self.run(&["status", "--live", "--json"]);
    }

    /// Every other command that tells something, as text and as a document.
    pub(crate) fn ask_everything(&mut self) {
        let fixed = [
            "status",
            "status --json",
            "status demo",
            "status demo --json",
            "status demo turn",
            "status demo turn --json",
            "status --history",
            "status --history --json",
            "doctor",
            "doctor --json",
            "doctor --fix",
            "review",
            "review --json",
            "review demo",
            "review demo --json",
            "review demo --sarif",
            "review --store --json",
            "lock -o out.lock",
            "lock -o out.json.lock --json",
            "policy check",
            "policy explain",
            "policy explain demo --json",
            "protect --dry-run",
            "protect --json",
            "unprotect --json",
            "run --as demo",
            "run --as other -- /no/such/program",
        ];
        for line in fixed {
            self.run(&line.split(' ').collect::<Vec<_>>());
        }
    }

    /// The document of `status`.
    pub(crate) fn status(&self) -> Value {
        self.stage.status()
    }
}

/// Without the canaries that servers write to standard error and as lines that are no message.
fn without_what_is_passed_on(said: &str) -> Vec<u8> {
    let passed_on = ["stderr", "junk"];
    passed_on.iter().fold(said.to_owned(), |said, place| said.replace(&canary(place), "")).into_bytes()
}
