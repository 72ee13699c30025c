//! Who may publish and subscribe to what, asked over real sockets: each role, each topic, both
//! versions of the protocol, every quality. What is expected is said by an oracle of its own.

mod client;
mod forged;
#[path = "../protocol/loopback.rs"]
mod loopback;
mod oracle;
mod sessions;
mod table;
mod users;

use std::net::SocketAddr;
use std::sync::Arc;

use pizza_broker::{Bound, Broker, Config, TokenHolder, TokenLookup};

/// Where only the pizzeria speaks.
pub(crate) const RESERVED: [&str; 3] = [
    "pizza/orders/+/events",
    "pizza/restaurants/+/orders/+/events",
    "pizza/dead-letter",
];

/// A port that the system chooses, no TLS, and no client held up for being fast.
fn config() -> Config {
    let mut config = loopback::config();
    config.limits.messages_per_second = 1_000_000;
    config.limits.queue_max = 100_000;
    config.limits.subscriptions_max = 1_000;
    config.limits.session_bytes_max = 16 << 20;
    config
}

/// A token is `role:subject`, so that tests need no list of them.
fn tokens() -> TokenLookup {
    Arc::new(|token| {
        let (role, subject) = token.split_once(':')?;
        Some(TokenHolder {
            role: role.to_owned(),
            subject: subject.to_owned(),
        })
    })
}

/// A broker without an internal client.
async fn open(config: Config, reserved: &[&str]) -> (Broker, SocketAddr) {
    let bound = Bound::new(config).await.expect("an address");
    let reserved = reserved.iter().map(|&topic| topic.to_owned()).collect();
    let bound = bound.tokens(tokens()).reserved(reserved);
    let broker = bound.open(None, false).await.expect("a broker");
    let address = broker.addresses().mqtt.expect("a listener");
    (broker, address)
}
