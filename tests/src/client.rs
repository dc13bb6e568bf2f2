//! A small client over the standard input and output of a child, which keeps every byte that it got.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::PATIENCE;
use crate::answer::{Line, contains};

/// How long [`Client::until_verified`] waits for a server that may never show what it has.
const LOOK: Duration = Duration::from_secs(3);

/// A client with its server (or gate) behind it. The child is killed when this is dropped.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Line>,
    aside: VecDeque<Line>,
    received: Arc<Mutex<Vec<u8>>>,
    complaints: Arc<Mutex<Vec<u8>>>,
    next_id: u64,
}

impl Client {
    /// Starts the command; nothing is sent.
    pub fn start(command: Command) -> Client {
        Client::start_with(command, Stdio::piped())
    }

    /// The same with a standard error that this client does not read, unless it is piped.
    pub fn start_with(mut command: Command, errors: Stdio) -> Client {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let received: Arc<Mutex<Vec<u8>>> = Arc::default();
        let complaints: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (sender, lines) = channel();
        let output = child.stdout.take().expect("it is piped");
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            loop {
                let mut line = Vec::new();
                if output.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
                    return;
                }
                lock(&kept).extend_from_slice(&line);
                line.pop_if(|last| *last == b'\n');
                if sender.send(Line::read(line)).is_err() {
                    return;
                }
            }
        });
        if let Some(errors) = child.stderr.take() {
            let kept = Arc::clone(&complaints);
            std::thread::spawn(move || keep_all(errors, &kept));
        }
        let input = child.stdin.take();
        Client { child, input, lines, aside: VecDeque::new(), received, complaints, next_id: 0 }
    }

    /// Starts the command and shakes hands as [`Client::shake_hands`] does.
    pub fn connect(command: Command) -> Client {
        let mut client = Client::start(command);
        client.shake_hands();
        client
    }

    /// `initialize` and `notifications/initialized` with version 2025-11-25 and the capabilities roots, elicitation
    /// and sampling. Gives the answer to `initialize`.
    pub fn shake_hands(&mut self) -> Line {
        self.shake_hands_as("2025-11-25", r#"{"roots":{"listChanged":true},"elicitation":{},"sampling":{}}"#)
    }

    /// The same with a version and raw capabilities.
    pub fn shake_hands_as(&mut self, version: &str, capabilities: &str) -> Line {
        let id = self.ask(
            "initialize",
            &format!(
                r#"{{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{{"name":"tester","version":"1"}}}}"#
            ),
        );
        let answer = self.answer_to(id);
        assert!(answer.value.get("result").is_some(), "initialize failed: {}", answer.text());
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        answer
    }

    /// Waits until the gate has looked at what its server says, or will not: it asks for things that no server has, which
    /// a gate refuses by itself once it knows what there is.
    pub fn until_verified(&mut self) {
        let mut asked = vec![self.ask_call("tests_no_such_tool", "")];
        for reference in
            [r#"{"type":"ref/prompt","name":"no such"}"#, r#"{"type":"ref/resource","uri":"no:such"}"#]
        {
            let argument = r#"{"name":"a","value":"b"}"#;
            let parameters = format!(r#"{{"ref":{reference},"argument":{argument}}}"#);
            asked.push(self.ask("completion/complete", &parameters));
        }
        for id in asked {
            self.wait_for(LOOK, |line| line.is_answer() && line.value.get("id") == Some(&id.into()));
        }
    }

    /// Sends a line as it stands.
    pub fn send(&mut self, line: impl AsRef<[u8]>) {
        let input = self.input.as_mut().expect("the input is open");
        // A server that is gone shows by its missing answers.
        let _ =
            input.write_all(line.as_ref()).and_then(|()| input.write_all(b"\n")).and_then(|()| input.flush());
    }

    /// Sends a request with raw parameters (`""` for none) and gives its id.
    pub fn ask(&mut self, method: &str, parameters: &str) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let parameters =
            if parameters.is_empty() { String::new() } else { format!(r#","params":{parameters}"#) };
        self.send(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"{parameters}}}"#));
        id
    }

    /// Waits for the answer to a request; what else comes is put aside.
    pub fn answer_to(&mut self, id: u64) -> Line {
        self.wait(&format!("the answer to {id}"), |line| {
            line.is_answer() && line.value.get("id") == Some(&id.into())
        })
    }

    /// Sends a request and waits for its answer.
    pub fn request(&mut self, method: &str, parameters: &str) -> Line {
        let id = self.ask(method, parameters);
        self.answer_to(id)
    }

    /// Calls a tool with raw arguments (`""` for none).
    pub fn call(&mut self, tool: &str, arguments: &str) -> Line {
        let id = self.ask_call(tool, arguments);
        self.answer_to(id)
    }

    /// The same without waiting; gives the id.
    pub fn ask_call(&mut self, tool: &str, arguments: &str) -> u64 {
        let arguments =
            if arguments.is_empty() { String::new() } else { format!(r#","arguments":{arguments}"#) };
        self.ask("tools/call", &format!(r#"{{"name":{}{arguments}}}"#, serde_json::Value::from(tool)))
    }

    /// The first page of a listing.
    pub fn list(&mut self, method: &str) -> Line {
        let answer = self.request(method, "");
        assert!(answer.value.get("result").is_some(), "{method} failed: {}", answer.text());
        answer
    }

    /// The names of all objects of a listing in order, over all its pages; `uriTemplate` or `uri` where there are no
    /// names.
    pub fn names(&mut self, method: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut parameters = String::new();
        loop {
            let answer = self.request(method, &parameters);
            names.extend(names_in(answer.result()));
            match answer.result().get("nextCursor") {
                None | Some(serde_json::Value::Null) => return names,
                Some(cursor) => parameters = format!(r#"{{"cursor":{cursor}}}"#),
            }
            assert!(names.len() < 100_000, "the listing has no end");
        }
    }

    /// Waits for a notification of this method.
    pub fn notification(&mut self, method: &str) -> Line {
        self.wait(method, |line| line.method() == Some(method) && line.value.get("id").is_none())
    }

    /// Waits for a request of the server's.
    pub fn request_from_server(&mut self, method: &str) -> Line {
        self.wait(method, |line| line.method() == Some(method) && line.value.get("id").is_some())
    }

    /// Answers a request of the server's with a raw result.
    pub fn reply(&mut self, request: &Line, result: &str) {
        let id = &request.value["id"];
        self.send(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#));
    }

    /// Waits until a line fits; others are put aside for later waits.
    pub fn wait(&mut self, what: &str, fits: impl Fn(&Line) -> bool) -> Line {
        match self.wait_for(PATIENCE, fits) {
            Some(line) => line,
            None => panic!("{what} did not come.\n{}", self.account()),
        }
    }

    /// The same with a time limit; `None` when it passed or the output ended.
    pub fn wait_for(&mut self, limit: Duration, fits: impl Fn(&Line) -> bool) -> Option<Line> {
        if let Some(position) = self.aside.iter().position(&fits) {
            return self.aside.remove(position);
        }
        let end = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if fits(&line) => return Some(line),
                Ok(line) => self.aside.push_back(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Takes what came and was not asked for, after `pause`.
    pub fn take_rest(&mut self, pause: Duration) -> Vec<Line> {
        self.wait_for(pause, |_| false);
        self.aside.drain(..).collect()
    }

    /// Lists again and again until `done` says yes to the names, because the gate learns of changes behind.
    pub fn names_until(&mut self, method: &str, done: impl Fn(&[String]) -> bool) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let names = self.names(method);
            if done(&names) {
                return names;
            }
            assert!(Instant::now() < end, "{method} still gives {names:?}.\n{}", self.account());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Every byte received so far.
    pub fn received(&self) -> Vec<u8> {
        lock(&self.received).clone()
    }

    /// Whether `needle` stands anywhere in what was received.
    pub fn has_received(&self, needle: &str) -> bool {
        contains(&lock(&self.received), needle.as_bytes())
    }

    /// What the child wrote to standard error so far.
    pub fn complaints(&self) -> String {
        String::from_utf8_lossy(&lock(&self.complaints)).into_owned()
    }

    /// Waits until standard error contains `needle`.
    pub fn complaint(&self, needle: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let complaints = self.complaints();
            if complaints.contains(needle) {
                return complaints;
            }
            assert!(Instant::now() < end, "standard error never said {needle:?}.\n{}", self.account());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The process id of the child.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Closes the child's input, as a client does that ends.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Waits for the child's end.
    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status;
            }
            assert!(Instant::now() < end, "the child does not end.\n{}", self.account());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the child still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the child can be waited for").is_none()
    }

    /// Closes the input and waits for the end.
    pub fn close(mut self) -> ExitStatus {
        self.end_input();
        self.wait_for_exit()
    }

    /// What was received and complained, for messages.
    pub fn account(&self) -> String {
        let received = lock(&self.received);
        let shown = String::from_utf8_lossy(&received[..received.len().min(20_000)]).into_owned();
        format!("-- received\n{shown}\n-- standard error\n{}", self.complaints())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.input = None;
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn names_in(result: &serde_json::Value) -> Vec<String> {
    let lists = ["tools", "prompts", "resourceTemplates", "resources"];
    let list = lists.iter().find_map(|member| result.get(member)?.as_array());
    let list = list.unwrap_or_else(|| panic!("a listing was expected, not {result}"));
    let name = |object: &serde_json::Value| {
        let members = ["uriTemplate", "uri", "name"];
        members.iter().find_map(|member| object.get(member)?.as_str().map(str::to_owned))
    };
    list.iter().map(|object| name(object).unwrap_or_else(|| panic!("{object} has no name"))).collect()
}

fn keep_all(mut from: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        lock(kept).extend_from_slice(&buffer[..count]);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
