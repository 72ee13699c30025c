//! Start and stop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::address::{self, AddressError};
use crate::config::BridgeConfig;
use crate::connection::Connection;
use crate::lane::Lanes;
use crate::mapping::Mapping;
use crate::outbound::Publisher;
use crate::session::{Session, Subscriptions};
use crate::{counted, topic};

/// Of messages that are worked on, when the process stops.
const STOP_WAIT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("a mapping in bridge.inbound: {0}")]
    Mapping(String),
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
        let options = address::options(broker, &config)?;
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
        outward.client_id = format!("{}-events", config.client_id);
        (outward.clean, outward.manual) = (true, false);
        let publisher = Publisher {
            client: client.clone(),
            options: outward,
            streams: config.outbound.into_iter().map(Arc::new).collect(),
            restored: (!config.restore_retained).into(),
        };
        // For each message that is worked on, an acknowledgement and a dead letter.
        let capacity = 2 * config.in_flight + 16;
        let session = Session {
            connection: Connection::open(options, capacity, client.clone()),
            lanes: Lanes::new(client.clone()),
            client,
            mappings,
            subscriptions: Subscriptions::new(subscriptions),
            dead_letter_topic: config.dead_letter_topic,
            in_flight: config.in_flight,
            waiting: VecDeque::new(),
            outbox: VecDeque::new(),
        };
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(session.run(stopped));
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
