//! The groups in which changes are shown, by what they can do (`spec/review.md`, *Groups*).

use pinfold_core::diff::{Meaning, Reach};

/// A group of the page. The order is the order of the page: what can do most harm comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The name is taken for another one.
    Lookalike,
    /// Text that a person would not see.
    Hidden,
    /// New parameters, a wider schema, a weaker promise: the server can do or get more.
    Power,
    /// Gone, replaced or rejected before, and back.
    Returned,
    /// Words that steer a model are others.
    Words,
    /// Nothing of that name was approved.
    New,
    /// What clients show or decide by is other.
    Client,
    /// The way it is written, or less than before.
    Mechanical,
    /// It breaks a rule of the surface: no yes lets it through.
    Barred,
}

impl Group {
    /// All groups in their order.
    pub const ALL: [Group; 9] = [
        Group::Lookalike,
        Group::Hidden,
        Group::Power,
        Group::Returned,
        Group::Words,
        Group::New,
        Group::Client,
        Group::Mechanical,
        Group::Barred,
    ];

    /// The heading on the page.
    pub fn heading(self) -> &'static str {
        match self {
            Group::Lookalike => "looks like another name",
            Group::Hidden => "hidden text",
            Group::Power => "more power",
            Group::Returned => "came back",
            Group::Words => "other words for the model",
            Group::New => "new",
            Group::Client => "other data for clients",
            Group::Mechanical => "mechanical changes, or less than before",
            Group::Barred => "cannot be approved",
        }
    }

    /// What stands behind a count of such objects.
    pub fn counted(self) -> &'static str {
        match self {
            Group::Lookalike => "with a name that is taken for another",
            Group::Hidden => "with hidden text",
            Group::Power => "with more power",
            Group::Returned => "that came back",
            Group::Words => "with other words for the model",
            Group::New => "new",
            Group::Client => "with other data for clients",
            Group::Mechanical => "with mechanical changes or less than before",
            Group::Barred => "that cannot be approved",
        }
    }

    /// The name in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Group::Lookalike => "lookalike",
            Group::Hidden => "hidden",
            Group::Power => "power",
            Group::Returned => "returned",
            Group::Words => "words",
            Group::New => "new",
            Group::Client => "client",
            Group::Mechanical => "mechanical",
            Group::Barred => "barred",
        }
    }

    /// The group of one change.
    pub fn of(meaning: Meaning, reach: Reach) -> Group {
        match meaning {
            Meaning::HiddenText => Group::Hidden,
            Meaning::ParameterAdded | Meaning::Widened | Meaning::AnnotationWeakened => Group::Power,
            Meaning::Returned => Group::Returned,
            // Words that no model reads, of a prompt for example, are data for clients.
            Meaning::Prose if reach == Reach::Client => Group::Client,
            Meaning::Prose => Group::Words,
            Meaning::ProbableRename | Meaning::Added => Group::New,
            Meaning::Outputs | Meaning::Display | Meaning::SideData => Group::Client,
            Meaning::AnnotationStrengthened | Meaning::Narrowed | Meaning::Removed | Meaning::Mechanical => {
                Group::Mechanical
            }
        }
    }

    /// The group of an object: that of its most harmful change. Words, where nothing is known of its changes.
    pub fn of_all(changes: impl IntoIterator<Item = (Meaning, Reach)>) -> Group {
        changes.into_iter().map(|(meaning, reach)| Group::of(meaning, reach)).min().unwrap_or(Group::Words)
    }
}
