//! What a driver's phone tells, and on which way: over HTTP, or over MQTT.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::broker::Broker;
use super::line::{CLOSED, Line, explained};
use crate::patient::{Answered, Patient};

pub(crate) enum Phone {
    Http(Patient),
    Mqtt(Mqtt),
}

/// One client of the broker, in the name of a driver.
pub(crate) struct Mqtt {
    driver: String,
    line: Line,
    /// How long an acknowledgement is waited for.
    patience: Duration,
}

/// What is told of a position.
pub(crate) struct Position {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
    /// Milliseconds since 1970.
    pub(crate) timestamp: u64,
    pub(crate) accuracy_m: f64,
    /// Metres a second.
    pub(crate) speed: f64,
    /// Degrees.
    pub(crate) heading: f64,
}

/// What to do about a status.
pub(super) enum Told {
    Done,
    /// It is on its way, or was declined: a later look tells.
    Unknown,
}

impl Phone {
    pub(super) async fn locate(&mut self, driver: &str, at: &Position) -> anyhow::Result<()> {
        let place = at.json();
        match self {
            Self::Http(client) => {
                let path = format!("/api/drivers/{driver}/location");
                client.tell(Method::POST, &path, &place).await?;
                Ok(())
            }
            Self::Mqtt(phone) => phone.tell("location", place.to_string().into()).await,
        }
    }

    pub(super) async fn set_status(&mut self, driver: &str, to: &str) -> anyhow::Result<Told> {
        match self {
            Self::Http(client) => {
                let (path, body) = (
                    format!("/api/drivers/{driver}/status"),
                    json!({"status": to}),
                );
                let answer = client.command(Method::PUT, &path, &body).await?;
                let done = declined_or_done(answer, &path)?;
                Ok(if done { Told::Done } else { Told::Unknown })
            }
            Self::Mqtt(phone) => {
                phone.tell("status", to.to_owned().into()).await?;
                Ok(Told::Unknown)
            }
        }
    }

    pub(super) async fn hang_up(self) {
        if let Self::Mqtt(phone) = self {
            phone.line.close().await;
        }
    }
}

impl Mqtt {
    /// A phone whose last will is that its driver is offline.
    ///
    /// # Errors
    /// When there is no broker; the error says where, and which option names another.
    pub(crate) async fn call(
        broker: &Broker,
        driver: &str,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let will = topic(driver, "status");
        let options = broker.options(&format!("phone-{driver}"), Some((&will, "offline")))?;
        let line = Line::open(options).await;
        let line = line.map_err(|error| explained(&error, &broker.address))?;
        Ok(Self {
            driver: driver.to_owned(),
            line,
            patience,
        })
    }

    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    pub(crate) fn topic(&self, what: &str) -> String {
        topic(&self.driver, what)
    }

    /// Returns when the broker has it.
    pub(crate) async fn tell(&self, what: &str, payload: Bytes) -> anyhow::Result<()> {
        let topic = self.topic(what);
        let told = async {
            let acknowledged = self.line.say(topic.clone(), payload).await?;
            acknowledged.await.context(CLOSED)
        };
        let waited_s = self.patience.as_secs();
        let told = timeout(self.patience, told).await;
        let told = told.map_err(|_| anyhow!("the broker is silent for {waited_s} s: {topic}"))?;
        told?.map_err(|reason| anyhow!("the broker does not take {topic}: {reason:?}"))?;
        Ok(())
    }
}

impl Broker {
    /// # Errors
    /// When it is not there; better before anything is set up than in the middle.
    pub(crate) async fn is_there(&self) -> anyhow::Result<()> {
        // A name that nobody else has: the broker would throw out whoever has it.
        let name = format!("pizza-{:016x}", rand::random::<u64>());
        let line = Line::open(self.options(&name, None)?).await;
        let line = line.map_err(|error| explained(&error, &self.address))?;
        line.close().await;
        Ok(())
    }
}

impl Position {
    pub(crate) fn json(&self) -> Value {
        let tenth = |value: f64| (value * 10.0).round() / 10.0;
        json!({
            "lat": self.lat, "lon": self.lon, "timestamp": self.timestamp,
            "accuracy": tenth(self.accuracy_m), "speed": tenth(self.speed),
            // Rounded, north may have become 360 degrees.
            "heading": tenth(self.heading) % 360.0,
        })
    }
}

fn topic(driver: &str, what: &str) -> String {
    format!("pizza/drivers/{driver}/{what}")
}

/// What comes too late or too early is declined: the next look tells what to do instead.
pub(super) fn declined_or_done(answer: Answered, path: &str) -> anyhow::Result<bool> {
    if answer.status == hyper::StatusCode::CONFLICT {
        return Ok(false);
    }
    answer.granted(path).map(|_| true)
}

/// As a phone knows it.
#[allow(
    clippy::disallowed_methods,
    reason = "a phone has a clock of its own, and no part in what a silo decides"
)]
pub(crate) fn now_ms() -> u64 {
    let since = UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn north_is_zero_however_it_is_rounded() {
        for (heading, expected) in [(0.0, 0.0), (359.94, 359.9), (359.96, 0.0), (90.0, 90.0)] {
            let position = Position {
                lat: 40.85,
                lon: 14.26,
                timestamp: 1,
                accuracy_m: 4.96,
                speed: 6.94,
                heading,
            };
            let json = position.json();
            assert_eq!(json["heading"], expected, "{heading}");
            assert_eq!(
                (&json["accuracy"], &json["speed"]),
                (&json!(5.0), &json!(6.9))
            );
        }
    }
}
