//! Evidence: why a namespace should be the publisher's.
//!
//! A keyset states it; the log looks whether it is true, and a verifier takes the log's word for it.

use super::KeysetError;
use crate::checkpoint::Origin;
use crate::document::{DocumentFault, Fields, Place};
use crate::json::Value;
use crate::registry_name::Namespace;
use crate::signature::PublicKey;

/// The issuer of GitHub Actions' tokens.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Namespaces of accounts at GitHub begin so.
const GITHUB_NAMESPACE: &str = "io.github.";
const MAX_OWNER_BYTES: usize = 39;
const MAX_OWNER_ID_DIGITS: usize = 20;
const MAX_SUBJECT_BYTES: usize = 512;

/// Why a namespace should be the publisher's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It says nothing: the claim is provisional.
    None,
    /// The registry's key of a domain (`v=MCPv1; k=ed25519; p=…`), which signs the keyset too.
    RegistryKey {
        /// The domain, in lower case.
        domain: String,
        /// The key that the domain names.
        key: PublicKey,
        /// How the domain names it.
        method: EvidenceMethod,
    },
    /// A token of GitHub Actions, which the log saw.
    GithubOidc {
        /// The login of the account; it can change hands.
        owner: String,
        /// The account's number, which cannot.
        owner_id: String,
        /// The token's subject.
        subject: String,
    },
}

/// How a domain names its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceMethod {
    /// A TXT record; speaks for the reversed domain and what is below it.
    Dns,
    /// A well-known file; speaks for the reversed domain alone.
    Http,
}

impl EvidenceMethod {
    /// The method in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Http => "http",
        }
    }
}

impl Evidence {
    /// Whether it says nothing.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The key that must sign the keyset beside its own.
    pub const fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::RegistryKey { key, .. } => Some(key),
            _ => None,
        }
    }

    /// Whether it is about this namespace, if it is true.
    pub fn speaks_for(&self, namespace: &Namespace) -> bool {
        let lower = namespace.lower();
        match self {
            Self::None => true,
            Self::RegistryKey { domain, method, .. } => {
                let labels: Vec<&str> = domain.rsplit('.').collect();
                let rest = lower.strip_prefix(&labels.join("."));
                rest.is_some_and(|rest| {
                    rest.is_empty() || (*method == EvidenceMethod::Dns && rest.starts_with('.'))
                })
            }
            Self::GithubOidc { owner, .. } => {
                lower.strip_prefix(GITHUB_NAMESPACE) == Some(&owner.to_ascii_lowercase())
            }
        }
    }

    pub(super) fn to_value(&self) -> Value<'_> {
        let string = |text| Value::string(text);
        Value::object(match self {
            Self::None => vec![("type", string("none"))],
            Self::RegistryKey { domain, key, method } => vec![
                ("domain", string(domain.as_str())),
                ("key", Value::string(key.to_base64())),
                ("method", string(method.as_str())),
                ("type", string("registry-key")),
            ],
            Self::GithubOidc { owner, owner_id, subject } => vec![
                ("issuer", string(GITHUB_ISSUER)),
                ("owner", string(owner)),
                ("owner_id", string(owner_id)),
                ("subject", string(subject)),
                ("type", string("github-oidc")),
            ],
        })
    }

    pub(super) fn read(value: &Value<'_>, place: Place<'_>) -> Result<Self, KeysetError> {
        match value.get("type").and_then(Value::as_str) {
            Some("none") => Fields::of(value, place, &["type"]).map(|_| Self::None).map_err(Into::into),
            Some("registry-key") => {
                let fields = Fields::of(value, place, &["domain", "key", "method", "type"])?;
                let domain = |text: &str| text.parse::<Origin>().is_ok().then(|| text.to_owned());
                let method = |text: &str| match text {
                    "dns" => Some(EvidenceMethod::Dns),
                    "http" => Some(EvidenceMethod::Http),
                    _ => None,
                };
                Ok(Self::RegistryKey {
                    domain: fields.one_of("domain", domain)?,
                    key: PublicKey::from_base64(fields.text("key")?).map_err(KeysetError::EvidenceKey)?,
                    method: fields.one_of("method", method)?,
                })
            }
            Some("github-oidc") => {
                let names = ["issuer", "owner", "owner_id", "subject", "type"];
                let fields = Fields::of(value, place, &names)?;
                fields.one_of("issuer", |text| (text == GITHUB_ISSUER).then_some(()))?;
                let owned = |is_good: bool, text: &str| is_good.then(|| text.to_owned());
                Ok(Self::GithubOidc {
                    owner: fields.one_of("owner", |text| owned(is_owner(text), text))?,
                    owner_id: fields.one_of("owner_id", |text| owned(is_owner_id(text), text))?,
                    subject: fields.one_of("subject", |text| owned(is_subject(text), text))?,
                })
            }
            _ => Err(place.fault(DocumentFault::WrongText).into()),
        }
    }
}

fn is_owner(text: &str) -> bool {
    (1..=MAX_OWNER_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_owner_id(text: &str) -> bool {
    (1..=MAX_OWNER_ID_DIGITS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
}

fn is_subject(text: &str) -> bool {
    (1..=MAX_SUBJECT_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
