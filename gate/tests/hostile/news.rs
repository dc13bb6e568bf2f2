//! When news is to be told again, by `spec/gate.md`: after 0.5, 1, 2, 4, 8 and 16 s until the client asks; and once more
//! after 1 s where it asks in its first moments.

/// Milliseconds between two tellings.
const WAITS: [u64; 6] = [500, 1_000, 2_000, 4_000, 8_000, 16_000];
const FIRST_MOMENTS: u64 = 2_000;
const ONCE_MORE: u64 = 1_000;

/// What may be owed to a client about one listing. A telling can be a repeated one or a new one at the same moment, which
/// nobody outside can know, so there can be several.
#[derive(Clone, Default)]
pub(crate) struct News(Vec<Owed>);

#[derive(Clone, Copy, PartialEq)]
enum Owed {
    Nothing,
    Again {
        at: u64,
        /// How many of the waits are over.
        told: usize,
        /// The client asked already, and it is told once more.
        was_heeded: bool,
    },
}

impl News {
    /// The client was told: for a new reason, where time passed perhaps for an old one (`may_be_repeated`), and sometimes
    /// because the server says so about something else that has the same notification (`may_be_foreign`).
    pub(crate) fn told(&mut self, now: u64, may_be_repeated: bool, may_be_foreign: bool) {
        let fresh = Owed::Again { at: now + WAITS[0], told: 0, was_heeded: false };
        let before = std::mem::replace(&mut self.0, vec![fresh]);
        for owed in before.iter().copied() {
            match owed {
                Owed::Again { at, told, was_heeded } if may_be_repeated && at == now => {
                    self.0.push(match WAITS.get(told + 1) {
                        Some(wait) if !was_heeded => {
                            Owed::Again { at: now + wait, told: told + 1, was_heeded }
                        }
                        _ => Owed::Nothing,
                    });
                }
                _ => {}
            }
        }
        if may_be_foreign {
            self.0.extend(if before.is_empty() { vec![Owed::Nothing] } else { before });
        }
    }

    /// The client asks for the listing. `ready`: when it said that the handshake is complete.
    pub(crate) fn heeded(&mut self, now: u64, ready: Option<u64>) {
        let moments = ready.map(|ready| now - ready);
        let before = std::mem::take(&mut self.0);
        for owed in before {
            let Owed::Again { was_heeded: false, .. } = owed else {
                self.0.push(Owed::Nothing);
                continue;
            };
            if moments.is_none_or(|passed| passed <= FIRST_MOMENTS) {
                self.0.push(Owed::Again { at: now + ONCE_MORE, told: 0, was_heeded: true });
            }
            if moments.is_some_and(|passed| passed >= FIRST_MOMENTS) {
                self.0.push(Owed::Nothing);
            }
        }
    }

    /// Everything that is due before this moment was told; false: news was forgotten.
    pub(crate) fn was_told_before(&mut self, moment: u64) -> bool {
        let had_some = !self.0.is_empty();
        self.0.retain(|owed| !matches!(owed, Owed::Again { at, .. } if *at < moment));
        !had_some || !self.0.is_empty()
    }
}
