//! Answers: status, type, how long it may be kept, and that any page may read it.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use pinfold_core::json::{Value, canonical};

use crate::limits::RETRY_AFTER_SECONDS;

/// How long an answer stays true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Until the next head.
    No,
    /// For ever: the bytes under this address never change.
    Always,
}

/// Why a request has no other answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The status.
    pub(crate) status: StatusCode,
    /// The class, as `refusal` in the answer.
    pub(crate) class: String,
    /// One line of our own words.
    pub(crate) message: String,
    /// The entry that stands in the way, if it is one.
    pub(crate) index: Option<u64>,
}

impl Refused {
    /// A refusal of a class.
    pub(crate) fn new(status: StatusCode, class: impl Into<String>, message: impl Into<String>) -> Refused {
        Refused { status, class: class.into(), message: message.into(), index: None }
    }

    /// Nothing is there.
    pub(crate) fn not_found() -> Refused {
        Refused::new(StatusCode::NOT_FOUND, "NotFound", "there is nothing under this address")
    }

    /// Nothing can be done now; asking again later is right.
    pub(crate) fn unavailable(class: &str, message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, class, message)
    }

    /// The answer.
    pub(crate) fn response(&self) -> Response<Body> {
        let mut members = vec![
            ("message", Value::string(self.message.clone())),
            ("refusal", Value::string(self.class.clone())),
            ("schema", Value::string("pinfold/refusal/v1")),
        ];
        if let Some(index) = self.index {
            members.push(("index", Value::uint(index)));
        }
        let body = canonical(&Value::object(members));
        let mut response = with(self.status, "application/json", Keep::No, body);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}

/// A canonical JSON document.
pub(crate) fn json(value: &Value<'_>) -> Response<Body> {
    with(StatusCode::OK, "application/json", Keep::No, canonical(value))
}

/// Text of ours.
pub(crate) fn text(body: Vec<u8>) -> Response<Body> {
    with(StatusCode::OK, "text/plain; charset=utf-8", Keep::No, body)
}

/// Bytes that never change.
pub(crate) fn fixed(content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    with(StatusCode::OK, content_type, Keep::Always, body)
}

fn with(status: StatusCode, content_type: &'static str, keep: Keep, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let kept = match keep {
        Keep::No => "no-cache",
        Keep::Always => "public, max-age=31536000, immutable",
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The answer to a browser that asks whether it may post.
pub(crate) fn preflight() -> Response<Body> {
    let mut response = with(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", Keep::No, Vec::new());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}
