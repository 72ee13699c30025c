//! What a simulation is told: how it goes, and where the pizzeria is.

use std::net::SocketAddr;
use std::path::PathBuf;

use pizza_edge::Secret;
use serde::Deserialize;

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
