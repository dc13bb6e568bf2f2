//! A proxy that copies bytes and understands nothing: the least that anything between a client and a server costs.
//!
//! `pinfold-copy COMMAND…`

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

fn main() {
    let mut args = std::env::args_os().skip(1);
    let program = args.next().expect("a command");
    let mut server = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let (to_server, from_server) =
        (server.stdin.take().expect("piped"), server.stdout.take().expect("piped"));
    let own = |fd: std::os::fd::BorrowedFd<'_>| File::from(fd.try_clone_to_owned().expect("a descriptor"));
    let (from_client, to_client) = (own(std::io::stdin().as_fd()), own(std::io::stdout().as_fd()));
    let back = std::thread::spawn(move || copy(from_server, to_client));
    copy(from_client, to_server);
    let _ = back.join();
    let _ = server.wait();
}

fn copy(mut from: impl Read, mut to: impl Write) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
