//! A stand-in witness: it keeps its state in memory, tells what it was asked, and can be told to misbehave.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pinfold_core::checkpoint::cosign;
use pinfold_core::digest::file_digest;
use pinfold_core::merkle::{Hash, verify_consistency};
use pinfold_core::note::{KeyName, VerifierKey};
use pinfold_core::signature::SigningKey;
use pinfold_core::witnessing::AddCheckpoint;

/// How it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it must.
    Honest,
    /// 503 to everything.
    Down,
    /// As it must, after a while.
    Slow(Duration),
    /// 409 with a larger size than it was offered.
    Ahead(u64),
}

/// One request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    pub(crate) old_size: u64,
    pub(crate) proof_hashes: usize,
    pub(crate) size: u64,
    pub(crate) status: u16,
}

#[derive(Debug)]
struct Inner {
    mood: Mood,
    state: Option<(u64, Hash)>,
    asked: Vec<Asked>,
    /// Added to the clock, in seconds.
    clock_offset: i64,
}

pub(crate) struct Witness {
    name: KeyName,
    signing: Arc<SigningKey>,
    address: String,
    inner: Arc<Mutex<Inner>>,
}

impl Witness {
    pub(crate) fn new(number: u32) -> Witness {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let seed = *file_digest(format!("witness {number}").as_bytes()).as_bytes();
        let witness = Witness {
            name: format!("w{number}.example").parse().unwrap(),
            signing: Arc::new(SigningKey::from_seed(&seed)),
            address: listener.local_addr().unwrap().to_string(),
            inner: Arc::new(Mutex::new(Inner {
                mood: Mood::Honest,
                state: None,
                asked: Vec::new(),
                clock_offset: 0,
            })),
        };
        let (name, key, inner) = (witness.name.clone(), witness.signing.clone(), witness.inner.clone());
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (name, key, inner) = (name.clone(), key.clone(), inner.clone());
                thread::spawn(move || serve(stream, &name, &key, &inner));
            }
        });
        witness
    }

    pub(crate) fn key(&self) -> VerifierKey {
        VerifierKey::cosigner(self.name.clone(), self.signing.public_key())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.inner.lock().unwrap().mood = mood;
    }

    pub(crate) fn set_clock_offset(&self, seconds: i64) {
        self.inner.lock().unwrap().clock_offset = seconds;
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.inner.lock().unwrap().asked.clone()
    }

    pub(crate) fn state(&self) -> Option<(u64, Hash)> {
        self.inner.lock().unwrap().state
    }

    /// As if it had missed rounds, or come back from a backup.
    pub(crate) fn set_state(&self, state: Option<(u64, Hash)>) {
        self.inner.lock().unwrap().state = state;
    }
}

fn serve(mut stream: TcpStream, name: &KeyName, key: &SigningKey, inner: &Mutex<Inner>) {
    let mut buffer = Vec::new();
    loop {
        let Some(body) = read_request(&mut stream, &mut buffer) else { return };
        let mood = inner.lock().unwrap().mood.clone();
        if let Mood::Slow(pause) = mood {
            thread::sleep(pause);
        }
        let (status, kind, answer) = answer(&body, name, key, inner);
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all(&[head.as_bytes(), answer.as_bytes()].concat()).is_err() {
            return;
        }
    }
}

fn answer(
    body: &[u8],
    name: &KeyName,
    key: &SigningKey,
    inner: &Mutex<Inner>,
) -> (u16, &'static str, String) {
    let request = AddCheckpoint::parse(body).expect("the log sends well-formed requests");
    let offered = request.checkpoint.checkpoint().clone();
    let mut inner = inner.lock().unwrap();
    let (known, root) = inner.state.unwrap_or((0, pinfold_core::merkle::EMPTY_ROOT));
    let (status, kind, text) = match inner.mood {
        Mood::Down => (503, "text/plain", "down\n".to_owned()),
        Mood::Ahead(size) => (409, "text/x.tlog.size", format!("{size}\n")),
        Mood::Honest | Mood::Slow(_) if request.old_size != known => {
            (409, "text/x.tlog.size", format!("{known}\n"))
        }
        Mood::Honest | Mood::Slow(_) => {
            let is_consistent = known == 0
                || verify_consistency(known, &root, offered.size(), offered.root(), &request.proof).is_ok();
            if is_consistent {
                inner.state = Some((offered.size(), *offered.root()));
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
                let line = cosign(name, key, (now + inner.clock_offset) as u64, &request.checkpoint);
                (200, "text/plain", line.to_string())
            } else {
                (422, "text/plain", "inconsistent\n".to_owned())
            }
        }
    };
    inner.asked.push(Asked {
        at: Instant::now(),
        old_size: request.old_size,
        proof_hashes: request.proof.hashes().len(),
        size: offered.size(),
        status,
    });
    (status, kind, text)
}

/// One request of a connection that stays open; `None` at its end.
fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length: usize = head
                .split("\r\n")
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            let total = end + 4 + length;
            if buffer.len() >= total {
                let body = buffer[end + 4..total].to_vec();
                buffer.drain(..total);
                return Some(body);
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(read) => buffer.extend_from_slice(&chunk[..read]),
        }
    }
}
