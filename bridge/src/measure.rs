//! Times and speeds of a payload, from how a device writes them to how actors take them.

use jiff::Timestamp;
use serde_json::Value;

use crate::config::{Speed, SpeedUnit, Time, TimeUnit};

/// What a device sends that does not know its speed (as iOS and OwnTracks do).
const UNKNOWN: f64 = -1.0;

/// Leaves the time in the payload as milliseconds since the Unix epoch, however it was written.
///
/// # Errors
/// What is there instead of a time, or how far from the present the time is.
pub(crate) fn time(time: &Time, payload: &mut Value, now_ms: u64) -> Result<(), String> {
    let pointer = &time.at;
    let given = payload.pointer_mut(pointer);
    let given = given.ok_or_else(|| format!("the payload has nothing at {pointer}"))?;
    let at_ms = match time.unit {
        // No unit is guessed from a number's size: seconds would be dates of 1970, and refused.
        None => given.as_u64().or_else(|| written(given)),
        Some(TimeUnit::Milliseconds) => given.as_u64(),
        Some(TimeUnit::Seconds) => seconds(given),
        Some(TimeUnit::Rfc3339) => written(given),
    };
    let at_ms = at_ms.ok_or_else(|| format!("{given} at {pointer} is {}", expected(time.unit)))?;
    // Also where it turns out to be too old: nobody reads the payload then.
    *given = at_ms.into();
    if at_ms < now_ms.saturating_sub(time.past_ms) {
        let behind = now_ms - at_ms;
        return Err(format!(
            "the time at {pointer} is {behind} ms ago; at most {} are taken",
            time.past_ms
        ));
    }
    if at_ms > now_ms.saturating_add(time.future_ms) {
        let ahead = at_ms - now_ms;
        return Err(format!(
            "the time at {pointer} is {ahead} ms ahead; at most {} are taken",
            time.future_ms
        ));
    }
    Ok(())
}

fn expected(unit: Option<TimeUnit>) -> &'static str {
    match unit {
        None => "neither milliseconds since 1970 nor a time of RFC 3339",
        Some(TimeUnit::Milliseconds) => "no number of milliseconds since 1970",
        Some(TimeUnit::Seconds) => "no number of seconds since 1970",
        Some(TimeUnit::Rfc3339) => "no time of RFC 3339",
    }
}

fn written(given: &Value) -> Option<u64> {
    let at = given.as_str()?.parse::<Timestamp>().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

fn seconds(given: &Value) -> Option<u64> {
    if let Some(seconds) = given.as_u64() {
        return seconds.checked_mul(1_000);
    }
    // Down, never up: a time must not be in the future by rounding.
    let ms = (given.as_f64()? * 1_000.0).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "NaN is in no range, and below 2^53 every whole number is exact"
    )]
    let ms = (0.0..9_007_199_254_740_992.0)
        .contains(&ms)
        .then_some(ms as u64);
    ms
}

/// Leaves the speed in the payload in metres a second. What is no number stays as it is: the
/// actor refuses it, and its message is better than one from here.
pub(crate) fn speed(speed: &Speed, payload: &mut Value) {
    let given = payload.pointer_mut(&speed.at);
    let Some((given, number)) = given.and_then(|given| Some((given.as_f64()?, given))) else {
        return;
    };
    // Any negative one: a phone's -1 may have been converted to another unit by an app.
    *number = if given < 0.0 {
        UNKNOWN.into()
    } else {
        metres_a_second(given, speed.unit).into()
    };
}

/// By the definitions of the international mile and the international nautical mile.
fn metres_a_second(given: f64, unit: SpeedUnit) -> f64 {
    let metres_an_hour = match unit {
        SpeedUnit::MetresASecond => return given,
        SpeedUnit::KilometresAnHour => 1_000.0,
        SpeedUnit::MilesAnHour => 1_609.344,
        SpeedUnit::Knots => 1_852.0,
    };
    given * metres_an_hour / 3_600.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_is_what_its_unit_says() {
        use TimeUnit::{Milliseconds, Rfc3339, Seconds};
        let now_ms = 1_800_000_000_000;
        for (unit, given, expected) in [
            (None, json!(now_ms), Some(0)),
            (None, json!("2027-01-15T08:00:00Z"), Some(0)),
            (None, json!(1_800_000_000), None),
            (Some(Milliseconds), json!(now_ms + 7), Some(7)),
            (Some(Milliseconds), json!("2027-01-15T08:00:00Z"), None),
            (Some(Seconds), json!(1_800_000_001), Some(1_000)),
            (Some(Seconds), json!(1_800_000_000.25), Some(250)),
            (Some(Seconds), json!(now_ms), None),
            (Some(Seconds), json!(u64::MAX), None),
            (Some(Seconds), json!(-1), None),
            (Some(Seconds), json!(-0.5), None),
            (Some(Seconds), json!(1e300), None),
            (Some(Seconds), json!("1800000000"), None),
            (
                Some(Rfc3339),
                json!("2027-01-15T09:00:00.500+01:00"),
                Some(500),
            ),
            (Some(Rfc3339), json!(now_ms), None),
        ] {
            let rule = Time {
                at: "/t".to_owned(),
                unit,
                past_ms: 1_000,
                future_ms: 1_000,
            };
            let mut payload = json!({"t": given});
            let taken = time(&rule, &mut payload, now_ms).ok();
            let ahead = taken.map(|()| payload["t"].as_u64().unwrap_or_default() - now_ms);
            assert_eq!(ahead, expected, "{unit:?} {given}");
        }
    }

    #[test]
    fn a_speed_becomes_metres_a_second_and_an_unknown_one_stays_unknown() {
        use SpeedUnit::{KilometresAnHour, Knots, MetresASecond, MilesAnHour};
        for (unit, given, expected) in [
            (MetresASecond, json!(3), json!(3.0)),
            (KilometresAnHour, json!(36), json!(10.0)),
            (Knots, json!(3_600.0), json!(1_852.0)),
            (MilesAnHour, json!(3_600), json!(1_609.344)),
            (KilometresAnHour, json!(-1), json!(-1.0)),
            (Knots, json!(-1.943_844), json!(-1.0)),
            (Knots, json!(null), json!(null)),
            (Knots, json!("fast"), json!("fast")),
        ] {
            let rule = Speed {
                at: "/v".to_owned(),
                unit,
            };
            let mut payload = json!({"v": given});
            speed(&rule, &mut payload);
            assert_eq!(payload["v"], expected, "{unit:?} {given}");
        }
        let rule = Speed {
            at: "/v".to_owned(),
            unit: Knots,
        };
        let mut payload = json!({});
        speed(&rule, &mut payload);
        assert_eq!(payload, json!({}));
    }
}
