//! The platforms, by everybody's names for them.

/// A platform that the programs are built for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Platform {
    /// As rustc names it.
    pub(super) target: &'static str,
    /// As Linux and Python name the machine.
    pub(super) machine: &'static str,
    /// As Node names it.
    pub(super) node_cpu: &'static str,
}

/// What Pinfold runs on. Other systems have neither its guardian nor its terminal checks.
pub(super) const PLATFORMS: &[Platform] = &[
    Platform { target: "x86_64-unknown-linux-gnu", machine: "x86_64", node_cpu: "x64" },
    Platform { target: "aarch64-unknown-linux-gnu", machine: "aarch64", node_cpu: "arm64" },
];

/// The one of this machine.
///
/// # Errors
/// On a machine that is none of them.
pub(super) fn here() -> Result<&'static Platform, String> {
    let is_here = |platform: &&Platform| platform.machine == std::env::consts::ARCH;
    let found = PLATFORMS.iter().find(is_here).filter(|_| cfg!(all(target_os = "linux", target_env = "gnu")));
    found.ok_or_else(|| "packages are built on Linux with glibc, for x86-64 or 64-bit ARM".to_owned())
}
