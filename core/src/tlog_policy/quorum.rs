//! Groups of witnesses: which sets of cosignatures are enough.

/// What must have cosigned. A tree: a name is a member of at most one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quorum {
    /// Nothing.
    None,
    /// A witness, by its place in the policy.
    Witness(usize),
    /// At least so many of these.
    Group { needed: usize, members: Vec<Quorum> },
}

impl Quorum {
    pub(super) fn is_met_by(&self, has: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::None => true,
            Self::Witness(at) => has(*at),
            // Groups nest at most as deeply as there are groups.
            Self::Group { needed, members } => {
                members.iter().filter(|member| member.is_met_by(has)).take(*needed).count() == *needed
            }
        }
    }
}
