//! What waits under a label, with the objects that are probably others under a new name.

use pinfold_core::diff::probable_renames;
use pinfold_core::digest::ObjectKind;
use pinfold_core::json::{ReadLimits, Value, read};
use pinfold_core::name::Label;
use pinfold_store::{Store, StoreError};

use crate::page::words::{Item, Renamed};
use crate::waiting::{Waiting, item};

/// The held objects of a label, with the texts that the page needs.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) fn items(store: &Store, label: &Label, waiting: &Waiting) -> Result<Vec<Item>, StoreError> {
    let items = waiting.held.iter().map(|held| item(store, label, held, &waiting.held));
    let mut items: Vec<Item> = items.collect::<Result<_, _>>()?;
    let gone = gone(store, label)?;
    for kind in [ObjectKind::Tool, ObjectKind::Prompt, ObjectKind::ResourceTemplate] {
        pair(&mut items, kind, &gone);
    }
    Ok(items)
}

type Gone = (ObjectKind, String, Vec<u8>);

/// Approved objects that are not listed any more, as far as the store has their bytes.
fn gone(store: &Store, label: &Label) -> Result<Vec<Gone>, StoreError> {
    let Some(pins) = store.pins().label(label) else { return Ok(Vec::new()) };
    let absent = store.absent(label)?.into_keys();
    let gone = absent.filter_map(|(kind, name)| {
        let digest = pins.name(kind, &name)?.latest()?;
        Some((kind, name, store.object(&digest).ok()?.bytes))
    });
    Ok(gone.collect())
}

fn pair(items: &mut [Item], kind: ObjectKind, gone: &[Gone]) {
    let value = |bytes: &[u8]| read(bytes, &ReadLimits::LISTING).ok().map(Value::into_owned);
    let old: Vec<(&Gone, Value<'static>)> =
        gone.iter().filter(|one| one.0 == kind).filter_map(|one| Some((one, value(&one.2)?))).collect();
    let new: Vec<(usize, Value<'static>)> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.kind == kind && item.base.is_none() && item.barred.is_none())
        .filter_map(|(at, item)| Some((at, value(&item.bytes)?)))
        .collect();
    let pairs = probable_renames(
        &old.iter().map(|(_, value)| value).collect::<Vec<_>>(),
        &new.iter().map(|(_, value)| value).collect::<Vec<_>>(),
    );
    for (before, after) in pairs {
        let (_, name, bytes) = old[before].0;
        items[new[after].0].renamed = Some(Renamed { from: name.clone(), bytes: bytes.clone() });
    }
}
