//! What `doctor` can find. Source: `spec/doctor.md`, which has the same table.

use serde::Serialize;

/// How much a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// A server is not protected, or does not work. The exit status is 1 while one is left.
    Problem,
    /// Something that a person would want to change.
    Warning,
    /// Something to know.
    Note,
}

macro_rules! codes {
    ($($variant:ident $name:literal $weight:ident)*) => {
        /// The name of a finding. One that is not here does not exist.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Code {
            $(#[doc = $name] $variant,)*
        }

        impl Code {
            /// Every code.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// As it is printed.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How much it counts.
            pub(crate) const fn weight(self) -> Weight {
                match self { $(Code::$variant => Weight::$weight,)* }
            }
        }
    };
}

codes! {
    StoreFails "STORE_FAILS" Problem
    PolicyFails "POLICY_FAILS" Problem
    ConfigUnreadable "CONFIG_UNREADABLE" Problem
    UnmanagedServer "UNMANAGED_SERVER" Problem
    WrapperRemoved "WRAPPER_REMOVED" Problem
    DroppedByList "DROPPED_BY_LIST" Problem
    GateProgramGone "GATE_PROGRAM_GONE" Problem
    GateProgramForeign "GATE_PROGRAM_FOREIGN" Problem
    CommandGone "COMMAND_GONE" Problem
    ProgramGone "PROGRAM_GONE" Problem
    ProgramChanged "PROGRAM_CHANGED" Problem
    InterpreterChanged "INTERPRETER_CHANGED" Problem
    EnvNotDeclared "ENV_NOT_DECLARED" Problem
    OtherStore "OTHER_STORE" Problem
    EntryEdited "ENTRY_EDITED" Problem
    AutoApprovesHeld "AUTO_APPROVES_HELD" Problem
    WaitsForYou "WAITS_FOR_YOU" Warning
    AutoApprovesDestructive "AUTO_APPROVES_DESTRUCTIVE" Warning
    NoticeHidden "NOTICE_HIDDEN" Warning
    ClientsDisagree "CLIENTS_DISAGREE" Warning
    GateProgramOther "GATE_PROGRAM_OTHER" Warning
    OpenToOthers "OPEN_TO_OTHERS" Warning
    PlainHttp "PLAIN_HTTP" Warning
    NameTooLong "NAME_TOO_LONG" Warning
    NameWithDot "NAME_WITH_DOT" Warning
    EntriesIgnored "ENTRIES_IGNORED" Warning
    KeyNotRead "KEY_NOT_READ" Warning
    PatternUnused "PATTERN_UNUSED" Warning
    NotifyUnusable "NOTIFY_UNUSABLE" Warning
    WrapperGone "WRAPPER_GONE" Note
    FloatingVersion "FLOATING_VERSION" Note
    NotProtected "NOT_PROTECTED" Note
    NotIsolated "NOT_ISOLATED" Note
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) code: &'static str,
    /// `problem`, `warning` or `note`.
    pub(crate) weight: &'static str,
    /// The client's short name.
    pub(crate) client: Option<&'static str>,
    /// The file, made visible.
    pub(crate) file: Option<String>,
    /// From 1.
    pub(crate) line: Option<usize>,
    /// The client's name for the server, if it is a plain one.
    pub(crate) key: Option<String>,
    /// The labels that it is about.
    pub(crate) labels: Vec<String>,
    /// What is so.
    pub(crate) words: String,
    /// What to do.
    pub(crate) fix: String,
    /// Whether `--fix` does it.
    pub(crate) fixable: bool,
    /// Whether `--fix` did it.
    pub(crate) fixed: bool,
    /// What `--fix` does.
    #[serde(skip)]
    pub(crate) remedy: Option<Remedy>,
    #[serde(skip)]
    pub(crate) kind: Code,
}

/// What can be mended without a question: nothing of it approves anything or changes what a client starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Group and others lose their rights on a file.
    Close(std::path::PathBuf),
    /// Our copy in the data folder is made anew.
    RenewCopy,
    /// A wrapper is taken off the list of those that were written.
    ForgetWrapper { client: String, file: String, place: String },
}

impl Finding {
    pub(crate) fn new(kind: Code, words: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            code: kind.as_str(),
            weight: match kind.weight() {
                Weight::Problem => "problem",
                Weight::Warning => "warning",
                Weight::Note => "note",
            },
            client: None,
            file: None,
            line: None,
            key: None,
            labels: Vec::new(),
            words: words.into(),
            fix: fix.into(),
            fixable: false,
            fixed: false,
            remedy: None,
            kind,
        }
    }

    pub(crate) fn labels(mut self, labels: impl IntoIterator<Item = String>) -> Finding {
        self.labels = labels.into_iter().collect();
        self
    }

    pub(crate) fn remedy(mut self, remedy: Remedy) -> Finding {
        self.remedy = Some(remedy);
        self.fixable = true;
        self
    }

    /// Whether it is a problem that is still there.
    pub(crate) fn is_open_problem(&self) -> bool {
        self.kind.weight() == Weight::Problem && !self.fixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_those_of_the_specification() {
        let page = include_str!("../../../spec/doctor.md");
        let table = page.split("## Findings").nth(1).unwrap().split("\n## ").next().unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
        let stated: Vec<(&str, &str)> = rows
            .map(|row| {
                let mut cells = row.split(" | ");
                (cells.next().unwrap().trim_end_matches('`'), cells.next().unwrap())
            })
            .collect();
        let known: Vec<(&str, &str)> =
            Code::ALL.iter().map(|code| (code.as_str(), Finding::new(*code, "", "").weight)).collect();
        assert_eq!(stated, known);
    }
}
