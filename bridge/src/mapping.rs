//! From a message to a call.

use std::sync::Arc;

use jiff::Timestamp;
use pizza_client::Call;
use pizza_types::{ActorId, MessageId};
use serde_json::{Map, Value};

use crate::config::{Id, Inbound, Payload, Time};
use crate::template::{self, Message};
use crate::topic::Pattern;

pub(crate) struct Mapping {
    pub(crate) pattern: Pattern,
    config: Inbound,
}

/// Why a message cannot become a call. The code is one of few, for counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl Mapping {
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn new(config: Inbound) -> Result<Self, String> {
        let pattern = Pattern::parse(&config.topic)?;
        if let Some(name) = braced(&config.key)
            && !pattern.names().any(|named| named == name)
        {
            let topic = &config.topic;
            return Err(format!("the key {name:?} is no segment of {topic:?}"));
        }
        Ok(Self { pattern, config })
    }

    pub(crate) fn topic(&self) -> &str {
        &self.config.topic
    }
}

/// A message as it came.
pub(crate) struct Came<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    /// Given beside the payload.
    pub(crate) id: Option<&'a str>,
}

/// The call that the message stands for.
pub(crate) fn call(
    mappings: &[Mapping],
    came: &Came<'_>,
    now_ms: u64,
) -> Result<(Call, Arc<str>), Unfit> {
    let topic = came.topic;
    let unfit = |code, reason: String| Unfit { code, reason };
    let mut found = mappings.iter().filter_map(|mapping| {
        let named = mapping.pattern.matches(topic)?;
        Some((mapping, named))
    });
    let (mapping, named) = found
        .next()
        .ok_or_else(|| unfit("topic", "no mapping is for this topic".to_owned()))?;
    let config = &mapping.config;
    let payload = parsed(came.payload, config.payload);
    let mut payload = payload.map_err(|reason| unfit("payload", reason))?;
    for time in &config.times {
        near(time, &mut payload, now_ms).map_err(|reason| unfit("time", reason))?;
    }
    let key = match braced(&config.key) {
        Some(name) => named.iter().find(|(named, _)| *named == name),
        None => None,
    };
    let key = key.map_or(config.key.as_str(), |(_, segment)| segment);
    let actor = ActorId::new(config.actor.as_str(), key);
    let actor = actor.map_err(|error| unfit("topic", error.to_string()))?;
    let message = Message {
        named: &named,
        payload: &payload,
        now_ms,
    };
    let arguments = template::fill(&config.arguments, &message);
    let arguments = arguments.map_err(|reason| unfit("payload", reason))?;
    let id = match config.id {
        Id::Content => Some(MessageId::derive(
            "mqtt-content",
            &[topic.as_bytes(), came.payload],
        )),
        Id::Given => came
            .id
            .or_else(|| payload["messageId"].as_str())
            .map(|id| MessageId::derive("mqtt-given", &[topic.as_bytes(), id.as_bytes()])),
    };
    let call = Call::new(actor, &config.method).id(id);
    let call = call.arguments(&arguments.unwrap_or_else(|| Value::Object(Map::new())));
    let call = call.map_err(|error| unfit("payload", error.to_string()))?;
    Ok((call, mapping.topic().into()))
}

fn braced(text: &str) -> Option<&str> {
    text.strip_prefix('{').and_then(|t| t.strip_suffix('}'))
}

fn parsed(payload: &[u8], form: Payload) -> Result<Value, String> {
    if payload.is_empty() {
        return Err("the payload is empty".to_owned());
    }
    let error = match serde_json::from_slice(payload) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match (form, std::str::from_utf8(payload)) {
        (Payload::JsonOrText, Ok(text)) => Ok(text.trim().into()),
        (Payload::JsonOrText, Err(_)) => Err("the payload is neither JSON nor text".to_owned()),
        (Payload::Json, _) => Err(format!("the payload is no JSON: {error}")),
    }
}

/// Leaves the time in the payload as a number, however it was written.
fn near(time: &Time, payload: &mut Value, now_ms: u64) -> Result<(), String> {
    let place = &time.at;
    let given = payload.pointer_mut(place);
    let given = given.ok_or_else(|| format!("the payload has nothing at {place}"))?;
    let written = given
        .as_str()
        .and_then(|text| text.parse::<Timestamp>().ok());
    let written = written.and_then(|at| u64::try_from(at.as_millisecond()).ok());
    let at_ms = given.as_u64().or(written).ok_or_else(|| {
        format!("{given} at {place} is neither milliseconds since 1970 nor a time of RFC 3339")
    })?;
    *given = at_ms.into();
    if at_ms < now_ms.saturating_sub(time.past_ms) {
        let behind = now_ms - at_ms;
        return Err(format!(
            "the time at {place} is {behind} ms ago; at most {} are taken",
            time.past_ms
        ));
    }
    if at_ms > now_ms.saturating_add(time.future_ms) {
        let ahead = at_ms - now_ms;
        return Err(format!(
            "the time at {place} is {ahead} ms ahead; at most {} are taken",
            time.future_ms
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BridgeConfig;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn mapped(topic: &str, payload: &str) -> Result<Call, Unfit> {
        let inbound = BridgeConfig::default().inbound;
        let mappings = inbound.into_iter().map(Mapping::new);
        let mappings: Result<Vec<_>, _> = mappings.collect();
        let mappings = mappings.expect("the usual mappings");
        let came = Came {
            topic,
            payload: payload.as_bytes(),
            id: None,
        };
        call(&mappings, &came, NOW_MS).map(|(call, _)| call)
    }

    #[test]
    fn the_same_place_at_the_same_time_is_the_same_message() {
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
    fn what_is_unfit_says_why() {
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
            let unfit = mapped(topic, payload).expect_err(payload);
            assert_eq!(unfit.code, code, "{topic} {payload}: {unfit:?}");
        }
    }

    #[test]
    fn a_key_that_is_no_segment_is_refused() {
        let mut inbound = BridgeConfig::default().inbound;
        inbound[0].key = "{nobody}".to_owned();
        assert!(Mapping::new(inbound.swap_remove(0)).is_err());
    }
}
