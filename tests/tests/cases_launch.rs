//! What happened to others, at the launch: variables that win, that are lost, that load code; answers that are piped.

use pinfold_tests::client::Client;
use pinfold_tests::expect::{self, NOTICE};
use pinfold_tests::scenario::{Scenario, Step, tool};
use pinfold_tests::stage::{LABEL, Stage, describe, run_to_end};
use serde_json::{Value, json};

/// A server with a tool `env` that tells these variables.
fn telling(names: &[&str]) -> Scenario {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Scenario::of_tools(&[tool("env", "Tell variables.")]).on("tools/call env", [Step::ReportVariables(names)])
}

fn stage_with(variables: &[(&str, &str)], declared: &str, names: &[&str]) -> Stage {
    let mut stage = Stage::new(&telling(names));
    stage.variables =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if !declared.is_empty() {
        stage.options = vec!["--env".into(), declared.into()];
    }
    stage
}

fn told(stage: &Stage) -> Value {
    let answer = stage.session().call("env", "");
    serde_json::from_str(&answer.words()).expect("the tool tells JSON")
}

#[test]
fn case_the_server_sees_the_entrys_values_and_an_empty_one_is_empty() {
    // The client merges the entry's variables over its own: what arrives here is the entry's.
    let stage = stage_with(
        &[("AWS_PROFILE", "from_entry"), ("DEMO_EMPTY", ""), ("DEMO_PORT", "8080")],
        "AWS_PROFILE,DEMO_EMPTY,DEMO_PORT",
        &["AWS_PROFILE", "DEMO_EMPTY", "DEMO_PORT", "DEMO_ABSENT"],
    );
    stage.approve();
    let wanted =
        json!({"AWS_PROFILE": "from_entry", "DEMO_EMPTY": "", "DEMO_PORT": "8080", "DEMO_ABSENT": null});
    assert_eq!(told(&stage), wanted);
}

#[test]
fn case_a_changed_value_in_the_entry_is_held_and_one_in_the_shell_is_not() {
    let mut stage =
        stage_with(&[("DEMO_PORT", "8080"), ("SHELL_PORT", "1")], "DEMO_PORT", &["DEMO_PORT", "SHELL_PORT"]);
    stage.approve();
    stage.variables[1].1 = "2".into();
    assert_eq!(told(&stage), json!({"DEMO_PORT": "8080", "SHELL_PORT": "2"}));
    stage.variables[0].1 = "9090".into();
    let starts = stage.server.starts();
    let mut client = stage.session();
    assert_eq!(client.names("tools/list"), [NOTICE]);
    let reason = client.call("env", "").refusal().to_owned();
    assert!(["ENV_CHANGED", "LAUNCH_CHANGED"].contains(&&*reason), "{reason}");
    assert_eq!(stage.server.starts(), starts);
}

#[test]
fn case_a_value_that_is_gone_from_the_entry_is_held() {
    let mut stage = stage_with(&[("DEMO_URL", "https://one.example")], "DEMO_URL", &["DEMO_URL"]);
    stage.approve();
    stage.variables.clear();
    assert_eq!(stage.session().names("tools/list"), [NOTICE]);
}

#[test]
fn case_certificate_and_proxy_variables_pass_and_code_loading_ones_do_not() {
    let pass = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "HTTPS_PROXY", "no_proxy", "EDITOR"];
    let withheld =
        ["NODE_OPTIONS", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "npm_config_registry", "SOME_API_KEY"];
    let names: Vec<&str> = pass.iter().chain(&withheld).copied().collect();
    // A library that does not exist would make each program complain, so the loader gets an empty list.
    let value = |name: &str| if name == "LD_PRELOAD" { "" } else { "--use-system-ca" };
    let variables: Vec<(&str, &str)> = names.iter().map(|name| (*name, value(name))).collect();
    let stage = stage_with(&variables, "", &names);
    stage.approve();
    let told = told(&stage);
    for name in pass {
        assert_eq!(told[name], value(name), "{name} passes: {told}");
    }
    for name in withheld {
        assert_eq!(told[name], Value::Null, "{name} is withheld: {told}");
    }
    // What a running server does not get, by name and never by value.
    let running = stage.session();
    expect::wait_until("status names what is withheld", || {
        let status = stage.status().to_string();
        assert!(!status.contains("--use-system-ca"), "never their values: {status}");
        withheld.iter().all(|name| status.contains(name))
    });
    running.close();
}

/// Behind a proxy that inspects TLS: what names certificates and proxies reaches the server by itself; what loads code
/// does not, is named where it is missed, and passes once the entry declares it and a person said yes.
#[test]
fn case_c039_certificates_pass_and_node_options_once_it_is_approved() {
    let passing = [
        "NODE_EXTRA_CA_CERTS",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ];
    let needs = "NODE_OPTIONS";
    let names: Vec<&str> = passing.iter().copied().chain([needs]).collect();
    let value = |name: &str| if name == needs { "--use-system-ca" } else { "/etc/ssl/proxy.pem" };
    let variables: Vec<(&str, &str)> = names.iter().map(|name| (*name, value(name))).collect();
    let mut stage = stage_with(&variables, "", &names);
    stage.approve();
    let reported = told(&stage);
    for name in &names {
        let wanted = if *name == needs { Value::Null } else { json!(value(name)) };
        assert_eq!(reported[*name], wanted, "{name}: {reported}");
    }
    let running = stage.session();
    expect::wait_until("status names it", || stage.status().to_string().contains(needs));
    assert!(!stage.status().to_string().contains("--use-system-ca"), "and not its value");
    running.close();

    // A server that cannot do without it ends at once.
    let missing = telling(&names).with(&[needs], "start", []).on("start", [Step::Exit(3)]);
    stage.server.play(&missing);
    let mut client = Client::start(stage.gate());
    let greeting =
        r#"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}"#;
    client.ask("initialize", greeting);
    let said = client.complaint(needs);
    assert!(said.contains("--env") && !said.contains("--use-system-ca"), "{said}");
    assert_eq!(client.wait_for_exit().code(), Some(3), "{}", client.account());

    // Declared it is another launch, which a person is asked about with its value; then it passes.
    stage.options = vec!["--env".into(), needs.into()];
    let starts = stage.server.starts();
    let mut client = stage.waiting_session();
    assert_eq!(client.names("tools/list"), [NOTICE], "a new name is not started unasked");
    assert_eq!(stage.server.starts(), starts);
    let outcome = stage.review().approve_all().expect_code(0);
    assert!(outcome.text.contains(needs), "{}", outcome.text);
    client.close();
    let reported = told(&stage);
    for name in names {
        assert_eq!(reported[name], value(name), "{name}: {reported}");
    }
}

#[test]
fn case_a_withheld_variable_is_named_when_the_server_ends_early() {
    let needs = "NODE_OPTIONS";
    // It ends at once where the variable is missing, like a server that cannot reach its certificates.
    let scenario = telling(&[needs]).with(&[needs], "start", []).on("start", [Step::Exit(3)]);
    let mut stage = Stage::new(&scenario);
    stage.variables = vec![(needs.into(), "--use-system-ca".into())];
    let client = stage.waiting_session();
    let outcome = stage.review().approve_all();
    assert_ne!(outcome.code(), 0, "{}", outcome.text);
    let said = client.complaint(needs);
    assert!(
        said.contains('3') && !said.contains("--use-system-ca"),
        "status and name, never the value: {said}"
    );
    drop(client);
    // Declared, it is the server's own.
    stage.options = vec!["--env".into(), needs.into()];
    stage.approve();
    assert_eq!(told(&stage), json!({"NODE_OPTIONS": "--use-system-ca"}));
}

#[test]
fn case_piped_answers_decide_nothing() {
    let stage = Stage::new(&Scenario::of_tools(&[tool("look", "Look.")]));
    let client = stage.waiting_session();
    // The gate writes down more than its request; what it writes by itself is not what is looked for.
    client.complaint("held as a whole");
    expect::wait_until("the gate has written down what it does", || {
        let one = store_bytes(&stage);
        std::thread::sleep(std::time::Duration::from_millis(500));
        store_bytes(&stage) == one
    });
    let before = store_bytes(&stage);
    let mut command = stage.home.command("sh");
    let script = r#"{ yes y | head -n 50; yes yes | head -n 50; printf 'approve\n\n1\na\nn\n'; } | setsid --wait "$@""#;
    command.args(["-c", script, "sh"]).arg(pinfold_tests::binary::pinfold()).args(["review", LABEL]);
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(4), "{}", describe(&output));
    assert_eq!(store_bytes(&stage), before, "the store is the same, byte for byte");
    assert_eq!(stage.server.starts(), 0);
    drop(client);
}

#[test]
fn case_a_terminal_beside_piped_answers_still_needs_the_typed_word() {
    let stage = Stage::new(&Scenario::of_tools(&[tool("look", "Look.")]));
    let client = stage.waiting_session();
    let answers = tempfile::tempfile().expect("a file");
    std::io::Write::write_all(&mut &answers, "y\nyes\napprove\n".repeat(100).as_bytes()).expect("answers");
    std::io::Seek::rewind(&mut &answers).expect("from its start");
    let mut review =
        pinfold_tests::terminal::Terminal::run_with_input(stage.home.pinfold(["review", LABEL]), answers);
    review.challenge();
    review.type_keys("approve\n");
    let outcome = review.refuse_all();
    assert_eq!(outcome.code(), 1, "{}", outcome.text);
    assert_eq!(stage.server.starts(), 0, "nothing was started");
    drop(client);
}

#[test]
fn case_without_anything_to_review_nothing_is_asked() {
    let stage = Stage::approved(&Scenario::of_tools(&[tool("look", "Look.")]));
    let output = run_to_end(stage.home.pinfold(["review", LABEL]));
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", describe(&output));
    expect::nothing_is_held(&stage, &mut stage.session(), &["look"]);
}

/// Every file of the store with its bytes, without the log that SQLite folds away.
fn store_bytes(stage: &Stage) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(stage.home.store_folder()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with("-shm") {
            files.push((name, std::fs::read(entry.path()).expect("a file of the store")));
        }
    }
    files.sort();
    assert!(!files.is_empty(), "there is a store");
    files
}
