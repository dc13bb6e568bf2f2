//! Listening, and which request goes where.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode};
use axum::serve::{ListenerExt, serve};
use tokio::sync::watch;

use super::answer::{Refused, preflight};
use super::{Shared, index, respond, submit, tiles};
use crate::cli::problem::Problem;
use crate::limits::MAX_READING_THREADS;

/// The server's threads, and how to stop them.
pub(crate) struct Listening {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

/// Takes the port.
///
/// # Errors
/// A [`Problem`] that says who may have it.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener, Problem> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there; stop it, or choose another port",
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege; choose a higher one",
            _ => "choose an address of this machine",
        };
        Problem::undetermined("LISTEN_FAILED", format!("cannot listen on {address}: {error}"), hint)
    })
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
        // An answer is small and waits for nothing: it is sent at once.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let (stop, mut stopped) = watch::channel(false);
        let router = Router::new().fallback(handle).with_state(Arc::new(shared));
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

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
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
