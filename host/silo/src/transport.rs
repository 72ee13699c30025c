//! How the edges of the same process reach the silo.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_client::edge_keys::EdgeKeys;
use pizza_client::lease::{LeaseClaim, LeaseRecord};
use pizza_client::{Event, EventPage, Everywhere, Note, Readiness, Transport};
use pizza_runtime::Silo;
use pizza_store::Store;
use pizza_types::{CallError, Envelope, MessageId, Reply};
use tokio::sync::watch;

use crate::edge_keys;
use crate::leases::Leases;
use crate::notes;
use crate::refused::refused;

/// The start of the names of readers' facts, which keeps them apart from everything else in the
/// store.
const CURSOR: &str = "cursor/";

pub struct InProcess {
    silo: Silo,
    leases: Leases,
    store: Arc<dyn Store>,
    closed: watch::Sender<bool>,
}

impl InProcess {
    pub(crate) fn new(silo: Silo, store: Arc<dyn Store>) -> Self {
        let closed = watch::Sender::new(false);
        Self {
            silo,
            leases: Leases::new(Arc::clone(&store)),
            store,
            closed,
        }
    }

    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }
}

impl InProcess {
    fn is_alone(&self) -> bool {
        self.silo.cluster().is_none()
    }

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
        let page = self.silo.page(stream, key, after, limit).await?;
        let events = page.events.into_iter().map(|event| Event {
            position: event.position,
            at_ms: event.at_ms,
            payload: event.payload,
        });
        Ok(EventPage {
            events: events.collect(),
            oldest: page.oldest,
            newest: page.newest,
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

    async fn actors_everywhere(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Everywhere, CallError> {
        let listed = self.silo.actors_everywhere(actor_type, after, limit).await;
        let (keys, missing) = listed?;
        let missing = missing.into_iter().map(Into::into).collect();
        Ok(Everywhere { keys, missing })
    }

    fn key_prefix(&self) -> Option<Arc<str>> {
        self.silo.key_prefix()
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

    async fn move_cursor(
        &self,
        name: &str,
        position: u64,
        under: &LeaseClaim,
    ) -> Result<bool, CallError> {
        let bytes = Bytes::copy_from_slice(&position.to_le_bytes());
        let change = (format!("{CURSOR}{name}"), Some(bytes));
        let moved = self.leases.change_under(under, change, self.is_alone());
        moved.await.map_err(refused)
    }

    async fn lease(&self, name: &str) -> Result<Option<LeaseRecord>, CallError> {
        let record = self.leases.get(name, self.is_alone()).await;
        record.map_err(refused)
    }

    async fn change_lease(
        &self,
        name: &str,
        before: Option<LeaseRecord>,
        after: Option<LeaseRecord>,
    ) -> Result<bool, CallError> {
        let changed = self.leases.change(name, before, after, self.is_alone());
        changed.await.map_err(refused)
    }

    async fn notes(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Note>, CallError> {
        let listed = notes::list(&*self.store, prefix, after, limit).await;
        listed.map_err(refused)
    }

    async fn set_note(
        &self,
        name: &str,
        value: Option<Bytes>,
        under: &LeaseClaim,
    ) -> Result<bool, CallError> {
        notes::check(&*self.store, name, value.as_ref()).await?;
        let change = (notes::fact(name), value);
        let set = self.leases.change_under(under, change, self.is_alone());
        set.await.map_err(refused)
    }

    async fn edge_keys(&self) -> Result<EdgeKeys, CallError> {
        let keys = edge_keys::edge_keys(&*self.store, self.silo.wall_ms()).await;
        keys.map_err(refused)
    }

    async fn readiness(&self) -> Readiness {
        let (mut reasons, cluster) = (Vec::new(), self.silo.cluster());
        // First, since a silo that is stopping closes its store next.
        if *self.closed.borrow() {
            reasons.push("the silo is shutting down".to_owned());
        }
        if let Some(reason) = self.store.stop_reason() {
            reasons.push(format!("the store has stopped: {reason}"));
        }
        if let Some(cluster) = &cluster
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
        // It works, but what its actors take for the date is not that of others.
        let wrong_ms = cluster.and_then(|cluster| cluster.clock_wrong_ms);
        reasons.extend(wrong_ms.map(clock_is_wrong));
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

fn clock_is_wrong(ahead_ms: i64) -> String {
    let by_ms = ahead_ms.unsigned_abs();
    let side = if ahead_ms < 0 { "behind" } else { "ahead of" };
    format!(
        "this silo's clock is {by_ms} ms {side} that of the store, and so is what actors here take for the date"
    )
}
