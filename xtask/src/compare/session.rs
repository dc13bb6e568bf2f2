//! One client's session through whatever program stands before the server, and what came of it.

use std::process::Command;
use std::time::Duration;

use pinfold_tests::answer::Line;
use pinfold_tests::client::Client;
use pinfold_tests::stage::Folder;
use serde_json::Value;

use super::cases::{CHANGED, Case, INSTRUCTIONS, OTHER, PROMPT, When};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(25);

/// How long a client leaves a program to notice a change in mid-session.
const PAUSE: Duration = Duration::from_secs(6);

/// What a session showed.
#[derive(Default)]
pub(super) struct Seen {
    /// The client was given the change.
    pub(super) shown: bool,
    /// A call of the changed tool came to the server; `None` where the case calls nothing.
    pub(super) reached: Option<bool>,
    /// The prompt and the instructions came, whatever they say.
    pub(super) prompt: bool,
    pub(super) instructions: bool,
    /// The unchanged tool was listed.
    pub(super) others_listed: bool,
    /// A call of the unchanged tool came to the server.
    pub(super) others_work: bool,
    /// Members of `read_note` that did not come as the server wrote them.
    pub(super) altered: Vec<String>,
    /// Lines on standard error.
    pub(super) errors: String,
}

/// Starts the command, looks at everything as a client does, and calls both tools.
pub(super) fn session(command: Command, server: &Folder, case: &Case) -> Seen {
    let mut client = Client::start(command);
    let mut seen = Seen::default();
    let greeting =
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"compare","version":"1"}}"#;
    let Some(hello) = ask(&mut client, "initialize", greeting) else {
        seen.errors = client.complaints();
        return seen;
    };
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    let mut given = vec![hello];
    given.extend(listings(&mut client));
    seen.altered = altered(&given);
    let called = |client: &mut Client, tool: &str| {
        let before = server.calls_of(tool).len();
        let id = client.ask_call(tool, r#"{"text":"x"}"#);
        wait(client, id);
        server.calls_of(tool).len() > before
    };
    if let When::During { announced } = case.when {
        seen.others_work = called(&mut client, OTHER);
        if announced {
            client.wait_for(PAUSE, |line| line.method() == Some("notifications/tools/list_changed"));
        } else {
            std::thread::sleep(PAUSE);
        }
        // The call first: a client that was told nothing lists nothing again.
        if !announced {
            seen.reached = case.called.map(|tool| called(&mut client, tool));
        }
        given = listings(&mut client);
    }
    seen.shown = objects(&given).iter().any(|text| text.contains(case.needle) && text.contains(case.offered));
    seen.prompt = objects(&given).iter().any(|text| text.contains(PROMPT));
    seen.instructions = objects(&given).iter().any(|text| text.contains(INSTRUCTIONS));
    seen.others_listed = objects(&given).iter().any(|text| text.contains(OTHER));
    if seen.reached.is_none() {
        seen.reached = case.called.map(|tool| called(&mut client, tool));
    }
    if !matches!(case.when, When::During { .. }) {
        seen.others_work = called(&mut client, OTHER);
    }
    seen.errors = client.complaints();
    seen
}

/// Every page of both listings; what is refused is left out.
fn listings(client: &mut Client) -> Vec<Line> {
    let mut pages = Vec::new();
    for method in ["tools/list", "prompts/list"] {
        let mut parameters = String::new();
        for _ in 0..8 {
            let Some(page) = ask(client, method, &parameters) else { break };
            let next = page.value.pointer("/result/nextCursor").filter(|next| !next.is_null()).cloned();
            pages.push(page);
            let Some(next) = next else { break };
            parameters = format!(r#"{{"cursor":{next}}}"#);
        }
    }
    pages
}

/// The tools and prompts of these answers, and what of a greeting is for the model, each as compact JSON.
fn objects(given: &[Line]) -> Vec<String> {
    let lists = ["/result/tools", "/result/prompts"];
    let listed = given.iter().flat_map(|line| lists.map(|list| line.value.pointer(list)));
    let listed = listed.flatten().filter_map(Value::as_array).flatten();
    let words = given.iter().filter_map(|line| line.value.pointer("/result/instructions"));
    listed.chain(words).map(Value::to_string).collect()
}

fn ask(client: &mut Client, method: &str, parameters: &str) -> Option<Line> {
    let id = client.ask(method, parameters);
    wait(client, id)
}

fn wait(client: &mut Client, id: u64) -> Option<Line> {
    client.wait_for(PATIENCE, |line| line.is_answer() && line.value.get("id") == Some(&id.into()))
}

/// The members of `read_note` that are not what the server wrote.
fn altered(given: &[Line]) -> Vec<String> {
    let tools = given.iter().filter_map(|line| line.value.pointer("/result/tools")?.as_array()).flatten();
    let Some(got) = tools.into_iter().find(|tool| tool["name"] == CHANGED) else { return Vec::new() };
    let written = super::cases::approved_tool();
    let members = written.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| got.get(*name).unwrap_or(&Value::Null) != *value)
        .map(|(name, _)| name.clone())
        .collect()
}
