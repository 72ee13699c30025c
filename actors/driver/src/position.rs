//! Where the driver is, and what happens when nobody knows.

use std::time::Duration;

use pizza_streets::location::distance_m;
use silo_sdk::{context, log, reminders, streams};

use crate::bindings::clients::OrderClient;
use crate::bindings::types::{
    Availability, DriverState, Fix, Location, Motion, Refusal, Status, Violation,
};
use crate::notifications::{Ended, News};
use crate::refusal::invalid;
use crate::state::Driver;

/// Name of the reminder that looks for the driver's signal.
pub(crate) const SIGNAL: &str = "signal";
/// A driver on the way who is silent for this long has lost the signal.
const SILENCE: Duration = Duration::from_secs(120);

/// A clock in a phone may be ahead by this much.
const AHEAD_MS_MAX: u64 = 60_000;
/// What was true so long ago helps nobody to find the driver.
const BEHIND_MS_MAX: u64 = 3_600_000;
/// The restaurant hears of a free driver's position no more often, unless it is far off.
const TELL_AGAIN_MS: u64 = 15_000;
/// About 200 m of latitude.
const FAR_DEGREES: f64 = 0.002;

/// From now on the driver's signal matters: there is an order in the car.
pub(crate) fn watch() {
    watch_from(SILENCE);
}

fn watch_from(delay: Duration) {
    // Who vanishes for good is looked for again, since the order may have gone elsewhere.
    reminders::set_periodic(SIGNAL, delay, SILENCE, reminders::Missed::Last);
}

pub(crate) fn stop_watching() {
    reminders::cancel(SIGNAL);
}

impl Driver {
    /// # Errors
    /// When the place, or its time, is none.
    pub(crate) fn is_at(
        &mut self,
        location: Location,
        at: u64,
        motion: Option<Motion>,
    ) -> Result<DriverState, Refusal> {
        let motion = plausible(location, motion, "")?;
        if is_ahead(at) {
            return Err(invalid("/at", "lies in the future"));
        }
        if is_old(at) {
            return Err(invalid("/at", "lies more than an hour in the past"));
        }
        let fix = Fix {
            location,
            at,
            motion,
        };
        Ok(self.has_come(&[fix]))
    }

    /// A whole way, of which a phone may have kept the beginning for too long.
    ///
    /// # Errors
    /// When one of the places, or of their times, is none.
    pub(crate) fn was_at(&mut self, mut fixes: Vec<Fix>) -> Result<DriverState, Refusal> {
        for (index, fix) in fixes.iter_mut().enumerate() {
            let pointer = format!("/fixes/{index}");
            fix.motion = plausible(fix.location, fix.motion, &pointer)?;
            if is_ahead(fix.at) {
                return Err(invalid(&format!("{pointer}/at"), "lies in the future"));
            }
        }
        fixes.retain(|fix| !is_old(fix.at));
        fixes.sort_by_key(|fix| fix.at);
        Ok(self.has_come(&fixes))
    }

    /// Follows the places that are newer than the last one, which is told.
    fn has_come(&mut self, fixes: &[Fix]) -> DriverState {
        let mut state = self.view();
        // What lies ahead was told before the date was set back: nobody waits for it.
        let known = state.located_at.filter(|last| !is_ahead(*last));
        let first = fixes.partition_point(|fix| known.is_some_and(|last| fix.at <= last));
        let newer = fixes.get(first..).unwrap_or_default();
        let Some(&Fix {
            location,
            at,
            motion,
        }) = newer.last()
        else {
            return state;
        };
        if let Some(trip) = &mut self.trip {
            let before = state.location.into_iter();
            trip.metres += length_m(before.chain(newer.iter().map(|fix| fix.location)));
        }
        self.heard_at = context::now_ms();
        state.location = Some(location);
        state.located_at = Some(at);
        state.motion = motion;
        // Told at once, also if the position is near the last one: the restaurant was told that
        // the driver is lost.
        let found_again = std::mem::take(&mut state.lost_signal);
        if let Some(order_id) = &state.order_id {
            let driver_id = context::key();
            let order = OrderClient::of(order_id);
            order.send_update_driver_location(&driver_id, location, at);
            let update = silo_sdk::json::json!({
                "driverId": driver_id, "orderId": order_id, "location": location, "at": at,
            });
            streams::publish("driver-location-updates", &driver_id, &update);
        }
        self.show(location, &state);
        let worth_telling = state.status == Availability::Available && self.is_news(location);
        if !found_again && !worth_telling {
            return self.keep(state);
        }
        let state = self.tell(state);
        if found_again {
            self.announce(News::Duty, &state);
        }
        state
    }

    fn is_news(&self, location: Location) -> bool {
        self.told.is_none_or(|(at, before)| {
            let far = (location.lat - before.lat).abs() + (location.lon - before.lon).abs();
            far > FAR_DEGREES || context::now_ms() >= at + TELL_AGAIN_MS
        })
    }

    /// Two minutes after the last sign of life, as far as it was known when this was planned.
    pub(crate) fn listen(&mut self) {
        let state = self.view();
        if let Some(order_id) = &state.order_id
            && is_elsewhere(order_id)
        {
            log::warn!("{order_id} is not this driver's any more");
            // The message that took it away has come to nothing; the order itself is right.
            self.set_down(state, Ended::Given);
            return;
        }
        if state.order_id.is_none() || state.lost_signal {
            return;
        }
        let silent = self.silent_for(&state);
        match SILENCE.checked_sub(silent).filter(|left| !left.is_zero()) {
            // One look every two minutes would miss almost as many before the next.
            Some(left) => watch_from(left),
            None => {
                log::warn!("no position for {} s", silent.as_secs());
                self.is_lost(state);
            }
        }
    }

    /// How long nothing was heard. What came before the date was set back is as good as never.
    fn silent_for(&self, state: &DriverState) -> Duration {
        let located_at = state.located_at.unwrap_or_default();
        let heard = Some(self.heard_at).filter(|at| *at > 0);
        let heard = heard.unwrap_or(located_at);
        let heard = if is_ahead(heard) { 0 } else { heard };
        Duration::from_millis(context::now_ms().saturating_sub(heard))
    }

    /// Until a position or a status comes. The restaurant is told once.
    pub(crate) fn is_lost(&mut self, mut state: DriverState) -> DriverState {
        if std::mem::replace(&mut state.lost_signal, true) {
            return state;
        }
        let state = self.tell(state);
        self.announce(News::Duty, &state);
        state
    }
}

/// Phones say -1 for what they do not know.
const UNKNOWN: f64 = -1.0;
const NOTHING: Motion = Motion {
    accuracy: None,
    speed: None,
    heading: None,
};

fn known(motion: Motion) -> Motion {
    let known = |value: Option<f64>| value.filter(|value| *value != UNKNOWN);
    Motion {
        accuracy: known(motion.accuracy),
        speed: known(motion.speed),
        heading: known(motion.heading),
    }
}

/// What a phone says of a place, without what it says that it does not know. `pointer` is where
/// it stands in the arguments.
///
/// # Errors
/// When nobody is there.
fn plausible(
    location: Location,
    motion: Option<Motion>,
    pointer: &str,
) -> Result<Option<Motion>, Refusal> {
    let motion = motion.map(known).filter(|motion| *motion != NOTHING);
    if let Some(motion) = motion {
        possible(motion, pointer)?;
    }
    has_fix(location, motion, pointer)?;
    Ok(motion)
}

fn length_m(places: impl Iterator<Item = Location>) -> f64 {
    let places: Vec<_> = places.map(|place| (place.lat, place.lon)).collect();
    let steps = places.windows(2).map(|pair| distance_m(pair[0], pair[1]));
    steps.sum()
}

/// A receiver that has not found itself says zero and zero. A driver who
/// is really in that part of the Gulf of Guinea knows how exactly.
fn has_fix(location: Location, motion: Option<Motion>, pointer: &str) -> Result<(), Refusal> {
    let exact = motion.and_then(|motion| motion.accuracy);
    if location.lat == 0.0 && location.lon == 0.0 && exact.is_none_or(|metres| metres == 0.0) {
        let message = "is no position: latitude and longitude are both 0, and no accuracy is known";
        return Err(invalid(&format!("{pointer}/location"), message));
    }
    Ok(())
}

fn is_ahead(at: u64) -> bool {
    at > context::now_ms().saturating_add(AHEAD_MS_MAX)
}

fn is_old(at: u64) -> bool {
    at.saturating_add(BEHIND_MS_MAX) < context::now_ms()
}

/// The contract's range begins at what is not known; of what is, nothing is below zero.
fn possible(motion: Motion, pointer: &str) -> Result<(), Refusal> {
    let parts = [
        ("accuracy", motion.accuracy),
        ("speed", motion.speed),
        ("heading", motion.heading),
    ];
    let below = parts
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| *value < 0.0)?)));
    let mistakes: Vec<Violation> = below
        .map(|(name, value)| Violation {
            pointer: format!("{pointer}/motion/{name}"),
            message: format!("is at least 0, or -1 where it is not known; found {value}"),
        })
        .collect();
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(Refusal::Invalid(mistakes))
}

/// The order says so. One that gives no answer is where it was.
fn is_elsewhere(order_id: &str) -> bool {
    let on_the_way = |status| matches!(status, Status::Ready | Status::OutForDelivery);
    match OrderClient::of(order_id).get() {
        Ok(order) => {
            order.driver_id.as_deref() != Some(&*context::key()) || !on_the_way(order.status)
        }
        Err(_) => false,
    }
}
