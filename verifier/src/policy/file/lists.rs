//! The lists in a policy file.

use std::collections::BTreeSet;

use pinfold_core::digest::Digest;
use pinfold_core::text::visible;
use toml::Spanned;

use super::{Broken, Texts};
use crate::policy::{
    MAX_NOTIFY_WORD_BYTES, MAX_NOTIFY_WORDS, MAX_POLICY_LOCKS, MAX_POLICY_TOOLS, PolicyRefusal, ToolList,
    ToolPattern,
};

/// Names of tools and beginnings of names.
pub(super) fn tools(texts: Texts) -> Result<ToolList, Broken> {
    within(&texts, MAX_POLICY_TOOLS, "tools in one list")?;
    let pattern = |text: &Spanned<String>| {
        ToolPattern::parse(text.get_ref()).ok_or_else(|| {
            let words = "is neither a tool's name nor a beginning of names with `*` behind it";
            broken(PolicyRefusal::Tool, text, format!("{:?} {words}", visible(text.get_ref())))
        })
    };
    texts.iter().map(pattern).collect()
}

/// A program and its arguments.
pub(super) fn command(texts: Spanned<Texts>) -> Result<Vec<String>, Broken> {
    let refuse = |at: usize, message: &str| {
        Err(Broken { refusal: PolicyRefusal::Command, at, message: message.to_owned() })
    };
    let whole = texts.span().start;
    let words = texts.into_inner();
    let Some(program) = words.first() else {
        return refuse(whole, "the command is empty; leave the member out for none");
    };
    if !program.get_ref().starts_with('/') {
        return refuse(program.span().start, "the program is not named by an absolute path");
    }
    if words.len() > MAX_NOTIFY_WORDS {
        return refuse(whole, "the command has more than 16 words");
    }
    for word in &words {
        if word.get_ref().len() > MAX_NOTIFY_WORD_BYTES {
            return refuse(word.span().start, "a word of the command has more than 4,096 bytes");
        }
        if word.get_ref().contains('\0') {
            return refuse(word.span().start, "a word of the command holds a NUL");
        }
    }
    Ok(words.into_iter().map(Spanned::into_inner).collect())
}

/// Plain SHA-256 digests of lock files: 64 hexadecimal digits in lower case, as `sha256sum` prints them.
pub(super) fn locks(texts: Texts) -> Result<BTreeSet<Digest>, Broken> {
    within(&texts, MAX_POLICY_LOCKS, "locks")?;
    let digest = |text: &Spanned<String>| {
        format!("sha256:{}", text.get_ref()).parse::<Digest>().map_err(|_| {
            let message = format!("{:?} is no SHA-256 in 64 lower-case digits", visible(text.get_ref()));
            broken(PolicyRefusal::Lock, text, message)
        })
    };
    texts.iter().map(digest).collect()
}

fn within(texts: &Texts, limit: usize, what: &str) -> Result<(), Broken> {
    match texts.get(limit) {
        Some(first_over) => Err(broken(PolicyRefusal::Size, first_over, format!("more than {limit} {what}"))),
        None => Ok(()),
    }
}

fn broken(refusal: PolicyRefusal, text: &Spanned<String>, message: String) -> Broken {
    Broken { refusal, at: text.span().start, message }
}
