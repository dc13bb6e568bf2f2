//! What the histories had in them, so that a suite in which something never happens is noticed.

/// How often each happened.
#[derive(Default, Debug)]
pub(crate) struct Tally {
    pub(crate) turns: usize,
    pub(crate) sessions: usize,
    pub(crate) starts: usize,
    pub(crate) from_pins: usize,
    pub(crate) recalled_from_another_session: usize,
    pub(crate) as_approved: usize,
    pub(crate) by_rule: usize,
    pub(crate) let_through: usize,
    pub(crate) kept: usize,
    pub(crate) unseen: usize,
    pub(crate) calls: usize,
    pub(crate) calls_by_update: usize,
    pub(crate) news: usize,
    pub(crate) news_again: usize,
    pub(crate) noted: usize,
    pub(crate) noted_at_the_end: usize,
    pub(crate) went_on_without_its_server: usize,
}

impl Tally {
    /// The names of what never happened.
    pub(crate) fn never(&self) -> Vec<&'static str> {
        let all = [
            ("answered from the pins", self.from_pins),
            ("recalled what another session noted", self.recalled_from_another_session),
            ("given as approved", self.as_approved),
            ("given by a rule", self.by_rule),
            ("let through by an update", self.let_through),
            ("given in approved words", self.kept),
            ("waits unseen", self.unseen),
            ("called", self.calls),
            ("called by an update", self.calls_by_update),
            ("news", self.news),
            ("news again", self.news_again),
            ("noted", self.noted),
            ("noted at the end", self.noted_at_the_end),
            ("a session that goes on without its server", self.went_on_without_its_server),
        ];
        all.into_iter().filter(|(_, times)| *times == 0).map(|(name, _)| name).collect()
    }
}
