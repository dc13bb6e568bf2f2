//! The program `pinfold-witness`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pinfold_witness::run(std::env::args_os().collect())
}
