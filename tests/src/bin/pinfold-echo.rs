//! The quickest honest server there is, for measuring what is between it and its client.
//!
//! `pinfold-echo COUNT` offers COUNT tools of about 900 bytes (the median of real servers) and answers every call at
//! once with the same short text. It looks for nothing in a line but its method and its id.

use std::io::{BufRead, Write};

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10);
    let tools: Vec<String> = (0..count).map(tool).collect();
    let listing = format!("{{\"tools\":[{}]}}", tools.join(","));
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let result = if line.contains("\"tools/call\"") {
            r#"{"content":[{"type":"text","text":"done"}]}"#
        } else if line.contains("\"tools/list\"") {
            &listing
        } else if line.contains("\"initialize\"") {
            r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"}}"#
        } else {
            continue;
        };
        let Some(id) = id_of(&line) else { continue };
        let answer = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}\n");
        if out.write_all(answer.as_bytes()).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

/// The raw id: up to the next comma or brace, which neither a number nor a simple string holds.
fn id_of(line: &str) -> Option<&str> {
    let after = line.split_once("\"id\":")?.1.trim_start();
    after.split([',', '}']).next()
}

fn tool(number: usize) -> String {
    let words =
        "Reads one thing from the store of things and gives it back as text, with its size and its age. "
            .repeat(4);
    format!(
        r#"{{"name":"tool_{number}","title":"Tool {number}","description":"{words}","inputSchema":{{"type":"object","properties":{{"path":{{"type":"string","description":"Where the thing stands, relative to the root of the store."}},"limit":{{"type":"integer","minimum":1,"maximum":1000,"default":20,"description":"How much of it to read at most."}}}},"required":["path"],"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}},"annotations":{{"readOnlyHint":true,"destructiveHint":false}}}}"#
    )
}
