//! Messages in, acknowledgements out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use pizza_client::Client;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::connection::{Connection, ConnectionEvent};
use crate::dead_letter::dead_letter;
use crate::lane::{DeliveryResult, Lanes};
use crate::mapping::{self, Inbound, Mapped, Mapping, Rejected};
use crate::metrics;
use crate::mqtt_client::{Message, Receipt};
use crate::publication::Publication;

/// The connection does not say when it has room again, so it is asked.
const FLUSH_AGAIN: Duration = Duration::from_millis(1);
/// After the broker has refused a subscription.
const SUBSCRIBE_AGAIN: Duration = Duration::from_secs(5);
/// How long the last acknowledgements may take to leave.
const GOODBYE_WAIT: Duration = Duration::from_secs(1);
/// How much of a topic is logged; topics may be of 65 kB.
const LOGGED_TOPIC_BYTES: usize = 200;

pub(crate) struct Session {
    client: Client,
    connection: Connection,
    mappings: Vec<Mapping>,
    subscriptions: Subscriptions,
    dead_letter_topic: String,
    in_flight_max: usize,
    lanes: Lanes,
    /// The oldest first: acknowledgements go out in the order in which the messages have come
    /// (MQTT 3.1.1, 4.6).
    in_flight: VecDeque<InFlight>,
    /// What the connection had no room for yet. It reads ten packets for one that it
    /// writes, so a broker that sends a backlog at once makes this as long as the backlog.
    outbox: VecDeque<Outgoing>,
}

struct Subscriptions {
    filters: Vec<String>,
    /// This process has subscribed. The broker's session may have been begun by an earlier
    /// process, with other filters.
    is_sent: bool,
    again: Option<Instant>,
}

enum Outgoing {
    Acknowledgement(Receipt),
    DeadLetter(Vec<u8>),
}

struct InFlight {
    message: Message,
    /// By which mapping; `None` where there is nothing to count.
    mapping: Option<Arc<str>>,
    result: oneshot::Receiver<DeliveryResult>,
}

impl Session {
    /// `filters` are what is subscribed to; `in_flight_max` bounds the messages that are not
    /// acknowledged.
    pub(crate) fn new(
        client: Client,
        connection: Connection,
        mappings: Vec<Mapping>,
        filters: Vec<String>,
        dead_letter_topic: String,
        in_flight_max: usize,
    ) -> Self {
        Self {
            lanes: Lanes::new(client.clone()),
            client,
            connection,
            mappings,
            subscriptions: Subscriptions {
                filters,
                is_sent: false,
                again: None,
            },
            dead_letter_topic,
            in_flight_max,
            in_flight: VecDeque::new(),
            outbox: VecDeque::new(),
        }
    }

    /// Runs until it is asked to stop, and what it has begun is done.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut stopping = false;
        loop {
            self.flush();
            // After the flush: it may have been the last thing to do, and nothing else wakes us.
            if stopping && self.in_flight.is_empty() && self.outbox.is_empty() {
                break;
            }
            // While it stops it reads on, or a lost connection would go unnoticed.
            let has_room = stopping || self.in_flight.len() < self.in_flight_max;
            tokio::select! {
                result = first_result(&mut self.in_flight), if !self.in_flight.is_empty() => {
                    self.settle(result);
                }
                event = self.connection.next_event(stopping), if has_room => match event {
                    None => return,
                    // It was not acknowledged, so the broker delivers it to the next process.
                    Some(ConnectionEvent::Message(_)) if stopping => {}
                    Some(event) => self.handle(event),
                },
                () = due(self.subscriptions.again) => self.subscribe(),
                () = tokio::time::sleep(FLUSH_AGAIN), if !self.outbox.is_empty() => {}
                _ = stop.wait_for(|stop| *stop), if !stopping => stopping = true,
            }
        }
        // Behind the last acknowledgement, in the same queue. If that is full, the connection
        // ends with the process, without a goodbye.
        let _ = self.connection.mqtt.disconnect();
        let gone = async {
            loop {
                let event = self.connection.next_event(true).await;
                // Where no broker is, nobody has to be told.
                if matches!(event, None | Some(ConnectionEvent::Lost)) {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(GOODBYE_WAIT, gone).await;
    }

    fn handle(&mut self, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Connected { session_present } => self.connected(session_present),
            ConnectionEvent::Message(message) => self.begin(*message),
            ConnectionEvent::NotSubscribed { refused } => {
                metrics::not_subscribed(refused);
                tracing::error!(
                    refused,
                    filters = ?self.subscriptions.filters,
                    "the broker refuses subscriptions; they are tried again"
                );
                self.subscriptions.again = Some(Instant::now() + SUBSCRIBE_AGAIN);
            }
            // Its packet ids mean nothing on the next connection. What was begun goes on,
            // and has no second effect when it is delivered again.
            ConnectionEvent::Lost => {
                self.in_flight.clear();
                self.outbox.clear();
            }
        }
    }

    fn connected(&mut self, session_present: bool) {
        tracing::info!(session_present, "the broker is there");
        if !(session_present && self.subscriptions.is_sent) {
            self.subscribe();
        }
    }

    fn subscribe(&mut self) {
        self.subscriptions.again = None;
        let sent = self.connection.mqtt.subscribe(&self.subscriptions.filters);
        self.subscriptions.is_sent = sent.is_ok();
        if let Err(error) = sent {
            tracing::warn!(%error, "the subscriptions cannot be sent; they are tried again");
            self.subscriptions.again = Some(Instant::now() + SUBSCRIBE_AGAIN);
        }
    }

    fn call(&self, message: &Message, now_ms: u64) -> Result<Mapped, Rejected> {
        let topic = std::str::from_utf8(&message.topic).map_err(|error| Rejected {
            code: "topic",
            reason: error.to_string(),
        })?;
        let inbound = Inbound {
            topic,
            payload: &message.payload,
            id: message.id.as_deref(),
        };
        mapping::call(&self.mappings, &inbound, now_ms)
    }

    fn begin(&mut self, message: Message) {
        let now_ms = self.client.transport().now_ms();
        let call = self.call(&message, now_ms);
        let (mapping, result) = match call {
            Ok(Mapped {
                call: Some(call),
                mapping,
            }) => (Some(mapping), self.lanes.send(call)),
            Ok(Mapped { mapping, .. }) => {
                metrics::ignored(&mapping);
                (None, decided(Ok(())))
            }
            Err(rejected) => (None, decided(Err(rejected))),
        };
        // Also what is decided already: its acknowledgement keeps its place in the order.
        self.in_flight.push_back(InFlight {
            message,
            mapping,
            result,
        });
    }

    /// A dead letter goes before the acknowledgement, on the same connection: a broker that
    /// has received the second has received the first.
    fn settle(&mut self, result: DeliveryResult) {
        let Some(settled) = self.in_flight.pop_front() else {
            return;
        };
        if let (Ok(()), Some(mapping)) = (&result, &settled.mapping) {
            metrics::handled(mapping);
        }
        if let Err(rejected) = result {
            let dead_letter = self.dead_letter(&settled.message, &rejected);
            self.outbox.push_back(Outgoing::DeadLetter(dead_letter));
        }
        let receipt = settled.message.receipt;
        self.outbox.push_back(Outgoing::Acknowledgement(receipt));
    }

    fn dead_letter(&self, message: &Message, rejected: &Rejected) -> Vec<u8> {
        metrics::dead(rejected.code);
        let topic = String::from_utf8_lossy(&message.topic);
        tracing::warn!(
            topic = &topic[..topic.floor_char_boundary(LOGGED_TOPIC_BYTES)],
            code = rejected.code,
            reason = rejected.reason,
            "a message became a dead letter"
        );
        let now_ms = self.client.transport().now_ms();
        dead_letter(&topic, &message.payload, rejected, now_ms)
    }

    /// Hands over as much as the connection takes; the rest keeps its order.
    fn flush(&mut self) {
        let mqtt = &self.connection.mqtt;
        while let Some(first) = self.outbox.front() {
            let sent = match first {
                Outgoing::Acknowledgement(receipt) => mqtt.acknowledge(receipt),
                Outgoing::DeadLetter(payload) => mqtt.publish(Publication {
                    topic: self.dead_letter_topic.clone(),
                    payload: payload.clone(),
                    retain: false,
                    expiry_s: None,
                }),
            };
            if sent.is_err() {
                return;
            }
            self.outbox.pop_front();
        }
    }
}

fn decided(result: DeliveryResult) -> oneshot::Receiver<DeliveryResult> {
    let (tx, rx) = oneshot::channel();
    // It cannot fail: the receiver is still here.
    let _ = tx.send(result);
    rx
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The result of the oldest message, which alone may be acknowledged next.
async fn first_result(in_flight: &mut VecDeque<InFlight>) -> DeliveryResult {
    let Some(first) = in_flight.front_mut() else {
        return std::future::pending().await;
    };
    let result = (&mut first.result).await;
    // A lane that has ended without a result has panicked. Its message must not be lost for
    // that, so it becomes a dead letter.
    result.unwrap_or_else(|_| {
        Err(Rejected {
            code: "internal",
            reason: "the bridge failed on it".to_owned(),
        })
    })
}
