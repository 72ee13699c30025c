//! What a driver's phone reports: over HTTP, or over MQTT.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::broker::Broker;
use crate::mqtt_connection::{CLOSED, MqttConnection};
use crate::retrying_client::{Answered, RetryingClient};

pub(crate) enum Phone {
    Http(RetryingClient),
    Mqtt(MqttPhone),
}

/// One client of the broker, in the name of a driver.
pub(crate) struct MqttPhone {
    driver: String,
    connection: MqttConnection,
    /// How long an acknowledgement is waited for.
    patience: Duration,
}

/// A position, as the API takes it.
pub(crate) struct Position {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
    /// Milliseconds since 1970.
    pub(crate) timestamp: u64,
    pub(crate) accuracy_m: f64,
    /// Metres a second.
    pub(crate) speed: f64,
    /// Degrees clockwise from north.
    pub(crate) heading: f64,
}

/// Whether a new status that a phone has sent counts already.
pub(crate) enum StatusChange {
    Done,
    /// The status is on its way, or was declined: a later look shows which.
    Unknown,
}

impl Phone {
    pub(crate) async fn report_position(
        &mut self,
        driver: &str,
        at: &Position,
    ) -> anyhow::Result<()> {
        let position = at.json();
        match self {
            Self::Http(client) => {
                let path = format!("/api/drivers/{driver}/location");
                client.tell(Method::POST, &path, &position).await?;
                Ok(())
            }
            Self::Mqtt(phone) => phone.publish("location", position.to_string().into()).await,
        }
    }

    pub(crate) async fn set_status(
        &mut self,
        driver: &str,
        to: &str,
    ) -> anyhow::Result<StatusChange> {
        match self {
            Self::Http(client) => {
                let (path, body) = (
                    format!("/api/drivers/{driver}/status"),
                    json!({"status": to}),
                );
                let answer = client.command(Method::PUT, &path, &body).await?;
                let done = declined_or_done(answer, &path)?;
                Ok(if done {
                    StatusChange::Done
                } else {
                    StatusChange::Unknown
                })
            }
            Self::Mqtt(phone) => {
                // An acknowledgement does not say whether the driver's actor granted or declined.
                phone.publish("status", to.to_owned().into()).await?;
                Ok(StatusChange::Unknown)
            }
        }
    }

    pub(crate) async fn disconnect(self) {
        if let Self::Mqtt(phone) = self {
            phone.connection.close().await;
        }
    }
}

impl MqttPhone {
    /// A phone whose last will is that its driver is offline. `patience` is how long it waits
    /// for an acknowledgement.
    ///
    /// # Errors
    /// When there is no broker.
    pub(crate) async fn connect(
        broker: &Broker,
        driver: &str,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let will = topic(driver, "status");
        let client_id = format!("phone-{driver}");
        let connection = broker.connect(&client_id, Some((&will, "offline"))).await?;
        Ok(Self {
            driver: driver.to_owned(),
            connection,
            patience,
        })
    }

    pub(crate) fn connection(&self) -> &MqttConnection {
        &self.connection
    }

    pub(crate) fn topic(&self, what: &str) -> String {
        topic(&self.driver, what)
    }

    /// Publishes, and returns when the broker has it.
    ///
    /// # Errors
    /// When the broker refuses it, or is silent for longer than the phone waits.
    pub(crate) async fn publish(&self, what: &str, payload: Bytes) -> anyhow::Result<()> {
        let topic = self.topic(what);
        let published = async {
            let acknowledged = self.connection.publish(topic.clone(), payload).await?;
            acknowledged.await.context(CLOSED)
        };
        let waited_s = self.patience.as_secs();
        let outcome = timeout(self.patience, published).await;
        let outcome =
            outcome.map_err(|_| anyhow!("the broker is silent for {waited_s} s: {topic}"))?;
        outcome?.map_err(|reason| anyhow!("the broker does not take {topic}: {reason:?}"))?;
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
pub(crate) fn declined_or_done(answer: Answered, path: &str) -> anyhow::Result<bool> {
    if answer.status == hyper::StatusCode::CONFLICT {
        return Ok(false);
    }
    answer.granted(path).map(|_| true)
}

/// Milliseconds since 1970 by the clock of the phone.
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
