//! Start and stop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use rumqttc::v5::{AsyncClient, MqttOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::BridgeConfig;
use crate::lane::Lanes;
use crate::mapping::Mapping;
use crate::outbound::Publisher;
use crate::session::Session;
use crate::{connection, counted, topic};

const PORT: u16 = 1883;
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The largest message that is read at all; what a mapping takes is far less.
const PACKET_BYTES_MAX: u32 = 16 << 20;
/// How long the broker keeps our session while nobody is there: for ever.
const SESSION_S: u32 = u32::MAX;
/// Of messages that are worked on, when the process stops.
const STOP_WAIT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    #[error("bridge.broker {0:?} is not of the form mqtt://host:port")]
    Broker(String),
    #[error("a mapping in bridge.inbound: {0}")]
    Mapping(String),
    #[error("bridge.in_flight must be 1 to 65,535, and is {0}")]
    InFlight(usize),
}

pub struct Bridge {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    publishing: JoinHandle<()>,
}

impl Bridge {
    /// Connects, and goes on trying for as long as there is no broker. Without a broker in
    /// the configuration there is no bridge.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn start(client: Client, config: BridgeConfig) -> Result<Option<Self>, BridgeError> {
        let Some(broker) = &config.broker else {
            return Ok(None);
        };
        counted::describe();
        let options = options(broker, &config)?;
        let mappings = config.inbound.into_iter().map(Mapping::new);
        let mappings: Vec<_> = mappings
            .collect::<Result<_, _>>()
            .map_err(BridgeError::Mapping)?;
        let patterns: Vec<_> = mappings.iter().map(|mapping| &mapping.pattern).collect();
        let mut subscriptions = topic::subscriptions(&patterns, &config.watch);
        if let Some(group) = &config.share {
            for filter in &mut subscriptions {
                *filter = format!("$share/{group}/{filter}");
            }
        }
        let mut outward = options.clone();
        outward
            .set_client_id(format!("{}-events", config.client_id))
            .set_clean_start(true)
            .set_session_expiry_interval(None)
            .set_manual_acks(false);
        let publisher = Publisher {
            client: client.clone(),
            options: outward,
            streams: config.outbound.into_iter().map(Arc::new).collect(),
        };
        // For each message that is worked on, an acknowledgement and a dead letter.
        let (mqtt, wheel) = AsyncClient::new(options, 2 * config.in_flight + 16);
        let (tell, heard) = mpsc::channel(16);
        tokio::spawn(connection::keep(wheel, tell, client.clone()));
        let session = Session {
            mqtt,
            lanes: Lanes::new(client.clone()),
            client,
            mappings,
            subscriptions,
            dead_letter_topic: config.dead_letter_topic,
            in_flight: config.in_flight,
            waiting: VecDeque::new(),
            outbox: VecDeque::new(),
        };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(session.run(heard, stopped));
        let publishing = tokio::spawn(publisher.run());
        Ok(Some(Self {
            stop,
            running,
            publishing,
        }))
    }

    /// Takes nothing more, and acknowledges what was begun when it is done.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // What was not acknowledged by the broker is published again from the cursor.
        self.publishing.abort();
        let running = self.running.abort_handle();
        if tokio::time::timeout(STOP_WAIT, self.running).await.is_err() {
            // What was not acknowledged comes again.
            running.abort();
        }
    }
}

fn options(broker: &str, config: &BridgeConfig) -> Result<MqttOptions, BridgeError> {
    let wrong = || BridgeError::Broker(broker.to_owned());
    let address = broker.strip_prefix("mqtt://").ok_or_else(wrong)?;
    let address = address.strip_suffix('/').unwrap_or(address);
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
        None => (address, PORT),
    };
    if host.is_empty() || host.contains(['/', '@']) {
        return Err(wrong());
    }
    let in_flight = u16::try_from(config.in_flight).ok().filter(|n| *n > 0);
    let in_flight = in_flight.ok_or(BridgeError::InFlight(config.in_flight))?;
    let mut options = MqttOptions::new(&config.client_id, host, port);
    options
        .set_keep_alive(KEEP_ALIVE)
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION_S))
        // What the broker is to send before it hears an acknowledgement; not all keep to it.
        .set_receive_maximum(Some(in_flight))
        .set_max_packet_size(Some(PACKET_BYTES_MAX))
        .set_manual_acks(true);
    if let Some(user) = &config.user {
        let password = config.password.as_ref().map_or("", |p| p.expose());
        options.set_credentials(user, password);
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_named_by_host_and_port() {
        let config = BridgeConfig::default();
        let address = |broker| options(broker, &config).map(|options| options.broker_address());
        let here = address("mqtt://here:99").expect("an address");
        assert_eq!(here, ("here".to_owned(), 99));
        let usual = address("mqtt://here/").expect("an address");
        assert_eq!(usual, ("here".to_owned(), PORT));
        for wrong in [
            "here:1",
            "http://here",
            "mqtt://",
            "mqtt://a:b",
            "mqtt://u:p@here:1",
        ] {
            let refused = address(wrong).expect_err(wrong);
            assert!(matches!(refused, BridgeError::Broker(_)), "{refused}");
        }
    }
}
