//! `protect` and `unprotect`: what the entries hold stays in the files that hold it, and in their backups.

use pinfold_tests::client::Client;
use pinfold_tests::configs::{self, CLAUDE_CODE, CODEX, entry};
use pinfold_tests::scenario::{Scenario, Step, tool};
use pinfold_tests::stage::Folder;
use serde_json::json;

use super::search::canary as c;
use super::world::World;

const PLACES: &[&str] = &["entry", "header", "option", "greeterror", "junk", "stderr", "argument", "codex"];

#[test]
fn no_secret_of_an_entry_goes_beyond_its_file() {
    let scenario = Scenario::of_tools(&[tool("look", "Look."), tool("crash", "Crash.")])
        .on("start", [Step::Line(format!("no JSON {}", c("junk")))])
        .on("tools/call crash", [Step::Complain(c("stderr")), Step::Exit(7)]);
    let mut world = World::new(&scenario, PLACES);
    let broken = Folder::new(&scenario.clone().later(
        0,
        "initialize",
        [Step::Refuse(format!(r#"{{"code":-32000,"message":"{0}","data":"{0}"}}"#, c("greeterror")))],
    ));
    let dead = Folder::new(&scenario.clone().later(0, "initialize", [Step::Exit(3)]));
    let variables = json!({"DEMO_API_KEY": c("entry"), "DEMO_PROFILE": c("entry"),
        "DEMO_URL": format!("https://me:{0}@demo.example/?token={0}", c("entry"))});
    let mut good = entry(&world.stage.server);
    good["env"] = variables.clone();
    good["args"].as_array_mut().unwrap().extend([json!("--api-key"), json!(c("option"))]);
    good["args"].as_array_mut().unwrap().push(json!(format!("--token={}", c("option"))));
    let [mut first, mut second] = [&broken, &dead].map(entry);
    (first["env"], second["env"]) = (variables.clone(), variables);
    let remote = json!({"type": "http", "url": format!("http://x.example/?key={}", c("header")),
        "headers": {"Authorization": format!("Bearer {}", c("header"))}});
    let before = configs::servers(&[("good", good), ("broken", first), ("dead", second), ("remote", remote)]);
    let claude = configs::write(&world.stage.home, CLAUDE_CODE, &before);
    let codex = configs::write(
        &world.stage.home,
        CODEX,
        format!(
            "[mcp_servers.other]\ncommand = {:?}\nargs = [{:?}]\nenv = {{ DEMO_API_KEY = \"{}\" }}\n",
            pinfold_tests::binary::fixture(),
            world.stage.server.path(),
            c("codex")
        ),
    );
    let own = [claude.clone(), codex, world.stage.home.path().join(".local/state/pinfold/backups")];
    let allowed = |world: &World| world.expect_nothing_stayed(&own, &["entry", "header", "option", "codex"]);

    let shown = world.decide(&["protect"], true);
    assert!(shown.contains("good") && configs::text(&claude).contains("--as"), "{shown}");
    allowed(&world);
    for _ in 0..2 {
        let mut client = Client::connect(configs::started(&world.stage.home, &claude, "/mcpServers/good"));
        client.until_verified();
        client.call("look", &json!({"text": c("argument")}).to_string());
        client.call("crash", "");
        world.close("a session", client);
    }
    world.ask_everything();
    world.ask_live();
    world.decide(&["review", "good"], true);
    world.decide(&["doctor", "--fix"], true);
    world.decide(&["protect"], true);
    world.run(&["status", "good", "--json"]);
    world.run(&["lock", "-o", "good.lock"]);
    world.decide(&["unprotect"], true);
    world.ask_everything();
    allowed(&world);
    assert_eq!(configs::text(&claude), before);
}
