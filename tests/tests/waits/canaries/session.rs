//! Sessions through `run` in which everything that is not a word of a tool holds a canary, and their ends.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use pinfold_tests::client::Client;
use pinfold_tests::configs::{self, CLAUDE_CODE};
use pinfold_tests::expect;
use pinfold_tests::scenario::{Listing, Page, Scenario, Step, handshake, page, tool};
use pinfold_tests::stage::LABEL;
use serde_json::json;

use super::search::canary as c;
use super::world::World;

/// Where canaries of sessions stand.
const PLACES: &[&str] = &[
    "argument",
    "badargument",
    "heldargument",
    "waiting",
    "cancelled",
    "reason",
    "token",
    "requestid",
    "toolname",
    "method",
    "clientmethod",
    "clientjunk",
    "clienttitle",
    "capability",
    "clientmeta",
    "cursor",
    "pagemeta",
    "result",
    "structured",
    "resultmeta",
    "link",
    "image",
    "error",
    "errordata",
    "log",
    "updated",
    "progress",
    "unknown",
    "orphan",
    "stderr",
    "junk",
    "partial",
    "prompt",
    "promptargument",
    "promptname",
    "uri",
    "contents",
    "listeduri",
    "listedname",
    "completion",
    "completed",
    "sampling",
    "sampled",
    "question",
    "answered",
    "root",
    "clienterror",
    "listerror",
    "greeterror",
    "confirm",
    "crash",
    "killed",
    "rejected",
];

/// Its tools on two pages, with a canary as the cursor.
fn pages(turn: &str) -> Vec<Page> {
    let strict = r#"{"name":"strict","description":"Strict.","inputSchema":{"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false}}"#;
    let names = ["look", "rich", "sample", "elicit", "roots", "fail", "tell", "crash", "hang", "send"];
    let tools: Vec<String> = names.iter().map(|name| tool(name, "Does one thing.")).collect();
    let (meta, cursor) = (c("pagemeta"), c("cursor"));
    let first = format!(
        r#"{{"tools":[{},{strict}],"nextCursor":"{cursor}","_meta":{{"x":"{meta}"}}}}"#,
        tools.join(",")
    );
    let second = page("tools", &[tool("turn", turn)]).result;
    vec![Page { cursor: None, result: first }, Page { cursor: Some(cursor), result: second }]
}

/// State 1: `turn` changed and the server is slow. State 2: it does not list. State 3: it refuses the handshake.
fn scenario() -> Scenario {
    let asks = |id: &str, method: &str, params: String| Step::Ask {
        id: format!("\"{id}\""),
        method: method.to_owned(),
        params,
    };
    let notification = |method: &str, params: String| {
        Step::Line(format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#))
    };
    let rich = json!({
        "content": [
            {"type": "text", "text": c("result")},
            {"type": "resource_link", "uri": format!("file:///{}", c("link")), "name": "x"},
            {"type": "image", "data": c("image"), "mimeType": "image/png"},
        ],
        "structuredContent": {"x": c("structured")}, "_meta": {"x": c("resultmeta")}, "isError": true,
    });
    let prompt = json!({"messages": [{"role": "user", "content": {"type": "text", "text": c("prompt")}}]});
    let contents = json!({"contents": [{"uri": "doc:a", "text": c("contents")}]});
    let listed = format!(r#"{{"uri":"doc:{}","name":"{}"}}"#, c("listeduri"), c("listedname"));
    let refusal =
        |place: &str| format!(r#"{{"code":-32000,"message":"{0}","data":{{"x":"{0}"}}}}"#, c(place));
    let sampling = json!({"messages": [{"role": "user", "content": {"type": "text", "text": c("sampling")}}],
        "systemPrompt": c("sampling"), "maxTokens": 5});
    let question = json!({"message": c("question"), "requestedSchema":
        {"type": "object", "properties": {"x": {"type": "string", "description": c("question")}}}});
    let listing = Listing::of_pages(pages("Turn.")).then_pages(pages("Turned.")).announced();
    let template = r#"{"uriTemplate":"doc:{id}","name":"doc"}"#;
    Scenario::default()
        .greeting(handshake(&["tools", "prompts", "resources"], "", ""))
        .listing("tools/list", listing)
        .listing("prompts/list", Listing::of("prompts", &[r#"{"name":"ask","arguments":[{"name":"a"}]}"#]))
        .listing("resources/templates/list", Listing::of("resourceTemplates", &[template]))
        .listing("resources/list", Listing::of("resources", &[listed]))
        .on("prompts/get ask", [Step::Answer(prompt.to_string())])
        .on("resources/read", [Step::Answer(contents.to_string())])
        .on("resources/subscribe", [Step::Answer("{}".to_owned())])
        .on(
            "completion/complete",
            [Step::Answer(json!({"completion": {"values": [c("completed")]}}).to_string())],
        )
        .on("tools/call rich", [Step::Answer(rich.to_string())])
        .on("tools/call sample", [asks("s", "sampling/createMessage", sampling.to_string())])
        .on("tools/call elicit", [asks("e", "elicitation/create", question.to_string())])
        .on("tools/call roots", [asks("r", "roots/list", "{}".to_owned())])
        .on(
            "tools/call fail",
            [Step::Refuse(format!(
                r#"{{"code":-32000,"message":"{}","data":{{"x":"{}"}}}}"#,
                c("error"),
                c("errordata")
            ))],
        )
        .on(
            "tools/call tell",
            [
                notification("notifications/message", json!({"level": "info", "data": c("log")}).to_string()),
                notification("notifications/resources/updated", json!({"uri": c("updated")}).to_string()),
                notification(
                    "notifications/progress",
                    json!({"progressToken": c("token"), "progress": 1, "message": c("progress")}).to_string(),
                ),
                notification(&c("unknown"), json!({"x": c("unknown")}).to_string()),
                Step::Line(format!(
                    r#"{{"jsonrpc":"2.0","id":"{0}","method":"{0}","params":{{}}}}"#,
                    c("method")
                )),
                Step::Line(format!(r#"{{"jsonrpc":"2.0","id":"{0}","result":{{"x":"{0}"}}}}"#, c("orphan"))),
                Step::Line(format!("no JSON {}", c("junk"))),
                Step::Complain(c("stderr")),
            ],
        )
        .on(
            "tools/call crash",
            [
                Step::Complain(c("stderr")),
                Step::Part(format!(r#"{{"jsonrpc":"2.0","result":{{"x":"{}"#, c("partial"))),
                Step::Exit(7),
            ],
        )
        .on("tools/call hang", [Step::Hang])
        .later(1, "initialize", [Step::Sleep(1_500)])
        .later(2, "tools/list", [Step::Refuse(refusal("listerror"))])
        .later(3, "initialize", [Step::Refuse(refusal("greeterror"))])
}

/// A client that says of itself what no other does.
fn connect(world: &World) -> Client {
    let mut client = Client::start(world.stage.gate());
    let hello = json!({"protocolVersion": "2025-11-25", "_meta": {"x": c("clientmeta")},
        "capabilities": {"roots": {"listChanged": true}, "elicitation": {}, "sampling": {},
            "experimental": {c("capability"): {"x": c("capability")}}},
        "clientInfo": {"name": "tester", "version": "1", "title": c("clienttitle"), "websiteUrl": c("clienttitle")}});
    client.request("initialize", &hello.to_string());
    client.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    client
}

fn text(place: &str) -> String {
    json!({"text": c(place)}).to_string()
}

/// A call during which the server asks its client for something; the client gives this member of its answer.
fn asked_in_a_call(client: &mut Client, tool: &str, method: &str, answer: &str) {
    let id = client.ask_call(tool, "");
    let request = client.request_from_server(method);
    let asked = &request.value["id"];
    client.send(format!(r#"{{"jsonrpc":"2.0","id":{asked},{answer}}}"#));
    client.answer_to(id);
}

/// Everything that a client and a server can say to each other. Sampling is approved.
fn everything(client: &mut Client) {
    client.until_verified();
    assert_eq!(client.names("tools/list").len(), 12);
    client.call("look", &text("argument"));
    assert!(client.call("rich", "").text().contains(&c("structured")), "results pass");
    assert!(client.call("fail", "").text().contains(&c("errordata")), "errors pass");
    client
        .request("tools/call", &json!({"name": "tell", "_meta": {"progressToken": c("token")}}).to_string());
    client.notification("notifications/progress");
    client.complaint(&c("junk"));
    client.complaint(&c("stderr"));
    assert!(client.call("strict", &json!({"n": c("badargument")}).to_string()).is_refusal());
    client.call(&c("toolname"), &text("argument"));
    client.send(
        json!({"jsonrpc": "2.0", "id": c("requestid"), "method": "tools/call", "params": {"name": "look"}})
            .to_string(),
    );
    client.wait("the answer under a text", |line| line.value["id"] == c("requestid"));
    client.send(format!("no JSON {}", c("clientjunk")));
    client.request(&c("clientmethod"), &json!({"x": c("clientmethod")}).to_string());
    client.send(
        json!({"jsonrpc": "2.0", "method": c("clientmethod"), "params": {"x": c("clientmethod")}})
            .to_string(),
    );
    let got = client
        .request("prompts/get", &json!({"name": "ask", "arguments": {"a": c("promptargument")}}).to_string());
    assert!(got.text().contains(&c("prompt")));
    client.request("prompts/get", &json!({"name": c("promptname")}).to_string());
    let uri = json!({"uri": format!("doc:{}", c("uri"))}).to_string();
    assert!(client.request("resources/read", &uri).text().contains(&c("contents")));
    client.request("resources/subscribe", &uri);
    assert!(client.request("resources/list", "").text().contains(&c("listeduri")));
    let argument = json!({"ref": {"type": "ref/prompt", "name": "ask"}, "argument": {"name": "a", "value": c("completion")}});
    assert!(client.request("completion/complete", &argument.to_string()).text().contains(&c("completed")));
    let sampled =
        json!({"role": "assistant", "content": {"type": "text", "text": c("sampled")}, "model": "m"});
    asked_in_a_call(client, "sample", "sampling/createMessage", &format!(r#""result":{sampled}"#));
    let answered = json!({"action": "accept", "content": {"x": c("answered")}});
    asked_in_a_call(client, "elicit", "elicitation/create", &format!(r#""result":{answered}"#));
    let refused = json!({"code": -1, "message": c("clienterror"), "data": c("clienterror")});
    asked_in_a_call(client, "elicit", "elicitation/create", &format!(r#""error":{refused}"#));
    let roots = json!({"roots": [{"uri": format!("file:///{}", c("root")), "name": c("root")}]});
    asked_in_a_call(client, "roots", "roots/list", &format!(r#""result":{roots}"#));
    let hanging = client.ask_call("hang", &text("cancelled"));
    client.send(
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": hanging, "reason": c("reason")}})
        .to_string(),
    );
}

/// A client's file with the entry of the stage's server, behind the gate, and a remote server with a secret.
fn write_entry(world: &World) -> std::path::PathBuf {
    let mut words: Vec<String> = ["run", "--as", LABEL].map(str::to_owned).to_vec();
    words.extend(world.stage.options.iter().cloned());
    words.push("--".to_owned());
    words.extend(world.stage.server_command().iter().map(|word| word.to_string_lossy().into_owned()));
    let variables =
        json!({"DEMO_API_KEY": c("entry"), "DEMO_URL": "https://demo.example/a", "DEMO_PROFILE": c("entry")});
    let entry = json!({"command": pinfold_tests::binary::pinfold(), "args": words, "env": variables});
    let remote = json!({"type": "http", "url": format!("http://x.example/?key={}", c("header")),
        "headers": {"Authorization": format!("Bearer {}", c("header"))}});
    configs::write(&world.stage.home, CLAUDE_CODE, configs::servers(&[("mine", entry), ("remote", remote)]))
}

/// A `notify.command` that writes down its arguments and its whole environment.
fn tell_by_command(world: &World) {
    let home = world.stage.home.path();
    let (script, told) = (home.join("tell"), home.join("told"));
    std::fs::write(&script, format!("#!/bin/sh\n{{ echo \"$@\"; env; }} >>{}\n", told.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    world.stage.home.write_policy(&format!(
        "[notify]\ndesktop = false\ncommand = [\"{}\"]\n[server.demo]\nconfirm = [\"send\"]",
        script.display()
    ));
}

#[test]
fn no_byte_of_a_session_stays() {
    let mut world = World::new(&scenario(), PLACES);
    world.approve();
    tell_by_command(&world);
    let own = write_entry(&world);
    let mut follow = world.pinfold(&["status", "--follow"]);
    let mut follow = follow.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let allowed =
        |world: &World| world.expect_nothing_stayed(std::slice::from_ref(&own), &["entry", "header"]);

    // What nobody approved yet is asked for, and a call waits for a yes.
    let mut client = connect(&world);
    client.until_verified();
    client.call("sample", &text("argument"));
    expect::calls_are_refused(&world.stage, &mut client, "send", "CONFIRM_NEEDED");
    client.call("send", &text("confirm"));
    world.ask_everything();
    world.ask_live();
    world.decide(&["review", LABEL], true);
    world.decide(&["policy", "allow", LABEL, "send", "--for", "10m"], true);
    world.close("a session with questions", client);

    let mut client = connect(&world);
    everything(&mut client);
    assert_eq!(client.call("send", &text("confirm")).words(), "send was called");
    // Files beside the database are there while the gate runs.
    world.ask_everything();
    allowed(&world);
    world.close("a session of everything", client);
    assert!(
        world.stage.server.received().iter().any(|line| line.contains(&c("sampled"))),
        "all of it passed"
    );

    // Answered from the pins: calls wait, one is cancelled, and one is of a tool that changed.
    world.stage.server.set_state(1);
    let mut client = connect(&world);
    assert_eq!(client.names("tools/list").len(), 12);
    let waiting = client.ask_call("look", &text("waiting"));
    let cancelled = client.ask_call("look", &text("cancelled"));
    let held = client.ask_call("turn", &text("heldargument"));
    client.send(
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": {"requestId": cancelled, "reason": c("reason")}})
        .to_string(),
    );
    world.run(&["status", LABEL, "--json"]);
    client.answer_to(waiting);
    assert_eq!(client.answer_to(held).refusal(), "DESC_CHANGED");
    world.ask_everything();
    world.decide(&["review", LABEL], false);
    world.close("a session that was answered from the pins", client);

    // Changed in mid-session.
    world.stage.server.set_state(0);
    let mut client = connect(&world);
    client.until_verified();
    client.call("turn", &text("argument"));
    world.stage.server.set_state(1);
    client.names_until("tools/list", |names| !names.contains(&"turn".to_owned()));
    assert!(client.call("turn", &text("heldargument")).is_refusal());
    client.call(expect::NOTICE, &text("argument"));
    world.ask_everything();
    world.close("a session with a change", client);

    // The server ends in mid-answer; it does not list; it refuses the handshake.
    world.stage.server.set_state(0);
    let mut client = connect(&world);
    client.until_verified();
    client.call("crash", &text("crash"));
    client.wait_for_exit();
    world.complaints("a session with a crash", &client);
    world.ask_everything();
    for state in [2, 3] {
        world.stage.server.set_state(state);
        let mut client = connect(&world);
        client.call("look", &text("waiting"));
        world.ask_everything();
        world.close("a session with a server that refuses", client);
    }
    allowed(&world);

    // The gate is killed.
    world.stage.server.set_state(0);
    let mut client = connect(&world);
    client.until_verified();
    client.ask_call("hang", &text("killed"));
    expect::wait_until("the call is there", || {
        world.stage.server.received().iter().any(|line| line.contains(&c("killed")))
    });
    let pid = rustix::process::Pid::from_raw(client.pid().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    client.wait_for_exit();
    world.complaints("a killed session", &client);
    world.stage.server.expect_nothing_alive();
    world.ask_everything();
    allowed(&world);

    world.stage.server.set_state(1);
    world.ask_live();
    world.decide(&["review", LABEL], true);
    world.ask_everything();
    let pid = rustix::process::Pid::from_child(&follow);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut said = Vec::new();
    follow.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    follow.wait().unwrap();
    assert!(said.len() > 100, "it followed: {}", String::from_utf8_lossy(&said));
    world.keep("status --follow", said);
    assert!(world.stage.home.path().join("told").exists(), "the command of the policy was run");
    allowed(&world);
    assert_eq!(world.status()["schema"], "pinfold/status/v1");
}
