//! The pump: plain threads around the state machine.
//!
//! One thread reads the client, one reads the server, one listens to the guardian, and the calling thread keeps the
//! time and starts and ends servers. Each reader decides under one lock and then writes what it decided itself, so a
//! call costs the two wake-ups that a plain copy of bytes costs too. What must not block a reader goes to a writer of
//! its own (`outbox`).

mod lines;
mod outbox;
mod supervisor;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use pinfold_core::limits::MAX_LINE_BYTES;
use pinfold_core::pins::LabelPins;
use pinfold_core::reason::ReasonCode;

use crate::clock::Moment;
use crate::gate::{Effect, Ending, Gate, LaunchStanding, Report, Setup};
use crate::guardian::Command;
use lines::{Line, Lines};
use outbox::{Outbox, lock};
use supervisor::{Order, Supervisor};

/// Gives the command to start, after path and file were checked once more; or why nothing may be started.
pub type Launcher = Box<dyn FnMut() -> Result<Command, ReasonCode> + Send>;

/// What a pump needs besides the gate's own setup.
pub struct Connections {
    /// What the client says.
    pub from_client: Box<dyn Read + Send>,
    /// What the client is told. Unbuffered: each write is one or more whole lines.
    pub to_client: Box<dyn Write + Send>,
    /// Our own binary, which serves as the guardian.
    pub binary: PathBuf,
    /// Where commands come from.
    pub launcher: Launcher,
    /// Where reports go. They are sent while the gate decides, so whoever receives them does its work elsewhere.
    pub reports: mpsc::Sender<Report>,
}

/// A gate between two sides, not yet running.
pub struct Pump {
    shared: Arc<Shared>,
    supervisor: Supervisor,
    from_client: Box<dyn Read + Send>,
}

/// A hand on a running gate, for whoever watches the store and the signals.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

/// What the threads share.
struct Shared {
    core: Mutex<Core>,
    began: Instant,
    /// When the supervisor wakes next, in milliseconds since `began`.
    next_wake: AtomicU64,
    to_client: Arc<Outbox>,
    orders: mpsc::Sender<Order>,
    reports: mpsc::Sender<Report>,
}

/// The state machine, and the server that its lines go to.
struct Core {
    gate: Gate,
    /// Counts the servers that were started; what an older one still says is nobody's.
    generation: u64,
    to_server: Option<Arc<Outbox>>,
}

/// Which outboxes the deciding thread writes itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Both: the client waits for us anyway.
    Both,
    /// The client's alone: a server that waits for us to read must not wait for us to write.
    Client,
    /// None.
    Neither,
}

impl Pump {
    /// Puts a gate between two sides.
    pub fn new(setup: Setup, connections: Connections) -> Self {
        let (orders, inbox) = mpsc::channel();
        let shared = Arc::new(Shared {
            core: Mutex::new(Core { gate: Gate::new(setup), generation: 0, to_server: None }),
            began: Instant::now(),
            next_wake: AtomicU64::new(u64::MAX),
            to_client: Outbox::new(connections.to_client),
            orders,
            reports: connections.reports,
        });
        let supervisor =
            Supervisor::new(Arc::clone(&shared), inbox, connections.binary, connections.launcher);
        Self { shared, supervisor, from_client: connections.from_client }
    }

    /// Other pumps run in this process at the same time. What a guardian that was killed leaves behind is then ended by
    /// whoever waits for all of them, with [`crate::guardian::end_descendants`]: whose it was cannot be told.
    #[must_use]
    pub fn beside_others(mut self) -> Self {
        self.supervisor.is_alone = false;
        self
    }

    /// A hand on the gate.
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.shared))
    }

    /// Runs until the session is over and the server's whole process tree is gone.
    ///
    /// This process becomes the subreaper of what it starts, so that nothing is orphaned when a guardian is killed.
    pub fn run(self) -> Ending {
        let Self { shared, supervisor, from_client } = self;
        shared.act(Flush::Neither, |gate, _, out| gate.begin(out));
        let client = Arc::clone(&shared);
        std::thread::spawn(move || client.read_client(from_client));
        let ending = supervisor.run();
        shared.to_client.flush();
        let _ = shared.reports.send(Report::SessionOver);
        ending
    }
}

impl Handle {
    /// The pins of the label changed.
    pub fn pins_changed(&self, pins: Option<LabelPins>) {
        self.0.act(Flush::Neither, |gate, now, out| gate.pins_changed(pins, now, out));
    }

    /// Whether the launch may be carried out has changed.
    pub fn launch_changed(&self, launch: LaunchStanding) {
        self.0.act(Flush::Neither, |gate, _, out| gate.launch_changed(launch, out));
    }

    /// Ends the session: the server is ended in order, then [`Pump::run`] returns.
    pub fn stop(&self) {
        self.0.act(Flush::Neither, |gate, _, out| gate.stop(out));
    }
}

impl Shared {
    fn now(&self) -> Moment {
        Moment::from_milliseconds(self.began.elapsed().as_millis() as u64)
    }

    /// Lets the gate decide, queues what it wants sent while its lock is held, and writes after that.
    fn act(&self, flush: Flush, decide: impl FnOnce(&mut Gate, Moment, &mut Vec<Effect>)) {
        self.act_if(flush, |_| true, decide);
    }

    /// The same for what a server said, unless it is a server of the past.
    fn act_for_server(
        &self,
        generation: u64,
        decide: impl FnOnce(&mut Gate, Moment, &mut Vec<Effect>),
    ) -> bool {
        self.act_if(Flush::Client, |core| core.generation == generation, decide)
    }

    fn act_if(
        &self,
        flush: Flush,
        is_wanted: impl FnOnce(&Core) -> bool,
        decide: impl FnOnce(&mut Gate, Moment, &mut Vec<Effect>),
    ) -> bool {
        let mut core = lock(&self.core);
        if !is_wanted(&core) {
            return false;
        }
        self.decide(&mut core, decide);
        let to_server = core.to_server.clone();
        drop(core);
        self.write(flush, to_server);
        true
    }

    fn decide(&self, core: &mut Core, decide: impl FnOnce(&mut Gate, Moment, &mut Vec<Effect>)) {
        let mut effects = Vec::new();
        decide(&mut core.gate, self.now(), &mut effects);
        for effect in effects {
            let fits = match effect {
                Effect::ToClient(line) => self.to_client.push(line),
                Effect::ToServer(line) => core.to_server.as_ref().is_none_or(|outbox| outbox.push(line)),
                Effect::Report(report) => {
                    let _ = self.reports.send(report);
                    true
                }
                Effect::StartServer => self.orders.send(Order::Start).is_ok(),
                Effect::EndServer => {
                    core.generation += 1;
                    if let Some(outbox) = core.to_server.take() {
                        outbox.close();
                    }
                    self.orders.send(Order::EndServer).is_ok()
                }
                Effect::End(ending) => self.orders.send(Order::End(ending)).is_ok(),
            };
            if !fits {
                let _ = self.orders.send(Order::End(Ending::NobodyReads));
            }
        }
        if let Some(deadline) = core.gate.deadline()
            && deadline.milliseconds() < self.next_wake.load(Ordering::Relaxed)
        {
            self.next_wake.store(deadline.milliseconds(), Ordering::Relaxed);
            let _ = self.orders.send(Order::LookAtTheTime);
        }
    }

    fn write(&self, flush: Flush, to_server: Option<Arc<Outbox>>) {
        match flush {
            Flush::Neither => self.to_client.flush_elsewhere(),
            Flush::Both | Flush::Client => self.to_client.flush(),
        }
        if let Some(outbox) = to_server {
            if flush == Flush::Both {
                outbox.flush();
            } else {
                outbox.flush_elsewhere();
            }
        }
    }

    fn read_client(&self, stream: impl Read) {
        let mut lines = Lines::new(stream, MAX_LINE_BYTES);
        loop {
            match lines.next() {
                Line::Whole(line) if is_blank(&line) => {}
                Line::Whole(line) => {
                    self.act(Flush::Both, |gate, now, out| gate.client_line(ended(line), now, out))
                }
                Line::TooLong => self.act(Flush::Both, |gate, _, out| gate.client_line_too_long(out)),
                Line::End => return self.act(Flush::Neither, |gate, _, out| gate.client_ended(out)),
            }
        }
    }

    fn read_server(&self, generation: u64, stream: impl Read) {
        let mut lines = Lines::new(stream, MAX_LINE_BYTES);
        loop {
            let goes_on = match lines.next() {
                Line::Whole(line) if is_blank(&line) => true,
                Line::Whole(line) => self.act_for_server(generation, |gate, now, out| match line.last() {
                    Some(b'\n') => gate.server_line(line, now, out),
                    _ => gate.server_line_without_end(line, now, out),
                }),
                Line::TooLong => {
                    self.act_for_server(generation, |gate, _, out| gate.server_line_too_long(out))
                }
                Line::End => false,
            };
            if !goes_on {
                let _ = self.orders.send(Order::ServerIsQuiet(generation));
                return;
            }
        }
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// A line with its newline, which the last one of a stream may lack.
fn ended(mut line: Vec<u8>) -> Vec<u8> {
    if line.last() != Some(&b'\n') {
        line.push(b'\n');
    }
    line
}
