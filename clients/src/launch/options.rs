//! Walking over the options of a launcher to the first word that is none.

/// The options of one launcher.
pub(super) struct Options {
    /// Options with a value in the next word.
    pub(super) with_value: &'static [&'static str],
    /// Those among them whose value names what is run.
    pub(super) source: &'static [&'static str],
    /// Whether letters may stand together behind one dash, the value of the last one right behind it or in the next word
    /// (`-ie NAME`).
    pub(super) joins_letters: bool,
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
            let (option, mut value) = self.parts(arg);
            if value.is_none() && self.takes_value(arg, option) {
                at += 1;
                value = args.get(at).map(String::as_str);
            }
            walked.options.push(option);
            if self.source.contains(&option) && value.is_some() {
                walked.source = value;
            }
            at += 1;
        }
        walked
    }

    /// An option, and the value that stands in the same word.
    fn parts<'w>(&self, arg: &'w str) -> (&'w str, Option<&'w str>) {
        if let Some(end) = self.letter_with_value(arg).filter(|end| *end < arg.len()) {
            let value = &arg[end..];
            return (&arg[..end], Some(value.strip_prefix('=').unwrap_or(value)));
        }
        match arg.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (arg, None),
        }
    }

    fn takes_value(&self, arg: &str, option: &str) -> bool {
        self.with_value.contains(&option) || self.letter_with_value(arg).is_some()
    }

    /// Where the first letter with a value ends, in a word of letters behind one dash.
    fn letter_with_value(&self, arg: &str) -> Option<usize> {
        if !self.joins_letters || arg.starts_with("--") {
            return None;
        }
        let has_value = |letter: &char| {
            self.with_value
                .iter()
                .any(|option| option.strip_prefix('-') == Some(letter.encode_utf8(&mut [0; 4])))
        };
        let mut letters = arg.char_indices().skip(1).take_while(|(_, letter)| *letter != '=');
        letters.find(|(_, letter)| has_value(letter)).map(|(at, letter)| at + letter.len_utf8())
    }
}
