//! What the model saw: read out of the recorded request bodies.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::client::{Client, SERVER_KEY};
use super::dialect::{self, Asked};
use super::http::Request;

/// One turn of the agent, as the model received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Tool calls made before it.
    pub(crate) calls: usize,
    /// The tools of our server that are offered, by their own names, in order.
    pub(crate) offered: Vec<String>,
    /// Every member of the request that is put before the model, byte for byte as the client sent it, but for
    /// [`masked`] ids and times.
    pub(crate) seen: BTreeMap<&'static str, Vec<u8>>,
}

/// The members of a request that a model reads: its instructions, its tools, the conversation.
fn members(client: Client) -> &'static [&'static str] {
    match client {
        Client::ClaudeCode => &["system", "tools", "messages"],
        Client::Codex => &["instructions", "tools", "input"],
        Client::OpenCode => &["tools", "messages"],
        Client::Gemini => &["systemInstruction", "tools", "contents"],
    }
}

/// The turns among `requests`, in order.
///
/// # Errors
/// When a body is compressed, so that nobody can say what stands in it, or a turn is not JSON.
pub(crate) fn turns(client: Client, requests: &[Request]) -> Result<Vec<Turn>, String> {
    let turn = |raw: RawTurn<'_>| {
        let offered = offered_by(client, SERVER_KEY, &raw.body);
        Ok(Turn { calls: raw.calls, offered, seen: seen(client, &raw.request.body)? })
    };
    raw_turns(client, requests)?.into_iter().map(turn).collect()
}

/// A request that is a turn of the agent.
pub(crate) struct RawTurn<'a> {
    /// The request.
    pub(crate) request: &'a Request,
    /// Tool calls made before it.
    pub(crate) calls: usize,
    /// Its body.
    pub(crate) body: Value,
}

/// The requests that are turns, in order.
///
/// # Errors
/// When a body is compressed.
pub(crate) fn raw_turns(client: Client, requests: &[Request]) -> Result<Vec<RawTurn<'_>>, String> {
    let mut turns = Vec::new();
    for request in requests {
        if let Some(encoding) = &request.encoding {
            return Err(format!("a request to {} is compressed ({encoding})", request.target));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else { continue };
        let path = request.target.split('?').next().unwrap_or_default();
        if let Asked::Turn { calls } = dialect::asked(client, path, &body) {
            turns.push(RawTurn { request, calls, body });
        }
    }
    Ok(turns)
}

fn seen(client: Client, body: &[u8]) -> Result<BTreeMap<&'static str, Vec<u8>>, String> {
    let all: BTreeMap<String, &RawValue> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let slice = |name: &&'static str| {
        let bytes = all.get(*name)?.get().as_bytes();
        // Tools and instructions are compared as they are; only the conversation carries ids and times.
        let conversation = matches!(*name, "messages" | "input" | "contents");
        Some((*name, if conversation { masked(client, bytes) } else { bytes.to_vec() }))
    };
    Ok(members(client).iter().filter_map(slice).collect())
}

/// The conversation without what differs between two sessions that are alike: the ids that Codex and Gemini give to
/// items and calls, and the seconds that Codex says a call took.
fn masked(client: Client, bytes: &[u8]) -> Vec<u8> {
    let spans: &[(&[u8], u8)] = match client {
        Client::ClaudeCode | Client::OpenCode => &[],
        Client::Codex => &[(b"\"id\":\"", b'"'), (b"Wall time: ", b's')],
        Client::Gemini => &[(b"\"id\":\"", b'"')],
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, _)) = rest.split_first() {
        if let Some((start, end)) = spans.iter().find(|(start, _)| rest.starts_with(start)) {
            out.extend_from_slice(start);
            rest = &rest[start.len()..];
            let stop = rest.iter().position(|byte| byte == end).unwrap_or(rest.len());
            rest = &rest[stop..];
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

/// The tools of the server `key` among those of `body`, a turn's, by their own names.
pub(crate) fn offered_by(client: Client, key: &str, body: &Value) -> Vec<String> {
    let entries = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let tools = entries(&body["tools"]);
    let names: Vec<Value> = match client {
        Client::ClaudeCode => tools.iter().map(|tool| tool["name"].clone()).collect(),
        Client::Codex => tools
            .iter()
            .filter(|tool| tool["type"] == "namespace" && tool["name"] == Client::namespace(key))
            .flat_map(|namespace| entries(&namespace["tools"]))
            .map(|tool| tool["name"].clone())
            .collect(),
        Client::OpenCode => tools.iter().map(|tool| tool["function"]["name"].clone()).collect(),
        Client::Gemini => tools
            .iter()
            .flat_map(|tool| entries(&tool["functionDeclarations"]))
            .map(|tool| tool["name"].clone())
            .collect(),
    };
    let prefix = client.tool_name(key, "");
    names.iter().filter_map(|name| name.as_str()?.strip_prefix(&prefix)).map(str::to_owned).collect()
}

/// How often `needle` stands in the requests, whatever its letters' case.
pub(crate) fn count(requests: &[Request], needle: &str) -> usize {
    let needle = needle.to_ascii_lowercase();
    let text = |request: &Request| {
        format!("{}\n{}", request.target, String::from_utf8_lossy(&request.body)).to_ascii_lowercase()
    };
    requests.iter().map(|request| text(request).matches(&needle).count()).sum()
}

/// The first difference of two sessions' turns, or `None` when the model saw the same.
pub(crate) fn difference(direct: &[Turn], gated: &[Turn]) -> Option<String> {
    if direct.len() != gated.len() {
        return Some(format!("{} turns without the gate, {} behind it", direct.len(), gated.len()));
    }
    for (number, (one, other)) in direct.iter().zip(gated).enumerate() {
        let names = one.seen.keys().chain(other.seen.keys());
        for name in names {
            let (a, b) = (one.seen.get(name), other.seen.get(name));
            if a != b {
                let empty = Vec::new();
                let (a, b) = (a.unwrap_or(&empty), b.unwrap_or(&empty));
                return Some(format!("turn {number}, {name}: {}", first_difference(a, b)));
            }
        }
    }
    None
}

/// The first member of two sessions' turns that has other values, or `None`: members of objects may stand in another order.
pub(crate) fn other_values(direct: &[Turn], gated: &[Turn]) -> Option<String> {
    let values = |bytes: &Vec<u8>| serde_json::from_slice::<Value>(bytes).ok();
    if direct.len() != gated.len() {
        return difference(direct, gated);
    }
    for (number, (one, other)) in direct.iter().zip(gated).enumerate() {
        for name in one.seen.keys().chain(other.seen.keys()) {
            let (a, b) = (one.seen.get(name).and_then(values), other.seen.get(name).and_then(values));
            if a.is_none() || a != b {
                return Some(format!("turn {number}, {name}: other values than without the gate"));
            }
        }
    }
    None
}

fn first_difference(one: &[u8], other: &[u8]) -> String {
    let at = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| {
        let (from, to) = (at.saturating_sub(40), (at + 80).min(bytes.len()));
        String::from_utf8_lossy(bytes.get(from..to).unwrap_or_default()).into_owned()
    };
    format!("byte {at}: {:?} without the gate, {:?} behind it", around(one), around(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> Request {
        Request {
            method: "POST".to_owned(),
            target: "/v1/messages?beta=true".to_owned(),
            body: body.as_bytes().to_vec(),
            arrived: std::time::Instant::now(),
            encoding: None,
        }
    }

    const BODY: &str = r#"{"system":"a","messages":[{"role":"user","content":"x"}],
        "tools":[{"name":"Read"},{"name":"mcp__demo__alpha_report", "description":"caf\u00e9"}],"metadata":{"id":1}}"#;

    #[test]
    fn tools_of_our_server_are_told_from_the_clients_own() {
        let turns = turns(Client::ClaudeCode, &[request(BODY)]).unwrap();
        assert_eq!(turns[0].offered, ["alpha_report"]);
        assert_eq!(turns[0].calls, 0);
    }

    #[test]
    fn one_byte_is_a_difference_and_metadata_is_none() {
        let read = |body: &str| turns(Client::ClaudeCode, &[request(body)]).unwrap();
        let same = read(&BODY.replace(r#""id":1"#, r#""id":2"#));
        assert_eq!(difference(&read(BODY), &same), None);
        let escaped = read(&BODY.replace(r"\u00e9", "é"));
        assert!(difference(&read(BODY), &escaped).unwrap().contains("tools"));
        assert!(difference(&read(BODY), &[]).is_some());
        assert_eq!(other_values(&read(BODY), &escaped), None);
        assert!(other_values(&read(BODY), &read(&BODY.replace("caf", "cof"))).is_some());
        assert!(other_values(&read(BODY), &[]).is_some());
    }

    #[test]
    fn a_compressed_body_is_no_evidence() {
        let mut compressed = request(BODY);
        compressed.encoding = Some("zstd".to_owned());
        assert!(turns(Client::Codex, &[compressed]).is_err());
    }

    #[test]
    fn ids_and_times_are_masked_and_nothing_else() {
        let one = br#"[{"id":"msg_1","text":"Wall time: 0.2 seconds\nOutput"}]"#;
        let other = br#"[{"id":"msg_2","text":"Wall time: 0.3 seconds\nOutput"}]"#;
        assert_eq!(masked(Client::Codex, one), masked(Client::Codex, other));
        assert_ne!(masked(Client::Codex, one), masked(Client::Codex, &one[..one.len() - 3]));
        assert_eq!(masked(Client::ClaudeCode, one), one);
    }
}
