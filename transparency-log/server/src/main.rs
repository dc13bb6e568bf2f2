//! The program `pinfold-log`.

fn main() {}
