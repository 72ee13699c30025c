//! How the edges of the same process reach the silo.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_client::{Event, EventPage, Readiness, Transport};
use pizza_runtime::Silo;
use pizza_store::{Store, StoreError};
use pizza_types::{CallError, Envelope, MessageId, Reply};
use tokio::sync::watch;

/// The start of the names of readers' facts, which keeps them apart from everything else in the
/// store.
const CURSOR: &str = "cursor/";

pub struct InProcess {
    silo: Silo,
    store: Arc<dyn Store>,
    closed: watch::Sender<bool>,
}

impl InProcess {
    pub(crate) fn new(silo: Silo, store: Arc<dyn Store>) -> Self {
        let closed = watch::Sender::new(false);
        Self {
            silo,
            store,
            closed,
        }
    }

    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }
}

impl InProcess {
    /// A receiver that turns true when the transport is closed.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn deliver(&self, envelope: Envelope) -> Result<Reply, CallError> {
        self.silo.deliver(envelope).await
    }

    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<EventPage, CallError> {
        let oldest = self.silo.events(stream, key, 0, 1).await?;
        let newest = self.silo.newest_event(stream, key).await?;
        let events = self.silo.events(stream, key, after, limit).await?;
        let events = events.into_iter().map(|event| Event {
            position: event.position,
            at_ms: event.at_ms,
            payload: event.payload,
        });
        Ok(EventPage {
            events: events.collect(),
            oldest: oldest.first().map_or(0, |event| event.position),
            newest,
        })
    }

    async fn event_after(&self, stream: &str, key: &str, after: u64) {
        self.silo.event_after(stream, key, after).await;
    }

    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, CallError> {
        self.silo.actors(actor_type, after, limit).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<u64>, CallError> {
        let kept = self.store.fact(&format!("{CURSOR}{name}")).await;
        let Some(bytes) = kept.map_err(refused)? else {
            return Ok(None);
        };
        // To begin at the beginning again would publish everything once more.
        let position = <[u8; 8]>::try_from(bytes.as_ref()).map_err(|_| CallError::Store {
            detail: format!(
                "the cursor {name:?} has {} bytes, which should be 8",
                bytes.len()
            ),
        })?;
        Ok(Some(u64::from_le_bytes(position)))
    }

    async fn move_cursor(&self, name: &str, position: u64) -> Result<(), CallError> {
        let bytes = Bytes::copy_from_slice(&position.to_le_bytes());
        let moved = self.store.set_fact(&format!("{CURSOR}{name}"), bytes).await;
        moved.map_err(refused)
    }

    async fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        // First, since a silo that is stopping closes its store next.
        if *self.closed.borrow() {
            reasons.push("the silo is shutting down".to_owned());
        }
        if let Some(reason) = self.store.stop_reason() {
            reasons.push(format!("the store has stopped: {reason}"));
        }
        if let Some(cluster) = self.silo.cluster()
            && cluster.lease_left_ms == 0
        {
            reasons.push(
                "this silo has no lease: the store of its cluster has not answered for a while"
                    .to_owned(),
            );
        }
        let ready = reasons.is_empty();
        // Reads go on: nobody is helped when they are refused, too.
        if let Some(reason) = self.store.full_reason() {
            reasons.push(format!("nothing new is stored: {reason}"));
        }
        Readiness { ready, reasons }
    }

    fn now_ms(&self) -> u64 {
        self.silo.wall_ms()
    }

    fn deadline_ms(&self, wait: Duration) -> u64 {
        // A wait of more than 2^64 ms is for ever.
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.silo.now_ms().saturating_add(wait_ms)
    }

    fn fresh_id(&self) -> MessageId {
        self.silo.fresh_id()
    }
}

fn refused(error: StoreError) -> CallError {
    match error {
        StoreError::Full { detail } => CallError::StorageFull { detail },
        error => CallError::Store {
            detail: error.to_string(),
        },
    }
}
