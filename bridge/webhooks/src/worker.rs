//! What is done for a webhook by whoever has its lease.

use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use pizza_client::lease::LeaseClaim;
use pizza_client::retry::wait;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::endpoint::Endpoint;
use crate::shared::Shared;
use crate::{discovery, notes, requests};

/// How often it is written how it goes, at most.
const TELL_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct Worker {
    pub(crate) client: Client,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) claim: LeaseClaim,
}

impl Worker {
    /// Posts until it is to stop, and what it has begun is done. It may be dropped anywhere: the next one
    /// goes on from the cursors.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>) {
        let mut tries = 0;
        let known = loop {
            if *stop.borrow() {
                return;
            }
            match notes::state(&self.client, &self.endpoint.config.name).await {
                Ok(known) => break known,
                Err(error) => {
                    let webhook = &self.endpoint.config.name;
                    tracing::warn!(webhook, %error, "how it stood is not known; it is tried again");
                    sleep(wait(&self.client, tries)).await;
                    tries += 1;
                }
            }
        };
        let shared = Shared::new(self.client, self.endpoint, self.claim, known);
        let shared = Arc::new(shared);
        // They end with this function, which owns them.
        let mut beside = JoinSet::new();
        beside.spawn(tell(Arc::clone(&shared)));
        beside.spawn(requests::answer_all(Arc::clone(&shared)));
        discovery::follow_all(Arc::clone(&shared), stop).await;
        beside.shutdown().await;
        notes::write_state(&shared).await;
    }
}

async fn tell(shared: Arc<Shared>) {
    loop {
        notes::write_state(&shared).await;
        sleep(TELL_EVERY).await;
    }
}
