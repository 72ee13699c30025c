//! Start and stop.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use pizza_client::held_lease::Lease;
use pizza_client::webhooks::lease;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::WebhookConfig;
use crate::endpoint::{Endpoint, WebhookError};
use crate::metrics;
use crate::worker::Worker;

/// How long posts that have begun are waited for, when the process stops.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// Webhooks of this process: each works, or waits until no other process works on it.
pub struct Webhooks {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Webhooks {
    /// Looks at the configuration, and changes nothing.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(configs: &[WebhookConfig]) -> Result<(), WebhookError> {
        endpoints(configs).map(drop)
    }

    /// Begins to post.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn start(client: &Client, configs: &[WebhookConfig]) -> Result<Self, WebhookError> {
        let endpoints = endpoints(configs)?;
        metrics::describe();
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        for endpoint in endpoints {
            running.spawn(run(client.clone(), Arc::new(endpoint), stopped.clone()));
        }
        Ok(Self { stop, running })
    }

    /// Begins nothing more, and finishes what is under way.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // Each bounds its own time.
        while self.running.join_next().await.is_some() {}
    }
}

fn endpoints(configs: &[WebhookConfig]) -> Result<Vec<Endpoint>, WebhookError> {
    let mut names = HashSet::new();
    let endpoint = |config: &WebhookConfig| {
        if !names.insert(config.name.clone()) {
            return Err(WebhookError::Twice(config.name.clone()));
        }
        Endpoint::new(config.clone())
    };
    configs.iter().map(endpoint).collect()
}

/// Works whenever no other process does, until it is told to stop.
async fn run(client: Client, endpoint: Arc<Endpoint>, mut stopped: watch::Receiver<bool>) {
    let name = lease(&endpoint.config.name);
    loop {
        let mut lease = tokio::select! {
            lease = Lease::acquire(&client, &name) => lease,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        let worker = Worker {
            client: client.clone(),
            endpoint: Arc::clone(&endpoint),
            claim: lease.claim(),
        };
        let mut work = tokio::spawn(worker.run(stopped.clone()));
        let ends = async {
            let _ = stopped.wait_for(|stopped| *stopped).await;
            // What is posted has its cursor moved, so that the next one repeats nothing.
            let _ = timeout(STOP_WAIT, &mut work).await;
        };
        let is_lost = tokio::select! {
            () = lease.keep() => true,
            () = ends => false,
        };
        // It has ended, or must not go on beside another one.
        work.abort();
        if !is_lost {
            return lease.release().await;
        }
        tracing::warn!(name, "another edge of this name works, or may");
    }
}
