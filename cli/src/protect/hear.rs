//! Hearing many servers at once: bounded, with progress, and without a word of theirs on the terminal.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use pinfold_clients::Greeting;
use pinfold_gate::guardian::{Command, GRACE_AFTER_TERM, end_descendants};

use crate::capture::{CaptureRefusal, Interrupts, Today, hear_twice, in_another_zone};

/// Servers that are heard at one time. A start of `npx` or `uvx` keeps a core and the network busy.
const AT_ONCE: usize = 4;
/// How often a person is told what is still waited for.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How much of the servers' last words on standard error is looked at, in bytes.
const KEPT_NOISE_BYTES: usize = 256 << 10;

/// A server to be heard.
pub(crate) struct Job {
    /// How progress calls it.
    pub(crate) label: String,
    /// The resolved command, with secrets.
    pub(crate) command: Command,
    /// The registry package that a launcher would fetch: two fetches of one package disturb each other.
    pub(crate) package: Option<String>,
    /// Its entry says in which time zone it runs.
    pub(crate) has_zone: bool,
    /// How its clients greet it, as far as that is known.
    pub(crate) greetings: BTreeSet<Greeting>,
}

/// Jobs that are done one after the other, each with its place.
type Turn = Vec<(usize, Job)>;

/// What came of a job.
pub(crate) struct Heard {
    pub(crate) today: Result<Today, CaptureRefusal>,
    pub(crate) took: Duration,
}

/// What a person is told meanwhile.
pub(crate) enum Progress<'a> {
    /// One is done.
    Done(&'a str, &'a Heard),
    /// These take their time.
    Waiting(&'a [String]),
}

/// Starts every server twice at least and gives what they said, in the order of the jobs. What they wrote on standard
/// error comes back too, its end: it is foreign and is looked at, never printed.
///
/// # Errors
/// Standard error cannot be set aside; then nothing was started.
pub(crate) fn hear_all(
    jobs: Vec<Job>,
    interrupts: &Interrupts,
    mut tell: impl FnMut(Progress<'_>),
) -> io::Result<(Vec<Heard>, String)> {
    let noise = SetAside::standard_error()?;
    let count = jobs.len();
    let mut waiting: BTreeMap<usize, String> =
        jobs.iter().enumerate().map(|(index, job)| (index, job.label.clone())).collect();
    let queue = Mutex::new(in_turns(jobs));
    let (done, results) = mpsc::channel();
    let mut heard: Vec<Option<Heard>> = (0..count).map(|_| None).collect();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(count) {
            let (done, queue) = (done.clone(), &queue);
            scope.spawn(move || {
                // A function of its own: the lock must not be held while a server is heard.
                while let Some(turn) = next(queue) {
                    for (index, job) in turn {
                        let began = Instant::now();
                        let elsewhere = in_another_zone(&job.command, job.has_zone);
                        let today = hear_twice(&job.command, &elsewhere, &job.greetings, interrupts);
                        let _ = done.send((index, Heard { today, took: began.elapsed() }));
                    }
                }
            });
        }
        drop(done);
        loop {
            match results.recv_timeout(TELL_EVERY) {
                Ok((index, one)) => {
                    let label = waiting.remove(&index).unwrap_or_default();
                    tell(Progress::Done(&label, &one));
                    heard[index] = Some(one);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    tell(Progress::Waiting(&waiting.values().cloned().collect::<Vec<_>>()));
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    // Guardians end their servers; where one was killed meanwhile, what it watched is ours.
    end_descendants(GRACE_AFTER_TERM);
    let interrupted = || Heard { today: Err(CaptureRefusal::Interrupted), took: Duration::ZERO };
    Ok((heard.into_iter().map(|one| one.unwrap_or_else(interrupted)).collect(), noise.text()))
}

fn next(queue: &Mutex<VecDeque<Turn>>) -> Option<Turn> {
    lock(queue).pop_front()
}

/// Jobs of one package come one after the other.
fn in_turns(jobs: Vec<Job>) -> VecDeque<Turn> {
    let mut turns: VecDeque<Turn> = VecDeque::new();
    for (index, job) in jobs.into_iter().enumerate() {
        let same = |turn: &&mut Turn| {
            job.package.is_some() && turn.first().is_some_and(|(_, other)| other.package == job.package)
        };
        match turns.iter_mut().find(same) {
            Some(turn) => turn.push((index, job)),
            None => turns.push_back(vec![(index, job)]),
        }
    }
    turns
}

/// Standard error, led into memory for as long as this lives: servers inherit it.
struct SetAside {
    before: OwnedFd,
    kept: Arc<Mutex<Vec<u8>>>,
}

impl SetAside {
    fn standard_error() -> io::Result<SetAside> {
        let before = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?;
        let (mut reader, writer) = io::pipe()?;
        rustix::stdio::dup2_stderr(&writer)?;
        drop(writer);
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keeping = Arc::clone(&kept);
        // It ends with the last process that holds the other end; nobody waits for it.
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut kept = lock(&keeping);
                kept.extend_from_slice(&buffer[..count]);
                let surplus = kept.len().saturating_sub(KEPT_NOISE_BYTES);
                kept.drain(..surplus);
            }
        });
        Ok(SetAside { before, kept })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.kept)).into_owned()
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        // With no standard error left there is nothing to say it on.
        let _ = rustix::stdio::dup2_stderr(&self.before);
    }
}

/// Whether a launcher complained that its registry does not know a package.
///
/// `npm error 404 Not Found - GET https://registry.npmjs.org/@a%2fb`, `Because b was not found in the package registry`.
pub(crate) fn is_unknown_to_registry(noise: &str, package: &str) -> bool {
    let package = package.to_ascii_lowercase();
    let spellings = [package.clone(), package.replace('/', "%2f"), package.replace('_', "-")];
    noise.lines().map(str::to_ascii_lowercase).any(|line| {
        let is_about_it = line.contains("404") || line.contains("not found in the package registry");
        is_about_it && spellings.iter().any(|name| has_word(&line, name))
    })
}

/// Why npm fetched nothing, in its own code, if that is one of those that people meet; no other word of the noise.
pub(crate) fn npm_error(noise: &str) -> Option<&'static str> {
    const KNOWN: &[&str] = &[
        "E401",
        "E403",
        "E429",
        "EACCES",
        "EAI_AGAIN",
        "EBADENGINE",
        "EBADPLATFORM",
        "ECONNREFUSED",
        "ECONNRESET",
        "ENOSPC",
        "ENOTCACHED",
        "ENOTFOUND",
        "ETARGET",
        "ETIMEDOUT",
        "CERT_HAS_EXPIRED",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ];
    let code = |line: &str| {
        let said = line.strip_prefix("npm error code ").or_else(|| line.strip_prefix("npm ERR! code "))?;
        KNOWN.iter().find(|known| **known == said.trim()).copied()
    };
    noise.lines().find_map(code)
}

/// Whether a line has a name that no longer name goes on from.
fn has_word(line: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_launchers_say_of_packages_that_nobody_published() {
        let npm = "npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/jwt-mcp-server - Not found";
        assert!(is_unknown_to_registry(npm, "jwt-mcp-server"));
        assert!(!is_unknown_to_registry(npm, "mcp-server"));
        assert!(!is_unknown_to_registry(npm, "jwt-mcp"));
        let scoped = "npm ERR! 404 Not Found - GET https://registry.npmjs.org/@Nobody%2fmcp - Not found";
        assert!(is_unknown_to_registry(scoped, "@nobody/mcp"));
        let uv =
            "  Because mcp-nothing was not found in the package registry and you require mcp-nothing, we can";
        assert!(is_unknown_to_registry(uv, "mcp_nothing"));
        assert!(!is_unknown_to_registry("GET /mcp-nothing 200", "mcp-nothing"));
    }

    #[test]
    fn of_what_npm_says_its_code_is_told_and_nothing_else() {
        let noise = "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error errno SELF_SIGNED_CERT_IN_CHAIN";
        assert_eq!(npm_error(noise), Some("SELF_SIGNED_CERT_IN_CHAIN"));
        assert_eq!(npm_error("npm ERR! code ETARGET\n"), Some("ETARGET"));
        assert_eq!(npm_error("npm error code APPROVE_ME\nnpm error code"), None);
        assert_eq!(npm_error("the npm error code ETARGET"), None);
    }

    #[test]
    fn one_package_is_not_fetched_twice_at_one_time() {
        let job = |label: &str, package: Option<&str>| Job {
            label: label.to_owned(),
            command: Command {
                program: "/bin/true".into(),
                name: "true".into(),
                args: Vec::new(),
                env: Vec::new(),
                folder: "/".into(),
            },
            package: package.map(str::to_owned),
            has_zone: false,
            greetings: BTreeSet::new(),
        };
        let turns = in_turns(vec![job("a", Some("p")), job("b", None), job("c", Some("p")), job("d", None)]);
        let labels: Vec<Vec<&str>> =
            turns.iter().map(|turn| turn.iter().map(|(_, job)| job.label.as_str()).collect()).collect();
        assert_eq!(labels, [vec!["a", "c"], vec!["b"], vec!["d"]]);
    }
}
