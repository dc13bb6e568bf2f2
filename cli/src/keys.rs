//! What the keys of one answer mean: a pure machine, one byte at a time.

use crate::challenge::Challenge;

/// How often a wrong text may be typed before the question counts as refused.
const TRIES: u8 = 3;
/// Longest text that is kept while typing; the challenge has seven characters.
const LONGEST_TYPED_BYTES: usize = 64;

/// Which one-key answers a question offers beside the challenge and `n`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// `r`: reject for good.
    pub reject: bool,
    /// `a`: *also*, keep what is approved now.
    pub also: bool,
    /// `e`: decide each by itself.
    pub each: bool,
    /// `l`: choose withheld names that the server gets.
    pub names: bool,
    /// `u`: show unchanged text too, or not.
    pub unchanged: bool,
}

/// A person's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The challenge was typed.
    Approve,
    /// `n`, `q`, Escape, the interrupt key, end of input, or too many wrong texts: nothing is decided.
    Refuse,
    /// `r` twice.
    Reject,
    /// `a`: ask again with the other meaning.
    Also,
    /// `e`: ask for each.
    Each,
    /// `l`: ask for names, then again.
    Names,
    /// `u`: show the page with the unchanged text, or without it, and ask again.
    Unchanged,
}

/// What to do after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Print this and read on.
    Echo(String),
    /// Print this and the question again; throw away what was typed ahead.
    Again(String),
    /// The question is answered.
    Done(Answer),
}

/// The state between two keys.
#[derive(Debug)]
pub struct Typing<'a> {
    challenge: &'a Challenge,
    offers: Offers,
    typed: String,
    wrong: u8,
    reject_once: bool,
}

impl<'a> Typing<'a> {
    /// Nothing typed yet.
    pub fn new(challenge: &'a Challenge, offers: Offers) -> Typing<'a> {
        Typing { challenge, offers, typed: String::new(), wrong: 0, reject_once: false }
    }

    /// Takes one byte of input. One-key answers count only while nothing else was typed.
    pub fn key(&mut self, byte: u8) -> Step {
        const INTERRUPT: u8 = 0x03;
        const END_OF_INPUT: u8 = 0x04;
        const ESCAPE: u8 = 0x1b;
        const QUIT: u8 = 0x1c;
        if std::mem::take(&mut self.reject_once) {
            return match byte {
                b'r' | b'R' => Step::Done(Answer::Reject),
                INTERRUPT | END_OF_INPUT | QUIT => Step::Done(Answer::Refuse),
                _ => Step::Again("not rejected.".into()),
            };
        }
        match byte {
            INTERRUPT | END_OF_INPUT | QUIT | ESCAPE => Step::Done(Answer::Refuse),
            b'\r' | b'\n' => self.enter(),
            0x08 | 0x7f => {
                Step::Echo(if self.typed.pop().is_some() { "\x08 \x08".into() } else { String::new() })
            }
            _ if self.typed.is_empty() => match byte.to_ascii_lowercase() {
                b'n' | b'q' => Step::Done(Answer::Refuse),
                b'r' if self.offers.reject => {
                    self.reject_once = true;
                    Step::Echo("\nreject for good? r again to reject, any other key to go back ".into())
                }
                b'a' if self.offers.also => Step::Done(Answer::Also),
                b'e' if self.offers.each => Step::Done(Answer::Each),
                b'l' if self.offers.names => Step::Done(Answer::Names),
                b'u' if self.offers.unchanged => Step::Done(Answer::Unchanged),
                _ => self.typed_byte(byte),
            },
            _ => self.typed_byte(byte),
        }
    }

    fn typed_byte(&mut self, byte: u8) -> Step {
        let printable = byte == b' ' || byte.is_ascii_graphic();
        if !printable || self.typed.len() >= LONGEST_TYPED_BYTES {
            return Step::Echo(String::new());
        }
        self.typed.push(char::from(byte));
        Step::Echo(char::from(byte).to_string())
    }

    fn enter(&mut self) -> Step {
        let typed = std::mem::take(&mut self.typed);
        if typed.is_empty() {
            return Step::Echo(String::new());
        }
        if self.challenge.is_answered_by(&typed) {
            return Step::Done(Answer::Approve);
        }
        self.wrong += 1;
        if self.wrong >= TRIES {
            return Step::Done(Answer::Refuse);
        }
        Step::Again(format!("that is not {}.", self.challenge.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::Shown;

    const ALL: Offers = Offers { reject: true, also: true, each: true, names: true, unchanged: true };

    fn answer(offers: Offers, keys: &str) -> Option<Answer> {
        let challenge = Shown::new("words", "demo").challenge();
        let mut typing = Typing::new(&challenge, offers);
        for byte in keys.replace("CHALLENGE", challenge.as_str()).bytes() {
            if let Step::Done(answer) = typing.key(byte) {
                return Some(answer);
            }
        }
        None
    }

    #[test]
    fn only_the_challenge_and_enter_approve() {
        assert_eq!(answer(ALL, "CHALLENGE\r"), Some(Answer::Approve));
        assert_eq!(answer(ALL, "x\x7fCHALLENGE\n"), Some(Answer::Approve));
        assert_eq!(answer(ALL, "CHALLENGE"), None);
        assert_eq!(answer(ALL, "\r\r\r\r"), None);
        for yes in ["y\r", "yes\r", "1\r", "ok\r", " \r", "CHALLENGEx\r"] {
            assert_eq!(answer(ALL, yes), None, "{yes:?}");
        }
        assert_eq!(answer(ALL, "y\ry\ry\r"), Some(Answer::Refuse));
    }

    #[test]
    fn one_key_refuses() {
        for key in ["n", "N", "q", "\x1b", "\x03", "\x04", "\x1c"] {
            assert_eq!(answer(Offers::default(), key), Some(Answer::Refuse), "{key:?}");
        }
    }

    #[test]
    fn rejecting_takes_the_key_twice_and_only_where_offered() {
        assert_eq!(answer(ALL, "rr"), Some(Answer::Reject));
        assert_eq!(answer(ALL, "refuse"), None);
        assert_eq!(answer(ALL, "rxn"), Some(Answer::Refuse));
        assert_eq!(answer(ALL, "r\x03"), Some(Answer::Refuse));
        assert_eq!(answer(Offers::default(), "rr\r"), None);
    }

    #[test]
    fn other_one_key_answers_count_only_where_offered_and_first() {
        assert_eq!(answer(ALL, "a"), Some(Answer::Also));
        assert_eq!(answer(ALL, "e"), Some(Answer::Each));
        assert_eq!(answer(ALL, "l"), Some(Answer::Names));
        assert_eq!(answer(Offers::default(), "ael"), None);
        assert_eq!(answer(ALL, "xaenlq"), None);
    }

    #[test]
    fn no_symbol_of_a_challenge_is_a_one_key_answer() {
        for subject in 0..2000 {
            let challenge = Shown::new("words", &subject.to_string()).challenge();
            assert!(!challenge.as_str().contains(['n', 'q', 'r', 'a', 'e', 'l']), "{challenge:?}");
        }
    }
}
