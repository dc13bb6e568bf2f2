//! Which members of `PATH` a server is given and its program is looked up in.

/// Why a member of `PATH` is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMemberFault {
    /// It is relative or empty, so that it means another folder in every project.
    Relative,
    /// It lies in the working folder, whose owner is whoever wrote the project.
    UnderFolder,
}

/// Why a member of `PATH` is left out; `None` if it stays.
///
/// `folder` is the working folder and `home` the account's home folder, both absolute. A working folder that holds the
/// home folder (`/`, which some clients start servers in) or is it says nothing about a project, so nothing is under it.
/// Symbolic links are not followed here: the caller asks for the member as written and for its real path.
pub fn path_member_fault(member: &str, folder: &str, home: Option<&str>) -> Option<PathMemberFault> {
    if !member.starts_with('/') {
        return Some(PathMemberFault::Relative);
    }
    let is_project = folder != "/" && !home.is_some_and(|home| is_inside(home, folder));
    (is_project && is_inside(member, folder)).then_some(PathMemberFault::UnderFolder)
}

/// Whether a path is a folder or lies in it, part by part; `.` and repeated slashes are nothing, `..` is not resolved.
fn is_inside(path: &str, folder: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        text.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    parts(path).starts_with(&parts(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_project_go() {
        let fault = |member| path_member_fault(member, "/home/a/work", Some("/home/a"));
        assert_eq!(fault("/usr/bin"), None);
        assert_eq!(fault("/home/a/.local/bin"), None);
        assert_eq!(fault("/home/a/workshop/bin"), None);
        for relative in ["", ".", "bin", "./node_modules/.bin", "~/bin"] {
            assert_eq!(fault(relative), Some(PathMemberFault::Relative), "{relative:?}");
        }
        for inside in ["/home/a/work", "/home/a/work/", "/home//a/./work/node_modules/.bin"] {
            assert_eq!(fault(inside), Some(PathMemberFault::UnderFolder), "{inside:?}");
        }
    }

    #[test]
    fn a_folder_that_holds_the_home_is_no_project() {
        for folder in ["/", "/home", "/home/a", "/home/a/"] {
            assert_eq!(path_member_fault("/home/a/.local/bin", folder, Some("/home/a")), None, "{folder}");
        }
        assert_eq!(path_member_fault("/srv/x/bin", "/srv/x", None), Some(PathMemberFault::UnderFolder));
        assert_eq!(path_member_fault("bin", "/", None), Some(PathMemberFault::Relative));
    }
}
