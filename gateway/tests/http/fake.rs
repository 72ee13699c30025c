//! Actors that are only pretended: scripted answers, one stream, and dedupe by message id.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_client::edge_keys::EdgeKeys;
use pizza_client::lease::{LeaseClaim, LeaseRecord};
use pizza_client::{Event, EventPage, Note, Readiness, Transport};
use pizza_types::{Body, CallError, Durability, Envelope, MessageId, Reply};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) calls: Mutex<Vec<Sent>>,
    /// By `type.method`, or by `type.method/key` where one of them answers in another way.
    answers: Mutex<HashMap<String, Result<Value, CallError>>>,
    /// What comes before those, once each.
    first: Mutex<HashMap<String, Result<Value, CallError>>>,
    done: Mutex<HashMap<MessageId, ([u8; 16], Reply)>>,
    events: Mutex<Vec<Event>>,
    /// What is published behind all others, each time `type.method` has answered.
    pub(crate) follows: Mutex<HashMap<String, Value>>,
    published: Notify,
    called: Notify,
    ids: AtomicU64,
    /// While this is so, nobody is answered.
    pub(crate) held: watch::Sender<bool>,
    pub(crate) not_ready: Mutex<Vec<String>>,
    pub(crate) keys: Mutex<Option<EdgeKeys>>,
    pub(crate) has_no_keys: AtomicBool,
    /// While this is so, nobody is told the keys.
    pub(crate) keys_held: watch::Sender<bool>,
    /// How long it is since the beginning of all tests.
    pub(crate) elapsed_ms: AtomicU64,
}

/// A call as it reached the actor.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) target: String,
    pub(crate) method: String,
    pub(crate) arguments: Value,
    pub(crate) id: MessageId,
    pub(crate) trace: Option<Arc<str>>,
}

impl Fake {
    /// What `type.method` answers from now on.
    pub(crate) fn answers(&self, method: &str, answer: Result<Value, CallError>) {
        let mut answers = self.answers.lock().expect("unpoisoned");
        answers.insert(method.to_owned(), answer);
    }

    /// What `type.method` answers the next time only.
    pub(crate) fn answers_first(&self, method: &str, answer: Result<Value, CallError>) {
        let mut first = self.first.lock().expect("unpoisoned");
        first.insert(method.to_owned(), answer);
    }

    pub(crate) fn last(&self) -> Sent {
        let calls = self.calls.lock().expect("unpoisoned");
        calls.last().expect("there was a call").clone()
    }

    pub(crate) fn publish(&self, position: u64, kind: &str, status: &str) {
        let payload = json!({
            "orderId": "order-1", "version": position, "at": 1_000 * position,
            "kind": kind, "status": status,
        });
        self.push(position, &payload);
    }

    /// As an order tells its restaurant.
    pub(crate) fn publish_to_restaurant(&self, position: u64, status: &str) {
        let payload = json!({
            "orderId": "order-1", "customerId": "customer-1", "version": position,
            "at": 1_000 * position, "kind": "status", "status": status, "late": false,
            "totalCents": 900, "createdAt": 1_000,
        });
        self.push(position, &payload);
    }

    /// What anybody else tells a restaurant's manager.
    pub(crate) fn publish_news(&self, position: u64, news: &Value) {
        self.push(position, news);
    }

    /// As a kitchen tells its screens.
    pub(crate) fn publish_to_kitchen(&self, position: u64, mut change: Value) {
        change["at"] = (1_000 * position).into();
        self.push(position, &change);
    }

    /// As a driver tells their screen.
    pub(crate) fn publish_to_driver(&self, position: u64, mut change: Value) {
        change["at"] = (1_000 * position).into();
        self.push(position, &change);
    }

    fn push(&self, position: u64, payload: &Value) {
        let event = Event {
            position,
            at_ms: 0,
            payload: payload.to_string().into(),
        };
        self.events.lock().expect("unpoisoned").push(event);
        self.published.notify_waiters();
    }

    pub(crate) fn forget_events_below(&self, position: u64) {
        let mut events = self.events.lock().expect("unpoisoned");
        events.retain(|event| event.position >= position);
    }

    /// Waits until a call of this method has come.
    pub(crate) async fn has_been_asked(&self, method: &str) {
        self.has_been_asked_times(method, 1).await;
    }

    /// How often this method was called.
    pub(crate) fn times_asked(&self, method: &str) -> usize {
        let calls = self.calls.lock().expect("unpoisoned");
        calls.iter().filter(|call| call.method == method).count()
    }

    pub(crate) async fn has_been_asked_times(&self, method: &str, times: usize) {
        loop {
            let called = self.called.notified();
            if self.times_asked(method) >= times {
                return;
            }
            called.await;
        }
    }

    fn answer(&self, key: &str, name: &str) -> Result<Value, CallError> {
        if let Some(answer) = self.first.lock().expect("unpoisoned").remove(name) {
            return answer;
        }
        let answers = self.answers.lock().expect("unpoisoned");
        let of_one = answers.get(&format!("{name}/{key}"));
        match (of_one.or_else(|| answers.get(name)), name) {
            (Some(answer), _) => answer.clone(),
            (None, "order.create") => Ok(json!({"ok": order(key, "created", 1)})),
            (None, "restaurant.get") => Ok(json!({"ok": {"restaurantId": key}})),
            (None, "panic.now") => panic!("an actor's host must not panic, but this one does"),
            (None, _) => Err(CallError::UnknownMethod {
                actor_type: name.to_owned(),
                method: name.to_owned(),
                known: "nothing".to_owned(),
            }),
        }
    }
}

/// An order as its actor tells it.
pub(crate) fn order(id: &str, status: &str, version: u64) -> Value {
    json!({
        "orderId": id, "customerId": "customer-1", "restaurantId": "napoli",
        "items": [{"pizzaType": "Margherita", "quantity": 1, "unitPriceCents": 900}],
        "totalCents": 900, "status": status, "remakes": 0, "late": false, "refund": false,
        "createdAt": 1_700_000_000_000_u64, "updatedAt": 1_700_000_000_123_u64,
        "estimatedDeliveryAt": 1_700_002_700_000_u64, "version": version,
    })
}

#[async_trait]
impl Transport for Fake {
    async fn deliver(&self, envelope: Envelope) -> Result<Reply, CallError> {
        let fingerprint = envelope.body.fingerprint();
        let Body::Call { method, arguments } = &envelope.body else {
            panic!("the gateway only calls");
        };
        self.calls.lock().expect("unpoisoned").push(Sent {
            target: envelope.target.to_string(),
            method: method.to_string(),
            arguments: serde_json::from_slice(arguments).expect("arguments are JSON"),
            id: envelope.id,
            trace: envelope.trace.clone(),
        });
        self.called.notify_one();
        // The sender lives as long as the fake.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        let mut done = self.done.lock().expect("unpoisoned");
        if let Some((before, reply)) = done.get(&envelope.id) {
            let id = envelope.id;
            if *before != fingerprint {
                return Err(CallError::MessageIdReused { id });
            }
            let mut reply = reply.clone();
            reply.replayed = true;
            return Ok(reply);
        }
        let name = format!("{}.{method}", envelope.target.actor_type());
        let answer = self.answer(envelope.target.key(), &name)?;
        let follows = self.follows.lock().expect("unpoisoned").get(&name).cloned();
        if let Some(news) = follows {
            let events = self.events.lock().expect("unpoisoned").len() as u64;
            self.push(events + 1, &news);
        }
        let nothing = answer.is_null();
        let reply = Reply {
            declined: answer.get("err").is_some(),
            body: if nothing {
                Bytes::new()
            } else {
                answer.to_string().into()
            },
            replayed: false,
            durability: Durability::Fsync,
        };
        done.insert(envelope.id, (fingerprint, reply.clone()));
        Ok(reply)
    }

    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<EventPage, CallError> {
        let of_an_order = (stream, key) == ("order-events", "order-1");
        let of_a_kitchen = (stream, key) == ("kitchen-events", "napoli");
        let of_a_driver = (stream, key) == ("driver-events", "d");
        let of_a_restaurant = (stream, key) == ("restaurant-orders", "r");
        // Others are there, and nothing has happened in them.
        if !(of_an_order || of_a_kitchen || of_a_driver || of_a_restaurant) {
            assert!(stream == "driver-events", "{stream}/{key}");
            return Ok(EventPage {
                events: Vec::new(),
                oldest: 0,
                newest: 0,
            });
        }
        let events = self.events.lock().expect("unpoisoned");
        let newer = events.iter().filter(|event| event.position > after);
        Ok(EventPage {
            events: newer.take(limit).cloned().collect(),
            oldest: events.first().map_or(0, |event| event.position),
            newest: events.last().map_or(0, |event| event.position),
        })
    }

    async fn event_after(&self, _: &str, _: &str, after: u64) {
        let published = self.published.notified();
        let newest = self
            .events
            .lock()
            .expect("unpoisoned")
            .last()
            .map_or(0, |e| e.position);
        if newest <= after {
            published.await;
        }
    }

    async fn actors(
        &self,
        _: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, CallError> {
        let known = ["napoli", "roma", "torino"];
        let later = known
            .iter()
            .filter(|key| after.is_none_or(|after| **key > after));
        Ok(later.take(limit).map(|key| Arc::from(*key)).collect())
    }

    async fn cursor(&self, _: &str) -> Result<Option<u64>, CallError> {
        Ok(None)
    }

    async fn move_cursor(&self, _: &str, _: u64, _: &LeaseClaim) -> Result<bool, CallError> {
        Ok(true)
    }

    async fn lease(&self, _: &str) -> Result<Option<LeaseRecord>, CallError> {
        Ok(None)
    }

    async fn change_lease(
        &self,
        _: &str,
        _: Option<LeaseRecord>,
        _: Option<LeaseRecord>,
    ) -> Result<bool, CallError> {
        Ok(false)
    }

    async fn notes(&self, _: &str, _: Option<&str>, _: usize) -> Result<Vec<Note>, CallError> {
        panic!("a gateway keeps no notes")
    }

    async fn set_note(&self, _: &str, _: Option<Bytes>, _: &LeaseClaim) -> Result<bool, CallError> {
        panic!("a gateway keeps no notes")
    }

    async fn edge_keys(&self) -> Result<EdgeKeys, CallError> {
        // The sender lives as long as the fake.
        let _ = self.keys_held.subscribe().wait_for(|held| !held).await;
        if self.has_no_keys.load(Ordering::Relaxed) {
            let detail = "it is pretended".to_owned();
            return Err(CallError::Unreachable { detail });
        }
        let mut keys = self.keys.lock().expect("unpoisoned");
        Ok(keys.get_or_insert_with(|| EdgeKeys::new(0)).clone())
    }

    async fn readiness(&self) -> Readiness {
        let reasons = self.not_ready.lock().expect("unpoisoned").clone();
        Readiness {
            ready: reasons.is_empty(),
            reasons,
        }
    }

    fn now_ms(&self) -> u64 {
        1_700_000_000_000 + self.elapsed_ms.load(Ordering::Relaxed)
    }

    fn deadline_ms(&self, wait: Duration) -> u64 {
        u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
    }

    fn fresh_id(&self) -> MessageId {
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        MessageId::derive("fresh", &[&count.to_le_bytes()])
    }
}
