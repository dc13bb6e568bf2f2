//! A registry of npm on loopback with one package, so that an update can come while somebody reads a page.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha512};

/// A version and its tarball.
type Versions = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// The registry. It answers until the program ends.
pub(super) struct Registry {
    address: SocketAddr,
    versions: Versions,
}

impl Registry {
    /// One without versions of `package`.
    ///
    /// # Errors
    /// When no port is free.
    pub(super) fn of(package: &'static str) -> Result<Registry, String> {
        let failed = |error: std::io::Error| format!("a registry on loopback: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let registry =
            Registry { address: listener.local_addr().map_err(failed)?, versions: Versions::default() };
        let (address, versions) = (registry.address, Arc::clone(&registry.versions));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who asks and goes away has no answer; npm asks again.
                let _ = answer(stream, package, address, &versions);
            }
        });
        Ok(registry)
    }

    /// Where it answers.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Another version, the newest from now on.
    pub(super) fn publish(&self, version: &str, tarball: Vec<u8>) {
        lock(&self.versions).push((version.to_owned(), tarball));
    }
}

fn lock(versions: &Versions) -> std::sync::MutexGuard<'_, Vec<(String, Vec<u8>)>> {
    versions.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn answer(mut stream: TcpStream, package: &str, at: SocketAddr, versions: &Versions) -> std::io::Result<()> {
    let mut asked = None;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        asked = asked.or_else(|| line.split(' ').nth(1).map(|path| path.replace("%2f", "/")));
    }
    let asked = asked.unwrap_or_default();
    let versions = lock(versions).clone();
    let tarball = versions.iter().find(|(version, _)| asked == path_of(version));
    let (status, body) = match tarball {
        Some((_, bytes)) => ("200 OK", bytes.clone()),
        None if asked == format!("/{package}") => {
            ("200 OK", document(package, at, &versions).to_string().into_bytes())
        }
        None => ("404 Not Found", b"{}".to_vec()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nCache-Control: no-cache\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

fn path_of(version: &str) -> String {
    format!("/-/{version}.tgz")
}

/// What npm is told about the package.
fn document(package: &str, at: SocketAddr, versions: &[(String, Vec<u8>)]) -> Value {
    let all: Map<String, Value> = versions
        .iter()
        .map(|(version, bytes)| {
            let integrity = format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)));
            let tarball = format!("http://{at}{}", path_of(version));
            let bin = json!({"notes": "dist/index.js"});
            let about = json!({
                "name": package, "version": version, "bin": bin,
                "dist": {"tarball": tarball, "integrity": integrity},
            });
            (version.clone(), about)
        })
        .collect();
    let newest = versions.last().map(|(version, _)| version.as_str()).unwrap_or_default();
    json!({"name": package, "dist-tags": {"latest": newest}, "versions": all})
}
