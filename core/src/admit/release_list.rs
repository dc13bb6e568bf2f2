//! The releases of one name: found by sequence at once, by version in a few steps.

use crate::statement::{MAX_SEQUENCE, ReleaseVersion};

/// The releases of one name in one claim, in the order of their sequences, from 1 without a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ReleaseList {
    in_order: Vec<Release>,
    /// Places in `in_order`, sorted by version. Four bytes each, because one name can have a million.
    by_version: Vec<u32>,
}

/// One release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) version: ReleaseVersion,
    /// Index of its entry.
    pub(super) index: u64,
}

impl ReleaseList {
    pub(super) fn of_one(release: Release) -> Self {
        Self { in_order: vec![release], by_version: vec![0] }
    }

    /// The list of releases that stand in the order of their sequences.
    ///
    /// # Errors
    /// Two have one version, or there are too many.
    pub(super) fn of_all(in_order: Vec<Release>) -> Result<Self, ()> {
        if in_order.len() as u64 > MAX_SEQUENCE {
            return Err(());
        }
        let mut by_version: Vec<u32> = (0..in_order.len() as u32).collect();
        let version = |place: &u32| &in_order[*place as usize].version;
        by_version.sort_by(|left, right| version(left).cmp(version(right)));
        if by_version.windows(2).any(|pair| version(&pair[0]) == version(&pair[1])) {
            return Err(());
        }
        Ok(Self { in_order, by_version })
    }

    /// Appends the next release; its version is new.
    pub(super) fn push(&mut self, release: Release) {
        let place = u32::try_from(self.in_order.len()).expect("a statement's sequence has a limit");
        let at = self.find(&release.version).unwrap_or_else(|at| at);
        self.by_version.insert(at, place);
        self.in_order.push(release);
    }

    /// The release of a sequence.
    pub(super) fn get(&self, sequence: u64) -> Option<&Release> {
        self.in_order.get(usize::try_from(sequence.checked_sub(1)?).ok()?)
    }

    /// Sequence and release of a version.
    pub(super) fn of_version(&self, version: &ReleaseVersion) -> Option<(u64, &Release)> {
        let place = self.by_version[self.find(version).ok()?];
        Some((u64::from(place) + 1, &self.in_order[place as usize]))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Release> {
        self.in_order.iter()
    }

    fn find(&self, version: &ReleaseVersion) -> Result<usize, usize> {
        self.by_version.binary_search_by(|place| self.in_order[*place as usize].version.cmp(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_found_by_sequence_and_by_version() {
        let release =
            |number: u64| Release { version: format!("v{}", 97 - number).parse().unwrap(), index: number };
        let mut list = ReleaseList::of_one(release(1));
        (2..=90).for_each(|number| list.push(release(number)));
        assert_eq!(ReleaseList::of_all(list.iter().cloned().collect()), Ok(list.clone()));
        for number in 1..=90 {
            let expected = release(number);
            assert_eq!(list.get(number), Some(&expected));
            assert_eq!(list.of_version(&expected.version), Some((number, &expected)));
        }
        assert_eq!((list.get(0), list.get(91)), (None, None));
        assert_eq!(list.of_version(&"v1.0".parse().unwrap()), None);
        assert_eq!(ReleaseList::of_all(vec![release(1), release(1)]), Err(()));
    }
}
