//! Every command of a publisher prints exactly one document of one shape, done or refused.

use pinfold_tests::log::TestLog;
use serde_json::Value;

use crate::log::policy;
use crate::support::{NAME, Publisher};

fn members(document: &Value) -> Vec<String> {
    document.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn documents_of_publishers_have_one_shape_in_success_and_failure() {
    let (publisher, log) = (Publisher::of_two_tools(), TestLog::alone());
    let policy = policy(&publisher, &log);
    let release = ["--name", NAME, "--version", "1.0.0"];
    let with_server = |arguments: &[&str], code| publisher.document_with_server(arguments, code);
    let without = |arguments: &[&str], code| publisher.document(arguments, code);
    let captured = with_server(&[&["capture", "-o", "m.json"][..], &release].concat(), 0);
    let published = with_server(&[&["publish", "--policy", &policy, "--yes"][..], &release].concat(), 0);
    let bundle = "demo-1.0.0.pinfold";
    let pairs = [
        (captured, with_server(&["capture", "-o", "n.json"], 2), "pinfold/capture/v1"),
        (published, with_server(&[&["publish", "--yes"][..], &release].concat(), 2), "pinfold/publish/v1"),
        (
            without(&["diff", "m.json", bundle], 0),
            without(&["diff", "m.json", "absent"], 3),
            "pinfold/diff/v1",
        ),
        (
            without(&["sign", "m.json", "-o", "e", "--first", "log.example", "--yes"], 0),
            without(&["sign", "m.json", "-o", "e", "--previous", bundle, "--yes"], 1),
            "pinfold/sign/v1",
        ),
        (
            without(&["withdraw", NAME, "1.0.0", "--reason", "mistaken", "--policy", &policy, "--yes"], 0),
            without(&["withdraw", NAME, "1.0.0", "--reason", "bored"], 2),
            "pinfold/withdraw/v1",
        ),
        (
            without(&["key", "new", "a.key", "--no-passphrase"], 0),
            without(&["key", "new", "a.key", "--no-passphrase"], 1),
            "pinfold/key-new/v1",
        ),
    ];
    for (good, bad, schema) in pairs {
        assert_eq!((&good["schema"], &bad["schema"]), (&schema.into(), &schema.into()));
        assert_eq!(members(&good), members(&bad), "{schema}");
        for (member, value) in good.as_object().unwrap().iter().filter(|(_, value)| value.is_array()) {
            assert!(
                bad[member].is_array() || bad[member].is_null(),
                "{schema}: {member} is {value} and {}",
                bad[member]
            );
        }
        for member in ["code", "message", "hint"] {
            assert!(bad["error"][member].as_str().is_some_and(|text| !text.is_empty()), "{bad:#}");
        }
    }
}
