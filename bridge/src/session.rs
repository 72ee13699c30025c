//! Messages in, acknowledgements out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::connection::{Connection, Heard};
use crate::counted;
use crate::dead_letter::letter;
use crate::lane::{Lanes, Verdict};
use crate::link::{Message, Receipt};
use crate::mapping::{self, Came, Mapping, Meant, Unfit};
use crate::publication::Publication;

/// The connection does not tell when it has room again.
const FLUSH_AGAIN: Duration = Duration::from_millis(1);
/// After the broker has refused.
const SUBSCRIBE_AGAIN: Duration = Duration::from_secs(5);
/// For the last acknowledgements to leave.
const GOODBYE_WAIT: Duration = Duration::from_secs(1);

pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) client: Client,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) dead_letter_topic: String,
    pub(crate) in_flight: usize,
    pub(crate) lanes: Lanes,
    /// The oldest first: acknowledgements go out in the order in which messages came in
    /// (MQTT 3.1.1, 4.6).
    pub(crate) waiting: VecDeque<Waiting>,
    /// What the connection had no room for yet. It reads ten packets for one that it
    /// writes, so a broker that sends a backlog at once makes this as long as the backlog.
    pub(crate) outbox: VecDeque<Outgoing>,
}

pub(crate) struct Subscriptions {
    filters: Vec<String>,
    /// This process has subscribed. What the broker remembers may be an earlier one's
    /// wishes.
    told: bool,
    again: Option<Instant>,
}

impl Subscriptions {
    pub(crate) fn new(filters: Vec<String>) -> Self {
        Self {
            filters,
            told: false,
            again: None,
        }
    }
}

pub(crate) enum Outgoing {
    Acknowledgement(Receipt),
    Letter(Vec<u8>),
}

pub(crate) struct Waiting {
    message: Message,
    mapping: Option<Arc<str>>,
    verdict: oneshot::Receiver<Verdict>,
}

impl Session {
    /// Until it is asked to stop, and what it has begun is done.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut stopping = false;
        loop {
            self.flush();
            // After the flush: it may have been the last thing to do, and nothing else wakes us.
            if stopping && self.waiting.is_empty() && self.outbox.is_empty() {
                break;
            }
            let has_room = stopping || self.waiting.len() < self.in_flight;
            tokio::select! {
                verdict = first(&mut self.waiting), if !self.waiting.is_empty() => {
                    self.settle(verdict);
                }
                told = self.connection.heard(stopping), if has_room => match told {
                    None => return,
                    // It was not acknowledged, so it comes again to whoever is next.
                    Some(Heard::Message(_)) if stopping => {}
                    Some(told) => self.hear(told),
                },
                () = due(self.subscriptions.again) => self.subscribe(),
                () = tokio::time::sleep(FLUSH_AGAIN), if !self.outbox.is_empty() => {}
                _ = stop.wait_for(|stop| *stop), if !stopping => stopping = true,
            }
        }
        // Behind the last acknowledgement, in the same queue.
        drop(self.connection.mqtt.disconnect());
        let gone = async {
            // Where no broker is, nobody has to be told.
            while !matches!(self.connection.heard(true).await, None | Some(Heard::Lost)) {}
        };
        drop(tokio::time::timeout(GOODBYE_WAIT, gone).await);
    }

    fn hear(&mut self, told: Heard) {
        match told {
            Heard::Connected { knows_us } => self.connected(knows_us),
            Heard::Message(message) => self.begin(*message),
            Heard::NotSubscribed { refused } => {
                counted::not_subscribed(refused);
                tracing::error!(
                    refused,
                    filters = ?self.subscriptions.filters,
                    "the broker refuses subscriptions; they are tried again"
                );
                self.subscriptions.again = Some(Instant::now() + SUBSCRIBE_AGAIN);
            }
            // Its packet ids mean nothing on the next connection. What was begun goes on,
            // and has no second effect when it comes again.
            Heard::Lost => {
                self.waiting.clear();
                self.outbox.clear();
            }
        }
    }

    fn connected(&mut self, knows_us: bool) {
        tracing::info!(knows_us, "the broker is there");
        if !(knows_us && self.subscriptions.told) {
            self.subscribe();
        }
    }

    fn subscribe(&mut self) {
        self.subscriptions.again = None;
        let told = self.connection.mqtt.subscribe(&self.subscriptions.filters);
        self.subscriptions.told = told.is_ok();
        if let Err(error) = told {
            tracing::warn!(%error, "the subscriptions cannot be sent; they are tried again");
            self.subscriptions.again = Some(Instant::now() + SUBSCRIBE_AGAIN);
        }
    }

    fn call(&self, message: &Message, now_ms: u64) -> Result<Meant, Unfit> {
        let topic = std::str::from_utf8(&message.topic).map_err(|error| Unfit {
            code: "topic",
            reason: error.to_string(),
        })?;
        let came = Came {
            topic,
            payload: &message.payload,
            id: message.id.as_deref(),
        };
        mapping::call(&self.mappings, &came, now_ms)
    }

    fn begin(&mut self, message: Message) {
        let now_ms = self.client.transport().now_ms();
        let call = self.call(&message, now_ms);
        let (mapping, verdict) = match call {
            Ok(Meant {
                call: Some(call),
                mapping,
            }) => (Some(mapping), self.lanes.send(call)),
            Ok(Meant { mapping, .. }) => {
                counted::ignored(&mapping);
                (None, decided(Ok(())))
            }
            Err(unfit) => (None, decided(Err(unfit))),
        };
        self.waiting.push_back(Waiting {
            message,
            mapping,
            verdict,
        });
    }

    /// A dead letter goes before the acknowledgement, on the same connection: a broker that
    /// has heard the second has heard the first.
    fn settle(&mut self, verdict: Verdict) {
        let Some(waiting) = self.waiting.pop_front() else {
            return;
        };
        if let (Ok(()), Some(mapping)) = (&verdict, &waiting.mapping) {
            counted::handled(mapping);
        }
        if let Err(unfit) = verdict {
            let letter = self.letter(&waiting.message, &unfit);
            self.outbox.push_back(Outgoing::Letter(letter));
        }
        let receipt = waiting.message.receipt;
        self.outbox.push_back(Outgoing::Acknowledgement(receipt));
    }

    fn letter(&self, message: &Message, unfit: &Unfit) -> Vec<u8> {
        counted::dead(unfit.code);
        let topic = String::from_utf8_lossy(&message.topic);
        tracing::warn!(
            topic = &topic[..topic.floor_char_boundary(200)],
            code = unfit.code,
            reason = unfit.reason,
            "a message became a dead letter"
        );
        let now_ms = self.client.transport().now_ms();
        letter(&topic, &message.payload, unfit, now_ms)
    }

    /// Hands over as much as the connection takes; the rest keeps its place.
    fn flush(&mut self) {
        let mqtt = &self.connection.mqtt;
        while let Some(first) = self.outbox.front() {
            let given = match first {
                Outgoing::Acknowledgement(receipt) => mqtt.acknowledge(receipt),
                Outgoing::Letter(letter) => mqtt.publish(Publication {
                    topic: self.dead_letter_topic.clone(),
                    payload: letter.clone(),
                    retain: false,
                    expiry_s: None,
                }),
            };
            if given.is_err() {
                return;
            }
            self.outbox.pop_front();
        }
    }
}

fn decided(verdict: Verdict) -> oneshot::Receiver<Verdict> {
    let (tell, told) = oneshot::channel();
    // The other end is in our hand.
    drop(tell.send(verdict));
    told
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// A lane that ended without a verdict has panicked; its message must not be lost for that.
async fn first(waiting: &mut VecDeque<Waiting>) -> Verdict {
    let Some(first) = waiting.front_mut() else {
        return std::future::pending().await;
    };
    let verdict = (&mut first.verdict).await;
    verdict.unwrap_or_else(|_| {
        Err(Unfit {
            code: "internal",
            reason: "the bridge failed on it".to_owned(),
        })
    })
}
