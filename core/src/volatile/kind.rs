//! The closed kinds of text that may stand in a span.

/// What may stand in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// An RFC 3339 `date-time` with upper-case `T` and `Z`.
    DateTime,
    /// An RFC 3339 `full-date`.
    Date,
    /// A name of the IANA time zone database.
    Zone,
    /// The home folder that the gate passed.
    Home,
    /// The working directory that the gate passed.
    Folder,
    /// An absolute path that the gate passed as an argument.
    Argument,
    /// The pinned items in any order.
    Permutation(Separator),
}

/// What parts the items of a list. A blank alone is none: reordered words would be prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Separator {
    /// `, `
    CommaBlank,
    /// `,`
    Comma,
    /// `; `
    SemicolonBlank,
    /// `;`
    Semicolon,
    /// ` | `
    BarBlanks,
    /// `|`
    Bar,
    /// A line feed.
    Line,
}

impl Separator {
    /// All separators.
    pub const ALL: [Separator; 7] = [
        Separator::CommaBlank,
        Separator::Comma,
        Separator::SemicolonBlank,
        Separator::Semicolon,
        Separator::BarBlanks,
        Separator::Bar,
        Separator::Line,
    ];

    /// The text itself.
    pub const fn as_str(self) -> &'static str {
        match self {
            Separator::CommaBlank => ", ",
            Separator::Comma => ",",
            Separator::SemicolonBlank => "; ",
            Separator::Semicolon => ";",
            Separator::BarBlanks => " | ",
            Separator::Bar => "|",
            Separator::Line => "\n",
        }
    }
}

impl RuleKind {
    /// All kinds that have no separator.
    pub const PLAIN: [RuleKind; 6] = [
        RuleKind::DateTime,
        RuleKind::Date,
        RuleKind::Zone,
        RuleKind::Home,
        RuleKind::Folder,
        RuleKind::Argument,
    ];

    /// The kind's name in records and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            RuleKind::DateTime => "date-time",
            RuleKind::Date => "date",
            RuleKind::Zone => "zone",
            RuleKind::Home => "home",
            RuleKind::Folder => "folder",
            RuleKind::Argument => "argument",
            RuleKind::Permutation(_) => "permutation",
        }
    }

    /// The separator of a list.
    pub const fn separator(self) -> Option<Separator> {
        if let RuleKind::Permutation(separator) = self { Some(separator) } else { None }
    }

    /// Whether a pinned span is of this kind by its form. Which path was passed when it was pinned is not known later.
    pub(super) fn admits(self, span: &str) -> bool {
        match self {
            RuleKind::DateTime => is_date_time(span),
            RuleKind::Date => is_date(span.as_bytes()),
            RuleKind::Zone => zones().any(|zone| zone == span),
            RuleKind::Home | RuleKind::Folder | RuleKind::Argument => is_path(span),
            RuleKind::Permutation(separator) => super::list::is_list(span, separator),
        }
    }
}

/// Names of the IANA time zone database (2026a): those with a slash, `GMT` and `UTC`. A newer name is held.
pub(super) fn zones() -> impl Iterator<Item = &'static str> {
    include_str!("zones.txt").lines()
}

/// Longest name of a zone, in bytes.
pub(super) const MAX_ZONE_BYTES: usize = 32;

/// Shortest and longest date-time in bytes: `2026-01-02T03:04:05Z`, and one with nine digits of a second and an offset.
pub(super) const DATE_TIME_BYTES: std::ops::RangeInclusive<usize> = 20..=35;

/// `2026-01-02T03:04:05[.1–9 digits](Z|±hh:mm)`, with a day that there is.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((day, rest)) = text.as_bytes().split_at_checked(10) else { return false };
    let Some((clock, rest)) = rest.split_at_checked(9) else { return false };
    if !is_date(day) || clock[0] != b'T' || !is_clock(&clock[1..]) {
        return false;
    }
    let offset = match rest {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        _ => rest,
    };
    match offset {
        [b'Z'] => true,
        [b'+' | b'-', hours @ .., b':', minute_high, minute_low] => {
            number(hours, 2, 0, 23).is_some() && number(&[*minute_high, *minute_low], 2, 0, 59).is_some()
        }
        _ => false,
    }
}

/// `2026-01-02`, a day that there is.
pub(super) fn is_date(text: &[u8]) -> bool {
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = text else { return false };
    let (Some(year), Some(month)) = (number(year, 4, 0, 9_999), number(&[*m1, *m2], 2, 1, 12)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    number(&[*d1, *d2], 2, 1, days).is_some()
}

/// `03:04:05`; a second of 60 is a leap second.
fn is_clock(text: &[u8]) -> bool {
    let [hours @ .., b':', m1, m2, b':', s1, s2] = text else { return false };
    number(hours, 2, 0, 23).is_some()
        && number(&[*m1, *m2], 2, 0, 59).is_some()
        && number(&[*s1, *s2], 2, 0, 60).is_some()
}

/// A number of exactly that many digits and within the bounds.
fn number(digits: &[u8], count: usize, least: u32, most: u32) -> Option<u32> {
    if digits.len() != count || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    (least..=most).contains(&number).then_some(number)
}

/// An absolute path that can stand in a text and cannot be prose: no blank, no quote, nothing unseen, no empty part.
pub(super) fn is_path(text: &str) -> bool {
    let Some(parts) = text.strip_prefix('/') else { return false };
    text.len() <= super::MAX_PATH_SPAN_BYTES
        && text.chars().all(is_path_letter)
        && parts.split('/').all(|part| !part.is_empty())
}

/// A character that a path in a span may have, `/` included.
pub(super) fn is_path_letter(letter: char) -> bool {
    !letter.is_whitespace()
        && !crate::text::is_unseen(letter)
        && crate::text::refused(letter).is_none()
        && !matches!(
            letter,
            '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '\\' | ',' | ';'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_zones_is_sorted_and_within_its_limit() {
        let all: Vec<&str> = zones().collect();
        assert!(all.len() > 500 && all.contains(&"Etc/UTC") && all.contains(&"UTC"));
        assert!(all.is_sorted());
        assert_eq!(all.iter().map(|zone| zone.len()).max(), Some(MAX_ZONE_BYTES));
        assert!(all.iter().all(|zone| zone.starts_with(|letter: char| letter.is_ascii_uppercase())));
    }
}
