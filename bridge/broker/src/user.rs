//! A user of the broker, as the configuration has it.

use std::fmt;

use pizza_mqtt::Secret;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A user of the broker. In the configuration it is a table, or a password alone: then
/// `broker.default_role` says what the user may do.
#[derive(Debug, Clone)]
pub struct UserConfig {
    pub password: Secret,
    /// A role of `[broker.rights]`.
    pub role: Option<String>,
    /// Whose topics are the user's own; without it, the user's name.
    pub subject: Option<String>,
}

impl<'de> Deserialize<'de> for UserConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // By hand, because the error of a derived choice does not say which field is wrong.
        from.deserialize_any(TextOrTable)
    }
}

struct TextOrTable;

impl<'de> Visitor<'de> for TextOrTable {
    type Value = UserConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a password, or { password = \"…\", role = \"…\", subject = \"…\" }")
    }

    fn visit_str<E: Error>(self, password: &str) -> Result<UserConfig, E> {
        Ok(UserConfig {
            password: password.into(),
            role: None,
            subject: None,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<UserConfig, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            password: Secret,
            role: Option<String>,
            subject: Option<String>,
        }
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        Ok(UserConfig {
            password: table.password,
            role: table.role,
            subject: table.subject,
        })
    }
}
