//! Writes one list of servers in many ways: what people, clients and generators do to a file without changing what it
//! says.
#![allow(clippy::unwrap_used, reason = "tests")]

use pinfold_clients::Syntax;

/// One server.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) key: String,
    pub(crate) command: String,
    /// `None`: there is no such member.
    pub(crate) args: Option<Vec<String>>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) is_disabled: bool,
}

/// Choices that change nothing, one byte each, used again from the beginning when they are used up.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    bytes: Vec<u8>,
    at: usize,
}

impl Choices {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    fn below(&mut self, count: usize) -> usize {
        self.at += 1;
        usize::from(self.bytes[(self.at - 1) % self.bytes.len()]) % count
    }

    fn of<'c>(&mut self, all: &[&'c str]) -> &'c str {
        all[self.below(all.len())]
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A file, with `\n` only.
pub(crate) fn file(syntax: Syntax, servers: &[Server], choices: &mut Choices) -> String {
    match syntax {
        Syntax::Toml => toml(servers, choices),
        Syntax::Yaml => yaml(servers, choices),
        _ => json(syntax, servers, choices),
    }
}

fn json(syntax: Syntax, servers: &[Server], choices: &mut Choices) -> String {
    let entries = servers.iter().map(|server| {
        let mut members = vec![("command".to_owned(), json_text(&server.command, choices))];
        if let Some(args) = &server.args {
            let items = args.iter().map(|arg| json_text(arg, choices)).collect();
            members.push(("args".to_owned(), json_items(syntax, '[', items, choices)));
        }
        if choices.flip() {
            let variables =
                server.variables.iter().map(|(name, value)| (name.clone(), json_text(value, choices)));
            let variables = variables.collect();
            members.push(("env".to_owned(), json_members(syntax, variables, choices)));
        }
        if server.is_disabled {
            members.push(("disabled".to_owned(), "true".to_owned()));
        }
        let turn = choices.below(members.len());
        members.rotate_left(turn);
        (server.key.clone(), json_members(syntax, members, choices))
    });
    let entries = entries.collect();
    let servers = json_members(syntax, entries, choices);
    let mut members = vec![("mcpServers".to_owned(), servers)];
    if choices.flip() {
        members.push(("hooks".to_owned(), "[{\"command\": \"npx\", \"args\": []}]".to_owned()));
    }
    [json_space(syntax, choices), &json_members(syntax, members, choices), json_space(syntax, choices)]
        .concat()
}

fn json_members(syntax: Syntax, members: Vec<(String, String)>, choices: &mut Choices) -> String {
    let written = members.into_iter().map(|(name, value)| {
        let name = json_text(&name, choices);
        [&name, json_space(syntax, choices), ":", json_space(syntax, choices), &value].concat()
    });
    let written = written.collect();
    json_items(syntax, '{', written, choices)
}

fn json_items(syntax: Syntax, open: char, items: Vec<String>, choices: &mut Choices) -> String {
    let mut text = String::from(open);
    let count = items.len();
    for (index, item) in items.into_iter().enumerate() {
        text.push_str(json_space(syntax, choices));
        text.push_str(&item);
        text.push_str(json_space(syntax, choices));
        if index + 1 < count || (matches!(syntax, Syntax::Jsonc | Syntax::LenientJson) && choices.flip()) {
            text.push(',');
        }
    }
    text.push_str(json_space(syntax, choices));
    text.push(if open == '{' { '}' } else { ']' });
    text
}

fn json_space(syntax: Syntax, choices: &mut Choices) -> &'static str {
    if syntax == Syntax::Json {
        return choices.of(&["", "", " ", "\n", "\t", "\n    ", "  "]);
    }
    choices.of(&["", " ", "\n  ", "\n// \"command\": \"npx\", ]\n", "/* \"--\", } é */", "\t", " //\n"])
}

fn json_text(text: &str, choices: &mut Choices) -> String {
    let mut written = serde_json::to_string(text).unwrap();
    if choices.below(4) == 0 {
        written = written.replace('/', "\\/").replace('n', "\\u006e").replace('😀', "\\ud83d\\uDE00");
    }
    written
}

fn toml(servers: &[Server], choices: &mut Choices) -> String {
    let mut text = choices.of(&["", "# command = \"npx\"\n", "model = \"x\" # y\n\n"]).to_owned();
    let form = choices.below(3);
    if form == 1 {
        text.push_str("[mcp_servers]\n");
    }
    for server in servers {
        let key = toml_text(&server.key, false, choices);
        let mut members = vec![("command", toml_text(&server.command, true, choices))];
        if let Some(args) = &server.args {
            members.push(("args", toml_list(args, choices)));
        }
        if server.is_disabled {
            members.push(("enabled", "false".to_owned()));
        }
        let turn = choices.below(members.len());
        members.rotate_left(turn);
        if form == 1 {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let gap = choices.of(&["", " "]);
            text.push_str(&format!(
                "{key} = {{{gap}{}{gap}}}\n",
                members.join(choices.of(&[",", ", ", " , "]))
            ));
            continue;
        }
        let prefix =
            if form == 0 { String::new() } else { format!("mcp_servers{}{key}.", choices.of(&[".", " . "])) };
        if form == 0 {
            text.push_str(&format!("[mcp_servers.{key}]{}\n", choices.of(&["", " # \"--\""])));
        }
        for (name, value) in members {
            let name = if choices.flip() { format!("\"{name}\"") } else { name.to_owned() };
            let indent = choices.of(&["", "  ", "\t"]);
            text.push_str(&format!(
                "{indent}{prefix}{name}{}{value}{}\n",
                choices.of(&["=", " = "]),
                choices.of(&["", " # args = []", "\n"])
            ));
        }
        for (index, (name, value)) in server.variables.iter().enumerate().filter(|_| form == 0) {
            if index == 0 {
                text.push_str(&format!("\n[mcp_servers.{key}.env]\n"));
            }
            text.push_str(&format!("{name} = {}\n", toml_text(value, true, choices)));
        }
    }
    text
}

fn toml_list(items: &[String], choices: &mut Choices) -> String {
    let mut text = String::from("[");
    let gap = choices.of(&["", " ", "\n  ", " # ], \"--\"\n "]);
    for (index, item) in items.iter().enumerate() {
        text.push_str(gap);
        text.push_str(&toml_text(item, true, choices));
        if index + 1 < items.len() || choices.flip() {
            text.push_str(choices.of(&[",", " ,", "\n,"]));
        }
    }
    text.push_str(gap);
    text.push(']');
    text
}

fn toml_text(text: &str, many_lines: bool, choices: &mut Choices) -> String {
    let is_literal = !text.contains(['\'', '\n', '\r']);
    match choices.below(4) {
        0 if is_literal => format!("'{text}'"),
        1 if is_literal && many_lines => format!("'''{text}'''"),
        2 if many_lines => format!("\"\"\"\n{}\"\"\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        _ => serde_json::to_string(text).unwrap(),
    }
}

fn yaml(servers: &[Server], choices: &mut Choices) -> String {
    let mut text = choices.of(&["", "# cmd: npx\n", "GOOSE_MODE: auto\n", "---\n"]).to_owned();
    text.push_str("extensions:\n");
    if servers.is_empty() {
        text.push_str("  {}\n");
    }
    let outer = choices.of(&["  ", "    ", " "]);
    for server in servers {
        text.push_str(&format!(
            "{outer}{}:{}\n",
            yaml_text(&server.key, true, choices),
            choices.of(&["", "  # x"])
        ));
        let indent = [outer, choices.of(&["  ", "    "])].concat();
        let mut members = vec![format!("{indent}cmd: {}", yaml_text(&server.command, false, choices))];
        if let Some(args) = &server.args {
            members.push(format!("{indent}args:{}", yaml_list(args, &indent, choices)));
        }
        members.push(format!("{indent}enabled: {}", !server.is_disabled));
        if !server.variables.is_empty() {
            let each = server.variables.iter();
            let lines =
                each.map(|(name, value)| format!("\n{indent}  {name}: {}", yaml_text(value, false, choices)));
            members.push(format!("{indent}envs:{}", lines.collect::<String>()));
        }
        let turn = choices.below(members.len());
        members.rotate_left(turn);
        for member in members {
            text.push_str(&member);
            text.push_str(choices.of(&["\n", " # cmd: x\n", "\n\n", "\n# args:\n"]));
        }
    }
    text
}

fn yaml_list(items: &[String], indent: &str, choices: &mut Choices) -> String {
    if items.is_empty() || choices.below(3) == 0 {
        let gap = choices.of(&["", " ", "\n          "]);
        let items: Vec<String> = items.iter().map(|item| yaml_text(item, true, choices)).collect();
        let end = if items.is_empty() { "" } else { choices.of(&["", ","]) };
        return format!(" [{gap}{}{end}{gap}]", items.join(&format!(",{gap}")));
    }
    let inner = [indent, choices.of(&["", "  "])].concat();
    let mut text = choices.of(&["", " # list"]).to_owned();
    for item in items {
        let before = choices.of(&["", "", "\n\n", "\n  # - \"--\""]);
        text.push_str(&format!(
            "{before}\n{inner}-{}{}",
            choices.of(&[" ", "   "]),
            yaml_text(item, false, choices)
        ));
    }
    text
}

fn yaml_text(text: &str, in_brackets: bool, choices: &mut Choices) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "/._- ".contains(letter);
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && !text.ends_with(' ')
        && text.chars().all(|letter| is_word(letter) || (!in_brackets && ",[]{}".contains(letter)))
        && !["true", "false", "null", "y", "n"].contains(&text);
    match choices.below(3) {
        0 if is_plain => text.to_owned(),
        1 if !text.contains(['\n', '\r', '\t']) => format!("'{}'", text.replace('\'', "''")),
        _ => serde_json::to_string(text).unwrap(),
    }
}
