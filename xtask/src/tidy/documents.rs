//! Documents say what is there: links lead somewhere, commands exist, claims of SECURITY.md name tests that exist.

use super::Finding;
use super::spec::tests;
use super::tree::Tree;

/// Words after `cargo` that come with cargo itself or that `.ci/run` installs.
const CARGO: &[&str] = &["bench", "build", "clippy", "deny", "doc", "fmt", "install", "run", "test", "xtask"];

/// The README's test command, which `.ci/run` runs as it stands there.
const TEST_COMMAND: &str = "cargo test --workspace --locked";

/// Findings for dead links, commands that do not exist, and proofs that are nowhere.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".md") {
        links(tree, path, text, &mut found);
        commands(tree, path, text, &mut found);
        files(tree, path, text, &mut found);
    }
    for path in ["README.md", ".ci/run"] {
        if !tree.text(path).unwrap_or_default().contains(TEST_COMMAND) {
            found.push(Finding::whole(path, format!("does not have the test command `{TEST_COMMAND}`")));
        }
    }
    proofs(tree, &mut found);
    own_cells(tree, &mut found);
    found
}

/// Relative links lead to files of the repository.
fn links(tree: &Tree, path: &str, text: &str, found: &mut Vec<Finding>) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|_| !fenced) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains(':') && !tree.has(&resolve(folder, file)) {
                found.push(Finding::at(path, at + 1, format!("links to {target}, which does not exist")));
            }
        }
    }
}

/// Files that are named in backquotes exist, seen from the root or from the document.
fn files(tree: &Tree, path: &str, text: &str, found: &mut Vec<Finding>) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_ours = |word: &str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
        plain
            && word.contains('/')
            && !word.starts_with('/')
            && [".rs", ".md", ".mjs"].iter().any(|end| word.ends_with(end))
    };
    for (at, line) in text.lines().enumerate() {
        for word in line.split('`').skip(1).step_by(2).filter(|word| is_ours(word)) {
            if !tree.has(&resolve("", word)) && !tree.has(&resolve(folder, word)) {
                found.push(Finding::at(path, at + 1, format!("names `{word}`, which does not exist")));
            }
        }
    }
}

fn resolve(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// In code, fenced or in backquotes, `cargo WORD`, `cargo xtask WORD` and `pinfold WORD` exist.
fn commands(tree: &Tree, path: &str, text: &str, found: &mut Vec<Finding>) {
    let aliases = tree.text(".cargo/config.toml").unwrap_or_default();
    let verbs = verbs(tree);
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let pieces: Vec<&str> =
            if fenced { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        for piece in pieces {
            let piece = piece.trim().trim_start_matches("$ ");
            let words: Vec<&str> = piece.split_whitespace().collect();
            let verb = match (words.first(), words.get(1)) {
                (Some(&"cargo"), Some(verb)) => verb,
                (Some(&"pinfold"), Some(verb)) => {
                    if is_word(verb) && !verbs.iter().any(|v| v == verb) {
                        found.push(Finding::at(path, at + 1, format!("`pinfold {verb}` does not exist")));
                    }
                    continue;
                }
                _ => continue,
            };
            let alias = aliases.lines().any(|l| l.split('=').next().is_some_and(|name| name.trim() == *verb));
            if !alias && !CARGO.contains(verb) {
                found.push(Finding::at(path, at + 1, format!("`cargo {verb}` does not exist")));
            }
            let named = words.get(2).filter(|_| *verb == "xtask");
            let unknown = |n: &&&str| !crate::COMMANDS.iter().any(|c| c.name == **n);
            if let Some(name) = named.filter(|n| is_word(n)).filter(unknown) {
                found.push(Finding::at(path, at + 1, format!("`cargo xtask {name}` does not exist")));
            }
        }
    }
}

/// Whether it is a command and not a placeholder or an option.
fn is_word(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
}

/// Under the headings `## Protected…` of SECURITY.md each item names tests: `(proof: one, another)`.
fn proofs(tree: &Tree, found: &mut Vec<Finding>) {
    const PAGE: &str = "SECURITY.md";
    let tests = tests(tree);
    let (mut claims, mut inside) = (Vec::<(usize, String)>::new(), false);
    for (at, line) in tree.text(PAGE).unwrap_or_default().lines().enumerate() {
        if line.starts_with('#') {
            inside = line.starts_with("## Protected");
        } else if inside && line.starts_with("- ") {
            claims.push((at + 1, line.to_owned()));
        } else if let Some((_, claim)) = claims.last_mut().filter(|_| inside) {
            claim.push(' ');
            claim.push_str(line.trim());
        }
    }
    if claims.is_empty() {
        found.push(Finding::whole(PAGE, "claims nothing under `## Protected`"));
    }
    for (at, claim) in claims {
        let names =
            claim.split_once("(proof: ").and_then(|(_, rest)| rest.split_once(')')).map(|(names, _)| names);
        for name in names.into_iter().flat_map(|n| n.split(',')).map(|n| n.trim().trim_matches('`')) {
            if !tests.contains(name) {
                found.push(Finding::at(PAGE, at, format!("names the test `{name}`, which is nowhere")));
            }
        }
        if names.is_none() {
            found.push(Finding::at(PAGE, at, "claims what no test shows"));
        }
    }
}

/// What docs/compare.md says of Pinfold names tests that exist: `(test: one, another)`, also over the end of a line.
fn own_cells(tree: &Tree, found: &mut Vec<Finding>) {
    const PAGE: &str = "docs/compare.md";
    let tests = tests(tree);
    let text = tree.text(PAGE).unwrap_or_default();
    for named in text.split("(test: ").skip(1) {
        let names = named.split_once(')').map_or(named, |(names, _)| names);
        for name in names.split(',').map(str::trim).filter(|name| !tests.contains(*name)) {
            found.push(Finding::whole(PAGE, format!("names the test `{name}`, which is nowhere")));
        }
    }
}

/// The verbs of `pinfold`, from the enum that its command line is made of.
fn verbs(tree: &Tree) -> Vec<String> {
    let text = tree.text("cli/src/args.rs").unwrap_or_default();
    let body = text
        .split_once("pub enum Command {")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .map_or("", |(b, _)| b);
    let variant = |line: &str| line.trim().split_once('(').map(|(name, _)| name.to_lowercase());
    body.lines().filter(|line| !line.trim().starts_with("//")).filter_map(variant).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    const README: &str =
        "```sh\ncargo demo\ncargo test --workspace --locked\n```\nSee [spec](spec/README.md#words).\n";
    const ALIAS: &str = "[alias]\ndemo = \"run\"\n";

    fn check(change: &[(&str, &str)]) -> Vec<String> {
        let whole = [
            ("README.md", README),
            (".cargo/config.toml", ALIAS),
            (".ci/run", "cargo test --workspace --locked"),
            ("spec/README.md", "[up](../README.md) and [out](https://example.org/x)"),
            ("SECURITY.md", "## Protected\n- It holds\n  (proof: `it_holds`).\n## Not\n- That."),
            ("t.rs", "#[test]\nfn it_holds() {}"),
            ("cli/src/args.rs", "pub enum Command {\n    /// Look\n    Status(StatusArgs),\n}\n"),
        ];
        Tree::found(super::check, &whole, change)
    }

    #[test]
    fn documents_that_say_what_is_there_pass() {
        assert_eq!(check(&[]), [""; 0]);
    }

    #[test]
    fn a_dead_link_is_found() {
        assert_eq!(
            check(&[("spec/README.md", "[up](../READ.md)")]),
            ["spec/README.md:1: links to ../READ.md, which does not exist"]
        );
    }

    #[test]
    fn a_file_that_does_not_exist_is_found() {
        assert_eq!(
            check(&[("spec/README.md", "`cli/src/args.rs`, `../README.md`, `~/x/y.md`, `*.rs`")]),
            [""; 0]
        );
        assert_eq!(check(&[("spec/README.md", "`cli/src/arg.rs`")]).len(), 1);
    }

    #[test]
    fn commands_that_do_not_exist_are_found() {
        assert_eq!(
            check(&[("CONTRIBUTING.md", "Run `cargo xtask tidy`, `cargo xtask NAME`, `cargo demo`.")]),
            [""; 0]
        );
        assert_eq!(check(&[("CONTRIBUTING.md", "Run `cargo xtask polish` or `cargo show`.")]).len(), 2);
        assert_eq!(check(&[("CONTRIBUTING.md", "`pinfold status x` and `pinfold --help`")]), [""; 0]);
        assert_eq!(check(&[("CONTRIBUTING.md", "```sh\npinfold doctor\n```")]).len(), 1);
    }

    #[test]
    fn a_ci_that_runs_another_test_command_is_found() {
        assert_eq!(check(&[(".ci/run", "cargo nextest run")]).len(), 1);
    }

    #[test]
    fn a_claim_that_names_no_test_of_ours_is_found() {
        assert_eq!(
            check(&[("SECURITY.md", "## Protected\n- It holds (proof: it_holds, it_held).")]).len(),
            1
        );
        assert_eq!(
            check(&[("SECURITY.md", "## Protected\n- It holds.\n- And it (proof: it_holds).")]).len(),
            1
        );
        assert_eq!(check(&[("SECURITY.md", "## Not\n- It (proof: it_holds).")]).len(), 1);
    }

    #[test]
    fn a_cell_of_ours_that_names_no_test_is_found() {
        assert_eq!(check(&[("docs/compare.md", "| all | (test: it_holds,\nit_holds) |")]), [""; 0]);
        assert_eq!(check(&[("docs/compare.md", "| all | (test: it_holds, it_held) |")]).len(), 1);
    }
}
