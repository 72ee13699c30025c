//! Cells: clusters with a store each that are one pizzeria together. Which cell an actor or a stream
//! belongs to follows from its key alone, so that nothing has to be asked for it, and nothing durable
//! spans two of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest name of a cell, in bytes: each key of another cell than the default one begins with
/// it.
pub const CELL_BYTES_MAX: usize = 16;

/// The name of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub struct CellName(Arc<str>);

/// Why a text is no name of a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a cell; it takes 1 to {CELL_BYTES_MAX} of a-z 0-9 -")]
pub struct InvalidCell(Arc<str>);

impl CellName {
    /// # Errors
    /// When it is empty, longer than [`CELL_BYTES_MAX`], or has a character outside `a–z 0–9 -`:
    /// above all no dot, which ends it in a key.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, InvalidCell> {
        let name = name.into();
        let fits = (1..=CELL_BYTES_MAX).contains(&name.len());
        let is_one = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if fits && name.chars().all(is_one) {
            return Ok(Self(name));
        }
        Err(InvalidCell(name))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Arc<str>> for CellName {
    type Error = InvalidCell;

    fn try_from(name: Arc<str>) -> Result<Self, InvalidCell> {
        Self::new(name)
    }
}

impl From<CellName> for Arc<str> {
    fn from(name: CellName) -> Self {
        name.0
    }
}

impl std::fmt::Display for CellName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which cells there are, as all of them know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellNames {
    /// The cell that this process belongs to.
    pub mine: CellName,
    /// The cell of keys that name none. It is the same everywhere, and stays.
    pub default: CellName,
    /// All but `mine`.
    pub others: BTreeSet<CellName>,
}

impl CellNames {
    /// The other cell that a key belongs to; `None` where it belongs to this one. A key belongs to
    /// the cell whose name and a dot it begins with, else to the default one.
    #[must_use]
    pub fn abroad(&self, key: &str) -> Option<&CellName> {
        let before_dot = key.split_once('.').map(|(before, _)| before);
        if let Some(name) = before_dot {
            if name == self.mine.as_str() {
                return None;
            }
            if let Some(other) = self.others.iter().find(|other| other.as_str() == name) {
                return Some(other);
            }
        }
        (self.default != self.mine).then_some(&self.default)
    }

    /// What a key of this cell begins with; `None` for the default cell, where keys need nothing.
    #[must_use]
    pub fn prefix(&self) -> Option<String> {
        (self.mine != self.default).then(|| format!("{}.", self.mine))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> CellName {
        CellName::new(name).expect("a name")
    }

    fn names(mine: &str) -> CellNames {
        let all = ["ap", "eu", "us"].into_iter().filter(|n| *n != mine);
        CellNames {
            mine: name(mine),
            default: name("eu"),
            others: all.map(name).collect(),
        }
    }

    #[test]
    fn all_cells_agree_on_whom_a_key_belongs_to() {
        let keys = [
            ("us.soho", "us"),
            ("soho", "eu"),
            ("eu.soho", "eu"),
            ("us", "eu"),
            ("mars.soho", "eu"),
            ("ap.a.b", "ap"),
            (".us", "eu"),
        ];
        for (key, cell) in keys {
            for mine in ["ap", "eu", "us"] {
                let names = names(mine);
                let found = names.abroad(key).map_or(mine, CellName::as_str);
                assert_eq!(found, cell, "{key} as {mine} sees it");
            }
        }
    }

    #[test]
    fn a_key_that_is_made_here_belongs_here() {
        for mine in ["ap", "eu", "us"] {
            let names = names(mine);
            let prefix = names.prefix().unwrap_or_default();
            assert_eq!(names.abroad(&format!("{prefix}order-1")), None);
        }
    }

    #[test]
    fn a_name_can_be_told_apart_in_a_key() {
        for wrong in ["", "a.b", "EU", "a/b", "a-name-that-is-too-long"] {
            assert!(CellName::new(wrong).is_err(), "{wrong:?}");
        }
        assert!(CellName::new("eu-west-1").is_ok());
    }
}
