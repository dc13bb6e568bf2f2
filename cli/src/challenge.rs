//! The text that a person types to approve: derived from exactly the digests that were shown (`spec/review.md`).

use pinfold_core::digest::{Digest, tagged_digest};

/// The domain of the derivation.
const TAG: &str = "pinfold/challenge/v1";

/// One symbol for each value of four bits: no vowel, no digit, nothing that looks like another, and none of the keys
/// that answer by themselves (`n q r a e l`).
const SYMBOLS: &[u8; 16] = b"bcdfghjkmpstvwxz";

/// How many symbols a challenge has: 24 bits, so that the challenge of another text is not typed by accident.
///
/// It needs no more: what is approved is bound by the full digests, the challenge shows that a person read this page.
const LENGTH_SYMBOLS: usize = 6;

/// What one challenge stands for, in the order in which it was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    text: String,
}

impl Shown {
    /// Begins with the question's kind (`launch`, `words`, `ask`, `store`) and its subject (a label, or `-`).
    pub fn new(kind: &str, subject: &str) -> Shown {
        Shown { text: format!("{kind} {subject}\n") }
    }

    /// Adds one digest that was shown, with its role (`tool`, `compared-with`, …).
    pub fn digest(&mut self, role: &str, digest: &Digest) {
        self.text.push_str(&format!("{role} {digest}\n"));
    }

    /// Adds one answer that changes what a yes means: a variable let through, or that the old digest stays approved.
    pub fn answer(&mut self, role: &str, value: &str) {
        self.text.push_str(&format!("{role} {value}\n"));
    }

    /// The challenge: SHA-256 over tag, a zero byte and the lines; its first 24 bits as six symbols, a hyphen between.
    pub fn challenge(&self) -> Challenge {
        let digest = tagged_digest(TAG, self.text.as_bytes());
        let bytes = digest.as_bytes();
        let mut text = String::with_capacity(LENGTH_SYMBOLS + 1);
        for index in 0..LENGTH_SYMBOLS {
            let byte = bytes[index / 2];
            let nibble = if index % 2 == 0 { byte >> 4 } else { byte & 0x0f };
            if index == LENGTH_SYMBOLS / 2 {
                text.push('-');
            }
            text.push(char::from(SYMBOLS[usize::from(nibble)]));
        }
        Challenge(text)
    }

    /// The lines that are hashed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A text to type, such as `kmt-bxh`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// As it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a person typed it: letter case, hyphens and blanks do not matter, everything else does.
    pub fn is_answered_by(&self, typed: &str) -> bool {
        let reduced = |text: &str| -> String {
            text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect()
        };
        reduced(typed) == reduced(&self.0)
    }
}
