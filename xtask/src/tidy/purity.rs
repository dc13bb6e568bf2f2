//! What `core`, `clients`, `verifier` and `gate` may not name. `clippy.toml` in each of them says the same to the compiler; this
//! rule does not depend on what an attribute allows.

use super::Finding;
use super::code::{code_only, test_modules, without_tests};
use super::paths::{Named, named};
use super::tree::Tree;

/// A crate with what it does not know of.
struct Fence {
    folder: &'static str,
    /// Paths that may not be named, with what they stand for.
    paths: &'static [(&'static str, &'static str)],
    /// Words that may not be part of any path.
    words: &'static [(&'static str, &'static str)],
    exceptions: &'static [Exception],
}

/// A file that may name some of what its crate may not.
struct Exception {
    file: &'static str,
    names: &'static [&'static str],
    reason: &'static str,
}

const ASYNC: [(&str, &str); 5] =
    [("async", "async"), ("await", "async"), ("tokio", "async"), ("futures", "async"), ("smol", "async")];

const PURE_PATHS: &[(&str, &str)] = &[
    ("std::env", "the environment"),
    ("std::fs", "files"),
    ("std::os", "descriptors, sockets and processes"),
    ("std::process", "processes"),
    ("std::thread", "threads"),
    ("std::io::stdin", "streams"),
    ("std::io::stdout", "streams"),
    ("std::io::stderr", "streams"),
    ("print!", "streams"),
    ("println!", "streams"),
    ("eprint!", "streams"),
    ("eprintln!", "streams"),
    ("env!", "the environment of the build"),
    ("option_env!", "the environment of the build"),
];

const PURE_WORDS: &[(&str, &str)] = &[
    ASYNC[0],
    ASYNC[1],
    ASYNC[2],
    ASYNC[3],
    ASYNC[4],
    // Not all of std::net: the addresses in it are arithmetic.
    ("TcpListener", "sockets"),
    ("TcpStream", "sockets"),
    ("ToSocketAddrs", "sockets"),
    ("UdpSocket", "sockets"),
    ("SystemTime", "a clock"),
    ("Instant", "a clock"),
    ("getrandom", "randomness"),
    ("rand", "randomness"),
    ("RandomState", "randomness"),
    ("libc", "the system"),
    ("rustix", "the system"),
    ("jiff", "a clock"),
];

const FENCES: &[Fence] = &[
    Fence { folder: "core", paths: PURE_PATHS, words: PURE_WORDS, exceptions: &[] },
    Fence { folder: "clients", paths: PURE_PATHS, words: PURE_WORDS, exceptions: &[] },
    Fence { folder: "verifier", paths: PURE_PATHS, words: PURE_WORDS, exceptions: &[] },
    Fence {
        folder: "gate",
        paths: &[
            ("std::fs", "the disk"),
            ("std::os::unix::fs", "the disk"),
            ("rustix::fs", "the disk"),
            ("rusqlite", "the disk"),
            ("std::env::var", "the environment"),
            ("std::env::var_os", "the environment"),
            ("std::env::vars", "the environment"),
            ("std::env::vars_os", "the environment"),
            ("rustix::termios", "the terminal"),
            ("std::io::IsTerminal", "the terminal"),
            ("print!", "the terminal"),
            ("println!", "the terminal"),
            ("eprint!", "the terminal"),
            ("eprintln!", "the terminal"),
        ],
        words: &ASYNC,
        exceptions: &[
            Exception {
                file: "gate/src/guardian.rs",
                names: &["eprintln!"],
                reason: "a guardian that is called by hand is a program of its own, and says so to whoever called it",
            },
            Exception {
                file: "gate/src/guardian/keeper.rs",
                names: &["rustix::fs::stat"],
                reason: "compares two running programs by /proc",
            },
            Exception {
                file: "gate/src/guardian/process_tree.rs",
                names: &["std::fs", "fs::read", "fs::read_dir"],
                reason: "reads /proc, the table of processes",
            },
            Exception {
                file: "gate/src/pump/supervisor.rs",
                names: &["std::fs::File", "File::from"],
                reason: "the end of a pipe as something to read and write; it opens nothing",
            },
        ],
    },
];

/// Findings for every forbidden name in the sources of the fenced crates, tests left out.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for fence in FENCES {
        let tests = files_of_tests(tree, fence.folder);
        let sources = format!("{}/src/", fence.folder);
        for (path, text) in tree.ending(".rs").filter(|(path, _)| path.starts_with(&sources)) {
            if !tests.iter().any(|t| path == format!("{t}.rs") || path.starts_with(&format!("{t}/"))) {
                check_file(fence, path, text, &mut found);
            }
        }
        let script = format!("{}/build.rs", fence.folder);
        if tree.has(&script) {
            found.push(Finding::whole(&script, "a build script can read and run anything"));
        }
        for exception in fence.exceptions.iter().filter(|e| tree.has(&sources) && !tree.has(e.file)) {
            let message = format!("is excepted because it {}, and does not exist", exception.reason);
            found.push(Finding::whole(exception.file, message));
        }
    }
    found
}

fn check_file(fence: &Fence, path: &str, text: &str, found: &mut Vec<Finding>) {
    let code = without_tests(&code_only(text));
    let exception = fence.exceptions.iter().find(|e| e.file == path);
    let mut used = Vec::new();
    for name in named(&code) {
        let spelled = name.segments.join("::");
        // Where `std::fs` or `File` was brought in, what is taken from it counts too.
        let in_short =
            exception.is_some() && name.segments.len() > 1 && (name.is_in("fs") || name.is_in("File"));
        let Some(what) = forbidden(fence, &name).or(in_short.then_some("the disk")) else { continue };
        if exception.is_some_and(|e| e.names.contains(&spelled.as_str())) {
            used.push(spelled);
        } else {
            found.push(Finding::at(
                path,
                name.line,
                format!("names `{spelled}`: {} stays away from {what}", fence.folder),
            ));
        }
    }
    for name in exception.iter().flat_map(|e| e.names).filter(|name| !used.iter().any(|u| u == *name)) {
        found.push(Finding::whole(path, format!("does not need its exception for `{name}`")));
    }
}

fn forbidden(fence: &Fence, name: &Named) -> Option<&'static str> {
    let whole_std = name.is_in("std") && (name.segments.len() == 1 || name.segments[1] == "*");
    if whole_std {
        return Some("all of std at once");
    }
    let by_path = fence.paths.iter().find(|(start, _)| name.is_in(start));
    let by_word = || fence.words.iter().find(|(word, _)| name.segments.iter().any(|s| s == word));
    by_path.or_else(by_word).map(|(_, what)| *what)
}

/// The files (without `.rs`) of modules that only tests see.
fn files_of_tests(tree: &Tree, folder: &str) -> Vec<String> {
    let sources = format!("{folder}/src/");
    let mut stems = Vec::new();
    for (path, text) in tree.ending(".rs").filter(|(path, _)| path.starts_with(&sources)) {
        let (parent, file) = path.rsplit_once('/').unwrap_or(("", path));
        let below = match file {
            "lib.rs" | "main.rs" | "mod.rs" => parent.to_owned(),
            _ => path.trim_end_matches(".rs").to_owned(),
        };
        stems.extend(test_modules(&code_only(text)).into_iter().map(|name| format!("{below}/{name}")));
    }
    stems
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::check;

    fn lines(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn files_clocks_and_async_in_core_are_found_however_they_are_spelled() {
        let bad = "use std::{fmt, fs as disk, net::TcpStream};\nfn f() { let t = std::time::Instant::now(); }\nasync fn g() {}\nuse std as s;\nfn h() { println!(); }\n";
        let found = lines(&[("core/src/lib.rs", bad)]);
        assert_eq!(found.len(), 6, "{found:?}");
        assert!(found[0].starts_with("core/src/lib.rs:1: names `std::fs`"), "{found:?}");
        assert!(found[2].starts_with("core/src/lib.rs:2:"), "{found:?}");
    }

    #[test]
    fn tests_of_core_may_read_vectors_and_words_in_comments_are_no_names() {
        let good = "// std::fs is not named here\n#[cfg(test)]\nmod vectors;\n#[cfg(test)]\nmod t { use std::fs; }\n";
        let read = "use std::fs;\n";
        assert_eq!(lines(&[("core/src/json.rs", good), ("core/src/json/vectors.rs", read)]), [""; 0]);
        assert_eq!(
            lines(&[("core/src/json.rs", "mod vectors;"), ("core/src/json/vectors.rs", read)]).len(),
            1
        );
    }

    #[test]
    fn the_gate_may_wait_and_start_but_not_read_files_or_print() {
        let good = "use std::time::Instant; use std::process::Command; use std::thread;";
        assert_eq!(of_gate("pump.rs", good), [""; 0]);
        let bad = "fn f() { std::fs::write(a, b); eprintln!(); x.await; rustix::fs::open(); }";
        assert_eq!(of_gate("pump.rs", bad).len(), 4);
    }

    #[test]
    fn an_excepted_file_names_what_is_listed_and_nothing_else() {
        let good = "use std::fs;\nfn f() { fs::read_dir(p); fs::read(q); }";
        assert_eq!(of_gate("guardian/process_tree.rs", good), [""; 0]);
        assert_eq!(
            of_gate("guardian/process_tree.rs", &good.replace("fs::read(q)", "fs::write(q)")).len(),
            2
        );
        assert_eq!(
            of_gate("pump/supervisor.rs", "use std::fs::File; fn f() { File::from(x); File::open(y); }")
                .len(),
            1
        );
    }

    /// Findings in one file of the gate, whose other excepted files are left empty.
    fn of_gate(file: &str, text: &str) -> Vec<String> {
        let fence = super::FENCES.iter().find(|f| f.folder == "gate").unwrap();
        let path = format!("gate/src/{file}");
        let mut files = vec![(path.as_str(), text)];
        files.extend(fence.exceptions.iter().map(|e| (e.file, "")).filter(|(other, _)| *other != path));
        lines(&files).into_iter().filter(|line| line.starts_with(&path)).collect()
    }

    #[test]
    fn a_build_script_in_a_fenced_crate_is_found() {
        assert_eq!(lines(&[("verifier/build.rs", "fn main() {}")]).len(), 1);
    }
}
