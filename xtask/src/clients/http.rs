//! An HTTP/1.1 server of a few lines: just enough for the model APIs of four clients on loopback.
//!
//! One thread a connection, one request after the other on it, bodies by `Content-Length` or chunked. No TLS, no
//! compression, no pipelining: none of the clients needs them. A request that asks for more is answered and the
//! connection closed.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest request line or header line. The longest one that a client sent was under 1 KiB.
const LINE_MAX_BYTES: u64 = 64 * 1024;

/// Largest request body. Claude Code's first request, the largest seen, is under 200 KiB.
const BODY_MAX_BYTES: usize = 32 * 1024 * 1024;

/// Most header lines of one request.
const HEADERS_MAX: usize = 200;

/// How long a kept connection may be silent before its thread ends.
const IDLE: Duration = Duration::from_secs(120);

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `GET`, `POST`, `CONNECT`, …
    pub(crate) method: String,
    /// The request target with its query.
    pub(crate) target: String,
    /// The body, with chunking removed and nothing else done to it.
    pub(crate) body: Vec<u8>,
    /// When its last byte was here.
    pub(crate) arrived: Instant,
    /// `Content-Encoding`, where the client set one: a compressed body cannot be searched for text.
    pub(crate) encoding: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    /// Status code.
    pub(crate) status: u16,
    /// Media type of the body.
    pub(crate) content_type: &'static str,
    /// The body, sent with its length.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// A JSON document.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: "application/json", body: body.into() }
    }

    /// A complete stream of server-sent events.
    pub(crate) fn events(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type: "text/event-stream", body: body.into() }
    }
}

/// Starts a server on a free port of loopback; it serves until the process ends.
///
/// # Errors
/// When no port can be bound.
pub(crate) fn serve(answer: impl Fn(Request) -> Response + Send + Sync + 'static) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // A broken connection is the client's business: its session then fails for its own reason.
            std::thread::spawn(move || drop(serve_connection(&stream, answer.as_ref())));
        }
    });
    Ok(address)
}

fn serve_connection(stream: &TcpStream, answer: &dyn Fn(Request) -> Response) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some((request, keep)) = read_request(&mut reader, &mut writer)? {
        let head_only = request.method == "HEAD";
        let response = answer(request);
        let mut bytes = format!(
            "HTTP/1.1 {} Scripted\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n{}\r\n",
            response.status,
            response.content_type,
            response.body.len(),
            if keep { "" } else { "Connection: close\r\n" },
        )
        .into_bytes();
        if !head_only {
            bytes.extend_from_slice(&response.body);
        }
        writer.write_all(&bytes)?;
        writer.flush()?;
        if !keep {
            break;
        }
    }
    Ok(())
}

/// The next request and whether the connection stays open; `None` at the end of input.
fn read_request(reader: &mut impl BufRead, writer: &mut impl Write) -> io::Result<Option<(Request, bool)>> {
    let line = read_line(reader)?;
    if line.is_empty() {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(io::Error::other("not a request line"));
    };
    let mut keep = version == "HTTP/1.1" && method != "CONNECT";
    let mut length = 0_usize;
    let mut chunked = false;
    let mut encoding = None;
    let mut expects_continue = false;
    for _ in 0..HEADERS_MAX {
        let header = read_line(reader)?;
        if header.is_empty() {
            break;
        }
        let Some((name, value)) = header.split_once(':') else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "content-encoding" => encoding = Some(value.to_owned()),
            "connection" if value.eq_ignore_ascii_case("close") => keep = false,
            "expect" => expects_continue = true,
            _ => {}
        }
    }
    if expects_continue {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if chunked { read_chunks(reader)? } else { read_exactly(reader, length)? };
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        body,
        arrived: Instant::now(),
        encoding,
    };
    Ok(Some((request, keep)))
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.take(LINE_MAX_BYTES).read_until(b'\n', &mut line)?;
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    String::from_utf8(line).map_err(io::Error::other)
}

fn read_exactly(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_MAX_BYTES {
        return Err(io::Error::other("the body is too long"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if body.len().saturating_add(size) > BODY_MAX_BYTES {
            return Err(io::Error::other("the body is too long"));
        }
        let mut chunk = read_exactly(reader, size)?;
        body.append(&mut chunk);
        read_line(reader)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Request {
        let mut out = Vec::new();
        read_request(&mut &bytes[..], &mut out).unwrap().unwrap().0
    }

    #[test]
    fn a_body_by_length_and_a_chunked_body_read_alike() {
        let plain = read(b"POST /v1/messages HTTP/1.1\r\nContent-Length: 7\r\n\r\n{\"a\":1}rest");
        let chunked =
            read(b"POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\n\r\n");
        assert_eq!(plain.body, b"{\"a\":1}");
        assert_eq!(chunked.body, plain.body);
    }

    #[test]
    fn a_body_over_the_limit_is_refused_before_it_is_read() {
        let bytes = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", BODY_MAX_BYTES + 1);
        assert!(read_request(&mut bytes.as_bytes(), &mut Vec::new()).is_err());
    }
}
