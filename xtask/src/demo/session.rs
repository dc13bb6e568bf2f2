//! The demo's end of a client session: JSON commands to the client's process, JSON answers from it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long the client may take to see a change.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running client, which holds a session with the gate.
pub(super) struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What a call came to.
pub(super) struct Called {
    pub(super) text: String,
    pub(super) refused: bool,
    pub(super) reason: Option<String>,
}

impl Session {
    pub(super) fn start(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("the client does not start: {e}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = BufReader::new(output.ok_or("the client has no output")?);
        Ok(Self { child, input, output })
    }

    /// The names of the tools that the client is offered.
    pub(super) fn list(&mut self) -> Result<Vec<String>, String> {
        let answer = self.ask(&json!({"do": "list"}))?;
        let names = answer["tools"].as_array().ok_or("the client lists nothing")?;
        Ok(names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
    }

    /// Lists until `done` says yes: the gate learns of a change a moment after it happened.
    pub(super) fn list_until(
        &mut self,
        what: &str,
        done: impl Fn(&[String]) -> bool,
    ) -> Result<Vec<String>, String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let names = self.list()?;
            if done(&names) {
                return Ok(names);
            }
            if Instant::now() > end {
                return Err(format!("{what}; the client is still offered {}", names.join(", ")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(super) fn call(&mut self, name: &str, arguments: &Value) -> Result<Called, String> {
        let answer = self.ask(&json!({"do": "call", "name": name, "arguments": arguments}))?;
        Ok(Called {
            text: answer["text"].as_str().unwrap_or_default().to_owned(),
            refused: answer["refused"] == true,
            reason: answer["reason"].as_str().map(str::to_owned),
        })
    }

    /// Ends the session and gives everything that the client received in it.
    pub(super) fn end(mut self) -> Result<String, String> {
        let answer = self.ask(&json!({"do": "received"}))?;
        let received = answer["received"].as_str().unwrap_or_default().to_owned();
        self.input = None;
        let end = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().map_err(|e| format!("the client cannot be waited for: {e}"))? {
                Some(status) if status.success() => return Ok(received),
                Some(status) => return Err(format!("the client ended with {status}")),
                None if Instant::now() > end => return Err("the client does not end".to_owned()),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    fn ask(&mut self, command: &Value) -> Result<Value, String> {
        let input = self.input.as_mut().ok_or("the session is over")?;
        writeln!(input, "{command}")
            .and_then(|()| input.flush())
            .map_err(|e| format!("the client is gone: {e}"))?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|e| format!("the client's answer: {e}"))?;
        serde_json::from_str(&line).map_err(|_| format!("the client gave no answer to {command}: {line}"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.input = None;
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
