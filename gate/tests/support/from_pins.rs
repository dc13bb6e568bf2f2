//! Sessions that are answered from the pins.

use pinfold_core::answer::Answer;
use pinfold_gate::gate::Report;

use super::{Approvals, Bench, names};

pub const ON_CALL: &str = "version = 1\n[defaults]\nstart = \"on-call\"\n";
pub const ALWAYS: &str = "version = 1\n";
pub const READY: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// What a server with these tools answers.
pub fn answer(approvals: &Approvals, tools: &[&str]) -> Answer {
    answered(&Bench::session(approvals, tools))
}

pub fn answered(bench: &Bench) -> Answer {
    let answered = bench.reports.iter().rev().find_map(|report| match report {
        Report::Answered { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    answered.expect("the answer is to be remembered")
}

/// A session that is answered from the pins; its server has said nothing yet.
pub fn early(approvals: &Approvals, tools: &[&str], policy: &str) -> Bench {
    let mut bench = Bench::recalling(approvals, answer(approvals, tools), policy);
    bench.client_greets();
    bench.client(READY);
    bench
}

pub fn tools(bench: &mut Bench, id: u64) -> Vec<String> {
    bench.client(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list"}}"#));
    names(&bench.answer(id)["result"]["tools"]).into_iter().map(str::to_owned).collect()
}

pub fn server_shakes_hands(bench: &mut Bench, capabilities: &str, more: &str) {
    let id = bench.own_id("initialize").expect("the gate asked for the handshake");
    bench.server(&format!(
        r#"{{"jsonrpc":"2.0","id":"{id}","result":{{"protocolVersion":"2025-06-18","capabilities":{capabilities},"serverInfo":{{"name":"s","version":"1"}}{more}}}}}"#
    ));
}
