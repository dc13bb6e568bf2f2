//! What is measured, and how.

/// One part of the page that is measured by one command.
pub(super) struct Section {
    /// Its word on the command line, and in the page's marks.
    pub(super) name: &'static str,
    /// What it measures.
    pub(super) about: &'static str,
    /// The command, its words divided by blanks.
    pub(super) command: &'static str,
    /// Whether it is run only by name: it takes long, or installs much.
    pub(super) is_long: bool,
}

const fn quick(name: &'static str, about: &'static str, command: &'static str) -> Section {
    Section { name, about, command, is_long: false }
}

const fn long(name: &'static str, about: &'static str, command: &'static str) -> Section {
    Section { name, about, command, is_long: true }
}

/// All of them, in the order of the page.
pub(super) const SECTIONS: &[Section] = &[
    quick(
        "gate",
        "what the gate adds to calls, listings and starts",
        "cargo bench -p pinfold-tests --bench gate",
    ),
    quick(
        "answering",
        "from the start of the gate to its answers",
        "cargo bench -p pinfold-tests --bench answering",
    ),
    quick("json", "strict reading and framing", "cargo bench -p pinfold-core --bench strict_json"),
    quick("index", "an index of a million names", "cargo bench -p pinfold-core --bench index"),
    quick(
        "bundle",
        "verification of a bundle beside its signatures",
        "cargo bench -p pinfold-verifier --bench bundle",
    ),
    quick("verify", "`pinfold verify` as a process", "cargo bench -p pinfold-tests --bench verify_cold"),
    quick("log", "submissions to the log over HTTP", "cargo bench -p pinfold-log --bench submit"),
    quick(
        "admission",
        "the rules of entries beside their signatures",
        "cargo bench -p pinfold-core --bench admission",
    ),
    quick("noise", "what real updates ask of a person", "cargo xtask long noise"),
    long("log-kills", "SIGKILL of the log under load", "cargo xtask long log-kills 500"),
    long("log-faults", "a disk that fails at every call", "cargo xtask long log-faults"),
    long("log-tiles", "a log that grows at random, by its tiles", "cargo xtask long log-tiles"),
    long("sooner", "tools in a client's first request", "cargo xtask sooner 20"),
    long("honest", "servers that say other words each time", "cargo xtask honest-life"),
    long("clients", "what the model sees, in real clients", "cargo xtask clients"),
    long("idle", "memory of idle servers", "cargo xtask idle"),
    long("dist", "sizes of what is handed out", "cargo xtask dist"),
];
