//! Connections, so many at a time, each with a time limit: one that gets no answer written to it within that time is
//! closed, be it idle, slow to send, or slow to read.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// What a listener allows.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections that are served at a time.
    pub served: usize,
    /// Further ones, to be told that there is no place ([`Seat::None`]). What goes beyond waits, unseen, until one ends.
    pub turned_away: usize,
    /// How long a connection may be open without an answer being written to it.
    pub silence: Duration,
}

/// Whether a connection has a place; the handlers get it as `ConnectInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// It is served.
    Served,
    /// It is one too many: it should get a short answer and no more.
    None,
}

/// A listener that has no more than so many connections open at a time.
pub struct Bounded {
    listener: TcpListener,
    free: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
    silence: Duration,
}

impl Bounded {
    /// A listener with these bounds.
    pub fn new(listener: TcpListener, bounds: Bounds) -> Bounded {
        Bounded {
            listener,
            free: Arc::new(Semaphore::new(bounds.served)),
            turned_away: Arc::new(Semaphore::new(bounds.turned_away)),
            silence: bounds.silence,
        }
    }

    /// A place for one more connection, as soon as there is one of either kind.
    async fn place(&self) -> Option<(OwnedSemaphorePermit, Seat)> {
        tokio::select! {
            biased;
            place = self.free.clone().acquire_owned() => Some((place.ok()?, Seat::Served)),
            place = self.turned_away.clone().acquire_owned() => Some((place.ok()?, Seat::None)),
        }
    }
}

impl Listener for Bounded {
    type Io = Timed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Timed, SocketAddr) {
        loop {
            // The place is taken once there is somebody for it: who waits here keeps none from being served.
            if let Ok((stream, address)) = self.listener.accept().await
                && let Some((place, seat)) = self.place().await
            {
                // Small answers leave at once; a stream that cannot be told so works as well.
                let _ = stream.set_nodelay(true);
                let (silence, deadline) = (self.silence, Box::pin(sleep(self.silence)));
                return (Timed { stream, silence, deadline, seat, _place: place }, address);
            }
            // Too many open files, mostly; it passes.
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Bounded>> for Seat {
    fn connect_info(stream: IncomingStream<'_, Bounded>) -> Seat {
        stream.io().seat
    }
}

/// A connection with a deadline, which each written byte moves.
pub struct Timed {
    stream: TcpStream,
    silence: Duration,
    deadline: Pin<Box<Sleep>>,
    seat: Seat,
    _place: OwnedSemaphorePermit,
}

impl Timed {
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        self.deadline.as_mut().poll(context).is_ready()
    }

    fn wrote(&mut self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(bytes)) if *bytes > 0) {
            let deadline = Instant::now() + self.silence;
            self.deadline.as_mut().reset(deadline);
        }
    }
}

fn late<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_late(context) {
            return late();
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(&written);
        if written.is_pending() && self.is_late(context) { late() } else { written }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.wrote(&written);
        if written.is_pending() && self.is_late(context) { late() } else { written }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::thread;

    use axum::Router;
    use axum::extract::ConnectInfo;
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    /// A server that says to each request whether its connection has a place.
    fn serving(bounds: Bounds) -> (Runtime, SocketAddr) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let say = |ConnectInfo(seat): ConnectInfo<Seat>| async move { format!("{seat:?}.") };
        let service = Router::new().fallback(say).into_make_service_with_connect_info::<Seat>();
        runtime.spawn(async move { axum::serve(Bounded::new(listener, bounds), service).await });
        (runtime, address)
    }

    /// A connection that stays open, and what was answered on it.
    fn asked(address: SocketAddr) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let (mut answer, mut buffer) = (String::new(), [0; 1024]);
        while !answer.ends_with('.') {
            let read = stream.read(&mut buffer).unwrap();
            assert_ne!(read, 0, "{answer}");
            answer.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
        (stream, answer.rsplit("\r\n").next().unwrap_or_default().to_owned())
    }

    #[test]
    fn who_comes_too_late_is_told_so_and_the_rest_waits() {
        let silence = Duration::from_secs(600);
        let (_runtime, address) = serving(Bounds { served: 2, turned_away: 1, silence });
        let (first, second) = (asked(address), asked(address));
        assert_eq!((first.1.as_str(), second.1.as_str()), ("Served.", "Served."));
        let third = asked(address);
        assert_eq!(third.1, "None.");
        let waiting = thread::spawn(move || asked(address).1);
        thread::sleep(Duration::from_millis(200));
        assert!(!waiting.is_finished(), "neither served nor turned away");
        drop(first);
        assert_eq!(waiting.join().unwrap(), "Served.");
        drop((second, third));
    }

    #[test]
    fn a_silent_connection_is_closed() {
        let silence = Duration::from_millis(100);
        let (_runtime, address) = serving(Bounds { served: 1, turned_away: 0, silence });
        let mut silent = TcpStream::connect(address).unwrap();
        assert_eq!(silent.read(&mut [0; 16]).unwrap_or_default(), 0, "nothing but the end comes");
        assert_eq!(asked(address).1, "Served.");
    }
}
