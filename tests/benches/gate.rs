//! What the gate costs, beside a direct pipe and a proxy that copies bytes, all in one run.
//!
//! `cargo bench -p pinfold-tests`. Rounds of the three alternate, so that a machine whose speed drifts drifts for all of
//! them; what is printed are medians over rounds. Nothing is asserted about time.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use pinfold_tests::binary;
use pinfold_tests::home::Home;
use pinfold_tests::terminal::Terminal;

const ROUNDS: usize = 7;
const CALLS_A_ROUND: usize = 4_000;
const LISTINGS_A_ROUND: usize = 30;
const STARTS: usize = 15;
/// Calls after which the memory is looked at: a leak grows from one to the next.
const CALLS_FOR_MEMORY: [usize; 3] = [100_000, 500_000, 1_000_000];

/// A session with a server by some way.
struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    id: u64,
    line: Vec<u8>,
}

impl Session {
    fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (to, from) =
            (child.stdin.take().unwrap(), BufReader::with_capacity(1 << 20, child.stdout.take().unwrap()));
        let mut session = Self { child, to, from, id: 0, line: Vec::new() };
        session.ask("initialize", r#"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}"#);
        session.to.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n").unwrap();
        session
    }

    /// Sends one request and waits for its answer.
    fn ask(&mut self, method: &str, params: &str) {
        self.id += 1;
        let request = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"{method}\",\"params\":{params}}}\n",
            self.id
        );
        self.to.write_all(request.as_bytes()).unwrap();
        let expected = format!("\"id\":{},\"result\"", self.id);
        loop {
            self.line.clear();
            assert!(self.from.read_until(b'\n', &mut self.line).unwrap() > 0, "the session ended");
            let start = String::from_utf8_lossy(&self.line[..self.line.len().min(80)]);
            if start.contains(&expected) {
                return;
            }
            assert!(start.contains("\"method\""), "an unexpected answer: {start}");
        }
    }

    fn call(&mut self) {
        self.ask("tools/call", r#"{"name":"tool_1","arguments":{"path":"a/b","limit":5}}"#);
    }

    fn timed(&mut self, count: usize, mut act: impl FnMut(&mut Self)) -> Vec<Duration> {
        let timed = (0..count).map(|_| {
            let began = Instant::now();
            act(self);
            began.elapsed()
        });
        timed.collect()
    }

    fn end(mut self) {
        drop(self.to);
        self.child.wait().unwrap();
    }
}

/// A way to a server of so many tools.
struct Way {
    name: &'static str,
    command: Box<dyn Fn(usize) -> Command>,
}

fn main() {
    let echo = build("pinfold-echo");
    let copy = build("pinfold-copy");
    let home = Home::new();
    for tools in [10, 100, 1000] {
        approve(&home, &echo, tools);
    }
    let ways = [
        Way {
            name: "direct pipe",
            command: {
                let echo = echo.clone();
                Box::new(move |tools| server(&echo, tools))
            },
        },
        Way {
            name: "byte copy",
            command: {
                let (copy, echo) = (copy, echo.clone());
                Box::new(move |tools| {
                    let mut command = Command::new(&copy);
                    command.arg(&echo).arg(tools.to_string());
                    command
                })
            },
        },
        Way { name: "gate", command: Box::new(move |tools| gate(&home, &echo, tools)) },
    ];
    calls(&ways);
    listings(&ways);
    starts(&ways);
    memory(&ways[2]);
    sizes();
}

fn calls(ways: &[Way]) {
    let mut sessions: Vec<Session> = ways.iter().map(|way| Session::start((way.command)(10))).collect();
    for session in &mut sessions {
        session.timed(500, Session::call);
    }
    let mut p50 = vec![Vec::new(); ways.len()];
    let mut p99 = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        for (way, session) in sessions.iter_mut().enumerate() {
            let mut times = session.timed(CALLS_A_ROUND, Session::call);
            times.sort();
            p50[way].push(times[times.len() / 2]);
            p99[way].push(times[times.len() * 99 / 100]);
        }
    }
    println!("== calls");
    println!(
        "| `tools/call`, medians of {ROUNDS} rounds of {CALLS_A_ROUND} | p50 | p99 | over the direct pipe, p50 | p99 |"
    );
    println!("|---|---|---|---|---|");
    for (way, name) in ways.iter().map(|way| way.name).enumerate() {
        let (mid, high) = (micros(median(&mut p50[way])), micros(median(&mut p99[way])));
        let (base_mid, base_high) = (micros(median(&mut p50[0])), micros(median(&mut p99[0])));
        println!(
            "| {name} | {mid:.1} µs | {high:.1} µs | {:+.1} µs ({:.1}x) | {:+.1} µs ({:.1}x) |",
            mid - base_mid,
            mid / base_mid,
            high - base_high,
            high / base_high
        );
    }
    println!();
    sessions.into_iter().for_each(Session::end);
}

fn listings(ways: &[Way]) {
    println!("== listings");
    let names: Vec<&str> = ways.iter().map(|way| way.name).collect();
    println!(
        "| `tools/list`, medians of {ROUNDS} rounds of {LISTINGS_A_ROUND} | {} | gate over the direct pipe |",
        names.join(" | ")
    );
    println!("|---|---|---|---|---|");
    for tools in [10, 100, 1000] {
        let mut sessions: Vec<Session> =
            ways.iter().map(|way| Session::start((way.command)(tools))).collect();
        // A call waits until the server was looked at; before, the gate answers from the pins and walks nothing.
        sessions.iter_mut().for_each(Session::call);
        let mut p50 = vec![Vec::new(); ways.len()];
        for _ in 0..ROUNDS {
            for (way, session) in sessions.iter_mut().enumerate() {
                let mut times = session.timed(LISTINGS_A_ROUND, |session| session.ask("tools/list", "{}"));
                p50[way].push(median(&mut times));
            }
        }
        let times: Vec<f64> = p50.iter_mut().map(|times| micros(median(times)) / 1000.0).collect();
        let cells: String = times.iter().map(|time| format!(" {time:.3} ms |")).collect();
        let over = times[times.len() - 1] - times[0];
        println!("| {tools} tools |{cells} {over:+.3} ms ({:.0} µs a tool) |", over * 1000.0 / tools as f64);
        sessions.into_iter().for_each(Session::end);
    }
    println!();
}

fn starts(ways: &[Way]) {
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..STARTS {
        for (way, times) in ways.iter().zip(&mut times) {
            let began = Instant::now();
            let mut session = Session::start((way.command)(10));
            session.ask("tools/list", "{}");
            times.push(began.elapsed());
            session.end();
        }
    }
    let base = micros(median(&mut times[0])) / 1000.0;
    println!("== starts");
    println!("| start to the first listing, {STARTS} starts | median | over the direct pipe |");
    println!("|---|---|---|");
    for (way, name) in ways.iter().map(|way| way.name).enumerate() {
        let mid = micros(median(&mut times[way])) / 1000.0;
        println!("| {name} | {mid:.1} ms | {:+.1} ms |", mid - base);
    }
    println!();
}

fn memory(gate: &Way) {
    let mut session = Session::start((gate.command)(10));
    session.ask("tools/list", "{}");
    let idle = resident(session.child.id());
    let mut made = 0;
    let after = CALLS_FOR_MEMORY.map(|calls| {
        session.timed(calls - made, Session::call);
        made = calls;
        (calls, resident(session.child.id()))
    });
    session.end();
    println!("== process");
    println!("| the gate's process | |");
    println!("|---|---|");
    println!("| memory, idle | {idle:.1} MB |");
    for (calls, resident) in after {
        println!("| after {calls} calls | {resident:.1} MB |");
    }
}

fn sizes() {
    let size = std::fs::metadata(binary::pinfold()).unwrap().len();
    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let began = Instant::now();
            Command::new(binary::pinfold()).arg("--version").stdout(Stdio::null()).status().unwrap();
            began.elapsed()
        })
        .collect();
    println!("| `pinfold --version` | {:.1} ms |", micros(median(&mut times)) / 1000.0);
    println!("| the program, not stripped | {:.1} MB |", size as f64 / 1e6);
}

/// In MB.
fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

fn server(echo: &PathBuf, tools: usize) -> Command {
    let mut command = Command::new(echo);
    command.arg(tools.to_string());
    command
}

fn gate(home: &Home, echo: &PathBuf, tools: usize) -> Command {
    let label = format!("echo{tools}");
    let mut command = home.pinfold(["run", "--as", &label, "--"]);
    command.arg(echo).arg(tools.to_string());
    command
}

/// Approves the server of so many tools at a terminal: its command, then its words.
fn approve(home: &Home, echo: &PathBuf, tools: usize) {
    let label = format!("echo{tools}");
    let mut waiting = Session::start(gate(home, echo, tools));
    waiting.ask("tools/list", "{}");
    Terminal::run(home.pinfold(["review", &label])).approve_all().expect_code(0);
    waiting.end();
}

fn build(program: &str) -> PathBuf {
    binary::program_of_tests(program)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}
