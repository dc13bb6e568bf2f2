//! A real server of npm and one of PyPI, from their published files to a bundle that another home verifies offline.

use std::path::{Path, PathBuf};
use std::process::Command;

use pinfold_tests::binary::target_folder;
use pinfold_tests::home::without_agent_markers;
use pinfold_tests::log::TestLog;
use pinfold_tests::sdk::Sdk;
use pinfold_tests::stage::{describe, run_to_end};
use serde_json::Value;

use crate::log::{policy, verify_elsewhere};
use crate::support::{NAME, Publisher, not_run, one_document};

/// The installed servers; without them it is said loudly, and in CI it is a failure.
fn sdk() -> Option<&'static Sdk> {
    match Sdk::installed() {
        Ok(sdk) => Some(sdk),
        Err(reason) => {
            not_run(reason);
            None
        }
    }
}

/// Publishes what this command says, with this published file, and verifies the bundle elsewhere.
fn publish(log: &TestLog, artifact: &Path, purl: &str, command: &[PathBuf]) {
    let publisher = Publisher::of_two_tools();
    let policy = policy(&publisher, log);
    let mut line = publisher.command(&["publish", "--name", NAME, "--policy", &policy, "--yes", "--json"]);
    line.arg("--artifact").arg(artifact).arg("--").args(command);
    let published = one_document(&run_to_end(line), 0);
    let release = &published["release"];
    assert_eq!(release["artifacts"][0]["purl"], purl, "{published:#}");
    assert!(release["tools"].as_u64().unwrap() >= 1, "{published:#}");
    let version = release["version"].as_str().unwrap();
    let bundle = publisher.file(&format!("demo-{version}.pinfold"));
    let Some(output) = verify_elsewhere(&bundle, log, published["claim"].as_str().unwrap()) else { return };
    assert_eq!(output.status.code(), Some(0), "{}", describe(&output));
    let verified: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(verified["error"].is_null(), "{verified:#}");
}

#[test]
fn a_real_npm_server_is_published_and_verified_offline() {
    let Some(sdk) = sdk() else { return };
    let package = sdk.npm().join("node_modules/@modelcontextprotocol/server-memory");
    let folder = tempfile::tempdir().unwrap();
    let mut pack = Command::new("npm");
    without_agent_markers(&mut pack);
    let packed = pack
        .args(["pack", "--offline", "--ignore-scripts", "--silent", "--pack-destination"])
        .args([folder.path(), &package])
        .output()
        .unwrap();
    assert!(packed.status.success(), "{}", describe(&packed));
    let tarball = folder.path().join(String::from_utf8(packed.stdout).unwrap().trim());
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(package.join("package.json")).unwrap()).unwrap();
    let purl =
        format!("pkg:npm/%40modelcontextprotocol/server-memory@{}", manifest["version"].as_str().unwrap());
    let log = TestLog::with_witnesses(3, 2);
    publish(&log, &tarball, &purl, &[sdk.npm_program("mcp-server-memory")]);
}

#[test]
fn a_real_pypi_server_is_published_and_verified_offline() {
    let Some(sdk) = sdk() else { return };
    let wheel = match wheel(sdk, "mcp-server-time") {
        Ok(wheel) => wheel,
        Err(reason) => return not_run(&reason),
    };
    let file = wheel.file_name().unwrap().to_str().unwrap();
    let purl = format!("pkg:pypi/mcp-server-time@{}", file.split('-').nth(1).unwrap());
    publish(&TestLog::alone(), &wheel, &purl, &[sdk.python_program("mcp-server-time")]);
}

/// The wheel of the version that is installed, as PyPI has it; downloaded once.
fn wheel(sdk: &Sdk, package: &str) -> Result<PathBuf, String> {
    let folder = target_folder().join("sdk/wheels");
    let requirements = std::fs::read_to_string(Sdk::scripts().join("requirements.txt")).unwrap();
    let wanted = requirements.lines().find(|line| line.starts_with(&format!("{package}=="))).unwrap();
    let version = wanted.split("==").nth(1).unwrap();
    let path = folder.join(format!("{}-{version}-py3-none-any.whl", package.replace('-', "_")));
    if !path.exists() {
        let mut pip = Command::new(sdk.python_program("python"));
        without_agent_markers(&mut pip);
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]);
        let output = pip.arg(&folder).arg(wanted).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("pip download: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
    }
    Ok(path)
}
