//! Workflows: each action is named by a commit, each job says what its token may do, and no secret is read.

use super::Finding;
use super::tree::Tree;

/// Findings for actions that a tag names, which others can move, for tokens with the rights of whoever set up the
/// repository, and for secrets.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let workflows = tree.ending(".yml").filter(|(path, _)| path.starts_with(".github/workflows/"));
    for (path, text) in workflows {
        if !text.lines().any(|line| line.trim_end() == "permissions: {}") {
            found.push(Finding::whole(path, "does not take all rights from its jobs: `permissions: {}`"));
        }
        for (at, line) in text.lines().enumerate() {
            if let Some((_, action)) = line.split_once("uses:")
                && !is_commit(action)
            {
                found.push(Finding::at(path, at + 1, "names an action by something else than a commit"));
            }
            if line.contains("secrets.") {
                found.push(Finding::at(path, at + 1, "reads a secret"));
            }
        }
    }
    found
}

/// `owner/name@` and 40 hexadecimal digits, then nothing but a comment.
fn is_commit(action: &str) -> bool {
    let action = action.split_once(" #").map_or(action, |(action, _)| action).trim();
    let commit = action.split_once('@').map(|(_, commit)| commit);
    commit.is_some_and(|commit| commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::check;

    fn count(text: &str) -> usize {
        check(&Tree::of(&[(".github/workflows/a.yml", text), ("b.yml", "uses: a/b@v1")])).len()
    }

    #[test]
    fn a_workflow_that_leaves_something_open_is_found() {
        let commit = "11bd71901bbe5b1630ceea73d27597364c9af683";
        assert_eq!(count(&format!("permissions: {{}}\n- uses: a/b@{commit} # v4\n")), 0);
        assert_eq!(count("permissions: {}\n- uses: a/b@v4\n"), 1);
        assert_eq!(count("permissions: {}\n- uses: ./here\n"), 1);
        assert_eq!(count("permissions: {}\n  x: ${{ secrets.TOKEN }}\n"), 1);
        assert_eq!(count("jobs:\n"), 1);
    }
}
