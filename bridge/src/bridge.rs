//! Start and stop.

use std::time::Duration;

use pizza_client::Client;
use pizza_client::held_lease::Lease;
use pizza_client::lease::LeaseClaim;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::address::{self, AddressError};
use crate::config::BridgeConfig;
use crate::connection::Connection;
use crate::mapping::Mapping;
use crate::metrics;
use crate::mqtt_client::Options;
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

/// A running bridge: one that works, or waits until no other one of its name does.
pub struct Bridge {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
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
        // Made once more whenever it begins to work; what is wrong is said now.
        mappings(&config)?;
        let (stop, stopped) = watch::channel(false);
        let plan = Plan {
            client,
            config,
            options,
        };
        Ok(Some(Self {
            stop,
            running: tokio::spawn(plan.run(stopped)),
        }))
    }

    /// Takes nothing more, and acknowledges what was begun when it is done.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It bounds its own time.
        let _ = self.running.await;
    }
}

fn mappings(config: &BridgeConfig) -> Result<Vec<Mapping>, BridgeError> {
    let mappings = config.inbound.iter().cloned().map(Mapping::new);
    mappings
        .collect::<Result<_, _>>()
        .map_err(BridgeError::Mapping)
}

/// What a bridge does when it has the lease of its name.
struct Plan {
    client: Client,
    config: BridgeConfig,
    /// For the session that messages come by.
    options: Options,
}

impl Plan {
    /// Works whenever no other bridge of its name does, until it is told to stop.
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let name = format!("mqtt/{}", self.config.client_id);
        loop {
            let mut lease = tokio::select! {
                lease = Lease::acquire(&self.client, &name) => lease,
                _ = stopped.wait_for(|stopped| *stopped) => return,
            };
            let Ok(session) = self.session() else {
                // It was made before, from the same configuration.
                return;
            };
            let publisher = self.publisher(lease.claim());
            let mut inbound = tokio::spawn(session.run(stopped.clone()));
            let mut outbound = tokio::spawn(publisher.run(stopped.clone()));
            let ends = async {
                let _ = stopped.wait_for(|stopped| *stopped).await;
                // What is published has its cursor moved, so that the next one repeats nothing; what is
                // not acknowledged to the broker in time is delivered again by it.
                let both = async { tokio::join!(&mut outbound, &mut inbound) };
                let _ = tokio::time::timeout(STOP_WAIT, both).await;
            };
            let is_lost = tokio::select! {
                () = lease.keep() => true,
                () = ends => false,
            };
            // They have ended, or must not go on beside another one.
            outbound.abort();
            inbound.abort();
            if !is_lost {
                return lease.release().await;
            }
            tracing::warn!(name, "another bridge of this name works, or may");
        }
    }

    fn session(&self) -> Result<Session, BridgeError> {
        let config = &self.config;
        let mappings = mappings(config)?;
        let patterns: Vec<_> = mappings.iter().map(|mapping| &mapping.pattern).collect();
        let mut filters = topic::subscriptions(&patterns, &config.watch);
        if let Some(group) = &config.share {
            for filter in &mut filters {
                *filter = pizza_mqtt::topic::share(group, filter);
            }
        }
        // For each message in flight an acknowledgement and a dead letter; the rest is for
        // subscriptions and the goodbye.
        let capacity = 2 * config.in_flight + 16;
        let client = self.client.clone();
        let connection = Connection::open(self.options.clone(), capacity, client.clone());
        Ok(Session::new(
            client,
            connection,
            mappings,
            filters,
            config.dead_letter_topic.clone(),
            config.in_flight,
        ))
    }

    fn publisher(&self, lease: LeaseClaim) -> Publisher {
        // A connection of its own for events: each kind of session needs another way to lose
        // it. The inbound one is kept by the broker, the outbound one begins anew.
        let mut options = self.options.clone();
        options.client_id = format!("{}-events", self.config.client_id);
        (options.clean, options.manual_acks) = (true, false);
        Publisher {
            client: self.client.clone(),
            options,
            streams: outbound_stream::grouped(self.config.outbound.clone()),
            restored: (!self.config.restore_retained).into(),
            lease,
        }
    }
}
