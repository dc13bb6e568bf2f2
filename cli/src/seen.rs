//! What was seen of logs and names before, one small file each (`spec/seen.md`).
//!
//! An absent file is nothing seen. Every other failure to read one ends the command: a mark that cannot be read is not a
//! mark that does not exist.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pinfold_core::checkpoint::{Origin, SignedCheckpoint};
use pinfold_core::digest::{Digest, file_digest};
use pinfold_core::hex;
use pinfold_core::json::{self, Node, ReadLimits, Value};
use pinfold_core::pins::UnixSeconds;
use pinfold_core::registry_name::RegistryName;
use pinfold_core::text::visible_path;
use pinfold_store::Places;
use pinfold_verifier::release::{HeadMark, Marks, NameMark, NewMarks};
use rustix::fs::{FlockOperation, flock};

use crate::exit::Exit;
use crate::output::Problem;
use crate::own_file::{self, OwnFileFault, Writers};

const HEAD_FORMAT: &str = "pinfold/seen-head/v1";
const NAME_FORMAT: &str = "pinfold/seen-name/v1";
/// Bytes of the file of a head. A note has at most 1 MiB, and JSON at most doubles it: a note has no control characters.
const MAX_HEAD_BYTES: usize = 2 << 20;
/// Bytes of the file of a name.
const MAX_NAME_BYTES: usize = 4 << 10;
/// How long another process may hold the lock; it holds it for milliseconds.
const MAX_WAIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

const LIMITS: ReadLimits = ReadLimits {
    max_bytes: MAX_HEAD_BYTES,
    max_depth: 2,
    max_string_bytes: MAX_HEAD_BYTES,
    max_members: 8,
    max_values: 16,
};

/// The folder of marks, locked against other processes for as long as this lives.
#[derive(Debug)]
pub(crate) struct Seen {
    folder: PathBuf,
    lock: Result<File, io::Error>,
}

impl Seen {
    /// Opens and locks the folder, and makes it if it is not there. A folder that cannot be written is read all the same;
    /// then [`Seen::store`] fails.
    ///
    /// # Errors
    ///
    /// Another process holds the lock.
    pub(crate) fn open(places: &Places) -> Result<Seen, Problem> {
        let folder = places.state_folder().join("seen");
        let lock = open_lock(&folder);
        if let Ok(file) = &lock {
            let deadline = Instant::now() + MAX_WAIT;
            while let Err(error) = flock(file, FlockOperation::NonBlockingLockExclusive) {
                if error != rustix::io::Errno::WOULDBLOCK && error != rustix::io::Errno::INTR {
                    return Err(unusable(&folder, &error.into()));
                }
                if Instant::now() >= deadline {
                    return Err(Problem::new(
                        Exit::Undetermined,
                        "SEEN_LOCKED",
                        format!("another process works in {}", visible_path(&folder)),
                        "wait for it to end, then run the command again",
                    ));
                }
                std::thread::sleep(PAUSE);
            }
        }
        Ok(Seen { folder, lock })
    }

    /// The largest head seen of a log.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read, or says something else than it must.
    pub(crate) fn head(&self, origin: &Origin) -> Result<Option<HeadMark>, Problem> {
        let path = self.head_path(origin);
        let Some(bytes) = read(&path, MAX_HEAD_BYTES)? else { return Ok(None) };
        parse_head(&bytes, origin).map(Some).ok_or_else(|| damaged(&path, &bytes))
    }

    /// What was seen of a name in a claim.
    ///
    /// # Errors
    ///
    /// As [`Seen::head`].
    pub(crate) fn name(
        &self,
        origin: &Origin,
        name: &RegistryName,
        claim: &Digest,
    ) -> Result<Option<NameMark>, Problem> {
        let path = self.name_path(origin, &name.lower(), claim);
        let Some(bytes) = read(&path, MAX_NAME_BYTES)? else { return Ok(None) };
        parse_name(&bytes, &name.lower(), claim).map(Some).ok_or_else(|| damaged(&path, &bytes))
    }

    /// Everything that a verification of one name needs: the heads of these logs, and the mark of the name.
    ///
    /// # Errors
    ///
    /// As [`Seen::head`].
    pub(crate) fn marks<'o>(
        &self,
        logs: impl Iterator<Item = &'o Origin>,
        about: Option<(&Origin, &RegistryName, &Digest)>,
    ) -> Result<Marks, Problem> {
        let mut marks = Marks::default();
        for origin in logs {
            if let Some(head) = self.head(origin)? {
                marks.insert_head(origin.clone(), head);
            }
        }
        if let Some((origin, name, claim)) = about
            && let Some(mark) = self.name(origin, name, claim)?
        {
            marks.insert_name(name, *claim, mark);
        }
        Ok(marks)
    }

    /// Keeps what a verified release gave.
    ///
    /// # Errors
    ///
    /// What the disk says; what was there before still stands.
    pub(crate) fn store(&self, new: &NewMarks) -> io::Result<()> {
        self.put(
            &self.name_path(&new.origin, &new.name, &new.claim),
            &name_bytes(&new.name, &new.claim, &new.mark),
        )?;
        match &new.head {
            Some(head) => self.store_head(&new.origin, head),
            None => Ok(()),
        }
    }

    /// Keeps a head. Not checked: that it continues the one before.
    ///
    /// # Errors
    ///
    /// As [`Seen::store`].
    pub(crate) fn store_head(&self, origin: &Origin, head: &HeadMark) -> io::Result<()> {
        let note = String::from_utf8(head.note.clone()).map_err(io::Error::other)?;
        let document = Value::object(vec![
            ("format", Value::string(HEAD_FORMAT)),
            ("note", Value::string(note)),
            ("quorum_time", head.quorum_time.map_or_else(Value::null, |time| Value::uint(time.0))),
        ]);
        self.put(&self.head_path(origin), &json::canonical(&document))
    }

    /// Writes a file, unless it says the same already: nothing new is the usual case, and a synced write its whole cost.
    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if own_file::read(path, bytes.len(), Writers::Owner).is_ok_and(|found| found == bytes) {
            return Ok(());
        }
        match &self.lock {
            Ok(_) => own_file::write(path, bytes, 0o600),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }

    fn head_path(&self, origin: &Origin) -> PathBuf {
        self.folder.join(origin.as_str()).join("head.json")
    }

    fn name_path(&self, origin: &Origin, lower: &str, claim: &Digest) -> PathBuf {
        let mut about = claim.as_bytes().to_vec();
        about.extend_from_slice(lower.as_bytes());
        let file = format!("{}.json", hex::encode(file_digest(&about).as_bytes()));
        self.folder.join(origin.as_str()).join("names").join(file)
    }
}

fn open_lock(folder: &Path) -> io::Result<File> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).open(folder.join("lock"))
}

fn read(path: &Path, max_bytes: usize) -> Result<Option<Vec<u8>>, Problem> {
    match own_file::read(path, max_bytes, Writers::Owner) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(OwnFileFault::Absent(_)) => Ok(None),
        Err(fault) => Err(Problem::new(
            Exit::Undetermined,
            "SEEN_UNREADABLE",
            format!("what was seen before cannot be read: {fault}"),
            "look at the file, its owner and its permissions",
        )),
    }
}

fn damaged(path: &Path, bytes: &[u8]) -> Problem {
    let what = if bytes.is_empty() { "is empty" } else { "does not say what it must" };
    Problem::new(
        Exit::Undetermined,
        "SEEN_UNREADABLE",
        format!("what was seen before cannot be read: {} {what}", visible_path(path)),
        "find out who changed it; a copy from a backup of the same home folder can be put in its place",
    )
}

fn unusable(folder: &Path, error: &io::Error) -> Problem {
    Problem::new(
        Exit::Undetermined,
        "SEEN_UNREADABLE",
        format!("{} cannot be locked: {error}", visible_path(folder)),
        "look at the folder, its owner and its permissions",
    )
}

fn parse_head(bytes: &[u8], origin: &Origin) -> Option<HeadMark> {
    let document = document(bytes, HEAD_FORMAT, 3)?;
    let note = document.get("note")?.as_str()?.as_bytes().to_vec();
    let signed = SignedCheckpoint::parse(&note).ok()?;
    let checkpoint = signed.checkpoint();
    let quorum_time = match &document.get("quorum_time")?.node {
        Node::Null => None,
        _ => Some(UnixSeconds(document.get("quorum_time")?.as_uint()?)),
    };
    (checkpoint.origin() == origin.as_str()).then(|| HeadMark {
        size: checkpoint.size(),
        root: *checkpoint.root(),
        quorum_time,
        note: note.clone(),
    })
}

fn name_bytes(lower: &str, claim: &Digest, mark: &NameMark) -> Vec<u8> {
    json::canonical(&Value::object(vec![
        ("claim", Value::string(claim.to_string())),
        ("format", Value::string(NAME_FORMAT)),
        ("name", Value::string(lower.to_owned())),
        ("newest", Value::uint(mark.newest)),
        ("sequence", Value::uint(mark.sequence)),
        ("under_size", Value::uint(mark.under_size)),
    ]))
}

fn parse_name(bytes: &[u8], lower: &str, claim: &Digest) -> Option<NameMark> {
    let document = document(bytes, NAME_FORMAT, 6)?;
    let number = |member: &str| document.get(member)?.as_uint();
    let is_this = document.get("name")?.as_str()? == lower
        && document.get("claim")?.as_str()?.parse::<Digest>().ok()? == *claim;
    let mark = NameMark {
        sequence: number("sequence")?,
        newest: number("newest")?,
        under_size: number("under_size")?,
    };
    is_this.then_some(mark)
}

fn document<'a>(bytes: &'a [u8], format: &str, members: usize) -> Option<Value<'a>> {
    let document = json::read_canonical(bytes, &LIMITS).ok()?;
    let fits = document.as_object()?.len() == members && document.get("format")?.as_str()? == format;
    fits.then_some(document)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use pinfold_core::merkle::Hash;

    use super::*;

    const NOTE: &str =
        "log.example\n9\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u{2014} log.example AAAAAAAA\n";

    fn setting() -> (tempfile::TempDir, Places, Origin, RegistryName, Digest) {
        let home = tempfile::tempdir().unwrap();
        let places = Places::of_home(home.path()).unwrap();
        let name = "io.github.Acme/Files".parse().unwrap();
        (home, places, "log.example".parse().unwrap(), name, file_digest(b"claim"))
    }

    fn new(origin: &Origin, name: &RegistryName, claim: Digest) -> NewMarks {
        let signed = SignedCheckpoint::parse(NOTE.as_bytes()).unwrap();
        NewMarks {
            origin: origin.clone(),
            head: Some(HeadMark {
                size: 9,
                root: *signed.checkpoint().root(),
                quorum_time: Some(UnixSeconds(77)),
                note: NOTE.as_bytes().to_vec(),
            }),
            name: name.lower(),
            claim,
            mark: NameMark { sequence: 2, newest: 3, under_size: 9 },
        }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let (_home, places, origin, name, claim) = setting();
        let new = new(&origin, &name, claim);
        Seen::open(&places).unwrap().store(&new).unwrap();
        let seen = Seen::open(&places).unwrap();
        assert_eq!(seen.head(&origin).unwrap(), new.head);
        assert_eq!(seen.name(&origin, &name, &claim).unwrap(), Some(new.mark));
        let marks = seen.marks([&origin].into_iter(), Some((&origin, &name, &claim))).unwrap();
        assert_eq!(marks.head(&origin), new.head.as_ref());
        assert_eq!(marks.name(&name, &claim), Some(&new.mark));
        assert_eq!(seen.name(&origin, &name, &file_digest(b"other")).unwrap(), None);
    }

    #[test]
    fn an_absent_mark_is_none_and_an_empty_or_damaged_or_foreign_one_is_an_error() {
        let (_home, places, origin, name, claim) = setting();
        let seen = Seen::open(&places).unwrap();
        assert_eq!(seen.head(&origin).unwrap(), None);
        seen.store(&new(&origin, &name, claim)).unwrap();
        let path = seen.head_path(&origin);
        let good = fs::read(&path).unwrap();
        let other: Origin = "other.example".parse().unwrap();
        for bad in [&b""[..], b"{}", &good[..good.len() - 1], &[&good[..], b"\n"].concat()] {
            fs::write(&path, bad).unwrap();
            assert_eq!(seen.head(&origin).unwrap_err().code, "SEEN_UNREADABLE");
        }
        fs::write(&path, &good).unwrap();
        fs::create_dir_all(seen.head_path(&other).parent().unwrap()).unwrap();
        fs::copy(&path, seen.head_path(&other)).unwrap();
        assert_eq!(seen.head(&other).unwrap_err().code, "SEEN_UNREADABLE");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o606)).unwrap();
        let problem = seen.head(&origin).unwrap_err();
        assert_eq!((problem.code.as_str(), problem.exit), ("SEEN_UNREADABLE", Exit::Undetermined));
    }

    #[test]
    fn two_processes_do_not_interleave() {
        let (_home, places, ..) = setting();
        let first = Seen::open(&places).unwrap();
        let (send, receive) = std::sync::mpsc::channel();
        let second = std::thread::spawn(move || {
            let _seen = Seen::open(&places).unwrap();
            send.send(()).unwrap();
        });
        assert!(receive.recv_timeout(Duration::from_millis(100)).is_err());
        drop(first);
        receive.recv_timeout(Duration::from_secs(4)).unwrap();
        second.join().unwrap();
    }

    #[test]
    fn a_root_is_taken_from_the_note() {
        let (_home, _places, origin, ..) = setting();
        let signed = SignedCheckpoint::parse(NOTE.as_bytes()).unwrap();
        assert_ne!(*signed.checkpoint().root(), Hash::from_bytes([0; 32]));
        let document = Value::object(vec![
            ("format", Value::string(HEAD_FORMAT)),
            ("note", Value::string(NOTE)),
            ("quorum_time", Value::null()),
        ]);
        let mark = parse_head(&json::canonical(&document), &origin).unwrap();
        assert_eq!((mark.size, mark.root, mark.quorum_time), (9, *signed.checkpoint().root(), None));
    }
}
