//! Who may publish and subscribe to what: a table by roles, which an operator may replace.

mod template;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use self::template::{Names, Template};
use crate::identity::Identity;
use crate::topic;

/// The table when nothing else is configured.
const USUAL: &str = include_str!("rights.toml");

/// The section `[broker.rights]`: roles, and what each may do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct RightsConfig(pub BTreeMap<String, RoleConfig>);

/// What one role may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleConfig {
    /// Filters of the topics that it may publish to. A level of them may be `{subject}` or
    /// `{client}`.
    pub publish: Vec<String>,
    /// Filters that it may subscribe to, and those that cover no more than they do.
    pub subscribe: Vec<String>,
    /// Whether it may publish also to the topics on which only this process speaks.
    pub reserved: bool,
}

/// What is wrong with a table of rights.
#[derive(Debug, thiserror::Error)]
#[error("broker.rights.{role}: {filter:?} {why}")]
pub struct RightsError {
    role: String,
    filter: String,
    why: &'static str,
}

/// The table, as it is asked.
pub(crate) struct Rights {
    roles: HashMap<String, Arc<Role>>,
    /// Of a role that has no section.
    nothing: Arc<Role>,
}

#[derive(Debug)]
struct Role {
    publish: Vec<Template>,
    subscribe: Vec<Template>,
    /// The filters of the topics on which only this process speaks.
    reserved: Arc<[String]>,
    /// Whether the role may speak for it.
    may_use_reserved: bool,
}

/// What one connection may do. The table is asked each time and not copied: of ten thousand
/// silent clients each would hold its own.
pub(crate) enum Access {
    /// The internal client.
    Everything,
    /// In a box, which a client only looks into when it publishes or subscribes.
    Granted(Box<Granted>),
}

pub(crate) struct Granted {
    role: Arc<Role>,
    identity: Arc<Identity>,
    client_id: Arc<str>,
}

/// Why something is not allowed: the label of a metric.
pub(crate) type Denied = &'static str;

impl Default for RightsConfig {
    fn default() -> Self {
        toml::from_str(USUAL).expect("the usual rights are read by a test")
    }
}

impl Rights {
    /// `reserved` are the filters of the topics on which only this process speaks.
    ///
    /// # Errors
    /// Which filter is none.
    pub(crate) fn new(config: &RightsConfig, reserved: Vec<String>) -> Result<Self, RightsError> {
        let reserved: Arc<[String]> = reserved.into();
        let mut roles = HashMap::new();
        for (name, config) in &config.0 {
            let parsed = |filters: &[String]| {
                let parse = |filter: &String| {
                    Template::parse(filter).map_err(|why| RightsError {
                        role: name.clone(),
                        filter: filter.clone(),
                        why,
                    })
                };
                filters.iter().map(parse).collect::<Result<Vec<_>, _>>()
            };
            let role = Role {
                publish: parsed(&config.publish)?,
                subscribe: parsed(&config.subscribe)?,
                reserved: Arc::clone(&reserved),
                may_use_reserved: config.reserved,
            };
            roles.insert(name.clone(), Arc::new(role));
        }
        Ok(Self {
            roles,
            nothing: Arc::new(Role {
                publish: Vec::new(),
                subscribe: Vec::new(),
                reserved,
                may_use_reserved: false,
            }),
        })
    }

    /// What the client may do.
    pub(crate) fn access(&self, identity: &Arc<Identity>, client_id: &Arc<str>) -> Access {
        let Some(role) = identity.role() else {
            return Access::Everything;
        };
        Access::Granted(Box::new(Granted {
            role: Arc::clone(self.roles.get(role).unwrap_or(&self.nothing)),
            identity: Arc::clone(identity),
            client_id: Arc::clone(client_id),
        }))
    }
}

impl Access {
    /// # Errors
    /// Why nothing may be published to the topic.
    pub(crate) fn publish(&self, topic: &str) -> Result<(), Denied> {
        let Self::Granted(granted) = self else {
            return Ok(());
        };
        // Before the role's own filters, which may be as wide as `#`.
        let reserved = &granted.role.reserved;
        if reserved.iter().any(|filter| topic::covers(filter, topic)) {
            let why = "only the pizzeria publishes to this topic";
            return granted.only_if(granted.role.may_use_reserved, topic, why);
        }
        let may = granted.covers(&granted.role.publish, topic);
        granted.only_if(may, topic, "no right to publish")
    }

    /// # Errors
    /// Why the filter may not be subscribed to. An unfit one is not refused here.
    pub(crate) fn subscribe(&self, filter: &str) -> Result<(), Denied> {
        let Self::Granted(granted) = self else {
            return Ok(());
        };
        // It gets the reason of its own, whoever asks.
        if topic::unfit_filter(filter).is_some() {
            return Ok(());
        }
        // A group divides the messages of a filter, and widens nothing.
        let filter = topic::shared(filter).map_or(filter, |(_, filter)| filter);
        let may = granted.covers(&granted.role.subscribe, filter);
        granted.only_if(may, filter, "no right to subscribe")
    }
}

impl Granted {
    fn covers(&self, templates: &[Template], filter: &str) -> bool {
        let names = Names {
            subject: self.identity.subject(),
            client: &self.client_id,
        };
        templates.iter().any(|right| right.covers(filter, names))
    }

    /// For the operator who looks for the phone that is meant: a metric cannot say which it is.
    fn only_if(&self, may: bool, topic: &str, why: Denied) -> Result<(), Denied> {
        if !may {
            let (client_id, identity) = (&self.client_id, &self.identity);
            // Quoted, since both are a client's own words.
            tracing::debug!(
                ?client_id,
                ?identity,
                ?topic,
                why,
                "a client is denied something"
            );
        }
        may.then_some(()).ok_or(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_rights_are_understood_and_slips_are_not() {
        let config = RightsConfig::default();
        let roles: Vec<&str> = config.0.keys().map(String::as_str).collect();
        let expected = [
            "admin",
            "anonymous",
            "bridge",
            "customer",
            "driver",
            "kitchen",
            "manager",
        ];
        assert_eq!(roles, expected);
        assert!(Rights::new(&config, Vec::new()).is_ok());
        for (table, named) in [
            (
                "[cook]\npublish = [\"a/{subjekt}\"]",
                "broker.rights.cook: \"a/{subjekt}\"",
            ),
            ("[cook]\nsubscribe = [\"a/#/b\"]", "a/#/b"),
        ] {
            let config = toml::from_str(table).expect("TOML");
            let error = Rights::new(&config, Vec::new()).err().expect("a slip");
            assert!(error.to_string().contains(named), "{error}");
        }
        assert!(toml::from_str::<RightsConfig>("[cook]\npublisch = []").is_err());
    }
}
