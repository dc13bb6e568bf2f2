//! Pages of a listing that were read before: one that comes again byte for byte is not read again.
//!
//! Honest servers answer every walk with the same bytes, and a walk is made for each request of the client and after
//! calls. Reading means parsing and hashing every object; comparing bytes is much cheaper, and says as much.

use pinfold_core::digest::ObjectKind;
use pinfold_core::surface::{Page, PageError, read_page};

/// The most bytes of pages that are kept. The largest real listing has 358,189.
const MAX_KEPT_BYTES: usize = 1 << 20;

/// What was read in one walk, in order.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    read: Vec<(Box<[u8]>, Page)>,
    bytes: usize,
}

impl Pages {
    /// Reads the next page, or takes it from the walk before if it is the same there, and keeps it for the walk after.
    ///
    /// # Errors
    /// As [`read_page`].
    pub(crate) fn next(
        &mut self,
        kind: ObjectKind,
        result: &[u8],
        before: &Pages,
    ) -> Result<Page, PageError> {
        let known = before.read.get(self.read.len()).filter(|(bytes, _)| **bytes == *result);
        let page = match known {
            Some((_, page)) => page.clone(),
            None => read_page(kind, result)?,
        };
        self.bytes += result.len();
        if self.bytes <= MAX_KEPT_BYTES {
            self.read.push((result.into(), page.clone()));
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const ONE: &[u8] = br#"{"tools":[{"name":"a","inputSchema":{}}]}"#;
    const OTHER: &[u8] = br#"{"tools":[{"name":"b","inputSchema":{}}]}"#;

    fn read(result: &[u8], before: &Pages) -> (Page, Pages) {
        let mut pages = Pages::default();
        let page = pages.next(ObjectKind::Tool, result, before).unwrap();
        (page, pages)
    }

    #[test]
    fn the_same_bytes_are_the_same_page_and_others_are_read() {
        let (first, before) = read(ONE, &Pages::default());
        let (again, _) = read(ONE, &before);
        assert_eq!(again, first);
        assert!(Arc::ptr_eq(&again.objects[0].bytes, &first.objects[0].bytes), "not read again");
        let (other, _) = read(OTHER, &before);
        assert_eq!(other, read_page(ObjectKind::Tool, OTHER).unwrap());
    }

    #[test]
    fn a_page_counts_at_its_own_place_only() {
        let (_, before) = read(ONE, &Pages::default());
        let mut pages = Pages::default();
        pages.next(ObjectKind::Tool, OTHER, &before).unwrap();
        let second = pages.next(ObjectKind::Tool, ONE, &before).unwrap();
        assert_eq!(second, read_page(ObjectKind::Tool, ONE).unwrap());
    }
}
