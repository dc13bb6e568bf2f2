//! The scripted model: it asks for the tool calls of a plan, one a turn, then ends the turn; and it keeps every
//! request as it came. What stands in those bodies is exactly what a real model would have seen.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::dialect::{self, Asked};
use super::http::{self, Request, Response};

/// One tool call that the model asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// The server whose tool it is, by its key.
    pub(crate) key: &'static str,
    /// The tool's own name, without the client's prefix.
    pub(crate) tool: &'static str,
    /// How long the model thinks before it asks: a client has so long to hear of a change.
    pub(crate) pause: Duration,
}

/// A model on loopback for one client; it serves session after session.
pub(crate) struct Model {
    address: SocketAddr,
    session: Arc<Mutex<Session>>,
}

#[derive(Default)]
struct Session {
    plan: Vec<Step>,
    requests: Vec<Request>,
}

impl Model {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub(crate) fn start(client: Client) -> io::Result<Self> {
        let session = Arc::new(Mutex::new(Session::default()));
        let shared = Arc::clone(&session);
        let address = http::serve(move |request| answer(client, &shared, request))?;
        Ok(Self { address, session })
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Begins a session: forgets what was recorded, and asks for the calls of `plan`.
    pub(crate) fn begin(&self, plan: &[Step]) {
        *lock(&self.session) = Session { plan: plan.to_vec(), requests: Vec::new() };
    }

    /// The requests of the session so far, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.session).requests.clone()
    }
}

fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    // A panic of another thread leaves the list of requests as it was before its push: still right.
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(client: Client, session: &Mutex<Session>, request: Request) -> Response {
    let plan = {
        let mut session = lock(session);
        session.requests.push(request.clone());
        session.plan.clone()
    };
    if request.method == "CONNECT" {
        // The clients are told to use this server as their proxy, so that nothing leaves the machine.
        return Response::json(403, "{}");
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let path = request.target.split('?').next().unwrap_or_default();
    match dialect::asked(client, path, &body) {
        Asked::Other => dialect::other(client, path),
        Asked::Aside => dialect::words(client, &request.target),
        Asked::Turn { calls } => match plan.get(calls) {
            Some(step) => {
                std::thread::sleep(step.pause);
                dialect::call(client, calls, step.key, step.tool)
            }
            None => dialect::words(client, &request.target),
        },
    }
}
