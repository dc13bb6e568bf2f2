//! The words of the scripted server, each with a marker of its own, so that a search of a request body tells which
//! member of a tool reached the model, and whether it was the approved text or the changed one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The tool that carries a marker in every member; most cases change it.
pub(crate) const ALPHA: &str = "alpha_report";
/// A tool that never changes: it must stay offered and callable whatever happens to the other.
pub(crate) const BETA: &str = "beta_echo";
/// The tool that the case `tool-added` adds.
pub(crate) const GAMMA: &str = "gamma_added";
/// What stands in every approved text.
pub(crate) const APPROVED: &str = "zqapproved";
/// What stands in every changed text. None of it may reach a model behind the gate.
pub(crate) const CHANGED: &str = "zqchanged";
/// What stands in the tool's schema once it accepts less.
pub(crate) const NARROWED: &str = "777001";
/// What the server answers to a call of `beta_echo`.
pub(crate) const BETA_ANSWER: &str = "zqanswer-beta";

/// A place in what a server says that can carry words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Carrier {
    Description,
    Instructions,
    PropertyDescription,
    Enum,
    DefsDescription,
    SchemaDescription,
    SchemaComment,
    SchemaTitle,
    PropertyTitle,
    Default,
    Examples,
    Pattern,
    SchemaKeyword,
    Title,
    Annotations,
    Icons,
    Meta,
    OutputSchema,
    Execution,
    UnknownMember,
    ServerInfo,
    /// Not a member but a whole tool, there only when changed.
    ToolAdded,
    /// A parameter that can be left out, there only when changed.
    ParameterAdded,
    /// A schema that accepts less than before, by a keyword that is there only when changed. No words.
    Narrowed,
}

use Carrier as C;

/// What a model reads in each of the four clients.
pub(crate) const READ_BY_ALL: &[Carrier] = &[
    C::Description,
    C::Instructions,
    C::PropertyDescription,
    C::Enum,
    C::DefsDescription,
    C::SchemaDescription,
];

/// What a model reads in each client but Codex, which drops these members.
pub(crate) const READ_BY_MOST: &[Carrier] = &[
    C::SchemaComment,
    C::SchemaTitle,
    C::PropertyTitle,
    C::Default,
    C::Examples,
    C::Pattern,
    C::SchemaKeyword,
];

/// What none of the four gives to its model. It is pinned all the same: clients show it or decide by it.
pub(crate) const READ_BY_NONE: &[Carrier] = &[
    C::Title,
    C::Annotations,
    C::Icons,
    C::Meta,
    C::OutputSchema,
    C::Execution,
    C::UnknownMember,
    C::ServerInfo,
];

impl Carrier {
    /// The carrier's name in markers, in the state file and in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            C::Description => "description",
            C::Instructions => "instructions",
            C::PropertyDescription => "property-description",
            C::Enum => "enum",
            C::DefsDescription => "defs-description",
            C::SchemaDescription => "schema-description",
            C::SchemaComment => "schema-comment",
            C::SchemaTitle => "schema-title",
            C::PropertyTitle => "property-title",
            C::Default => "default",
            C::Examples => "examples",
            C::Pattern => "pattern",
            C::SchemaKeyword => "schema-keyword",
            C::Title => "title",
            C::Annotations => "annotations",
            C::Icons => "icons",
            C::Meta => "meta",
            C::OutputSchema => "output-schema",
            C::Execution => "execution",
            C::UnknownMember => "unknown-member",
            C::ServerInfo => "server-info",
            C::ToolAdded => "tool-added",
            C::ParameterAdded => "parameter-added",
            C::Narrowed => "narrowed",
        }
    }

    /// The marker of the approved text. It ends with `;` so that no marker is the beginning of another.
    pub(crate) fn approved(self) -> String {
        format!("{APPROVED}-{};", self.as_str())
    }

    /// The marker of the changed text.
    pub(crate) fn changed(self) -> String {
        format!("{CHANGED}-{};", self.as_str())
    }
}

/// What the server says: the approved words, or with some carriers changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The carriers whose text differs from what was approved.
    pub(crate) changed: BTreeSet<Carrier>,
}

impl Words {
    /// `instructions` of the handshake, as a JSON string.
    pub(crate) fn instructions(&self) -> String {
        self.said(r#""Use these tools for reports. zqapproved-instructions;""#)
    }

    /// `serverInfo` of the handshake, JSON.
    pub(crate) fn server_info(&self) -> String {
        self.said(r#"{"name": "scripted", "version": "1.0.0", "title": "Scripted zqapproved-server-info;"}"#)
    }

    /// The result of `tools/list`, JSON.
    pub(crate) fn tools(&self) -> String {
        let added = if self.changed.contains(&C::ToolAdded) { GAMMA_TOOL } else { "" };
        let mut alpha = self.said(ALPHA_TOOL);
        for (carrier, member) in [(C::ParameterAdded, PARAMETER), (C::Narrowed, MAX_LENGTH)] {
            if self.changed.contains(&carrier) {
                let (before, after) = member;
                alpha = alpha.replacen(before, &format!("{before}{after}"), 1);
            }
        }
        format!(r#"{{ "tools": [{alpha}, {BETA_TOOL}{added}] }}"#).replace('\n', "")
    }

    /// The approved text with the changed carriers' markers in place of theirs.
    fn said(&self, approved: &str) -> String {
        let change = |text: String, carrier: &Carrier| text.replace(&carrier.approved(), &carrier.changed());
        self.changed.iter().fold(approved.to_owned(), change)
    }
}

/// Written by hand, with member order, spaces, escapes and a number form that no JSON writer would produce by itself:
/// only a gate that passes bytes keeps them. Line ends are taken out before it is sent.
const ALPHA_TOOL: &str = r##"{"description": "Writes a report \u2014 caf\u00e9. zqapproved-description;", "name": "alpha_report",
 "x-unknown": {"note": "zqapproved-unknown-member;"},
 "inputSchema": { "type": "object", "title": "zqapproved-schema-title;", "$comment": "zqapproved-schema-comment;",
  "description": "zqapproved-schema-description;", "x-note": "zqapproved-schema-keyword;",
  "properties": {
   "subject": {"type": "string", "title": "zqapproved-property-title;",
    "description": "What it is about. zqapproved-property-description;",
    "default": "zqapproved-default;", "examples": ["zqapproved-examples;", "b\/c"],
    "pattern": "^(zqapproved-pattern;|.+)$"},
   "mode": {"enum": ["short", "zqapproved-enum;"], "type": "string"},
   "count": {"type": "number", "maximum": 1.50e1},
   "place": {"$ref": "#/$defs/place"} },
  "$defs": {"place": {"type": "string", "description": "zqapproved-defs-description;"}} },
 "title": "zqapproved-title;", "annotations": {"readOnlyHint": true, "title": "zqapproved-annotations;"},
 "icons": [{"src": "data:image/svg+xml,zqapproved-icons;", "mimeType": "image/svg+xml"}],
 "execution": {"taskSupport": "forbidden", "note": "zqapproved-execution;"},
 "outputSchema": {"type": "object",
  "properties": {"done": {"type": "boolean", "description": "zqapproved-output-schema;"}}},
 "_meta": {"example/note": "zqapproved-meta;"}}"##;

/// Where in `alpha_report` a new parameter stands, and the parameter.
const PARAMETER: (&str, &str) = (
    r#""properties": {
   "#,
    r#""place_of_origin": {"type": "string", "description": "zqchanged-parameter-added;"},
   "#,
);

/// Where in `alpha_report` a limit stands, and the limit.
const MAX_LENGTH: (&str, &str) = (r#""subject": {"type": "string", "#, r#""maxLength": 777001, "#);

const BETA_TOOL: &str = r#"{"name":"beta_echo","description":"Gives back a fixed word.",
"inputSchema":{"type":"object","properties":{"word":{"type":"string"}}}}"#;

const GAMMA_TOOL: &str = r#", {"name": "gamma_added", "description": "Another tool. zqchanged-tool-added;",
 "inputSchema": {"type": "object"}}"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn every_carrier() -> impl Iterator<Item = Carrier> {
        [READ_BY_ALL, READ_BY_MOST, READ_BY_NONE].concat().into_iter()
    }

    #[test]
    fn each_carrier_has_its_marker_once_and_changes_alone() {
        let said =
            |words: &Words| format!("{}{}{}", words.tools(), words.instructions(), words.server_info());
        for carrier in every_carrier() {
            let approved = said(&Words::default());
            assert_eq!(approved.matches(&carrier.approved()).count(), 1, "{}", carrier.as_str());
            let changed = said(&Words { changed: [carrier].into() });
            assert_eq!(changed, approved.replace(&carrier.approved(), &carrier.changed()));
        }
    }

    #[test]
    fn the_listing_is_json_on_one_line() {
        let listing = Words { changed: [C::ToolAdded, C::ParameterAdded, C::Narrowed].into() }.tools();
        assert!(!listing.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&listing).unwrap();
        assert_eq!(value["tools"].as_array().unwrap().len(), 3);
        let parameters = &value["tools"][0]["inputSchema"]["properties"];
        assert_eq!(parameters["subject"]["maxLength"].to_string(), NARROWED);
        assert_eq!(parameters["place_of_origin"]["description"], C::ParameterAdded.changed());
        assert_eq!(parameters.as_object().unwrap().len(), 5);
    }
}
