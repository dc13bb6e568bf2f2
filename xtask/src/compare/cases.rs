//! The changes that every program is shown: one scripted server, one change a case.

use pinfold_tests::scenario::{Listing, Scenario, Trigger, handshake};

/// A word that stands in what changed and nowhere else.
const MARK: &str = "quillwort";

/// The tool that changes, and the one that never does.
pub(super) const CHANGED: &str = "read_note";
pub(super) const OTHER: &str = "list_notes";

/// A tool that is there only after the change; the second is told from `read_note` by one Cyrillic letter.
const ADDED: &str = "find_note";
const ALIKE: &str = "re\u{430}d_note";

/// What `read_note` says of itself, and what the added tools say.
const WORDS: &str = "Reads one note.";
const FOREIGN: &str = "Reads a note of another folder.";

/// The server's instructions, and what its prompt says of itself.
pub(super) const INSTRUCTIONS: &str = "Notes of one person.";
pub(super) const PROMPT: &str = "Sums up.";

/// When the change comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Never: what was approved is served.
    Never,
    /// Nothing is approved, and this is the first session.
    First,
    /// Between the approval and the session.
    Before,
    /// After the first call in a session, announced or not.
    During { announced: bool },
    /// The changed words were accepted, and the earlier ones come back.
    Back,
}

/// One change.
pub(super) struct Case {
    /// The key of its row in the record.
    pub(super) key: &'static str,
    /// What the page calls it.
    pub(super) says: &'static str,
    pub(super) when: When,
    /// Compact JSON that shows that the client was given the change, where it stands in an object with `offered`: what a
    /// program puts in the place of a tool that it withholds has the tool's name and not its words.
    pub(super) needle: &'static str,
    pub(super) offered: &'static str,
    /// The tool whose call shows whether the change can be used.
    pub(super) called: Option<&'static str>,
    change: Change,
}

#[derive(Clone, Copy)]
enum Change {
    Nothing,
    Description,
    Comment,
    Title,
    Hint,
    Meta,
    Instructions,
    Prompt,
    Added,
    Alike,
}

/// Every case, in the order of the page.
pub(super) const CASES: &[Case] = &[
    case("first", "first use, nobody approved anything", When::First, WORDS, Change::Nothing),
    case("same", "what was approved, unchanged", When::Never, WORDS, Change::Nothing),
    case("description", "a tool's description changed", When::Before, MARK, Change::Description),
    case("comment", "a `$comment` deep in its input schema changed", When::Before, MARK, Change::Comment),
    case("title", "its title changed", When::Before, MARK, Change::Title),
    case(
        "hint",
        "`readOnlyHint` turned from true to false",
        When::Before,
        "\"readOnlyHint\":false",
        Change::Hint,
    ),
    case("meta", "its `_meta` changed", When::Before, MARK, Change::Meta),
    Case {
        called: None,
        offered: "",
        ..case("instructions", "the server's instructions changed", When::Before, MARK, Change::Instructions)
    },
    Case {
        called: None,
        offered: "",
        ..case("prompt", "a prompt's description changed", When::Before, MARK, Change::Prompt)
    },
    Case {
        called: Some(ADDED),
        offered: FOREIGN,
        ..case("added", "a tool was added", When::Before, ADDED, Change::Added)
    },
    Case {
        called: Some(ALIKE),
        offered: FOREIGN,
        ..case("alike", "a look-alike of its name was added", When::Before, ALIKE, Change::Alike)
    },
    case(
        "announced",
        "a description changed in mid-session, announced",
        When::During { announced: true },
        MARK,
        Change::Description,
    ),
    case("silent", "the same, not announced", When::During { announced: false }, MARK, Change::Description),
    case(
        "back",
        "a change was accepted, then the earlier words came back",
        When::Back,
        "\"Reads one note.\"",
        Change::Description,
    ),
];

const fn case(
    key: &'static str,
    says: &'static str,
    when: When,
    needle: &'static str,
    change: Change,
) -> Case {
    Case { key, says, when, needle, offered: WORDS, called: Some(CHANGED), change }
}

impl Case {
    /// The server that makes this change: generation 0 is what is approved.
    pub(super) fn scenario(&self) -> Scenario {
        let base = [tool(Change::Nothing), other()];
        let mut changed = vec![tool(self.change), other()];
        match self.change {
            Change::Added => changed.push(named(ADDED)),
            Change::Alike => changed.push(named(ALIKE)),
            _ => {}
        }
        let mut tools = Listing::of("tools", &base).then("tools", &changed);
        if let When::During { announced } = self.when {
            tools = tools.after(Trigger::CallOf(OTHER.to_owned()));
            tools.notify = announced;
        }
        let prompts = Listing::of("prompts", &[prompt(PROMPT)])
            .then("prompts", &[prompt(&self.of(Change::Prompt, PROMPT))]);
        Scenario::default()
            .greeting(greeting(INSTRUCTIONS))
            .later(1, "initialize", [answer(&greeting(&self.of(Change::Instructions, INSTRUCTIONS)))])
            .listing("tools/list", tools)
            .listing("prompts/list", prompts)
    }

    /// The text with the mark where this case changes it.
    fn of(&self, change: Change, text: &str) -> String {
        let here = std::mem::discriminant(&self.change) == std::mem::discriminant(&change);
        if here { format!("{text} Filed under {MARK}.") } else { text.to_owned() }
    }
}

fn answer(raw: &str) -> pinfold_tests::scenario::Step {
    pinfold_tests::scenario::Step::Answer(raw.to_owned())
}

fn greeting(instructions: &str) -> String {
    handshake(&["tools", "prompts"], &format!(r#","instructions":"{instructions}""#), "")
}

fn prompt(description: &str) -> String {
    format!(r#"{{"name":"sum_up","description":"{description}"}}"#)
}

fn other() -> String {
    pinfold_tests::scenario::tool(OTHER, "Lists all notes.")
}

fn named(name: &str) -> String {
    pinfold_tests::scenario::tool(name, FOREIGN)
}

/// `read_note`, with one member changed.
fn tool(change: Change) -> String {
    let filed = format!(" Filed under {MARK}.");
    let at = |place: Change| {
        let here = std::mem::discriminant(&change) == std::mem::discriminant(&place);
        if here { filed.as_str() } else { "" }
    };
    let read_only = !matches!(change, Change::Hint);
    format!(
        r#"{{"name":"{CHANGED}","title":"Read a note{}","description":"{WORDS}{}","inputSchema":{{"type":"object","properties":{{"text":{{"type":"string","anyOf":[{{"minLength":1,"$comment":"not empty{}"}}]}}}}}},"annotations":{{"readOnlyHint":{read_only}}},"_meta":{{"example.org/note":"plain{}"}}}}"#,
        at(Change::Title),
        at(Change::Description),
        at(Change::Comment),
        at(Change::Meta),
    )
}

/// The tool as the server writes it, for a comparison with what a client gets.
pub(super) fn approved_tool() -> serde_json::Value {
    serde_json::from_str(&tool(Change::Nothing)).unwrap_or_default()
}
