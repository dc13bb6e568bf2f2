//! The program `pinfold-log`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pinfold_log::run(std::env::args_os().collect())
}
