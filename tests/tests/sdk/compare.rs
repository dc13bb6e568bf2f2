//! Two sessions of one client, compared by what passed on the wire and by what the client printed.

use pinfold_tests::raw::{self, elements, member};

/// What a session left behind.
pub(crate) struct Session {
    /// What the client printed: its own view.
    pub(crate) printed: String,
    /// The lines that passed, after `> ` or `< `.
    pub(crate) wire: String,
}

/// Compares two sessions of one client. What the client printed must be equal; on the wire, the objects of all
/// listings and the results of all else must be the same bytes.
#[track_caller]
pub(crate) fn assert_same(direct: &Session, through: &Session) {
    let (mut wanted, mut got) = (exchanges(&direct.wire), exchanges(&through.wire));
    let greeting = wanted.remove(0);
    let greeted = got.remove(0);
    for name in ["protocolVersion", "serverInfo", "instructions"] {
        assert_eq!(member(&greeted.result, name), member(&greeting.result, name), "{name} of the handshake");
    }
    assert_eq!(got.len(), wanted.len(), "the client asked as often");
    for (got, wanted) in got.iter().zip(&wanted) {
        assert_eq!(got.asked, wanted.asked, "the client asked the same");
        assert_eq!(got.objects(), wanted.objects(), "the answer to {}", wanted.asked);
    }
    assert_eq!(progress(&through.wire), progress(&direct.wire), "the progress of calls");
    for (got, wanted) in through.printed.lines().zip(direct.printed.lines()) {
        assert_eq!(got, wanted, "the client's own view");
    }
    assert_eq!(through.printed.len(), direct.printed.len(), "the client's own view");
}

/// A request of the client's with the result.
struct Exchange {
    /// Method and raw parameters.
    asked: String,
    method: String,
    result: String,
}

impl Exchange {
    /// The objects of a listing one by one, otherwise the whole result: a listing's envelope is not the server's.
    fn objects(&self) -> Vec<&str> {
        match self.method.as_str() {
            "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" => {
                let lists =
                    raw::members(&self.result).into_iter().filter(|(_, value)| value.starts_with('['));
                lists.flat_map(|(name, list)| std::iter::once(name).chain(elements(list))).collect()
            }
            _ => vec![&self.result],
        }
    }
}

fn exchanges(wire: &str) -> Vec<Exchange> {
    let answer = |id: &str| {
        let lines = wire.lines().filter_map(|line| line.strip_prefix("< "));
        let mut answers =
            lines.filter(|line| member(line, "method").is_none() && member(line, "id") == Some(id));
        let line = answers.next().unwrap_or_else(|| panic!("request {id} has an answer in\n{wire}"));
        assert!(answers.next().is_none(), "request {id} has one answer in\n{wire}");
        member(line, "result").unwrap_or_else(|| panic!("{line} is a result")).to_owned()
    };
    let requests = wire.lines().filter_map(|line| line.strip_prefix("> "));
    let requests = requests.filter_map(|line| Some((member(line, "id")?, member(line, "method")?, line)));
    let exchange = |(id, method, line): (&str, &str, &str)| Exchange {
        asked: format!("{method} {}", member(line, "params").unwrap_or_default()),
        method: method.trim_matches('"').to_owned(),
        result: answer(id),
    };
    requests.map(exchange).collect()
}

fn progress(wire: &str) -> Vec<&str> {
    let is_progress = |line: &&str| member(line, "method") == Some(r#""notifications/progress""#);
    let lines = wire.lines().filter_map(|line| line.strip_prefix("< ")).filter(is_progress);
    lines.map(|line| member(line, "params").unwrap_or_default()).collect()
}
