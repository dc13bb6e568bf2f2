//! Files of releases that a command is given: a manifest, or a bundle with one inside.

use std::path::Path;

use pinfold_core::bundle::{Bundle, MAX_BUNDLE_BYTES};
use pinfold_core::manifest::Manifest;
use pinfold_core::text::{visible, visible_path};

use crate::exit::Exit;
use crate::output::Problem;
use crate::own_file::{self, OwnFileFault, Writers};

/// What a file holds.
#[derive(Debug)]
pub(crate) enum ReleaseFile {
    /// A manifest alone.
    Manifest(Box<Manifest>),
    /// A bundle: read, and not verified.
    Bundle(Box<Bundle>),
}

impl ReleaseFile {
    /// Reads one. Which of the two it is, its own first words say.
    ///
    /// # Errors
    /// It cannot be read, or is neither.
    pub(crate) fn read(path: &Path) -> Result<ReleaseFile, Problem> {
        let bytes = bytes(path)?;
        let shown = visible_path(path);
        let unusable = |why: String| {
            Problem::new(
                Exit::Usage,
                "RELEASE_FILE_INVALID",
                format!("{shown} is neither a manifest nor a bundle: {}", visible(&why)),
                "`pinfold capture -o FILE` makes a manifest, `pinfold publish` a bundle",
            )
        };
        // The first members of the two documents, which are canonical.
        if bytes.starts_with(b"{\"artifacts\"") {
            let manifest = Manifest::from_bytes(&bytes).map_err(|error| unusable(error.to_string()))?;
            return Ok(ReleaseFile::Manifest(Box::new(manifest)));
        }
        let bundle = Bundle::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
        Ok(ReleaseFile::Bundle(Box::new(bundle)))
    }

    /// The manifest in it.
    pub(crate) fn manifest(&self) -> &Manifest {
        match self {
            ReleaseFile::Manifest(manifest) => manifest,
            ReleaseFile::Bundle(bundle) => bundle.manifest(),
        }
    }

    /// `manifest` or `bundle`.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            ReleaseFile::Manifest(_) => "manifest",
            ReleaseFile::Bundle(_) => "bundle",
        }
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    own_file::read(path, MAX_BUNDLE_BYTES, Writers::Anybody).map_err(|fault| {
        let code = match fault {
            OwnFileFault::Absent(_) => "RELEASE_FILE_ABSENT",
            _ => "RELEASE_FILE_UNREADABLE",
        };
        Problem::new(Exit::Undetermined, code, fault.to_string(), "check the name of the file")
    })
}
