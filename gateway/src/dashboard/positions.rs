//! Where drivers are, once a second for all of them together, and before any other event: two hundred
//! who tell it four times a second would be eight hundred events.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::ser::{Serialize, SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize as SerializeDerive};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::time::At;

const EVERY: Duration = Duration::from_secs(1);

/// Where a driver was last, as an array: `[driverId, lat, lon, heading, at, orderId, orderVersion]`.
#[derive(Clone, SerializeDerive)]
pub(super) struct Position(
    Box<RawValue>,
    f64,
    f64,
    Option<f64>,
    u64,
    Option<Box<RawValue>>,
    Option<u64>,
);

#[derive(Deserialize)]
struct Location {
    lat: f64,
    lon: f64,
}

impl Position {
    /// `None` where it is no place.
    pub(super) fn at(driver_id: &RawValue, location: &RawValue, at: At) -> Option<Self> {
        let Location { lat, lon } = serde_json::from_str(location.get()).ok()?;
        let id = driver_id.to_owned();
        Some(Self(id, lat, lon, None, at.ms(), None, None))
    }

    /// What the driver's phone knows more.
    pub(super) fn on_the_way(mut self, heading: Option<f64>, order_id: Option<&RawValue>) -> Self {
        self.3 = heading;
        self.5 = order_id.map(ToOwned::to_owned);
        self
    }

    /// The order that they carry, which has come to this version by it.
    pub(super) fn with_order(mut self, order_id: &RawValue, version: u64) -> Self {
        self.5 = Some(order_id.to_owned());
        self.6 = Some(version);
        self
    }
}

/// The newest position of each driver who has moved since the last time.
#[derive(Default)]
pub(super) struct Positions {
    moved: BTreeMap<Box<str>, Position>,
    /// Where in the stream the first and the last of them were: a client that has not got them goes on
    /// before the one, and a client that has after the other.
    held: Option<(u64, u64)>,
    told_at: Option<Instant>,
}

impl Positions {
    /// Holds what the event at this position of the stream says.
    pub(super) fn note(&mut self, position: Position, at: u64) {
        let first = self.held.map_or(at, |(first, _)| first);
        self.held = Some((first, at));
        let driver: Box<str> = position.0.get().into();
        match self.moved.get_mut(&driver) {
            None => {
                self.moved.insert(driver, position);
            }
            Some(known) => known.takes(position),
        }
    }

    /// When they are to be told; never where there are none.
    pub(super) async fn due(&self) {
        if self.moved.is_empty() {
            return std::future::pending().await;
        }
        // The first at once: somebody may look at it.
        if let Some(told_at) = self.told_at {
            tokio::time::sleep_until(told_at + EVERY).await;
        }
    }

    /// Up to where in the stream everything is told, while some are held.
    pub(super) fn told_up_to(&self) -> Option<u64> {
        self.held.map(|(first, _)| first.saturating_sub(1))
    }

    /// All that are held, and where the last of them was; `None` where there are none.
    pub(super) fn take(&mut self) -> Option<(u64, Told)> {
        let (_, last) = self.held.take()?;
        self.told_at = Some(Instant::now());
        let moved = std::mem::take(&mut self.moved).into_values();
        Some((last, Told(moved.collect())))
    }
}

impl Position {
    /// The driver and the order tell of the same place, each what they know; the one may come a
    /// moment after the other.
    fn takes(&mut self, other: Self) {
        let (newer, older) = if other.4 >= self.4 {
            (other, self.clone())
        } else {
            (self.clone(), other)
        };
        // The version is of the order that it names, and only grows.
        let same_order = match (&newer.5, &older.5) {
            (Some(newer), Some(older)) => newer.get() == older.get(),
            _ => false,
        };
        let version = newer.6.max(older.6.filter(|_| same_order));
        let heading = newer.3.or(older.3);
        *self = Self(
            newer.0, newer.1, newer.2, heading, newer.4, newer.5, version,
        );
    }
}

/// Positions on their way out.
pub(super) struct Told(Vec<Position>);

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(Some(self.0.len()))?;
        for position in &self.0 {
            all.serialize_element(position)?;
        }
        all.end()
    }
}
