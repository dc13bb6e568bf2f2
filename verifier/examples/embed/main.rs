//! Pinfold's decisions inside another MCP client: pins, policy, a listing, a publisher's release and the time in; a
//! verdict out.
//!
//! Nothing but `main` touches the world. What a client has to keep (decisions, the bytes of what was approved, the marks)
//! it keeps where it likes; what it heard, it gives as the bytes that came. `docs/client-developer.md` walks through this.
#![allow(clippy::disallowed_methods, reason = "an example tells what it found")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::launch::{Launch, ProgramFile};
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, Chain, Decision, Publication, UnixSeconds};
use pinfold_core::surface::{PageError, Received, read_page};
use pinfold_core::volatile::Passed;
use pinfold_verifier::arguments::CallCheck;
use pinfold_verifier::listing::{Approved, Memory, SessionNames, VerifiedObject, judge_listing};
use pinfold_verifier::policy::{Policy, ToolRule};
use pinfold_verifier::release::{Marks, Question, Release, Requirements, Verified, verify};
use pinfold_verifier::trust::Trust;
use pinfold_verifier::update::{Terms, plan};

/// What the server said when a person approved it, as the result of `tools/list` came.
const FIRST: &[u8] = include_bytes!("listing-1.0.0.json");
/// What it says now.
const NOW: &[u8] = include_bytes!("listing-now.json");
/// The release that its publisher made since.
const BUNDLE: &[u8] = include_bytes!("demo-1.1.0.pinfold");
/// Which log and which claim this client's user believes.
const TRUST: &str = include_str!("trust.toml");
/// What this client's user decided about updates.
const POLICY: &str = "version = 1\n[defaults]\nupdates = \"approved-words\"\ndeny = [\"drop_*\"]\n";
/// A year and a day after the release: the client's clock.
const CLOCK: UnixSeconds = UnixSeconds(1_734_992_010);

fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", story()?);
    Ok(())
}

/// First use, then a changed listing with a published update behind it, then a call.
///
/// # Errors
/// What cannot be read or decided.
pub fn story() -> Result<String, Box<dyn Error>> {
    let label = Label::parse("demo").map_err(|error| error.to_string())?;
    let mut told = String::new();
    let mut client = Client::default();
    client.approve(&label, &[FIRST], UnixSeconds(1_700_000_100))?;

    let release = client.release(BUNDLE, CLOCK)?;
    let statement = release.statement();
    told += &format!("verified  {} {}, entry {}\n", statement.name, statement.version, release.index());

    let policy = Policy::parse(POLICY)?;
    let verdict = client.judge(&label, &[NOW], &policy, &release)?;
    for tool in &verdict.offered {
        told += &format!("offered   {}: {}\n", tool.name, tool.why);
    }
    for (name, why) in &verdict.held {
        told += &format!("held      {name}: {why}\n");
    }
    for arguments in [r#"{"query":"tides"}"#, r#"{"query":5}"#, r#"{"query":"tides","depth":2}"#] {
        let answer = match verdict.call("look", arguments.as_bytes()) {
            Ok(()) => "goes to the server".to_owned(),
            Err(reason) => reason,
        };
        told += &format!("call      look {arguments}: {answer}\n");
    }
    let edited = String::from_utf8(BUNDLE.to_vec())?.replacen("notes", "n0tes", 1);
    let refused = client.release(edited.as_bytes(), CLOCK).err().map(|error| error.to_string());
    told += &format!("refused   an edited release: {}\n", refused.unwrap_or_default());
    Ok(told)
}

/// What a client keeps.
#[derive(Default)]
struct Client {
    /// Every decision, checked as it is read; `Chain::append` takes stored ones, `Chain::decide` makes new ones.
    decisions: Chain,
    /// The bytes of what was approved.
    objects: Objects,
    /// What was seen of logs, so that an older state of one is known as such.
    marks: Marks,
    /// Names that the model was given in this session.
    session: SessionNames,
}

/// The bytes of approved objects, by their digests.
#[derive(Default)]
struct Objects(BTreeMap<Digest, Arc<[u8]>>);

impl Memory for Objects {
    fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.0.get(digest).cloned()
    }

    fn was_absent(&self, _: ObjectKind, _: &str) -> bool {
        false
    }
}

/// What becomes of a listing.
struct Verdict {
    offered: Vec<Tool>,
    held: Vec<(String, String)>,
}

/// A tool that the model is given.
struct Tool {
    name: String,
    why: &'static str,
    /// Arguments are checked by what a person approved, also where the server says something newer.
    arguments: CallCheck,
}

impl Client {
    /// A person read what is started and these words, and said yes. How they were asked is the client's affair.
    fn approve(&mut self, label: &Label, pages: &[&[u8]], now: UnixSeconds) -> Result<(), Box<dyn Error>> {
        let received = listing(pages)?;
        let approval = |object: &Received| Approval {
            kind: object.kind,
            name: object.name.clone(),
            digest: object.digest,
            replaces: None,
            rules: Vec::new(),
        };
        let objects = received.iter().map(approval).collect();
        let (launch, claim) = (launch(), Some(first_release(&Trust::parse(TRUST)?)?));
        let mut decide = |decision| self.decisions.decide(decision, now, None);
        // Both give bytes, which the client stores; they are read again by `Chain::append`.
        decide(Decision::LaunchApproved { label: label.clone(), launch, replaces: Vec::new() })?;
        decide(Decision::SurfaceApproved { label: label.clone(), claim, objects })?;
        self.objects.0.extend(received.into_iter().map(|object| (object.digest, object.bytes)));
        Ok(())
    }

    /// A publisher's release, verified by what the user believes.
    fn release(&mut self, bundle: &[u8], now: UnixSeconds) -> Result<Verified<Release>, Box<dyn Error>> {
        let question = Question {
            trust: &Trust::parse(TRUST)?,
            marks: &self.marks,
            requirements: Requirements { fresh: true, newest: true, ..Requirements::default() },
            now,
            expected_name: None,
            pinned: None,
            consistency: None,
        };
        let report = verify(bundle, &question);
        let release =
            report.into_outcome().map_err(|refused| format!("{} ({})", refused.code(), refused.step()))?;
        if let Some(marks) = release.marks() {
            self.marks.apply(marks.clone());
        }
        Ok(release)
    }

    /// What the model may be given of a listing.
    fn judge(
        &mut self,
        label: &Label,
        pages: &[&[u8]],
        policy: &Policy,
        release: &Verified<Release>,
    ) -> Result<Verdict, Box<dyn Error>> {
        let pins = self.decisions.pins().label(label).ok_or("nothing was decided about this server")?;
        let policy = policy.for_label(label);
        let terms = Terms { pins, policy: &policy.updates, memory: &self.objects, others: &[] };
        // What of the release passes by the user's policy stands beside what they approved.
        let approved = Approved::at_start(pins).with_passing(plan(release, &terms).passing());
        let passed = Passed::default();
        let verdict = judge_listing(
            ObjectKind::Tool,
            listing(pages)?,
            &approved,
            &mut self.session,
            &self.objects,
            &passed,
        );
        let (mut offered, mut held) = (Vec::new(), Vec::new());
        for tool in verdict.released {
            let barred = !matches!(policy.tool(tool.name()), ToolRule::Free);
            let decided = approved.state(tool.kind(), tool.name(), &tool.digest());
            match (barred, tool.keeps_words(), decided) {
                (true, ..) => held.push((tool.name().to_owned(), "barred by policy".to_owned())),
                (_, true, _) => offered.push(Tool::new(&tool, "the approved words of a published update")),
                (.., None) => offered.push(Tool::new(&tool, "a published update that adds no power")),
                (.., Some(_)) => offered.push(Tool::new(&tool, "as it was approved")),
            }
        }
        let unseen = verdict.unseen.into_iter();
        held.extend(unseen.map(|tool| (tool.name, "new in a published update, waits".to_owned())));
        held.extend(verdict.held.into_iter().map(|tool| (tool.name, tool.hold.reason.to_string())));
        Ok(Verdict { offered, held })
    }
}

impl Tool {
    fn new(tool: &VerifiedObject, why: &'static str) -> Self {
        // What of a schema cannot be enforced is in the second part: a client shows it when it asks about the tool.
        let (arguments, _) = CallCheck::of(tool);
        Tool { name: tool.name().to_owned(), why, arguments }
    }
}

impl Verdict {
    /// Whether a call may go to the server.
    ///
    /// # Errors
    /// Why not, in words of our own: never in the server's.
    fn call(&self, name: &str, arguments: &[u8]) -> Result<(), String> {
        let tool = self.offered.iter().find(|tool| tool.name == name).ok_or("no such tool")?;
        let check = tool.arguments.check(Some(arguments));
        check.map_err(|fault| format!("refused, {fault} at {}", fault.pointer))
    }
}

/// All pages of `tools/list`, each as its result came.
fn listing(pages: &[&[u8]]) -> Result<Vec<Received>, PageError> {
    let mut objects: Vec<Received> = Vec::new();
    for page in pages {
        let already = objects.len();
        let page = read_page(ObjectKind::Tool, page)?;
        objects.extend(page.objects.into_iter().map(|object| object.with_index_after(already)));
    }
    Ok(objects)
}

/// What this client starts for the server.
fn launch() -> Launch {
    let file = ProgramFile { path: "/opt/demo".into(), file: "/opt/demo".into(), digest: None };
    Launch {
        command: "/opt/demo".into(),
        program: vec![file],
        args: Vec::new(),
        folder: None,
        env: BTreeMap::new(),
        passes: std::collections::BTreeSet::new(),
    }
}

/// The release whose words were approved: a client takes all of it from the verified release.
fn first_release(trust: &Trust) -> Result<Publication, Box<dyn Error>> {
    let claim = trust.claims().next().ok_or("nobody is trusted")?;
    Ok(Publication {
        claim: claim.claim,
        history: claim.history,
        name: "io.github.acme/demo".parse()?,
        origin: claim.log.clone(),
        replaces: None,
        sequence: 1,
        version: "1.0.0".parse()?,
    })
}
