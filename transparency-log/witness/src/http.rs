//! The witness over HTTP.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use pinfold_core::witnessing::{AddCheckpoint, MAX_REQUEST_BYTES, Refusal, SIZE_CONTENT_TYPE, authenticate};
use pinfold_service::{Bounded, Bounds};
use tokio::sync::watch;

use crate::keeper::{Desk, Outcome};
use crate::limits::{MAX_CONNECTIONS, MAX_SILENCE};
use crate::logs::Logs;

/// What the handlers share.
pub(crate) struct Shared {
    /// The logs that are cosigned for.
    pub(crate) logs: Logs,
    /// Where requests are decided.
    pub(crate) desk: Desk,
    /// The witness's verifier key, as text.
    pub(crate) key: String,
}

/// Answers requests until `stopped` says so, and those in hand after that.
///
/// # Errors
/// The listener cannot be used.
pub(crate) async fn answer_until(
    listener: TcpListener,
    shared: Shared,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let bounds = Bounds { served: MAX_CONNECTIONS, turned_away: 0, silence: MAX_SILENCE };
    let listener = Bounded::new(tokio::net::TcpListener::from_std(listener)?, bounds);
    let router = Router::new().fallback(handle).with_state(Arc::new(shared));
    let until = async move {
        // A sender that is gone says the same.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    axum::serve(listener, router).with_graceful_shutdown(until).await
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let path = request.uri().path();
    match *request.method() {
        Method::POST if path == "/add-checkpoint" => add_checkpoint(&shared, request).await,
        Method::GET | Method::HEAD if path == "/" => {
            let lines = shared.logs.origins().join("\n");
            plain(StatusCode::OK, format!("{}\nlogs:\n{lines}\n", shared.key))
        }
        Method::GET | Method::HEAD => {
            let digest = path.strip_prefix('/').and_then(|path| path.strip_suffix("/checkpoint"));
            match digest.and_then(|digest| shared.desk.shown.get(digest)) {
                Some(head) => plain(StatusCode::OK, head.as_ref().clone()),
                None => plain(StatusCode::NOT_FOUND, "nothing here\n"),
            }
        }
        _ => plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "POST /add-checkpoint, GET /<sha256 of origin>/checkpoint\n",
        ),
    }
}

async fn add_checkpoint(shared: &Shared, request: Request) -> Response<Body> {
    let bad = |why: String| plain(StatusCode::BAD_REQUEST, format!("{why}\n"));
    let body = match to_bytes(request.into_body(), MAX_REQUEST_BYTES).await {
        Ok(body) => body,
        Err(error) => return bad(format!("the body cannot be read, or is too long: {error}")),
    };
    let request = match AddCheckpoint::parse(&body) {
        Ok(request) => request,
        Err(error) => return bad(error.to_string()),
    };
    let keys = shared.logs.keys_of(request.checkpoint.checkpoint().origin());
    if let Err(refusal) = authenticate(&request, keys) {
        return refused(&refusal);
    }
    let keys = keys.to_vec();
    match shared.desk.ask(request, keys).await {
        Outcome::Cosigned(line) => plain(StatusCode::OK, line.to_string()),
        Outcome::Refused(refusal) => refused(&refusal),
        Outcome::Later(why) => {
            let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"));
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            answer
        }
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match refusal {
        Refusal::OtherOldSize { stored } => {
            let mut answer = plain(status, format!("{stored}\n"));
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SIZE_CONTENT_TYPE));
            answer
        }
        other => plain(status, format!("{other}\n")),
    }
}

fn plain(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}
