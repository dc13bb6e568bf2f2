//! The lines about a publisher's release: whose words these are, where that is logged, and what it says of the code.

use std::collections::BTreeMap;

use pinfold_core::digest::ObjectKind;
use pinfold_core::pins::Approval;
use pinfold_core::text::visible;

use super::volatile::may_vary;
use super::words::body;
use crate::challenge::Shown;
use crate::published::part::logged_since;
use crate::published::{Link, Published};
use crate::screen::{Mark, Part, Screen};
use crate::time;

/// The question whether a label's words are a publisher's.
pub(crate) struct Tie<'a> {
    pub(crate) label: &'a str,
    pub(crate) published: &'a Published,
    pub(crate) link: &'a Link,
    /// What a yes approves.
    pub(crate) objects: &'a [Approval],
    /// Whether nothing was approved before.
    pub(crate) is_first_use: bool,
}

/// The page of that question, and what its challenge stands for. `words`: with the words themselves.
pub(crate) fn tie_page(tie: &Tie<'_>, words: bool) -> (Screen, Shown) {
    let (mut screen, mut shown) = (Screen::new(), Shown::new("publisher", &tie.label.to_ascii_lowercase()));
    screen.heading(format!("{}: whose words are these?", tie.label));
    screen.gap();
    about(&mut screen, &mut shown, tie.published, tie.link);
    screen.gap();
    let what = if tie.is_first_use { "The release has" } else { "Of what you approved the release has" };
    screen.own(format!("{what} {}:", counted(tie.objects)));
    names(&mut screen, tie.objects);
    for object in tie.objects {
        shown.digest(object.kind.as_str(), &object.digest);
    }
    if words {
        all_words(&mut screen, tie);
    }
    screen.gap();
    match tie.published.replaces {
        Some(_) => screen.own(format!(
            "A yes puts this publisher in the place of the one that `{}` has had. Unless you know why, refuse.",
            tie.label
        )),
        None if tie.is_first_use => screen.own(format!(
            "A yes approves these words as published, and ties `{}` to this publisher.",
            tie.label
        )),
        None => screen.own(format!("A yes ties `{}` to this publisher; it approves nothing new.", tie.label)),
    }
    screen.own("From then on words that it has not published are asked about by themselves, and said to be nobody's.");
    screen.own("Signed does not mean safe: it means that someone named answers for it, in public.");
    (screen, shown)
}

/// Above held words that the publisher's release has.
pub(crate) fn behind(screen: &mut Screen, shown: &mut Shown, published: &Published, link: &Link) {
    screen.heading("published: the release below has exactly these words");
    about(screen, shown, published, link);
    screen.gap();
}

/// Above held words that nobody has published, under a label that has a publisher or was said to have one.
pub(crate) fn unpublished(
    screen: &mut Screen,
    shown: &mut Shown,
    label: &str,
    why: &str,
    older: Option<&str>,
) {
    screen.heading("SIG_REQUIRED: nobody answers for these words");
    screen.own(format!("   {why}."));
    if let Some(older) = older {
        screen.own(format!("   An OLDER release has exactly these: {older}. The server was set back to it."));
        shown.answer("older", older);
    }
    screen.own(format!(
        "   A yes makes an exception for exactly these digests; `{label}` keeps its publisher."
    ));
    screen.gap();
    shown.answer("unpublished", why);
}

/// Who published what, where it is logged, since when, and what it says of the code that runs.
fn about(screen: &mut Screen, shown: &mut Shown, published: &Published, link: &Link) {
    let release = &published.release;
    let statement = release.statement();
    if let Some(before) = published.replaces {
        screen.heading("ANOTHER PUBLISHER (KEY_DISCONTINUITY)");
        screen.own(format!("   before   the claim {before}"));
        shown.digest("replaces", &before);
    }
    let row = |name: &str, text: String| vec![Part::plain(format!("{name:<10}")), Part::plain(text)];
    let version = visible(statement.version.as_str());
    screen.foreign_parts(
        Mark::Plain,
        row("release", format!("{} {version}, number {}", statement.name, statement.sequence)),
    );
    screen.own(format!(
        "   by         the claim {} that you trust for {}",
        release.claim(),
        statement.name.namespace()
    ));
    let newest = if release.is_newest() { "the newest release" } else { "NOT the newest release" };
    screen.own(format!("   in         entry {} of the log {}, {newest}", release.index(), release.origin()));
    if let Some(since) = logged_since(release) {
        screen.own(format!("   since      {} (by its witnesses)", time::for_people(since)));
    }
    match link {
        Link::Package(package) => {
            screen.own(format!("   package    {package}, which the launch names"));
        }
        Link::WordsOnly => screen.own(
            "   package    none: the launch names no package, so this is about the words only, not about the code",
        ),
    }
    shown.answer("release", &format!("{} {}", statement.name.lower(), statement.sequence));
    shown.digest("claim", &release.claim());
    shown.answer("log", release.origin().as_str());
    shown.digest("manifest", &release.manifest().digest());
}

fn counted(objects: &[Approval]) -> String {
    let mut counts: BTreeMap<ObjectKind, usize> = BTreeMap::new();
    for object in objects {
        *counts.entry(object.kind).or_default() += 1;
    }
    let word = |(kind, count): (&ObjectKind, &usize)| match (kind, count) {
        (kind, 1) if is_one_of_its_kind(*kind) => kind.as_str().to_owned(),
        (_, 1) => format!("1 {kind}"),
        (_, count) => format!("{count} {kind}s"),
    };
    counts.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// The names of each kind in one run, and how many objects may vary.
fn names(screen: &mut Screen, objects: &[Approval]) {
    let mut by_kind: BTreeMap<ObjectKind, Vec<String>> = BTreeMap::new();
    for object in objects.iter().filter(|object| !is_one_of_its_kind(object.kind)) {
        by_kind.entry(object.kind).or_default().push(visible(&object.name));
    }
    for names in by_kind.values() {
        screen.foreign_parts(Mark::Plain, vec![Part::spelled(names.join(", "))]);
    }
    let varying = objects.iter().filter(|object| !object.rules.is_empty()).count();
    if varying > 0 {
        screen.own(format!("   in {varying} of them a part may vary, as the release says; `u` shows them"));
    }
}

const fn is_one_of_its_kind(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Instructions | ObjectKind::ServerInfo)
}

fn all_words(screen: &mut Screen, tie: &Tie<'_>) {
    let manifest = tie.published.release.manifest();
    for object in tie.objects {
        let Some(found) = manifest.object(object.kind, &object.digest) else { continue };
        screen.gap();
        screen.own(format!("{} {}", object.kind, object.digest));
        body(screen, object.kind, manifest.object_bytes(found));
        may_vary(screen, manifest.object_bytes(found), &object.rules);
    }
}
