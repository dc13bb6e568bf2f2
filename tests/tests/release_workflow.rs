//! The workflow that builds releases on other machines is one that GitHub can read.

use std::process::Command;

use pinfold_tests::binary::workspace;
use pinfold_tests::go::{Go, or_say};

#[test]
fn the_release_workflow_passes_a_linter_that_finds_faults() {
    let Some(linter) = or_say(Go::found().and_then(|go| go.actionlint())) else { return };
    let text =
        std::fs::read_to_string(workspace().join(".github/workflows/release.yml")).expect("the workflow");
    let folder = tempfile::tempdir().expect("a folder");
    let lint = |text: &str| {
        let file = folder.path().join("release.yml");
        std::fs::write(&file, text).expect("a workflow");
        let output = Command::new(&linter).arg(&file).output().expect("the linter runs");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(lint(&text), (true, String::new()));
    for (from, to) in [("needs: build", "needs: built"), ("matrix.runner }}", "matrix.machine }}")] {
        assert!(text.contains(from), "{from}");
        assert!(!lint(&text.replace(from, to)).0, "{from} to {to} is found");
    }
}
