//! The client that the gate serves while a server is captured: it shakes hands, answers what must be answered, and asks
//! for nothing.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use pinfold_core::framing::{FrameKind, FrameLimits, parse_frame};

use super::session::Capabilities;

/// The version that is asked for: the newest of the era that begins with `initialize`.
pub(crate) const ASKED_VERSION: &str = "2025-11-25";

/// The first line of a session.
pub(super) fn hello(capabilities: Capabilities) -> Vec<u8> {
    let (name, declared, asked) = (capabilities.client_name(), capabilities.json(), capabilities.version());
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"protocolVersion":"{asked}","capabilities":{declared},"clientInfo":{{"name":"{name}","version":"{version}"}}}}}}
{{"jsonrpc":"2.0","method":"notifications/initialized"}}
"#
    )
    .into_bytes()
}

/// What the gate writes to its client: answered where a server would wait, else dropped.
pub(super) struct Ears {
    /// Where the client's own lines go.
    pub(super) mouth: Arc<Mutex<Option<io::PipeWriter>>>,
}

impl Write for Ears {
    /// Whole lines, as the pump writes them.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        for line in lines.split(|byte| *byte == b'\n') {
            let Ok(frame) = parse_frame(line, &FrameLimits::TRAFFIC) else { continue };
            let FrameKind::Request { id, method, .. } = &frame.kind else { continue };
            let body = match &**method {
                "roots/list" => r#""result":{"roots":[]}"#,
                "ping" => r#""result":{}"#,
                _ => r#""error":{"code":-32601,"message":"Method not found"}"#,
            };
            let mut answer = br#"{"jsonrpc":"2.0","id":"#.to_vec();
            answer.extend_from_slice(id.raw);
            answer.extend_from_slice(format!(",{body}}}\n").as_bytes());
            if let Some(mouth) = &mut *self.mouth.lock().unwrap_or_else(PoisonError::into_inner) {
                mouth.write_all(&answer)?;
            }
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
