//! A driver with a phone: goes on shift, takes offers or not, picks up, rides, delivers. What
//! to do next is read from the pizzeria each time, so that it does not matter what was cut
//! off before.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::driver_stats::DriverStats;
use super::motion::Fix;
use super::travel::Travel;
use crate::phone::{Phone, Position, StatusChange, declined_or_done, now_ms};
use crate::retrying_client::RetryingClient;
use pizza_streets::location::Location;

/// The pause between two looks at the phone.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// A driver who stands still says so this often: older positions count for nothing.
const STILL_HERE: Duration = Duration::from_secs(30);
/// When the shift is over, a delivery that cannot go on is left after so many looks.
const LAST_LOOKS: u32 = 50;
/// The part of the declined offers that is not even refused.
const SILENT: f64 = 0.5;

pub(super) struct Driver {
    pub(super) id: String,
    pub(super) client: RetryingClient,
    pub(super) phone: Phone,
    pub(super) travel: Travel,
    pub(super) restaurant: Location,
    pub(super) at: Location,
    /// The part of the offers that is declined, from 0 to 1.
    pub(super) declines: f64,
    pub(super) rng: StdRng,
    pub(super) stats: Arc<DriverStats>,
    /// The phone's clock when it last reported a position.
    pub(super) reported_ms: u64,
    pub(super) reported_at: Instant,
    /// The offer that is left without an answer: its order and when it expires.
    pub(super) ignored: Option<(String, String)>,
    /// What is left of the way back to the restaurant, and when it was begun.
    pub(super) back: (Instant, VecDeque<Fix>),
    pub(super) over: watch::Receiver<bool>,
}

#[derive(PartialEq)]
enum Step {
    Done,
    /// There is nothing to do.
    Free,
    /// Something is to be done, and not possible yet.
    NotYet,
}

impl Driver {
    /// Works until the shift is over, and nothing is left to deliver.
    pub(super) async fn work(mut self) -> anyhow::Result<()> {
        self.report_location(None).await?;
        let mut last_looks = 0;
        loop {
            let over = *self.over.borrow();
            match self.act().await? {
                Step::Done => {}
                Step::Free if over => break,
                Step::Free => self.rest().await?,
                Step::NotYet if last_looks > LAST_LOOKS => break,
                Step::NotYet => {
                    last_looks += u32::from(over);
                    sleep(LOOK_AGAIN).await;
                }
            }
        }
        self.phone.set_status(&self.id, "offline").await?;
        if let Phone::Mqtt(phone) = &self.phone {
            self.stats
                .connections_lost
                .add(phone.connection().times_lost());
        }
        self.phone.disconnect().await;
        Ok(())
    }

    async fn act(&mut self) -> anyhow::Result<Step> {
        let path = self.path("status");
        let answer = self.client.get(&path).await?;
        // What makes a driver of somebody may still be on its way.
        let me = match answer.status {
            StatusCode::NOT_FOUND => Value::Null,
            _ => answer.granted(&path)?,
        };
        if let Some(order_id) = me["orderId"].as_str() {
            return self.carry(order_id).await;
        }
        if me["offer"].is_object() {
            return self.consider(&me["offer"]).await;
        }
        // Asked last: after the shift, too, what was taken is delivered and an offer is answered.
        let over = *self.over.borrow();
        match me["status"].as_str() {
            Some("available") => Ok(Step::Free),
            _ if over => Ok(Step::Free),
            _ => match self.phone.set_status(&self.id, "available").await? {
                StatusChange::Done => Ok(Step::Done),
                StatusChange::Unknown => Ok(Step::NotYet),
            },
        }
    }

    async fn consider(&mut self, offer: &Value) -> anyhow::Result<Step> {
        let text = |name: &str| offer[name].as_str().unwrap_or_default().to_owned();
        // The same order may be offered again later; only the time tells the two offers apart.
        let this = (text("orderId"), text("expiresAt"));
        if self.ignored.as_ref() == Some(&this) {
            return Ok(Step::Free);
        }
        let body = json!({"orderId": this.0});
        if *self.over.borrow() {
            self.command("reject", &body).await?;
            return Ok(Step::Done);
        }
        if self.rng.random_bool(self.declines) {
            // An offer that is not answered has to run out, which the pizzeria must survive too.
            if self.rng.random_bool(SILENT) {
                self.stats.ignored.add(1);
                self.ignored = Some(this);
                return Ok(Step::Free);
            }
            if self.command("reject", &body).await? {
                self.stats.rejected.add(1);
            }
            return Ok(Step::Done);
        }
        if self.command("accept", &body).await? {
            self.stats.accepted.add(1);
            return Ok(Step::Done);
        }
        Ok(Step::NotYet)
    }

    async fn carry(&mut self, order_id: &str) -> anyhow::Result<Step> {
        let path = format!("/api/orders/{order_id}");
        let order = self.client.get(&path).await?.granted(&path)?;
        // A new order ends the way back, wherever the driver is.
        self.back.1.clear();
        self.stats.carrying.add(1);
        let done = match order["status"].as_str() {
            Some("ready") => self.pick_up().await,
            Some("outForDelivery") => self.bring(&order["deliveryLocation"]).await,
            // What the order knows already, the driver may not have noted down.
            Some("delivered") => self.command("delivered", &json!({})).await,
            // It ended without the driver, who will be told.
            _ => Ok(false),
        };
        // Before the `?`: an error must not leave the driver counted as carrying.
        self.stats.carrying.take(1);
        Ok(if done? { Step::Done } else { Step::NotYet })
    }

    async fn pick_up(&mut self) -> anyhow::Result<bool> {
        match self.travel {
            // As the crow flies the driver is there already.
            Travel::Straight(_) => {
                self.at = self.restaurant;
                self.report_location(None).await?;
            }
            Travel::Streets { .. } => self.drive_to(self.restaurant).await?,
        }
        self.command("picked-up", &json!({})).await
    }

    async fn bring(&mut self, destination: &Value) -> anyhow::Result<bool> {
        let door = destination["lat"].as_f64().zip(destination["lon"].as_f64());
        let door = door.unwrap_or_else(|| self.travel.somewhere(self.restaurant, &mut self.rng));
        self.drive_to(door).await?;
        let handing_over = self.travel.at_the_door(&mut self.rng);
        self.pause_until(Instant::now() + handing_over).await;
        let arrived = self.command("delivered", &json!({})).await?;
        self.stats.delivered.add(u64::from(arrived));
        if arrived && let Travel::Streets { .. } = self.travel {
            let back = self.travel.fixes(self.at, self.restaurant, &mut self.rng);
            self.back = (Instant::now(), back.into());
        }
        Ok(arrived)
    }

    /// Drives to a door. When the shift is over the rest of the way takes no time: nobody's pizza
    /// is left on the road.
    async fn drive_to(&mut self, door: Location) -> anyhow::Result<()> {
        let begun = Instant::now();
        let fixes = self.travel.fixes(self.at, door, &mut self.rng);
        let last = fixes.len();
        for (number, fix) in fixes.into_iter().enumerate() {
            self.pause_until(begun + fix.after).await;
            if !*self.over.borrow() || number + 1 == last {
                self.at = fix.location;
                self.report_location(Some(&fix)).await?;
            }
        }
        Ok(())
    }

    /// Takes a step towards the restaurant, or waits a moment.
    async fn rest(&mut self) -> anyhow::Result<()> {
        let begun = self.back.0;
        if let Some(fix) = self.back.1.pop_front() {
            self.pause_until(begun + fix.after).await;
            self.at = fix.location;
            return self.report_location(Some(&fix)).await;
        }
        if self.reported_at.elapsed() > STILL_HERE {
            self.report_location(None).await?;
        }
        self.pause_until(Instant::now() + LOOK_AGAIN).await;
        Ok(())
    }

    async fn pause_until(&mut self, due: Instant) {
        let over = self.over.wait_for(|over| *over);
        // Whether it is over is looked at before the next step.
        let _ = timeout_at(due, over).await;
    }

    async fn report_location(&mut self, moving: Option<&Fix>) -> anyhow::Result<()> {
        // A position that is not newer than the last one would be ignored.
        self.reported_ms = now_ms().max(self.reported_ms + 1);
        self.reported_at = Instant::now();
        let ((lat, lon), accuracy_m) = self.travel.measured(self.at, &mut self.rng);
        let position = Position {
            lat,
            lon,
            timestamp: self.reported_ms,
            accuracy_m,
            speed: moving.map_or(0.0, |fix| fix.speed),
            heading: moving.map_or(0.0, |fix| fix.heading),
        };
        self.phone.report_position(&self.id, &position).await?;
        self.stats.positions.add(1);
        Ok(())
    }

    async fn command(&mut self, what: &str, body: &Value) -> anyhow::Result<bool> {
        let path = self.path(what);
        let answer = self.client.command(Method::POST, &path, body).await?;
        declined_or_done(answer, &path)
    }

    fn path(&self, what: &str) -> String {
        format!("/api/drivers/{}/{what}", self.id)
    }
}
