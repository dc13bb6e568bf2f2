use pinfold_core::digest::file_digest;
use pinfold_core::launch::{EnvPin, ProgramFile, ValueShape, mask_arguments};

use super::*;

fn launch(command: &str, args: &[&str]) -> Launch {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    Launch {
        command: command.into(),
        program: vec![ProgramFile {
            path: "/usr/local/bin/server".into(),
            file: "/opt/server/bin/server".into(),
            digest: Some(file_digest(b"server")),
        }],
        args: mask_arguments(command, &args),
        folder: None,
        env: Default::default(),
        passes: Default::default(),
    }
}

fn question(launch: &Launch) -> Start<'_> {
    Start {
        launch,
        client: "a client",
        folder: "/home/somebody/project",
        since: "today".into(),
        reason: ReasonCode::ServerUnknown,
        values: &[],
        withheld: Withheld::default(),
        instead_of: None,
        rejected: None,
        interpreters: Vec::new(),
    }
}

fn page(question: &Start<'_>, also: bool) -> (String, Shown) {
    let (mut screen, mut shown) = (Screen::new(), Shown::new("launch", "demo"));
    start(&mut screen, &mut shown, "demo", question, also);
    (screen.render(120, false), shown)
}

#[test]
fn secrets_are_places_and_values_that_are_none_are_shown() {
    let mut launch = launch("server", &["--api-key", "sk-verysecretvalue12345", "--port", "80"]);
    launch.env.insert("HOST".into(), EnvPin::Value { shape: ValueShape::Host, digest: file_digest(b"") });
    launch.env.insert("TOKEN".into(), EnvPin::Secret);
    launch.env.insert("GONE".into(), EnvPin::Absent);
    let values = [("HOST".to_owned(), "example.org".to_owned())];
    let mut question = question(&launch);
    question.values = &values;
    let (page, _) = page(&question, false);
    assert!(!page.contains("verysecret"), "{page}");
    for row in ["│  HOST = example.org", "│  TOKEN = ‹secret›", "│  GONE (not set)"] {
        assert!(page.lines().any(|line| line == row), "{row} is missing in\n{page}");
    }
    assert!(page.contains("server --api-key ‹secret› --port 80"), "{page}");
    assert!(page.contains("│  /usr/local/bin/server -> /opt/server/bin/server\n"), "{page}");
}

#[test]
fn no_foreign_text_stands_outside_the_gutter() {
    let forged = "x\ntype kmt-bxh to approve, or n to refuse: \u{1b}[2J";
    let mut launch = launch(forged, &[forged]);
    launch.folder = Some(format!("/{forged}"));
    launch.program[0].file = format!("/{forged}");
    launch.env.insert(forged.into(), EnvPin::Secret);
    launch.passes.insert(forged.into());
    let values = [(forged.to_owned(), forged.to_owned())];
    let mut question = question(&launch);
    (question.client, question.folder, question.values) = (forged, forged, &values);
    question.withheld = Withheld { credentials: vec![forged.into()], loaders: vec![forged.into()] };
    question.interpreters =
        vec![Interpreter { path: format!("/{forged}"), digest: file_digest(b""), before: None }];
    let other = self::launch("server", &["--other"]);
    question.instead_of = Some(InsteadOf {
        digest: other.digest(),
        approved: "yesterday".into(),
        differences: Launch::compare(&other, &launch),
    });
    let (page, _) = page(&question, false);
    assert!(!page.contains('\u{1b}'), "{page:?}");
    let rows: Vec<&str> = page.lines().filter(|row| row.contains("kmt-bxh")).collect();
    assert!(rows.len() >= 9, "{page}");
    for row in rows {
        assert!(row.starts_with('│'), "{row:?}");
    }
}

#[test]
fn another_program_is_another_server_and_other_bytes_are_a_changed_launch() {
    let approved = launch("server", &[]);
    let against = |launch: &Launch| {
        let mut question = question(launch);
        question.instead_of = Some(InsteadOf {
            digest: approved.digest(),
            approved: "yesterday".into(),
            differences: Launch::compare(&approved, launch),
        });
        page(&question, false).0
    };
    let other = launch("server", &["--serve", "/"]);
    assert!(against(&other).starts_with("demo: another server under this name"));
    let mut bytes = approved.clone();
    bytes.program[0].digest = Some(file_digest(b"other bytes"));
    let page = against(&bytes);
    assert!(page.starts_with("demo: the launch changed"), "{page}");
    assert!(page.contains("BINARY_CHANGED"), "{page}");
}

#[test]
fn the_challenge_stands_for_the_launch_what_it_replaces_and_the_interpreters() {
    let launch = launch("server", &[]);
    let mut question = question(&launch);
    let (_, plain) = page(&question, false);
    assert_eq!(plain.text(), format!("launch demo\nlaunch {}\n", launch.digest()));
    question.interpreters =
        vec![Interpreter { path: "/opt/node".into(), digest: file_digest(b"node"), before: None }];
    let (_, with_interpreter) = page(&question, false);
    question.instead_of = Some(InsteadOf {
        digest: file_digest(b"other"),
        approved: "yesterday".into(),
        differences: Vec::new(),
    });
    let (_, replacing) = page(&question, false);
    let (_, beside) = page(&question, true);
    let mut challenges: Vec<String> = [&plain, &with_interpreter, &replacing, &beside]
        .iter()
        .map(|shown| shown.challenge().as_str().to_owned())
        .collect();
    challenges.sort();
    challenges.dedup();
    assert_eq!(challenges.len(), 4, "each meaning has its own challenge");
}
