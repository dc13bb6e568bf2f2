//! The second half of the story: the server's words are published in a log, and the same things happen again with
//! somebody to answer for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::home::Home;
use pinfold_tests::log::TestLog;
use pinfold_tests::stage::run_to_end;
use pinfold_tests::terminal::{Outcome, Terminal};
use serde_json::Value;

use super::cast::{Cast, Release, SIGNED_LABEL};
use super::readme::Transcript;
use super::session::Session;
use super::story::{NOTICE, check, is_in, is_refused, reads_the_note, shown, title, until_something_waits};

/// The name under which the publisher of the story releases.
const NAME: &str = "io.github.acme/files";

/// Plays it: publishing, first use by a bundle, an unpublished update, a published one, refused files, an audit.
pub(super) fn play(cast: &Cast) -> Result<(), String> {
    let log = TestLog::with_witnesses(2, 2);
    let publisher = Publisher::new(cast)?;
    let first = publisher.publish(cast, &log, Release::One)?;
    first_use(cast, &log, &first)?;
    unpublished(cast)?;
    let second = publisher.publish(cast, &log, Release::Two)?;
    published(cast)?;
    refused_files(cast, &first, &second)?;
    audited(cast, &log)
}

/// Who releases the server: a home with a key of its own.
struct Publisher {
    home: Home,
}

impl Publisher {
    fn new(cast: &Cast) -> Result<Self, String> {
        title("6  A publisher, a log and two witnesses");
        let home = Home::new();
        run(cast.pinfold(&home, &["key", "new", "--no-passphrase"]), 0)?;
        println!("   the publisher runs  pinfold key new, and keeps the key");
        Ok(Publisher { home })
    }

    fn publish(&self, cast: &Cast, log: &TestLog, release: Release) -> Result<PathBuf, String> {
        if release == Release::Two {
            title("8  The publisher publishes the new version");
        }
        let version = cast.version(release);
        let policy = log.policy_file();
        let mut line = cast.pinfold(&self.home, &["publish", "--name", NAME, "--version", version, "--yes"]);
        line.arg("--json").arg("--policy").arg(&policy);
        if let Some(tarball) = cast.tarball(release, self.home.work())? {
            line.arg("--artifact").arg(tarball);
        }
        line.arg("--").args(cast.release_command(release));
        let published = run(line, 0)?;
        let tools = &published["release"]["tools"];
        check(tools.as_u64().is_some_and(|tools| tools > 0), "the release has tools")?;
        println!(
            "   the publisher runs  pinfold publish --version {version} -- …: {tools} tools, signed and logged"
        );
        let file = self.home.work().join(format!("files-{version}.pinfold"));
        check(file.is_file(), "the bundle is written")?;
        Ok(file)
    }
}

fn first_use(cast: &Cast, log: &TestLog, bundle: &Path) -> Result<(), String> {
    let policy = log.policy_file();
    let mut trust = cast.narrow(&["policy", "trust"]);
    trust.arg(bundle).arg("--log").arg(&policy);
    let outcome = Terminal::run(trust).approve_all();
    check(outcome.code() == 0, &shown("the publisher is trusted", &outcome))?;
    println!("   a person types      pinfold policy trust, and the challenge for publisher and log");

    cast.install(Release::One)?;
    let mut session = Session::start(cast.signed_client())?;
    session.list_until("nothing unknown is started", |names| names == [NOTICE])?;
    let outcome = until_something_waits(|| {
        let mut review = cast.narrow(&["review", SIGNED_LABEL, "--bundle"]);
        review.arg(bundle);
        Terminal::run(review).approve_all()
    });
    check(outcome.code() == 0, &shown("the first use is done", &outcome))?;
    check(
        outcome.text.matches("to approve, or n to refuse").count() == 2,
        &shown("two questions", &outcome),
    )?;
    println!(
        "   a person types      pinfold review {SIGNED_LABEL} --bundle …, and is asked what is started, and by whom:\n"
    );
    print_between(&outcome.text, "whose words are these?", "A yes approves");
    let command =
        format!("pinfold review {SIGNED_LABEL} --bundle files-{}.pinfold", cast.version(Release::One));
    let pieces = [("whose words are these?", "since"), ("A yes approves", "A yes approves")];
    cast.show(Transcript::pieces("first-use", &command, &outcome.text, &pieces));
    let names = session.list_until("the published tools appear", |names| !is_in(names, NOTICE))?;
    println!("\n   client is offered   {} tools", names.len());
    reads_the_note(cast, &mut session)?;
    session.end().map(|_| ())
}

fn unpublished(cast: &Cast) -> Result<(), String> {
    title("7  The next version appears behind the same command line, and nobody has published it");
    cast.install(Release::Two)?;
    let (changed, class) = cast.changed_tool();
    let mut session = Session::start(cast.signed_client())?;
    let names = session.list_until("the changed tool is held", |names| !is_in(names, changed))?;
    println!("   client is offered   {} tools and {NOTICE}; {changed} is gone", names.len() - 1);
    is_refused(&mut session, changed, Some(class))?;
    reads_the_note(cast, &mut session)?;
    session.end()?;
    let outcome = person(cast, Terminal::refuse_all);
    check(outcome.text.contains("SIG_REQUIRED"), &shown("it is said that nobody published it", &outcome))?;
    println!("   a person types      pinfold review {SIGNED_LABEL}, sees this, and leaves it held:\n");
    print_between(&outcome.text, "SIG_REQUIRED", "A yes makes an exception");
    let command = format!("pinfold review {SIGNED_LABEL}");
    let pieces = [("SIG_REQUIRED", "A yes makes an exception")];
    cast.show(Transcript::pieces("nobodys", &command, &outcome.text, &pieces));
    Ok(())
}

fn published(cast: &Cast) -> Result<(), String> {
    let outcome = person(cast, Terminal::approve_all);
    check(outcome.code() == 0, &shown("one decision, and nothing is left", &outcome))?;
    check(outcome.text.matches("to approve, or n to refuse").count() == 1, &shown("one question", &outcome))?;
    println!(
        "   a person types      pinfold review {SIGNED_LABEL}, is told who published it, and says yes once:\n"
    );
    print_between(&outcome.text, "published: the release below", "package ");
    let command = format!("pinfold review {SIGNED_LABEL}");
    let pieces = [("published: the release below", "since"), ("to approve, or n", "approved.")];
    cast.show(Transcript::pieces("published", &command, &outcome.text, &pieces));
    let (changed, _) = cast.changed_tool();
    let mut session = Session::start(cast.signed_client())?;
    let names =
        session.list_until("all of it works", |names| is_in(names, changed) && !is_in(names, NOTICE))?;
    println!("\n   client is offered   {} tools, {changed} among them", names.len());
    session.end().map(|_| ())
}

fn refused_files(cast: &Cast, first: &Path, second: &Path) -> Result<(), String> {
    title("9  A bundle whose words were edited, and one whose proofs are another release's");
    let read = |bundle: &Path| std::fs::read_to_string(bundle).map_err(|error| error.to_string());
    let (one, two) = (read(first)?, read(second)?);
    let edited = one.replacen("path", "p4th", 1);
    refuses(cast, "edited", &edited, "MANIFEST_MISMATCH")?;
    // Both proofs are good ones, under the same head: of the other release.
    let of_one = renewed(cast, &one)?;
    let mut moved = two.clone();
    for member in ["\"first\":", "\"proof\":"] {
        moved = moved.replacen(last_text(&two, member)?, last_text(&of_one, member)?, 1);
    }
    check(moved != two, "the proofs differ")?;
    refuses(cast, "moved", &moved, "LOG_ENTRY_MISMATCH")
}

/// A bundle with proofs under the newest head, as another person would get them who trusts the same.
fn renewed(cast: &Cast, bundle: &str) -> Result<String, String> {
    let other = Home::new();
    let (trust, file) = (".config/pinfold/trust.toml", other.work().join("first.pinfold"));
    let make = |path: &Path| path.parent().map_or(Ok(()), std::fs::create_dir_all);
    make(&other.path().join(trust))
        .and_then(|()| std::fs::copy(cast.home.path().join(trust), other.path().join(trust)))
        .and_then(|_| std::fs::write(&file, bundle))
        .map_err(|error| format!("another home: {error}"))?;
    let mut line = cast.pinfold(&other, &["verify", "--refresh", "--json"]);
    line.arg(&file);
    run(line, 0)?;
    std::fs::read_to_string(&file).map_err(|error| format!("a bundle: {error}"))
}

fn refuses(cast: &Cast, name: &str, bundle: &str, code: &str) -> Result<(), String> {
    let file = cast.home.work().join(format!("{name}.pinfold"));
    std::fs::write(&file, bundle).map_err(|error| format!("a bundle: {error}"))?;
    let mut line = cast.pinfold(&cast.home, &["verify", "--json"]);
    line.arg(&file);
    let document = run(line, 1)?;
    let found = document["error"]["code"].as_str().unwrap_or_default();
    check(found == code, &format!("{name}.pinfold is refused with {code}, not {found}"))?;
    println!("   pinfold verify      {name}.pinfold: refused, {found}");
    println!("                       {}", document["error"]["message"].as_str().unwrap_or_default());
    Ok(())
}

fn audited(cast: &Cast, log: &TestLog) -> Result<(), String> {
    title("10  An auditor who trusts nobody replays the log");
    let auditor = Home::new();
    let policy = log.policy_file();
    let mut line = cast.pinfold(&auditor, &["log", "audit", &log.url(), "--json", "--policy"]);
    line.arg(&policy);
    let document = run(line, 0)?;
    let sentence = document["sentence"].as_str().unwrap_or_default();
    println!("   pinfold log audit   {sentence}");
    let mut line =
        cast.pinfold(&auditor, &["log", "history", NAME, "--json", "--log", &log.url(), "--policy"]);
    line.arg(&policy);
    let document = run(line, 0)?;
    let releases = document["entries"].as_array().map(Vec::len).unwrap_or_default();
    check(releases == 2, &format!("both releases are in the history: {document}"))?;
    println!("   pinfold log history {NAME}: {releases} releases, each with its proof");
    Ok(())
}

/// The text of a member of a bundle's own level: the last of its name, for entries inside have none of these.
fn last_text<'t>(bundle: &'t str, member: &str) -> Result<&'t str, String> {
    let start = bundle.rfind(member).ok_or_else(|| format!("a bundle without {member}"))? + member.len();
    let end = bundle[start + 1..].find('"').ok_or("a text without end")? + start + 2;
    Ok(&bundle[start..end])
}

/// Runs a command without a terminal and reads its document; fails unless it ends with `code`.
fn run(command: Command, code: i32) -> Result<Value, String> {
    let output = run_to_end(command);
    let text = String::from_utf8_lossy(&output.stdout);
    if output.status.code() != Some(code) {
        return Err(format!(
            "exit code {:?}: {text}{}",
            output.status.code(),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn person(cast: &Cast, answers: fn(Terminal) -> Outcome) -> Outcome {
    until_something_waits(|| answers(Terminal::run(cast.narrow(&["review", SIGNED_LABEL]))))
}

/// The lines of a page from the one that has `from` to the one that has `to`, both included.
fn print_between(text: &str, from: &str, to: &str) {
    let mut lines = text.lines().skip_while(|line| !line.contains(from));
    for line in lines.by_ref() {
        if !line.is_empty() {
            println!("      {line}");
        }
        if line.contains(to) {
            break;
        }
    }
}
