//! An event's payload, and times as people write them.

use jiff::Timestamp;
use pizza_value::whole_numbers;
use serde_json::Value;

/// An event's payload; `None` for what is no JSON.
#[must_use]
pub fn read(payload: &[u8]) -> Option<Value> {
    serde_json::from_slice(&whole_numbers(payload)).ok()
}

/// Milliseconds since 1970 as RFC 3339; `None` beyond the year 9999.
#[must_use]
pub fn time(ms: u64) -> Option<String> {
    let at = Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
    // Always with milliseconds, so that texts sort as times do.
    Some(format!("{at:.3}"))
}
