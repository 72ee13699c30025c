//! The bridge from outside: its public functions between a broker and a silo that a test
//! plays.

mod inbound;
mod outbound;
mod phone;
mod silo;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use pizza_bridge::{Bridge, BridgeConfig, BridgeError};
use pizza_broker::{Bound, Broker, Config, ListenerConfig, TlsListenerConfig};
use pizza_client::Client;

use phone::Phone;
use silo::Silo;

/// A broker, a bridge that has subscribed, and the silo to which it carries.
struct World {
    broker: Broker,
    bridge: Bridge,
    silo: Silo,
}

impl World {
    async fn new() -> Self {
        Self::with(Silo::default()).await
    }

    async fn with(silo: Silo) -> Self {
        let config = Config {
            mqtt: ListenerConfig {
                on: true,
                address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            },
            mqtts: TlsListenerConfig {
                on: false,
                ..TlsListenerConfig::default()
            },
            ..Config::default()
        };
        let bound = Bound::new(config).await.expect("an address");
        let broker = bound.open(None, true).await.expect("a broker");
        let access = broker.internal();
        let config = BridgeConfig {
            broker: Some(format!("mqtt://{}", access.address)),
            user: Some(access.user.clone()),
            password: Some(access.password.clone()),
            ..BridgeConfig::default()
        };
        let client = Client::new(Arc::new(silo.transport()));
        let bridge = Bridge::start(client, config).expect("a configuration");
        Self {
            broker,
            bridge: bridge.expect("a broker is named"),
            silo,
        }
    }

    /// The broker accepts it when the bridge has subscribed.
    async fn phone(&self, id: &str) -> Phone {
        let at = self.broker.addresses().mqtt.expect("a listener");
        Phone::new(at, id).await
    }

    async fn stop(self) {
        self.bridge.stop().await;
        self.broker.stop().await;
    }
}

#[tokio::test]
async fn a_configuration_is_checked_before_anything_is_connected() {
    let start = |config| Bridge::start(Client::new(Arc::new(Silo::default().transport())), config);
    let none = start(BridgeConfig::default()).expect("it is no mistake");
    assert!(none.is_none(), "a bridge without a broker");
    let mut config = BridgeConfig {
        broker: Some("http://here".to_owned()),
        ..BridgeConfig::default()
    };
    let refused = start(config.clone()).err();
    assert!(matches!(refused, Some(BridgeError::Address(_))));
    config.broker = Some("mqtt://127.0.0.1:1".to_owned());
    config.inbound[0].key = "{nobody}".to_owned();
    let refused = start(config).err();
    assert!(matches!(refused, Some(BridgeError::Mapping(_))));
}
