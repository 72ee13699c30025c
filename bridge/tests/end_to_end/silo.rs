//! A silo that does what a test tells it: each call waits for the test's answer.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_client::edge_keys::EdgeKeys;
use pizza_client::lease::{LeaseClaim, LeaseRecord};
use pizza_client::{Event, EventPage, Note, Readiness, Transport};
use pizza_types::{Body, CallError, Durability, Envelope, MessageId, Reply};
use tokio::sync::{Mutex, mpsc, oneshot, watch};

/// 2027-01-15T08:00:00Z.
pub(crate) const NOW_MS: u64 = 1_800_000_000_000;
/// Longer than anything here takes; a test that fails shall end.
const WAIT: Duration = Duration::from_secs(20);

/// A call that waits for its answer.
pub(crate) struct Delivery {
    pub(crate) envelope: Envelope,
    tx: oneshot::Sender<Result<Reply, CallError>>,
}

pub(crate) struct Silo {
    transport: Fake,
    deliveries: Mutex<mpsc::UnboundedReceiver<Delivery>>,
}

#[derive(Clone)]
pub(crate) struct Fake {
    tx: mpsc::UnboundedSender<Delivery>,
    /// The one stream that there is, of the restaurant `main`.
    events: Arc<Vec<Event>>,
    cursors: watch::Sender<HashMap<String, u64>>,
    leases: Arc<Mutex<HashMap<String, LeaseRecord>>>,
    last_id: Arc<AtomicU64>,
}

impl Default for Silo {
    fn default() -> Self {
        Self::with_events(&[])
    }
}

impl Silo {
    /// With events in its stream.
    pub(crate) fn with_events(events: &[&str]) -> Self {
        let (tx, rx) = mpsc::unbounded_channel();
        let events = events.iter().zip(1..).map(|(payload, position)| Event {
            position,
            at_ms: NOW_MS,
            payload: payload.as_bytes().to_vec().into(),
        });
        Self {
            transport: Fake {
                tx,
                events: Arc::new(events.collect()),
                cursors: watch::Sender::default(),
                leases: Arc::default(),
                last_id: Arc::default(),
            },
            deliveries: Mutex::new(rx),
        }
    }

    pub(crate) fn transport(&self) -> Fake {
        self.transport.clone()
    }

    /// The next call.
    pub(crate) async fn delivery(&self) -> Delivery {
        let mut deliveries = self.deliveries.lock().await;
        let next = tokio::time::timeout(WAIT, deliveries.recv()).await;
        next.expect("a call in time").expect("a call")
    }

    /// Whether there is no call that the test has not seen.
    pub(crate) async fn is_idle(&self) -> bool {
        self.deliveries.lock().await.is_empty()
    }

    /// Returns when a cursor stands there.
    pub(crate) async fn cursor_at(&self, name: &str, position: u64) {
        let mut cursors = self.transport.cursors.subscribe();
        let moved = cursors.wait_for(|all| all.get(name) == Some(&position));
        let moved = tokio::time::timeout(WAIT, moved).await;
        moved.expect("it moves in time").expect("a cursor");
    }
}

impl Delivery {
    /// Actor, method and arguments.
    pub(crate) fn call(&self) -> (String, String, String) {
        let Body::Call { method, arguments } = &self.envelope.body else {
            panic!("no call");
        };
        let arguments = String::from_utf8(arguments.to_vec()).expect("UTF-8");
        (
            self.envelope.target.to_string(),
            method.to_string(),
            arguments,
        )
    }

    /// The actor has committed.
    pub(crate) fn commit(self) {
        self.answer(Ok(reply("", false)));
    }

    pub(crate) fn decline(self, reason: &str) {
        self.answer(Ok(reply(reason, true)));
    }

    pub(crate) fn fail(self, error: CallError) {
        self.answer(Err(error));
    }

    fn answer(self, answer: Result<Reply, CallError>) {
        self.tx.send(answer).expect("the bridge waits");
    }
}

fn reply(body: &str, declined: bool) -> Reply {
    Reply {
        body: body.as_bytes().to_vec().into(),
        declined,
        replayed: false,
        durability: Durability::Memory,
    }
}

#[async_trait]
impl Transport for Fake {
    async fn deliver(&self, envelope: Envelope) -> Result<Reply, CallError> {
        let (tx, rx) = oneshot::channel();
        let delivery = Delivery { envelope, tx };
        self.tx
            .send(delivery)
            .map_err(|_| CallError::ShuttingDown)?;
        rx.await.map_err(|_| CallError::ShuttingDown)?
    }

    async fn events(
        &self,
        _stream: &str,
        _key: &str,
        after: u64,
        limit: usize,
    ) -> Result<EventPage, CallError> {
        let above = self.events.iter().filter(|event| event.position > after);
        Ok(EventPage {
            events: above.take(limit).cloned().collect(),
            oldest: 1,
            newest: self.events.len() as u64,
        })
    }

    async fn event_after(&self, _stream: &str, _key: &str, _after: u64) {
        std::future::pending().await
    }

    async fn actors(
        &self,
        _actor_type: &str,
        after: Option<&str>,
        _limit: usize,
    ) -> Result<Vec<Arc<str>>, CallError> {
        Ok(match after {
            None => vec!["main".into()],
            Some(_) => vec![],
        })
    }

    async fn cursor(&self, name: &str) -> Result<Option<u64>, CallError> {
        Ok(self.cursors.borrow().get(name).copied())
    }

    async fn move_cursor(
        &self,
        name: &str,
        position: u64,
        under: &LeaseClaim,
    ) -> Result<bool, CallError> {
        let holder = self.lease(&under.name).await?.map(|record| record.holder);
        if holder != Some(under.holder) {
            return Ok(false);
        }
        self.cursors.send_modify(|all| {
            all.insert(name.to_owned(), position);
        });
        Ok(true)
    }

    async fn lease(&self, name: &str) -> Result<Option<LeaseRecord>, CallError> {
        Ok(self.leases.lock().await.get(name).copied())
    }

    async fn change_lease(
        &self,
        name: &str,
        before: Option<LeaseRecord>,
        after: Option<LeaseRecord>,
    ) -> Result<bool, CallError> {
        let mut leases = self.leases.lock().await;
        if leases.get(name).copied() != before {
            return Ok(false);
        }
        match after {
            Some(after) => leases.insert(name.to_owned(), after),
            None => leases.remove(name),
        };
        Ok(true)
    }

    async fn notes(&self, _: &str, _: Option<&str>, _: usize) -> Result<Vec<Note>, CallError> {
        panic!("a bridge keeps no notes")
    }

    async fn set_note(&self, _: &str, _: Option<Bytes>, _: &LeaseClaim) -> Result<bool, CallError> {
        panic!("a bridge keeps no notes")
    }

    async fn edge_keys(&self) -> Result<EdgeKeys, CallError> {
        panic!("a bridge seals nothing")
    }

    async fn readiness(&self) -> Readiness {
        Readiness::default()
    }

    fn now_ms(&self) -> u64 {
        NOW_MS
    }

    fn deadline_ms(&self, _wait: Duration) -> u64 {
        u64::MAX
    }

    fn fresh_id(&self) -> MessageId {
        let number = self.last_id.fetch_add(1, Ordering::Relaxed);
        MessageId::derive("test", &[&number.to_le_bytes()])
    }
}
