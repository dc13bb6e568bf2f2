//! One listing walked to its end: every page, under caps, before any of it is released.
//!
//! A walk knows no verdicts. It says which page to ask for next, and at the end hands over what was received.

use std::collections::BTreeSet;

use pinfold_core::digest::ObjectKind;
use pinfold_core::framing::{FrameLimits, Raw};
use pinfold_core::reason::ReasonCode;
use pinfold_core::surface::Received;

use crate::clock::Moment;
use crate::mcp::members_of;
use crate::pages::Pages;

/// The most pages of one listing. No real server was seen to use a second one.
pub(crate) const MAX_PAGES: usize = 64;

/// The most objects of one listing; the largest real server has 401 tools.
pub(crate) const MAX_OBJECTS: usize = 4096;

/// The most bytes of one listing; the largest real one has 358,189.
pub(crate) const MAX_LISTING_BYTES: usize = 32 << 20;

/// How often a walk begins again because the server said meanwhile that the listing changed, or because two pages
/// disagreed. An honest server was seen to say so four times in its first second and a half.
pub(crate) const MAX_RESTARTS: u32 = 8;

/// Why a walk ended without a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WalkFailure {
    /// The server answered with an error.
    ServerError {
        /// It does not know the method, although it declared it.
        unknown_method: bool,
    },
    /// The listing breaks a rule, so nothing of it can be released.
    Refused(ReasonCode),
    /// No answer in time.
    Silent,
}

impl WalkFailure {
    /// An answer that is an error, by its code; its text is the server's and is not looked at.
    pub(crate) fn of_error(error: &[u8]) -> Self {
        let code = Raw::read(error, &FrameLimits::TRAFFIC).map(|raw| members_of(&raw)).unwrap_or_default();
        let unknown_method = code.iter().any(|(name, value)| name == "code" && value.bytes() == b"-32601");
        Self::ServerError { unknown_method }
    }
}

/// What comes after a page.
#[derive(Debug)]
pub(crate) enum Step {
    /// Another page, by the raw token of its cursor.
    Next(String),
    /// The whole listing, and its pages as they were read.
    Done(Vec<Received>, Pages),
    /// From the first page again.
    Again,
    /// No listing.
    Failed(WalkFailure),
}

/// A walk under way.
#[derive(Debug)]
pub(crate) struct Walk {
    kind: ObjectKind,
    /// When it began; a walk that began again keeps its time.
    pub(crate) since: Moment,
    pages: usize,
    bytes: usize,
    restarts: u32,
    objects: Vec<Received>,
    read: Pages,
    cursors: BTreeSet<String>,
    /// The server said meanwhile that the listing changed.
    changed_meanwhile: bool,
    /// It began because the server said that the listing changed.
    announced: bool,
}

impl Walk {
    pub(crate) fn new(kind: ObjectKind, now: Moment, announced: bool) -> Self {
        Self {
            kind,
            since: now,
            pages: 0,
            bytes: 0,
            restarts: 0,
            objects: Vec::new(),
            read: Pages::default(),
            cursors: BTreeSet::new(),
            changed_meanwhile: false,
            announced,
        }
    }

    /// The server said that the listing changed, before this walk or meanwhile: nothing may rely on an older one.
    pub(crate) fn was_announced(&self) -> bool {
        self.announced || self.changed_meanwhile
    }

    /// The server said that this listing changed: what was read so far may be of two states.
    pub(crate) fn listing_changed(&mut self) {
        self.changed_meanwhile = true;
    }

    /// Takes one page's result. `before` are the pages of the last whole walk.
    pub(crate) fn page(&mut self, result: &[u8], before: &Pages) -> Step {
        self.pages += 1;
        self.bytes += result.len();
        if self.bytes > MAX_LISTING_BYTES {
            return Step::Failed(WalkFailure::Refused(ReasonCode::LimitBytes));
        }
        let page = match self.read.next(self.kind, result, before) {
            Ok(page) => page,
            Err(error) => return Step::Failed(WalkFailure::Refused(error.reason())),
        };
        let already = self.objects.len();
        self.objects.extend(page.objects.into_iter().map(|object| object.with_index_after(already)));
        if self.objects.len() > MAX_OBJECTS {
            return Step::Failed(WalkFailure::Refused(ReasonCode::LimitTools));
        }
        match page.next_cursor {
            Some(cursor) if !self.cursors.insert(cursor.clone()) => {
                Step::Failed(WalkFailure::Refused(ReasonCode::CursorLoop))
            }
            Some(_) if self.pages >= MAX_PAGES => Step::Failed(WalkFailure::Refused(ReasonCode::LimitPages)),
            Some(cursor) => Step::Next(cursor),
            None => self.end(),
        }
    }

    fn end(&mut self) -> Step {
        // Pages of two states can show one object twice; a second look tells that from a server that does it always.
        let torn = self.pages > 1 && self.restarts == 0 && has_duplicate(&self.objects);
        if !self.changed_meanwhile && !torn {
            return Step::Done(std::mem::take(&mut self.objects), std::mem::take(&mut self.read));
        }
        if self.restarts >= MAX_RESTARTS {
            return Step::Failed(WalkFailure::Refused(ReasonCode::ListUnstable));
        }
        *self = Self { restarts: self.restarts + 1, ..Self::new(self.kind, self.since, true) };
        Step::Again
    }
}

fn has_duplicate(objects: &[Received]) -> bool {
    let mut seen = BTreeSet::new();
    objects.iter().any(|object| !seen.insert(&object.name))
}
