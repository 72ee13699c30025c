//! What an operator may set about a webhook.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pizza_edge::Secret;
use pizza_events::Selection;
use serde::Deserialize;
use serde_json::Value;

/// A section `[[webhooks]]` of the configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Part of the names of durable cursors: under another name it begins anew.
    pub name: String,
    /// `https://…`; `http://…` to this machine, and elsewhere with `allow_http`.
    pub url: String,
    /// `whsec_` and 24 to 64 bytes in base64. Each signs, so that a receiver may know any of them.
    pub secrets: Vec<Secret>,
    #[serde(default = "WebhookConfig::usual_stream")]
    pub stream: String,
    /// The actor type whose keys are the stream's.
    #[serde(default = "WebhookConfig::usual_actor")]
    pub actor: String,
    /// Only events of these keys; without any, of all that there are.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Where a webhook begins that is new.
    #[serde(default)]
    pub begin: Begin,
    /// What receivers see as the type; a name in braces stands for a field of the event. Without it: the
    /// stream.
    #[serde(default, rename = "type")]
    pub event_type: Option<String>,
    /// Fields that an event has to have. Without any, those of a restaurant's orders need a status.
    #[serde(default)]
    pub needs: Vec<String>,
    /// For which events it is: JSON pointers, each with the value, or a list of the values, that has to be
    /// there.
    #[serde(default)]
    pub when: BTreeMap<String, Value>,
    /// Fields in milliseconds since 1970 that are shown as RFC 3339.
    #[serde(default = "WebhookConfig::usual_times")]
    pub times: Vec<String>,
    /// Fields that are left out.
    #[serde(default = "WebhookConfig::usual_without")]
    pub without: Vec<String>,
    /// Fields that say who a customer is, where they live and what they have said, and are told all the
    /// same.
    #[serde(default)]
    pub with: Vec<String>,
    /// How long one attempt may take.
    #[serde(default = "WebhookConfig::usual_timeout_ms")]
    pub timeout_ms: u64,
    /// Attempts after which an event becomes a dead letter.
    #[serde(default = "WebhookConfig::usual_attempts")]
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each…
    #[serde(default = "WebhookConfig::usual_retry_first_ms")]
    pub retry_first_ms: u64,
    /// …up to this.
    #[serde(default = "WebhookConfig::usual_retry_longest_ms")]
    pub retry_longest_ms: u64,
    /// Posts that are under way at once.
    #[serde(default = "WebhookConfig::usual_in_flight")]
    pub in_flight: usize,
    /// Addresses and networks inside that may be posted to; without any, only the open Internet.
    #[serde(default)]
    pub allow_private: Vec<String>,
    /// Whether `http://` may leave this machine.
    #[serde(default)]
    pub allow_http: bool,
    /// PEM: the authority of the receiver's certificate. Without it, those that this machine trusts.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

/// Where a webhook begins that is new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Begin {
    /// With what happens from now on.
    #[default]
    Now,
    /// With the oldest event that is kept.
    Oldest,
}

impl WebhookConfig {
    /// Which events are posted, and which of their fields.
    pub(crate) fn selection(&self) -> Selection<'_> {
        Selection {
            stream: &self.stream,
            needs: &self.needs,
            times: &self.times,
            without: &self.without,
            with: &self.with,
        }
    }

    fn usual_stream() -> String {
        "restaurant-orders".to_owned()
    }

    fn usual_actor() -> String {
        "restaurant".to_owned()
    }

    fn usual_times() -> Vec<String> {
        ["at", "createdAt", "estimatedDeliveryAt"]
            .map(str::to_owned)
            .into()
    }

    fn usual_without() -> Vec<String> {
        vec!["customerId".to_owned()]
    }

    fn usual_timeout_ms() -> u64 {
        15_000
    }

    fn usual_attempts() -> u32 {
        12
    }

    fn usual_retry_first_ms() -> u64 {
        1_000
    }

    fn usual_retry_longest_ms() -> u64 {
        600_000
    }

    fn usual_in_flight() -> usize {
        8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_is_understood_and_secrets_are_not_shown() {
        let text = "name = \"a\"\nurl = \"https://a.example/\"\nsecrets = [\"whsec_sesame\"]";
        let config: WebhookConfig = toml::from_str(text).expect("a configuration");
        assert_eq!((config.attempts, config.begin), (12, Begin::Now));
        assert!(!format!("{config:?}").contains("sesame"));
        let mistyped = toml::from_str::<WebhookConfig>(&format!("{text}\nsecret = 1"));
        assert!(mistyped.is_err());
    }
}
