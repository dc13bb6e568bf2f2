//! A client of ours in front of `pinfold run`, for `review LABEL -- CMD…`.
//!
//! The server is started here by an ordinary gate, with this terminal's environment and folder, after the same question
//! and with every word held. What comes on its standard error is not shown: it is foreign and unapproved.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Review;
use crate::exit::Exit;
use crate::home;
use crate::output::{Output, Problem};
use crate::screen::{Mark, Screen};
use crate::waiting::gates;

/// How long the gate gets until it stands in the store: until it waits, or until a server that may start answered.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long gate and server get to end. The gate gives a server four seconds.
const ENDING: Duration = Duration::from_secs(10);
/// How much of the last output on standard error is kept for a failed start.
const KEPT_BYTES: usize = 4096;

type Input = Arc<Mutex<Option<ChildStdin>>>;
type Noise = Arc<Mutex<Vec<u8>>>;

/// The running gate; it ends when this is dropped.
pub(super) struct Client {
    child: Child,
    input: Input,
}

impl Client {
    /// Starts the gate and waits until it stands in the store.
    ///
    /// # Errors
    ///
    /// It ended, or did not report in time.
    pub(super) fn start(
        review: &mut Review,
        command: &[OsString],
        env: &[String],
        output: &mut Output<'_>,
    ) -> Result<Client, Problem> {
        output.note("this starts the command with the environment and folder of this terminal;");
        output.note("a client may give it others, and then it is another launch.");
        let mut child =
            spawn(review.label.as_str(), command, env).map_err(|error| failed(&error.to_string()))?;
        let input: Input = Arc::new(Mutex::new(child.stdin.take()));
        let noise = Noise::default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let answering = Arc::clone(&input);
        let keeping = Arc::clone(&noise);
        std::thread::spawn(move || stdout.map(|stdout| converse(stdout, &answering)));
        std::thread::spawn(move || stderr.map(|stderr| keep_last(stderr, &keeping)));
        let mut client = Client { child, input };
        client.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "pinfold-review", "version": env!("CARGO_PKG_VERSION")}}}));
        client.wait_until_known(review, &noise)?;
        Ok(client)
    }

    fn wait_until_known(&mut self, review: &mut Review, noise: &Noise) -> Result<(), Problem> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && !review.terminal.is_ended() {
            let store = review.store()?;
            let running = gates(&store, &review.label).map_err(|error| home::problem(&error))?;
            if running.iter().any(|gate| gate.process.pid == self.child.id()) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(ended(review, status, noise));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(failed("it did not report to the store in time"))
    }

    fn send(&self, message: &Value) {
        send(&self.input, message);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // End of input ends the gate, and the gate ends the server.
        *self.input.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let deadline = Instant::now() + ENDING;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(label: &str, command: &[OsString], env: &[String]) -> std::io::Result<Child> {
    let mut gate = Command::new(std::env::current_exe()?);
    gate.args(["run", "--as", label]);
    if !env.is_empty() {
        gate.args(["--env", &env.join(",")]);
    }
    gate.arg("--").args(command);
    gate.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Answers what a gate asks of a client, and ends the handshake. Listings are the gate's own affair.
fn converse(stdout: impl Read, input: &Input) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        match (message.get("method").and_then(Value::as_str), message.get("id")) {
            (Some("ping"), Some(id)) => send(input, &json!({"jsonrpc": "2.0", "id": id, "result": {}})),
            (Some(_), Some(id)) => {
                let error = json!({"code": -32601, "message": "this client only looks"});
                send(input, &json!({"jsonrpc": "2.0", "id": id, "error": error}));
            }
            (None, Some(id)) if *id == json!(1) => {
                send(input, &json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
            }
            _ => {}
        }
    }
}

fn send(input: &Input, message: &Value) {
    if let Some(input) = input.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        // A gate that has ended is noticed elsewhere.
        let _ = writeln!(input, "{message}").and_then(|()| input.flush());
    }
}

fn keep_last(mut stderr: impl Read, noise: &Noise) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer) {
        let mut kept = noise.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..count]);
        let surplus = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..surplus);
    }
}

fn ended(review: &mut Review, status: ExitStatus, noise: &Noise) -> Problem {
    // The rest of its output is on the way.
    std::thread::sleep(Duration::from_millis(100));
    let kept = noise.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut screen = Screen::new();
    screen.own("it wrote:");
    screen.foreign(Mark::Plain, String::from_utf8_lossy(&kept).trim_end_matches('\n'));
    let _ = review.terminal.show(&screen);
    failed(&format!("the gate ended ({status})"))
}

fn failed(why: &str) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "START_FAILED",
        format!("the command could not be started here: {}", pinfold_core::text::visible(why)),
        "check the command; `pinfold run` says more when it is called the same way",
    )
}
