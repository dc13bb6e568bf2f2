//! Stands between a client and its server, changes nothing, and writes down each line of both directions.
//!
//! `pinfold-tee FILE COMMAND ARGUMENTS…`: lines of the client go to FILE after `> `, lines of the server after `< `.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: pinfold-tee FILE COMMAND ARGUMENTS…");
        return ExitCode::from(2);
    };
    let log = Arc::new(Mutex::new(File::create(file).expect("the log can be written")));
    let mut command = Command::new(program);
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let input = child.stdin.take().expect("it is piped");
    let output = child.stdout.take().expect("it is piped");
    let kept = Arc::clone(&log);
    std::thread::spawn(move || copy(std::io::stdin(), input, "> ", &kept));
    copy(output, std::io::stdout(), "< ", &log);
    let status = child.wait().expect("it can be waited for");
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}

/// Copies until one side ends; the log gets each line before the other side does.
fn copy(from: impl Read, mut to: impl Write, mark: &str, log: &Mutex<File>) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        if from.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            return;
        }
        let entry = [mark.as_bytes(), &line].concat();
        log.lock().expect("no writer panics").write_all(&entry).expect("the log can be written");
        if to.write_all(&line).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
}
