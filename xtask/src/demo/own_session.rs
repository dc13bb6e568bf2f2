//! `cargo xtask demo-session COMMAND…`: the workspace's own client, with the commands of `xtask/demo/session.mjs`, for
//! the demo without the registry.

use std::io::{BufRead, Write};
use std::process::{Command, ExitCode};

use pinfold_tests::client::Client;
use serde_json::{Value, json};

/// Answers one command a line until the input ends.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let [program, rest @ ..] = args else {
        eprintln!("usage: cargo xtask demo-session COMMAND [ARGUMENTS]");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(rest);
    let mut client = Client::start(command);
    client.shake_hands_as("2025-11-25", "{}");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let asked: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        let mut output = std::io::stdout();
        if writeln!(output, "{}", answer(&mut client, &asked)).and_then(|()| output.flush()).is_err() {
            break;
        }
    }
    client.close();
    ExitCode::SUCCESS
}

fn answer(client: &mut Client, asked: &Value) -> Value {
    match asked["do"].as_str() {
        Some("list") => json!({"tools": client.names("tools/list")}),
        Some("call") => {
            let line =
                client.call(asked["name"].as_str().unwrap_or_default(), &asked["arguments"].to_string());
            let Some(result) = line.value.get("result") else {
                return json!({"text": line.value["error"]["message"], "refused": true, "reason": null});
            };
            json!({
                "text": result["content"][0]["text"],
                "refused": result["isError"] == true,
                "reason": result["_meta"]["pinfold/reason"],
            })
        }
        Some("received") => json!({"received": String::from_utf8_lossy(&client.received())}),
        _ => json!({"error": "no such command"}),
    }
}
