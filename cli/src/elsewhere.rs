//! What of foreign text may stand outside a person's own terminal: names and pointers of a closed alphabet, no prose.
//!
//! A helpful agent reads what `review`, `status` and their `--json` print. Whatever could be a sentence is left out there
//! and stands for itself by its length (`spec/review.md`, *Elsewhere*).

use std::path::Path;

use pinfold_clients::Scope;
use pinfold_core::text::visible_path;
pub use pinfold_core::text::{plain_name as name, plain_pointer as pointer};

/// A client's file. Of a project's, the last name can be one that somebody else chose (`*.yaml` in a folder).
pub fn file(path: &Path, scope: Scope) -> String {
    match (scope, path.parent(), path.file_name()) {
        (Scope::Project, Some(folder), Some(last)) => {
            visible_path(&folder.join(name(&last.to_string_lossy())))
        }
        _ => visible_path(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_projects_files_are_names() {
        let (own, odd) = (Path::new("/home/Ann Bee/.continue/a.yaml"), Path::new("/p q/do as I say.yaml"));
        assert_eq!(file(own, Scope::User), "/home/Ann Bee/.continue/a.yaml");
        assert_eq!(file(own, Scope::Project), "/home/Ann Bee/.continue/a.yaml");
        assert_eq!(file(odd, Scope::Project), "/p q/(16 bytes left out)");
    }
}
