//! What is held, in lines for a list: what is held alike stands once, so that an update of thirty tools is a few lines.

use crate::output::counted;

/// So many objects that are held alike stand in one line.
const ALIKE: usize = 3;
/// Columns of the names below such a line.
const COLUMNS: usize = 96;

/// One held object, as it may be printed anywhere.
pub(crate) struct Held<'a> {
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) pointer: &'a str,
}

impl Held<'_> {
    fn what(&self) -> String {
        let place = if self.pointer.is_empty() { String::new() } else { format!(" at {}", self.pointer) };
        format!("{}{place}", self.reason)
    }

    fn is_like(&self, other: &Held<'_>) -> bool {
        (self.kind, self.reason, self.pointer) == (other.kind, other.reason, other.pointer)
    }
}

/// A line for each object, or for all that are held alike; in the order in which each came first.
pub(crate) fn lines(objects: &[Held<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, one) in objects.iter().enumerate() {
        let alike: Vec<&Held<'_>> = objects.iter().filter(|other| other.is_like(one)).collect();
        if alike.len() < ALIKE {
            lines.push(format!("  {} {}: {}", one.kind, one.name, one.what()));
        } else if !objects[..index].iter().any(|other| other.is_like(one)) {
            lines.push(format!("  {}: {}", counted(alike.len() as u64, one.kind), one.what()));
            lines.extend(names(&alike));
        }
    }
    lines
}

/// The names, as many in a line as fit.
fn names(alike: &[&Held<'_>]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, one) in alike.iter().enumerate() {
        let comma = if index + 1 == alike.len() { "" } else { "," };
        match lines.last_mut().filter(|line| line.len() + one.name.len() + 2 <= COLUMNS) {
            Some(line) => line.push_str(&format!(" {}{comma}", one.name)),
            None => lines.push(format!("    {}{comma}", one.name)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held<'a>(name: &'a str, reason: &'a str, pointer: &'a str) -> Held<'a> {
        Held { kind: "tool", name, reason, pointer }
    }

    #[test]
    fn few_stand_by_themselves() {
        let two = [held("one", "DESC_CHANGED", "/description"), held("two", "DESC_CHANGED", "/description")];
        assert_eq!(
            lines(&two),
            ["  tool one: DESC_CHANGED at /description", "  tool two: DESC_CHANGED at /description"]
        );
    }

    #[test]
    fn many_that_are_held_alike_stand_once_where_the_first_stood() {
        let all = [
            held("one", "DESC_CHANGED", "/description"),
            held("new", "TOOL_ADDED", ""),
            held("two", "DESC_CHANGED", "/description"),
            held("three", "DESC_CHANGED", "/description"),
            held("other", "DESC_CHANGED", "/title"),
        ];
        let shown = [
            "  3 tools: DESC_CHANGED at /description",
            "    one, two, three",
            "  tool new: TOOL_ADDED",
            "  tool other: DESC_CHANGED at /title",
        ];
        assert_eq!(lines(&all), shown);
    }

    #[test]
    fn no_name_is_left_out_and_no_line_is_too_long() {
        let names: Vec<String> = (0..40).map(|number| format!("a_tool_of_many_{number}")).collect();
        let all: Vec<Held<'_>> =
            names.iter().map(|name| held(name, "EXTRA_FIELD_CHANGED", "/outputSchema")).collect();
        let shown = lines(&all);
        assert!(shown.iter().all(|line| line.len() <= COLUMNS + 1), "{shown:?}");
        let joined = shown[1..].join(" ");
        let said: Vec<&str> = joined.split_whitespace().map(|name| name.trim_end_matches(',')).collect();
        assert_eq!(said, names);
    }
}
