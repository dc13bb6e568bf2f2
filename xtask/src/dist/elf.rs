//! What a program asks of the machine that it will run on, read from the program.

use object::Endianness;
use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader as _};

/// Libraries that every Linux with glibc has; the list of PEP 600, as far as it can concern us.
const EVERYWHERE: &[&str] = &[
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
];

/// What must be there for a program to start.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing but the kernel.
    Nothing,
    /// glibc of at least this version.
    Glibc(u32, u32),
}

impl Needs {
    /// The platforms of a wheel with such a program (PEP 600, PEP 656).
    pub(super) fn wheel_platforms(&self, machine: &str) -> Vec<String> {
        match self {
            // The oldest that installers know: nothing of the system's libraries is used.
            Needs::Nothing => vec![format!("manylinux_2_17_{machine}"), format!("musllinux_1_1_{machine}")],
            Needs::Glibc(major, minor) => vec![format!("manylinux_{major}_{minor}_{machine}")],
        }
    }
}

/// Reads a program's needs.
///
/// # Errors
/// When it is no 64-bit ELF file, or asks for a library that not every Linux has.
pub(super) fn needs(program: &[u8]) -> Result<Needs, String> {
    let read = || -> object::Result<(Vec<String>, Vec<String>)> {
        let header = FileHeader64::<Endianness>::parse(program)?;
        let endian = header.endian()?;
        let sections = header.sections(endian, program)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (mut libraries, mut versions) = (Vec::new(), Vec::new());
        if let Some((entries, link)) = sections.dynamic(endian, program)? {
            let strings = sections.strings(endian, program, link)?;
            for entry in entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED) {
                libraries.push(text(entry.string(endian, strings)?));
            }
        }
        if let Some((mut of_files, link)) = sections.gnu_verneed(endian, program)? {
            let strings = sections.strings(endian, program, link)?;
            while let Some((_, mut needed)) = of_files.next()? {
                while let Some(one) = needed.next()? {
                    versions.push(text(one.name(endian, strings)?));
                }
            }
        }
        Ok((libraries, versions))
    };
    let (libraries, versions) = read().map_err(|e| format!("it is no program of Linux: {e}"))?;
    if let Some(strange) = libraries.iter().find(|library| !EVERYWHERE.contains(&library.as_str())) {
        return Err(format!("it needs {strange}, which not every Linux has"));
    }
    if libraries.is_empty() {
        return Ok(Needs::Nothing);
    }
    let newest = versions.iter().filter_map(|version| glibc(version)).max();
    newest
        .map(|(major, minor)| Needs::Glibc(major, minor))
        .ok_or_else(|| "it names no version of glibc".to_owned())
}

/// `GLIBC_2.34`, as a pair.
fn glibc(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("GLIBC_")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Needs, glibc, needs};

    #[test]
    fn a_program_of_this_machine_needs_its_glibc_or_an_older_one() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let Needs::Glibc(2, minor) = needs(&own).unwrap() else { panic!("tests are linked to glibc") };
        assert!((17..100).contains(&minor), "{minor}");
        let platforms = Needs::Glibc(2, minor).wheel_platforms("x86_64");
        assert_eq!(platforms, [format!("manylinux_2_{minor}_x86_64")]);
    }

    #[test]
    fn a_static_program_needs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (source, program) = (folder.path().join("a.c"), folder.path().join("a"));
        std::fs::write(&source, "int main(void) { return 0; }").unwrap();
        let made =
            std::process::Command::new("cc").arg("-static").arg(&source).arg("-o").arg(&program).status();
        if !made.is_ok_and(|status| status.success()) {
            return pinfold_tests::absent("cc -static", "a C compiler with a static libc");
        }
        assert_eq!(needs(&std::fs::read(program).unwrap()).unwrap(), Needs::Nothing);
        assert_eq!(Needs::Nothing.wheel_platforms("x86_64").len(), 2);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(needs(b"#!/bin/sh\nexec pinfold\n").is_err());
    }

    #[test]
    fn versions_are_numbers() {
        assert!(glibc("GLIBC_2.9") < glibc("GLIBC_2.34"));
        assert_eq!(
            (glibc("GLIBC_2.3.4"), glibc("GCC_3.0"), glibc("GLIBC_PRIVATE")),
            (Some((2, 3)), None, None)
        );
    }
}
