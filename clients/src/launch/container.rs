//! Containers.

use super::Words;
use super::options::Options;
use super::package::{PackageLaunch, Registry, VersionSpec};

const PROGRAMS: &[&str] = &["docker", "docker-compose", "nerdctl", "podman", "podman-compose"];

/// Options before the word that says what to do.
const GLOBAL: Options = Options {
    with_value: &["--config", "--connection", "--context", "--host", "--log-level", "-H", "-c", "-l"],
    source: &[],
};

const RUN: Options = Options {
    with_value: &[
        "--add-host",
        "--annotation",
        "--attach",
        "--blkio-weight",
        "--cap-add",
        "--cap-drop",
        "--cgroup-parent",
        "--cgroupns",
        "--cidfile",
        "--cpu-period",
        "--cpu-quota",
        "--cpu-shares",
        "--cpus",
        "--cpuset-cpus",
        "--device",
        "--detach-keys",
        "--dns",
        "--dns-search",
        "--domainname",
        "--entrypoint",
        "--env",
        "--env-file",
        "--expose",
        "--gpus",
        "--group-add",
        "--health-cmd",
        "--hostname",
        "--ip",
        "--ipc",
        "--isolation",
        "--label",
        "--label-file",
        "--link",
        "--log-driver",
        "--log-opt",
        "--mac-address",
        "--memory",
        "--memory-swap",
        "--mount",
        "--name",
        "--net",
        "--network",
        "--network-alias",
        "--pid",
        "--pids-limit",
        "--platform",
        "--publish",
        "--pull",
        "--restart",
        "--runtime",
        "--secret",
        "--security-opt",
        "--shm-size",
        "--stop-signal",
        "--stop-timeout",
        "--sysctl",
        "--tmpfs",
        "--ulimit",
        "--user",
        "--userns",
        "--uts",
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
