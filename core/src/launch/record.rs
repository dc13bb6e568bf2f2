//! The record of a launch, and its one spelling.

use std::collections::{BTreeMap, BTreeSet};

use super::mask::{Masked, mask_text};
use super::shape::{ValueShape, value_shape};
use crate::digest::{Digest, tagged_digest};
use crate::json::{self, Value};

/// The member `format` of a launch, and the tag under which it is hashed.
pub const LAUNCH_FORMAT: &str = "pinfold/launch/v1";

/// The tag under which the value of a variable is hashed.
const VALUE_TAG: &str = "pinfold/launch-value/v1";

/// Members that have a place in the format and no meaning yet; each is `null`, anything else is refused by name.
pub(super) const RESERVED: [&str; 4] = ["lock", "remote", "runtime", "tree"];

/// How a server is started.
///
/// A launch that was read is within the limits of [`super::limits`]; one that is put together by hand is checked by
/// [`Launch::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The command as the entry writes it.
    pub command: String,
    /// The files that the command comes down to, outermost first; the last one is the binary that the system runs. Never
    /// empty.
    pub program: Vec<ProgramFile>,
    /// The arguments as the entry writes them, secrets by place.
    pub args: Vec<Masked>,
    /// The working folder, if command or arguments name something in it.
    pub folder: Option<String>,
    /// The variables that the entry declares.
    pub env: BTreeMap<String, EnvPin>,
    /// Names that the entry does not declare and that a person lets through all the same.
    pub passes: BTreeSet<String>,
}

/// One file of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFile {
    /// Absolute path under which it was found, symbolic links kept: some programs act on the name they are called by.
    pub path: String,
    /// Absolute path of the file itself, symbolic links resolved.
    pub file: String,
    /// Plain SHA-256 of the server's own file. `None` for interpreters and launchers, whose digests are pinned once for
    /// all servers.
    pub digest: Option<Digest>,
}

/// What is pinned of a declared variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvPin {
    /// It had no value.
    Absent,
    /// It had a value that may be a secret: nothing of it is kept.
    Secret,
    /// It had a value that is no secret.
    Value {
        /// Its form; never [`ValueShape::Secret`].
        shape: ValueShape,
        /// SHA-256 of the value under a tag of its own.
        digest: Digest,
    },
}

/// What is pinned of a variable with this value (`None`: not set).
pub fn pin_variable(name: &str, value: Option<&str>) -> EnvPin {
    let Some(value) = value else { return EnvPin::Absent };
    match value_shape(name, value) {
        ValueShape::Secret => EnvPin::Secret,
        shape => {
            let shown = shape.shown(value);
            EnvPin::Value { shape, digest: tagged_digest(VALUE_TAG, &json::canonical(&shown.to_value())) }
        }
    }
}

impl ValueShape {
    /// What a person is shown of a value of this shape, and what is hashed.
    pub fn shown(self, value: &str) -> Masked {
        match self {
            Self::Secret => Masked::secret(),
            Self::Code => mask_text(value),
            Self::Flag | Self::Number | Self::Host | Self::Url | Self::Word => Masked::plain(value),
        }
    }
}

impl Launch {
    /// The launch as a document. Its canonical form is its one spelling.
    pub fn to_value(&self) -> Value<'static> {
        let folder = self.folder.clone().map_or_else(Value::null, Value::string);
        let env = self.env.iter().map(|(name, pin)| (name.clone(), pin.to_value())).collect();
        let mut members = vec![
            ("args", Value::array(self.args.iter().map(Masked::to_value).collect())),
            ("command", Value::string(self.command.clone())),
            ("env", Value::object::<String>(env)),
            ("folder", folder),
            ("format", Value::string(LAUNCH_FORMAT)),
            ("passes", Value::array(self.passes.iter().cloned().map(Value::string).collect())),
            ("program", Value::array(self.program.iter().map(ProgramFile::to_value).collect())),
        ];
        members.extend(RESERVED.map(|name| (name, Value::null())));
        Value::object(members)
    }

    /// RFC 8785 form of [`Launch::to_value`].
    pub fn to_bytes(&self) -> Vec<u8> {
        json::canonical(&self.to_value())
    }

    /// SHA-256(`pinfold/launch/v1` ‖ 0x00 ‖ RFC 8785 form).
    ///
    /// Two starts of one approved launch may differ in it, because fewer variables may be present: whether a launch is
    /// the approved one is what [`Launch::compare`] says.
    pub fn digest(&self) -> Digest {
        tagged_digest(LAUNCH_FORMAT, &self.to_bytes())
    }

    /// The server's own files among the program's, with their digests.
    pub fn own_files(&self) -> impl Iterator<Item = (&ProgramFile, Digest)> {
        self.program.iter().filter_map(|file| file.digest.map(|digest| (file, digest)))
    }

    /// The same launch with names that a person lets through although the entry does not declare them.
    ///
    /// # Errors
    /// See [`Launch::check`]; a name that loads or redirects code must be declared, because a value that is not pinned
    /// could be set by any folder's entry.
    pub fn letting_through<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Launch, super::LaunchError> {
        let mut launch = self.clone();
        launch.passes.extend(names.into_iter().map(str::to_owned));
        launch.check()?;
        Ok(launch)
    }
}

impl ProgramFile {
    fn to_value(&self) -> Value<'static> {
        let digest = self.digest.map_or_else(Value::null, |digest| Value::string(digest.to_string()));
        Value::object(vec![
            ("digest", digest),
            ("file", Value::string(self.file.clone())),
            ("path", Value::string(self.path.clone())),
        ])
    }
}

impl EnvPin {
    fn to_value(self) -> Value<'static> {
        match self {
            Self::Absent => Value::string("absent"),
            Self::Secret => Value::string("secret"),
            Self::Value { shape, digest } => Value::object(vec![
                ("digest", Value::string(digest.to_string())),
                ("shape", Value::string(shape.as_str())),
            ]),
        }
    }
}
