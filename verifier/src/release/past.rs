//! Steps V10, V20 and V21: what was seen before, and what is to be remembered.

use std::cmp::Ordering;

use pinfold_core::bundle::Bundle;
use pinfold_core::checkpoint::{Checkpoint, Origin};
use pinfold_core::index::NameState;
use pinfold_core::merkle::verify_consistency;
use pinfold_core::tlog_policy::clock_is_behind;

use super::heads::Heads;
use super::marks::{HeadMark, NameMark, NewMarks};
use super::question::Question;
use super::refusal::Refusal;
use super::verify::Said;

/// How the head of a bundle stands to the one seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Continued {
    /// None was seen.
    Nothing,
    /// It is the same tree.
    Same,
    /// It is a larger tree, and a proof shows that it continues the one seen.
    LargerProven,
    /// It is a larger tree; that it continues the one seen is the word of its quorum.
    LargerByQuorum,
    /// It is a smaller tree, and a proof shows that the one seen continues it.
    SmallerProven,
    /// It is a smaller tree, and nothing shows how the two belong together.
    OlderThanSeen,
}

/// V10: the local clock is not behind witnessed time.
pub(super) fn clock(question: &Question<'_>) -> Result<Said, Refusal> {
    let Some(seen) = question.marks.quorum_time() else {
        return Ok(Said::NotRequired("no witnessed time was seen before".to_owned()));
    };
    if clock_is_behind(question.now.0, seen.0) {
        return Err(Refusal::ClockBehind { now: question.now, seen });
    }
    Ok(Said::Passed("not behind the time that witnesses signed".to_owned()))
}

/// The first half of V20: the two heads.
pub(super) fn continues(
    bundle: &Bundle,
    origin: &Origin,
    question: &Question<'_>,
) -> Result<Continued, Refusal> {
    let Some(seen) = question.marks.head(origin) else { return Ok(Continued::Nothing) };
    let head: &Checkpoint = bundle.proof().checkpoint().checkpoint();
    let inconsistent = |error| Refusal::Inconsistent { size: head.size(), seen: seen.size, error };
    match (head.size().cmp(&seen.size), question.consistency) {
        (Ordering::Equal, _) if *head.root() == seen.root => Ok(Continued::Same),
        (Ordering::Equal, _) => Err(Refusal::Fork { size: head.size() }),
        (Ordering::Greater, None) => Ok(Continued::LargerByQuorum),
        (Ordering::Less, None) => Ok(Continued::OlderThanSeen),
        (Ordering::Greater, Some(proof)) => {
            verify_consistency(seen.size, &seen.root, head.size(), head.root(), proof)
                .map_err(inconsistent)?;
            Ok(Continued::LargerProven)
        }
        (Ordering::Less, Some(proof)) => {
            verify_consistency(head.size(), head.root(), seen.size, &seen.root, proof)
                .map_err(inconsistent)?;
            Ok(Continued::SmallerProven)
        }
    }
}

/// V20: the log contradicts nothing that was seen.
pub(super) fn log_history(
    bundle: &Bundle,
    state: &NameState,
    continued: Result<Continued, Refusal>,
    question: &Question<'_>,
) -> Result<(Continued, Said), Refusal> {
    let continued = continued?;
    let (head, first) = (bundle.proof().checkpoint().checkpoint(), bundle.first().checkpoint().checkpoint());
    if first.size() == head.size() && first.root() != head.root() {
        return Err(Refusal::Fork { size: head.size() });
    }
    let statement = bundle.statement();
    if let Some(mark) = question.marks.name(&statement.name, &statement.claim) {
        let newest = &state.value.newest;
        if head.size() >= mark.under_size && newest.sequence < mark.newest {
            return Err(Refusal::HistoryShrank { newest: newest.sequence, seen: mark.newest });
        }
        let places = [(newest.sequence, newest.index), (statement.sequence, bundle.proof().index())];
        for (sequence, index) in places {
            if sequence > mark.newest && index < mark.under_size {
                return Err(Refusal::HistoryInserted { sequence, index, size: mark.under_size });
            }
        }
    }
    let detail = match continued {
        Continued::Nothing => "no head of this log was seen before",
        Continued::Same => "the head seen before",
        Continued::LargerProven => "continues the head seen before",
        Continued::LargerByQuorum => "larger than the head seen before; no proof of consistency was given",
        Continued::SmallerProven => "a part of the head seen before",
        Continued::OlderThanSeen => "older than the head seen before; no proof of consistency was given",
    };
    let is_shown = matches!(continued, Continued::Same | Continued::LargerProven | Continued::SmallerProven);
    let said = if is_shown { Said::Passed } else { Said::NotRequired };
    Ok((continued, said(detail.to_owned())))
}

/// V21: no higher release of the name was seen.
pub(super) fn rollback(bundle: &Bundle, question: &Question<'_>) -> Result<Said, Refusal> {
    let statement = bundle.statement();
    let Some(mark) = question.marks.name(&statement.name, &statement.claim) else {
        return Ok(Said::NotRequired("no release of this name was seen before".to_owned()));
    };
    if statement.sequence < mark.sequence {
        return Err(Refusal::Rollback { sequence: statement.sequence, seen: mark.sequence });
    }
    Ok(Said::Passed(format!("not below sequence {}, seen before", mark.sequence)))
}

/// What is to be stored.
pub(super) fn marks(
    bundle: &Bundle,
    state: &NameState,
    origin: &Origin,
    heads: &Heads,
    continued: Continued,
    question: &Question<'_>,
) -> Option<NewMarks> {
    let seen = question.marks.head(origin);
    let checkpoint = bundle.proof().checkpoint();
    let quorum_time = heads.fresh_time.max(seen.and_then(|seen| seen.quorum_time));
    let moves = match continued {
        Continued::OlderThanSeen => return None,
        Continued::SmallerProven => false,
        Continued::LargerByQuorum => heads.has_quorum,
        Continued::Nothing | Continued::LargerProven => true,
        Continued::Same => heads.fresh_time > seen.and_then(|seen| seen.quorum_time),
    };
    let head = moves.then(|| HeadMark {
        size: checkpoint.checkpoint().size(),
        root: *checkpoint.checkpoint().root(),
        quorum_time,
        note: checkpoint.to_bytes(),
    });
    let statement = bundle.statement();
    let (size, newest) = (checkpoint.checkpoint().size(), state.value.newest.sequence);
    let mark = match question.marks.name(&statement.name, &statement.claim) {
        None => NameMark { sequence: statement.sequence, newest, under_size: size },
        Some(mark) if size < mark.under_size => {
            NameMark { sequence: mark.sequence.max(statement.sequence), ..*mark }
        }
        Some(mark) => NameMark { sequence: mark.sequence.max(statement.sequence), newest, under_size: size },
    };
    Some(NewMarks {
        origin: origin.clone(),
        head,
        name: statement.name.lower(),
        claim: statement.claim,
        mark,
    })
}
