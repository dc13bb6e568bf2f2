//! What a start counts as approved: what the store says, or what a lock says.
//!
//! Source: `spec/lock.md`. A lock approves only if the user's policy names its digest. One that is not named narrows what
//! the store approves. A rejection in the store wins over both.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pinfold_core::digest::{Digest, ObjectKind, file_digest};
use pinfold_core::launch::{Launch, PortableDifference};
use pinfold_core::lockfile::{Lock, LockedObject, LockedServer, MAX_LOCK_BYTES};
use pinfold_core::name::Label;
use pinfold_core::pins::{
    Approval, ApprovalState, Decision, LabelPins, MAX_APPROVALS_A_DECISION, Pins, UnixSeconds,
};
use pinfold_core::text::visible_path;
use pinfold_store::{HomeStanding, Places, Store};
use pinfold_verifier::policy::Policy;

use crate::commands::run::counted;
use crate::exit::Exit;
use crate::launch::{Entry, MemoryDigests, ResolvedLaunch, Surroundings, resolve};
use crate::output::Problem;
use crate::own_file::{self, OwnFileFault, Writers};

/// What counts as approved.
#[derive(Clone, Default)]
pub(crate) enum Ground {
    /// What the store says.
    #[default]
    Store,
    /// What a lock says.
    Lock(Arc<Locked>),
}

/// One server of a lock, and the start at hand.
pub(crate) struct Locked {
    label: Label,
    server: LockedServer,
    /// The user's policy names the lock.
    named: bool,
    /// The launch at hand, with what the lock lets through.
    launch: Launch,
    /// Its interpreters as they are.
    interpreters: Vec<(String, Digest)>,
    /// Objects in which something may vary.
    objects: BTreeMap<Digest, Arc<[u8]>>,
}

impl Ground {
    /// The pins of this start, as the store is now.
    pub(crate) fn pins<'s>(&self, store: &'s Store) -> Cow<'s, Pins> {
        match self {
            Ground::Store => Cow::Borrowed(counted(store)),
            Ground::Lock(locked) => Cow::Owned(locked.pins(store)),
        }
    }

    /// The bytes of an object of the lock.
    pub(crate) fn object(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        match self {
            Ground::Store => None,
            Ground::Lock(locked) => locked.objects.get(digest).cloned(),
        }
    }

    /// Whether a lock says what is served.
    pub(crate) fn is_lock(&self) -> bool {
        matches!(self, Ground::Lock(_))
    }

    /// The ground of a start under a lock.
    ///
    /// # Errors
    /// The lock cannot be read or is none, does not have the label, or has it with another launch; or neither the policy
    /// names it nor the store approves the launch.
    pub(crate) fn of_lock(
        path: &Path,
        label: &Label,
        entry: &Entry,
        around: &Surroundings,
        policy: &Policy,
        store: &Store,
    ) -> Result<Ground, Problem> {
        let bytes = read(path)?;
        let digest = file_digest(&bytes);
        let lock = Lock::from_bytes(&bytes).map_err(|error| {
            let why = pinfold_core::text::visible(&error.to_string());
            refused(
                "LOCK_INVALID",
                format!("{}: {why}", visible_path(path)),
                "make it anew with `pinfold lock`",
            )
        })?;
        let server = lock.server(label).ok_or_else(|| {
            refused(
                "LOCK_LACKS_LABEL",
                format!("the lock {} has no server `{label}`", visible_path(path)),
                "make it anew with `pinfold lock`, where the server is approved",
            )
        })?;
        let resolved = resolve(entry, around, &mut MemoryDigests::default()).map_err(|error| {
            Problem::new(
                Exit::Undetermined,
                "START_FAILED",
                format!("the command of `{label}` cannot be started: {error}"),
                "correct the command; nothing was started",
            )
        })?;
        let named = is_named(&digest, path, policy, store)?;
        let locked = Locked::of(label, server, named, &resolved)?;
        if !named && !locked.is_approved(store) {
            return Err(refused(
                "LOCK_NOT_NAMED",
                format!(
                    "your policy does not name the lock {} ({digest}), and the launch of `{label}` is not approved",
                    visible_path(path)
                ),
                "look at the lock; if you believe it, put its digest under `[locks] sha256` in your policy",
            ));
        }
        Ok(Ground::Lock(Arc::new(locked)))
    }
}

impl Locked {
    fn of(
        label: &Label,
        server: &LockedServer,
        named: bool,
        resolved: &ResolvedLaunch,
    ) -> Result<Locked, Problem> {
        let differences = |of: &LockedServer| -> Vec<Vec<PortableDifference>> {
            of.launches.iter().map(|one| one.launch.differences(&resolved.launch)).collect()
        };
        let mut all = differences(server);
        let Some(at) = all.iter().position(Vec::is_empty) else {
            // The launch that differs least says most.
            all.sort_by_key(Vec::len);
            let least = all.first().into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>();
            return Err(refused(
                "LAUNCH_CHANGED",
                format!("the launch of `{label}` is not the locked one: it differs in {}", least.join(", ")),
                "start what is locked, or make the lock anew where the launch is approved",
            ));
        };
        let passes = server.launches[at].launch.passes.iter();
        let passes = passes.filter(|name| !resolved.launch.env.contains_key(*name)).map(String::as_str);
        let launch = resolved.launch.letting_through(passes).map_err(|error| {
            refused("LOCK_INVALID", format!("the launch of `{label}` in the lock: {error}"), "make it anew")
        })?;
        let object = |one: &LockedObject| Some((one.digest, Arc::from(one.object.as_deref()?)));
        Ok(Locked {
            label: label.clone(),
            server: server.clone(),
            named,
            launch,
            interpreters: resolved.interpreters.iter().map(|one| (one.path.clone(), one.digest)).collect(),
            objects: server.objects.iter().filter_map(object).collect(),
        })
    }

    /// Whether the store approves a launch of this label, of which this start may be one.
    fn is_approved(&self, store: &Store) -> bool {
        counted(store).label(&self.label).is_some_and(LabelPins::is_known)
    }

    /// What the decisions would add up to by which a person approves exactly this.
    fn pins(&self, store: &Store) -> Pins {
        let known = counted(store).label(&self.label);
        let mut pins = Pins::new();
        // A decision that makes no sense approves nothing; what follows it is refused with it.
        let mut take = |decision: Decision| drop(pins.apply(&decision, UnixSeconds::default()));
        let label = || self.label.clone();
        let launches: Vec<Launch> = match known {
            _ if self.named => vec![self.launch.clone()],
            Some(known) => known.approved_launches().map(|(_, launch)| launch.clone()).collect(),
            None => Vec::new(),
        };
        for launch in launches {
            take(Decision::LaunchApproved { label: label(), launch, replaces: Vec::new() });
        }
        for (path, digest) in &self.interpreters {
            let decided = counted(store).interpreter(path).map(|pin| pin.digest);
            let accepted = if self.named { Some(decided.unwrap_or(*digest)) } else { decided };
            if let Some(digest) = accepted {
                take(Decision::InterpreterAccepted { path: path.clone(), digest });
            }
        }
        let objects: Vec<Approval> =
            self.server.objects.iter().filter_map(|one| self.approval(one, known)).collect();
        for part in objects.chunks(MAX_APPROVALS_A_DECISION) {
            take(Decision::SurfaceApproved { label: label(), claim: None, objects: part.to_vec() });
        }
        for ask in &self.server.asks {
            let decided = known.and_then(|known| known.ask_state(*ask));
            if self.named || decided == Some(ApprovalState::Approved) {
                take(Decision::AskApproved { label: label(), ask: *ask });
            }
        }
        // A home that counts for nothing else still says no.
        if let Some(known) = store.pins().label(&self.label) {
            self.rejections(known).into_iter().for_each(take);
        }
        pins
    }

    /// An object of the lock as an approval; where the lock only narrows, what the store approves of it.
    fn approval(&self, one: &LockedObject, known: Option<&LabelPins>) -> Option<Approval> {
        let LockedObject { kind, name, digest, rules, .. } = one.clone();
        let mut approval = Approval { kind, name, digest, replaces: None, rules };
        if !self.named {
            let decided = known?.name(kind, &approval.name)?;
            if decided.state(&digest) != Some(ApprovalState::Approved) {
                return None;
            }
            approval.rules.retain(|rule| decided.rules(&digest).contains(rule));
        }
        Some(approval)
    }

    /// Every no of the store about this label.
    fn rejections(&self, known: &LabelPins) -> Vec<Decision> {
        let label = || self.label.clone();
        let objects = known.objects().iter().flat_map(|((kind, name), pins)| {
            let rejected = pins.digests().iter().filter(|(_, pin)| pin.state == ApprovalState::Rejected);
            rejected
                .map(|(digest, _)| (*kind, name.clone(), *digest))
                .collect::<Vec<(ObjectKind, String, Digest)>>()
        });
        let mut found: Vec<Decision> = objects
            .map(|(kind, name, digest)| Decision::ObjectRejected { label: label(), kind, name, digest })
            .collect();
        let asks = known.asks().iter().filter(|(_, (state, _))| *state == ApprovalState::Rejected);
        found.extend(asks.map(|(ask, _)| Decision::AskRejected { label: label(), ask: *ask }));
        let is_this = |launch: &Launch| Launch::compare(launch, &self.launch).is_empty();
        let launches = known.launches().values().filter(|pin| pin.state == ApprovalState::Rejected);
        if launches.into_iter().any(|pin| is_this(&pin.launch)) {
            found.push(Decision::LaunchRejected { label: label(), launch: self.launch.clone() });
        }
        found
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    own_file::read(path, MAX_LOCK_BYTES, Writers::Anybody).map_err(|fault| {
        let message = fault.to_string();
        match fault {
            OwnFileFault::Absent(_) => {
                refused("LOCK_ABSENT", message, "name the lock: `--locked=FILE`; `pinfold lock` makes one")
            }
            OwnFileFault::TooLarge(..) => {
                refused("LOCK_INVALID", message, "make it anew with `pinfold lock`")
            }
            _ => Problem::new(
                Exit::Undetermined,
                "LOCK_UNREADABLE",
                format!("{message} (LOCK_UNREADABLE)"),
                "look at the file and its permissions",
            ),
        }
    })
}

/// Whether the user's own policy names the lock. One that lies where the lock does, in a repository, is nobody's own.
fn is_named(digest: &Digest, lock: &Path, policy: &Policy, store: &Store) -> Result<bool, Problem> {
    if !policy.names_lock(digest) {
        return Ok(false);
    }
    let places = store.places();
    if store.home_standing() == HomeStanding::OtherUndecided {
        return Err(refused(
            "POLICY_NOT_YOURS",
            format!(
                "the policy {} names the lock, but HOME is not the account's home, and nobody decided anything there",
                visible_path(&places.policy())
            ),
            "a policy counts in the account's own home, or in one where a person has decided at a terminal",
        ));
    }
    if is_beside(&places.policy(), lock, places) {
        return Err(refused(
            "POLICY_NOT_YOURS",
            format!("the policy {} lies in the lock's own folder", visible_path(&places.policy())),
            "keep the policy outside of the repository: whoever edits a lock could edit it too",
        ));
    }
    Ok(true)
}

/// Whether the policy's file is in the folder of the lock, which the home itself is not.
fn is_beside(policy: &Path, lock: &Path, places: &Places) -> bool {
    let real = |path: &Path| -> Option<PathBuf> { path.canonicalize().ok() };
    let folder = real(lock).and_then(|lock| lock.parent().map(Path::to_owned));
    let (Some(policy), Some(folder), Some(home)) = (real(policy), folder, real(places.home())) else {
        return false;
    };
    policy.starts_with(&folder) && !home.starts_with(&folder)
}

/// `run` prints no document, so the name of a refusal stands in its words.
fn refused(code: &'static str, message: String, hint: &'static str) -> Problem {
    Problem::new(Exit::Refused, code, format!("{message} ({code})"), hint)
}
