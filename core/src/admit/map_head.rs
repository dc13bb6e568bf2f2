//! Whether a map-head is admitted.

use super::change::Effect;
use super::state::State;
use super::{LONE_HEAD_SECONDS, MAX_CREDIT_SECONDS, Refusal};
use crate::index::MapHead;

/// The root is not judged here: it is the caller's index that it is compared with.
pub(super) fn judge(state: &State, head: &MapHead) -> Result<Effect, Refusal> {
    let last = state.head;
    if head.previous != last.map(|last| last.index) {
        return Err(Refusal::MapHeadPrevious { last: last.map(|last| last.index) });
    }
    let Some(last) = last else {
        let effect = Effect::MapHead { time: head.time };
        return if state.size == 0 { Err(Refusal::EmptyBatch) } else { Ok(effect) };
    };
    if head.time < last.time {
        return Err(Refusal::TimeWentBack { last: last.time });
    }
    if last.index + 1 == state.size && !last.brought {
        // Nothing new: only the time that it credits can be of use, and that once an hour.
        let credit = (head.time - last.time).min(MAX_CREDIT_SECONDS);
        if !state.anything_waits() || credit < LONE_HEAD_SECONDS {
            return Err(Refusal::EmptyBatch);
        }
    }
    Ok(Effect::MapHead { time: head.time })
}
