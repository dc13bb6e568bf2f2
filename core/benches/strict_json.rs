//! What strict reading costs: canonicalise-and-digest and the framing walk, each beside a bare `serde_json::Value`
//! parse of the same bytes in the same run.
//!
//! `cargo bench -p pinfold-core`. Needs no data: the listing is made here, in the shape of real ones (median tool of
//! about 1 KB, prose with escapes, nested schemas). Rates are medians over interleaved rounds; ratios are of medians.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a bench has a clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use pinfold_core::digest::{ObjectKind, object_digest};
use pinfold_core::framing::{FrameLimits, parse_frame};
use pinfold_core::json::{ReadLimits, Value, canonical, read, read_canonical};

const ROUNDS: usize = 15;
const ROUND_TIME: Duration = Duration::from_millis(60);

fn main() {
    let listing = listing(100);
    let result = call_result();
    compare(
        "listing",
        &format!("a listing of 100 tools, {} bytes", listing.len()),
        &listing,
        &mut [
            ("`serde_json::Value` parse", &mut |doc| drop(black_box(serde_value(doc)))),
            ("strict read", &mut |doc| drop(black_box(strict(doc)))),
            ("read, RFC 8785 and SHA-256 of each tool", &mut |doc| canonicalise_and_digest(doc)),
            ("framing of traffic", &mut |doc| frame(doc)),
        ],
    );
    let document = canonical(&strict(&listing));
    compare(
        "canonical",
        "the same in its canonical form, read as such",
        &document,
        &mut [
            ("strict read", &mut |doc| drop(black_box(strict(doc)))),
            ("canonical read", &mut |doc| drop(black_box(read_canonical(doc, &ReadLimits::LISTING)))),
            ("strict read, written again, compared", &mut |doc| {
                black_box(canonical(&strict(doc)) == doc);
            }),
        ],
    );
    compare(
        "result",
        &format!("a result of one call, {} bytes of text with escapes", result.len()),
        &result,
        &mut [
            ("`serde_json::Value` parse", &mut |doc| drop(black_box(serde_value(doc)))),
            ("framing", &mut |doc| frame(doc)),
        ],
    );
    compare(
        "call",
        "one call",
        CALL,
        &mut [
            ("`serde_json::Value` parse", &mut |doc| drop(black_box(serde_value(doc)))),
            ("framing", &mut |doc| frame(doc)),
        ],
    );
}

/// A `tools/call` request of usual size.
const CALL: &[u8] = br#"{"method":"tools/call","params":{"name":"search_records","arguments":{"query":"late invoices","limit":20,"mode":"exact"},"_meta":{"progressToken":7}},"jsonrpc":"2.0","id":7}"#;

type Work<'w> = (&'static str, &'w mut dyn FnMut(&[u8]));

/// Runs the works in turn, round after round, so that a busy moment of the machine meets all of them.
/// The first is the baseline.
fn compare(table: &str, title: &str, doc: &[u8], works: &mut [Work<'_>]) {
    let mut rates = vec![Vec::new(); works.len()];
    for _ in 0..ROUNDS {
        for (index, (_, work)) in works.iter_mut().enumerate() {
            rates[index].push(rate(doc, work));
        }
    }
    println!("== {table}");
    println!("| {title} | MB/s | time | beside {} |", works[0].0);
    println!("|---|---|---|---|");
    let baseline = median(&mut rates[0]);
    for ((name, _), rates) in works.iter().zip(&mut rates) {
        let rate = median(rates);
        let micros = doc.len() as f64 / rate;
        println!("| {name} | {rate:.0} | {micros:.2} µs | {:.2}x |", rate / baseline);
    }
    println!();
}

fn rate(doc: &[u8], work: &mut dyn FnMut(&[u8])) -> f64 {
    let start = Instant::now();
    let mut bytes = 0;
    while start.elapsed() < ROUND_TIME {
        for _ in 0..8 {
            work(black_box(doc));
            bytes += doc.len();
        }
    }
    bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn serde_value(doc: &[u8]) -> serde_json::Value {
    serde_json::from_slice(doc).expect("the generated document is JSON")
}

fn strict(doc: &[u8]) -> Value<'_> {
    read(doc, &ReadLimits::LISTING).expect("the generated document is strict")
}

fn canonicalise_and_digest(doc: &[u8]) {
    let value = strict(doc);
    let tools = value.at_pointer("/result/tools").and_then(|tools| tools.as_array()).expect("a listing");
    for tool in tools {
        black_box(object_digest(ObjectKind::Tool, tool));
    }
}

fn frame(doc: &[u8]) {
    black_box(parse_frame(doc, &FrameLimits::TRAFFIC).expect("the generated document is a message"));
}

/// A `tools/list` answer in the shape of real ones.
fn listing(count: usize) -> Vec<u8> {
    let tools: Vec<String> = (0..count).map(tool).collect();
    format!(r#"{{"result":{{"tools":[{}]}},"jsonrpc":"2.0","id":1}}"#, tools.join(",")).into_bytes()
}

fn tool(index: usize) -> String {
    format!(
        concat!(
            r#"{{"name":"search_records_{index}","title":"Search records ({index})","description":"Searches the "#,
            r#"record store and returns at most `limit` matches.\n\nUse \"exact\" to look for a phrase — "#,
            r#"otherwise every word counts.\nReturns a list of objects with id, title and score.","inputSchema":"#,
            r#"{{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{{"query":"#,
            r#"{{"type":"string","description":"What to look for","minLength":1}},"limit":{{"type":"integer","#,
            r#""minimum":1,"maximum":{maximum},"default":10,"description":"How many matches to return"}},"mode":"#,
            r#"{{"type":"string","enum":["words","exact","fuzzy"],"default":"words"}},"filter":{{"type":"object","#,
            r#""properties":{{"tags":{{"type":"array","items":{{"type":"string"}}}},"after":{{"type":"string","#,
            r#""format":"date-time"}},"weight":{{"type":"number","minimum":0.001,"maximum":7.5}}}},"#,
            r#""additionalProperties":false}}}},"required":["query"],"additionalProperties":false}},"annotations":"#,
            r#"{{"readOnlyHint":true,"destructiveHint":false,"openWorldHint":true}},"execution":"#,
            r#"{{"taskSupport":"forbidden"}}}}"#
        ),
        index = index,
        maximum = 50 + index
    )
}

/// A `tools/call` answer that carries a source file of about 16 KB as text.
fn call_result() -> Vec<u8> {
    let line = r#"    let value = read(\"document\", limits)?; // refuses what two readers could read differently\n"#;
    let text = line.repeat(170);
    format!(r#"{{"result":{{"content":[{{"type":"text","text":"{text}"}}]}},"jsonrpc":"2.0","id":7}}"#)
        .into_bytes()
}
