//! Why an object of a published update asks although the policy lets updates pass, for a person.

use pinfold_verifier::update::{AddedPower, Asked};

/// The reason as a short sentence without its end, beside its code of `spec/updates.md`.
pub(super) fn why(asked: Asked) -> &'static str {
    match asked {
        Asked::Release(_) => "nothing of this release passes",
        Asked::NotPublished => "the release does not have it",
        Asked::Rejected => "you said no to exactly this",
        Asked::Returned => "you approved something newer in its place",
        Asked::New => "nothing of this name is approved",
        Asked::LooksAlike => "its name looks like that of an approved one",
        Asked::BaseNotAtHand => "what you approved is not at hand to compare it with",
        Asked::Adds(power) => added(power),
        Asked::Words => "its words changed",
        Asked::SpeaksOfOthers => "its words newly name a tool of another server",
    }
}

fn added(power: AddedPower) -> &'static str {
    match power {
        AddedPower::HiddenText => "it has text that nobody sees",
        AddedPower::Parameter => "it has a new parameter",
        AddedPower::OpenParameters => "it has a new parameter, and the approved schema cannot be closed",
        AddedPower::Schema => "its parameters may accept more, or demand something else",
        AddedPower::Unenforced => "less of its arguments can be checked",
        AddedPower::Dialect => "its schema is of another dialect, in which it may mean something else",
        AddedPower::Annotation => "its hints changed",
        AddedPower::Outputs => "what it says it answers changed",
        AddedPower::Value => "a default, an example or a listed value changed",
        AddedPower::Other => "something changed that is not known to add nothing",
    }
}
