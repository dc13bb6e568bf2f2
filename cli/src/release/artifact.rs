//! A published file: its digests, and what it says about itself.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pinfold_core::digest::Digest;
use pinfold_core::statement::Artifact;
use pinfold_core::text::{visible, visible_path};
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

use super::names::{Package, PackageKind, escape, normal_python_name};
use super::{tarball, wheel};
use crate::exit::Exit;
use crate::output::Problem;
use crate::own_file;

/// Bytes of a published file.
const MAX_ARTIFACT_BYTES: u64 = 4 << 30;

/// A file that was given with `--artifact`.
#[derive(Debug)]
pub(crate) struct GivenFile {
    pub(crate) path: PathBuf,
    /// The name without its folder.
    pub(crate) file: String,
    pub(crate) sha256: Digest,
    pub(crate) sha512: [u8; 64],
    /// The package that it says it is; `None` for files of other kinds.
    pub(crate) package: Option<Package>,
    /// The registry name that it claims.
    pub(crate) mcp_name: Option<String>,
}

impl GivenFile {
    /// Hashes a file and reads what it says.
    ///
    /// # Errors
    /// It cannot be read, or is not what its ending says.
    pub(crate) fn read(path: &Path) -> Result<GivenFile, Problem> {
        let failed = |what: &str, error: &io::Error| {
            Problem::new(
                Exit::Undetermined,
                "ARTIFACT_UNREADABLE",
                format!("{} {what}: {error}", visible_path(path)),
                "name the file as it was published: the tarball of `npm pack`, or the wheel",
            )
        };
        let (sha256, sha512) = hash(path).map_err(|error| failed("cannot be read", &error))?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut given =
            GivenFile { path: path.to_owned(), file, sha256, sha512, package: None, mcp_name: None };
        if given.file.ends_with(".tgz") || given.file.ends_with(".tar.gz") {
            let found = tarball::package_json(path).map_err(|error| failed("is no tarball", &error))?;
            // A source archive of Python has the same ending and no package.json.
            if let Some(json) = found.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
                given.take_package_json(&json);
            }
        } else if given.file.ends_with(".whl") {
            let metadata = wheel::metadata(path).map_err(|error| failed("is no wheel", &error))?;
            if let Some(metadata) = metadata {
                given.package = metadata.name.zip(metadata.version).map(|(name, version)| Package {
                    kind: PackageKind::Pypi,
                    name: normal_python_name(&name),
                    version,
                });
                given.mcp_name = metadata.mcp_name;
            }
        }
        Ok(given)
    }

    fn take_package_json(&mut self, json: &Value) {
        let text = |member: &str| json[member].as_str().map(str::to_owned);
        self.package = text("name").zip(text("version")).map(|(name, version)| Package {
            kind: PackageKind::Npm,
            name,
            version,
        });
        self.mcp_name = text("mcpName");
    }

    /// As it stands in a manifest. A file of another kind is named by itself and the release's version.
    ///
    /// # Errors
    /// Its name cannot stand there.
    pub(crate) fn artifact(&self, version: &str) -> Result<Artifact, Problem> {
        let purl = match &self.package {
            Some(package) => package.purl(),
            None => format!("pkg:generic/{}@{}", escape(&self.file), escape(version)),
        };
        Artifact::new(&purl, &self.file, self.sha256, Some(self.sha512)).map_err(|error| {
            Problem::new(
                Exit::Usage,
                "ARTIFACT_UNUSABLE",
                format!("{} cannot be named in a release: {error}", visible(&self.file)),
                "give the file the name under which it is published",
            )
        })
    }
}

/// Both digests in one pass.
fn hash(path: &Path) -> io::Result<(Digest, [u8; 64])> {
    let mut file = own_file::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file"));
    }
    if about.len() > MAX_ARTIFACT_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 GiB"));
    }
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => {
                sha256.update(&buffer[..count]);
                sha512.update(&buffer[..count]);
            }
        }
    }
    Ok((Digest::from_bytes(sha256.finalize().into()), sha512.finalize().into()))
}
