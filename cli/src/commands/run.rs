//! `run`: the gate around one server, started by a client.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use pinfold_core::digest::Digest;
use pinfold_core::launch::Piece;
use pinfold_core::name::Label;
use pinfold_core::pins::Pins;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{LaunchStanding, ObjectBytes, Setup, Waits};
use pinfold_gate::pump::{Connections, Handle, Pump};
use pinfold_store::{Access, ChangeStamp, Counters, HomeStanding, Places, ProcessStamp, Request, Store};
use pinfold_verifier::policy::Policy;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::home;
use crate::launch::{Entry, MemoryDigests, ResolvedLaunch, StoreDigests, Surroundings};
use crate::notify::Voice;
use crate::output::{Output, Problem};
use crate::policy_file;
use crate::published::lookup;
use crate::run::{Desk, Ground, Judgement, LaunchJudge, Murmur, QuestionKey, Update, Watch, ended, recall};
use crate::time;

/// Our own binary, under a name that stays true when the file is replaced by an update.
const OWN_BINARY: &str = "/proc/self/exe";

/// Runs the gate until the client's session is over.
pub fn run(args: &RunArgs, output: &mut Output<'_>) -> Exit {
    let prepared = match Prepared::of(args) {
        Ok(prepared) => prepared,
        Err(problem) => {
            output.problem(&problem);
            return problem.exit;
        }
    };
    let murmur = Murmur::new();
    let exit = match prepared.serve(&murmur) {
        Ok(()) => Exit::Done,
        Err(problem) => {
            murmur.problem(&problem);
            problem.exit
        }
    };
    murmur.finish();
    exit
}

/// Everything that is looked up before the client is answered.
struct Prepared {
    label: Label,
    places: Places,
    access: Access,
    policy: Policy,
    store: Store,
    judge: LaunchJudge,
    judgement: Judgement,
    /// What of a published update passes; nothing under a lock.
    update: Update,
    /// Taken before the pins were read, so that no decision falls between the two.
    stamp: ChangeStamp,
}

impl Prepared {
    fn of(args: &RunArgs) -> Result<Self, Problem> {
        let label = super::parse_label(&args.label)?;
        let places = home::places()?;
        let stamp = places.change_stamp();
        let access = access(args, &places);
        let store = Store::open(&places, access).map_err(|error| home::problem(&error))?;
        let policy = policy_file::own(&places.policy()).map_err(|fault| fault.problem())?;
        let entry = Entry::from_line(args.command.clone(), args.env.clone()).map_err(|error| {
            Problem::new(Exit::Usage, "USAGE", error.to_string(), "put the server's command behind `--`")
        })?;
        let around = surroundings(home::of_account().as_deref())?;
        let (ground, update) = match &args.locked {
            None => (Ground::Store, Update::of(&places, &policy, &store, &label)),
            Some(path) => {
                let locked = Ground::of_lock(path, &label, &entry, &around, &policy, &store)?;
                (locked, Update::default())
            }
        };
        let judge = LaunchJudge { label: label.clone(), entry, around, ground };
        let judgement = judge.judge(&judge.pins(&store), &mut StoreDigests(&store)).map_err(|error| {
            Problem::new(
                Exit::Undetermined,
                "START_FAILED",
                format!("the command of `{label}` cannot be started: {error}"),
                "correct the command in the client's entry; nothing was started",
            )
        })?;
        if let (true, LaunchStanding::Held(reason)) = (judge.ground.is_lock(), judgement.standing()) {
            // Nobody is waited for where a lock says what is served.
            return Err(Problem::new(
                Exit::Refused,
                reason.as_str(),
                format!("the launch of `{label}` is held: {} ({})", reason.meaning(), reason.as_str()),
                format!("run `pinfold review {label}` in a terminal, or start what is locked"),
            ));
        }
        Ok(Self { label, places, access, policy, store, judge, judgement, update, stamp })
    }

    fn serve(self, murmur: &Murmur) -> Result<(), Problem> {
        let withheld: Vec<String> = self.judgement.resolved().map(withheld_names).unwrap_or_default();
        let standing = self.judgement.standing();
        let (reports, inbox) = mpsc::channel();
        let desk = self.desk(murmur);
        let pins = self.judge.pins(&self.store).label(&self.label).cloned();
        let absent_names = absent_names(&self.store, &self.label);
        let shared = Arc::new(Mutex::new(self.store));
        let setup = Setup {
            label: self.label.to_string(),
            pins,
            policy: self.policy.for_label(&self.label),
            passing: self.update.passing.clone(),
            object_bytes: with_signed(&self.judge.ground, self.update, object_bytes(&shared)),
            unix_now: Arc::new(time::now),
            absent_names,
            passed: self.judge.around.passed(&self.judge.entry.args),
            launch: standing,
            gives_notice: !self.judge.ground.is_lock(),
            recall: recall(&shared, &self.judge, self.stamp.clone()),
            waits: Waits::default(),
        };
        let (store, judge) = (Arc::clone(&shared), self.judge.clone());
        let connections = Connections {
            from_client: Box::new(unbuffered(std::io::stdin().as_fd())?),
            to_client: Box::new(unbuffered(std::io::stdout().as_fd())?),
            binary: PathBuf::from(OWN_BINARY),
            launcher: Box::new(move || {
                let pins = judge.pins(&lock(&store)).into_owned();
                // What starts a server hashes the bytes: a digest remembered in the store is not enough for that.
                judge.command(&pins, &mut MemoryDigests::default())
            }),
            reports,
        };
        if !self.judge.ground.is_lock() {
            look_up_in_turn(&self.label, &lock(&shared), &self.places, &self.policy);
        }
        let pump = Pump::new(setup, connections);
        stop_on_signals(pump.handle())?;
        let watch = Watch {
            label: self.label.clone(),
            store: shared,
            handle: pump.handle(),
            judge: self.judge,
            murmur: murmur.clone(),
            stamp: self.stamp,
        };
        let desk = std::thread::spawn(move || desk.work(&inbox));
        let (session_is_over, over) = mpsc::channel();
        std::thread::spawn(move || watch.work(&over));
        let ending = pump.run();
        drop(session_is_over);
        let _ = desk.join();
        ended(ending, &self.label, &withheld).map_or(Ok(()), Err)
    }

    /// The desk has a store of its own, so that writing never makes a call wait.
    fn desk(&self, murmur: &Murmur) -> Desk {
        let resolved = self.judgement.resolved();
        let reason = match self.judgement.standing() {
            LaunchStanding::Approved => ReasonCode::LaunchChanged,
            LaunchStanding::Held(reason) => reason,
        };
        Desk {
            label: self.label.clone(),
            launch: resolved.map(|resolved| resolved.launch.digest()),
            request: resolved.map(|resolved| request(&self.label, &self.judge.around, resolved, reason)),
            places: self.places.clone(),
            access: self.access,
            store: None,
            voice: Voice::in_home(&self.policy, self.store.home_standing()),
            murmur: murmur.clone(),
            process: ProcessStamp::of_self(),
            counters: Counters::default(),
            junk_seen: 0,
            warned: false,
            waits_for_launch: false,
            said: BTreeSet::new(),
            questions: resolved.map(|resolved| QuestionKey::new(resolved, &self.judge.around)),
            from_pins: false,
            last_failure: String::new(),
            withheld: resolved.map(withheld_names).unwrap_or_default(),
            interpreters: resolved.map(roots_interpreters).unwrap_or_default(),
        }
    }
}

fn roots_interpreters(resolved: &ResolvedLaunch) -> Vec<(String, Digest)> {
    let of_root = resolved.interpreters.iter().filter(|interpreter| interpreter.trusted_place);
    of_root.map(|interpreter| (interpreter.path.clone(), interpreter.digest)).collect()
}

/// Looks up the labels with a publisher whose turn it is, in a thread of its own that ends with the process: no start and no
/// call waits for a log.
fn look_up_in_turn(label: &Label, store: &Store, places: &Places, policy: &Policy) {
    let pins = counted(store);
    if !pins.labels().any(|label| label.publisher().is_some()) {
        return;
    }
    let (label, pins, places) = (label.clone(), pins.clone(), places.clone());
    let mut voice = Voice::in_home(policy, store.home_standing());
    std::thread::spawn(move || {
        if let Some(words) = pins.label(&label).and_then(|pins| lookup::past_grace(&places, pins)) {
            Output::to(false, std::io::sink(), std::io::stderr()).note(words);
        }
        let mut silent = Output::to(false, std::io::sink(), std::io::sink());
        for (label, code, words) in lookup::all_due(&places, &pins, &mut silent) {
            voice.say(&label, &code, &format!("{label}: {words}"));
        }
    });
}

/// The pins, as far as this home folder counts: in one that is not the account's and where no person ever decided at a
/// terminal, nothing is approved.
pub(crate) fn counted(store: &Store) -> &Pins {
    static NOTHING: std::sync::LazyLock<Pins> = std::sync::LazyLock::new(Pins::new);
    match store.home_standing() {
        HomeStanding::Account | HomeStanding::OtherDecided => store.pins(),
        HomeStanding::OtherUndecided => &NOTHING,
    }
}

fn surroundings(account_home: Option<&Path>) -> Result<Surroundings, Problem> {
    Surroundings::of_process(account_home).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "START_FAILED",
            format!("the working folder cannot be used: {error}"),
            "start the client from a folder that exists",
        )
    })
}

/// What is asked of a person about a launch that nobody approved.
pub(crate) fn request(
    label: &Label,
    around: &Surroundings,
    resolved: &ResolvedLaunch,
    reason: ReasonCode,
) -> Request {
    let shown = |pieces: &[Piece]| {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Secret => "[secret]".to_owned(),
        };
        pieces.iter().map(text).collect::<String>()
    };
    let values = resolved.shown_values.iter().map(|value| (value.name.clone(), shown(value.text.pieces())));
    Request {
        label: label.clone(),
        launch: resolved.launch.clone(),
        folder: around.folder.to_string_lossy().into_owned(),
        client: String::new(),
        values_shown: values.collect(),
        withheld: withheld_names(resolved),
        reason,
        created: time::now(),
    }
}

fn withheld_names(resolved: &ResolvedLaunch) -> Vec<String> {
    resolved.withheld.iter().map(|withheld| withheld.name.clone()).collect()
}

/// A start under a lock makes no store where there is none.
fn access(args: &RunArgs, places: &Places) -> Access {
    let is_there = places.database().exists() || places.marker().exists();
    if args.locked.is_some() && !is_there { Access::Read } else { Access::Observe }
}

/// The bytes of what may pass: first those that a lock or an update carries.
fn with_signed(ground: &Ground, update: Update, stored: ObjectBytes) -> ObjectBytes {
    let ground = ground.clone();
    Arc::new(move |digest| ground.object(digest).or_else(|| update.object(digest)).or_else(|| stored(digest)))
}

pub(crate) fn object_bytes(store: &Arc<Mutex<Store>>) -> ObjectBytes {
    let store = Arc::clone(store);
    Arc::new(move |digest| lock(&store).object(digest).ok().map(|object| object.bytes.into()))
}

pub(crate) fn absent_names(
    store: &Store,
    label: &Label,
) -> BTreeSet<(pinfold_core::digest::ObjectKind, String)> {
    store.absent(label).map(|absent| absent.into_keys().collect()).unwrap_or_default()
}

/// SIGTERM, SIGINT and SIGHUP end the server in order, and then us.
fn stop_on_signals(handle: Handle) -> Result<(), Problem> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "START_FAILED",
            format!("signals cannot be watched: {error}"),
            "look at the limits of this process, then start the client again",
        )
    })?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            handle.stop();
        }
    });
    Ok(())
}

/// One of our standard streams without the standard library's buffer.
fn unbuffered(stream: BorrowedFd<'_>) -> Result<File, Problem> {
    stream.try_clone_to_owned().map(File::from).map_err(|error| {
        Problem::new(
            Exit::Undetermined,
            "START_FAILED",
            format!("the standard streams cannot be used: {error}"),
            "`pinfold run` is started by a client, with its standard streams as the conversation",
        )
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
