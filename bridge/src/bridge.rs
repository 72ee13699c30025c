//! Start and stop.

use std::time::Duration;

use pizza_client::Client;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::address::{self, AddressError};
use crate::config::BridgeConfig;
use crate::connection::Connection;
use crate::mapping::Mapping;
use crate::metrics;
use crate::outbound::Publisher;
use crate::outbound_stream;
use crate::session::Session;
use crate::topic;

/// How long messages that have begun are waited for, when the process stops.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("a mapping in bridge.inbound: {0}")]
    Mapping(String),
}

/// A running bridge.
pub struct Bridge {
    stop: watch::Sender<bool>,
    inbound: JoinHandle<()>,
    outbound: JoinHandle<()>,
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
        metrics::describe();
        let options = address::options(broker, &config)?;
        let mappings = config.inbound.into_iter().map(Mapping::new);
        let mappings: Vec<_> = mappings
            .collect::<Result<_, _>>()
            .map_err(BridgeError::Mapping)?;
        let patterns: Vec<_> = mappings.iter().map(|mapping| &mapping.pattern).collect();
        let mut filters = topic::subscriptions(&patterns, &config.watch);
        if let Some(group) = &config.share {
            for filter in &mut filters {
                *filter = pizza_mqtt::topic::share(group, filter);
            }
        }
        // A connection of its own for events: each kind of session needs another way to lose
        // it. The inbound one is kept by the broker, the outbound one begins anew.
        let mut outbound = options.clone();
        outbound.client_id = format!("{}-events", config.client_id);
        (outbound.clean, outbound.manual_acks) = (true, false);
        let publisher = Publisher {
            client: client.clone(),
            options: outbound,
            streams: outbound_stream::grouped(config.outbound),
            restored: (!config.restore_retained).into(),
        };
        // For each message in flight an acknowledgement and a dead letter; the rest is for
        // subscriptions and the goodbye.
        let capacity = 2 * config.in_flight + 16;
        let connection = Connection::open(options, capacity, client.clone());
        let session = Session::new(
            client,
            connection,
            mappings,
            filters,
            config.dead_letter_topic,
            config.in_flight,
        );
        let (stop, stopped) = watch::channel(false);
        Ok(Some(Self {
            stop,
            inbound: tokio::spawn(session.run(stopped)),
            outbound: tokio::spawn(publisher.run()),
        }))
    }

    /// Takes nothing more, and acknowledges what was begun when it is done.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // What the broker has not acknowledged is published again from the cursor.
        self.outbound.abort();
        let running = self.inbound.abort_handle();
        if tokio::time::timeout(STOP_WAIT, self.inbound).await.is_err() {
            // What was not acknowledged to the broker is delivered again by it.
            running.abort();
        }
    }
}
