//! From a message to a call.

use std::sync::Arc;

use pizza_client::Call;
use pizza_events::applies;
use pizza_types::{ActorId, MessageId};
use pizza_value::whole_numbers;
use serde_json::{Map, Value};

use crate::config::{self, Id, Payload};
use crate::measure;
use crate::template::{self, Context};
use crate::topic::{Named, Pattern};

pub(crate) struct Mapping {
    pub(crate) pattern: Pattern,
    config: config::Inbound,
}

/// Why a message becomes a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// One of few, since it is a label of a metric.
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl Mapping {
    /// Checks what can be checked without a message: a mistake shows at the start.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn new(config: config::Inbound) -> Result<Self, String> {
        let pattern = Pattern::parse(&config.topic)?;
        if let Some(name) = braced(&config.key)
            && !pattern.names().any(|named| named == name)
        {
            let topic = &config.topic;
            return Err(format!("the key {name:?} is no segment of {topic:?}"));
        }
        let times = config.times.iter().map(|time| time.at.as_str());
        let speeds = config.speeds.iter().map(|speed| speed.at.as_str());
        let when = config.when.keys().map(String::as_str);
        let mut pointers = times.chain(speeds).chain(when).chain(pointer(&config.key));
        // RFC 6901: a pointer is empty, which is the whole payload, or begins with a slash.
        if let Some(wrong) = pointers.find(|at| !at.is_empty() && !at.starts_with('/')) {
            let topic = &config.topic;
            return Err(format!(
                "{wrong:?} of {topic:?} is no JSON pointer: it begins with no slash"
            ));
        }
        Ok(Self { pattern, config })
    }

    pub(crate) fn topic(&self) -> &str {
        &self.config.topic
    }

    /// Whether the payload is of those that this mapping is for.
    fn applies(&self, payload: &Value) -> bool {
        applies(&self.config.when, payload)
    }

    /// The call for a message to which this mapping applies.
    fn call(
        &self,
        named: &Named<'_>,
        mut payload: Value,
        inbound: &Inbound<'_>,
        now_ms: u64,
    ) -> Result<Call, Rejected> {
        let config = &self.config;
        // First of all: what is too old is refused for that, whatever else is wrong with it.
        for time in &config.times {
            measure::time(time, &mut payload, now_ms).map_err(|reason| rejected("time", reason))?;
        }
        for speed in &config.speeds {
            measure::speed(speed, &mut payload);
        }
        // After the times, so that a key that is a time is one however it was written.
        let actor = self.actor(named, &payload)?;
        let context = Context {
            named,
            payload: &payload,
            now_ms,
        };
        let arguments = template::fill(&config.arguments, &context);
        let arguments = arguments.map_err(|reason| rejected("payload", reason))?;
        // The topic is part of both: the same payload for another driver is another message.
        let topic = inbound.topic.as_bytes();
        let id = match config.id {
            Id::Content => Some(MessageId::derive("mqtt-content", &[topic, inbound.payload])),
            // Without one there is no id, and each delivery is a message of its own.
            Id::Given => inbound
                .id
                .or_else(|| payload["messageId"].as_str())
                .map(|id| MessageId::derive("mqtt-given", &[topic, id.as_bytes()])),
        };
        let call = Call::new(actor, &config.method).id(id);
        let call = call.arguments(&arguments.unwrap_or_else(|| Value::Object(Map::new())));
        call.map_err(|error| rejected("payload", error.to_string()))
    }

    fn actor(&self, named: &Named<'_>, payload: &Value) -> Result<ActorId, Rejected> {
        let key = &self.config.key;
        let in_payload;
        let (key, code) = match (braced(key), pointer(key)) {
            (Some(name), _) => {
                let segment = named.iter().find(|(named, _)| *named == name);
                (
                    segment.map_or(key.as_str(), |(_, segment)| *segment),
                    "topic",
                )
            }
            (None, Some(at)) => {
                // An id may be a number in the payload; a key is always a text.
                in_payload = match payload.pointer(at) {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Number(number)) => number.to_string(),
                    _ => {
                        return Err(rejected(
                            "payload",
                            format!("the payload has no key at {at}"),
                        ));
                    }
                };
                (in_payload.as_str(), "payload")
            }
            (None, None) => (key.as_str(), "topic"),
        };
        let actor = ActorId::new(self.config.actor.as_str(), key);
        actor.map_err(|error| rejected(code, error.to_string()))
    }
}

/// A message from the broker.
pub(crate) struct Inbound<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    /// The id that the publisher has given it beside the payload.
    pub(crate) id: Option<&'a str>,
}

/// What is to be done about a message, and by which mapping.
pub(crate) struct Mapped {
    /// `None` where mappings are for its topic, and none of them for its payload.
    pub(crate) call: Option<Call>,
    pub(crate) mapping: Arc<str>,
}

/// The call that the message stands for: by the first mapping that is for its topic and its
/// payload.
///
/// # Errors
/// Why the message becomes a dead letter.
pub(crate) fn call(
    mappings: &[Mapping],
    inbound: &Inbound<'_>,
    now_ms: u64,
) -> Result<Mapped, Rejected> {
    // Lazily: most messages are for the first mapping that is for their topic.
    let found = mappings.iter().filter_map(|mapping| {
        let named = mapping.pattern.matches(inbound.topic)?;
        Some((mapping, named))
    });
    let mut other = Err(rejected("topic", "no mapping is for this topic".to_owned()));
    for (mapping, named) in found {
        let payload = parsed(inbound.payload, mapping.config.payload);
        let payload = payload.map_err(|reason| rejected("payload", reason))?;
        let name = Arc::from(mapping.topic());
        if mapping.applies(&payload) {
            let call = mapping.call(&named, payload, inbound, now_ms)?;
            return Ok(Mapped {
                call: Some(call),
                mapping: name,
            });
        }
        // The last one, if no other applies: it is what the metric names.
        other = Ok(Mapped {
            call: None,
            mapping: name,
        });
    }
    other
}

fn rejected(code: &'static str, reason: String) -> Rejected {
    Rejected { code, reason }
}

/// The name in braces that the text is, if it is one.
fn braced(text: &str) -> Option<&str> {
    text.strip_prefix('{').and_then(|t| t.strip_suffix('}'))
}

/// The JSON pointer into the payload that the text is, if it is one.
fn pointer(text: &str) -> Option<&str> {
    text.strip_prefix('$')
}

fn parsed(payload: &[u8], form: Payload) -> Result<Value, String> {
    if payload.is_empty() {
        return Err("the payload is empty".to_owned());
    }
    // `1.0` is read as the whole number that it is: devices write either.
    let error = match serde_json::from_slice(&whole_numbers(payload)) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    // What follows is no JSON.
    match (form, std::str::from_utf8(payload)) {
        (Payload::JsonOrText, Ok(text)) => Ok(text.trim().into()),
        (Payload::JsonOrText, Err(_)) => Err("the payload is neither JSON nor text".to_owned()),
        (Payload::Json, _) => Err(format!("the payload is no JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BridgeConfig;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn mapped(topic: &str, payload: &str) -> Result<Call, Rejected> {
        let inbound = BridgeConfig::default().inbound;
        let mappings = inbound.into_iter().map(Mapping::new);
        let mappings: Result<Vec<_>, _> = mappings.collect();
        let mappings = mappings.expect("the usual mappings");
        let inbound = Inbound {
            topic,
            payload: payload.as_bytes(),
            id: None,
        };
        call(&mappings, &inbound, NOW_MS).map(|mapped| mapped.call.expect("a mapping applies"))
    }

    #[test]
    fn the_same_position_at_the_same_time_is_the_same_message() {
        let topic = "pizza/drivers/d-1/location";
        let payload = format!(r#"{{"lat": 1.5, "lon": 2, "timestamp": {NOW_MS}}}"#);
        let call = mapped(topic, &payload).expect("a call");
        assert_eq!(call.target.to_string(), "driver/d-1");
        let arguments: Value = serde_json::from_slice(&call.arguments).expect("JSON");
        assert_eq!(arguments["location"]["lat"], 1.5);
        assert_eq!(arguments["at"], NOW_MS);
        let again = mapped(topic, &payload).expect("a call");
        assert!(call.id.is_some() && call.id == again.id);
        let elsewhere = mapped("pizza/drivers/d-2/location", &payload).expect("a call");
        assert_ne!(call.id, elsewhere.id);
    }

    #[test]
    fn a_phone_may_tell_the_time_in_words_and_how_it_moves() {
        let payload =
            r#"{"lat": 1, "lon": 2, "timestamp": "2027-01-15T08:00:00.250Z", "speed": 7}"#;
        let call = mapped("pizza/drivers/d-1/location", payload).expect("a call");
        let arguments: Value = serde_json::from_slice(&call.arguments).expect("JSON");
        assert_eq!(arguments["at"], NOW_MS + 250);
        assert_eq!(arguments["motion"], serde_json::json!({"speed": 7}));
        let payload = format!(r#"{{"lat": 1, "lon": 2, "timestamp": {NOW_MS}}}"#);
        let call = mapped("pizza/drivers/d-1/location", &payload).expect("a call");
        let arguments: Value = serde_json::from_slice(&call.arguments).expect("JSON");
        assert!(arguments.get("motion").is_none(), "{arguments}");
    }

    #[test]
    fn a_status_may_be_a_text_and_may_come_again() {
        let topic = "pizza/drivers/d-1/status";
        for payload in ["offline", "\"offline\"", r#"{"status": "offline"}"#] {
            let call = mapped(topic, payload).expect("a call");
            assert_eq!(&*call.arguments, br#"{"status":"offline"}"#, "{payload}");
            assert_eq!(call.id, None, "available, offline, available are three");
        }
    }

    #[test]
    fn what_is_rejected_says_why() {
        let location = "pizza/drivers/d-1/location";
        let at = |ms: u64| format!(r#"{{"lat": 1, "lon": 2, "timestamp": {ms}}}"#);
        for (topic, payload, code) in [
            (location, "", "payload"),
            (location, "no JSON", "payload"),
            (
                location,
                r#"{"lat": NaN, "lon": 2, "timestamp": 1}"#,
                "payload",
            ),
            (location, &at(0), "time"),
            (location, &at(NOW_MS + 86_400_000), "time"),
            (
                location,
                r#"{"lat": 1, "lon": 2, "timestamp": "now"}"#,
                "time",
            ),
            (location, r#"{"lat": 1, "lon": 2}"#, "time"),
            ("pizza/drivers//location", &at(NOW_MS), "topic"),
            ("pizza/drivers/a b/location", &at(NOW_MS), "topic"),
            ("pizza/drivers/d-1/place", &at(NOW_MS), "topic"),
            ("pizza/kitchen/k/alerts", r#"{"kind": "fire"}"#, "payload"),
        ] {
            let rejected = mapped(topic, payload).expect_err(payload);
            assert_eq!(rejected.code, code, "{topic} {payload}: {rejected:?}");
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        let topic = "pizza/drivers/d-1/location";
        for (written, taken) in [
            ("1800000000000.0", true),
            ("1.8e12", true),
            ("1.8e12.5", false),
            ("1800000000000.5", false),
        ] {
            let payload = format!(r#"{{"lat": 1.0, "lon": 2, "timestamp": {written}}}"#);
            assert_eq!(mapped(topic, &payload).is_ok(), taken, "{written}");
        }
    }

    fn of(config: &str, topic: &str, payload: &str) -> Result<Mapped, Rejected> {
        let config: BridgeConfig = toml::from_str(config).expect("a configuration");
        let mappings = config.inbound.into_iter().map(Mapping::new);
        let mappings: Vec<_> = mappings.collect::<Result<_, _>>().expect("mappings");
        let payload = payload.as_bytes();
        let inbound = Inbound {
            topic,
            payload,
            id: None,
        };
        call(&mappings, &inbound, NOW_MS)
    }

    #[test]
    fn a_payload_is_for_the_mapping_that_applies_or_for_none() {
        let config = r#"
            [[inbound]]
            topic = "t/{who}"
            when = { "/kind" = "a", "/deep/number" = [1, 2] }
            actor = "driver"
            key = "$/deep/id"
            method = "first"
            arguments = {}
            [[inbound]]
            topic = "t/{who}"
            when = { "/kind" = "b" }
            actor = "driver"
            key = "{who}"
            method = "second"
            arguments = {}
        "#;
        for (payload, target) in [
            (
                r#"{"kind": "a", "deep": {"number": 2.0, "id": "x"}}"#,
                Some("driver/x first"),
            ),
            (
                r#"{"kind": "a", "deep": {"number": 1, "id": 7.0}}"#,
                Some("driver/7 first"),
            ),
            (r#"{"kind": "a", "deep": {"number": 3, "id": "x"}}"#, None),
            (r#"{"kind": "b"}"#, Some("driver/me second")),
            (r#"{"kind": ["b"]}"#, None),
            ("{}", None),
            ("7", None),
        ] {
            let mapped = of(config, "t/me", payload).expect("no dead letter");
            let call = mapped
                .call
                .map(|call| format!("{} {}", call.target, call.method));
            assert_eq!(call.as_deref(), target, "{payload}");
            assert_eq!(&*mapped.mapping, "t/{who}");
        }
        for (payload, code) in [
            ("no JSON", "payload"),
            (r#"{"kind": "a", "deep": {"number": 1}}"#, "payload"),
            (
                r#"{"kind": "a", "deep": {"number": 1, "id": "a b"}}"#,
                "payload",
            ),
        ] {
            let rejected = of(config, "t/me", payload).err().expect(payload);
            assert_eq!(rejected.code, code, "{payload}: {rejected:?}");
        }
    }

    #[test]
    fn what_is_no_pointer_and_no_segment_is_refused_at_the_start() {
        let refused = |change: fn(&mut config::Inbound)| {
            let mut inbound = BridgeConfig::default().inbound.swap_remove(0);
            change(&mut inbound);
            Mapping::new(inbound).err().expect("it is wrong")
        };
        let why = refused(|inbound| inbound.key = "{nobody}".to_owned());
        assert!(why.contains("nobody"), "{why}");
        let why = refused(|inbound| inbound.key = "$id".to_owned());
        assert!(why.contains("\"id\""), "{why}");
        let why = refused(|inbound| inbound.times[0].at = "tst".to_owned());
        assert!(why.contains("\"tst\""), "{why}");
        let why = refused(|inbound| {
            inbound.when.insert("_type".to_owned(), "location".into());
        });
        assert!(why.contains("\"_type\""), "{why}");
    }
}
