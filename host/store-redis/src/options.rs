//! Where the store is, and what may be promised of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pizza_types::Durability;

use crate::planted;
use crate::tls::Tls;

#[derive(Debug, Clone)]
pub struct Options {
    /// The address: `redis://host:port/database` for a server, `redis://host:port,host:port` for
    /// members of a cluster, of which one is enough, and
    /// `redis+sentinel://host:port,host:port/service/database` for sentinels.
    pub url: String,
    /// The file in which is kept how far the store was; without it only a process that runs notices
    /// a store that went back in time.
    pub told: Option<PathBuf>,
    /// Whether a server is taken that keeps nothing: one without an append-only file.
    pub may_forget: bool,
    /// How many connections there are to each server, among which shards are spread: each has one
    /// batch under way.
    pub lanes: usize,
    /// What becomes of a shard that went back in time.
    pub rollback: Rollback,
    /// Whom to believe and what to show where the address asks for TLS: `rediss://…` or
    /// `rediss+sentinel://…`; and only there.
    pub tls: Option<Tls>,
    /// How many replicas of a server have to have what is acknowledged.
    pub replicas: u8,
}

/// What becomes of a shard that lacks something that was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rollback {
    /// Nothing is written there until an operator accepts the loss.
    #[default]
    Stop,
    /// It goes on with what it has, as a new incarnation. This is counted and logged.
    Accept,
}

impl Options {
    /// The usual options for a server.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            told: None,
            may_forget: false,
            lanes: 8,
            rollback: Rollback::Stop,
            tls: None,
            replicas: 0,
        }
    }
}

/// What an answered command survives, by the server's settings. Measured (shared design, and
/// `docs/decisions/0050-…`): with `everysec` a server whose disk is slow answers before it has written,
/// and lost a quarter of what it had answered.
///
/// # Errors
/// When the settings are such that no silo should use the server; the text says what to change.
pub(crate) fn durability(
    settings: &BTreeMap<String, String>,
    may_forget: bool,
) -> Result<Durability, String> {
    let is = |name: &str, value: &str| settings.get(name).is_some_and(|set| set == value);
    if let Some(policy) = settings.get("maxmemory-policy")
        && policy != "noeviction"
    {
        return Err(format!(
            "maxmemory-policy is {policy}: the server would throw actors away; set it to noeviction"
        ));
    }
    if !is("appendonly", "yes") {
        return if may_forget {
            Ok(Durability::Memory)
        } else {
            Err(
                "appendonly is not yes: the server forgets everything when it ends; set \
                 `appendonly yes` and `appendfsync always`, or say durability = \"memory\""
                    .to_owned(),
            )
        };
    }
    if is("appendfsync", "always") {
        return Ok(Durability::Fsync);
    }
    let is_believed = planted::is("believes-everysec") && is("appendfsync", "everysec");
    if is("appendfsync", "no") || is_believed {
        return Ok(Durability::Process);
    }
    Ok(Durability::Memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(appendonly: &str, fsync: &str, policy: &str) -> Result<Durability, String> {
        let settings = [
            ("appendonly", appendonly),
            ("appendfsync", fsync),
            ("maxmemory-policy", policy),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        durability(&settings.into(), false)
    }

    #[test]
    fn no_more_is_promised_than_the_server_keeps() {
        assert_eq!(of("yes", "always", "noeviction"), Ok(Durability::Fsync));
        assert_eq!(of("yes", "no", "noeviction"), Ok(Durability::Process));
        assert_eq!(of("yes", "everysec", "noeviction"), Ok(Durability::Memory));
    }

    #[test]
    fn a_server_that_throws_away_or_forgets_is_refused_with_what_to_change() {
        let evicts = of("yes", "always", "allkeys-lru").expect_err("refused");
        assert!(evicts.contains("allkeys-lru") && evicts.contains("noeviction"));
        let forgets = of("no", "always", "noeviction").expect_err("refused");
        assert!(forgets.contains("appendonly yes"), "{forgets}");
        assert_eq!(durability(&BTreeMap::new(), true), Ok(Durability::Memory));
    }
}
