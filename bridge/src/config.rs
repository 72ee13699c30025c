//! What an operator may set about MQTT.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pizza_events::Selection;
use pizza_mqtt::Secret;
use serde::Deserialize;
use serde_json::Value;

/// The mappings when nothing else is configured.
const USUAL: &str = include_str!("mappings.toml");

/// The section `[bridge]` of the configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BridgeConfig {
    /// `mqtt://host:port`, or `mqtts://host:port` with TLS; without it there is no bridge.
    pub broker: Option<String>,
    /// Which version is spoken: "5" or "3.1.1".
    pub version: Version,
    /// For `mqtts://`.
    pub tls: TlsConfig,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// The broker keeps a session under this name. Of several bridges that have it one works, and the
    /// others wait.
    pub client_id: String,
    /// Bridges that name the same group divide the messages among them (`$share`).
    pub share: Option<String>,
    /// Messages that are worked on at once, none of them acknowledged yet; 1 to 65,535.
    pub in_flight: usize,
    /// The topic for messages that cannot be delivered.
    pub dead_letter_topic: String,
    /// Subscriptions wider than the mappings, so that a mistyped topic is not lost.
    pub watch: Vec<String>,
    /// The broker keeps retained messages in memory only: at the start they are published
    /// once more, from the streams.
    pub restore_retained: bool,
    pub inbound: Vec<Inbound>,
    pub outbound: Vec<Outbound>,
}

/// The version of MQTT that is spoken with the broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Version {
    #[serde(rename = "3.1.1")]
    V4,
    #[default]
    #[serde(rename = "5")]
    V5,
}

/// How `mqtts://` is secured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM: the authority of the broker's certificate. Without it, those that this machine
    /// trusts.
    pub ca: Option<PathBuf>,
    /// PEM: the bridge's own certificate, for a broker that asks for one.
    pub certificate: Option<PathBuf>,
    /// PEM: the certificate's private key.
    pub key: Option<PathBuf>,
}

/// A stream whose events are published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    pub stream: String,
    /// The actor type whose keys are the stream's.
    pub actor: String,
    /// A name in braces stands for a field of the event; events without it are not
    /// published.
    pub topic: String,
    /// Clients that subscribe later get the last one of each topic.
    #[serde(default)]
    pub retain: bool,
    /// How long the broker keeps it for them, in seconds, if it speaks MQTT 5. Without it:
    /// for ever.
    #[serde(default)]
    pub expiry_s: Option<u32>,
    /// Fields in milliseconds since 1970 that are shown as RFC 3339.
    #[serde(default)]
    pub times: Vec<String>,
    /// Fields that an event has to have, beside those of the topic; without them it is another kind of
    /// event, and not published. Without any, those of a restaurant's orders need a status.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Fields that are left out, because not everybody who may read the topic may know them.
    #[serde(default)]
    pub without: Vec<String>,
    /// Fields that say who a customer is, where they live and what they have said, and are published all the
    /// same.
    #[serde(default)]
    pub with: Vec<String>,
}

impl Outbound {
    /// Which events are published, and which of their fields.
    pub(crate) fn selection(&self) -> Selection<'_> {
        Selection {
            stream: &self.stream,
            needs: &self.needs,
            times: &self.times,
            without: &self.without,
            with: &self.with,
        }
    }
}

/// To which call the messages of a topic are mapped.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Segments in braces have names: `pizza/drivers/{driverId}/location`.
    pub topic: String,
    pub actor: String,
    /// For which payloads the mapping is: JSON pointers, each with the value, or a list of the
    /// values, that has to be there. Others are left to the topic's next mapping, or ignored.
    #[serde(default)]
    pub when: BTreeMap<String, Value>,
    /// The actor's key: a named segment, a JSON pointer into the payload (`$/a/b`), or a text.
    pub key: String,
    pub method: String,
    #[serde(default)]
    pub payload: Payload,
    #[serde(default)]
    pub id: Id,
    /// Times in the payload that must be near the present.
    #[serde(default)]
    pub times: Vec<Time>,
    /// Speeds in the payload that are not in metres a second.
    #[serde(default)]
    pub speeds: Vec<Speed>,
    /// The method's arguments by name; strings may stand for parts of the message.
    pub arguments: Value,
}

/// How a payload is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    #[default]
    Json,
    /// A payload that is no JSON is a text.
    JsonOrText,
}

/// What identifies a message, so that the same one has no second effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Id {
    /// Topic and payload: right where the payload bears a time or a number.
    Content,
    /// The user property `message-id`, or the payload's `messageId`; without one every
    /// delivery is a message of its own.
    #[default]
    Given,
}

/// A time in the payload.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// JSON pointer to a time, which the arguments get as milliseconds since the Unix epoch.
    pub at: String,
    /// How it is written. Without it: milliseconds, or RFC 3339.
    #[serde(default)]
    pub unit: Option<TimeUnit>,
    /// How old it may be.
    pub past_ms: u64,
    /// How far ahead it may be: clocks differ.
    pub future_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TimeUnit {
    /// Seconds since the Unix epoch, also with a fraction.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds since the Unix epoch.
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "rfc3339")]
    Rfc3339,
}

/// A speed in the payload.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// JSON pointer to a speed, which the arguments get in metres a second. It may be missing.
    pub at: String,
    pub unit: SpeedUnit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum SpeedUnit {
    #[serde(rename = "m/s")]
    MetresASecond,
    #[serde(rename = "km/h")]
    KilometresAnHour,
    #[serde(rename = "mph")]
    MilesAnHour,
    #[serde(rename = "knots")]
    Knots,
}

impl Default for BridgeConfig {
    fn default() -> Self {
        #[derive(Deserialize)]
        struct Usual {
            inbound: Vec<Inbound>,
            outbound: Vec<Outbound>,
        }
        let usual: Usual = toml::from_str(USUAL).expect("the usual mappings are read by a test");
        Self {
            broker: None,
            version: Version::default(),
            tls: TlsConfig::default(),
            user: None,
            password: None,
            // Part of the names of durable cursors and of the broker's session.
            client_id: "awesome-pizza".to_owned(),
            share: None,
            // Each is some milliseconds in a commit that it shares with others.
            in_flight: 256,
            dead_letter_topic: "pizza/dead-letter".to_owned(),
            // Wider than the mappings, so that a mistyped topic becomes a dead letter.
            watch: vec!["pizza/drivers/#".to_owned(), "pizza/kitchen/#".to_owned()],
            restore_retained: false,
            inbound: usual.inbound,
            outbound: usual.outbound,
        }
    }
}

impl BridgeConfig {
    /// Filters of the topics on which the bridge speaks, and nobody else should: those of events
    /// and of dead letters.
    #[must_use]
    pub fn own_topics(&self) -> Vec<String> {
        let level = |level: &str| {
            let is_named = level.starts_with('{') && level.ends_with('}');
            if is_named {
                "+".to_owned()
            } else {
                level.to_owned()
            }
        };
        let filter = |topic: &str| topic.split('/').map(level).collect::<Vec<_>>().join("/");
        let events = self.outbound.iter().map(|o| filter(&o.topic));
        let mut all: Vec<String> = events.collect();
        all.push(self.dead_letter_topic.clone());
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_mappings_are_understood_and_secrets_not_shown() {
        let config = BridgeConfig::default();
        assert_eq!((config.inbound.len(), config.outbound.len()), (4, 2));
        let text = "broker = \"mqtt://host\"\npassword = \"sesame\"";
        let config: BridgeConfig = toml::from_str(text).expect("a configuration");
        assert!(!format!("{config:?}").contains("sesame"));
        assert!(toml::from_str::<BridgeConfig>("brocker = 1").is_err());
        let own = BridgeConfig::default().own_topics();
        let expected = [
            "pizza/orders/+/events",
            "pizza/restaurants/+/orders/+/events",
            "pizza/dead-letter",
        ];
        assert_eq!(own, expected);
    }
}
