//! What comes off when somebody else wrote in the file since.
#![allow(clippy::unwrap_used, reason = "tests")]

use pinfold_clients::{Client, ConfigFile, EditError, Kind, Obstacle, Place, Scope, Wrapping, read};

fn file(client: Client) -> &'static ConfigFile {
    client.files().next().unwrap()
}

#[track_caller]
fn bare(client: Client, wrapped: &str) -> String {
    String::from_utf8(read(file(client), wrapped.as_bytes()).unwrap().unwrap_all().unwrap()).unwrap()
}

#[test]
fn flags_variables_and_members_that_a_client_added_stay() {
    let wrapped = r#"{"mcpServers":{"a":{"disabled":true,"command":"/usr/bin/pinfold","args":["run","--as","a","--","npx","-y","x"],"env":{"NEW":"1"},"alwaysAllow":["t"]}}}"#;
    let expected = r#"{"mcpServers":{"a":{"disabled":true,"command":"npx","args":["-y","x"],"env":{"NEW":"1"},"alwaysAllow":["t"]}}}"#;
    assert_eq!(bare(Client::Cursor, wrapped), expected);
}

#[test]
fn a_file_that_was_written_anew() {
    let pretty = r#"{
  "mcpServers": {
    "a": {
      "args": [
        "run",
        "--as=a",
        "--",
        "server"
      ],
      "command": "/usr/bin/pinfold",
      "type": "stdio"
    },
    "b": {
      "command": "/usr/bin/pinfold",
      "args": [
        "run",
        "--as",
        "b",
        "--env",
        "K",
        "--",
        "npx",
        "-y"
      ]
    },
    "c": {
      "type": "stdio",
      "command": "/usr/bin/pinfold",
      "env": {},
      "args": [
        "run",
        "--as=c",
        "--",
        "server"
      ]
    }
  }
}"#;
    let expected = r#"{
  "mcpServers": {
    "a": {
      "command": "server",
      "type": "stdio"
    },
    "b": {
      "command": "npx",
      "args": [
        "-y"
      ]
    },
    "c": {
      "type": "stdio",
      "command": "server",
      "env": {}
    }
  }
}"#;
    assert_eq!(bare(Client::Cursor, pretty), expected);
}

#[test]
fn yaml_that_was_written_anew() {
    let wrapped = "extensions:\n  a:\n    args:\n    - run\n    - --as=a\n    - --\n    - /opt/a\n    bundled: null\n    cmd: /usr/bin/pinfold\n    enabled: true\n  b:\n    args:\n    - run\n    - --as\n    - b\n    - --\n    - npx\n    - -y\n    cmd: /usr/bin/pinfold\n";
    let expected = "extensions:\n  a:\n    bundled: null\n    cmd: /opt/a\n    enabled: true\n  b:\n    args:\n    - -y\n    cmd: npx\n";
    assert_eq!(bare(Client::Goose, wrapped), expected);
}

#[test]
fn toml_that_was_written_anew() {
    let wrapped = "[mcp_servers.a]\nargs = [\n    \"run\",\n    \"--as=a\",\n    \"--\",\n    \"/opt/a\",\n]\ncommand = \"/usr/bin/pinfold\"\n\n[mcp_servers.b]\ncommand = \"/usr/bin/pinfold\"\nargs = [\n    \"run\",\n    \"--as\",\n    \"b\",\n    \"--\",\n    \"npx\",\n    \"-y\",\n]\n";
    let expected = "[mcp_servers.a]\ncommand = \"/opt/a\"\n\n[mcp_servers.b]\ncommand = \"npx\"\nargs = [\n    \"-y\",\n]\n";
    assert_eq!(bare(Client::Codex, wrapped), expected);
}

#[test]
fn arguments_that_a_person_added_or_removed() {
    let json =
        |args: &str| format!(r#"{{"mcpServers":{{"a":{{"command":"/usr/bin/pinfold","args":[{args}]}}}}}}"#);
    let expected = |rest: &str| format!(r#"{{"mcpServers":{{"a":{{"command":"server"{rest}}}}}}}"#);
    let added = bare(Client::Cursor, &json(r#""run","--as=a","--","server", "--new""#));
    assert_eq!(added, expected(r#","args":[ "--new"]"#));
    let removed = bare(Client::Cursor, &json(r#""run","--as","a","--","server""#));
    assert_eq!(removed, expected(r#","args":[]"#));
    let locked = bare(Client::Cursor, &json(r#""run","--locked","--as","a","--","server","x""#));
    assert_eq!(locked, expected(r#","args":["x"]"#));
    let goose = "extensions:\n  b:\n    args:\n    - run\n    - --as\n    - b\n    - --\n    - npx\n    cmd: /usr/bin/pinfold\n";
    assert_eq!(bare(Client::Goose, goose), "extensions:\n  b:\n    args: []\n    cmd: npx\n");
}

#[test]
fn another_copy_of_our_program_is_still_ours() {
    let wrapped = r#"{"mcpServers":{"a":{"command":"/home/ada/.local/share/pinfold/bin/pinfold","args":["run","--as","a","--","npx"]}}}"#;
    assert_eq!(bare(Client::Cursor, wrapped), r#"{"mcpServers":{"a":{"command":"npx","args":[]}}}"#);
}

#[test]
fn one_mangled_entry_keeps_no_other() {
    let text = "extensions:\n  a:\n    cmd: /usr/bin/pinfold\n    args: &x [run, --as, a, --, npx, y]\n  b:\n    cmd: /usr/bin/pinfold\n    args: [run, --as, b, --, uvx, z]\n";
    let document = read(file(Client::Goose), text.as_bytes()).unwrap();
    let places: Vec<Place> = document.entries().iter().map(|entry| entry.place.clone()).collect();
    assert_eq!(document.unwrap_all().unwrap_err(), EditError::NotExact);
    let (bytes, left) = document.unwrap_each(&places);
    assert_eq!(left, [(place("/extensions/a"), EditError::NotExact)]);
    let expected = text
        .replace("cmd: /usr/bin/pinfold\n    args: [run, --as, b, --, uvx, z]", "cmd: uvx\n    args: [ z]");
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn a_wrapper_in_a_wrapper_comes_off_one_by_one() {
    let inner = r#"{"mcpServers":{"a":{"command":"/usr/bin/pinfold","args":["run","--as","b","--","npx"]}}}"#;
    let outer = inner.replace(r#"["run""#, r#"["run","--as","a","--","/usr/bin/pinfold","run""#);
    assert_eq!(bare(Client::Cursor, &outer), inner);
}

fn place(pointer: &str) -> Place {
    Place::from_pointer(pointer)
}

fn wrapping(program: &str, label: &str, names: &[&str]) -> Wrapping {
    let env_names = names.iter().map(|&name| name.to_owned()).collect();
    Wrapping { program: program.to_owned(), label: label.parse().unwrap(), env_names }
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let text = r#"{"mcpServers":{
        "plain":{"command":"npx","args":[]},
        "remote":{"url":"https://h.example"},
        "ours":{"command":"/usr/bin/pinfold","args":["status"]},
        "done":{"command":"/usr/bin/pinfold","args":["run","--as","d","--","npx"]},
        "twice":{"command":"npx","command":"uvx"},
        "args":{"command":"npx","args":["a"],"args":[]},
        "number":{"command":"npx","args":["--port",3000]},
        "same":{"command":"a"},
        "same":{"command":"b"}
    }}"#;
    let document = read(file(Client::Cursor), text.as_bytes()).unwrap();
    let good = || wrapping("/usr/bin/pinfold", "l", &["A"]);
    let refused =
        |pointer: &str, wrapping: Wrapping| document.wrap(&[(place(pointer), wrapping)]).unwrap_err();
    for (key, obstacle) in [
        ("remote", Obstacle::NoProgram),
        ("ours", Obstacle::OwnProgram),
        ("done", Obstacle::Wrapped),
        ("twice", Obstacle::Repeated),
        ("args", Obstacle::Repeated),
        ("number", Obstacle::NoProgram),
        ("same", Obstacle::Repeated),
    ] {
        let at = place(&format!("/mcpServers/{key}"));
        assert_eq!(refused(at.as_str(), good()), EditError::Obstacle { place: at, obstacle }, "{key}");
    }
    let plain = "/mcpServers/plain";
    assert_eq!(refused("/mcpServers/nobody", good()), EditError::Unknown(place("/mcpServers/nobody")));
    for program in ["pinfold", "/usr/bin/other", "/usr/bin/pinfold\n", "C:\\pinfold.exe", ""] {
        assert_eq!(refused(plain, wrapping(program, "l", &[])), EditError::Program, "{program}");
    }
    assert_eq!(refused(plain, wrapping("/usr/bin/pinfold", "-l", &[])), EditError::Label);
    for name in ["", "A,B", "A=b", "-A", "A\0", "A B", "$A"] {
        assert_eq!(
            refused(plain, wrapping("/usr/bin/pinfold", "l", &[name])),
            EditError::VariableName,
            "{name:?}"
        );
    }
    let twice = document.wrap(&[(place(plain), good()), (place(plain), good())]);
    assert_eq!(twice.unwrap_err(), EditError::Unknown(place(plain)));
    assert_eq!(document.unwrap(&[place(plain)]).unwrap_err(), EditError::NotWrapped(place(plain)));
    assert!(document.hints().len() == 1, "the name that stands twice: {:?}", document.hints());
}

#[test]
fn texts_that_mean_something_else_elsewhere_are_not_moved() {
    let obstacle = |text: &str| {
        let document = read(file(Client::Goose), text.as_bytes()).unwrap();
        (document.entries()[0].kind.clone(), document.entries()[0].obstacle)
    };
    for (text, expected) in [
        ("extensions:\n  a:\n    cmd: /opt/a,b\n    args: [x]\n", Some(Obstacle::Spelling)),
        ("extensions:\n  a:\n    cmd: /opt/a,b\n    args:\n    - x\n", None),
        ("extensions:\n  a:\n    cmd: /opt/a,b\n", None),
        ("extensions:\n  a: {cmd: /opt/a}\n", None),
        ("extensions:\n  a:\n    cmd: |\n      /opt/a\n", Some(Obstacle::Spelling)),
        ("extensions:\n  a:\n    cmd: &x /opt/a\n    args: [x]\n", Some(Obstacle::Spelling)),
        ("extensions:\n  a:\n    cmd: 'two\n      lines'\n    args: [x]\n", Some(Obstacle::Spelling)),
        ("extensions:\n  a:\n    cmd: a\n    args: &y [x]\n", Some(Obstacle::Layout)),
        ("extensions:\n  a:\n    cmd: a\n    args:\n    - &z x\n", None),
    ] {
        let (kind, found) = obstacle(text);
        assert!(matches!(kind, Kind::Stdio(_)), "{text}");
        assert_eq!(found, expected, "{text}");
    }
    let alias = "x: &x npx\nextensions:\n  a:\n    cmd: *x\n";
    assert!(matches!(obstacle(alias).0, Kind::Malformed(_)));
}

#[test]
fn entries_of_one_project_are_told_from_those_of_the_person() {
    let text = r#"{"mcpServers":{"a":{"command":"x"}},"projects":{"/home/ada/a/b":{"mcpServers":{"a":{"command":"y"}}}}}"#;
    let document = read(file(Client::ClaudeCode), text.as_bytes()).unwrap();
    let [user, local] = document.entries() else { panic!("{document:?}") };
    assert_eq!((user.scope, user.project.as_deref()), (Scope::User, None));
    assert_eq!((local.scope, local.project.as_deref()), (Scope::Local, Some("/home/ada/a/b")));
    assert_eq!(local.place.as_str(), "/projects/~1home~1ada~1a~1b/mcpServers/a");
    let one = document.wrap(&[(local.place.clone(), wrapping("/usr/bin/pinfold", "a", &[]))]).unwrap();
    assert!(String::from_utf8(one).unwrap().starts_with(r#"{"mcpServers":{"a":{"command":"x"}},"#));
}
