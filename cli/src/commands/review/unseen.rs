//! What waits unseen: objects that are new in a published update and that the policy keeps out without a question
//! (`spec/updates.md`). They are shown and asked about only for who wants to see them.

use pinfold_core::digest::ObjectKind;
use pinfold_core::manifest::SurfaceObject;
use pinfold_core::name::Label;
use pinfold_core::pins::Decision;
use pinfold_store::{Places, Store, StoredObject};

use super::Review;
use super::words::{approvals, rejections};
use crate::challenge::Shown;
use crate::found::found;
use crate::keys::{Answer, Offers};
use crate::output::{Output, Problem};
use crate::page::compare::Detail;
use crate::page::found::findings;
use crate::page::published::behind;
use crate::page::words::{Item, words_in};
use crate::policy_file;
use crate::published::part::NamedPart;
use crate::run::{Planned, planned};
use crate::screen::Screen;
use crate::time;

/// A published update of which something waits unseen.
pub(super) struct Unseen(Planned);

impl Unseen {
    /// What waits unseen under a label; `None`: nothing does. Under a policy that cannot be read nothing waits.
    pub(super) fn of(store: &Store, places: &Places, label: &Label) -> Option<Unseen> {
        let policy = policy_file::own(&places.policy()).unwrap_or_default();
        let unseen = planned(places, &policy, store, label).map(Unseen);
        unseen.filter(|unseen| unseen.objects().next().is_some())
    }

    fn objects(&self) -> impl Iterator<Item = &SurfaceObject> {
        self.0.unseen()
    }

    pub(super) fn parts(&self) -> Vec<NamedPart> {
        self.objects().map(NamedPart::of).collect()
    }

    fn items(&self) -> Vec<Item> {
        let manifest = self.0.published.release.manifest();
        let since = time::for_people(time::now());
        let item = |object: &SurfaceObject| {
            let (bytes, rules) = (manifest.object_bytes(object), manifest.rules(&object.digest));
            Item::added(object.kind, &object.name, object.digest, bytes, rules, &since)
        };
        self.objects().map(item).collect()
    }
}

/// Shows what waits unseen and asks about it; the kinds of what was approved.
pub(super) fn ask(review: &mut Review, output: &mut Output<'_>) -> Result<Vec<ObjectKind>, Problem> {
    let seen = review.store()?;
    // What was decided a moment ago counts.
    let Some(unseen) = Unseen::of(&seen, &review.places, &review.label) else { return Ok(Vec::new()) };
    let (items, label) = (unseen.items(), review.label.clone());
    let (mut screen, mut shown) = (Screen::new(), Shown::new("words", &label.key()));
    behind(&mut screen, &mut shown, &unseen.0.published, &unseen.0.link);
    findings(&mut screen, &found(&seen, &label, &items));
    words_in(&mut screen, &mut shown, label.as_str(), &items, false, Detail::Whole);
    screen.gap();
    screen.own("Your policy keeps these out without a question. A yes approves them.");
    match review.ask_page(&screen, &shown, Offers { reject: true, ..Offers::default() })? {
        Answer::Approve => {}
        Answer::Reject => {
            review.record(&seen, rejections(review, &items), Vec::new())?;
            review.refused = true;
            output.note("rejected; it stays refused until you approve it.");
            return Ok(Vec::new());
        }
        _ => {
            review.refused = true;
            output.note("not approved; it is not given, and nobody is asked.");
            return Ok(Vec::new());
        }
    }
    let stored =
        |item: &Item| StoredObject { kind: item.kind, digest: item.digest, bytes: item.bytes.clone() };
    let claim = Some(unseen.0.published.publication());
    let decision = Decision::SurfaceApproved { label, claim, objects: approvals(&items, false) };
    review.record(&seen, vec![decision], items.iter().map(stored).collect())?;
    review.approved += items.len();
    output.note("approved.");
    Ok(items.iter().map(|item| item.kind).collect())
}
