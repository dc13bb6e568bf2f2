//! `pinfold-manual FOLDER`: the manual pages of the three programs and of each of their verbs, from the same definitions
//! as `--help`.
//!
//! A program of its own, so that what is handed out does not carry the writer of its manual.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        eprintln!("usage: pinfold-manual FOLDER");
        return ExitCode::from(2);
    };
    match write_all(Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: the manual pages could not be written: {why}");
            ExitCode::from(3)
        }
    }
}

/// One file for each program and for each verb, below `man1` and `man8`. `pinfold log` is a verb for users and
/// `pinfold-log` a program for operators: their pages have one name, and the section tells them apart.
fn write_all(folder: &Path) -> io::Result<()> {
    for (section, program) in [
        ("1", pinfold_cli::args::CommandLine::command()),
        ("8", pinfold_log::command_line()),
        ("8", pinfold_witness::command_line()),
    ] {
        let folder = folder.join(format!("man{section}"));
        std::fs::create_dir_all(&folder)?;
        let version = format!("Pinfold {}", program.get_version().unwrap_or_default());
        let mut program = program.disable_help_subcommand(true);
        program.build();
        write(program, section, &version, &folder)?;
    }
    Ok(())
}

fn write(command: clap::Command, section: &str, version: &str, folder: &Path) -> io::Result<()> {
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        write(verb.clone(), section, version, folder)?;
    }
    let page = Man::new(command).section(section).source(version).manual("Pinfold");
    let file = folder.join(page.get_filename());
    if file.exists() {
        return Err(io::Error::other(format!("two pages want to be {}", file.display())));
    }
    let mut text = Vec::new();
    page.render(&mut text)?;
    // Examples keep their lines; the next heading ends it.
    let text = String::from_utf8_lossy(&text).replace("\n.SH EXTRA\n", "\n.SH EXAMPLES AND NOTES\n.nf\n");
    std::fs::write(file, text)
}
