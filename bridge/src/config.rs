//! What an operator may set about MQTT.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

pub use crate::link::Version;

/// What is listened to when nothing else is configured.
const USUAL: &str = include_str!("mappings.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BridgeConfig {
    /// `mqtt://host:port`, or `mqtts://host:port` with TLS; without it there is no bridge.
    pub broker: Option<String>,
    /// What is spoken: "5" or "3.1.1".
    pub version: Version,
    /// For `mqtts://`.
    pub tls: TlsConfig,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// The broker keeps a session under this name: two bridges need two.
    pub client_id: String,
    /// Bridges that name the same group divide the messages among them (`$share`).
    pub share: Option<String>,
    /// Messages that are worked on at once, each unacknowledged.
    pub in_flight: usize,
    /// Where messages go that cannot be delivered.
    pub dead_letter_topic: String,
    /// Subscriptions wider than the mappings, so that a mistyped topic is not lost.
    pub watch: Vec<String>,
    /// The broker keeps retained messages in memory only: at the start they are published
    /// once more, from the streams.
    pub restore_retained: bool,
    pub inbound: Vec<Inbound>,
    pub outbound: Vec<Outbound>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM: who vouches for the broker. Without it, whom this machine trusts.
    pub ca: Option<PathBuf>,
    /// PEM: what the bridge shows where the broker asks who it is.
    pub certificate: Option<PathBuf>,
    /// PEM: the certificate's private key.
    pub key: Option<PathBuf>,
}

/// A stream whose events everybody may hear.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    pub stream: String,
    /// The actor type whose keys are the stream's.
    pub actor: String,
    /// A name in braces stands for a field of the event; events without it are not meant.
    pub topic: String,
    /// Whoever subscribes later gets the last one.
    #[serde(default)]
    pub retain: bool,
    /// How long the broker keeps it for them, in seconds, if it speaks MQTT 5; for ever
    /// without it.
    #[serde(default)]
    pub expiry_s: Option<u32>,
    /// Fields in milliseconds since 1970 that are shown as RFC 3339.
    #[serde(default)]
    pub times: Vec<String>,
    /// Fields that are not for everybody.
    #[serde(default)]
    pub without: Vec<String>,
}

/// What becomes of the messages of a topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Segments in braces have names: `pizza/drivers/{driverId}/location`.
    pub topic: String,
    pub actor: String,
    /// Which payloads are meant: the value, or one of several, at a place (a JSON pointer).
    /// Others are left to the topic's next mapping, or to nobody.
    #[serde(default)]
    pub when: BTreeMap<String, Value>,
    /// The actor's key: a named segment, a place in the payload (`$/a/b`), or a text.
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    #[default]
    Json,
    /// What is no JSON is a text.
    JsonOrText,
}

/// What tells one message from another, so that the same one has no second effect.
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// JSON pointer to a time, which the arguments get as milliseconds since the Unix epoch.
    pub at: String,
    /// How it is written. Without it: milliseconds, or RFC 3339.
    #[serde(default)]
    pub unit: Option<TimeUnit>,
    pub past_ms: u64,
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

/// Never shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
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
            client_id: "awesome-pizza".to_owned(),
            share: None,
            in_flight: 256,
            dead_letter_topic: "pizza/dead-letter".to_owned(),
            watch: vec!["pizza/drivers/#".to_owned(), "pizza/kitchen/#".to_owned()],
            restore_retained: false,
            inbound: usual.inbound,
            outbound: usual.outbound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_mappings_are_understood_and_secrets_not_shown() {
        let config = BridgeConfig::default();
        assert_eq!((config.inbound.len(), config.outbound.len()), (4, 1));
        let text = "broker = \"mqtt://host\"\npassword = \"sesame\"";
        let config: BridgeConfig = toml::from_str(text).expect("a configuration");
        assert!(!format!("{config:?}").contains("sesame"));
        assert!(toml::from_str::<BridgeConfig>("brocker = 1").is_err());
    }
}
