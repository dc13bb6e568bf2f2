//! The file's format. The structures here are what TOML is read into, member by member, unknown ones refused.

mod lists;

use std::collections::BTreeMap;
use std::ops::Range;

use pinfold_core::digest::file_digest;
use pinfold_core::name::Label;
use serde::Deserialize;
use toml::Spanned;

use super::PolicyRefusal as Refusal;
use super::{
    LabelPolicy, MAX_POLICY_BYTES, MAX_POLICY_LABELS, Passing, Policy, PolicyError, Prose, Sampling, Start,
    UpdatePolicy, Updates,
};
use crate::strict_toml;
use crate::trust::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<i64>,
    #[serde(default)]
    defaults: Members,
    #[serde(default)]
    server: BTreeMap<Spanned<String>, Members>,
    #[serde(default)]
    notify: Notify,
    #[serde(default)]
    locks: Locks,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Members {
    elicitation: Option<PassingWord>,
    sampling: Option<SamplingWord>,
    roots: Option<PassingWord>,
    start: Option<StartWord>,
    updates: Option<UpdatesWord>,
    prose: Option<ProseWord>,
    min_age: Option<Spanned<String>>,
    #[serde(default)]
    deny: Texts,
    #[serde(default)]
    confirm: Texts,
}

/// A list of texts, each with its place in the file.
type Texts = Vec<Spanned<String>>;

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum PassingWord {
    Allow,
    Refuse,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum SamplingWord {
    Ask,
    Refuse,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum StartWord {
    Always,
    OnCall,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum UpdatesWord {
    Ask,
    Signed,
    ApprovedWords,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ProseWord {
    Ask,
    Allow,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Notify {
    desktop: Option<bool>,
    command: Option<Spanned<Texts>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Locks {
    #[serde(default)]
    sha256: Texts,
}

/// A rule that a part of the file breaks, and where.
struct Broken {
    refusal: Refusal,
    /// Byte offset.
    at: usize,
    message: String,
}

pub(super) fn parse(text: &str) -> Result<Policy, PolicyError> {
    let refuse = |refusal, at: Range<usize>, message: String| Err(error_at(text, refusal, at.start, message));
    if text.len() > MAX_POLICY_BYTES {
        return refuse(
            Refusal::Size,
            0..0,
            format!("the file has {} bytes, {MAX_POLICY_BYTES} are allowed", text.len()),
        );
    }
    let file: File = toml::from_str(text).map_err(|error| toml_error(text, &error))?;
    if *file.version.get_ref() != 1 {
        return refuse(
            Refusal::Version,
            file.version.span(),
            format!("version {} is not known, only 1 is", file.version.get_ref()),
        );
    }
    if file.server.len() > MAX_POLICY_LABELS {
        return refuse(Refusal::Size, 0..0, format!("more than {MAX_POLICY_LABELS} sections of labels"));
    }
    let broken = |broken: Broken| error_at(text, broken.refusal, broken.at, broken.message);
    let defaults = file.defaults.over(&LabelPolicy::default()).map_err(broken)?;
    let mut labels = BTreeMap::new();
    let mut sections: Vec<_> = file.server.into_iter().collect();
    // In the order of the file, so that the later one of two is told.
    sections.sort_by_key(|(spelling, _)| spelling.span().start);
    for (spelling, members) in sections {
        let label = match Label::parse(spelling.get_ref()) {
            Ok(label) => label,
            Err(error) => return refuse(Refusal::Label, spelling.span(), format!("[server.…]: {error}")),
        };
        if labels.insert(label.key(), members.over(&defaults).map_err(broken)?).is_some() {
            return refuse(
                Refusal::LabelTwice,
                spelling.span(),
                format!("the label {label} comes twice; case does not count"),
            );
        }
    }
    Ok(Policy {
        defaults,
        labels,
        notify_desktop: file.notify.desktop.unwrap_or(true),
        notify_command: file.notify.command.map_or(Ok(Vec::new()), lists::command).map_err(broken)?,
        locks: lists::locks(file.locks.sha256).map_err(broken)?,
        digest: file_digest(text.as_bytes()),
    })
}

impl Members {
    /// What is not said stays as it is in `below`; the lists are those of this section alone, and are put together with
    /// the defaults' where somebody asks.
    fn over(self, below: &LabelPolicy) -> Result<LabelPolicy, Broken> {
        let passing = |word: Option<PassingWord>, below| match word {
            None => below,
            Some(PassingWord::Allow) => Passing::Allow,
            Some(PassingWord::Refuse) => Passing::Refuse,
        };
        let updates = self.updates(below.updates)?;
        Ok(LabelPolicy {
            elicitation: passing(self.elicitation, below.elicitation),
            sampling: match self.sampling {
                None => below.sampling,
                Some(SamplingWord::Ask) => Sampling::Ask,
                Some(SamplingWord::Refuse) => Sampling::Refuse,
            },
            roots: passing(self.roots, below.roots),
            start: match self.start {
                None => below.start,
                Some(StartWord::Always) => Start::Always,
                Some(StartWord::OnCall) => Start::OnCall,
            },
            deny: lists::tools(self.deny)?,
            confirm: lists::tools(self.confirm)?,
            updates,
        })
    }

    fn updates(&self, below: UpdatePolicy) -> Result<UpdatePolicy, Broken> {
        let age = |text: &Spanned<String>| {
            text.get_ref().parse::<Duration>().map_err(|error| Broken {
                refusal: Refusal::Age,
                at: text.span().start,
                message: error.to_string(),
            })
        };
        Ok(UpdatePolicy {
            updates: match self.updates {
                None => below.updates,
                Some(UpdatesWord::Ask) => Updates::Ask,
                Some(UpdatesWord::Signed) => Updates::Signed,
                Some(UpdatesWord::ApprovedWords) => Updates::ApprovedWords,
            },
            prose: match self.prose {
                None => below.prose,
                Some(ProseWord::Ask) => Prose::Ask,
                Some(ProseWord::Allow) => Prose::Allow,
            },
            min_age: self.min_age.as_ref().map_or(Ok(below.min_age), age)?,
        })
    }
}

fn toml_error(text: &str, error: &toml::de::Error) -> PolicyError {
    let (offset, message) = strict_toml::fault(error);
    error_at(text, Refusal::Format, offset, message)
}

fn error_at(text: &str, refusal: Refusal, offset: usize, message: String) -> PolicyError {
    let (line, column) = strict_toml::place(text, offset);
    PolicyError { refusal, line, column, message }
}
