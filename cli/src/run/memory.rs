//! The memory of answers, and the last look at store and launch in the moment in which a client asks.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use pinfold_core::answer::Question;
use pinfold_core::digest::Digest;
use pinfold_core::name::Label;
use pinfold_core::reason::ReasonCode;
use pinfold_gate::gate::{ClientQuestion, LaunchStanding, Recall, Recalled};
use pinfold_store::{ChangeStamp, Store};

use super::judge::{Judgement, LaunchJudge};
use crate::launch::{ResolvedLaunch, StoreDigests, Surroundings};

/// The launch's part of a question.
#[derive(Clone)]
pub(crate) struct QuestionKey {
    launch: Digest,
    variables: BTreeSet<String>,
}

impl QuestionKey {
    /// The key of a launch as it is now: with the names of its variables that are set and not empty.
    pub(crate) fn new(resolved: &ResolvedLaunch, around: &Surroundings) -> Self {
        let launch = &resolved.launch;
        let is_set = |name: &&String| around.value(name).is_some_and(|value| !value.is_empty());
        let variables = launch.env.keys().chain(&launch.passes).filter(is_set).cloned().collect();
        Self { launch: launch.digest(), variables }
    }

    /// What a client's question is remembered by; `None`: it is not.
    pub(crate) fn of(&self, question: &ClientQuestion) -> Option<Digest> {
        let (version, capabilities) = (&*question.version, &*question.capabilities);
        let question = Question { launch: self.launch, variables: &self.variables, version, capabilities };
        question.digest().ok()
    }
}

/// How the gate looks once more and recalls an answer. `stamp` is that of the store's files when they were read.
pub(crate) fn recall(store: &Arc<Mutex<Store>>, judge: &LaunchJudge, stamp: ChangeStamp) -> Recall {
    let (store, judge) = (Arc::clone(store), judge.clone());
    Arc::new(move |question| look(&mut lock(&store), &judge, &stamp, question))
}

fn look(
    store: &mut Store,
    judge: &LaunchJudge,
    stamp: &ChangeStamp,
    question: &ClientQuestion,
) -> Option<Recalled> {
    if store.change_stamp() != *stamp
        && let Err(error) = store.refresh()
    {
        let is_tampered = error.reason() == Some(ReasonCode::PinstoreTampered);
        let launch = LaunchStanding::Held(ReasonCode::PinstoreTampered);
        return is_tampered.then_some(Recalled { pins: None, launch, answer: None });
    }
    let pins = judge.pins(store);
    let judgement = judge.judge(&pins, &mut StoreDigests(store));
    // A command that cannot be resolved now is not the approved one.
    let launch =
        judgement.as_ref().map_or(LaunchStanding::Held(ReasonCode::LaunchChanged), Judgement::standing);
    let key = match &judgement {
        Ok(Judgement::Start(resolved)) => QuestionKey::new(resolved, &judge.around).of(question),
        _ => None,
    };
    Some(Recalled {
        pins: pins.label(&judge.label).cloned(),
        launch,
        // One that cannot be read is none: the server is asked.
        answer: key.and_then(|key| stored(store, &judge.label, &key)),
    })
}

fn stored(store: &Store, label: &Label, key: &Digest) -> Option<pinfold_core::answer::Answer> {
    store.answer(label, key).ok().flatten()
}

fn lock(store: &Mutex<Store>) -> std::sync::MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
