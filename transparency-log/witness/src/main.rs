//! The program `pinfold-witness`.

fn main() {}
