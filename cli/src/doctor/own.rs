//! Findings about Pinfold's own files: store, policy, and the copy of the program.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pinfold_core::digest::ObjectKind;
use pinfold_core::text::visible;
use pinfold_verifier::policy::{Policy, ToolPattern};

use super::finding::Code;
use super::{Finding, Ward, shown};
use crate::output::Problem;
use crate::policy_file;

/// A store that cannot be read.
pub(super) fn store_fails(problem: &Problem) -> Finding {
    let words = format!(
        "the store cannot be used, so nothing counts as approved: {} ({})",
        problem.message, problem.code
    );
    Finding::new(Code::StoreFails, words, problem.hint.clone())
}

/// What is found about the policy.
pub(super) fn policy(ward: &Ward) -> Vec<Finding> {
    let path = ward.places.policy();
    let policy = match policy_file::own(&path) {
        Ok(policy) => policy,
        Err(fault) => {
            let problem = fault.problem();
            let mut finding = Finding::new(
                Code::PolicyFails,
                format!("no server starts, because the policy is not in force: {}", problem.message),
                problem.hint,
            );
            finding.file = Some(shown(&path));
            return vec![finding];
        }
    };
    let mut all = unused(ward, &policy);
    all.extend(policy.notify_command().and_then(|(program, _)| notify(program)));
    for finding in &mut all {
        finding.file = Some(shown(&path));
    }
    all
}

/// Patterns that mean no approved tool: misspelled, or of a tool that is not there yet.
fn unused(ward: &Ward, policy: &Policy) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for known in ward.pins.labels().filter(|known| known.is_known()) {
        let label = known.spelling();
        if !policy.labels().any(|own| own == label.key()) {
            continue;
        }
        let of = policy.for_label(label);
        let means_something = |pattern: &ToolPattern| {
            known.objects().keys().any(|(kind, name)| *kind == ObjectKind::Tool && pattern.matches(name))
        };
        for (member, list) in [("deny", &of.deny), ("confirm", &of.confirm)] {
            for pattern in list.patterns().filter(|pattern| !means_something(pattern)) {
                if is_of_defaults(policy, member, pattern) {
                    continue;
                }
                let words =
                    format!("`{member}` of `{label}` names `{pattern}`, and no tool of it has such a name");
                let fix =
                    format!("`pinfold status {label}` lists its tools; correct the name, or take it out");
                all.push(Finding::new(Code::PatternUnused, words, fix).labels([label.to_string()]));
            }
        }
    }
    all
}

/// A default is for all servers, so that one of them lacks such a tool is no mistake.
fn is_of_defaults(policy: &Policy, member: &str, pattern: &ToolPattern) -> bool {
    let defaults = policy.defaults();
    let list = if member == "deny" { &defaults.deny } else { &defaults.confirm };
    list.patterns().any(|own| own == pattern)
}

fn notify(program: &str) -> Option<Finding> {
    let about = Path::new(program).metadata().ok();
    let words = match about.map(|about| (about.is_file(), about.permissions().mode())) {
        None => "is not there",
        Some((false, _)) => "is no file",
        Some((true, mode)) if mode & 0o111 == 0 => "cannot be run",
        Some((true, mode)) if mode & 0o022 != 0 => {
            "can be changed by others, who then run what they like as you"
        }
        Some((true, _)) => return None,
    };
    let words = format!("the command that is to tell you, {}, {words}", visible(program));
    Some(Finding::new(Code::NotifyUnusable, words, "correct `notify.command` in your policy, or the program"))
}
