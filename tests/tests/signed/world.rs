//! A scripted server, a log in memory, and a person who trusts its publisher.

use pinfold_core::entry::Entry;
use pinfold_core::manifest::Manifest;
use pinfold_tests::scenario::{Listing, Scenario, tool};
use pinfold_tests::stage::{LABEL, Stage};
use pinfold_tests::terminal::{Outcome, Terminal};
use serde_json::Value;

use crate::lying_log::{Answers, Served, answers, now, with_bundle};
use crate::tiny_log::{Publisher, TinyLog, manifest_of};

pub(crate) const NAME: &str = "io.github.acme/files";
pub(crate) const NOBODYS: &str = "SIG_REQUIRED";

/// What the server says, generation by generation; each is what a release may say.
pub(crate) fn says(generation: usize) -> Vec<String> {
    match generation {
        0 => vec![tool("look", "Look."), tool("read", "Read.")],
        _ => vec![tool("look", "Look twice."), tool("read", "Read.")],
    }
}

/// A scripted server, a log, and the releases that were published in it.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) log: TinyLog,
    pub(crate) publisher: Publisher,
    pub(crate) releases: Vec<(Entry, Manifest, u64)>,
}

impl World {
    /// Nothing is published yet but the claim, which is trusted.
    pub(crate) fn new() -> World {
        World::saying(&[says(0), says(1)])
    }

    /// The same with a server that says these tools, generation by generation.
    pub(crate) fn saying(generations: &[Vec<String>]) -> World {
        let (first, others) = generations.split_first().expect("a server says something");
        let listing =
            others.iter().fold(Listing::of("tools", first), |listing, said| listing.then("tools", said));
        let stage = Stage::new(&Scenario::of_tools::<&str>(&[]).listing("tools/list", listing));
        let mut log = TinyLog::new("log.example", 2, 2);
        let publisher = Publisher::claim(&mut log, "io.github.acme", "acme");
        let world = World { stage, log, publisher, releases: Vec::new() };
        world.trust("http://127.0.0.1:9");
        world
    }

    pub(crate) fn trust(&self, url: &str) {
        self.trust_claim(url, &self.publisher.claim_id().to_string());
    }

    pub(crate) fn trust_claim(&self, url: &str, claim: &str) {
        let policy = self.log.policy();
        let text = format!(
            "version = 1\n[[log]]\norigin = \"log.example\"\nurl = \"{url}\"\npolicy = \"\"\"\n{policy}\"\"\"\n\
             [[claim]]\nnamespace = \"io.github.acme\"\nlog = \"log.example\"\nclaim = \"{claim}\"\n"
        );
        let file = self.stage.home.path().join(".config/pinfold/trust.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Publishes these tools as the next release of the name, witnessed this many seconds ago; the number of the release.
    pub(crate) fn publish_of(&mut self, name: &str, tools: &[String], seconds_ago: u64) -> usize {
        let manifest = manifest_of(name, &format!("1.{}.0", self.releases.len()), tools);
        let previous = self.releases.iter().rev().find(|(_, before, _)| before.name() == manifest.name());
        let entry = self.publisher.release(&manifest, previous.map(|(entry, _, _)| entry));
        let index = self.log.submit(&entry);
        self.log.publish(now() - seconds_ago);
        self.releases.push((entry, manifest, index));
        self.releases.len() - 1
    }

    pub(crate) fn publish(&mut self, tools: &[String]) -> usize {
        self.publish_of(NAME, tools, 60)
    }

    /// The bundle of a release under the newest head; the path is relative to the working folder.
    pub(crate) fn bundle(&self, release: usize) -> String {
        let (_, manifest, index) = &self.releases[release];
        self.write(&format!("r{release}"), &self.log.bundle(*index, manifest.as_bytes()))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let file = format!("{name}.pinfold");
        std::fs::write(self.stage.home.work().join(&file), bytes).unwrap();
        file
    }

    /// Serves the newest head and all releases over loopback, and lets the trust file say so.
    pub(crate) fn serve(&self) -> Served {
        let served = Served::new(self.answers());
        self.trust(&served.url);
        served
    }

    pub(crate) fn answers(&self) -> Answers {
        let head = self.log.heads.len() - 1;
        let mut all = answers(&self.log, head, &[NAME]);
        for (_, manifest, index) in &self.releases {
            all = with_bundle(all, &self.log, *index, head);
            let digest = manifest.digest().to_string();
            let hex = digest.trim_start_matches("sha256:").to_owned();
            all.insert(format!("/manifest/{hex}"), manifest.as_bytes().to_vec());
        }
        all
    }

    pub(crate) fn review(&self, arguments: &[&str]) -> Terminal {
        Terminal::run(self.stage.home.pinfold([&["review", LABEL], arguments].concat()))
    }

    /// First use by the bundle of a release, while a client waits.
    pub(crate) fn first_use(&self, release: usize) -> Outcome {
        let client = self.stage.waiting_session();
        let outcome = self.review(&["--bundle", &self.bundle(release)]).approve_all();
        client.close();
        outcome
    }

    /// The server says the next generation, and a client has seen that it is held.
    pub(crate) fn change(&self) {
        self.stage.server.set_state(1);
        let mut client = self.stage.session();
        let names = client.names_until("tools/list", |names| !names.contains(&"look".to_owned()));
        assert!(names.contains(&"read".to_owned()), "{names:?}");
        client.close();
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.stage.status_of(&[&["review", LABEL, "--json"], arguments].concat())
    }

    /// A review with this file is refused with this code and changes nothing.
    #[track_caller]
    pub(crate) fn refuses(&self, file: &str, code: &str) {
        let document = self.json(&["--bundle", file]);
        assert_eq!(document["error"]["code"], code, "{document:#}");
        let hint = document["error"]["hint"].as_str().unwrap_or_default();
        assert!(!hint.is_empty(), "{code} says what to do: {document:#}");
        let outcome = self.review(&["--bundle", file]).approve_all();
        assert_eq!(outcome.code(), 1, "{}", outcome.text);
        assert!(!outcome.text.contains("approved."), "{}", outcome.text);
    }
}
