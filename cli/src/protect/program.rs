//! The program that a wrapped entry starts: an absolute path that stays true, whatever is updated.
//!
//! A client's configuration lives for years. A path with a version in it, or one in a folder that is cleaned up, would
//! one day leave every server of a person without its gate and therefore without a start.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use pinfold_store::Places;

use crate::exit::Exit;
use crate::output::Problem;

/// Our own binary, also when the file that it was started from is gone.
const SELF: &str = "/proc/self/exe";

/// Folders whose contents come and go: builds, caches, installers' own trees.
const PASSING_FOLDERS: &[&str] = &[
    ".cache",
    ".npm",
    ".nvm",
    ".pyenv",
    ".rustup",
    "Caches",
    "Cellar",
    "_npx",
    "build",
    "node_modules",
    "site-packages",
    "target",
    "tmp",
];

/// Where nothing outlives the next start of the machine, or where paths are names of contents.
const PASSING_ROOTS: &[&str] = &["/tmp", "/var/tmp", "/dev", "/proc", "/run", "/nix/store", "/mnt/wslg"];

/// The program of wrapped entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Absolute path.
    pub(crate) path: PathBuf,
    /// Whether our own binary has to be copied there first.
    pub(crate) is_copy: bool,
}

impl Program {
    /// Our own binary where it lies, or as it is found in `PATH`, if that path stays; else a copy in the data folder.
    pub(crate) fn of_process(places: &Places, path: Option<&std::ffi::OsStr>) -> Program {
        let own = std::env::current_exe().ok().filter(|own| own.is_file());
        let found = own.as_deref().and_then(|own| in_search_path(own, path));
        match found.or(own).filter(|own| is_lasting(own)) {
            Some(path) => Program { path, is_copy: false },
            None => Program { path: copy_place(places), is_copy: true },
        }
    }

    /// The path as an entry has it.
    ///
    /// # Errors
    /// It is no text: no configuration can hold it.
    pub(crate) fn text(&self) -> Result<String, Problem> {
        self.path.to_str().map(str::to_owned).ok_or_else(|| {
            Problem::new(
                Exit::Undetermined,
                "HOME_UNUSABLE",
                format!("the path {} is not UTF-8", pinfold_core::text::visible_path(&self.path)),
                "install pinfold in a folder whose name is UTF-8",
            )
        })
    }

    /// Makes the copy, if there is to be one and it is not there with these bytes already.
    ///
    /// # Errors
    /// Whatever the disk says; then the old copy, if there was one, still stands.
    pub(crate) fn make(&self) -> io::Result<()> {
        if !self.is_copy || is_same_file(Path::new(SELF), &self.path)? {
            return Ok(());
        }
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let draft = folder.join(format!("pinfold.new-{}", std::process::id()));
        let made = (|| {
            let mut to = fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(&draft)?;
            io::copy(&mut File::open(SELF)?, &mut to)?;
            to.sync_all()?;
            drop(to);
            fs::rename(&draft, &self.path)?;
            File::open(folder)?.sync_all()
        })();
        if made.is_err() {
            // The failure that is told is the first one.
            let _ = fs::remove_file(&draft);
        }
        made
    }
}

/// Whether a file has the bytes of this program, links followed. Another size is not read: a link can lead anywhere.
pub(crate) fn is_own(path: &Path) -> bool {
    let length = |path: &Path| path.metadata().ok().filter(fs::Metadata::is_file).map(|about| about.len());
    let own = Path::new(SELF);
    length(path).is_some_and(|bytes| length(own) == Some(bytes))
        && matches!((fs::read(own), fs::read(path)), (Ok(own), Ok(other)) if own == other)
}

/// Where the copy lies. `doctor` looks at it too.
pub(crate) fn copy_place(places: &Places) -> PathBuf {
    places.home().join(".local/share/pinfold/bin/pinfold")
}

/// Makes the copy anew from this binary.
///
/// # Errors
/// Whatever the disk says; then the old copy still stands.
pub(crate) fn renew_copy(places: &Places) -> io::Result<()> {
    Program { path: copy_place(places), is_copy: true }.make()
}

/// Our binary under the name by which a person's shell finds it; links of package managers stay when versions change.
fn in_search_path(own: &Path, path: Option<&std::ffi::OsStr>) -> Option<PathBuf> {
    let real = own.canonicalize().ok()?;
    let found = std::env::split_paths(path?).map(|member| member.join("pinfold"));
    let is_ours = |found: &PathBuf| found.canonicalize().is_ok_and(|found| found == real);
    found.filter(|found| is_lasting(found)).find(is_ours)
}

/// Whether a path says nothing of a version and lies in no folder that comes and goes.
fn is_lasting(path: &Path) -> bool {
    let is_plain = |part: Component<'_>| match part {
        Component::RootDir => true,
        Component::Normal(name) => {
            name.to_str().is_some_and(|name| !PASSING_FOLDERS.contains(&name) && !has_version(name))
        }
        _ => false,
    };
    path.is_absolute()
        && PASSING_ROOTS.iter().all(|root| !path.starts_with(root))
        && path.components().all(is_plain)
}

/// A digit, a dot, a digit: `1.2`, `v20.20.2`, `pinfold-0.4`; or a name with `@` and a digit: `node@20`.
fn has_version(name: &str) -> bool {
    let bytes = name.as_bytes();
    let dotted = |three: &[u8]| three[0].is_ascii_digit() && three[1] == b'.' && three[2].is_ascii_digit();
    let tagged = |two: &[u8]| two[0] == b'@' && two[1].is_ascii_digit();
    bytes.windows(3).any(dotted) || bytes.windows(2).any(tagged)
}

fn is_same_file(left: &Path, right: &Path) -> io::Result<bool> {
    let (of_left, of_right) = (fs::metadata(left)?, fs::symlink_metadata(right));
    let is_alike = of_right.is_ok_and(|found| found.is_file() && found.len() == of_left.len());
    Ok(is_alike && fs::read(left)? == fs::read(right)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_stay_and_paths_that_do_not() {
        for lasting in
            ["/usr/bin/pinfold", "/home/a/.cargo/bin/pinfold", "/opt/homebrew/bin/pinfold", "/a/v2/pinfold"]
        {
            assert!(is_lasting(Path::new(lasting)), "{lasting}");
        }
        for passing in [
            "pinfold",
            "/home/a/../b/pinfold",
            "/tmp/pinfold",
            "/home/a/work/target/debug/pinfold",
            "/home/a/.nvm/versions/node/v20/bin/pinfold",
            "/opt/homebrew/Cellar/pinfold/0.4/bin/pinfold",
            "/opt/pinfold-0.4.1/pinfold",
            "/opt/node@20/bin/pinfold",
            "/home/a/p/node_modules/.bin/pinfold",
            "/nix/store/abc-pinfold/bin/pinfold",
        ] {
            assert!(!is_lasting(Path::new(passing)), "{passing}");
        }
    }

    #[test]
    fn a_test_binary_lies_in_a_build_and_is_copied_once() {
        let home = tempfile::tempdir().unwrap();
        let places = Places::of_home(home.path()).unwrap();
        let program = Program::of_process(&places, None);
        assert_eq!(program, Program { path: copy_place(&places), is_copy: true });
        program.make().unwrap();
        let before = fs::metadata(&program.path).unwrap().modified().unwrap();
        program.make().unwrap();
        assert_eq!(fs::metadata(&program.path).unwrap().modified().unwrap(), before);
        fs::write(&program.path, "an older one").unwrap();
        program.make().unwrap();
        assert!(is_same_file(Path::new(SELF), &program.path).unwrap());
        let names: Vec<_> = fs::read_dir(program.path.parent().unwrap())
            .unwrap()
            .map(|one| one.unwrap().file_name())
            .collect();
        assert_eq!(names, ["pinfold"]);
    }
}
