//! Decisions in one line each, without prose of a server.

use pinfold_core::pins::{Approval, Decision};

use crate::{elsewhere, time};

/// What was decided, in one line.
pub(crate) fn words_of(decision: &Decision) -> String {
    match decision {
        Decision::LaunchApproved { label, launch, replaces } => {
            let how = if replaces.is_empty() { "" } else { ", in the place of another" };
            format!("{label}: launch {} approved{how}", launch.digest().short())
        }
        Decision::LaunchRejected { label, launch } => {
            format!("{label}: launch {} rejected", launch.digest().short())
        }
        Decision::SurfaceApproved { label, objects, .. } => {
            format!("{label}: {} approved: {}", objects.len(), names(objects))
        }
        Decision::ObjectRejected { label, kind, name, digest } => {
            format!("{label}: {} {} {} rejected", kind.as_str(), elsewhere::name(name), digest.short())
        }
        Decision::AskApproved { label, ask } => format!("{label}: {} approved", ask.as_str()),
        Decision::AskRejected { label, ask } => format!("{label}: {} rejected", ask.as_str()),
        Decision::InterpreterAccepted { path, digest } => {
            format!("interpreter {} {} accepted", elsewhere::name(path), digest.short())
        }
        Decision::HomeAccepted { .. } => "decisions are taken in this home folder".to_owned(),
        Decision::StoreAccepted { reason, kept, .. } => {
            format!("store accepted although {}; {kept} decisions kept", reason.as_str())
        }
        Decision::CallAllowed { label, tool, until } => {
            format!("{label}: calls of {} allowed until {}", elsewhere::name(tool), time::for_people(*until))
        }
        Decision::LabelForgotten { label } => format!("{label}: forgotten"),
    }
}

fn names(objects: &[Approval]) -> String {
    const SHOWN: usize = 6;
    let mut names: Vec<String> =
        objects.iter().take(SHOWN).map(|object| elsewhere::name(&object.name)).collect();
    if objects.len() > SHOWN {
        names.push(format!("and {} more", objects.len() - SHOWN));
    }
    names.join(", ")
}
