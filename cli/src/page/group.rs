//! The groups in which held objects are shown, by what their changes can do (`spec/review.md`, *Groups*).

use pinfold_core::reason::ReasonCode;

/// A group of the page. The order is the order of the page: what can do most harm comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The name is taken for another one.
    Lookalike,
    /// New parameters, a wider schema, a weaker promise: the server can do or get more.
    Power,
    /// Words that steer a model are others.
    Words,
    /// Nothing of that name was approved.
    New,
    /// What clients show or decide by is other.
    Client,
    /// The way a schema is written, or less than before.
    Mechanical,
    /// It breaks a rule of the surface: no yes lets it through.
    Barred,
}

impl Group {
    /// All groups in their order.
    pub const ALL: [Group; 7] = [
        Group::Lookalike,
        Group::Power,
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
            Group::Power => "more power",
            Group::Words => "other words for the model",
            Group::New => "new",
            Group::Client => "other data for clients",
            Group::Mechanical => "mechanical changes",
            Group::Barred => "cannot be approved",
        }
    }

    /// What stands behind a count of such objects.
    pub fn counted(self) -> &'static str {
        match self {
            Group::Lookalike => "with a name that is taken for another",
            Group::Power => "with more power",
            Group::Words => "with other words for the model",
            Group::New => "new",
            Group::Client => "with other data for clients",
            Group::Mechanical => "with mechanical changes",
            Group::Barred => "that cannot be approved",
        }
    }

    /// The name in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Group::Lookalike => "lookalike",
            Group::Power => "power",
            Group::Words => "words",
            Group::New => "new",
            Group::Client => "client",
            Group::Mechanical => "mechanical",
            Group::Barred => "barred",
        }
    }

    /// The group of one class of change. A class that is not listed counts as words: shown early and in full.
    pub fn of_class(class: ReasonCode) -> Group {
        match class {
            ReasonCode::ParamAdded
            | ReasonCode::SchemaWidened
            | ReasonCode::AnnotWeakened
            | ReasonCode::ExternalRef
            | ReasonCode::CapsAdded => Group::Power,
            ReasonCode::DisplayChanged | ReasonCode::ServerWordsChanged | ReasonCode::ExtraFieldChanged => {
                Group::Client
            }
            ReasonCode::AnnotTightened | ReasonCode::SchemaNarrowed | ReasonCode::SchemaDialect => {
                Group::Mechanical
            }
            _ => Group::Words,
        }
    }

    /// The group of an object: that of its most powerful change.
    pub fn of_changes(classes: impl IntoIterator<Item = ReasonCode>) -> Group {
        classes.into_iter().map(Group::of_class).min().unwrap_or(Group::Words)
    }
}
