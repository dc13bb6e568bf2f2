//! The vectors of `spec/launch.md`.
#![allow(clippy::unwrap_used)]

mod support;

use pinfold_core::json::{self, ReadLimits, Value};
use pinfold_core::launch::{
    Bridge, Launch, Role, bridge, is_launcher, loader_variable, looks_like_credential, mask_arguments,
    parse_env_arguments, parse_shebang, path_member_fault, relative_names, value_shape,
};
use support::{Vector, vectors};

#[test]
fn every_vector_of_launch_comes_out_as_expected() {
    let vectors = vectors("launch");
    let count = vectors.len();
    vectors.into_iter().for_each(check);
    println!("{count} vectors of launch");
}

fn check(mut vector: Vector) {
    let file = vector.file.clone();
    let (kind, expect) = (vector.need("kind"), vector.need("expect"));
    let input = std::mem::take(&mut vector.input);
    if kind == "record" {
        let outcome = Launch::from_bytes(&input).map_or_else(|error| error.name(), |_| "ok");
        assert_eq!(outcome, expect, "{file}");
    } else if kind == "shebang" {
        check_shebang(&mut vector, &input, &expect);
    } else {
        let doc = json::read(&input, &ReadLimits::OWN).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(outcome(&file, &kind, &doc), expect, "{file}");
    }
    vector.finish();
}

/// What comes out of a JSON case; panics where it is not what the case says should.
fn outcome(file: &str, kind: &str, doc: &Value<'_>) -> String {
    let text = |name: &str| doc.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{file}: {name}"));
    let expected = || json::canonical(doc.get("expected").unwrap_or_else(|| panic!("{file}: expected")));
    let same = |found: &Value<'_>| {
        assert_eq!(show(&json::canonical(found)), show(&expected()), "{file}");
        "ok".to_owned()
    };
    match kind {
        "compare" => compare(file, doc),
        "arguments" => {
            let masked = mask_arguments(text("command"), &strings(doc, "args"));
            let mut launch = Launch::from_bytes(SIMPLE.as_bytes()).unwrap();
            launch.args = masked;
            same(launch.to_value().get("args").unwrap())
        }
        "value" => value_shape(text("name"), text("value")).as_str().to_owned(),
        "variable" if loader_variable(text("name")) => "loader".to_owned(),
        "variable" if looks_like_credential(text("name")) => "credential".to_owned(),
        "variable" => "ok".to_owned(),
        "program" if is_launcher(text("name")) => "launcher".to_owned(),
        "program" => "own".to_owned(),
        "path" => {
            let home = doc.get("home").and_then(Value::as_str);
            let keeps = |member: &&str| path_member_fault(member, text("folder"), home).is_none();
            same(&Value::string(text("path").split(':').filter(keeps).collect::<Vec<_>>().join(":")))
        }
        "env" => match parse_env_arguments(&strings(doc, "args")) {
            Err(refusal) => refusal.name().to_owned(),
            Ok(found) => {
                let assignments = found.assignments.iter().map(|(name, value)| format!("{name}={value}"));
                same(&Value::object(vec![
                    ("args", list(found.args.iter().cloned())),
                    ("assignments", list(assignments)),
                    ("command", Value::string(found.command)),
                    ("ignore", Value::bool(found.ignores_environment)),
                    ("unset", list(found.unset.iter().cloned())),
                ]))
            }
        },
        "relative" => {
            let role = |role| match role {
                Role::Code => "code",
                Role::Project => "project",
                Role::Data => "data",
            };
            let names = relative_names(text("command"), &strings(doc, "args"));
            same(&list(names.into_iter().map(|name| format!("{} {}", role(name.role), name.path))))
        }
        "bridge" => {
            let args = mask_arguments(text("command"), &strings(doc, "args"));
            same(&bridge(text("command"), &args).map_or_else(Value::null, |found| match found {
                Bridge::Url(url) => Value::string(url),
                Bridge::Hosted { service, name } => Value::string(format!("{name} at {service}")),
            }))
        }
        other => panic!("{file}: kind {other}"),
    }
}

/// A launch whose arguments are put in place of its own.
const SIMPLE: &str = r#"{"args":[],"command":"x","env":{},"folder":null,"format":"pinfold/launch/v1","lock":null,"passes":[],"program":[{"digest":null,"file":"/x","path":"/x"}],"remote":null,"runtime":null,"tree":null}"#;

fn compare(file: &str, doc: &Value<'_>) -> String {
    let launch = |name: &str| {
        Launch::from_value(doc.get(name).unwrap()).unwrap_or_else(|error| panic!("{file}: {name}: {error}"))
    };
    let found = Launch::compare(&launch("pinned"), &launch("live"));
    let codes: Vec<_> = found.iter().map(|difference| difference.reason.as_str()).collect();
    if codes.is_empty() { "ok".to_owned() } else { codes.join(",") }
}

fn check_shebang(vector: &mut Vector, input: &[u8], expect: &str) {
    let file = vector.file.clone();
    match parse_shebang(input) {
        Err(refusal) => assert_eq!(refusal.name(), expect, "{file}"),
        Ok(found) => {
            assert_eq!(expect, "ok", "{file}");
            let (interpreter, argument) =
                found.map_or((None, None), |line| (Some(line.interpreter), line.argument));
            assert_eq!(interpreter, vector.take("interpreter"), "{file}");
            assert_eq!(argument, vector.take("argument"), "{file}");
        }
    }
}

fn strings(doc: &Value<'_>, name: &str) -> Vec<String> {
    let elements = doc.get(name).and_then(Value::as_array).unwrap_or_default();
    elements.iter().map(|element| element.as_str().unwrap().to_owned()).collect()
}

fn list(texts: impl Iterator<Item = String>) -> Value<'static> {
    Value::array(texts.map(Value::string).collect())
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
