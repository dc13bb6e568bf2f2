//! Regions of a page that a command writes: what stands between a line `<!-- KIND: NAME -->` and the next line
//! `<!-- end -->`. The lines around them are a person's.

use std::ops::Range;

/// The line that ends a region.
const END: &str = "<!-- end -->";

/// One region of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    /// The name in its first line.
    pub(crate) name: String,
    /// Line of that, from 1.
    pub(crate) line: usize,
    /// Where its text is, in bytes of the page.
    range: Range<usize>,
}

impl Region {
    /// What stands in it now.
    pub(crate) fn text<'p>(&self, page: &'p str) -> &'p str {
        page.get(self.range.clone()).unwrap_or_default()
    }
}

/// The regions of one kind, in their order.
///
/// # Errors
/// When one does not end, or two have one name.
pub(crate) fn regions(page: &str, kind: &str) -> Result<Vec<Region>, String> {
    let mut found: Vec<Region> = Vec::new();
    let mut open: Option<Region> = None;
    let mut at = 0;
    for (number, line) in page.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        let line = line.trim_end();
        let name = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let name = name.and_then(|rest| rest.strip_prefix(kind)?.strip_prefix(": "));
        match (name, &mut open) {
            (Some(name), Some(before)) => return Err(format!("{} goes on up to {name}", before.name)),
            (Some(name), None) if found.iter().any(|region| region.name == name) => {
                return Err(format!("{kind} {name} stands there twice"));
            }
            (Some(name), None) => {
                open = Some(Region { name: name.to_owned(), line: number + 1, range: next..next });
            }
            (None, Some(_)) if line == END => {
                found.extend(open.take().map(|region| Region { range: region.range.start..at, ..region }));
            }
            (None, _) => {}
        }
        at = next;
    }
    match open {
        Some(region) => Err(format!("{kind} {} does not end", region.name)),
        None => Ok(found),
    }
}

/// The page with the texts that `new` gives for names; a region for which it gives none stays as it is.
///
/// # Errors
/// As [`regions`].
pub(crate) fn replaced(
    page: &str,
    kind: &str,
    new: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut written = String::with_capacity(page.len());
    let mut done = 0;
    for region in regions(page, kind)? {
        written.push_str(&page[done..region.range.start]);
        written.push_str(&new(&region.name).unwrap_or_else(|| region.text(page).to_owned()));
        done = region.range.end;
    }
    written.push_str(&page[done..]);
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n<!-- demo: one -->\nold\n<!-- end -->\nwords\n<!-- table: t -->\n<!-- end -->\n<!-- demo: two -->\n<!-- end -->";

    #[test]
    fn regions_of_one_kind_are_found_and_replaced_and_the_rest_stays() {
        let found = regions(PAGE, "demo").unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.line, one.text(PAGE))).collect();
        assert_eq!(told, [("one", 2, "old\n"), ("two", 8, "")]);
        let new = replaced(PAGE, "demo", |name| (name == "two").then(|| "new\n".to_owned())).unwrap();
        assert_eq!(new, PAGE.replace("<!-- demo: two -->\n", "<!-- demo: two -->\nnew\n"));
        assert_eq!(replaced(PAGE, "demo", |_| None).unwrap(), PAGE);
    }

    #[test]
    fn a_region_without_end_or_with_a_name_twice_is_refused() {
        for page in [
            "<!-- demo: one -->\n",
            "<!-- demo: one -->\n<!-- demo: two -->\n<!-- end -->\n",
            "<!-- demo: one -->\n<!-- end -->\n<!-- demo: one -->\n<!-- end -->\n",
        ] {
            assert!(regions(page, "demo").is_err(), "{page}");
        }
    }
}
