//! The order of two versions, where they have one.

use std::cmp::Ordering;

/// The order of two versions: both Semantic Versions 2.0.0, or both whole numbers parted by dots, of one length.
///
/// `None`: they are neither, and nothing is known of their order. Build metadata does not count, as Semantic Versioning
/// says. Numbers have any length.
pub fn version_order(one: &str, other: &str) -> Option<Ordering> {
    if let (Some(one), Some(other)) = (SemVer::parse(one), SemVer::parse(other)) {
        return Some(one.cmp(&other));
    }
    let (one, other) = (dotted(one)?, dotted(other)?);
    (one.len() == other.len()).then(|| one.cmp(&other))
}

/// A whole number in its digits: the longer one is larger.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Number<'t> {
    length: usize,
    digits: &'t str,
}

impl<'t> Number<'t> {
    /// Digits and nothing else; zeros in front do not count.
    fn parse(text: &'t str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = text.trim_start_matches('0');
        Some(Self { length: digits.len(), digits })
    }

    /// As Semantic Versioning writes it: no zeros in front.
    fn strict(text: &'t str) -> Option<Self> {
        (text == "0" || !text.starts_with('0')).then(|| Self::parse(text)).flatten()
    }
}

fn dotted(text: &str) -> Option<Vec<Number<'_>>> {
    text.split('.').map(Number::parse).collect()
}

/// One identifier of a pre-release. Numbers come before words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'t> {
    Number(Number<'t>),
    Word(&'t str),
}

impl<'t> Identifier<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Number::strict(text).map(Self::Number);
        }
        is_identifier(text).then_some(Self::Word(text))
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Source: Semantic Versioning 2.0.0, sections 2, 9, 10 and 11.
#[derive(PartialEq, Eq)]
struct SemVer<'t> {
    core: [Number<'t>; 3],
    /// Empty: a release, which comes after all its pre-releases.
    pre: Vec<Identifier<'t>>,
}

impl<'t> SemVer<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        if build.is_some_and(|build| !build.split('.').all(is_identifier)) {
            return None;
        }
        let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
        let core: Vec<_> = core.split('.').map(Number::strict).collect::<Option<_>>()?;
        let pre = pre.map_or(Some(Vec::new()), |pre| pre.split('.').map(Identifier::parse).collect())?;
        Some(Self { core: core.try_into().ok()?, pre })
    }
}

impl Ord for SemVer<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.core.cmp(&other.core).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.pre.cmp(&other.pre),
        })
    }
}

impl PartialOrd for SemVer<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Semantic Versioning 2.0.0, section 11, and numbers of any length.
    const ASCENDING: [&str; 12] = [
        "0.9.10",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2.0",
        "1.10.0",
        "1.10.99999999999999999999999999",
    ];

    #[test]
    fn semantic_versions_have_the_order_of_their_specification() {
        for (place, one) in ASCENDING.iter().enumerate() {
            for (other_place, other) in ASCENDING.iter().enumerate() {
                assert_eq!(version_order(one, other), Some(place.cmp(&other_place)), "{one} {other}");
            }
        }
        assert_eq!(version_order("1.0.0+2", "1.0.0+10"), Some(Ordering::Equal), "build is not counted");
    }

    #[test]
    fn whole_numbers_with_dots_are_ordered_where_they_have_one_length() {
        assert_eq!(version_order("2026.11.03", "2026.11.3"), Some(Ordering::Equal));
        assert_eq!(version_order("2026.9.12.1", "2026.10.1.0"), Some(Ordering::Less));
        assert_eq!(version_order("12", "9"), Some(Ordering::Greater));
        assert_eq!(
            version_order("1.2.3", "1.02.4"),
            Some(Ordering::Less),
            "one of them is no semantic version"
        );
    }

    #[test]
    fn what_is_neither_has_no_order() {
        for (one, other) in [
            ("1.2", "1.2.1"),
            ("1.2.3", "latest"),
            ("v1.2.3", "1.2.4"),
            ("1.2.3", "1.2.3.4"),
            ("1.2.3-01", "1.2.4"),
            ("1.2.3a1", "1.2.3a2"),
            ("1..2", "1..3"),
            ("", ""),
            ("1.2.3-", "1.2.4"),
            ("1.2.3+", "1.2.4"),
        ] {
            assert_eq!(version_order(one, other), None, "{one:?} {other:?}");
        }
    }
}
