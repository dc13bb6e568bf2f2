//! The environment that a server gets.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use pinfold_core::launch::{EnvCommand, loader_variable, looks_like_credential, path_member_fault};

use super::entry::Surroundings;

/// Where programs are looked up without `PATH`, as the C library does.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// A variable that is set and not passed on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Withheld {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: WithheldWhy,
}

/// Why a variable is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WithheldWhy {
    /// It loads or redirects code: it passes only if the entry declares it, because then its value is pinned.
    Loader,
    /// Its name looks like a credential's: a person may let it through.
    Credential,
    /// Its name is not UTF-8, so that no rule can be asked about it.
    Unreadable,
}

/// The variables of a server, and where its program is looked up.
#[derive(Clone)]
pub(super) struct Environment {
    variables: BTreeMap<OsString, OsString>,
    folder: PathBuf,
    home: Option<PathBuf>,
}

impl Environment {
    /// What passes of the surroundings, and what does not. `declared` and `passes` are names that pass whatever they
    /// are.
    pub(super) fn new(
        around: &Surroundings,
        declared: &BTreeSet<String>,
        passes: &BTreeSet<String>,
    ) -> (Environment, Vec<Withheld>) {
        let mut environment = Environment {
            variables: BTreeMap::new(),
            folder: around.folder.clone(),
            home: around.home.clone(),
        };
        let mut withheld = Vec::new();
        for (name, value) in &around.environment {
            let text = name.to_str();
            let is_named = text.is_some_and(|name| declared.contains(name) || passes.contains(name));
            match text.map_or(Some(WithheldWhy::Unreadable), why_withheld) {
                Some(why) if !is_named => {
                    withheld.push(Withheld { name: name.to_string_lossy().into_owned(), why });
                }
                _ => {
                    environment.variables.insert(name.clone(), value.clone());
                }
            }
        }
        if !declared.contains("PATH") {
            environment.filter_path();
        }
        withheld.sort();
        (environment, withheld)
    }

    /// What `env` does before it runs its command.
    pub(super) fn apply(&mut self, command: &EnvCommand) {
        if command.ignores_environment {
            self.variables.clear();
        }
        for name in &command.unset {
            self.variables.remove(OsStr::new(name));
        }
        for (name, value) in &command.assignments {
            self.variables.insert(name.into(), value.into());
        }
    }

    /// The folders in which a program is looked up, in order.
    pub(super) fn search(&self) -> Vec<PathBuf> {
        let path =
            self.variables.get(OsStr::new("PATH")).map_or(OsStr::new(DEFAULT_PATH), OsString::as_os_str);
        self.members(path)
    }

    pub(super) fn into_variables(self) -> Vec<(OsString, OsString)> {
        self.variables.into_iter().collect()
    }

    /// An empty `PATH` would mean the working folder, so with no member left there is none.
    fn filter_path(&mut self) {
        let name = OsStr::new("PATH");
        let Some(path) = self.variables.get(name) else { return };
        let members = self.members(path);
        match std::env::join_paths(&members) {
            Ok(kept) if !members.is_empty() => self.variables.insert(name.into(), kept),
            _ => self.variables.remove(name),
        };
    }

    fn members(&self, path: &OsStr) -> Vec<PathBuf> {
        std::env::split_paths(path).filter(|member| self.keeps(member)).collect()
    }

    /// The rule is asked about the member as written and about where its links lead.
    fn keeps(&self, member: &Path) -> bool {
        let Some(folder) = self.folder.to_str() else { return false };
        let home = self.home.as_deref().and_then(Path::to_str);
        let passes =
            |path: &Path| path.to_str().is_some_and(|path| path_member_fault(path, folder, home).is_none());
        passes(member) && member.canonicalize().map_or(true, |real| passes(&real))
    }
}

fn why_withheld(name: &str) -> Option<WithheldWhy> {
    if loader_variable(name) {
        Some(WithheldWhy::Loader)
    } else if looks_like_credential(name) {
        Some(WithheldWhy::Credential)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(variables: &[(&str, &str)]) -> Surroundings {
        let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Surroundings { environment, folder: "/home/a/work".into(), home: Some("/home/a".into()) }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn shown(environment: Environment) -> Vec<String> {
        let line = |(name, value): (OsString, OsString)| format!("{}={}", name.display(), value.display());
        environment.into_variables().into_iter().map(line).collect()
    }

    #[test]
    fn declared_and_let_through_names_pass_whatever_they_are() {
        let around = around(&[
            ("A_TOKEN", "1"),
            ("B_TOKEN", "2"),
            ("C_TOKEN", "3"),
            ("NODE_OPTIONS", "-r x"),
            ("PYTHONPATH", "/p"),
            ("LANG", "C"),
            ("HTTPS_PROXY", "http://p"),
            ("NODE_EXTRA_CA_CERTS", "/c"),
            ("SSL_CERT_FILE", "/d"),
        ]);
        let (environment, withheld) =
            Environment::new(&around, &names(&["A_TOKEN", "PYTHONPATH"]), &names(&["B_TOKEN"]));
        let kept = shown(environment);
        assert_eq!(
            kept,
            [
                "A_TOKEN=1",
                "B_TOKEN=2",
                "HTTPS_PROXY=http://p",
                "LANG=C",
                "NODE_EXTRA_CA_CERTS=/c",
                "PYTHONPATH=/p",
                "SSL_CERT_FILE=/d",
            ]
        );
        assert_eq!(
            withheld,
            [
                Withheld { name: "C_TOKEN".into(), why: WithheldWhy::Credential },
                Withheld { name: "NODE_OPTIONS".into(), why: WithheldWhy::Loader },
            ]
        );
    }

    #[test]
    fn path_members_of_the_project_are_left_out() {
        let path = "/usr/bin:/home/a/work/node_modules/.bin:.:bin::/home/a/.local/bin";
        let (environment, _) = Environment::new(&around(&[("PATH", path)]), &names(&[]), &names(&[]));
        assert_eq!(shown(environment.clone()), ["PATH=/usr/bin:/home/a/.local/bin"]);
        assert_eq!(environment.search().len(), 2);
    }

    #[test]
    fn a_declared_path_is_passed_as_it_is_and_searched_without_the_project() {
        let (environment, _) =
            Environment::new(&around(&[("PATH", "./x:/usr/bin")]), &names(&["PATH"]), &names(&[]));
        assert_eq!(environment.search(), [PathBuf::from("/usr/bin")]);
        assert_eq!(shown(environment), ["PATH=./x:/usr/bin"]);
    }

    #[test]
    fn with_no_member_left_there_is_no_path() {
        let (environment, _) = Environment::new(&around(&[("PATH", ".:bin")]), &names(&[]), &names(&[]));
        assert_eq!(environment.search(), [PathBuf::from("/bin"), PathBuf::from("/usr/bin")]);
        assert!(shown(environment).is_empty());
    }

    #[test]
    fn env_changes_what_it_names() {
        let (mut environment, _) =
            Environment::new(&around(&[("A", "1"), ("B", "2")]), &names(&[]), &names(&[]));
        let mut command = EnvCommand { unset: vec!["A".into()], ..EnvCommand::default() };
        command.assignments.push(("C".into(), "3".into()));
        environment.apply(&command);
        assert_eq!(shown(environment.clone()), ["B=2", "C=3"]);
        environment.apply(&EnvCommand { ignores_environment: true, ..EnvCommand::default() });
        assert!(shown(environment).is_empty());
    }
}
