//! What a publisher's release answers in a review: whose the words are, which ties a label to its publisher, and which
//! of the held words it has (`spec/signed-servers.md`).

use std::collections::BTreeSet;

use pinfold_core::digest::ObjectKind;
use pinfold_core::name::Label;
use pinfold_core::pins::{Approval, ApprovalState, Decision, LabelPins, Publication};
use pinfold_core::text::visible;
use pinfold_store::{Places, Store, StoredObject};
use pinfold_verifier::release::Coverage;

use super::Review;
use super::words::Words;
use crate::args::ReviewArgs;
use crate::challenge::Shown;
use crate::commands::log::parse_name;
use crate::exit::Exit;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::page::published::{Tie, behind, tie_page, unpublished};
use crate::page::words::Item;
use crate::published::{Indexed, Link, Older, Published, Reader, from_file, from_log, link, older_with};
use crate::screen::Screen;
use crate::waiting::{Waiting, home_alone};

/// What is known of a label's publisher for one review.
#[derive(Debug)]
pub(super) enum Known {
    /// Nobody was asked: the label has no publisher, and no release was named.
    Unsigned,
    /// A verified release; where it is the newest and lacks what is held, an older one that has it.
    Release(Box<Published>, Link, Option<Older>),
    /// The label has a publisher, of whom there is no release to look at: why, in our own words.
    Missing(String),
}

/// Who stands behind held words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stand {
    /// The publisher: its release has them.
    Publisher,
    /// Nobody, though the label has a publisher, or a release was named that does not have them.
    Nobody,
    /// Nobody, and nobody ever did.
    Unsigned,
}

/// Reads the release that is named, or asks the log of the label's publisher.
///
/// # Errors
/// What was named is refused, or cannot be read. A log that was not named and does not answer is [`Known::Missing`].
pub(super) fn find(
    args: &ReviewArgs,
    store: &Store,
    waiting: &Waiting,
    label: &Label,
    places: &Places,
    output: &mut Output<'_>,
) -> Result<Known, Problem> {
    let pins = store.pins().label(label);
    let name = args.name.as_deref().map(parse_name).transpose()?;
    let reader = Reader { places, pins, name: None };
    let (published, indexed) = match (&args.bundle, &name) {
        (Some(file), name) => (from_file(file, Reader { name: name.as_ref(), ..reader }, output)?, None),
        (None, Some(name)) => {
            let answer = from_log(name, reader, output)?;
            (answer.newest?.ok_or_else(|| never_published(name))?, answer.indexed)
        }
        (None, None) => {
            let Some(publisher) = pins.and_then(LabelPins::publisher) else { return Ok(Known::Unsigned) };
            let refused =
                |problem: Problem| Known::Missing(format!("{} ({})", problem.message, problem.code));
            let answer = match from_log(&publisher.name, reader, output) {
                Ok(answer) => answer,
                Err(problem) if problem.exit == Exit::Refused => return Ok(refused(problem)),
                Err(problem) => {
                    return Ok(Known::Missing(format!("its log gave no answer: {}", problem.message)));
                }
            };
            if answer.approved_withdrawn {
                output.note(format!(
                    "REVOKED: release {} of {}, which you approved, was withdrawn by its publisher.",
                    publisher.sequence, publisher.name
                ));
            }
            match answer.newest {
                Ok(Some(published)) => (published, answer.indexed),
                Ok(None) => return Ok(Known::Missing(format!("{} has released nothing", publisher.name))),
                Err(problem) => return Ok(refused(problem)),
            }
        }
    };
    let approved = pins.into_iter().flat_map(LabelPins::approved_launches).map(|(_, launch)| launch);
    let asked = waiting.requests.iter().map(|request| &request.launch);
    let link = link(approved.chain(asked), published.release.manifest().artifacts())?;
    let older = indexed.and_then(|indexed| older(&indexed, &published, waiting));
    Ok(Known::Release(Box::new(published), link, older))
}

/// The older release that a server was set back to. A log that cannot say so refuses nothing.
fn older(indexed: &Indexed, published: &Published, waiting: &Waiting) -> Option<Older> {
    let manifest = published.release.manifest();
    let held = waiting.held.iter().map(|held| (held.kind, held.digest));
    let lacking: BTreeSet<_> =
        held.filter(|(kind, digest)| manifest.object(*kind, digest).is_none()).collect();
    if lacking.is_empty() {
        return None;
    }
    older_with(indexed, published, &lacking).ok().flatten()
}

impl Known {
    /// The release, if there is one.
    pub(super) fn published(&self) -> Option<&Published> {
        match self {
            Known::Release(published, _, _) => Some(published),
            _ => None,
        }
    }

    /// Whether there is a release whose publisher a label with an approved launch does not have yet.
    pub(super) fn can_be_tied(&self, store: &Store, label: &Label) -> bool {
        let Known::Release(published, _, _) = self else { return false };
        let pins = store.pins().label(label).filter(|pins| pins.is_known());
        pins.is_some_and(|pins| pins.publisher().is_none() || published.replaces.is_some())
    }

    /// Whether the label has a publisher, or a release was named for it.
    pub(super) fn is_signed(&self) -> bool {
        !matches!(self, Known::Unsigned)
    }

    /// Who stands behind a held object.
    pub(super) fn stand(&self, item: &Item) -> Stand {
        match self {
            Known::Unsigned => Stand::Unsigned,
            Known::Missing(_) => Stand::Nobody,
            Known::Release(published, _, _) => match coverage(published, item) {
                Coverage::Same => Stand::Publisher,
                Coverage::Other | Coverage::Absent => Stand::Nobody,
            },
        }
    }

    /// What stands above a page of words: who is behind them. Part of what the challenge stands for.
    pub(super) fn say(
        &self,
        stand: Stand,
        items: &[Item],
        label: &str,
        screen: &mut Screen,
        shown: &mut Shown,
    ) {
        match (stand, self) {
            (Stand::Publisher, Known::Release(published, link, _)) => behind(screen, shown, published, link),
            (Stand::Nobody, Known::Release(published, _, older)) => {
                let statement = published.release.statement();
                let newest = if published.release.is_newest() { "the newest release" } else { "release" };
                let why = format!("{newest}, {} {}, does not have them", statement.name, statement.version);
                let objects = || items.iter().map(|item| (item.kind, item.digest));
                let older = older.as_ref().filter(|older| older.has_all(objects()));
                unpublished(screen, shown, label, &visible(&why), older.map(|older| older.words.as_str()));
            }
            (Stand::Nobody, Known::Missing(why)) => unpublished(screen, shown, label, &visible(why), None),
            _ => {}
        }
    }

    /// What a decision about words behind which somebody stands says of the release.
    pub(super) fn claim(&self, stand: Stand) -> Option<Publication> {
        (stand == Stand::Publisher).then(|| self.published().map(Published::publication)).flatten()
    }
}

/// How a release stands to a held object.
fn coverage(published: &Published, item: &Item) -> Coverage {
    published.release.coverage(item.kind, &item.name, &item.digest, &item.bytes, &home_alone())
}

fn never_published(name: &pinfold_core::registry_name::RegistryName) -> Problem {
    Problem::new(
        Exit::Refused,
        "NOT_PUBLISHED",
        format!("the publisher of {} has released nothing of the name {name}", name.namespace()),
        "check the name; without a release the words are yours to judge: `pinfold review LABEL`",
    )
}

/// Asks whether the words of a label are this publisher's, where it has none yet or another one: at the first use all
/// words of the release are approved by that, later those of them that are approved already.
pub(super) fn tie(review: &mut Review, output: &mut Output<'_>) -> Result<Words, Problem> {
    let seen = review.store()?;
    let nothing = Words::default();
    let Known::Release(published, link, _) = &review.known else { return Ok(nothing) };
    let Some(pins) = seen.pins().label(&review.label).filter(|pins| pins.is_known()) else {
        return Ok(nothing);
    };
    if pins.publisher().is_some() && published.replaces.is_none() {
        return Ok(nothing);
    }
    let is_first_use = !pins.has_words();
    let (objects, bytes) = words_of(published, pins, is_first_use);
    if objects.is_empty() {
        return Ok(nothing);
    }
    let label = review.label.clone();
    let mut words = false;
    loop {
        let tie = Tie { label: label.as_str(), published, link, objects: &objects, is_first_use };
        let (screen, shown) = tie_page(&tie, words);
        let offers = Offers { unchanged: true, ..Offers::default() };
        match review.terminal.ask_page(&screen, &shown, offers).map_err(|error| Review::lost(&error))? {
            Answer::Unchanged => words = !words,
            Answer::Approve => break,
            _ => {
                output.note("not approved; the words are asked about as nobody's.");
                review.known = Known::Unsigned;
                review.refused = true;
                return Ok(nothing);
            }
        }
    }
    let approved: Vec<ObjectKind> = objects.iter().map(|object| object.kind).collect();
    let claim = Some(published.publication());
    review.record(&seen, vec![Decision::SurfaceApproved { label, claim, objects }], bytes)?;
    if let Known::Release(published, _, _) = &mut review.known {
        published.replaces = None;
    }
    review.approved += approved.len();
    output.note("approved.");
    Ok(Words { approved: if is_first_use { approved } else { Vec::new() }, left: 0 })
}

/// The objects of a release that a yes approves: all of them, or those that are approved now.
fn words_of(
    published: &Published,
    pins: &LabelPins,
    is_first_use: bool,
) -> (Vec<Approval>, Vec<StoredObject>) {
    let manifest = published.release.manifest();
    let known = |kind, name: &str, digest| pins.name(kind, name).and_then(|name| name.state(digest));
    let chosen = manifest.surface().iter().filter(|object| {
        match known(object.kind, &object.name, &object.digest) {
            Some(ApprovalState::Approved) => true,
            // A no is not taken back by a release.
            Some(ApprovalState::Rejected) => false,
            Some(ApprovalState::Retired) | None => is_first_use,
        }
    });
    chosen
        .map(|object| {
            let approval = Approval {
                kind: object.kind,
                name: object.name.clone(),
                digest: object.digest,
                replaces: None,
                rules: match known(object.kind, &object.name, &object.digest) {
                    // What may vary was the person's to say, and stays so.
                    Some(ApprovalState::Approved) => pins
                        .name(object.kind, &object.name)
                        .map(|name| name.rules(&object.digest).to_vec())
                        .unwrap_or_default(),
                    _ => manifest.rules(&object.digest).to_vec(),
                },
            };
            let bytes = manifest.object_bytes(object).to_vec();
            (approval, StoredObject { kind: object.kind, digest: object.digest, bytes })
        })
        .unzip()
}
