//! `pinfold-witness serve`.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;

use pinfold_core::note::VerifierKey;
use pinfold_core::signature::SigningKey;
use pinfold_core::text::visible_path;
use pinfold_keys::NeverAsk;
use pinfold_service::{Problem, bind, say};
use rustix::fs::{FlockOperation, flock};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::watch;

use super::args::ServeArgs;
use crate::database::{Database, DatabaseError};
use crate::http::{Shared, answer_until};
use crate::keeper::Keeper;
use crate::limits::STOP_TIME;
use crate::logs::Logs;
use crate::record::{self, Record};

pub(super) fn run(args: &ServeArgs) -> Result<(), Problem> {
    let logs = Logs::read(&args.logs, args.logs_file.as_deref()).map_err(|error| error.problem())?;
    let folder = &args.dir;
    let _lock = lock(folder)?;
    let database = Database::open(folder).map_err(|error| error.problem())?;
    let key = own_key(folder, database.key())?;
    if logs.has_key(database.key().key_bytes()) {
        let hint = "a log that cosigns itself is no witness; give each a key of its own";
        return Err(Problem::usage("a log that is named has the witness's own key", hint));
    }
    let path = match &args.last_signed {
        Some(path) => path.clone(),
        None => record::default_path(database.key()).map_err(|error| error.problem())?,
    };
    let counter = database.counter().map_err(|error| error.problem())?;
    let record = Record::open(&path, folder, database.key(), counter, args.new_record)
        .map_err(|error| error.problem())?;
    let listener = bind(args.listen)?;
    let address = listener.local_addr().unwrap_or(args.listen);
    let own = database.key().to_string();
    let (stop, stopped) = watch::channel(false);
    let keeper = Keeper { folder: folder.clone(), database, record, key };
    let (desk, deciding) = keeper.start(stop.clone()).map_err(|error| error.problem())?;
    stop_on_signal(stop)?;
    let cosigned = logs.origins().len();
    let shared = Shared { logs, desk, key: own.clone() };
    say(format_args!("witness {own}, for {cosigned} {}", if cosigned == 1 { "log" } else { "logs" }));
    say(format_args!("serving on http://{address}"));
    serve(listener, shared, stopped)?;
    match deciding.join() {
        Ok(ended) => ended?,
        Err(_) => {
            let hint = "this is a fault of the program; what was answered before is on the disk";
            return Err(Problem::undetermined("WITNESS_FAILED", "the deciding thread ended", hint));
        }
    }
    say(format_args!("stopped; everything that was cosigned is on the disk"));
    Ok(())
}

/// Answers until told to stop; requests in hand get some time after that, then their connections are cut.
fn serve(listener: TcpListener, shared: Shared, stopped: watch::Receiver<bool>) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        let hint = "is a limit of processes or open files reached?";
        Problem::undetermined("LISTEN_FAILED", format!("the HTTP server cannot start: {error}"), hint)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let mut until = stopped.clone();
    let served = runtime.block_on(async move {
        let late = async move {
            // A sender that is gone says the same.
            let _ = until.wait_for(|stopped| *stopped).await;
            tokio::time::sleep(STOP_TIME).await;
        };
        tokio::select! {
            served = answer_until(listener, shared, stopped) => served,
            () = late => Ok(()),
        }
    });
    runtime.shutdown_timeout(STOP_TIME);
    served.map_err(failed)
}

fn stop_on_signal(stop: watch::Sender<bool>) -> Result<(), Problem> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(|error| {
        let message = format!("signals cannot be caught: {error}");
        Problem::undetermined("SIGNALS_FAILED", message, "this is a fault of the system")
    })?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = stop.send(true);
        }
    });
    Ok(())
}

/// Two processes on one folder would decide on two states.
fn lock(folder: &Path) -> Result<File, Problem> {
    let path = folder.join("lock");
    if !folder.is_dir() {
        return Err(DatabaseError::Absent(folder.to_owned()).problem());
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(|error| DatabaseError::io(&path, error).problem())?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| DatabaseError::Busy(folder.to_owned()).problem())?;
    Ok(file)
}

/// The private key of the folder, which must be the one that the witness was made with.
fn own_key(folder: &Path, own: &VerifierKey) -> Result<SigningKey, Problem> {
    let path = folder.join("key");
    let key = pinfold_keys::read(&path, &mut NeverAsk).map_err(|error| {
        let hint = "the witness's key stands beside its database, unencrypted, mode 0600; put it back from its own copy";
        Problem::undetermined("KEY_UNREADABLE", error.to_string(), hint)
    })?;
    if VerifierKey::cosigner(own.name().clone(), key.signing().public_key()) != *own {
        let message = format!("{} is not the key that this witness was made with", visible_path(&path));
        let hint = "put the right key file back; with another key nobody would believe the witness";
        return Err(Problem::undetermined("KEY_OTHER", message, hint));
    }
    Ok(key.into_signing())
}
