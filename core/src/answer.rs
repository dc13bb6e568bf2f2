//! What a server answered to a question, as it is remembered: enough to answer the same question from the pins.
//!
//! Source: `spec/answers.md`. A memory approves nothing: it names objects by digest, and whoever answers from it takes
//! words from what is approved at that moment. Not here: whether anything in it is approved, where it is kept, and
//! whether the server would still say the same.

use std::collections::BTreeSet;

use crate::digest::{Digest, ObjectKind, tagged_digest};
use crate::json::{self, ReadError, ReadLimits, Value};

/// The tag of a question's digest.
pub const QUESTION_FORMAT: &str = "pinfold/question/v1";

/// The `format` of an answer.
pub const ANSWER_FORMAT: &str = "pinfold/answer/v1";

/// The most bytes of an answer. One of 401 tools, the largest real listing, has about 50,000.
pub const MAX_ANSWER_BYTES: usize = 2 << 20;

/// What a client asks a server to be. Two sessions with one question get one answer from an honest server.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Digest of the launch, which holds the pinned folder.
    pub launch: Digest,
    /// The names of the variables of the launch that are set and not empty: a server without a credential lists less.
    pub variables: &'a BTreeSet<String>,
    /// The protocol version that the client asks for.
    pub version: &'a str,
    /// The client's capabilities, a JSON value as received.
    pub capabilities: &'a [u8],
}

/// What a server answered when everything that it said about itself was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The protocol version that it answered.
    pub version: String,
    /// Its capabilities, one JSON object in canonical form.
    pub capabilities: Vec<u8>,
    /// Its own name, made visible and cut. Foreign text, never an identity.
    pub server_name: String,
    /// Its own version, likewise.
    pub server_version: String,
    /// Everything that it said, in its order: of each object the digest under which it is approved, if it is.
    pub objects: Vec<AnsweredObject>,
}

/// One object of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, foreign text.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
}

impl Question<'_> {
    /// What the question is remembered by. The order of members in the capabilities does not matter.
    ///
    /// # Errors
    /// Capabilities that are not strict JSON: such a question is not remembered.
    pub fn digest(&self) -> Result<Digest, ReadError> {
        let capabilities = json::read(self.capabilities, &ReadLimits::OWN)?;
        let variables = self.variables.iter().map(|name| Value::string(&**name)).collect();
        let question = Value::object(vec![
            ("capabilities", capabilities),
            ("era", Value::string("initialize")),
            ("launch", Value::string(self.launch.to_string())),
            ("variables", Value::array(variables)),
            ("version", Value::string(self.version)),
        ]);
        Ok(tagged_digest(QUESTION_FORMAT, &json::canonical(&question)))
    }
}

impl Answer {
    /// The objects of the other one whose names this one lacks. What took the place of one does not count.
    pub fn lacks<'a>(&self, other: &'a Answer) -> impl Iterator<Item = &'a AnsweredObject> {
        let names: BTreeSet<_> = self.names().collect();
        other.objects.iter().filter(move |object| !names.contains(&(object.kind, object.name.as_str())))
    }

    /// The document, canonical JSON; `None` if it would not be read again: over a limit.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let bytes = self.written()?;
        Answer::from_bytes(&bytes).is_some_and(|read| read == *self).then_some(bytes)
    }

    /// Reads a document; `None` for any bytes but those that [`Answer::to_bytes`] makes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Answer> {
        let limits = ReadLimits { max_bytes: MAX_ANSWER_BYTES, ..ReadLimits::OWN };
        let document = json::read(bytes, &limits).ok()?;
        let text = |name| document.get(name)?.as_str().map(str::to_owned);
        let capabilities = document.get("capabilities")?;
        capabilities.as_object()?;
        let answer = Answer {
            version: text("version")?,
            capabilities: json::canonical(capabilities),
            server_name: text("server_name")?,
            server_version: text("server_version")?,
            objects: document
                .get("objects")?
                .as_array()?
                .iter()
                .map(AnsweredObject::read)
                .collect::<Option<_>>()?,
        };
        (text("format")? == ANSWER_FORMAT && answer.written()? == bytes).then_some(answer)
    }

    fn written(&self) -> Option<Vec<u8>> {
        let capabilities = json::read(&self.capabilities, &ReadLimits::OWN).ok()?;
        Some(json::canonical(&Value::object(vec![
            ("capabilities", capabilities),
            ("format", Value::string(ANSWER_FORMAT)),
            ("objects", Value::array(self.objects.iter().map(AnsweredObject::written).collect())),
            ("server_name", Value::string(&*self.server_name)),
            ("server_version", Value::string(&*self.server_version)),
            ("version", Value::string(&*self.version)),
        ])))
    }

    fn names(&self) -> impl Iterator<Item = (ObjectKind, &str)> {
        self.objects.iter().map(|object| (object.kind, object.name.as_str()))
    }
}

impl AnsweredObject {
    fn written(&self) -> Value<'_> {
        Value::array(vec![
            Value::string(self.kind.as_str()),
            Value::string(&*self.name),
            Value::string(self.digest.to_string()),
        ])
    }

    fn read(value: &Value<'_>) -> Option<AnsweredObject> {
        let [kind, name, digest] = value.as_array()? else { return None };
        let kind = kind.as_str()?;
        Some(AnsweredObject {
            kind: ObjectKind::ALL.into_iter().find(|known| known.as_str() == kind)?,
            name: name.as_str()?.to_owned(),
            digest: digest.as_str()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::file_digest;

    fn question<'a>(variables: &'a BTreeSet<String>, version: &'a str, capabilities: &'a str) -> Digest {
        let launch = file_digest(b"launch");
        Question { launch, variables, version, capabilities: capabilities.as_bytes() }.digest().unwrap()
    }

    fn answer(names: &[&str]) -> Answer {
        let object = |name: &&str| AnsweredObject {
            kind: ObjectKind::Tool,
            name: (*name).to_owned(),
            digest: file_digest(name.as_bytes()),
        };
        Answer {
            version: "2025-06-18".to_owned(),
            capabilities: br#"{"tools":{}}"#.to_vec(),
            server_name: "files".to_owned(),
            server_version: "1".to_owned(),
            objects: names.iter().map(object).collect(),
        }
    }

    #[test]
    fn questions_differ_by_everything_that_a_server_may_answer_by() {
        let (none, token) = (BTreeSet::new(), BTreeSet::from(["TOKEN".to_owned()]));
        let first = question(&none, "2025-06-18", r#"{"roots":{},"sampling":{}}"#);
        assert_eq!(first, question(&none, "2025-06-18", r#"{ "sampling":{}, "roots":{} }"#));
        assert_ne!(first, question(&token, "2025-06-18", r#"{"roots":{},"sampling":{}}"#));
        assert_ne!(first, question(&none, "2025-11-25", r#"{"roots":{},"sampling":{}}"#));
        assert_ne!(first, question(&none, "2025-06-18", r#"{"roots":{}}"#));
    }

    #[test]
    fn a_question_that_is_not_strict_json_is_none() {
        let launch = file_digest(b"launch");
        let question = Question {
            launch,
            variables: &BTreeSet::new(),
            version: "2025-06-18",
            capabilities: br#"{"roots":{},"roots":{}}"#,
        };
        assert!(question.digest().is_err());
    }

    #[test]
    fn an_answer_comes_back_as_it_was_and_nothing_else_does() {
        let bytes = answer(&["look", "find"]).to_bytes().unwrap();
        assert_eq!(Answer::from_bytes(&bytes), Some(answer(&["look", "find"])));
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            (r#""tool""#, r#""tools""#),
            (r#""format":"pinfold/answer/v1""#, r#""format":"pinfold/answer/v2""#),
            (r#""version":"#, r#""version" :"#),
            (r#"{"tools":{}}"#, "[]"),
            ("sha256:", "sha512:"),
        ] {
            assert_eq!(Answer::from_bytes(text.replacen(from, to, 1).as_bytes()), None, "{to}");
        }
    }

    #[test]
    fn an_answer_over_its_limit_is_not_written() {
        let long = "a".repeat(MAX_ANSWER_BYTES);
        assert_eq!(answer(&[long.as_str()]).to_bytes(), None);
    }

    #[test]
    fn an_answer_lacks_a_name_that_is_gone() {
        let lacks = |one: &Answer, other: &[&str]| {
            one.lacks(&answer(other)).map(|object| object.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(lacks(&answer(&["look"]), &["find", "look"]), ["find"]);
        assert_eq!(lacks(&answer(&["look", "new"]), &["find", "look"]), ["find"]);
        assert!(lacks(&answer(&["find", "look", "new"]), &["look", "find"]).is_empty());
        let mut changed = answer(&["look"]);
        changed.objects[0].digest = file_digest(b"other");
        assert!(lacks(&changed, &["look"]).is_empty());
    }
}
