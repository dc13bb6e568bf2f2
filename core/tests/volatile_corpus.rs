//! Volatile rules over the listings of real servers that are known to be restless: as they are, and as the same server
//! says them at another time, in another zone, in another home.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::volatile::{Passed, RuleKind, learn, matches, propose_days, propose_paths};

const THERE: &str = "/var/home/somebody";

fn tools(file: &str) -> Option<Vec<String>> {
    let bytes = std::fs::read(support::data_folder("corpus")?.join(file)).unwrap();
    let document = read(&bytes, &ReadLimits { max_bytes: 1 << 20, ..ReadLimits::LISTING }).unwrap();
    let tools = document.get("tools").unwrap().as_array().unwrap();
    let text = |tool: &Value<'_>| String::from_utf8(tool.slice(&bytes).to_vec()).unwrap();
    Some(tools.iter().map(text).collect())
}

/// Each tool beside what the server says of it elsewhere: how many differ, and how many of those are equal by rules that
/// one capture here and one made `again` propose.
fn lived(
    tools: &[String],
    again: impl Fn(&str) -> String,
    elsewhere: impl Fn(&str) -> String,
) -> (usize, usize, Vec<RuleKind>) {
    let here = Passed { home: Some("/home/u".to_owned()), ..Passed::default() };
    let there = Passed { home: Some(THERE.to_owned()), ..Passed::default() };
    let (mut differ, mut equal, mut kinds) = (0, 0, Vec::new());
    let values = |text: &str| read(text.as_bytes(), &ReadLimits::LISTING).unwrap().into_owned();
    let learned: Vec<_> = tools
        .iter()
        .map(|tool| learn(ObjectKind::Tool, &values(tool), &[&values(&again(tool))], &here).unwrap())
        .collect();
    let has_clock = learned.iter().flatten().any(|rule| rule.kind == RuleKind::DateTime);
    for (tool, mut rules) in tools.iter().zip(learned) {
        let pinned = values(tool);
        propose_paths(ObjectKind::Tool, &pinned, &here, &mut rules);
        if has_clock {
            propose_days(ObjectKind::Tool, &pinned, &mut rules);
        }
        let live = elsewhere(tool);
        if live != *tool {
            differ += 1;
            let live = values(&live);
            equal += usize::from(matches(ObjectKind::Tool, &pinned, &rules, &live, &there));
            kinds.extend(rules.iter().map(|rule| rule.kind));
        }
    }
    kinds.sort();
    kinds.dedup();
    (differ, equal, kinds)
}

#[test]
fn real_restless_servers_are_equal_under_what_is_proposed() {
    let Some(clock) = tools("npm__@currents~mcp__2.1.1.json") else { return };
    let next =
        |text: &str| text.replace("03:04:36.859Z", "03:04:41.002Z").replace("03:04:36.860Z", "03:04:41.003Z");
    let later =
        |text: &str| next(text).replace("2026-10-24", "2026-11-01").replace("2026-11-23", "2026-12-01");
    let (differ, equal, kinds) = lived(&clock, next, later);
    assert_eq!((differ > 0, equal, &kinds[..]), (true, differ, &[RuleKind::DateTime, RuleKind::Date][..]));

    let zone = tools("pypi__mcp-server-time__2026.10.19.json").unwrap();
    let tokyo = |text: &str| text.replace("'Etc/UTC' as local", "'Asia/Tokyo' as local");
    let kiritimati = |text: &str| text.replace("'Etc/UTC' as local", "'Pacific/Kiritimati' as local");
    let (differ, equal, kinds) = lived(&zone, kiritimati, tokyo);
    assert_eq!((differ > 0, equal, &kinds[..]), (true, differ, &[RuleKind::Zone][..]));

    let set = tools("pypi__mcp-atlassian__0.23.1.json").unwrap();
    let fields =
        "status,versions,priority,description,issuetype,reporter,summary,created,updated,assignee,labels";
    let mut items: Vec<&str> = fields.split(',').collect();
    items.rotate_left(3);
    let once = items.join(",");
    items.reverse();
    let twice = items.join(",");
    let (differ, equal, kinds) =
        lived(&set, |text| text.replace(fields, &once), |text| text.replace(fields, &twice));
    assert_eq!((differ, equal), (4, 4));
    assert!(kinds.iter().all(|kind| kind.separator().is_some()), "{kinds:?}");

    let home = tools("npm__@wonderwhy-er~desktop-commander__0.2.52.json").unwrap();
    let moved =
        |text: &str| text.replace("/home/u,", &format!("{THERE},")).replace("/home/u ", &format!("{THERE} "));
    let (differ, equal, kinds) = lived(&home, str::to_owned, moved);
    assert_eq!((differ > 10, equal, &kinds[..]), (true, differ, &[RuleKind::Home][..]));
}
