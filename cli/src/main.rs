//! The program `pinfold`; everything is in the library beside it.

fn main() -> std::process::ExitCode {
    pinfold_cli::run(std::env::args_os())
}
