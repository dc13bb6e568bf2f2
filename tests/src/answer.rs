//! One line that a client received, raw and read.

use serde_json::Value;

/// A line from the server's side, without the line's end.
#[derive(Debug, Clone)]
pub struct Line {
    /// As received.
    pub raw: Vec<u8>,
    /// As read; numbers beyond 2^53 are only right in `raw`.
    pub value: Value,
}

impl Line {
    /// Reads a line. A line that is not JSON is kept with the value `null`: a client must never get one.
    pub fn read(raw: Vec<u8>) -> Line {
        let value = serde_json::from_slice(&raw).unwrap_or(Value::Null);
        Line { raw, value }
    }

    /// As received, for messages and searches.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// The method, if it is a request or notification.
    pub fn method(&self) -> Option<&str> {
        self.value.get("method")?.as_str()
    }

    /// Whether it is an answer, a result or an error.
    pub fn is_answer(&self) -> bool {
        self.method().is_none() && (self.value.get("result").is_some() || self.value.get("error").is_some())
    }

    /// The result.
    ///
    /// # Panics
    /// When it is an error or no answer.
    pub fn result(&self) -> &Value {
        self.value.get("result").unwrap_or_else(|| panic!("a result was expected, not {}", self.text()))
    }

    /// The code of the error.
    ///
    /// # Panics
    /// When it is no error.
    pub fn error_code(&self) -> i64 {
        let code = self.value.pointer("/error/code").and_then(Value::as_i64);
        code.unwrap_or_else(|| panic!("an error was expected, not {}", self.text()))
    }

    /// All texts of a call's result, joined.
    pub fn words(&self) -> String {
        let content = self.result().get("content").and_then(Value::as_array);
        let texts = content.into_iter().flatten().filter_map(|item| item.get("text").and_then(Value::as_str));
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The reason code of a refused call: `_meta."pinfold/reason"` of a result with `isError: true`.
    ///
    /// # Panics
    /// When it is not such a result.
    pub fn refusal(&self) -> &str {
        let result = self.result();
        assert_eq!(
            result.get("isError"),
            Some(&Value::Bool(true)),
            "a refusal was expected, not {}",
            self.text()
        );
        let reason = result.get("_meta").and_then(|meta| meta.get("pinfold/reason")).and_then(Value::as_str);
        reason.unwrap_or_else(|| panic!("a refusal names its reason: {}", self.text()))
    }

    /// Whether it is a refusal of Pinfold's.
    pub fn is_refusal(&self) -> bool {
        self.value.pointer("/result/_meta").is_some_and(|meta| meta.get("pinfold/reason").is_some())
    }
}

/// Whether `bytes` contain `needle`.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
