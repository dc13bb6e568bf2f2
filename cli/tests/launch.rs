//! Resolving launches among real files: which program an entry comes down to, and when it is another one.
//! Specified in `spec/launch.md`.
#![allow(clippy::unwrap_used)]

mod machine;

use std::fs;
use std::path::Path;

use machine::{Machine, NATIVE, argv, codes, entry, files};
use pinfold_cli::launch::{
    Entry, InterpreterStanding, MemoryDigests, PinnedStart, ResolveError, StartRefusal, check_again,
};
use pinfold_core::launch::Difference;
use pinfold_core::reason::ReasonCode;

#[test]
fn a_plain_binary_is_pinned_by_its_bytes() {
    let machine = Machine::new();
    let file = machine.program("bin/glab", NATIVE);
    let glab = entry(&["glab", "mcp", "serve"]);
    let approved = machine.resolve(&glab);
    assert_eq!(argv(&approved), [&*file, "mcp", "serve"]);
    assert_eq!(approved.exec.program, Path::new(&file));
    assert!(approved.launch.program[0].digest.is_some() && approved.interpreters.is_empty());
    assert_eq!(machine.same(&approved.launch, &glab).launch.digest(), approved.launch.digest());

    machine.program("bin/glab", "\u{7f}ELF another");
    assert_eq!(codes(&machine.changed(&approved.launch, &glab)), ["BINARY_CHANGED"]);
}

#[test]
fn a_launcher_is_run_through_its_interpreter_and_neither_is_in_the_launch() {
    let machine = Machine::new();
    let node = machine.program("node20/bin/node", NATIVE);
    machine.link("bin/node", "../node20/bin/node");
    let cli = machine.program("node20/lib/npx-cli.js", "#!/usr/bin/env node\n");
    machine.link("bin/npx", "../node20/lib/npx-cli.js");
    let npx = entry(&["npx", "-y", "@scope/server@1.2.3", "--root", "/data"]);
    let approved = machine.resolve(&npx);
    assert_eq!(approved.exec.program, Path::new(&node));
    // Called by the names under which they were found, as the system would.
    let called = [machine.at("bin/node"), machine.at("bin/npx")];
    assert_eq!(argv(&approved)[..2], called);
    assert_eq!(argv(&approved)[2..], ["-y", "@scope/server@1.2.3", "--root", "/data"]);
    assert_eq!(files(&approved), [&*cli, &*node]);
    assert!(approved.launch.program.iter().all(|file| file.digest.is_none()));
    let paths: Vec<_> = approved.interpreters.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(paths, [&*cli, &*node]);
    assert_eq!(approved.launch.folder, None);

    // Other bytes of an interpreter are one question for all servers, not a changed launch.
    machine.program("node20/bin/node", "\u{7f}ELF patched");
    let live = machine.same(&approved.launch, &npx);
    let before = approved.interpreters[1].digest;
    assert_eq!(live.interpreters[1].standing(Some(before)), InterpreterStanding::Changed);
    assert_eq!(
        live.interpreters[0].standing(Some(approved.interpreters[0].digest)),
        InterpreterStanding::Accepted
    );
}

#[test]
fn a_shebang_script_is_pinned_and_its_interpreter_run_directly() {
    let machine = Machine::new();
    let server = machine.program("tools/server", "#!/bin/sh -e\necho hi\n");
    let approved = machine.resolve(&entry(&[&server, "--stdio"]));
    assert_eq!(argv(&approved), ["/bin/sh", "-e", &*server, "--stdio"]);
    assert_eq!(approved.exec.program, Path::new("/bin/sh").canonicalize().unwrap());
    assert!(approved.launch.program[0].digest.is_some(), "the server's own file");
    assert!(approved.launch.program[1].digest.is_none(), "the shell is pinned once for all");

    machine.program("tools/server", "#!/bin/sh -e\necho other\n");
    assert_eq!(codes(&machine.changed(&approved.launch, &entry(&[&server, "--stdio"]))), ["BINARY_CHANGED"]);
}

#[test]
fn env_in_a_shebang_is_resolved_with_its_flags() {
    let machine = Machine::new();
    let node = machine.program("bin/node", NATIVE);
    let server = machine.program("bin/my-server", "#!/usr/bin/env -S A=1 node --no-warnings --title='a b'\n");
    let approved = machine.resolve(&entry(&["my-server", "x"]));
    assert_eq!(argv(&approved), [&*node, "--no-warnings", "--title=a b", &*server, "x"]);
    assert!(approved.exec.env.contains(&("A".into(), "1".into())));
    assert_eq!(files(&approved), [&*server, &*node]);
}

#[test]
fn env_as_the_command_is_resolved_and_not_run() {
    let mut machine = Machine::new();
    let node = machine.program("bin/node", NATIVE);
    machine.set("GONE", "1");
    let line = entry(&["env", "-u", "GONE", "API_KEY=s3cr3t", "MODE=stdio", "node", "/srv/index.js"]);
    let approved = machine.resolve(&line);
    assert_eq!(argv(&approved), [&*node, "/srv/index.js"]);
    assert!(approved.exec.env.contains(&("API_KEY".into(), "s3cr3t".into())));
    assert!(!approved.exec.env.iter().any(|(name, _)| name == "GONE"));
    assert_eq!(approved.launch.command, "env");
    assert!(!String::from_utf8(approved.launch.to_bytes()).unwrap().contains("s3cr3t"));

    let unknown = machine.refusal(&entry(&["env", "--chdir=/", "node", "x.js"]));
    assert!(matches!(unknown, ResolveError::Env(_)), "{unknown}");
    // A program of the project's own that is called `env` is not taken for the system's.
    let own = machine.program("work/env", NATIVE);
    assert_eq!(argv(&machine.resolve(&entry(&[".//env"]))), [&*own]);
    assert_eq!(argv(&machine.resolve(&entry(&["./env", "node"]))), [&*own, "node"]);
}

#[test]
fn a_virtual_environment_keeps_the_name_it_is_called_by() {
    let machine = Machine::new();
    let python = machine.program("usr/python3.12", NATIVE);
    machine.link("work/.venv/bin/python", "../../../usr/python3.12");
    let called = machine.at("work/.venv/bin/python");
    let approved = machine.resolve(&entry(&[&called, "-m", "server"]));
    assert_eq!(argv(&approved)[0], called, "Python finds its libraries by this name");
    assert_eq!(approved.exec.program, Path::new(&python));
    assert_eq!((approved.launch.program[0].path.as_str(), files(&approved)[0]), (&*called, &*python));
}

#[test]
fn the_pinned_file_runs_whatever_path_says() {
    let mut machine = Machine::new();
    let node = machine.program("bin/node", NATIVE);
    let server = entry(&["node", "/srv/index.js"]);
    let approved = machine.resolve(&server);
    let other = machine.program("other/node", "\u{7f}ELF another");
    machine.set("PATH", &format!("{}:/usr/bin", machine.at("other")));
    let live = machine.same(&approved.launch, &server);
    assert_eq!(live.exec.program, Path::new(&node));
    assert_eq!(live.launch.digest(), approved.launch.digest());
    let path_now = live.path_now.unwrap();
    assert_eq!((path_now.pinned, path_now.now), (node, other));
}

#[test]
fn a_vanished_interpreter_is_named_with_what_the_name_is_now() {
    let machine = Machine::new();
    // A version manager: the shim is a link into a folder with the version in its name.
    let old = machine.program("versions/1.0/bin/py", "#!/bin/sh\nexec python3 \"$@\"\n");
    machine.link("bin/py", "../versions/1.0/bin/py");
    let server = entry(&["py", "/srv/server.py"]);
    let approved = machine.resolve(&server);
    let patched = format!("{}# patched\n", fs::read_to_string(&old).unwrap());
    machine.program("versions/1.0/bin/py", &patched);
    let live = machine.same(&approved.launch, &server);
    assert_eq!(
        live.interpreters[0].standing(Some(approved.interpreters[0].digest)),
        InterpreterStanding::Changed
    );

    let new = machine.program("versions/1.1/bin/py", "#!/bin/sh\nexec python3 \"$@\"\n");
    machine.link("bin/py", "../versions/1.1/bin/py");
    fs::remove_file(&old).unwrap();
    let differences = machine.changed(&approved.launch, &server);
    assert_eq!(codes(&differences), ["LAUNCH_CHANGED"]);
    let said = differences[0].to_string();
    assert!(said.contains(&old) && said.contains(&new), "{said}");
    let PinnedStart::Changed { fresh, .. } = machine.start(&approved.launch, &server) else { panic!() };
    assert_eq!(files(&fresh.unwrap())[0], new);
}

#[test]
fn a_moved_link_runs_the_pinned_file_as_long_as_it_is_there() {
    let machine = Machine::new();
    let old = machine.program("versions/1.0/node", NATIVE);
    machine.link("bin/node", "../versions/1.0/node");
    let server = entry(&["node", "/srv/index.js"]);
    let approved = machine.resolve(&server);
    machine.program("versions/1.1/node", NATIVE);
    machine.link("bin/node", "../versions/1.1/node");
    let live = machine.same(&approved.launch, &server);
    assert_eq!(live.exec.program, Path::new(&old));
    assert_eq!(live.path_now.unwrap().now, machine.at("versions/1.1/node"));
}

#[test]
fn programs_of_the_project_are_not_found_by_name() {
    let mut machine = Machine::new();
    machine.program("work/node_modules/.bin/uvx", "#!/bin/sh\n");
    machine.program("work/uvx", "#!/bin/sh\n");
    let members =
        [machine.at("work/node_modules/.bin"), ".".to_owned(), String::new(), "/usr/bin".to_owned()];
    machine.set("PATH", &members.join(":"));
    let refusal = machine.refusal(&entry(&["uvx-that-is-nowhere", "x"]));
    assert!(matches!(refusal, ResolveError::NotFound(_)), "{refusal}");
    // A link elsewhere that leads into the project is no way around.
    machine.link("elsewhere", "work/node_modules/.bin");
    machine.set("PATH", &format!("{}:/usr/bin:/bin", machine.at("elsewhere")));
    let resolved = machine.resolve(&entry(&["sh", "-c", "true"]));
    let path = resolved.exec.env.iter().find(|(name, _)| name == "PATH").unwrap().1.clone();
    assert_eq!(path, "/usr/bin:/bin");
}

#[test]
fn a_relative_program_binds_the_folder() {
    let mut machine = Machine::new();
    machine.program("work/server", NATIVE);
    let local = entry(&["./server", "--stdio"]);
    let approved = machine.resolve(&local);
    assert_eq!(approved.launch.folder.as_deref(), machine.work.to_str());
    machine.same(&approved.launch, &local);

    machine.program("other/server", NATIVE);
    machine.work = machine.root().join("other");
    let differences = machine.changed(&approved.launch, &local);
    assert!(codes(&differences).iter().all(|code| *code == "LAUNCH_CHANGED"), "{differences:?}");
    assert!(differences.iter().any(|found| matches!(found.difference, Difference::Folder { .. })));
}

#[test]
fn a_relative_script_binds_the_folder_and_an_absolute_one_does_not() {
    let mut machine = Machine::new();
    machine.program("bin/node", NATIVE);
    fs::create_dir(machine.work.join("dist")).unwrap();
    fs::write(machine.work.join("dist/index.js"), "x").unwrap();
    let relative = entry(&["node", "dist/index.js"]);
    let approved = machine.resolve(&relative);
    assert_eq!(approved.launch.folder.as_deref(), machine.work.to_str());
    let absolute = entry(&["node", &machine.at("work/dist/index.js")]);
    let anywhere = machine.resolve(&absolute);
    assert_eq!(anywhere.launch.folder, None);

    machine.work = machine.root().join("home");
    assert_eq!(codes(&machine.changed(&approved.launch, &relative)), ["LAUNCH_CHANGED"]);
    machine.same(&anywhere.launch, &absolute);
}

#[test]
fn code_that_appears_in_the_folder_is_another_launch_and_data_is_not() {
    let mut machine = Machine::new();
    machine.program("bin/python3", NATIVE);
    let module = entry(&["python3", "-m", "calculator", "--db", "./notes.db"]);
    let approved = machine.resolve(&module);
    assert_eq!(approved.launch.folder, None);
    fs::write(machine.work.join("notes.db"), "made by the server").unwrap();
    machine.same(&approved.launch, &module);

    machine.work = machine.root().join("home");
    fs::write(machine.work.join("calculator.py"), "planted").unwrap();
    assert_eq!(codes(&machine.changed(&approved.launch, &module)), ["LAUNCH_CHANGED"]);
}

#[test]
fn a_pinned_folder_stays_pinned_when_its_file_is_removed() {
    let machine = Machine::new();
    machine.program("bin/node", NATIVE);
    let served = machine.work.join("data.json");
    fs::write(&served, "{}").unwrap();
    let server = entry(&["node", "/srv/index.js", "./data.json"]);
    let approved = machine.resolve(&server);
    assert!(approved.launch.folder.is_some());
    fs::remove_file(served).unwrap();
    machine.same(&approved.launch, &server);
}

#[test]
fn a_runner_that_reads_the_project_binds_the_folder() {
    let mut machine = Machine::new();
    machine.program("bin/npm", NATIVE);
    let run = entry(&["npm", "run", "start-stdio"]);
    assert_eq!(machine.resolve(&run).launch.folder, None, "there is no project");
    fs::write(machine.work.join("package.json"), "{}").unwrap();
    assert!(machine.resolve(&run).launch.folder.is_some());
    machine.work = machine.work.join("sub");
    fs::create_dir(&machine.work).unwrap();
    assert!(machine.resolve(&run).launch.folder.is_some(), "npm looks above");
}

#[test]
fn another_command_is_another_launch() {
    let machine = Machine::new();
    machine.program("bin/npx", NATIVE);
    machine.program("bin/bunx", NATIVE);
    let approved = machine.resolve(&entry(&["npx", "x"]));
    let differences = machine.changed(&approved.launch, &entry(&["bunx", "x"]));
    assert!(differences.iter().any(|found| matches!(found.difference, Difference::Command { .. })));
    assert!(codes(&differences).iter().all(|code| *code == "LAUNCH_CHANGED"));
}

#[test]
fn a_file_that_changes_before_the_start_is_not_started() {
    let machine = Machine::new();
    let mut cache = MemoryDigests::default();
    machine.program("bin/server", "#!/usr/bin/env node\n1");
    machine.program("bin/node", NATIVE);
    let resolved = machine.resolve(&entry(&["server"]));
    check_again(&resolved, &mut cache).unwrap();
    // The same bytes in another file are the same program.
    machine.program("bin/server", "#!/usr/bin/env node\n1");
    check_again(&resolved, &mut cache).unwrap();
    machine.program("bin/server", "#!/usr/bin/env node\n2");
    let refused = check_again(&resolved, &mut cache).unwrap_err();
    assert!(
        matches!(&refused, StartRefusal::Changed(found) if found.reason == ReasonCode::BinaryChanged),
        "{refused}"
    );

    machine.program("bin/server", "#!/usr/bin/env node\n1");
    machine.program("bin/node", "\u{7f}ELF another");
    assert!(matches!(check_again(&resolved, &mut cache), Err(StartRefusal::InterpreterChanged(_))));

    fs::remove_file(machine.at("bin/node")).unwrap();
    let refused = check_again(&resolved, &mut cache).unwrap_err();
    assert!(
        matches!(&refused, StartRefusal::Changed(found) if found.reason == ReasonCode::LaunchChanged),
        "{refused}"
    );
}

#[test]
fn a_link_that_is_moved_before_the_start_is_noticed() {
    let machine = Machine::new();
    machine.program("real/server", "#!/bin/sh\n1");
    machine.program("real/other", "#!/bin/sh\n2");
    machine.link("bin/server", "../real/server");
    let resolved = machine.resolve(&entry(&["server"]));
    machine.link("bin/server", "../real/other");
    assert!(check_again(&resolved, &mut MemoryDigests::default()).is_err());
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let machine = Machine::new();
    machine.program("bin/relative", "#!bin/sh\n");
    machine.program("bin/loop", "#!/usr/bin/env loop\n");
    fs::write(machine.root().join("bin/plain"), "x").unwrap();
    let refused = |line: &[&str]| machine.refusal(&entry(line)).to_string();
    assert!(refused(&["relative"]).contains("relative path"));
    assert!(refused(&["loop"]).contains("run each other"));
    assert!(refused(&[&machine.at("bin/plain")]).contains("not executable"));
    assert!(refused(&[&machine.at("bin")]).contains("not a file"));
    assert!(refused(&["cmd", "/c", "npx", "-y", "x"]).contains("not found"));
    assert!(refused(&["cd /x && nix-shell"]).contains("not found"));
    assert!(Entry::from_line(vec![], vec![]).is_err());
}

#[test]
fn what_was_resolved_starts_as_the_system_would_start_it() {
    let machine = Machine::new();
    machine.program(
        "real/hello",
        "#!/usr/bin/env -S GREETING=hi sh -e\nprintf '%s|%s|%s' \"$0\" \"$1\" \"$GREETING\"\n",
    );
    machine.link("bin/hello", "../real/hello");
    let exec = machine.resolve(&entry(&["hello", "a b"])).exec;
    let mut command = std::process::Command::new(&exec.program);
    std::os::unix::process::CommandExt::arg0(&mut command, &exec.argv[0]);
    command.args(&exec.argv[1..]).env_clear().envs(exec.env).current_dir(&exec.folder);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{}|a b|hi", machine.at("bin/hello")));
}
