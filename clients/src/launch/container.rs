//! Containers.

use super::Words;
use super::options::Options;
use super::package::{PackageLaunch, Registry, VersionSpec};

const PROGRAMS: &[&str] = &["docker", "docker-compose", "nerdctl", "podman", "podman-compose"];

/// Options before the word that says what to do.
pub(super) const GLOBAL: Options = Options {
    with_value: &["--config", "--connection", "--context", "--host", "--log-level", "-H", "-c", "-l"],
    source: &[],
    joins_letters: true,
};

pub(super) const RUN: Options = Options {
    with_value: &[
        "--add-host",
        "--annotation",
        "--arch",
        "--attach",
        "--authfile",
        "--blkio-weight",
        "--blkio-weight-device",
        "--cap-add",
        "--cap-drop",
        "--cert-dir",
        "--cgroup-conf",
        "--cgroup-parent",
        "--cgroupns",
        "--cgroups",
        "--chrootdirs",
        "--cidfile",
        "--conmon-pidfile",
        "--cpu-count",
        "--cpu-percent",
        "--cpu-period",
        "--cpu-quota",
        "--cpu-rt-period",
        "--cpu-rt-runtime",
        "--cpu-shares",
        "--cpus",
        "--cpuset-cpus",
        "--cpuset-mems",
        "--creds",
        "--decryption-key",
        "--detach-keys",
        "--device",
        "--device-cgroup-rule",
        "--device-read-bps",
        "--device-read-iops",
        "--device-write-bps",
        "--device-write-iops",
        "--dns",
        "--dns-opt",
        "--dns-option",
        "--dns-search",
        "--domainname",
        "--entrypoint",
        "--env",
        "--env-file",
        "--env-merge",
        "--expose",
        "--gidmap",
        "--gpus",
        "--group-add",
        "--group-entry",
        "--health-cmd",
        "--health-interval",
        "--health-log-destination",
        "--health-max-log-count",
        "--health-max-log-size",
        "--health-on-failure",
        "--health-retries",
        "--health-start-interval",
        "--health-start-period",
        "--health-startup-cmd",
        "--health-startup-interval",
        "--health-startup-retries",
        "--health-startup-success",
        "--health-startup-timeout",
        "--health-timeout",
        "--hostname",
        "--hosts-file",
        "--hostuser",
        "--image-volume",
        "--init-ctr",
        "--init-path",
        "--io-maxbandwidth",
        "--io-maxiops",
        "--ip",
        "--ip6",
        "--ipc",
        "--ipfs-address",
        "--isolation",
        "--kernel-memory",
        "--label",
        "--label-file",
        "--link",
        "--link-local-ip",
        "--log-driver",
        "--log-opt",
        "--mac-address",
        "--memory",
        "--memory-reservation",
        "--memory-swap",
        "--memory-swappiness",
        "--mount",
        "--name",
        "--net",
        "--net-alias",
        "--network",
        "--network-alias",
        "--oom-score-adj",
        "--os",
        "--passwd-entry",
        "--personality",
        "--pid",
        "--pidfile",
        "--pids-limit",
        "--platform",
        "--pod",
        "--pod-id-file",
        "--preserve-fd",
        "--preserve-fds",
        "--publish",
        "--pull",
        "--rdt-class",
        "--requires",
        "--restart",
        "--retry",
        "--retry-delay",
        "--runtime",
        "--sdnotify",
        "--seccomp-policy",
        "--secret",
        "--security-opt",
        "--shm-size",
        "--shm-size-systemd",
        "--stop-signal",
        "--stop-timeout",
        "--storage-opt",
        "--subgidname",
        "--subuidname",
        "--sysctl",
        "--systemd",
        "--timeout",
        "--tmpfs",
        "--tz",
        "--uidmap",
        "--ulimit",
        "--umask",
        "--unsetenv",
        "--user",
        "--userns",
        "--uts",
        "--variant",
        "--volume",
        "--volume-driver",
        "--volumes-from",
        "--workdir",
        "-a",
        "-c",
        "-e",
        "-h",
        "-l",
        "-m",
        "-p",
        "-u",
        "-v",
        "-w",
    ],
    source: &[],
    joins_letters: true,
};

/// Whether a program starts containers.
pub(super) fn is_one(program: &str) -> bool {
    PROGRAMS.contains(&program)
}

/// The image of `docker run`; other commands of the program name none.
pub(super) fn image(words: &Words<'_>) -> Option<PackageLaunch> {
    if !is_one(&words.program) {
        return None;
    }
    let (mut at, mut word) = GLOBAL.walk(words.args, 0).word?;
    if word == "container" {
        at += 1;
        word = words.args.get(at)?;
    }
    if word != "run" {
        return None;
    }
    let (_, image) = RUN.walk(words.args, at + 1).word?;
    let (name, version) = split(image);
    Some(PackageLaunch {
        registry: Registry::Container,
        name,
        version,
        is_runner: false,
        is_local_only: false,
    })
}

/// `host:port/name:tag`, `name@sha256:…`
fn split(image: &str) -> (String, VersionSpec) {
    if let Some((name, digest)) = image.split_once('@') {
        return (name.to_owned(), VersionSpec::Digest(digest.to_owned()));
    }
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name.to_owned(), VersionSpec::Tag(tag.to_owned())),
        _ => (image.to_owned(), VersionSpec::Unsaid),
    }
}
