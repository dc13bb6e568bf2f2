//! Limits of a launch. The largest real values are those of 147 entries that start a program, in 62 configuration files
//! of real clients.

/// Bytes of the command as written. Largest real one: 79, a path with a user's name in it.
pub const MAX_COMMAND_BYTES: usize = 4_096;

/// Arguments of one launch. Largest real number: 14.
pub const MAX_ARGUMENTS: usize = 1_024;

/// Bytes of one argument; Linux passes at most 131,071. Largest real one: 210, a line for `bash -c`.
pub const MAX_ARGUMENT_BYTES: usize = 65_536;

/// Variables that one entry declares, and as many that a person let through. Largest real number: 8.
pub const MAX_VARIABLES: usize = 256;

/// Bytes of a variable's name. Largest real one: 28.
pub const MAX_VARIABLE_NAME_BYTES: usize = 256;

/// Bytes of a path; Linux resolves at most 4,095. Largest real one: 98.
pub const MAX_PATH_BYTES: usize = 4_096;

/// Files of one program: scripts that run scripts, and the binary at the end. Largest real number: 3 (a version
/// manager's shim); Linux follows 4 scripts.
pub const MAX_PROGRAM_FILES: usize = 6;

/// Bytes of a `#!` line that Linux reads. Largest one in `/usr/bin` of a Linux system: 23.
pub const MAX_SHEBANG_BYTES: usize = 255;

/// Words of an argument of `env -S`. Real ones have 2 to 4.
pub const MAX_ENV_WORDS: usize = 64;
