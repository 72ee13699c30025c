//! A driver with a phone: goes on shift, takes offers, picks up, moves, delivers. What to
//! do next is read from the pizzeria each time, so that it does not matter what was cut
//! off before.

use std::time::{Duration, UNIX_EPOCH};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::patient::Patient;

/// Between two looks at the phone.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Positions told on one ride.
const POSITIONS: u32 = 5;

type Place = (f64, f64);

pub(super) struct Rider {
    pub(super) id: String,
    pub(super) client: Patient,
    pub(super) restaurant: Place,
    pub(super) at: Place,
    /// Time from the restaurant to the customer.
    pub(super) ride: Duration,
    /// The phone's clock when it last told a position.
    pub(super) told_ms: u64,
    pub(super) delivered: u64,
}

impl Rider {
    /// Until the shift is over; how many orders were delivered.
    pub(super) async fn work(mut self, mut over: watch::Receiver<bool>) -> anyhow::Result<u64> {
        self.tell_place().await?;
        while !*over.borrow() {
            if !self.act().await? {
                // Nothing to do, or not yet.
                drop(timeout(LOOK_AGAIN, over.wait_for(|over| *over)).await);
            }
        }
        self.set_status("offline").await?;
        Ok(self.delivered)
    }

    /// Whether something was done.
    async fn act(&mut self) -> anyhow::Result<bool> {
        let path = self.path("status");
        let me = self.client.get(&path).await?.granted(&path)?;
        if let Some(order_id) = me["orderId"].as_str() {
            return self.carry(order_id).await;
        }
        if let Some(order_id) = me["offer"]["orderId"].as_str() {
            return self.say("accept", &json!({"orderId": order_id})).await;
        }
        match me["status"].as_str() {
            Some("available") => Ok(false),
            _ => self.set_status("available").await,
        }
    }

    async fn carry(&mut self, order_id: &str) -> anyhow::Result<bool> {
        let path = format!("/api/orders/{order_id}");
        let order = self.client.get(&path).await?.granted(&path)?;
        match order["status"].as_str() {
            Some("ready") => {
                self.at = self.restaurant;
                self.tell_place().await?;
                self.say("picked-up", &json!({})).await
            }
            Some("outForDelivery") => {
                let place = &order["deliveryLocation"];
                let door = place["lat"].as_f64().zip(place["lon"].as_f64());
                self.ride_to(door.unwrap_or(self.restaurant)).await?;
                let arrived = self.say("delivered", &json!({})).await?;
                self.delivered += u64::from(arrived);
                Ok(arrived)
            }
            // What the order knows already, the driver may not have noted down.
            Some("delivered") => self.say("delivered", &json!({})).await,
            // It ended without the driver, who will be told.
            _ => Ok(false),
        }
    }

    async fn ride_to(&mut self, door: Place) -> anyhow::Result<()> {
        let from = self.at;
        for step in 1..=POSITIONS {
            tokio::time::sleep(self.ride / POSITIONS).await;
            let part = f64::from(step) / f64::from(POSITIONS);
            let between = |from: f64, to: f64| from + (to - from) * part;
            self.at = (between(from.0, door.0), between(from.1, door.1));
            self.tell_place().await?;
        }
        Ok(())
    }

    async fn tell_place(&mut self) -> anyhow::Result<()> {
        // A position that is not newer than the last one would be ignored.
        self.told_ms = now_ms().max(self.told_ms + 1);
        let (lat, lon) = self.at;
        let place = json!({"lat": lat, "lon": lon, "timestamp": self.told_ms});
        let path = self.path("location");
        self.client.tell(Method::POST, &path, &place).await?;
        Ok(())
    }

    async fn set_status(&mut self, status: &str) -> anyhow::Result<bool> {
        let (path, body) = (self.path("status"), json!({"status": status}));
        let answer = self.client.command(Method::PUT, &path, &body).await?;
        declined_or_done(answer.status, &path, answer.body)
    }

    async fn say(&mut self, what: &str, body: &Value) -> anyhow::Result<bool> {
        let path = self.path(what);
        let answer = self.client.command(Method::POST, &path, body).await?;
        declined_or_done(answer.status, &path, answer.body)
    }

    fn path(&self, what: &str) -> String {
        format!("/api/drivers/{}/{what}", self.id)
    }
}

/// What comes too late or too early is declined: the next look tells what to do instead.
fn declined_or_done(status: StatusCode, path: &str, body: Value) -> anyhow::Result<bool> {
    if status == StatusCode::CONFLICT {
        return Ok(false);
    }
    let answer = crate::patient::Answered { status, body };
    answer.granted(path).map(|_| true)
}

/// As a phone knows it.
#[allow(
    clippy::disallowed_methods,
    reason = "a phone has a clock of its own, and no part in what a silo decides"
)]
fn now_ms() -> u64 {
    let since = UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
