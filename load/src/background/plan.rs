//! How the simulation goes: who is at work, until when, and what comes after an interruption.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hyper::Method;
use pizza_edge::Secret;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use super::config::{BackgroundConfig, Target};
use super::over::{Over, comes};
use super::staff::Staff;
use crate::broker::{Address, Broker, Login};
use crate::retrying_client::RetryingClient;
use crate::simulate::customers::Customers;
use crate::simulate::driver_pool::{DriverPool, Habits};
use crate::simulate::restaurant;
use crate::simulate::tracking::OrderTracker;
use crate::simulate::travel::Travel;
use crate::target;
use pizza_streets::city::City;

/// How long a request is repeated before the simulation is interrupted and begins again.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause after an interruption, before the simulation begins again.
const BEGIN_AGAIN: Duration = Duration::from_secs(5);
/// How long the last orders may take until they are delivered, before those that are not made yet are
/// cancelled; and how long the others may take then. Together less than `SETTLE_WAIT`.
const COOKED_WITHIN: Duration = Duration::from_secs(15);
const DELIVERED_WITHIN: Duration = Duration::from_secs(10);

/// The most simulated drivers: a restaurant has a thousand at most, and those of its own are among them.
const DRIVERS_MAX: u16 = 900;

/// What stays the same when the simulation begins again.
pub(super) struct Plan {
    client: RetryingClient,
    restaurant: String,
    drivers: Vec<String>,
    city: Arc<City>,
    habits: Habits,
    per_minute: f64,
}

impl Plan {
    /// # Errors
    /// What is wrong with the configuration.
    pub(super) fn new(config: &BackgroundConfig, target: &Target) -> anyhow::Result<Self> {
        let (speed, per_minute) = (config.speed, config.orders_per_minute);
        let reject = config.reject_percent;
        anyhow::ensure!(
            (0.1..=1_000.0).contains(&speed),
            "simulate.speed is from 0.1 to 1000, and is {speed}"
        );
        anyhow::ensure!(
            (0.01..=60_000.0).contains(&per_minute),
            "simulate.orders_per_minute is from 0.01 to 60000, and is {per_minute}"
        );
        anyhow::ensure!(
            reject <= 100,
            "simulate.reject_percent is at most 100, and is {reject}"
        );
        let drivers = config.drivers;
        anyhow::ensure!(
            drivers <= DRIVERS_MAX,
            "simulate.drivers is at most {DRIVERS_MAX}, and is {drivers}"
        );
        let broker = match config.mqtt.as_deref().or(target.broker.as_deref()) {
            Some(broker) => Some(Broker {
                address: address(broker)?,
                login: login(config, target),
            }),
            None => {
                tracing::info!("no broker is configured: simulated drivers speak HTTP");
                None
            }
        };
        let city = Arc::new(City::named("demo")?);
        let found = target::Target::new(reachable(target.http), target.token.as_deref())?;
        Ok(Self {
            client: RetryingClient::new(found, PATIENCE),
            restaurant: target.key.clone(),
            drivers: (1..=drivers).map(|n| format!("live-{n}")).collect(),
            habits: Habits {
                travel: Travel::Streets {
                    city: Arc::clone(&city),
                    faster: speed,
                },
                broker,
                declines: f64::from(reject) / 100.0,
                seed: config.seed,
            },
            city,
            per_minute,
        })
    }

    pub(super) async fn run(mut self, mut over: watch::Receiver<Over>) {
        while *over.borrow() == Over::No {
            if let Err(error) = self.play(over.clone()).await {
                tracing::warn!("the simulation was interrupted: {error:#}");
                // A stop cuts the pause short; whether it came is looked at above.
                let _ = timeout(BEGIN_AGAIN, over.wait_for(|over| *over != Over::No)).await;
            }
        }
    }

    async fn play(&mut self, over: watch::Receiver<Over>) -> anyhow::Result<()> {
        let (client, id) = (&mut self.client, &self.restaurant);
        // What an earlier attempt has set up is found again, so this may be done any number of
        // times.
        let location = restaurant::ready(client, id, &self.drivers, &self.city).await?;
        let (city, seed) = (Arc::clone(&self.city), self.habits.seed);
        let customers = Customers::new(client, id, city, self.per_minute, seed).await?;
        let staff = Staff::clock_in(client, id, self.per_minute).await?;
        let orders = Arc::clone(&customers.tracker);
        let mut drivers = DriverPool::new();
        for driver in &self.drivers {
            drivers.spawn(client, driver, location, &self.habits);
        }
        tracing::info!(drivers = self.drivers.len(), "the simulation has begun");
        let mut canceller = client.another();
        let course = async {
            customers.order(comes(over.clone(), Over::InPeace)).await?;
            // While drivers are on duty: who has ordered waits for nobody who never comes.
            tokio::select! {
                settled = settle(&mut canceller, &orders) => settled,
                () = comes(over.clone(), Over::AtOnce) => Ok(()),
            }
        };
        let trouble = tokio::select! {
            ended = course => ended,
            error = drivers.first_error() => Err(error),
        };
        // Also after an error: drivers who speak HTTP have no last will, and would stay on shift.
        let home = drivers.finish().await;
        let gone = staff.clock_out(client).await;
        trouble.and(home.map(|_| ())).and(gone)
    }
}

/// Brings what was ordered to its end: it is delivered, or cancelled where that takes too long.
///
/// # Errors
/// When the pizzeria does not answer.
async fn settle(client: &mut RetryingClient, orders: &OrderTracker) -> anyhow::Result<()> {
    if timeout(COOKED_WITHIN, orders.ended()).await.is_ok() {
        return Ok(());
    }
    for order in orders.open() {
        let path = format!("/api/orders/{order}/cancel");
        let reason = json!({"reason": "the simulation has ended"});
        // One that is too far for it goes on.
        client.command(Method::POST, &path, &reason).await?;
    }
    let _ = timeout(DELIVERED_WITHIN, orders.ended()).await;
    Ok(())
}

/// Who the drivers' phones are to the broker.
fn login(config: &BackgroundConfig, target: &Target) -> Login {
    let mut login = Login {
        user: config.mqtt_user.clone(),
        password: config.mqtt_password.clone().map(Secret::into_exposed),
        ca: config.mqtt_ca.clone(),
    };
    // Only for the broker to which it belongs, and where nothing else is said.
    if config.mqtt.is_none()
        && login.user.is_none()
        && let Some(token) = target.broker_token.clone()
    {
        login.user = Some("simulation".to_owned());
        login.password = Some(token.into_exposed());
    }
    login
}

fn address(text: &str) -> anyhow::Result<Address> {
    let address = text.parse().map_err(anyhow::Error::msg);
    address.with_context(|| format!("simulate.mqtt {text:?}"))
}

/// A listener on all networks is reached on this machine too.
fn reachable(mut listener: SocketAddr) -> SocketAddr {
    match listener.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => listener.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => listener.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    listener
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is refused at once does not begin again and again.
    #[test]
    fn more_drivers_than_a_restaurant_takes_are_no_plan() {
        let target = Target {
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            broker: None,
            broker_token: None,
            token: None,
            key: "napoli".to_owned(),
        };
        for (drivers, is_plan) in [(DRIVERS_MAX, true), (DRIVERS_MAX + 1, false)] {
            let config = BackgroundConfig {
                drivers,
                ..BackgroundConfig::default()
            };
            let plan = Plan::new(&config, &target);
            assert_eq!(plan.is_ok(), is_plan, "{drivers}");
        }
    }
}
