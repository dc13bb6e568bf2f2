//! What servers answered, by question, so that a gate can answer the same question before its server has started. An
//! observation: it names objects by digest, and approves none (spec/answers.md).

use std::collections::BTreeSet;

use pinfold_core::answer::Answer;
use pinfold_core::digest::{Digest, ObjectKind};
use pinfold_core::name::Label;
use pinfold_core::pins::UnixSeconds;
use rusqlite::{OptionalExtension, Transaction};

use crate::error::StoreError;
use crate::open::{Store, garbled};
use crate::pending::seconds;

/// Most questions of one label that are remembered; the one that was answered longest ago gives way. A label has one for
/// each client and each set of credentials.
pub const MAX_ANSWERS_A_LABEL: usize = 16;

/// When an answer is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted<'a> {
    /// While a session goes on: an answer that lacks a name of the stored one does not replace it, for it may still grow;
    /// unless every such name is one of these, which nobody would be offered.
    Meanwhile(&'a BTreeSet<(ObjectKind, String)>),
    /// At the end of a session in which it stood.
    AtTheEnd,
}

impl Store {
    /// Notes what a server answered.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`]; [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Locked`]: the next
    /// session waits for its server.
    pub fn record_answer(
        &self,
        label: &Label,
        question: &Digest,
        answer: &Answer,
        noted: Noted<'_>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let document = answer.to_bytes().ok_or(StoreError::TooLarge("bytes of an answer"))?;
        let insert = "INSERT OR REPLACE INTO answers (label, question, at, document) VALUES (?1, ?2, ?3, ?4)";
        let trim = "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE label = ?1 \
                    ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ?2)";
        self.observing(|transaction| {
            if let Noted::Meanwhile(unoffered) = noted
                && let Some(before) = stored(transaction, label, question)?
                && answer
                    .lacks(&before)
                    .any(|object| !unoffered.contains(&(object.kind, object.name.clone())))
            {
                return Ok(());
            }
            transaction.execute(insert, (label.key(), question.as_bytes(), seconds(now), &document))?;
            transaction.execute(trim, (label.key(), MAX_ANSWERS_A_LABEL as i64))?;
            Ok(())
        })
    }

    /// What was answered to a question last.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] if the row holds what Pinfold does not write.
    pub fn answer(&self, label: &Label, question: &Digest) -> Result<Option<Answer>, StoreError> {
        let Some(connection) = self.reading() else { return Ok(None) };
        let found: Option<Vec<u8>> = connection
            .prepare_cached(SELECT)?
            .query_row((label.key(), question.as_bytes()), |row| row.get(0))
            .optional()?;
        found.map(|document| Answer::from_bytes(&document).ok_or_else(|| garbled("answers"))).transpose()
    }

    /// Drops what was answered to a question: the server answers it in another way now.
    ///
    /// # Errors
    /// As [`Store::record_answer`].
    pub fn forget_answer(&self, label: &Label, question: &Digest) -> Result<(), StoreError> {
        let sql = "DELETE FROM answers WHERE label = ?1 AND question = ?2";
        self.observing(|transaction| {
            transaction.execute(sql, (label.key(), question.as_bytes()))?;
            Ok(())
        })
    }
}

const SELECT: &str = "SELECT document FROM answers WHERE label = ?1 AND question = ?2";

/// What cannot be read is replaced.
fn stored(
    transaction: &Transaction<'_>,
    label: &Label,
    question: &Digest,
) -> Result<Option<Answer>, StoreError> {
    let found: Option<Vec<u8>> =
        transaction.query_row(SELECT, (label.key(), question.as_bytes()), |row| row.get(0)).optional()?;
    Ok(found.and_then(|document| Answer::from_bytes(&document)))
}
