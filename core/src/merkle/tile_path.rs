//! Names of tiles, C2SP tlog-tiles: which hashes or entries a tile has, and the one spelling of its path.

use std::fmt;
use std::str::FromStr;

/// Hashes of a full tile, and entries of a full bundle.
pub const FULL_WIDTH: u16 = 256;

/// Bytes of the longest path of a tile that can exist.
const MAX_PATH_BYTES: usize = 47;

/// Tiles of one level: more than the largest tree fills.
const MAX_INDEX: u64 = (1 << 55) - 1;

/// How many hashes or entries a tile has: 1 to 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileWidth(u16);

/// A tile of hashes: `width` hashes of level 8 × `level` of the tree, from number 256 × `index` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashTile {
    level: u8,
    index: u64,
    width: TileWidth,
}

/// A bundle of entries: `width` entries from number 256 × `index` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryTile {
    index: u64,
    width: TileWidth,
}

/// What a path below the log's address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TilePath {
    /// `tile/<level>/<index>[.p/<width>]`
    Hash(HashTile),
    /// `tile/entries/<index>[.p/<width>]`
    Entries(EntryTile),
}

/// Every hash tile of a tree of this size, lowest level first: the full ones and, on each level, the partial one if
/// there is one.
pub fn tiles_needed(size: u64) -> impl Iterator<Item = HashTile> {
    tiles_between(0, size)
}

/// The hash tiles that a tree of `new_size` has and one of `old_size` has not, lowest level first. Nothing if the new
/// size is not the larger one.
pub fn tiles_between(old_size: u64, new_size: u64) -> impl Iterator<Item = HashTile> {
    (0..8_u8).flat_map(move |level| {
        changed(old_size >> (8 * level), new_size >> (8 * level)).map(move |(index, width)| HashTile {
            level,
            index,
            width,
        })
    })
}

/// Numbers and widths of the tiles of one level that change when it grows from `old` to `new` hashes.
fn changed(old: u64, new: u64) -> impl Iterator<Item = (u64, TileWidth)> {
    let first = if new > old { old >> 8 } else { u64::MAX };
    (first..new.div_ceil(256)).filter_map(move |index| Some((index, width_of(index, new)?)))
}

/// The width that tile `index` has when its level has `count` hashes; none if it has none.
fn width_of(index: u64, count: u64) -> Option<TileWidth> {
    let before = index.checked_mul(256)?;
    let width = count.checked_sub(before)?.min(u64::from(FULL_WIDTH));
    TileWidth::new(width as u16)
}

impl TileWidth {
    /// The width of a full tile.
    pub const FULL: Self = Self(FULL_WIDTH);

    /// 1 to 256; a tile without hashes does not exist.
    pub const fn new(width: u16) -> Option<Self> {
        if width >= 1 && width <= FULL_WIDTH { Some(Self(width)) } else { None }
    }

    /// Hashes or entries.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether it can never grow.
    pub const fn is_full(self) -> bool {
        self.0 == FULL_WIDTH
    }
}

impl HashTile {
    /// A tile by its level (0 to 63) and number (below 2^55). Whether a tree has it is another question.
    pub const fn new(level: u8, index: u64, width: TileWidth) -> Option<Self> {
        if level <= 63 && index <= MAX_INDEX { Some(Self { level, index, width }) } else { None }
    }

    /// The tile of a level and number as a tree of this size has it: full, partial, or not at all.
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        Self::new(level, index, width_of(index, count)?)
    }

    /// The level of the tile.
    pub const fn level(self) -> u8 {
        self.level
    }

    /// The number of the tile in its level.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes it has.
    pub const fn width(self) -> TileWidth {
        self.width
    }

    /// The same tile when it is full.
    pub const fn full(self) -> Self {
        Self { width: TileWidth::FULL, ..self }
    }
}

impl EntryTile {
    /// A bundle by its number (below 2^55). Whether a log has it is another question.
    pub const fn new(index: u64, width: TileWidth) -> Option<Self> {
        if index <= MAX_INDEX { Some(Self { index, width }) } else { None }
    }

    /// The bundle of a number as a log of this size has it.
    pub fn in_tree(index: u64, size: u64) -> Option<Self> {
        Self::new(index, width_of(index, size)?)
    }

    /// The bundles that a log of `new_size` entries has and one of `old_size` has not.
    pub fn between(old_size: u64, new_size: u64) -> impl Iterator<Item = Self> {
        changed(old_size, new_size).map(|(index, width)| Self { index, width })
    }

    /// The number of the bundle.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many entries it has.
    pub const fn width(self) -> TileWidth {
        self.width
    }

    /// The index in the log of its first entry.
    pub const fn first_entry(self) -> u64 {
        self.index * FULL_WIDTH as u64
    }

    /// The tile of the hashes of its entries.
    pub const fn hashes(self) -> HashTile {
        HashTile { level: 0, index: self.index, width: self.width }
    }

    /// The same bundle when it is full.
    pub const fn full(self) -> Self {
        Self { width: TileWidth::FULL, ..self }
    }
}

impl TilePath {
    /// Whether a tree of this size has everything that the tile has. A full tile stands under the full name only once
    /// it is full; a partial one under the widths that the tree has had.
    pub fn is_in_tree(self, size: u64) -> bool {
        let (found, width) = match self {
            Self::Hash(tile) => {
                (HashTile::in_tree(tile.level, tile.index, size).map(|found| found.width), tile.width)
            }
            Self::Entries(tile) => {
                (EntryTile::in_tree(tile.index, size).map(|found| found.width), tile.width)
            }
        };
        found.is_some_and(|found| width <= found)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(tile) => tile.fmt(out),
            Self::Entries(tile) => tile.fmt(out),
        }
    }
}

impl fmt::Display for HashTile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "tile/{}/", self.level)?;
        write_index(out, self.index, self.width)
    }
}

impl fmt::Display for EntryTile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("tile/entries/")?;
        write_index(out, self.index, self.width)
    }
}

fn write_index(out: &mut fmt::Formatter<'_>, index: u64, width: TileWidth) -> fmt::Result {
    let mut group = 1000_u64.pow(5);
    while group > 1 {
        if index >= group {
            write!(out, "x{:03}/", index / group % 1000)?;
        }
        group /= 1000;
    }
    write!(out, "{:03}", index % 1000)?;
    if width.is_full() { Ok(()) } else { write!(out, ".p/{}", width.get()) }
}

/// Why a text is no path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TilePathError {
    /// Longer than the path of any tile.
    #[error("a path of {found_bytes} bytes; none is longer than {MAX_PATH_BYTES}")]
    TooLong {
        /// Bytes of the text.
        found_bytes: usize,
    },
    /// It does not begin with `tile/`.
    #[error("a tile's path begins with \"tile/\"")]
    Prefix,
    /// The level is neither `entries` nor 0 to 63 without leading zeros.
    #[error("a tile's level is \"entries\" or 0 to 63 without leading zeros")]
    Level,
    /// The number is not groups of three digits, each but the last with an `x` before it.
    #[error("a tile's number is groups of three digits, each but the last after an \"x\"")]
    Index,
    /// The number begins with a group of zeros that it does not need.
    #[error("a tile's number has no group of zeros before it")]
    NeedlessGroup,
    /// The number is larger than that of any tile.
    #[error("no tile has so large a number")]
    IndexTooLarge,
    /// The width after `.p/` is not 1 to 255 without leading zeros.
    #[error("a partial tile's width is 1 to 255 without leading zeros")]
    Width,
}

impl FromStr for TilePath {
    type Err = TilePathError;

    /// Reads the path without a slash before it. Every other spelling than [`TilePath`]'s own is refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_PATH_BYTES {
            return Err(TilePathError::TooLong { found_bytes: text.len() });
        }
        let rest = text.strip_prefix("tile/").ok_or(TilePathError::Prefix)?;
        let (level, rest) = rest.split_once('/').ok_or(TilePathError::Level)?;
        let level = match level {
            "entries" => None,
            number => {
                Some(small_number(number).filter(|level| *level <= 63).ok_or(TilePathError::Level)? as u8)
            }
        };
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, TileWidth::FULL),
            Some((index, width)) => {
                let partial = small_number(width).filter(|width| *width < FULL_WIDTH);
                (index, partial.and_then(TileWidth::new).ok_or(TilePathError::Width)?)
            }
        };
        let index = read_index(index)?;
        Ok(match level {
            None => Self::Entries(EntryTile { index, width }),
            Some(level) => Self::Hash(HashTile { level, index, width }),
        })
    }
}

fn read_index(text: &str) -> Result<u64, TilePathError> {
    let mut groups = text.split('/').peekable();
    let mut index = 0_u64;
    let mut is_first = true;
    while let Some(group) = groups.next() {
        let is_last = groups.peek().is_none();
        let digits = if is_last { Some(group) } else { group.strip_prefix('x') };
        let digits = digits.filter(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()));
        let number: u64 = digits.and_then(|digits| digits.parse().ok()).ok_or(TilePathError::Index)?;
        if is_first && !is_last && number == 0 {
            return Err(TilePathError::NeedlessGroup);
        }
        is_first = false;
        let larger = index.checked_mul(1000).and_then(|index| index.checked_add(number));
        index = larger.filter(|index| *index <= MAX_INDEX).ok_or(TilePathError::IndexTooLarge)?;
    }
    Ok(index)
}

/// One to three decimal digits without a leading zero, or `0`.
fn small_number(text: &str) -> Option<u16> {
    let is_plain = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_minimal = text == "0" || !text.starts_with('0');
    if is_plain && is_minimal { text.parse().ok() } else { None }
}
