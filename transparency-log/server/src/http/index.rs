//! What is read by name or index, with its proofs.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use pinfold_core::entry::{Entry, Payload};
use pinfold_core::hex;
use pinfold_core::index::{IndexKey, IndexProof, IndexValue, NamespaceValue};
use pinfold_core::json::{Node, Value, read_canonical};
use pinfold_core::registry_name::{Namespace, RegistryName};
use pinfold_core::tlog_proof::TlogProof;

use super::answer::{Refused, fixed, json, text};
use super::{Shared, read};
use crate::limits::MAX_HISTORY_ITEMS;
use crate::proofs;
use crate::published::{Names, Published};
use crate::store::read::HistoryKind;
use crate::store::{Kind, Reader, StoreError};

/// `GET /proof/<index>`
pub(super) async fn proof(shared: &Arc<Shared>, index: &str) -> Result<Response<Body>, Refused> {
    let (index, published) = published_index(shared, index)?;
    let proof = read(shared, move |reader| proofs::current(reader, &published, index)).await?;
    Ok(text(proof.to_bytes()))
}

/// `GET /manifest/<hex>`
pub(super) async fn manifest(shared: &Arc<Shared>, digest: &str) -> Result<Response<Body>, Refused> {
    let digest: [u8; 32] = hex::decode(digest).map_err(|_| Refused::not_found())?;
    let manifest = read(shared, move |reader| reader.manifest(&digest)).await?;
    Ok(fixed("application/json", manifest.ok_or_else(Refused::not_found)?))
}

/// `GET /bundle/<index>`: the parts of a release's bundle, without the manifest.
pub(super) async fn bundle(shared: &Arc<Shared>, index: &str) -> Result<Response<Body>, Refused> {
    let (index, published) = published_index(shared, index)?;
    names_of(shared, &published)?;
    let parts = read(shared, move |reader| {
        let bytes = reader.entry(index)?;
        let entry = stored(&bytes, index)?;
        let Payload::Release(statement) = entry.payload() else { return Ok(None) };
        let (Some(names), namespace) = (&published.names, statement.name.namespace()) else {
            return Ok(None);
        };
        let keysets = keysets_of(reader, &published, names, &namespace)?;
        Ok(Some(Value::object(vec![
            ("entry", document(&bytes, index)?),
            ("first", proof_text(&proofs::first(reader, &published, index)?)?),
            ("keysets", Value::array(keysets.unwrap_or_default())),
            ("proof", proof_text(&proofs::current(reader, &published, index)?)?),
            ("state", state(reader, &published, names, &statement.name)?),
        ])))
    });
    Ok(json(&parts.await?.ok_or_else(Refused::not_found)?))
}

/// `GET /lookup/<name>`
pub(super) async fn lookup(shared: &Arc<Shared>, name: &str) -> Result<Response<Body>, Refused> {
    let (name, published) = (registry_name(name)?, shared.published()?);
    names_of(shared, &published)?;
    let answer = read(shared, move |reader| {
        let Some(names) = &published.names else { return Ok(None) };
        let newest = match names.index.get(IndexKey::name(&name).as_ref()) {
            Some(IndexValue::Name(value)) => Value::uint(value.newest.index),
            _ => Value::null(),
        };
        Ok(Some(Value::object(vec![
            ("checkpoint", checkpoint_text(&published)?),
            ("newest", newest),
            ("state", state(reader, &published, names, &name)?),
        ])))
    });
    Ok(json(&answer.await?.ok_or_else(Refused::not_found)?))
}

/// `GET /history/<name>?from=<n>`
pub(super) async fn history(
    shared: &Arc<Shared>,
    name: &str,
    query: Option<&str>,
) -> Result<Response<Body>, Refused> {
    let (name, published) = (registry_name(name)?, shared.published()?);
    let from = query.map_or(Ok(0), |query| {
        let number = query.strip_prefix("from=").and_then(|number| number.parse::<u64>().ok());
        number.ok_or_else(|| bad_request("the one parameter is `from`, a number"))
    })?;
    let key = IndexKey::name(&name);
    let Some(IndexValue::Name(value)) = names_of(shared, &published)?.index.get(key.as_ref()) else {
        return Err(Refused::not_found());
    };
    let (count, newest) = (value.history.count, published.size());
    let rows = read(shared, move |reader| {
        let claim = reader.claim_start(key.as_bytes(), HistoryKind::Name, newest, count)?;
        let bounds = (claim.saturating_add(from), claim + count);
        reader.history(key.as_bytes(), HistoryKind::Name, bounds, MAX_HISTORY_ITEMS)
    });
    let items = rows.await?.into_iter().map(|row| {
        Value::object(vec![
            ("index", Value::uint(row.index)),
            ("leaf", Value::string(hex::encode(&row.leaf))),
        ])
    });
    Ok(json(&Value::object(vec![
        ("from", Value::uint(from.min(count))),
        ("items", Value::array(items.collect())),
    ])))
}

/// `GET /keysets/<namespace>`
pub(super) async fn keysets(shared: &Arc<Shared>, namespace: &str) -> Result<Response<Body>, Refused> {
    let namespace = percent_decoded(namespace).and_then(|text| text.parse::<Namespace>().ok());
    let namespace = namespace.ok_or_else(|| bad_request("that is no namespace"))?;
    let published = shared.published()?;
    names_of(shared, &published)?;
    let answer = read(shared, move |reader| {
        let Some(names) = &published.names else { return Ok(None) };
        let Some(keysets) = keysets_of(reader, &published, names, &namespace)? else { return Ok(None) };
        Ok(Some(Value::object(vec![
            ("checkpoint", checkpoint_text(&published)?),
            ("keysets", Value::array(keysets)),
        ])))
    });
    Ok(json(&answer.await?.ok_or_else(Refused::not_found)?))
}

/// The keysets of the claim in force, each with its proof; `None` if the namespace has no claim.
fn keysets_of(
    reader: Reader<'_>,
    published: &Published,
    names: &Names,
    namespace: &Namespace,
) -> Result<Option<Vec<Value<'static>>>, StoreError> {
    let key = IndexKey::namespace(namespace);
    let Some(IndexValue::Namespace(NamespaceValue { keysets, .. })) = names.index.get(key.as_ref()) else {
        return Ok(None);
    };
    let count = keysets.count;
    let start = reader.claim_start(key.as_bytes(), HistoryKind::Keysets, published.size(), count)?;
    let rows =
        reader.history(key.as_bytes(), HistoryKind::Keysets, (start, start + count), usize::MAX >> 1)?;
    let keysets = rows.into_iter().map(|row| {
        let index = row.entry;
        let bytes = reader.entry(index)?;
        Ok(Value::object(vec![
            ("entry", document(&bytes, index)?),
            ("proof", proof_text(&proofs::current(reader, published, index)?)?),
            ("since", Value::uint(row.index)),
        ]))
    });
    keysets.collect::<Result<_, StoreError>>().map(Some)
}

/// The index proof of a name and its namespace under the published head.
fn state(
    reader: Reader<'_>,
    published: &Published,
    names: &Names,
    name: &RegistryName,
) -> Result<Value<'static>, StoreError> {
    let damaged = |what: String| StoreError::Damaged(what);
    let last = published.size().saturating_sub(1);
    let map_head = names.map_head.as_ref().ok_or_else(|| damaged("an empty log has no map-head".into()))?;
    let path = proofs::path(reader, published, last, published.size())?;
    let withdrawn = names.withdrawn.get(&IndexKey::name(name)).cloned().unwrap_or_default();
    let proof = IndexProof::new(&names.index, name, withdrawn, map_head, path);
    Ok(proof.map_err(|error| damaged(error.to_string()))?.to_value())
}

/// What is read by name needs the index of the published head, and a head that is not the empty one.
fn names_of<'a>(shared: &Shared, published: &'a Published) -> Result<&'a Names, Refused> {
    if shared.kind == Kind::Test {
        return Err(Refused::not_found());
    }
    let names = published
        .names
        .as_ref()
        .ok_or_else(|| Refused::unavailable("NoQuorumYet", "the newest head is not published yet"))?;
    if names.map_head.is_none() { Err(Refused::not_found()) } else { Ok(names) }
}

fn published_index(shared: &Shared, index: &str) -> Result<(u64, Arc<Published>), Refused> {
    let published = shared.published()?;
    let is_plain = index == "0" || (!index.starts_with('0') && index.bytes().all(|b| b.is_ascii_digit()));
    let index = index.parse().ok().filter(|index| is_plain && *index < published.size());
    Ok((index.ok_or_else(Refused::not_found)?, published))
}

fn registry_name(text: &str) -> Result<RegistryName, Refused> {
    let name = percent_decoded(text).and_then(|text| text.parse().ok());
    name.ok_or_else(|| bad_request("that is no registry name"))
}

/// A path with `%` and two hexadecimal digits replaced by their byte.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn bad_request(message: &str) -> Refused {
    Refused::new(StatusCode::BAD_REQUEST, "NotAName", message)
}

fn stored(bytes: &[u8], index: u64) -> Result<Entry, StoreError> {
    Entry::parse(bytes).map_err(|error| StoreError::Damaged(format!("entry {index}: {error}")))
}

/// An entry as an object in an answer.
fn document(bytes: &[u8], index: u64) -> Result<Value<'static>, StoreError> {
    let value = read_canonical(bytes, &pinfold_core::json::ReadLimits::OWN);
    value.map(Value::into_owned).map_err(|error| StoreError::Damaged(format!("entry {index}: {error}")))
}

fn proof_text(proof: &TlogProof) -> Result<Value<'static>, StoreError> {
    text_value(proof.to_bytes())
}

fn checkpoint_text(published: &Published) -> Result<Value<'static>, StoreError> {
    text_value(published.head.to_bytes())
}

fn text_value(bytes: Vec<u8>) -> Result<Value<'static>, StoreError> {
    let text = String::from_utf8(bytes).map_err(|_| StoreError::Damaged("a note is no text".into()))?;
    Ok(Value { node: Node::String(text.into()), span: Default::default() })
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn paths_are_decoded_once() {
        assert_eq!(percent_decoded("io.github.acme/files").as_deref(), Some("io.github.acme/files"));
        assert_eq!(percent_decoded("a%2Fb").as_deref(), Some("a/b"));
        assert_eq!(percent_decoded("a%252F").as_deref(), Some("a%2F"));
        for bad in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(percent_decoded(bad), None, "{bad}");
        }
    }
}
