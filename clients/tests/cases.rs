//! What went wrong with other programs that edited these files.
#![allow(clippy::unwrap_used, reason = "tests")]

use pinfold_clients::{Client, ConfigFile, Entry, ReadRefusal, Registry, VersionSpec, Wrapping, read};

fn file(client: Client) -> &'static ConfigFile {
    client.files().next().unwrap()
}

fn wrapped(client: Client, text: &str) -> String {
    let document = read(file(client), text.as_bytes()).unwrap();
    let wrapping = |entry: &Entry| Wrapping {
        program: "/usr/bin/pinfold".to_owned(),
        label: "demo".parse().unwrap(),
        env_names: entry.declared_names(),
    };
    let all: Vec<_> = document.entries().iter().map(|entry| (entry.place.clone(), wrapping(entry))).collect();
    String::from_utf8(document.wrap(&all).unwrap()).unwrap()
}

/// Variables of the client stand where the client fills them in, letter by letter.
#[test]
fn variables_of_the_client_stay_verbatim() {
    let text = r#"{
  "inputs": [{ "id": "key", "type": "promptString", "password": true }],
  "servers": {
    "app": {
      "type": "stdio",
      "command": "${workspaceFolder}/tools/server",
      "args": ["--dir", "${workspaceFolder}/data", "--cache", "${env:HOME}/.cache"],
      "env": { "APP_KEY": "${input:key}", "APP_URL": "https://app.example" },
      "envFile": "${workspaceFolder}/.env"
    }
  }
}"#;
    let document = read(file(Client::VsCode), text.as_bytes()).unwrap();
    let entry = &document.entries()[0];
    assert_eq!(entry.placeholders, ["/command", "/args/1", "/args/3", "/env/APP_KEY", "/envFile"]);
    assert_eq!(entry.env_file.as_deref(), Some("${workspaceFolder}/.env"));
    let wrapped = wrapped(Client::VsCode, text);
    let expected = text
        .replace(r#""command": "${workspaceFolder}/tools/server""#, r#""command": "/usr/bin/pinfold""#)
        .replace(
            r#"["--dir","#,
            r#"["run","--as","demo","--env","APP_KEY,APP_URL","--","${workspaceFolder}/tools/server","--dir","#,
        );
    assert_eq!(wrapped, expected);
}

/// A file that ends too early is refused with the place, and the same file with a comment is no reason.
#[test]
fn a_broken_file_is_refused_with_line_and_column() {
    let text = "{\n  // allowed here\n  \"mcpServers\": {\n    \"demo\": { \"command\": \"python3\", \"args\": [\"/opt/demo.py\"]\n";
    let error = read(file(Client::Gemini), text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 4, column 61: the file ends where `,` or `}` is needed");
    let error = read(file(Client::Cursor), text.as_bytes()).unwrap_err();
    assert_eq!((error.refusal, error.position.line, error.position.column), (ReadRefusal::Comment, 2, 3));
}

/// On Windows `cmd /c` stands before a program that is a script.
#[test]
fn launches_of_windows_are_packages() {
    let text = r#"{"mcpServers":{
        "a":{"command":"npx","args":["-y","@team/tool@2.0.1","--dir","D:\\x"]},
        "b":{"command":"cmd","args":["/c","npx","-y","@team/tool"]},
        "c":{"command":"D:\\WINDOWS\\system32\\CMD.EXE","args":["/C","npx.cmd","--yes","@team/tool@latest"]},
        "d":{"command":"uvx","args":["--from","team-tool==0.9.1","tool","-v"]},
        "e":{"command":"cmd","args":["/c","run-it.bat"]}
    }}"#;
    let document = read(file(Client::ClaudeDesktop), text.as_bytes()).unwrap();
    let packages: Vec<_> = document
        .entries()
        .iter()
        .map(|entry| {
            let package = entry.recognise().unwrap().package?;
            Some((package.registry, package.name, package.version.floats(), package.version))
        })
        .collect();
    let npm = |floats, version| Some((Registry::Npm, "@team/tool".to_owned(), floats, version));
    let expected = [
        npm(false, VersionSpec::Exact("2.0.1".to_owned())),
        npm(true, VersionSpec::Unsaid),
        npm(true, VersionSpec::Tag("latest".to_owned())),
        Some((Registry::Pypi, "team-tool".to_owned(), false, VersionSpec::Exact("0.9.1".to_owned()))),
        None,
    ];
    assert_eq!(packages, expected);
    let wrapped = wrapped(Client::ClaudeDesktop, text);
    assert_eq!(
        read(file(Client::ClaudeDesktop), wrapped.as_bytes()).unwrap().unwrap_all().unwrap(),
        text.as_bytes()
    );
}

/// The key is part of every tool's name at the client, however long it is.
#[test]
fn keys_are_never_renamed() {
    let key = "plugin_of_a_long_name_and_another_one_for_observability_at_work";
    let text = format!(r#"{{"mcpServers":{{"{key}":{{"command":"python3","args":["/opt/x.py"]}}}}}}"#);
    let wrapped = wrapped(Client::ClaudeCode, &text);
    let document = read(file(Client::ClaudeCode), wrapped.as_bytes()).unwrap();
    assert_eq!(document.entries()[0].key, key);
    assert_eq!(wrapped.matches(key).count(), 1);
}

/// A file of a project is written by others: its size must not cost more than reading it.
#[test]
fn a_file_with_too_many_servers_is_refused_at_once() {
    let many = |count: usize| {
        (0..count).map(|index| format!("\"k{index}\":{{\"command\":\"x\"}}")).collect::<Vec<_>>().join(",")
    };
    let refusal = |text: String| read(file(Client::Cursor), text.as_bytes()).err().map(|error| error.refusal);
    assert_eq!(refusal(format!("{{\"mcpServers\":{{{}}}}}", many(1_000))), None);
    assert_eq!(
        refusal(format!("{{\"mcpServers\":{{{}}}}}", many(100_000))),
        Some(ReadRefusal::TooManyServers)
    );
    assert_eq!(refusal(format!("{{{}}}", many(100_000))), Some(ReadRefusal::TooManyServers));
    let members =
        |count: usize| (0..count).map(|index| format!("\"k{index}\":\"\"")).collect::<Vec<_>>().join(",");
    let entry = |inside: String| format!("{{\"mcpServers\":{{\"a\":{{\"command\":\"x\",{inside}}}}}}}");
    assert_eq!(refusal(entry(members(100_000))), Some(ReadRefusal::TooManyServers));
    assert_eq!(
        refusal(entry(format!("\"env\":{{{}}}", members(100_000)))),
        Some(ReadRefusal::TooManyServers)
    );
}
