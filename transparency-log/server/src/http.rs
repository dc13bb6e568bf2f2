//! The log over HTTP (spec/log.md, HTTP).

mod answer;
mod index;
mod server;
mod submit;
mod tiles;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use tokio::sync::Semaphore;

use crate::published::{Published, Showcase};
use crate::round::gate::Gate;
use crate::round::queue::Queue;
use crate::store::readers::Readers;
use crate::store::{Kind, Reader, StoreError};

pub(crate) use self::answer::Refused;
pub(crate) use self::server::Listening;

/// What the handlers share.
pub(crate) struct Shared {
    /// With rules or without.
    pub(crate) kind: Kind,
    /// Whether `POST /add` is taken.
    pub(crate) takes_raw: bool,
    /// The policy that is served.
    pub(crate) policy: Vec<u8>,
    /// What is published.
    pub(crate) showcase: Arc<Showcase>,
    /// Connections for reading.
    pub(crate) readers: Arc<Readers>,
    /// Where submissions wait.
    pub(crate) queue: Arc<Queue>,
    /// Whether the log signs.
    pub(crate) gate: Arc<Gate>,
    /// Bytes of bodies that may still be read.
    pub(crate) body_bytes: Arc<Semaphore>,
}

impl Shared {
    /// What is published, or why there is nothing yet.
    fn published(&self) -> Result<Arc<Published>, Refused> {
        self.showcase.get().ok_or_else(|| {
            Refused::unavailable("NoQuorumYet", "no head is published yet: the witnesses have not answered")
        })
    }
}

/// Reads from the database on a thread that may block.
async fn read<T: Send + 'static>(
    shared: &Arc<Shared>,
    read: impl FnOnce(Reader<'_>) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Refused> {
    let readers = shared.readers.clone();
    let task = tokio::task::spawn_blocking(move || readers.with(read));
    match task.await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            pinfold_service::say(format_args!("reading failed: {error}"));
            Err(Refused::unavailable("ReadFailed", "the log cannot read its database now"))
        }
        Err(_) => Err(Refused::unavailable("ReadFailed", "the log cannot read its database now")),
    }
}

fn respond(result: Result<Response<Body>, Refused>) -> Response<Body> {
    result.unwrap_or_else(|refused| refused.response())
}
