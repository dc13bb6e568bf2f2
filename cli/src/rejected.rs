//! What a person said no to for good, also under another name: a server that comes back under a new label is no
//! stranger (`spec/review.md`, *What is asked*).

use std::fmt;

use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::launch::Launch;
use pinfold_core::name::Label;
use pinfold_core::pins::{ApprovalState, LabelPins, Pins, UnixSeconds};

use crate::page::start::is_another_server;
use crate::time;

/// A no that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// When it was said, as people read it.
    pub since: String,
    /// The other label under which it was said; `None`: this one.
    pub under: Option<String>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.under {
            write!(f, "under the name {label} ")?;
        }
        write!(f, "on {}", self.since)
    }
}

/// The last no to a launch that runs the same command, program and arguments: exactly this one under its own label, any
/// such one under another label.
pub(crate) fn launch(pins: &Pins, label: &Label, launch: &Launch) -> Option<Rejection> {
    last(pins, label, |of_label, is_own| {
        let same = |digest: &Digest, other: &Launch| match is_own {
            true => *digest == launch.digest(),
            false => !is_another_server(&Launch::compare(other, launch)),
        };
        of_label
            .launches()
            .iter()
            .filter(|(digest, pin)| pin.state == ApprovalState::Rejected && same(digest, &pin.launch))
            .map(|(_, pin)| pin.since)
            .max()
    })
}

/// The last no to exactly this object.
pub(crate) fn object(
    pins: &Pins,
    label: &Label,
    kind: ObjectKind,
    name: &str,
    digest: &Digest,
) -> Option<Rejection> {
    last(pins, label, |of_label, _| {
        let pin = of_label.name(kind, name)?.digests().get(digest)?;
        (pin.state == ApprovalState::Rejected).then_some(pin.since)
    })
}

/// The no of the label itself, if there is one, else the last one of another label.
fn last(
    pins: &Pins,
    label: &Label,
    no: impl Fn(&LabelPins, bool) -> Option<UnixSeconds>,
) -> Option<Rejection> {
    let own = pins.label(label).and_then(|own| no(own, true)).map(|since| (since, None));
    let others = || {
        pins.labels()
            .filter(|other| other.spelling().key() != label.key())
            .filter_map(|other| Some((no(other, false)?, Some(other.spelling().to_string()))))
            .max()
    };
    let (since, under) = own.or_else(others)?;
    Some(Rejection { since: time::for_people(since), under })
}
