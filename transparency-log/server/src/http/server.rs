//! Listening, and which request goes where.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::serve::serve;
use pinfold_service::{Bounded, Bounds, Problem, Seat};
use tokio::sync::watch;

use super::answer::{Refused, preflight};
use super::{Shared, index, respond, submit, tiles};
use crate::limits::{MAX_CONNECTIONS, MAX_READING_THREADS, MAX_SILENCE, MAX_TURNED_AWAY};

/// The server's threads, and how to stop them.
pub(crate) struct Listening {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Listening {
    /// Answers requests from now on, on threads of its own.
    ///
    /// # Errors
    /// The runtime cannot be started.
    pub(crate) fn start(listener: TcpListener, shared: Shared) -> Result<Listening, Problem> {
        let failed = |error: std::io::Error| {
            let hint = "is a limit of processes or open files reached?";
            Problem::undetermined("LISTEN_FAILED", format!("the HTTP server cannot start: {error}"), hint)
        };
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime =
            builder.max_blocking_threads(MAX_READING_THREADS).enable_all().build().map_err(failed)?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(failed)?
        };
        let listener = Bounded::new(
            listener,
            Bounds { served: MAX_CONNECTIONS, turned_away: MAX_TURNED_AWAY, silence: MAX_SILENCE },
        );
        let (stop, mut stopped) = watch::channel(false);
        let router = Router::new().fallback(handle).with_state(Arc::new(shared));
        let router = router.into_make_service_with_connect_info::<Seat>();
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                let until = async move {
                    // A sender that is gone says the same.
                    let _ = stopped.wait_for(|stop| *stop).await;
                };
                // Only accepting fails here, and axum goes on after that by itself.
                let _ = serve(listener, router).with_graceful_shutdown(until).await;
            });
        });
        Ok(Listening { stop, thread })
    }

    /// Accepts nothing new and waits, not for ever, until all requests are answered.
    pub(crate) fn stop(self, patience: Duration) {
        let _ = self.stop.send(true);
        let until = std::time::Instant::now() + patience;
        while !self.thread.is_finished() && std::time::Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(seat): ConnectInfo<Seat>,
    request: Request,
) -> Response<Body> {
    if seat == Seat::None {
        return turned_away();
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if method == Method::OPTIONS {
        return preflight();
    }
    let answer = match (&method, path.as_str()) {
        (&Method::POST, "/submit") => submit::submit(&shared, request).await,
        (&Method::POST, "/add") if shared.takes_raw => submit::add(&shared, request).await,
        (&Method::GET | &Method::HEAD, path) => get(&shared, path, request.uri().query()).await,
        _ => Err(Refused::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "this address does not take this method",
        )),
    };
    respond(answer)
}

/// The answer on a connection for which there is no place; it ends with it.
fn turned_away() -> Response<Body> {
    let why = "the log has as many connections open as it serves at a time";
    let mut answer = Refused::unavailable("TooManyConnections", why).response();
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

async fn get(shared: &Arc<Shared>, path: &str, query: Option<&str>) -> Result<Response<Body>, Refused> {
    if path == "/checkpoint" {
        return tiles::checkpoint(shared);
    }
    if path.starts_with("/tile/") {
        return tiles::tile(shared, path).await;
    }
    if path == "/policy" {
        return Ok(super::answer::text(shared.policy.clone()));
    }
    let (_, rest) = path.split_at(1.min(path.len()));
    match rest.split_once('/') {
        Some(("proof", what)) => index::proof(shared, what).await,
        Some(("bundle", what)) => index::bundle(shared, what).await,
        Some(("manifest", what)) => index::manifest(shared, what).await,
        Some(("lookup", what)) => index::lookup(shared, what).await,
        Some(("history", what)) => index::history(shared, what, query).await,
        Some(("keysets", what)) => index::keysets(shared, what).await,
        _ => Err(Refused::not_found()),
    }
}
