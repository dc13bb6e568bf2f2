//! `pinfold-manual FOLDER`: the manual pages of the three programs and of each of their verbs, from the same definitions
//! as `--help`.
//!
//! A program of its own, so that what is handed out does not carry the writer of its manual.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

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

/// One file `PROGRAM-VERB.1` for each verb, and one for each program. The folder must exist.
fn write_all(folder: &Path) -> io::Result<()> {
    let programs = [
        pinfold_cli::args::CommandLine::command(),
        pinfold_log::command_line(),
        pinfold_witness::command_line(),
    ];
    programs.into_iter().try_for_each(|program| clap_mangen::generate_to(program, folder))
}
