//! What an operator says of the other clusters that are one pizzeria with this one.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_types::{CellName, CellNames};
use serde::Deserialize;

/// A cell: this cluster is one of several, each with a store of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellConfig {
    /// The cell that this silo belongs to.
    pub name: CellName,
    /// The cell of keys that name none; the same in all cells, and for ever. Without it, this one.
    pub default: Option<CellName>,
    /// How many messages and entries with events may wait for a cell that is away.
    #[serde(default = "parked_max")]
    pub parked_max: usize,
    /// The other cells, each with addresses (host and port) where its silos serve other silos.
    pub others: BTreeMap<CellName, Vec<Arc<str>>>,
}

/// Why cells cannot be as they are configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    #[error("cell {0} is this one, and is among [silo.cluster.cell.others]")]
    Itself(CellName),
    #[error("cell {0} has no address in [silo.cluster.cell.others]; one host:port is enough")]
    NoAddress(CellName),
    #[error("[silo.cluster.cell] default = {default:?} is no cell; there are {known}")]
    Default { default: String, known: String },
}

impl CellConfig {
    /// A cell of this name, with no other so far.
    #[must_use]
    pub fn named(name: CellName) -> Self {
        Self {
            name,
            default: None,
            parked_max: parked_max(),
            others: BTreeMap::new(),
        }
    }

    /// # Errors
    /// When the names contradict each other, or a cell has no address.
    pub(crate) fn names(&self) -> Result<CellNames, CellError> {
        if self.others.contains_key(&self.name) {
            return Err(CellError::Itself(self.name.clone()));
        }
        if let Some((name, _)) = self.others.iter().find(|(_, at)| at.is_empty()) {
            return Err(CellError::NoAddress(name.clone()));
        }
        let default = self.default.as_ref().unwrap_or(&self.name);
        if *default != self.name && !self.others.contains_key(default) {
            let known = self.others.keys().chain([&self.name]);
            let known: Vec<_> = known.map(CellName::as_str).collect();
            return Err(CellError::Default {
                default: default.to_string(),
                known: known.join(", "),
            });
        }
        Ok(CellNames {
            mine: self.name.clone(),
            default: default.clone(),
            others: self.others.keys().cloned().collect(),
        })
    }
}

fn parked_max() -> usize {
    100_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> CellConfig {
        toml::from_str(text).expect("it is read")
    }

    #[test]
    fn cells_that_contradict_each_other_are_refused() {
        let of = |text: &str| read(text).names().map_err(|error| error.to_string());
        let fine = of("name = 'us'\ndefault = 'eu'\n[others]\neu = ['a:1']").expect("fine");
        assert_eq!(fine.default.as_str(), "eu");
        for (text, why) in [
            ("name = 'us'\n[others]\nus = ['a:1']", "this one"),
            ("name = 'us'\n[others]\neu = []", "no address"),
            (
                "name = 'us'\ndefault = 'ap'\n[others]\neu = ['a:1']",
                "there are eu, us",
            ),
        ] {
            let error = of(text).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
        assert!(toml::from_str::<CellConfig>("name = 'U.S'\n[others]").is_err());
    }
}
