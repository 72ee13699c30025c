//! What the answers are made of.

use jiff::Timestamp;
use serde_json::Value;

/// A time as text (RFC 3339). What is beyond the year 9999 is a mistake of some clock, and shown
/// as its end.
pub(super) fn time(ms: u64) -> String {
    let at = i64::try_from(ms).ok();
    let at = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    format!("{:.3}", at.unwrap_or(Timestamp::MAX))
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The JSON of a message. Should it be none, it is shown as text; an empty one is null.
pub(super) fn json_or_text(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(text(bytes)))
}
