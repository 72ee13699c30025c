//! A small simulation in the pizzeria's own process, through its public doors like any other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use pizza_gateway::{Role, Secret};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::broker::{Address, Broker, Login};
use super::city::City;
use super::customers::Customers;
use super::restaurant;
use super::riders::{Habits, Riders};
use super::way::Way;
use crate::config::Config;
use crate::patient::Patient;
use crate::target::Target;

const PATIENCE: Duration = Duration::from_secs(60);
/// After what went wrong, it begins again.
const BEGIN_AGAIN: Duration = Duration::from_secs(5);
/// For the last deliveries, when the process is to stop.
const STOP_WAIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LivelyConfig {
    pub(crate) on: bool,
    pub(crate) drivers: u16,
    /// On average.
    pub(crate) orders_per_minute: f64,
    /// Of a hundred offers.
    pub(crate) reject_percent: u8,
    /// How many times faster than life drivers ride.
    pub(crate) speed: f64,
    pub(crate) seed: u64,
    /// `mqtt://host:port`, or `mqtts://`; without it the broker of the bridge.
    pub(crate) mqtt: Option<String>,
    pub(crate) mqtt_user: Option<String>,
    pub(crate) mqtt_password: Option<Secret>,
    /// PEM: who vouches for the broker.
    pub(crate) mqtt_ca: Option<PathBuf>,
}

impl Default for LivelyConfig {
    fn default() -> Self {
        Self {
            on: false,
            drivers: 3,
            orders_per_minute: 6.0,
            reject_percent: 5,
            speed: 20.0,
            seed: 1,
            mqtt: None,
            mqtt_user: None,
            mqtt_password: None,
            mqtt_ca: None,
        }
    }
}

pub(crate) struct Lively {
    over: watch::Sender<bool>,
    running: JoinHandle<()>,
}

/// What does not change when it begins again.
struct Plan {
    client: Patient,
    restaurant: String,
    drivers: Vec<String>,
    city: Arc<City>,
    habits: Habits,
    per_minute: f64,
}

impl Lively {
    /// Where it is switched on; as soon as the doors are listened at. Without a broker the
    /// drivers speak HTTP.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn start(
        config: &Config,
        http: SocketAddr,
        broker: Option<&str>,
    ) -> anyhow::Result<Option<Self>> {
        if !config.simulate.on {
            return Ok(None);
        }
        let plan = Plan::new(config, http, broker)?;
        let over = watch::Sender::new(false);
        let stop = over.subscribe();
        let running = tokio::spawn(plan.go_on(stop));
        Ok(Some(Self { over, running }))
    }

    /// What is on the road is delivered; while the doors are still open.
    pub(crate) async fn stop(mut self) {
        self.over.send_replace(true);
        if timeout(STOP_WAIT, &mut self.running).await.is_err() {
            tracing::warn!("the simulation does not end; its drivers vanish");
            self.running.abort();
        }
    }
}

impl Plan {
    fn new(config: &Config, http: SocketAddr, broker: Option<&str>) -> anyhow::Result<Self> {
        let Config {
            simulate: config,
            gateway,
            ..
        } = config;
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
        let broker = match config.mqtt.as_deref().or(broker) {
            Some(broker) => Some(Broker {
                address: address(broker)?,
                login: Login {
                    user: config.mqtt_user.clone(),
                    password: config.mqtt_password.clone().map(Secret::into_exposed),
                    ca: config.mqtt_ca.clone(),
                },
            }),
            None => {
                tracing::info!("no broker is configured: simulated drivers speak HTTP");
                None
            }
        };
        let city = Arc::new(City::named("demo")?);
        let mut tokens = gateway.tokens.iter();
        let admin = tokens.find(|token| matches!(token.role, Role::Admin));
        let admin = admin.map(|token| token.token.expose());
        let target = Target::new(reachable(http), admin)?;
        Ok(Self {
            client: Patient::new(target, PATIENCE),
            restaurant: gateway.default_restaurant.clone(),
            drivers: (1..=config.drivers).map(|n| format!("live-{n}")).collect(),
            habits: Habits {
                way: Way::Streets {
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

    async fn go_on(mut self, mut over: watch::Receiver<bool>) {
        while !*over.borrow() {
            if let Err(error) = self.play(over.clone()).await {
                tracing::warn!("the simulation was interrupted: {error:#}");
                drop(timeout(BEGIN_AGAIN, over.wait_for(|over| *over)).await);
            }
        }
    }

    async fn play(&mut self, mut over: watch::Receiver<bool>) -> anyhow::Result<()> {
        let (client, id) = (&mut self.client, &self.restaurant);
        let place = restaurant::ready(client, id, &self.drivers, &self.city).await?;
        let (city, seed) = (Arc::clone(&self.city), self.habits.seed);
        let customers = Customers::new(client, id, city, self.per_minute, seed).await?;
        let mut riders = Riders::new();
        for driver in &self.drivers {
            riders.go(client, driver, place, &self.habits);
        }
        tracing::info!(drivers = self.drivers.len(), "the simulation has begun");
        let stop = async {
            // Whoever could say so is gone: it is over too.
            drop(over.wait_for(|over| *over).await);
        };
        let trouble = tokio::select! {
            ordered = customers.order(stop) => ordered.map(|_| ()),
            error = riders.trouble() => Err(error),
        };
        let home = riders.come_home().await;
        trouble.and(home.map(|_| ()))
    }
}

fn address(text: &str) -> anyhow::Result<Address> {
    let address = text.parse().map_err(anyhow::Error::msg);
    address.with_context(|| format!("simulate.mqtt {text:?}"))
}

/// A door that is open to all networks is open to this machine.
fn reachable(mut door: SocketAddr) -> SocketAddr {
    match door.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => door.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => door.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    door
}
