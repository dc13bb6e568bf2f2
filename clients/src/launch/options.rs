//! Walking over the options of a launcher to the first word that is none.

/// The options of one launcher.
pub(super) struct Options {
    /// Options with a value in the next word.
    pub(super) with_value: &'static [&'static str],
    /// Those among them whose value names what is run.
    pub(super) source: &'static [&'static str],
}

/// What stands before and at the first bare word.
pub(super) struct Walked<'w> {
    /// Value of the last option that names a source.
    pub(super) source: Option<&'w str>,
    /// The first bare word, and its place.
    pub(super) word: Option<(usize, &'w str)>,
    /// The options passed over.
    pub(super) options: Vec<&'w str>,
}

impl Options {
    /// Goes from a word on to the first that is neither an option nor the value of one.
    pub(super) fn walk<'w>(&self, args: &'w [String], from: usize) -> Walked<'w> {
        let mut walked = Walked { source: None, word: None, options: Vec::new() };
        let mut at = from;
        while let Some(arg) = args.get(at) {
            if arg == "--" {
                walked.word = args.get(at + 1).map(|word| (at + 1, word.as_str()));
                return walked;
            }
            if !arg.starts_with('-') || arg == "-" {
                walked.word = Some((at, arg));
                return walked;
            }
            let (option, value) = match arg.split_once('=') {
                Some((option, value)) => (option, Some(value)),
                None => (arg.as_str(), None),
            };
            walked.options.push(option);
            let value = value.or_else(|| {
                let next = if self.with_value.contains(&option) { args.get(at + 1) } else { None };
                at += usize::from(next.is_some());
                next.map(String::as_str)
            });
            if self.source.contains(&option) && value.is_some() {
                walked.source = value;
            }
            at += 1;
        }
        walked
    }
}
