//! How many schemas apply to one value, and how deep they nest.

use super::super::{Fault, FaultDetail};
use super::references::Schemas;
use super::{Applied, MAX_APPLIED_DEPTH, MAX_APPLIED_SCHEMAS};
use crate::reason::ReasonCode;

#[derive(Clone, Copy)]
enum State {
    New,
    /// On the path that is being followed.
    Open,
    Done(Applied),
}

/// Applieds all schemas of a document.
///
/// # Errors
/// `SCHEMA_TOO_COMPLEX` at the first schema that leads back to itself or goes over a limit.
pub(super) fn measure(schemas: &Schemas<'_, '_>) -> Result<Applied, Fault> {
    let mut states = vec![State::New; schemas.nodes.len()];
    let mut most = Applied { count: 0, depth: 0 };
    for start in 0..schemas.nodes.len() {
        if matches!(states[start], State::New) {
            follow(schemas, start, &mut states)?;
        }
        if let State::Done(measure) = states[start] {
            most = Applied { count: most.count.max(measure.count), depth: most.depth.max(measure.depth) };
        }
    }
    Ok(most)
}

/// Depth first with a stack of our own: a chain of references can be as long as the document.
fn follow(schemas: &Schemas<'_, '_>, start: usize, states: &mut [State]) -> Result<(), Fault> {
    let mut path = vec![(start, 0)];
    states[start] = State::Open;
    while let Some((place, next)) = path.last_mut() {
        let place = *place;
        match schemas.nodes[place].applied.get(*next) {
            Some(&inner) => {
                *next += 1;
                match states[inner] {
                    State::New => {
                        states[inner] = State::Open;
                        path.push((inner, 0));
                    }
                    State::Open => return Err(too_complex(schemas, place, FaultDetail::ReferenceCycle)),
                    State::Done(_) => {}
                }
            }
            None => {
                let measure = total(schemas, place, states);
                if measure.count > MAX_APPLIED_SCHEMAS || measure.depth > MAX_APPLIED_DEPTH {
                    return Err(too_complex(schemas, place, FaultDetail::TooManyApplied));
                }
                states[place] = State::Done(measure);
                path.pop();
            }
        }
    }
    Ok(())
}

fn total(schemas: &Schemas<'_, '_>, place: usize, states: &[State]) -> Applied {
    let mut measure = Applied { count: 1, depth: 0 };
    for &inner in &schemas.nodes[place].applied {
        if let State::Done(inner) = states[inner] {
            measure.count = measure.count.saturating_add(inner.count);
            measure.depth = measure.depth.max(inner.depth);
        }
    }
    Applied { depth: measure.depth + 1, ..measure }
}

fn too_complex(schemas: &Schemas<'_, '_>, place: usize, detail: FaultDetail) -> Fault {
    Fault { reason: ReasonCode::SchemaTooComplex, pointer: schemas.nodes[place].pointer.clone(), detail }
}
