//! What could not be delivered, as it goes to the dead-letter topic.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::mapping::Rejected;

/// Longer payloads are cut; `bytes` in the dead letter says how long they were. In base64 it
/// still fits into a packet of the project's own broker.
const PAYLOAD_BYTES_MAX: usize = 64 << 10;
const TOPIC_BYTES_MAX: usize = 1_000;

/// JSON with the topic, the reason and the payload.
pub(crate) fn dead_letter(topic: &str, payload: &[u8], rejected: &Rejected, at_ms: u64) -> Vec<u8> {
    let cut_payload = &payload[..payload.len().min(PAYLOAD_BYTES_MAX)];
    let cut_topic = &topic[..topic.floor_char_boundary(TOPIC_BYTES_MAX)];
    let mut fields = json!({
        "topic": cut_topic,
        "code": rejected.code,
        "reason": rejected.reason,
        "at": at_ms,
        "bytes": payload.len(),
    });
    // As text where it is one: people read these. A text that was cut in the middle of a
    // character is none.
    match std::str::from_utf8(cut_payload) {
        Ok(text) => fields["payload"] = text.into(),
        Err(_) => fields["payloadBase64"] = BASE64_STANDARD.encode(cut_payload).into(),
    }
    fields.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_is_bounded_and_has_what_came() {
        let rejected = Rejected {
            code: "payload",
            reason: "it is large".to_owned(),
        };
        let long_topic = "ä".repeat(30_000);
        let encoded = dead_letter(&long_topic, &vec![0xff; 1 << 20], &rejected, 5);
        assert!(encoded.len() < 100_000, "{}", encoded.len());
        let read: serde_json::Value = serde_json::from_slice(&encoded).expect("JSON");
        assert_eq!(read["bytes"], 1 << 20);
        assert!(read["payloadBase64"].is_string());
    }
}
