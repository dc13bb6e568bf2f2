//! The thread that keeps the time, and that starts and ends servers, one at a time.

use std::fs::File;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use pinfold_core::reason::ReasonCode;

use super::outbox::{Outbox, lock};
use super::{Flush, Launcher, Shared};
use crate::gate::{Ending, Report};
use crate::guardian::{self, GRACE_AFTER_END_OF_INPUT, GRACE_AFTER_TERM, GuardianEvent, ServerExit};

/// How long a server's last words may take after its process ended, and its end after its last words.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How long the last words may take once no process of the server is left: nobody can hold its output open any more, so
/// its end is sure to come, however busy the machine is; unless a client that does not read keeps it back.
const LAST_WORDS_OF_ALL: Duration = Duration::from_secs(10);

/// How long after the end of a session the guardian may take beyond its own grace periods.
const GUARDIAN_MARGIN: Duration = Duration::from_secs(5);

/// What the supervisor is asked to do, or told.
pub(super) enum Order {
    Start,
    EndServer,
    End(Ending),
    LookAtTheTime,
    /// This server's output ended.
    ServerIsQuiet(u64),
    /// Its guardian said something.
    Guardian(u64, GuardianEvent),
}

pub(super) struct Supervisor {
    shared: Arc<Shared>,
    inbox: mpsc::Receiver<Order>,
    binary: PathBuf,
    launcher: Launcher,
    server: Option<Running>,
    /// A server is to be started as soon as the tree of the one before is gone.
    start_when_gone: bool,
    /// Every process below this one is our server's.
    pub(super) is_alone: bool,
}

/// A server whose process tree is not known to be gone, or whose last words are still to come.
struct Running {
    generation: u64,
    line: UnixStream,
    started: bool,
    exit: Option<ServerExit>,
    quiet: bool,
    /// No process of it is left.
    gone: bool,
    /// When to take it for ended, though not both of its ends were seen.
    ended_at: Option<Instant>,
    /// Its end was asked for.
    ending: bool,
    told: bool,
}

impl Supervisor {
    pub(super) fn new(
        shared: Arc<Shared>,
        inbox: mpsc::Receiver<Order>,
        binary: PathBuf,
        launcher: Launcher,
    ) -> Self {
        Self { shared, inbox, binary, launcher, server: None, start_when_gone: false, is_alone: true }
    }

    /// Runs until the session is over; then ends the server's tree and waits until it is gone.
    pub(super) fn run(mut self) -> Ending {
        // Without this a guardian that is killed would leave its server to init; with it, to us.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        loop {
            let ending = match self.inbox.recv_timeout(self.patience()) {
                Ok(order) => self.carry_out(order),
                Err(RecvTimeoutError::Timeout) => {
                    self.look_at_the_time();
                    None
                }
                Err(RecvTimeoutError::Disconnected) => Some(Ending::Asked),
            };
            if let Some(ending) = ending {
                self.end_server();
                self.wait_until_gone();
                return ending;
            }
        }
    }

    fn carry_out(&mut self, order: Order) -> Option<Ending> {
        match order {
            Order::Start if self.server.is_some() => self.start_when_gone = true,
            Order::Start => self.start(),
            Order::EndServer => {
                self.disown();
                self.end_server();
                self.leave_if_gone();
            }
            Order::End(ending) => return Some(ending),
            // It is enough to be awake: how long to sleep is computed anew.
            Order::LookAtTheTime => {}
            Order::ServerIsQuiet(generation) => self.note(generation, |server| server.quiet = true),
            Order::Guardian(generation, event) => return self.hear(generation, event),
        }
        None
    }

    fn hear(&mut self, generation: u64, event: GuardianEvent) -> Option<Ending> {
        match event {
            GuardianEvent::Started(_) => {
                self.note(generation, |server| server.started = true);
                self.shared.act_for_server(generation, |gate, now, out| gate.server_started(now, out));
            }
            GuardianEvent::Failed(errno) => {
                let _ = self.shared.reports.send(Report::NotStarted(errno));
                self.note(generation, |server| (server.ending, server.told) = (true, true));
                self.not_started(ReasonCode::StartFailed);
            }
            GuardianEvent::Exited(exit) => self.note(generation, |server| server.exit = Some(exit)),
            GuardianEvent::Gone => {
                let server = self.server.as_ref().filter(|server| server.generation == generation)?;
                if !server.ending && server.exit.is_none() {
                    // Its guardian was killed. What it watched is ours now.
                    self.server = None;
                    self.end_what_is_left();
                    self.shared.act_for_server(generation, |gate, _, out| {
                        gate.server_ended(ServerExit::Unknown, out);
                    });
                    return Some(Ending::GuardianGone);
                }
                self.note(generation, |server| server.gone = true);
            }
        }
        None
    }

    /// Notes something about the running server, and tells the gate when it is over.
    fn note(&mut self, generation: u64, change: impl FnOnce(&mut Running)) {
        let Some(server) = self.server.as_mut().filter(|server| server.generation == generation) else {
            return;
        };
        change(server);
        if (server.quiet && server.exit.is_some()) || (server.gone && server.ending) {
            server.ended_at = Some(Instant::now());
        } else if server.gone {
            server.ended_at = Some(Instant::now() + LAST_WORDS_OF_ALL);
        } else if (server.quiet || server.exit.is_some()) && server.ended_at.is_none() {
            server.ended_at = Some(Instant::now() + LAST_WORDS);
        }
        self.tell_ends();
    }

    fn look_at_the_time(&mut self) {
        self.tell_ends();
        self.shared.next_wake.store(u64::MAX, Ordering::Relaxed);
        // Deciding sets the next time to wake at.
        self.shared.act(Flush::Neither, |gate, now, out| gate.tick(now, out));
    }

    /// Tells the gate of a server that is over.
    fn tell_ends(&mut self) {
        let Some(server) = &mut self.server else { return };
        if server.ended_at.is_some_and(|at| at <= Instant::now()) && !server.told {
            server.told = true;
            let exit = server.exit.unwrap_or(ServerExit::Unknown);
            self.shared.act_for_server(server.generation, |gate, _, out| gate.server_ended(exit, out));
        }
        self.leave_if_gone();
    }

    /// Forgets a server of which nothing is left and nothing is to come, and starts the next one if it waits for that.
    fn leave_if_gone(&mut self) {
        if self.server.take_if(|server| server.gone && (server.told || server.ending)).is_some()
            && std::mem::take(&mut self.start_when_gone)
        {
            self.start();
        }
    }

    fn patience(&self) -> Duration {
        let wake = self.shared.next_wake.load(Ordering::Relaxed);
        let until_wake = Duration::from_millis(wake.saturating_sub(self.shared.now().milliseconds()));
        let ended_at = self.server.as_ref().filter(|server| !server.told).and_then(|server| server.ended_at);
        let until_end = ended_at.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
        until_wake.min(until_end).min(Duration::from_secs(3600))
    }

    fn start(&mut self) {
        let started = (self.launcher)().and_then(|command| {
            guardian::start(&self.binary, &command).map_err(|error| {
                let _ = self.shared.reports.send(Report::GuardianNotStarted(error.to_string()));
                ReasonCode::StartFailed
            })
        });
        let guarded = match started {
            Ok(guarded) => guarded,
            Err(reason) => return self.not_started(reason),
        };
        let Ok(line) = guarded.line.try_clone() else { return self.not_started(ReasonCode::StartFailed) };
        let generation = {
            let mut core = lock(&self.shared.core);
            core.generation += 1;
            core.to_server = Some(Outbox::new(Box::new(File::from(guarded.to_server))));
            core.generation
        };
        let (reader, stream) = (Arc::clone(&self.shared), File::from(guarded.from_server));
        std::thread::spawn(move || reader.read_server(generation, stream));
        let (listener, process) = (Arc::clone(&self.shared), guarded.process);
        std::thread::spawn(move || listen(&listener, generation, &guarded.line, process));
        self.server = Some(Running {
            generation,
            line,
            started: false,
            exit: None,
            quiet: false,
            gone: false,
            ended_at: None,
            ending: false,
            told: false,
        });
    }

    fn not_started(&self, reason: ReasonCode) {
        self.shared.act(Flush::Neither, |gate, _, out| gate.server_not_started(reason, out));
    }

    /// What the server that runs still says is nobody's. It may have been started after its end was asked for.
    fn disown(&self) {
        let mut core = lock(&self.shared.core);
        if self.server.as_ref().is_some_and(|server| server.generation == core.generation) {
            core.generation += 1;
        }
    }

    /// Ends the input of the server and tells its guardian to end the tree.
    fn end_server(&mut self) {
        self.start_when_gone = false;
        let Some(server) = &mut self.server else { return };
        server.ending = true;
        if let Some(outbox) = lock(&self.shared.core).to_server.take() {
            outbox.close();
        }
        let _ = server.line.shutdown(Shutdown::Write);
    }

    /// Waits for the end of the tree. What the server still says reaches the client.
    fn wait_until_gone(&mut self) {
        let limit = GRACE_AFTER_END_OF_INPUT + GRACE_AFTER_TERM + GUARDIAN_MARGIN;
        let deadline = Instant::now() + limit;
        while self.server.as_ref().is_some_and(|server| !server.gone) {
            match self.inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Order::Guardian(generation, GuardianEvent::Gone)) => {
                    self.server.take_if(|server| server.generation == generation);
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        self.end_what_is_left();
    }

    /// Ends every process below this one, if none of them is another pump's.
    fn end_what_is_left(&self) {
        if self.is_alone {
            guardian::end_descendants(GRACE_AFTER_TERM);
        }
    }
}

/// Hears a guardian until it is gone, then collects its process.
fn listen(shared: &Shared, generation: u64, line: &UnixStream, mut process: Child) {
    loop {
        let event = guardian::next_event(line);
        if event == GuardianEvent::Gone {
            let _ = process.wait();
        }
        if shared.orders.send(Order::Guardian(generation, event)).is_err() || event == GuardianEvent::Gone {
            return;
        }
    }
}
