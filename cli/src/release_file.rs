//! Files of releases that a command is given: a manifest, or a bundle with one inside.

use std::path::Path;

use pinfold_core::bundle::{Bundle, BundleError, MAX_BUNDLE_BYTES};
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

/// The bytes of a file with a manifest or a bundle in it.
///
/// # Errors
/// It is not there, too large for either, or cannot be read.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    own_file::read(path, MAX_BUNDLE_BYTES, Writers::Anybody).map_err(|fault| {
        let (code, hint) = match &fault {
            OwnFileFault::Absent(_) => ("RELEASE_FILE_ABSENT", "check the name of the file"),
            OwnFileFault::TooLarge(..) => {
                ("RELEASE_FILE_UNREADABLE", "no bundle is so large; check the name of the file")
            }
            _ => ("RELEASE_FILE_UNREADABLE", "look at the file and its permissions"),
        };
        Problem::new(Exit::Undetermined, code, fault.to_string(), hint)
    })
}

/// Bytes that are no bundle, where a bundle is needed.
pub(crate) fn no_bundle(error: &BundleError) -> Problem {
    Problem::new(
        Exit::Refused,
        "BUNDLE_INVALID",
        format!("this is no bundle: {}", visible(&error.to_string())),
        "get the file again from where it was published; nothing was read from it",
    )
}
