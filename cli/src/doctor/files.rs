//! Findings about clients' files as files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pinfold_clients::{Client, Entry, HintKind};
use pinfold_core::launch::{Piece, ValueShape, mask_arguments, value_shape};
use pinfold_store::Wrapper;

use super::finding::{Code, Remedy};
use super::{Finding, Ward, at, entries, shown};
use crate::elsewhere;
use crate::protect::{ConfigHere, unreadable_words};

/// Rights of the group and of others.
const OTHERS: u32 = 0o077;

/// What is found about files.
pub(super) fn findings(ward: &Ward) -> Vec<Finding> {
    let mut all = Vec::new();
    for file in &ward.files.unreadable {
        let words = format!("cannot be read: {}", unreadable_words(&file.why));
        let mut finding =
            Finding::new(Code::ConfigUnreadable, words, "correct the file; its client cannot read it either");
        finding.client = Some(file.kind.client.name());
        finding.file = Some(file.shown());
        all.push(finding);
    }
    for file in &ward.files.read {
        all.extend(open_to_others(file));
        all.extend(hints(file));
    }
    all.extend(ignored(ward));
    all.extend(ward.wrappers.iter().filter_map(|wrapper| gone(ward, wrapper)));
    all
}

/// Clients with entries of the person that they do not read, because an administrator's file is there.
fn ignored(ward: &Ward) -> Vec<Finding> {
    let mut all = Vec::new();
    for client in Client::ALL {
        let exclusive = client.admin_exclusive_file().map(Path::new).filter(|path| path.is_file());
        let has_entries = ward
            .files
            .read
            .iter()
            .any(|file| file.kind.client == client && !file.document.entries().is_empty());
        if let (Some(path), true) = (exclusive, has_entries) {
            let words = format!("reads no entries but those in {}", shown(path));
            let fix = "ask who keeps that file to name your servers there, behind the gate";
            let mut finding = Finding::new(Code::EntriesIgnored, words, fix);
            finding.client = Some(client.name());
            all.push(finding);
        }
    }
    all
}

fn open_to_others(file: &ConfigHere) -> Option<Finding> {
    let mode = file.disk.real.metadata().ok()?.permissions().mode();
    let holds_secrets =
        file.document.entries().iter().any(|entry| entries::is_own(entry) && has_secret(entry));
    if mode & OTHERS == 0 || !holds_secrets {
        return None;
    }
    let words = format!("holds secrets and can be read by others (mode {:o})", mode & 0o777);
    let fix = format!("chmod {:o} {}", mode & 0o700, shown(&file.disk.real));
    Some(at(Finding::new(Code::OpenToOthers, words, fix), file).remedy(Remedy::Close(file.disk.real.clone())))
}

/// A variable or an argument that can be a secret, written out. A placeholder is none.
fn has_secret(entry: &Entry) -> bool {
    let in_variables = entry.variables.iter().any(|variable| {
        let value = variable.value.as_deref().unwrap_or_default();
        !value.is_empty() && !value.contains('$') && value_shape(&variable.name, value) == ValueShape::Secret
    });
    let in_arguments = entry.command_line().is_some_and(|line| {
        let masked = mask_arguments(&line.command, &line.args);
        masked.iter().any(|word| word.pieces().iter().any(|piece| matches!(piece, Piece::Secret)))
    });
    in_variables || in_arguments
}

fn hints(file: &ConfigHere) -> Vec<Finding> {
    let hint = |hint: &pinfold_clients::Hint| {
        let (words, fix) = match &hint.kind {
            HintKind::KeyNotRead { found, needed } => {
                let found = if found.is_empty() {
                    "the root of the file".to_owned()
                } else {
                    format!("`{}`", elsewhere::name(found))
                };
                (
                    format!("has servers under {found}, where its client does not look"),
                    format!("move them under `{needed}`, or take them out"),
                )
            }
            HintKind::KeyTwice { key } => (
                format!("names the server `{}` twice; the client takes the last one", elsewhere::name(key)),
                "take one of them out".to_owned(),
            ),
        };
        let mut finding = at(Finding::new(Code::KeyNotRead, words, fix), file);
        finding.line = Some(hint.position.line);
        finding
    };
    file.document.hints().iter().map(hint).collect()
}

/// An entry that was wrapped and is not there any more.
fn gone(ward: &Ward, wrapper: &Wrapper) -> Option<Finding> {
    let path = Path::new(&wrapper.file);
    if ward.files.unreadable.iter().any(|file| file.path == path) {
        return None;
    }
    let is_there = match ward.files.read.iter().find(|file| file.path == path) {
        Some(file) => file.document.entries().iter().any(|entry| entry.place.as_str() == wrapper.place),
        // A project's file that is not looked at now.
        None => path.exists(),
    };
    (!is_there).then(|| {
        let words = format!("had an entry for `{}` behind the gate, which is gone", wrapper.label);
        let mut finding = Finding::new(Code::WrapperGone, words, "`pinfold doctor --fix` forgets it");
        finding.file = Some(shown(path));
        finding.labels([wrapper.label.to_string()]).remedy(Remedy::ForgetWrapper {
            client: wrapper.client.clone(),
            file: wrapper.file.clone(),
            place: wrapper.place.clone(),
        })
    })
}
