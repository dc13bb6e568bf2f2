//! What takes tens of seconds to see, most of them spent in waiting for a limit: in one program, so that it waits side by
//! side.

mod answering;
mod bad_server;
mod canaries;
mod errors_files;
mod lifetime;
