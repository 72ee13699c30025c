//! A small simulation in the pizzeria's own process, through its public doors like any other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use pizza_edge::Secret;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::broker::{Address, Broker, Login};
use crate::retrying_client::RetryingClient;
use crate::simulate::customers::Customers;
use crate::simulate::driver_pool::{DriverPool, Habits};
use crate::simulate::restaurant;
use crate::simulate::travel::Travel;
use crate::target;
use pizza_streets::city::City;

/// How long a request is repeated before the simulation is interrupted and begins again.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause after an interruption, before the simulation begins again.
const BEGIN_AGAIN: Duration = Duration::from_secs(5);
/// How long the last deliveries may take when the process is to stop.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// `[simulate]` of the configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackgroundConfig {
    pub on: bool,
    pub drivers: u16,
    /// Orders a minute on average, from 0.01 to 60,000.
    pub orders_per_minute: f64,
    /// How many of a hundred offers drivers do not take.
    pub reject_percent: u8,
    /// How many times faster than life drivers ride; from 0.1 to 1,000.
    pub speed: f64,
    /// The same number gives the same chances again.
    pub seed: u64,
    /// `mqtt://host:port`, or `mqtts://`; without it the broker of the bridge.
    pub mqtt: Option<String>,
    pub mqtt_user: Option<String>,
    pub mqtt_password: Option<Secret>,
    /// The file, in PEM, of the authorities that vouch for the broker of an `mqtts://` address.
    pub mqtt_ca: Option<PathBuf>,
}

impl Default for BackgroundConfig {
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

/// Where the pizzeria is found by those who are simulated.
pub struct Target {
    /// The address where it listens for HTTP.
    pub http: SocketAddr,
    /// `mqtt://host:port`; without it drivers speak HTTP.
    pub broker: Option<String>,
    /// What drivers show to that broker as their password; without it, what is configured.
    pub broker_token: Option<Secret>,
    /// The token of an admin; without it everybody comes without a token.
    pub token: Option<String>,
    /// The restaurant for which they work and where they order.
    pub key: String,
}

/// The simulation, while it runs.
pub struct Background {
    over: watch::Sender<bool>,
    running: JoinHandle<()>,
}

/// What stays the same when the simulation begins again.
struct Plan {
    client: RetryingClient,
    restaurant: String,
    drivers: Vec<String>,
    city: Arc<City>,
    habits: Habits,
    per_minute: f64,
}

impl Background {
    /// Starts it, where it is switched on. The listeners must be bound already.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn start(config: &BackgroundConfig, target: &Target) -> anyhow::Result<Option<Self>> {
        if !config.on {
            return Ok(None);
        }
        let plan = Plan::new(config, target)?;
        let over = watch::Sender::new(false);
        let stop = over.subscribe();
        let running = tokio::spawn(plan.run(stop));
        Ok(Some(Self { over, running }))
    }

    /// Ends it: what is on the road is delivered, so the listeners must still be open.
    pub async fn stop(mut self) {
        self.over.send_replace(true);
        if timeout(STOP_WAIT, &mut self.running).await.is_err() {
            tracing::warn!("the simulation does not end; its drivers vanish");
            self.running.abort();
        }
    }
}

impl Plan {
    fn new(config: &BackgroundConfig, target: &Target) -> anyhow::Result<Self> {
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
            drivers: (1..=config.drivers).map(|n| format!("live-{n}")).collect(),
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

    async fn run(mut self, mut over: watch::Receiver<bool>) {
        while !*over.borrow() {
            if let Err(error) = self.play(over.clone()).await {
                tracing::warn!("the simulation was interrupted: {error:#}");
                // A stop cuts the pause short; whether it came is looked at above.
                let _ = timeout(BEGIN_AGAIN, over.wait_for(|over| *over)).await;
            }
        }
    }

    async fn play(&mut self, mut over: watch::Receiver<bool>) -> anyhow::Result<()> {
        let (client, id) = (&mut self.client, &self.restaurant);
        // What an earlier attempt has set up is found again, so this may be done any number of
        // times.
        let location = restaurant::ready(client, id, &self.drivers, &self.city).await?;
        let (city, seed) = (Arc::clone(&self.city), self.habits.seed);
        let customers = Customers::new(client, id, city, self.per_minute, seed).await?;
        let mut drivers = DriverPool::new();
        for driver in &self.drivers {
            drivers.spawn(client, driver, location, &self.habits);
        }
        tracing::info!(drivers = self.drivers.len(), "the simulation has begun");
        let stop = async {
            // A sender that is gone can say no more: it is over too.
            let _ = over.wait_for(|over| *over).await;
        };
        let trouble = tokio::select! {
            ordered = customers.order(stop) => ordered.map(|_| ()),
            error = drivers.first_error() => Err(error),
        };
        // Also after an error: drivers who speak HTTP have no last will, and would stay on shift.
        let home = drivers.finish().await;
        trouble.and(home.map(|_| ()))
    }
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
