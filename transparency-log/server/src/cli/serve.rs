//! `pinfold-log serve`.

use std::sync::Arc;
use std::thread;

use pinfold_core::checkpoint::Origin;
use pinfold_core::note::VerifierKey;
use pinfold_core::text::visible_path;
use pinfold_core::tlog_policy::TlogPolicy;
use pinfold_keys::NeverAsk;
use pinfold_service::{Problem, bind, say};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::Semaphore;

use super::args::ServeArgs;
use super::init::last_signed_path;
use super::policy;
use crate::clock;
use crate::http::{Listening, Shared};
use crate::limits::{MAX_WAITING_BYTES, STOP_TIME};
use crate::published::Showcase;
use crate::round::gate::Gate;
use crate::round::queue::Queue;
use crate::round::start::{Parts, RecordState, start};
use crate::store::database::{self, Mode};
use crate::store::readers::Readers;
use crate::store::{Database, Kind, StoreError};

pub(super) fn run(args: &ServeArgs) -> Result<(), Problem> {
    let database = Database::open(&args.dir, Mode::Write).map_err(|error| error.problem())?;
    let lock = database::lock(&args.dir).map_err(|error| error.problem())?;
    // A commit whose sync failed may be readable and not durable; after this, what is read is durable.
    database.settle(&args.dir).map_err(|error| error.problem())?;
    let log = database.log.clone();
    may_take_raw(args, log.kind)?;
    let damaged = |what: String| StoreError::Damaged(what).problem();
    let origin: Origin = log.origin.parse().map_err(|error| damaged(format!("its origin: {error}")))?;
    let verifier: VerifierKey =
        log.vkey.parse().map_err(|error| damaged(format!("its verifier key: {error}")))?;
    let key = log_key(args, &origin, &verifier)?;
    let (policy, policy_text) = match &args.witness_policy {
        Some(path) => policy::of_file(path, &verifier)?,
        None => {
            let text = policy::without_witnesses(&log.vkey, log.url.as_deref());
            let policy = TlogPolicy::parse(text.as_bytes())
                .map_err(|error| damaged(format!("its own policy: {error}")))?;
            (policy, text.into_bytes())
        }
    };
    let left_out = left_out(args, &policy)?;
    let path = last_signed_path(args.last_signed.as_deref(), &origin)?;
    let record = RecordState::open(&path, &args.dir, &verifier)?;
    let listener = bind(args.listen)?;
    let address = listener.local_addr().map_or(args.listen, |address| address);

    let (queue, gate) = (Arc::new(Queue::default()), Arc::new(Gate::new()));
    let (showcase, readers) = (Arc::new(Showcase::default()), Arc::new(Readers::new(args.dir.clone())));
    let shared = Shared {
        kind: log.kind,
        takes_raw: args.test_add,
        policy: policy_text,
        showcase: showcase.clone(),
        readers: readers.clone(),
        queue: queue.clone(),
        gate: gate.clone(),
        body_bytes: Arc::new(Semaphore::new(MAX_WAITING_BYTES)),
    };
    close_on_signal(&queue)?;
    let parts = Parts {
        database,
        folder: args.dir.clone(),
        lock,
        origin,
        key,
        verifier,
        record,
        policy,
        left_out,
        readers,
        queue: queue.clone(),
        gate,
        showcase,
        rewitness: std::time::Duration::from_secs(args.rewitness),
        now: clock::now,
    };
    let mut sequencer = start(parts)?;
    let listening = Listening::start(listener, shared)?;
    say(format_args!("serving {} on http://{address}", log.origin));
    say(format_args!("its line in a policy: {}", policy::log_line(&log.vkey, log.url.as_deref())));
    let result = sequencer.serve();
    queue.close();
    // Answers that are ready leave; after a fatal error, what still waits is told to ask again.
    queue.drop_waiting();
    listening.stop(STOP_TIME);
    match result {
        Ok(()) => {
            say(format_args!("stopped; everything that was answered is published"));
            Ok(())
        }
        Err(fatal) => Err(fatal.problem()),
    }
}

/// The private key of the folder, which must be the one that the log was made with.
fn log_key(
    args: &ServeArgs,
    origin: &Origin,
    verifier: &VerifierKey,
) -> Result<pinfold_core::signature::SigningKey, Problem> {
    let path = args.dir.join("key");
    let key = pinfold_keys::read(&path, &mut NeverAsk).map_err(|error| {
        let hint =
            "the log's key stands beside its database, unencrypted, mode 0600; put it back from its own copy";
        Problem::undetermined("KEY_UNREADABLE", error.to_string(), hint)
    })?;
    let found = VerifierKey::ed25519(origin.key_name(), key.signing().public_key());
    if found != *verifier {
        let message = format!("{} is not the key that this log was made with", visible_path(&path));
        let hint = "put the right key file back; with another key nobody would believe the log";
        return Err(Problem::undetermined("KEY_OTHER", message, hint));
    }
    Ok(key.into_signing())
}

fn may_take_raw(args: &ServeArgs, kind: Kind) -> Result<(), Problem> {
    match (args.test_add, kind) {
        (true, Kind::Names) => Err(Problem::usage(
            "--test-add is only for a log made by `pinfold-log init --test`",
            "this log has rules; entries come in at POST /submit",
        )),
        (true, Kind::Test) if !args.listen.ip().is_loopback() => Err(Problem::usage(
            format!("--test-add listens on a loopback address only, not on {}", args.listen.ip()),
            "use --listen 127.0.0.1:PORT",
        )),
        _ => Ok(()),
    }
}

/// The places of the witnesses that the operator does without, said aloud.
fn left_out(args: &ServeArgs, policy: &TlogPolicy) -> Result<Vec<usize>, Problem> {
    args.without_witness
        .iter()
        .map(|name| {
            let place = policy.witnesses().iter().position(|witness| witness.name == *name);
            let place = place.ok_or_else(|| {
                Problem::usage(
                    format!("--without-witness {name}: the policy has no witness of this name"),
                    "names stand in the `witness` lines of --witness-policy",
                )
            })?;
            say(format_args!(
                "warning: starting without an answer of witness {name}: if it knows a newer head than this database, \
                 this log will contradict itself"
            ));
            Ok(place)
        })
        .collect()
}

/// SIGTERM and SIGINT close the queue; the batch in hand is finished.
fn close_on_signal(queue: &Arc<Queue>) -> Result<(), Problem> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(|error| {
        let message = format!("signals cannot be caught: {error}");
        Problem::undetermined("SIGNALS_FAILED", message, "this is a fault of the system")
    })?;
    let queue = queue.clone();
    thread::spawn(move || {
        for _ in signals.forever() {
            queue.close();
        }
    });
    Ok(())
}
