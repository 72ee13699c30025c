//! The broker from outside: its public functions, and real sockets.

mod acknowledgements;
mod admission;
mod client;
mod fuzz;
mod loopback;
mod messages;
mod packets;
mod sizes;
mod system_topics;
mod takeover;
mod vectors;
mod version5;

use std::net::SocketAddr;

use pizza_broker::{Bound, Broker, Config};

use client::Client;
use loopback::config;

/// A broker without an internal client.
async fn open(config: Config) -> (Broker, SocketAddr) {
    let bound = Bound::new(config).await.expect("an address");
    let broker = bound.open(None, false).await.expect("a broker");
    let address = broker.addresses().mqtt.expect("a listener");
    (broker, address)
}

/// An internal client that has subscribed at QoS 1.
async fn internal(broker: &Broker, filter: &str) -> Client {
    let access = broker.internal();
    let mut client = Client::dial(access.address).await;
    let login = Some((access.user.as_str(), access.password.expose()));
    assert_eq!(client.connect("bridge", false, None, login).await, (0, 0));
    assert_eq!(client.subscribe(filter, 1).await, 1);
    client
}
