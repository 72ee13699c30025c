//! What could not be delivered, as it goes to the dead-letter topic.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::mapping::Unfit;

/// Of a payload and of a topic; what is longer is cut, and said to be.
const PAYLOAD_BYTES_MAX: usize = 64 << 10;
const TOPIC_BYTES_MAX: usize = 1_000;

/// JSON with the topic, the reason and what came.
pub(crate) fn letter(topic: &str, payload: &[u8], unfit: &Unfit, at_ms: u64) -> Vec<u8> {
    let kept = &payload[..payload.len().min(PAYLOAD_BYTES_MAX)];
    let cut = topic.floor_char_boundary(TOPIC_BYTES_MAX);
    let mut letter = json!({
        "topic": &topic[..cut],
        "code": unfit.code,
        "reason": unfit.reason,
        "at": at_ms,
        "bytes": payload.len(),
    });
    match std::str::from_utf8(kept) {
        Ok(text) => letter["payload"] = text.into(),
        Err(_) => letter["payloadBase64"] = BASE64_STANDARD.encode(kept).into(),
    }
    letter.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_bounded_and_tells_what_came() {
        let unfit = Unfit {
            code: "payload",
            reason: "it is large".to_owned(),
        };
        let long_topic = "ä".repeat(30_000);
        let letter = letter(&long_topic, &vec![0xff; 1 << 20], &unfit, 5);
        assert!(letter.len() < 100_000, "{}", letter.len());
        let read: serde_json::Value = serde_json::from_slice(&letter).expect("JSON");
        assert_eq!(read["bytes"], 1 << 20);
        assert!(read["payloadBase64"].is_string());
    }
}
