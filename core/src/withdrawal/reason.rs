//! Reasons: closed lists, so that programs can act on them.

use std::str::FromStr;

/// The text is none of the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reason for this kind of withdrawal")]
pub struct UnknownReason;

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every reason.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The reason in documents.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }

        impl FromStr for $name {
            type Err = UnknownReason;

            fn from_str(text: &str) -> Result<Self, UnknownReason> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == text).ok_or(UnknownReason)
            }
        }
    };
}

reasons! {
    /// Why a release is withdrawn.
    ReleaseReason {
        /// Somebody else made it, or put something into it.
        Compromised "compromised",
        /// It has a weakness that others can use.
        Vulnerable "vulnerable",
        /// It does not work.
        Defective "defective",
        /// It was not meant to be released.
        Mistaken "mistaken",
    }
}

reasons! {
    /// Why a key is withdrawn.
    KeyReason {
        /// Somebody else has it.
        Compromised "compromised",
        /// Nobody has it any more.
        Lost "lost",
        /// It is not used any more.
        Retired "retired",
    }
}

reasons! {
    /// Why a keyset that waits is cancelled.
    PendingReason {
        /// The claim in force did not ask for it.
        NotOurs "not-ours",
        /// It was asked for by mistake.
        Mistaken "mistaken",
    }
}
