//! The cases: what the server changes, when, and in which client a model without Pinfold would read it.

use super::client::Client;
use super::server::{State, When};
use super::words::{ALPHA, BETA, Carrier, GAMMA, READ_BY_ALL, READ_BY_MOST, READ_BY_NONE};

/// The name of the gate's own tool.
pub(crate) const NOTICE: &str = "pinfold_notice";

/// One change of the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// Its row in the report.
    pub(crate) name: &'static str,
    /// The carriers with other words than approved.
    pub(crate) changed: &'static [Carrier],
    /// Between two sessions, or in the middle of one.
    pub(crate) when: When,
}

/// What the gate does with the server in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// One tool is held; the others work.
    Tool(&'static str),
    /// The whole server is held: the notice alone is there.
    Server,
}

use Carrier as C;

/// The rest of what a schema can say, changed at once; the search of the bodies still tells each from the others.
const OTHER_SCHEMA_WORDS: &[Carrier] = &[
    C::DefsDescription,
    C::SchemaDescription,
    C::SchemaTitle,
    C::PropertyTitle,
    C::Default,
    C::Examples,
    C::Pattern,
];

/// Every case. Each is run without a gate and behind it.
pub(crate) const CASES: &[Case] = &[
    Case { name: "description", changed: &[C::Description], when: When::AtStart },
    Case { name: "schema $comment", changed: &[C::SchemaComment], when: When::AtStart },
    Case { name: "schema x- keyword", changed: &[C::SchemaKeyword], when: When::AtStart },
    Case { name: "enum value", changed: &[C::Enum], when: When::AtStart },
    Case { name: "property description", changed: &[C::PropertyDescription], when: When::AtStart },
    Case { name: "other schema words", changed: OTHER_SCHEMA_WORDS, when: When::AtStart },
    Case { name: "members no model reads", changed: READ_BY_NONE, when: When::AtStart },
    Case { name: "a tool added", changed: &[C::ToolAdded], when: When::AtStart },
    Case { name: "instructions", changed: &[C::Instructions], when: When::AtStart },
    Case {
        name: "mid-session, notified",
        changed: &[C::Description, C::SchemaComment],
        when: When::AfterFirstCallNotified,
    },
    Case {
        name: "mid-session, silent",
        changed: &[C::Description, C::SchemaComment],
        when: When::AfterFirstCallSilently,
    },
];

impl Case {
    /// What the server is told.
    pub(crate) fn state(&self) -> State {
        State { changed: self.changed.to_vec(), when: self.when, ..State::default() }
    }

    /// Whether the change happens while the session runs.
    pub(crate) fn in_session(&self) -> bool {
        self.when != When::AtStart
    }

    /// What must be held.
    pub(crate) fn held(&self) -> Held {
        match self.changed {
            [C::Instructions] => Held::Server,
            [C::ToolAdded] => Held::Tool(GAMMA),
            _ => Held::Tool(ALPHA),
        }
    }

    /// Whether `client` shows the changed text of `carrier` to its model when nothing stands between.
    pub(crate) fn reaches_model(&self, client: Client, carrier: Carrier) -> bool {
        if self.in_session() {
            // A client that lists again offers the model what it got, and lists again only when told.
            return client.lists_again() && self.when == When::AfterFirstCallNotified;
        }
        matches!(carrier, C::ToolAdded | C::ParameterAdded) || read_by(client).any(|read| read == carrier)
    }
}

/// The members that reach the model in `client`.
pub(crate) fn read_by(client: Client) -> impl Iterator<Item = Carrier> {
    let most: &[Carrier] = if client == Client::Codex { &[] } else { READ_BY_MOST };
    READ_BY_ALL.iter().chain(most).copied()
}

/// The tools of the server while its words are the approved ones.
pub(crate) const APPROVED_TOOLS: [&str; 2] = [ALPHA, BETA];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_carrier_is_changed_by_a_case() {
        for carrier in [READ_BY_ALL, READ_BY_MOST, READ_BY_NONE, &[C::ToolAdded]].concat() {
            assert!(CASES.iter().any(|case| case.changed.contains(&carrier)), "{}", carrier.as_str());
        }
    }

    #[test]
    fn each_client_has_a_change_that_its_model_would_read() {
        for client in Client::ALL {
            let visible =
                CASES.iter().filter(|case| case.changed.iter().any(|c| case.reaches_model(client, *c)));
            assert!(visible.count() >= 5, "{}", client.name());
        }
    }
}
