//! Which silo opens the actors of a type, as an operator writes it: `"hash"`, or `{ fixed = "disk" }`.

use std::fmt;
use std::sync::Arc;

use pizza_runtime::Placement;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::label::Label;

/// The keys of a table.
const KEYS: &[&str] = &["fixed", "otherwise"];
/// What there is, for whoever wrote something else.
const THERE_ARE: &str = r#""hash", "prefer-local", "least-loaded", "random", and a table such as { fixed = "label", otherwise = "hash" }"#;

/// The placement of an actor type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacementConfig(pub(crate) Placement);

impl PlacementConfig {
    /// That of stateless workers.
    #[must_use]
    pub fn random() -> Self {
        Self(Placement::Random)
    }
}

impl<'de> Deserialize<'de> for PlacementConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = PlacementConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a placement: {THERE_ARE}")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<PlacementConfig, E> {
        Ok(PlacementConfig(match name {
            "hash" => Placement::Hash,
            "prefer-local" => Placement::PreferLocal,
            "least-loaded" => Placement::LeastLoaded,
            "random" => Placement::Random,
            "fixed" => {
                return Err(E::custom(
                    r#"fixed needs the label of the silos that are meant: { fixed = "label" }"#,
                ));
            }
            other => {
                let told = format!("there is no placement {other:?}; there are {THERE_ARE}");
                return Err(E::custom(told));
            }
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<PlacementConfig, A::Error> {
        let (mut fixed, mut otherwise) = (None, None);
        while let Some(key) = table.next_key::<String>()? {
            match key.as_str() {
                "fixed" => fixed = Some(table.next_value::<Label>()?.0),
                "otherwise" => {
                    let second = table.next_value::<PlacementConfig>()?.0;
                    // An actor is stateless or it is not, wherever it is.
                    if second.is_stateless() {
                        return Err(Error::custom(
                            "\"random\" is for stateless workers, and no second choice; there are \"hash\", \"prefer-local\", \"least-loaded\" and another label",
                        ));
                    }
                    otherwise = Some(second);
                }
                unknown => return Err(Error::unknown_field(unknown, KEYS)),
            }
        }
        let label: Arc<str> = fixed.ok_or_else(|| Error::missing_field("fixed"))?;
        let otherwise = otherwise.map(Box::new);
        Ok(PlacementConfig(Placement::Fixed { label, otherwise }))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::SiloConfig;

    use super::*;

    fn read(row: &str) -> Result<Placement, String> {
        let config = toml::from_str::<SiloConfig>(&format!("[placement]\nworker = {row}\n"));
        let config = config.map_err(|error| error.to_string())?;
        assert_eq!(config.policy("other").placement, Placement::Hash);
        Ok(config.policy("worker").placement)
    }

    fn fixed(label: &str, otherwise: Option<Placement>) -> Placement {
        let otherwise = otherwise.map(Box::new);
        let label = label.into();
        Placement::Fixed { label, otherwise }
    }

    #[test]
    fn what_an_operator_writes() {
        for (row, expected) in [
            (r#""hash""#, Placement::Hash),
            (r#""prefer-local""#, Placement::PreferLocal),
            (r#""least-loaded""#, Placement::LeastLoaded),
            (r#""random""#, Placement::Random),
            (r#"{ fixed = "disk" }"#, fixed("disk", None)),
            (
                r#"{ fixed = "a", otherwise = { fixed = "b", otherwise = "hash" } }"#,
                fixed("a", Some(fixed("b", Some(Placement::Hash)))),
            ),
        ] {
            assert_eq!(read(row), Ok(expected), "{row}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told_with_what_there_is() {
        for (row, told) in [
            (
                r#"{ fixed = "a", otherwise = "random" }"#,
                "no second choice",
            ),
            (
                r#""hsah""#,
                r#"there is no placement "hsah"; there are "hash", "prefer-local", "least-loaded", "random""#,
            ),
            (r#""fixed""#, r#"{ fixed = "label" }"#),
            ("7", r#"expected a placement: "hash""#),
            (
                r#"{ lable = "a" }"#,
                "unknown field `lable`, expected `fixed` or `otherwise`",
            ),
            (r#"{ otherwise = "hash" }"#, "missing field `fixed`"),
            (
                r#"{ fixed = "two words" }"#,
                r#""two words" is no label: it takes 1 to 64"#,
            ),
            (
                r#"{ fixed = "a", otherwise = "b" }"#,
                r#"there is no placement "b""#,
            ),
        ] {
            let error = read(row).expect_err(row);
            assert!(
                error.contains(told) && error.contains("worker"),
                "{row}: {error}"
            );
        }
    }
}
