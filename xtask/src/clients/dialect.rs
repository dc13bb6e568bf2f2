//! The four model APIs, as far as a scripted model needs them: which requests are turns of the agent, and how a tool
//! call or closing words are streamed back.

use serde_json::{Value, json};

use super::client::Client;
use super::http::Response;

/// What a request to the model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A turn of the agent; `calls` tool calls stand in its history.
    Turn {
        /// Calls made so far, whatever came of them.
        calls: usize,
    },
    /// A request on the side without tools, such as one for a title: words answer it.
    Aside,
    /// Not a request for words: counting tokens, listing models, telemetry.
    Other,
}

/// What the request to `path` with `body` asks.
pub(crate) fn asked(client: Client, path: &str, body: &Value) -> Asked {
    let generates = match client {
        Client::ClaudeCode => path.ends_with("/v1/messages"),
        Client::Codex => path.ends_with("/v1/responses"),
        Client::OpenCode => path.ends_with("/v1/chat/completions"),
        Client::Gemini => path.ends_with("enerateContent"),
    };
    if !generates {
        return Asked::Other;
    }
    if body["tools"].as_array().is_none_or(Vec::is_empty) {
        return Asked::Aside;
    }
    Asked::Turn { calls: calls(client, body) }
}

fn calls(client: Client, body: &Value) -> usize {
    let entries = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match client {
        Client::ClaudeCode => entries(&body["messages"])
            .iter()
            .flat_map(|message| entries(&message["content"]))
            .filter(|part| part["type"] == "tool_use")
            .count(),
        Client::Codex => {
            entries(&body["input"]).iter().filter(|item| item["type"] == "function_call").count()
        }
        Client::OpenCode => {
            entries(&body["messages"]).iter().map(|message| entries(&message["tool_calls"]).len()).sum()
        }
        Client::Gemini => entries(&body["contents"])
            .iter()
            .flat_map(|content| entries(&content["parts"]))
            .filter(|part| part.get("functionCall").is_some())
            .count(),
    }
}

/// The model asks for a call of `tool` of the server `key`; `number` makes its id unique in the session.
pub(crate) fn call(client: Client, number: usize, key: &str, tool: &str) -> Response {
    let name = client.tool_name(key, tool);
    let id = format!("call_{number}");
    match client {
        Client::ClaudeCode => claude_turn(
            &json!({"type": "tool_use", "id": format!("toolu_{number}"), "name": name, "input": {}}),
            &json!({"type": "input_json_delta", "partial_json": "{}"}),
            "tool_use",
        ),
        Client::Codex => codex_turn(&json!({
            "type": "function_call", "id": format!("fc_{number}"), "call_id": id,
            "namespace": Client::namespace(key), "name": name, "arguments": "{}", "status": "completed",
        })),
        Client::OpenCode => chat_turn(
            &json!({"role": "assistant", "tool_calls": [{"index": 0, "id": id, "type": "function",
                "function": {"name": name, "arguments": "{}"}}]}),
            "tool_calls",
        ),
        Client::Gemini => gemini_turn(&json!({"functionCall": {"name": name, "args": {}}})),
    }
}

/// The model says its closing words. `target` tells whether Gemini wants a stream.
pub(crate) fn words(client: Client, target: &str) -> Response {
    const WORDS: &str = "Done.";
    match client {
        Client::ClaudeCode => claude_turn(
            &json!({"type": "text", "text": ""}),
            &json!({"type": "text_delta", "text": WORDS}),
            "end_turn",
        ),
        Client::Codex => codex_turn(&json!({
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": WORDS, "annotations": []}],
        })),
        Client::OpenCode => chat_turn(&json!({"role": "assistant", "content": WORDS}), "stop"),
        Client::Gemini if target.contains("streamGenerateContent") => gemini_turn(&json!({"text": WORDS})),
        Client::Gemini => Response::json(200, gemini_chunk(&json!({"text": WORDS})).to_string()),
    }
}

/// The answer to a request that wants no words.
pub(crate) fn other(client: Client, path: &str) -> Response {
    match client {
        Client::ClaudeCode if path.ends_with("/count_tokens") => Response::json(200, r#"{"input_tokens":1}"#),
        Client::Gemini if path.ends_with(":countTokens") => Response::json(200, r#"{"totalTokens":1}"#),
        Client::Codex if path.ends_with("/v1/models") => {
            Response::json(200, r#"{"models":[],"object":"list","data":[]}"#)
        }
        _ => Response::json(404, r#"{"error":{"type":"not_found_error","message":"not scripted"}}"#),
    }
}

fn claude_turn(block: &Value, delta: &Value, stop: &str) -> Response {
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    named_events(&[
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
            "model": "scripted", "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage}}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null},
            "usage": {"output_tokens": 1}}),
        json!({"type": "message_stop"}),
    ])
}

fn codex_turn(item: &Value) -> Response {
    let usage = json!({"input_tokens": 1, "output_tokens": 1, "total_tokens": 2,
        "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}});
    named_events(&[
        json!({"type": "response.created", "response": {"id": "resp_1"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": {"id": "resp_1", "output": [item], "usage": usage}}),
    ])
}

fn chat_turn(delta: &Value, finish: &str) -> Response {
    let chunk = |delta: &Value, finish: Value| {
        json!({"id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    Response::events(format!(
        "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        chunk(delta, Value::Null),
        chunk(&json!({}), finish.into()),
    ))
}

fn gemini_turn(part: &Value) -> Response {
    Response::events(format!("data: {}\n\n", gemini_chunk(part)))
}

fn gemini_chunk(part: &Value) -> Value {
    json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [part]}}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        "modelVersion": "scripted"})
}

/// Server-sent events whose name is the `type` of their data.
fn named_events(events: &[Value]) -> Response {
    let mut text = String::new();
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        text.push_str(&format!("event: {kind}\ndata: {event}\n\n"));
    }
    Response::events(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_so_far_are_counted_in_every_api() {
        let tools = json!([{"name": "x"}]);
        let bodies = [
            (
                Client::ClaudeCode,
                "/v1/messages",
                json!({"tools": tools, "messages": [{"role": "user", "content": "a"},
                {"role": "assistant", "content": [{"type": "tool_use"}, {"type": "text"}]}]}),
            ),
            (
                Client::Codex,
                "/v1/responses",
                json!({"tools": tools, "input": [{"type": "message"}, {"type": "function_call"}]}),
            ),
            (
                Client::OpenCode,
                "/v1/chat/completions",
                json!({"tools": tools, "messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]}),
            ),
            (
                Client::Gemini,
                "/v1beta/models/m:streamGenerateContent",
                json!({"tools": tools, "contents": [{"parts": [{"text": "a"}, {"functionCall": {}}]}]}),
            ),
        ];
        for (client, path, mut body) in bodies {
            assert_eq!(asked(client, path, &body), Asked::Turn { calls: 1 }, "{}", client.name());
            body["tools"] = json!([]);
            assert_eq!(asked(client, path, &body), Asked::Aside);
            assert_eq!(asked(client, "/v1/models", &body), Asked::Other);
        }
    }
}
