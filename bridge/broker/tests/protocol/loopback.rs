//! Where the broker of a test listens; for all programs of tests of this crate.

use std::net::{Ipv4Addr, SocketAddr};

use pizza_broker::{Config, ListenerConfig, TlsListenerConfig};

/// A port that the system chooses, and no TLS.
pub(crate) fn config() -> Config {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Config {
        mqtt: ListenerConfig { on: true, address },
        mqtts: TlsListenerConfig {
            on: false,
            ..TlsListenerConfig::default()
        },
        ..Config::default()
    }
}
