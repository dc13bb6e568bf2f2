//! Variables and arguments of a launch: what is passed on, what is pinned, and that nothing printed holds a secret.
//! Specified in `spec/launch.md`.
#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Machine, NATIVE, argv, codes, declaring, entry};
use pinfold_cli::launch::WithheldWhy;
use pinfold_core::launch::{Difference, EnvPin, LaunchDifference, ValueShape};
use pinfold_core::reason::ReasonCode;

#[test]
fn the_ambient_environment_is_not_pinned() {
    let mut machine = Machine::new();
    machine.program("bin/server", NATIVE);
    let declared = declaring(&["server"], &["API_KEY", "LOG_LEVEL"]);
    machine.set("API_KEY", "one");
    machine.set("LOG_LEVEL", "debug");
    let approved = machine.resolve(&declared);
    for (name, value) in
        [("LANG", "de"), ("TERM", "xterm"), ("BASH_ENV", "/x"), ("GH_TOKEN", "x"), ("API_KEY", "two")]
    {
        machine.set(name, value);
    }
    let live = machine.same(&approved.launch, &declared);
    assert_eq!(live.launch.digest(), approved.launch.digest());
    let withheld: Vec<_> = live.withheld.iter().map(|found| (found.name.as_str(), found.why)).collect();
    assert_eq!(withheld, [("BASH_ENV", WithheldWhy::Loader), ("GH_TOKEN", WithheldWhy::Credential)]);
}

#[test]
fn values_that_are_no_secrets_are_shown_and_compared() {
    let mut machine = Machine::new();
    machine.program("bin/server", NATIVE);
    let declared = declaring(&["server"], &["AWS_PROFILE", "DEMO_EMPTY", "TOKEN", "NODE_OPTIONS"]);
    machine.set("AWS_PROFILE", "from_entry");
    machine.set("DEMO_EMPTY", "");
    machine.set("TOKEN", "t0p");
    machine.set("NODE_OPTIONS", "--max-old-space-size=4096");
    let approved = machine.resolve(&declared);
    assert!(approved.exec.env.contains(&("DEMO_EMPTY".into(), "".into())));
    let shown: Vec<_> =
        approved.shown_values.iter().map(|value| (value.name.as_str(), value.shape)).collect();
    assert_eq!(
        shown,
        [
            ("AWS_PROFILE", ValueShape::Word),
            ("DEMO_EMPTY", ValueShape::Flag),
            ("NODE_OPTIONS", ValueShape::Code),
        ]
    );
    machine.set("TOKEN", "another");
    machine.same(&approved.launch, &declared);
    machine.set("NODE_OPTIONS", "--require ./evil.js");
    assert_eq!(codes(&machine.changed(&approved.launch, &declared)), ["ENV_CHANGED"]);
    machine.set("NODE_OPTIONS", "--max-old-space-size=4096");
    machine.set("AWS_PROFILE", "shell");
    assert_eq!(codes(&machine.changed(&approved.launch, &declared)), ["ENV_CHANGED"]);
}

#[test]
fn fewer_credentials_pass_and_a_new_one_is_named() {
    let mut machine = Machine::new();
    machine.program("bin/server", NATIVE);
    let both = declaring(&["server"], &["KEY_A", "KEY_B"]);
    machine.set("KEY_A", "a");
    machine.set("KEY_B", "b");
    let approved = machine.resolve(&both);
    machine.environment.retain(|(name, _)| name != "KEY_B");
    machine.same(&approved.launch, &both);
    machine.same(&approved.launch, &declaring(&["server"], &["KEY_A"]));

    let one = machine.resolve(&declaring(&["server"], &["KEY_A"]));
    machine.set("KEY_B", "b");
    let differences = machine.changed(&one.launch, &both);
    let new = Difference::NewVariable { name: "KEY_B".into(), is_credential: true };
    assert_eq!(differences, [LaunchDifference { reason: ReasonCode::EnvChanged, difference: new }]);

    // Declared from the start and set only now: a credential that the server did not have.
    machine.environment.retain(|(name, _)| name != "KEY_B");
    let unset = machine.resolve(&both);
    assert_eq!(unset.launch.env["KEY_B"], EnvPin::Absent);
    machine.set("KEY_B", "b");
    assert_eq!(codes(&machine.changed(&unset.launch, &both)), ["ENV_CHANGED"]);
}

#[test]
fn what_a_person_lets_through_passes_and_code_never_does() {
    let mut machine = Machine::new();
    machine.program("bin/server", NATIVE);
    machine.set("GH_TOKEN", "x");
    machine.set("NODE_OPTIONS", "--use-system-ca");
    let plain = entry(&["server"]);
    let asked = machine.resolve(&plain);
    assert_eq!(asked.withheld.len(), 2);
    let approved = asked.launch.letting_through(["GH_TOKEN"]).unwrap();
    let live = machine.same(&approved, &plain);
    assert!(live.exec.env.contains(&("GH_TOKEN".into(), "x".into())));
    assert_eq!(live.withheld.len(), 1);
    assert!(asked.launch.letting_through(["NODE_OPTIONS"]).is_err());
    // Declared, it passes.
    let declared = machine.resolve(&declaring(&["server"], &["NODE_OPTIONS"]));
    assert!(declared.exec.env.contains(&("NODE_OPTIONS".into(), "--use-system-ca".into())));
}

#[test]
fn arguments_are_compared_without_their_secrets() {
    let machine = Machine::new();
    machine.program("bin/docker", NATIVE);
    let run = |key: &str, image: &str| {
        entry(&[
            "docker",
            "run",
            "-i",
            "--rm",
            "-e",
            &format!("API_KEY={key}"),
            "-e",
            "LOG_MODE=strict",
            image,
        ])
    };
    let approved = machine.resolve(&run("one", "ghcr.io/x/y:1"));
    machine.same(&approved.launch, &run("two", "ghcr.io/x/y:1"));
    assert_eq!(codes(&machine.changed(&approved.launch, &run("one", "ghcr.io/evil/y:1"))), ["ARGS_CHANGED"]);
    assert_eq!(argv(&approved)[5], "API_KEY=one", "the server gets what was written");
}

#[test]
fn of_a_variable_that_is_set_twice_the_pinned_value_is_the_passed_one() {
    let mut machine = Machine::new();
    machine.program("bin/server", NATIVE);
    let declared = declaring(&["server"], &["NODE_OPTIONS"]);
    machine.set("NODE_OPTIONS", "--use-system-ca");
    let approved = machine.resolve(&declared);
    machine.environment.push(("NODE_OPTIONS".into(), "--require /x.js".into()));
    assert_eq!(codes(&machine.changed(&approved.launch, &declared)), ["ENV_CHANGED"]);
    machine.environment.reverse();
    let live = machine.same(&approved.launch, &declared);
    assert!(live.exec.env.contains(&("NODE_OPTIONS".into(), "--use-system-ca".into())));
}

#[test]
fn nothing_that_can_be_printed_holds_a_secret() {
    let mut machine = Machine::new();
    machine.program("bin/node", NATIVE);
    machine.set("TOKEN", "v4lue");
    let line =
        ["env", "PASSWORD=s3cr3t", "node", "/x.js", "--api-key", "s3cr3t", "https://u:s3cr3t@h.example/"];
    let entry = declaring(&line, &["TOKEN"]);
    let resolved = machine.resolve(&entry);
    let printed = format!(
        "{entry:?}{:?}{:?}{:?}{:?}{:?}",
        resolved.launch,
        resolved.launch.describe(),
        resolved.shown_values,
        resolved.withheld,
        resolved.interpreters
    );
    assert!(!printed.contains("s3cr3t") && !printed.contains("v4lue"), "{printed}");
}

#[test]
fn the_same_entry_has_one_digest_in_every_client() {
    let mut machine = Machine::new();
    machine.program("bin/npx", NATIVE);
    let server = declaring(&["npx", "-y", "x"], &["TOKEN"]);
    machine.set("TOKEN", "1");
    let first = machine.resolve(&server).launch.digest();
    machine.set("CLIENT_SESSION", "2");
    machine.set("XDG_CONFIG_HOME", "/snap/x");
    machine.set("PATH", &format!("/nonexistent:{}:/usr/bin", machine.at("bin")));
    machine.work = machine.root().join("home");
    assert_eq!(machine.resolve(&server).launch.digest(), first);
}
