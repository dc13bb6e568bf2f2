//! Taking a port.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use crate::problem::Problem;

/// Takes the port; the listener does not block.
///
/// # Errors
/// A [`Problem`] that says who may have it.
pub fn bind(address: SocketAddr) -> Result<TcpListener, Problem> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => "another program listens there; stop it, or choose another port",
            ErrorKind::PermissionDenied => "ports below 1024 need a privilege; choose a higher one",
            _ => "choose an address of this machine",
        };
        Problem::undetermined("LISTEN_FAILED", format!("cannot listen on {address}: {error}"), hint)
    })
}
