//! Whoever is killed, nothing that Pinfold started outlives the session, and nothing that was approved is lost.
#![allow(clippy::unwrap_used)]

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pinfold_tests::binary;
use pinfold_tests::scenario::{Scenario, Step, tool};
use pinfold_tests::stage::{Stage, is_alive};
use rustix::process::{Pid, Signal, kill_process};

/// Kills in all, and how many go on side by side: most of a round is waiting for grace periods.
const ROUNDS: u64 = 50;
const LANES: u64 = 5;

/// The start of the random numbers, so that a failure can be repeated; `KILL_SEED` is another one.
const SEED: u64 = 0x70696e_666f6c64;

/// The longest that a tree may take to end: grace after end of input, grace after SIGTERM, and a busy machine.
const TREE_ENDS: Duration = Duration::from_secs(20);

#[test]
fn no_orphan_outlives_a_killed_gate() {
    let lanes: Vec<_> = (0..LANES).map(|lane| std::thread::spawn(move || kills(lane))).collect();
    let killed: Vec<Victim> = lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect();
    assert_eq!(killed.len() as u64, ROUNDS);
    for victim in [Victim::Gate, Victim::Guardian, Victim::Server, Victim::Client] {
        let times = killed.iter().filter(|killed| **killed == victim).count();
        println!("{victim:?} killed {times} times");
        assert!(times > 0, "{victim:?} was never killed: choose another seed");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Gate,
    Guardian,
    Server,
    Client,
}

/// One lane: a home of its own, a server that leaves a stubborn process behind, and kills at random moments.
fn kills(lane: u64) -> Vec<Victim> {
    let scenario = Scenario::of_tools(&[tool("look", "Look at one thing.")])
        .on("initialize", [Step::Grandchild { holds_output: false }]);
    let stage = Stage::approved(&scenario);
    stage.server.expect_nothing_alive();
    let approved = stage.status();
    let seed = std::env::var("KILL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED);
    let mut random = seed ^ (lane + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut killed = Vec::new();
    for round in 0..ROUNDS / LANES {
        let victim = [Victim::Gate, Victim::Guardian, Victim::Server, Victim::Client]
            [(next(&mut random) % 4) as usize];
        let delay = Duration::from_millis(next(&mut random) % 250);
        let mut session = Session::start(&stage);
        std::thread::sleep(delay);
        let family = session.family();
        // What was chosen may not be there yet so early: then the gate is.
        let (victim, pid) = family.of(victim).map_or((Victim::Gate, family.gate), |pid| (victim, pid));
        kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL).unwrap();
        session.expect_end(
            &stage,
            &family,
            &format!("lane {lane}, round {round}: {victim:?} after {delay:?}"),
        );
        killed.push(victim);
    }
    assert_eq!(stage.status()["objects"], approved["objects"], "what was approved is approved");
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), ["look"], "and passes");
    client.close();
    stage.server.expect_nothing_alive();
    killed
}

/// A client's process, and behind it a gate with its server.
struct Session {
    client: Child,
    /// Held open: the client goes on until it is killed.
    _to_client: std::process::ChildStdin,
}

/// Who is there.
#[derive(Debug)]
struct Family {
    client: u32,
    gate: u32,
    guardian: Option<u32>,
    server: Option<u32>,
}

impl Family {
    fn of(&self, victim: Victim) -> Option<u32> {
        match victim {
            Victim::Gate => Some(self.gate),
            Victim::Guardian => self.guardian,
            Victim::Server => self.server,
            Victim::Client => Some(self.client),
        }
    }

    fn pids(&self) -> impl Iterator<Item = u32> {
        [Some(self.gate), self.guardian, self.server].into_iter().flatten()
    }
}

impl Session {
    /// A client that is a process of its own: it copies what the test says to the gate, and dies like any other.
    fn start(stage: &Stage) -> Self {
        let gate = stage.gate();
        let mut client = stage.home.command(binary::program_of_tests("pinfold-copy"));
        client.arg(gate.get_program()).args(gate.get_args());
        client.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut client = client.spawn().unwrap();
        let mut to_client = client.stdin.take().unwrap();
        let hello = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;
        let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        std::io::Write::write_all(&mut to_client, format!("{hello}\n{ready}\n{list}\n").as_bytes()).unwrap();
        Self { client, _to_client: to_client }
    }

    fn family(&self) -> Family {
        let client = self.client.id();
        let began = Instant::now();
        loop {
            if let Some(gate) = children(client).first().copied() {
                let guardian = children(gate).into_iter().find(|pid| arguments(*pid).contains("__guardian"));
                let server = guardian.and_then(|guardian| children(guardian).first().copied());
                return Family { client, gate, guardian, server };
            }
            assert!(began.elapsed() < Duration::from_secs(10), "the client has started no gate");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Nothing that this session started is alive any more.
    fn expect_end(&mut self, stage: &Stage, family: &Family, what: &str) {
        let began = Instant::now();
        loop {
            let left: Vec<u32> =
                family.pids().chain(stage.server.alive()).filter(|pid| is_alive(*pid)).collect();
            if left.is_empty() {
                break;
            }
            if began.elapsed() > TREE_ENDS {
                let names: Vec<String> =
                    left.iter().map(|pid| format!("{pid} {}", arguments(*pid))).collect();
                panic!("{what}: outlived by {names:?} of {family:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.client.kill();
        self.client.wait().unwrap();
    }
}

#[test]
fn a_guardian_called_by_hand_starts_nothing() {
    let mark = tempfile::tempdir().unwrap();
    let file = mark.path().join("started");
    let command = encoded_command("/usr/bin/touch", file.to_str().unwrap());

    let mut by_hand = Command::new(binary::pinfold());
    by_hand.args(["__guardian", "/usr/bin/touch", file.to_str().unwrap()]);
    let mut child = by_hand.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = std::io::Write::write_all(child.stdin.as_mut().unwrap(), &command);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));

    // A socket like the gate's, from a parent that is another program.
    let (ours, theirs) = UnixStream::pair().unwrap();
    let _ = std::io::Write::write_all(&mut &ours, &command);
    let mut from_us = Command::new(binary::pinfold());
    from_us.arg("__guardian").stdin(Stdio::from(OwnedFd::from(theirs))).stderr(Stdio::null());
    assert_eq!(from_us.status().unwrap().code(), Some(2));
    assert!(!file.exists(), "nothing was started");
}

/// What a gate would send, as far as a stranger can know it.
fn encoded_command(program: &str, argument: &str) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
    let count = |count: u32| count.to_be_bytes().to_vec();
    let body = [text(program), text("/"), text(program), count(1), text(argument), count(0)].concat();
    [&(body.len() as u32).to_be_bytes()[..], &body].concat()
}

/// The children of a process, read from `/proc`.
fn children(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent) && is_alive(*pid)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn arguments(pid: u32) -> String {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

/// The next random number (xorshift64).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// A gate with a timer running (a renewal is due after each call) sleeps until then.
#[test]
fn a_gate_that_waits_sleeps() {
    let stage = Stage::approved(&Scenario::of_tools(&[tool("look", "Look at one thing.")]));
    let mut client = stage.session();
    client.names("tools/list");
    assert!(!client.call("look", "").is_refusal());
    let before = wake_ups(client.pid());
    std::thread::sleep(Duration::from_secs(3));
    let woken = wake_ups(client.pid()) - before;
    assert!(woken < 300, "a gate with nothing to do woke up {woken} times in three seconds");
    client.close();
}

/// How often the threads of a process gave up the processor, and thus were woken again.
fn wake_ups(pid: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let status = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("status")).ok());
    let count = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    };
    status.filter_map(count).sum()
}
