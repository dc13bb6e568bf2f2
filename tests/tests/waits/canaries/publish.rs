//! A publisher's variables: what a server was started with for a capture is in no manifest, bundle or log.

use pinfold_tests::log::TestLog;
use pinfold_tests::scenario::{Listing, Scenario, Step, handshake, tool};

use super::search::canary as c;
use super::world::World;

const PLACES: &[&str] = &["log", "stderr", "listeduri", "secret"];

#[test]
fn no_byte_of_a_publishers_variables_is_published() {
    let listed = format!(r#"{{"uri":"doc:{0}","name":"{0}"}}"#, c("listeduri"));
    let log_line = format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":"{}"}}}}"#,
        c("log")
    );
    let scenario = Scenario::of_tools(&[tool("look", "Look.")])
        .greeting(handshake(&["tools", "resources"], "", ""))
        .listing("resources/templates/list", Listing::of::<&str>("resourceTemplates", &[]))
        .listing("resources/list", Listing::of("resources", &[listed]))
        .on("notifications/initialized", [Step::Line(log_line)])
        .on("start", [Step::Complain(c("stderr"))]);
    let (mut world, log) = (World::new(&scenario, PLACES), TestLog::with_witnesses(1, 1));
    world.approve();
    world.search_also(log.folder().parent().unwrap().to_owned());
    let (policy, url) = (log.policy_file(), log.url());
    let policy = policy.to_str().unwrap();
    assert_eq!(world.run(&["key", "new", "--no-passphrase"]), 0);
    let server: Vec<String> =
        world.stage.server_command().iter().map(|word| word.to_str().unwrap().to_owned()).collect();
    let options = world.stage.options.clone();
    let with_server = |arguments: &[&str]| -> Vec<String> {
        let arguments = arguments.iter().map(|word| (*word).to_owned());
        arguments.chain(options.clone()).chain(["--".to_owned()]).chain(server.clone()).collect()
    };
    let name = ["--name", "io.github.acme/demo", "--version"];
    let capture = with_server(&[&["capture"], &name[..], &["1.0.0", "-o", "m.json", "--json"]].concat());
    let publish = with_server(&[&["publish"], &name[..], &["1.0.0", "--policy", policy, "--yes"]].concat());
    let verify = with_server(&["verify", "demo-1.0.0.pinfold"]);
    for arguments in [&capture, &publish, &verify] {
        let code = world.run_with_server(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(code == 0 || arguments == &verify, "{arguments:?}: {code}");
    }
    assert!(world.stage.home.work().join("demo-1.0.0.pinfold").exists());
    world.decide(&["policy", "trust", "demo-1.0.0.pinfold", "--log", policy], true);
    world.run_with_server(&verify.iter().map(String::as_str).collect::<Vec<_>>());
    world.run(&["verify", "demo-1.0.0.pinfold", "--json"]);
    world.run(&["log", "history", "io.github.acme/demo"]);
    world.run(&["log", "audit", &url]);
    world.run(&["withdraw", "demo-1.0.0.pinfold", "--policy", policy, "--yes"]);
    world.ask_everything();
    world.expect_nothing_stayed(&[], &[]);
}
