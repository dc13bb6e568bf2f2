//! What may vary in an object, for people: where, what stands there now, and what may stand there instead.

use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::volatile::{Rule, RuleKind};

use crate::screen::{Mark, Part, Screen};

/// Puts the rules of one object on the page. `object` is its JSON, in which the spans are.
pub(crate) fn may_vary(screen: &mut Screen, object: &[u8], rules: &[Rule]) {
    if rules.is_empty() {
        return;
    }
    let object = read(object, &ReadLimits::LISTING).ok();
    screen.own("   May vary from start to start without a question, if you say yes:");
    for rule in rules {
        screen.foreign_parts(Mark::Place, vec![Part::plain(rule.pointer.as_str())]);
        let text =
            object.as_ref().and_then(|object| object.at_pointer(&rule.pointer)).and_then(Value::as_str);
        let span = text.and_then(|text| text.get(rule.start..rule.end)).unwrap_or_default();
        screen.foreign_parts(Mark::Plain, vec![Part::plain(span)]);
        screen.own(format!("     or, in its place, {}", may_be(rule.kind)));
    }
}

/// What may stand in a span of a kind.
pub(crate) fn may_be(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::DateTime => "another date and time",
        RuleKind::Date => "another date",
        RuleKind::Zone => "the name of another time zone",
        RuleKind::Home => "the path of the home folder that the server is started with",
        RuleKind::Folder => "the path of the folder that the server is started in",
        RuleKind::Argument => "a path that is an argument of the server",
        RuleKind::Permutation(_) => "the same items in another order",
    }
}
