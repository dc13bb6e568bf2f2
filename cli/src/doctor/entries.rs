//! Findings about one entry of a client's file.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pinfold_clients::{Client, Entry, ListPurpose, Scope, StandingPermission, ToolList, Treatment};
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::name::{Label, MAX_TOOL_NAME_BYTES};
use pinfold_core::text::visible_path;
use pinfold_verifier::policy::ToolPattern;

use super::finding::Code;
use super::lists;
use super::{Finding, Ward, found, protect_command};
use crate::elsewhere;
use crate::protect::{ConfigHere, is_foreign, loads_into_gate};

/// The tool that the gate adds while something is held.
const NOTICE: &str = "pinfold_notice";

/// The longest name of a tool that the models' interfaces take.
const LONGEST_FOR_MODELS: usize = 64;

/// What is found about one entry.
pub(super) fn findings(ward: &Ward, file: &ConfigHere, entry: &Entry) -> Vec<Finding> {
    let mut all = Vec::new();
    if !entry.is_read {
        // The file's own hint says so.
        return all;
    }
    match entry.treatment() {
        Treatment::Wrapped => wrapped(ward, file, entry, &mut all),
        Treatment::Wrap(_) | Treatment::WrapPackage => all.push(unmanaged(ward, file, entry)),
        Treatment::NotProtected(why) => {
            let words = format!("is not behind the gate: {why}");
            let fix = "nothing: know that changes of it are not noticed";
            all.push(found(Code::NotProtected, file, entry, words, fix));
        }
    }
    all.extend(command_gone(file, entry));
    all.extend(super::http::finding(file, entry));
    all.extend(floating(file, entry));
    all.extend(long_name(file, entry));
    all
}

fn unmanaged(ward: &Ward, file: &ConfigHere, entry: &Entry) -> Finding {
    let was_wrapped = ward
        .wrappers
        .iter()
        .find(|wrapper| Path::new(&wrapper.file) == file.path && wrapper.place == entry.place.as_str());
    match was_wrapped {
        Some(wrapper) => found(
            Code::WrapperRemoved,
            file,
            entry,
            "was behind the gate and is started without it now: another program wrote the entry back",
            protect_command(file),
        )
        .labels([wrapper.label.to_string()]),
        None => found(
            Code::UnmanagedServer,
            file,
            entry,
            if entry.is_disabled {
                "is not behind the gate; it is switched off, and switching it on asks nothing"
            } else {
                "is started without the gate: changed words reach the model unseen"
            },
            match loads_into_gate(file, entry, Some(ward.places.home())) {
                Some(name) => {
                    format!("take {} out of it, then {}", elsewhere::name(name), protect_command(file))
                }
                None => protect_command(file),
            },
        ),
    }
}

fn wrapped(ward: &Ward, file: &ConfigHere, entry: &Entry, all: &mut Vec<Finding>) {
    let Some(wrapper) = &entry.wrapped else { return };
    if let Some(name) = loads_into_gate(file, entry, Some(ward.places.home())) {
        let words = format!(
            "sets {}, by which the project's code is loaded into the gate itself",
            elsewhere::name(name)
        );
        let fix = "take the variable out of the entry, and look at who put it there";
        all.push(found(Code::GateProgramForeign, file, entry, words, fix));
    }
    if is_foreign(file, entry, Some(ward.places.home())) {
        let words = format!("starts {}, which others can replace", elsewhere::name(&wrapper.program));
        all.push(found(Code::GateProgramForeign, file, entry, words, protect_command(file)));
    } else if !is_program(&wrapper.program) {
        let words =
            format!("starts {}, which is not there or cannot be run", elsewhere::name(&wrapper.program));
        all.push(found(Code::GateProgramGone, file, entry, words, protect_command(file)));
    }
    let missing: Vec<String> =
        entry.declared_names().into_iter().filter(|name| !wrapper.env_names.contains(name)).collect();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|name| elsewhere::name(name)).collect();
        all.push(found(
            Code::EnvNotDeclared,
            file,
            entry,
            format!("sets {} and its `--env` does not name it, so it is not pinned", names.join(", ")),
            protect_command(file),
        ));
    }
    let home = entry.variables.iter().find(|variable| variable.name == "HOME");
    if let Some(home) = home.and_then(|variable| variable.value.as_deref())
        && Path::new(home) != ward.places.home()
    {
        all.push(found(
            Code::OtherStore,
            file,
            entry,
            "sets HOME, so its gate reads another store and another policy than you",
            "take HOME out of the entry, or decide for it with the same HOME",
        ));
    }
    if let Some(list) = lists::dropping(file.kind.client, entry) {
        all.push(found(
            Code::DroppedByList,
            file,
            entry,
            format!(
                "is dropped by its client, and not held by Pinfold: the list in {} does not match its wrapped command",
                visible_path(&list)
            ),
            "ask who keeps that list to name the wrapped command, or run `pinfold unprotect` for this client",
        ));
    }
    let Ok(label) = wrapper.label.parse::<Label>() else { return };
    for list in &entry.tool_lists {
        all.extend(tool_list(ward, file, entry, &label, list));
    }
    all.extend(super::edited::finding(ward, file, entry, &label));
    all.extend(permitted(ward, file, entry, &label));
    all.extend(dotted(ward, file, entry, &label));
}

fn is_program(path: &str) -> bool {
    let path = Path::new(path);
    // A bare name is found by the client's own search.
    !path.is_absolute()
        || path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

fn tool_list(
    ward: &Ward,
    file: &ConfigHere,
    entry: &Entry,
    label: &Label,
    list: &ToolList,
) -> Option<Finding> {
    let means = |tool: &str| {
        list.tools.is_empty()
            || list.tools.iter().any(|named| {
                named == tool || ToolPattern::parse(named).is_some_and(|pattern| pattern.matches(tool))
            })
    };
    let mut finding = match list.purpose {
        ListPurpose::Allow if !means(NOTICE) => found(
            Code::NoticeHidden,
            file,
            entry,
            format!(
                "has a list `{}` that hides `{NOTICE}`: the model is not told that something is held",
                list.member
            ),
            format!("add \"{NOTICE}\" to `{}`", list.member),
        ),
        ListPurpose::Deny if means(NOTICE) && !list.tools.is_empty() => found(
            Code::NoticeHidden,
            file,
            entry,
            format!("has a list `{}` that hides `{NOTICE}`", list.member),
            format!("take \"{NOTICE}\" out of `{}`", list.member),
        ),
        ListPurpose::AutoApprove => {
            unasked(&Risky::of(ward, label), file, entry, label, &list.member, means)?
        }
        _ => return None,
    };
    finding.line = Some(list.position.line);
    Some(finding)
}

/// The tools of a label that should not run without a question.
struct Risky {
    held: Vec<String>,
    destructive: Vec<String>,
}

impl Risky {
    fn of(ward: &Ward, label: &Label) -> Risky {
        Risky { held: held_tools(ward, label), destructive: destructive_tools(ward, label) }
    }
}

/// Tools that run without a question although something of them is held, or they say that they can destroy.
fn unasked(
    risky: &Risky,
    file: &ConfigHere,
    entry: &Entry,
    label: &Label,
    by: &str,
    means: impl Fn(&str) -> bool,
) -> Option<Finding> {
    let meant = |tools: &[String]| {
        tools.iter().filter(|tool| means(tool)).map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let (held, destructive) = (meant(&risky.held), meant(&risky.destructive));
    if !held.is_empty() {
        let words = format!("lets {held} run without a question (`{by}`), and what it says now is held");
        let fix = format!("take it out of `{by}`, then run `pinfold review {label}`");
        return Some(found(Code::AutoApprovesHeld, file, entry, words, fix));
    }
    if destructive.is_empty() {
        return None;
    }
    let words = format!(
        "lets {destructive} run without a question (`{by}`), which says of itself that it can destroy"
    );
    let fix = format!("take it out of `{by}`, or name it under `confirm` in your policy");
    Some(found(Code::AutoApprovesDestructive, file, entry, words, fix))
}

/// The same by the client's permissions, which stand in a file of their own.
fn permitted(ward: &Ward, file: &ConfigHere, entry: &Entry, label: &Label) -> Vec<Finding> {
    let of_client = ward.permissions.iter().filter(|(client, ..)| *client == file.kind.client);
    // A project's file can say the same thousands of times.
    let mut said = BTreeSet::new();
    let of_entry = |(_, path, permission): &&(Client, PathBuf, StandingPermission)| {
        permission.tools_of(&entry.key).is_some_and(|tools| said.insert((path.clone(), tools.to_owned())))
    };
    let of_entry: Vec<_> = of_client.filter(of_entry).collect();
    if of_entry.is_empty() {
        return Vec::new();
    }
    let risky = Risky::of(ward, label);
    let finding = |(_, path, permission): &(Client, PathBuf, StandingPermission)| {
        let pattern = ToolPattern::parse(permission.tools_of(&entry.key)?)?;
        let mut finding =
            unasked(&risky, file, entry, label, "permissions.allow", |tool| pattern.matches(tool))?;
        finding.file = Some(super::shown(path));
        finding.line = Some(permission.position.line);
        Some(finding)
    };
    of_entry.into_iter().filter_map(finding).collect()
}

fn held_tools(ward: &Ward, label: &Label) -> Vec<String> {
    let pending = ward.store.as_ref().and_then(|store| store.pending(label).ok()).unwrap_or_default();
    let tools = pending.into_iter().filter(|one| one.kind == ObjectKind::Tool);
    let mut names: Vec<String> = tools.map(|one| elsewhere::name(&one.name)).collect();
    names.sort();
    names.dedup();
    names
}

/// Approved tools that hint at destruction themselves.
fn destructive_tools(ward: &Ward, label: &Label) -> Vec<String> {
    let Some(store) = &ward.store else { return Vec::new() };
    let objects = ward.pins.label(label).into_iter().flat_map(|pins| pins.objects());
    let tools = objects.filter(|((kind, _), _)| *kind == ObjectKind::Tool);
    tools
        .filter(|(_, name)| {
            name.approved()
                .any(|digest| store.object(digest).is_ok_and(|object| is_destructive(&object.bytes)))
        })
        .map(|((_, name), _)| elsewhere::name(name))
        .collect()
}

fn is_destructive(bytes: &[u8]) -> bool {
    let Ok(tool) = read(bytes, &ReadLimits::OWN) else { return false };
    let hint = tool.get("annotations").and_then(|annotations| annotations.get("destructiveHint"));
    hint.and_then(Value::as_bool) == Some(true)
}

/// Names with a dot that a client hands to its model as they are.
fn dotted(ward: &Ward, file: &ConfigHere, entry: &Entry, label: &Label) -> Option<Finding> {
    if file.kind.client != Client::CopilotCli {
        return None;
    }
    let objects = ward.pins.label(label).into_iter().flat_map(|pins| pins.objects());
    let names: Vec<&str> = objects
        .filter(|((kind, name), pins)| *kind == ObjectKind::Tool && name.contains('.') && pins.is_approved())
        .map(|((_, name), _)| name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        found(
            Code::NameWithDot,
            file,
            entry,
            format!("has tools with a dot in their names ({}), for which this client's model refuses every prompt", names.join(", ")),
            "deny these tools in your policy, or switch the server off in this client",
        )
    })
}

/// A dead path: nothing is started, and the client says little about it.
fn command_gone(file: &ConfigHere, entry: &Entry) -> Option<Finding> {
    let line = entry.command_line().filter(|_| !entry.is_disabled)?;
    let folder =
        entry.cwd.as_deref().filter(|folder| Path::new(folder).is_absolute() && !Path::new(folder).is_dir());
    let what = match folder {
        _ if !is_program(&line.command) => "names a program that is not there, or cannot be run",
        Some(_) => "names a working folder that is not there",
        None => return None,
    };
    Some(found(Code::CommandGone, file, entry, what, "correct the entry, or take it out"))
}

fn floating(file: &ConfigHere, entry: &Entry) -> Option<Finding> {
    let package = entry.recognise()?.package?;
    if !package.version.floats() || package.is_local_only {
        return None;
    }
    Some(found(
        Code::FloatingVersion,
        file,
        entry,
        "names no exact version of its package: another one can run at any start",
        "name an exact version; its words are held when they change, its code is not looked at",
    ))
}

/// What this client puts before a tool's name. Clients of which it is not known are left out.
fn seen_as(client: Client, key: &str, tool: &str) -> Option<String> {
    match client {
        Client::ClaudeCode => Some(format!("mcp__{key}__{tool}")),
        Client::Gemini => Some(format!("mcp_{key}_{tool}")),
        Client::OpenCode => Some(format!("{key}_{tool}")),
        _ => None,
    }
}

fn long_name(file: &ConfigHere, entry: &Entry) -> Option<Finding> {
    let seen = seen_as(file.kind.client, &entry.key, NOTICE)?;
    if seen.chars().count() <= LONGEST_FOR_MODELS || seen.len() > MAX_TOOL_NAME_BYTES * 4 {
        return None;
    }
    Some(found(
        Code::NameTooLong,
        file,
        entry,
        format!(
            "has a name so long that `{}` is over {LONGEST_FOR_MODELS} characters, which models refuse",
            elsewhere::name(&seen)
        ),
        "give the server a shorter name in the client; permissions that name it have to follow",
    ))
}

/// Whether an entry is the person's own.
pub(super) fn is_own(entry: &Entry) -> bool {
    entry.scope != Scope::Project
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_put_words_before_names() {
        let key = "plugin_demo_developer_platform_workers_observability";
        let seen = seen_as(Client::ClaudeCode, key, NOTICE).unwrap();
        assert!(seen.len() > LONGEST_FOR_MODELS, "{seen}");
        assert_eq!(seen_as(Client::Zed, key, NOTICE), None);
    }
}
