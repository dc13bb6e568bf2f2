//! Which log is asked, by whose word it is judged, and its published head beside the one seen before.

use pinfold_core::merkle::{TileTree, prove_consistency, verify_consistency};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::text::visible;
use pinfold_log_client::{Head, LogTiles};
use pinfold_verifier::release::{FreshnessOutcome, HeadMark, judge_freshness};
use serde::Serialize;

use super::evidence;
use super::problems::{garbage, tiles_failed, unreachable, untrusted};
use crate::args::WhichLog;
use crate::exit::Exit;
use crate::home;
use crate::known_log::{Basis, KnownLog, Seeker, only};
use crate::output::{Output, Problem};
use crate::seen::Seen;
use crate::time;

/// A published head, and how it stands to the one seen before.
#[derive(Debug)]
pub(crate) struct Published {
    pub(super) head: Head,
    pub(super) part: HeadPart,
}

/// The head as documents have it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeadPart {
    pub(super) origin: String,
    pub(super) url: String,
    pub(super) basis: Basis,
    pub(super) size: u64,
    pub(super) root: String,
    pub(super) witnesses: Vec<String>,
    pub(super) witnessed_at: Option<String>,
    pub(super) age_seconds: Option<u64>,
    pub(super) freshness: &'static str,
    /// `first`, `same`, `continues`, `older`, or `null` where nothing is kept of this log.
    pub(super) seen: Option<&'static str>,
    pub(super) seen_size: Option<u64>,
}

/// Finds the log that the arguments mean.
pub(super) fn choose(which: &WhichLog) -> Result<KnownLog, Problem> {
    let none = || {
        Problem::new(
            Exit::Usage,
            "LOG_NOT_CONFIGURED",
            "no log is trusted yet, and none is named",
            "name one with `--log URL`, or trust a release's log with `pinfold policy trust FILE.pinfold`",
        )
    };
    let seeker = Seeker {
        usual: &|trust| only(trust, "", none),
        policy_of: &|client| client.policy().map_err(|error| unreachable(&error)),
        garbage: &|message| garbage(message),
    };
    seeker.find(which.log.as_deref(), which.policy.as_deref())
}

impl KnownLog {
    /// The published head: signed, with its quorum, and a continuation of the one seen before.
    pub(super) fn published(&self, output: &mut Output<'_>) -> Result<Published, Problem> {
        let note = self.client.checkpoint().map_err(|error| unreachable(&error))?;
        self.meet(&note, output)
    }

    /// Judges a checkpoint that the log gave, and keeps it where the log is a trusted one.
    pub(super) fn meet(&self, note: &[u8], output: &mut Output<'_>) -> Result<Published, Problem> {
        let now = time::now();
        let head = Head::judge(note, self.policy(), self.origin().as_str(), now.0)
            .map_err(|error| untrusted(self.origin(), &error))?;
        let (seen, seen_size) = match self.basis {
            Basis::Trust => self.compare(&head, output)?,
            Basis::PolicyFile | Basis::OwnWord => (None, None),
        };
        if self.basis == Basis::OwnWord {
            output.note(format!("warning: the key and the witnesses of {} are its own word", self.origin()));
        }
        let older = seen == Some("older");
        let freshness = judge_freshness(
            head.times().fresh.map(UnixSeconds),
            now,
            older,
            self.trusted.max_age().seconds(),
            self.trusted.grace().seconds(),
        );
        let part = HeadPart {
            origin: self.origin().to_string(),
            url: self.client.base().to_string(),
            basis: self.basis,
            size: head.size(),
            root: head.root().to_string(),
            witnesses: head.cosigners().to_vec(),
            witnessed_at: head.times().fresh.and_then(|at| time::for_programs(UnixSeconds(at))),
            age_seconds: freshness.age,
            freshness: freshness_word(freshness.outcome),
            seen,
            seen_size,
        };
        Ok(Published { head, part })
    }

    fn compare(
        &self,
        head: &Head,
        output: &mut Output<'_>,
    ) -> Result<(Option<&'static str>, Option<u64>), Problem> {
        let places = home::places()?;
        // Nobody waits for the lock while tiles are fetched.
        let before = Seen::open(&places)?.head(self.origin())?;
        let word = match &before {
            None => "first",
            Some(before) if before.size > head.size() => "older",
            Some(before) if before.size == head.size() => {
                if before.root != head.root() {
                    return Err(self.forked(before, head, None));
                }
                "same"
            }
            Some(before) => {
                self.continues(before, head)?;
                "continues"
            }
        };
        if word == "older" {
            output.note(format!(
                "warning: {} shows an older head than one seen before ({} entries, {} seen)",
                self.origin(),
                head.size(),
                before.as_ref().map_or(0, |mark| mark.size)
            ));
        } else {
            let highest = before.as_ref().and_then(|mark| mark.quorum_time).map(|time| time.0);
            let mark = HeadMark {
                size: head.size(),
                root: head.root(),
                quorum_time: highest.max(head.times().fresh).map(UnixSeconds),
                note: head.signed().to_bytes(),
            };
            let seen = Seen::open(&places)?;
            // What another command put there meanwhile stays; the next one is compared with that.
            if seen.head(self.origin())? == before
                && let Err(error) = seen.store_head(self.origin(), &mark)
            {
                output.note(format!("warning: the head could not be kept: {error}"));
            }
        }
        Ok((Some(word), before.map(|mark| mark.size)))
    }

    /// Proves that the tree of a larger head continues the one seen before.
    fn continues(&self, before: &HeadMark, head: &Head) -> Result<(), Problem> {
        if before.size == 0 {
            return Ok(());
        }
        let tree = self.tree(head)?;
        let proof = prove_consistency(&tree, before.size, head.size())
            .map_err(|error| tiles_failed(self.origin(), &error))?;
        verify_consistency(before.size, &before.root, head.size(), &head.root(), &proof)
            .map_err(|_| self.forked(before, head, Some(&tree)))
    }

    /// The tiles of a head, authenticated against its root.
    pub(super) fn tree<'a>(&'a self, head: &Head) -> Result<TileTree<LogTiles<'a>>, Problem> {
        TileTree::open(LogTiles::new(&self.client), head.size(), head.root())
            .map_err(|error| tiles_failed(self.origin(), &error))
    }

    fn forked(&self, before: &HeadMark, head: &Head, tree: Option<&TileTree<LogTiles<'_>>>) -> Problem {
        let notes = [before.note.as_slice(), &head.signed().to_bytes()];
        evidence::forked(self.origin(), self.policy(), notes, tree)
    }
}

/// An outcome of freshness in words of documents.
pub(super) fn freshness_word(outcome: FreshnessOutcome) -> &'static str {
    outcome.as_str()
}

/// What is said of a head in one line of words.
pub(super) fn head_line(part: &HeadPart) -> String {
    let witnesses = match (part.witnesses.as_slice(), &part.witnessed_at) {
        ([], _) => "no witness".to_owned(),
        (names, None) => format!("witnessed by {}", visible(&names.join(", "))),
        (names, Some(at)) => {
            let at = time::read_for_people(Some(at));
            format!("witnessed by {} on {at} ({})", visible(&names.join(", ")), part.freshness)
        }
    };
    format!("{}: {} entries, root {}, {witnesses}", part.origin, part.size, part.root)
}

impl Published {
    /// Says what was checked of the head.
    pub(super) fn say_checks(&self, checks: &mut super::Checks, output: &mut Output<'_>) {
        let part = &self.part;
        checks.hold(format!("the head is signed by the key of {}", part.origin), output);
        if part.witnesses.is_empty() {
            // Under `quorum none` there is nothing to check, and that is said where it is printed.
        } else {
            checks.hold(format!("{} witnesses signed, enough for the quorum", part.witnesses.len()), output);
        }
        match (part.seen, part.seen_size) {
            (Some("continues"), Some(size)) => {
                checks.hold(format!("it continues the head of {size} entries seen before"), output);
            }
            (Some("same"), _) => checks.hold("it is the head seen before", output),
            _ => {}
        }
    }
}
