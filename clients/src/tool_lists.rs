//! Lists that name tools: what hides a notice of ours, and what lets a changed tool run without a question.

use crate::client::Client;
use crate::entry::{ListPurpose, ToolList};
use crate::position::Finger;
use crate::tree::{Member, Node, Value};

/// The members that name tools, with what they do.
const LISTS: &[(&str, ListPurpose)] = &[
    ("tools", ListPurpose::Allow),
    ("enabled_tools", ListPurpose::Allow),
    ("includeTools", ListPurpose::Allow),
    ("available_tools", ListPurpose::Allow),
    ("disabledTools", ListPurpose::Deny),
    ("disabled_tools", ListPurpose::Deny),
    ("excludeTools", ListPurpose::Deny),
    ("alwaysAllow", ListPurpose::AutoApprove),
    ("autoApprove", ListPurpose::AutoApprove),
];

/// The lists of an entry in the order of the file, empty ones left out.
pub(crate) fn of(client: Client, node: &Node, finger: &mut Finger<'_>) -> Vec<ToolList> {
    let members = node.as_map().map_or(&[][..], |map| &map.members);
    let lists = members.iter().filter_map(|member| {
        let (purpose, tools) = purpose(client, member)?;
        let position = finger.position(member.name_span.start);
        Some(ToolList { member: member.name.clone(), purpose, tools, position })
    });
    lists.collect()
}

fn purpose(client: Client, member: &Member) -> Option<(ListPurpose, Vec<String>)> {
    match (&member.node.value, member.name.as_str()) {
        // All tools of a server run without a question.
        (Value::Bool(true), "trust") if client == Client::Gemini => {
            Some((ListPurpose::AutoApprove, Vec::new()))
        }
        (Value::Text(mode), "default_tools_approval_mode") if runs_unasked(&mode.decoded) => {
            Some((ListPurpose::AutoApprove, Vec::new()))
        }
        // `[mcp_servers.X.tools.TOOL]`
        (Value::Map(tools), "tools") => {
            let unasked = |tool: &&Member| {
                tool.node.get("approval_mode").and_then(Node::as_str).is_some_and(runs_unasked)
            };
            let names: Vec<String> =
                tools.members.iter().filter(unasked).map(|tool| tool.name.clone()).collect();
            (!names.is_empty()).then_some((ListPurpose::AutoApprove, names))
        }
        (Value::List(list), name) => {
            let (_, purpose) = LISTS.iter().find(|(member, _)| *member == name)?;
            let tools = list.texts()?;
            let is_all = tools.iter().any(|tool| tool == "*");
            match purpose {
                ListPurpose::AutoApprove if is_all => Some((*purpose, Vec::new())),
                _ if is_all || tools.is_empty() => None,
                _ => Some((*purpose, tools)),
            }
        }
        _ => None,
    }
}

/// Modes of Codex in which a call is not asked about.
fn runs_unasked(mode: &str) -> bool {
    matches!(mode, "auto" | "approve")
}
