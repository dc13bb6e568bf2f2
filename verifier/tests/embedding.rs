//! The example for client developers is compiled, run, and says what its page shows; the page's code is its code.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../examples/embed/main.rs"]
#[allow(dead_code, unreachable_pub, reason = "a program of its own, of which a test uses the story")]
mod embed;
mod published;
mod tiny_log;

use std::path::Path;

use pinfold_core::digest::ObjectKind;
use published::Published;

const PAGE: &str = "../docs/client-developer.md";
const EXAMPLE: &str = "examples/embed/main.rs";

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The fenced blocks of the page in one language.
fn blocks(language: &str) -> Vec<String> {
    let page = read(PAGE);
    let start = format!("```{language}\n");
    page.split(start.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_example_says_what_its_page_shows() {
    let told = embed::story().unwrap();
    let shown = blocks("console");
    let shown: Vec<&str> = shown.iter().flat_map(|block| block.lines().skip(1)).collect();
    assert_eq!(shown.join("\n"), told.trim_end(), "the page shows something else than:\n{told}");
}

#[test]
fn the_code_of_the_page_stands_in_the_example() {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let example = squeezed(&read(EXAMPLE));
    let blocks = blocks("rust");
    assert!(blocks.len() >= 3, "the page shows code");
    for block in blocks {
        for part in block.split("// …\n") {
            assert!(example.contains(&squeezed(part)), "not in the example:\n{part}");
        }
    }
}

/// The files beside the example are those of a log of the tests.
#[test]
fn the_release_of_the_example_is_a_real_one() {
    let listing: serde_json::Value = serde_json::from_str(&read("examples/embed/listing-now.json")).unwrap();
    // Nobody published the last tool.
    let tools = listing["tools"].as_array().unwrap().split_last().unwrap().1.to_vec();
    let objects = tools.iter().map(|tool| (ObjectKind::Tool, tool.to_string().into_bytes())).collect();
    let (bundle, trust, _) = Published::second(objects).bundle();
    assert_eq!(read("examples/embed/demo-1.1.0.pinfold"), String::from_utf8(bundle).unwrap());
    assert_eq!(read("examples/embed/trust.toml"), trust.to_text());
}
