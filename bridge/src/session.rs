//! Messages in, acknowledgements out.

use std::collections::VecDeque;
use std::sync::Arc;

use pizza_client::Client;
use rumqttc::{AsyncClient, Publish, QoS, SubscribeFilter};
use tokio::sync::{mpsc, oneshot, watch};

use crate::connection::Heard;
use crate::counted;
use crate::dead_letter::letter;
use crate::lane::{Lanes, Verdict};
use crate::mapping::{self, Mapping, Unfit};

pub(crate) struct Session {
    pub(crate) mqtt: AsyncClient,
    pub(crate) client: Client,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) subscriptions: Vec<String>,
    pub(crate) dead_letter_topic: String,
    pub(crate) in_flight: usize,
    pub(crate) lanes: Lanes,
    /// The oldest first: acknowledgements go out in the order in which messages came in
    /// (MQTT 3.1.1, 4.6).
    pub(crate) waiting: VecDeque<Waiting>,
}

pub(crate) struct Waiting {
    message: Publish,
    mapping: Option<Arc<str>>,
    verdict: oneshot::Receiver<Verdict>,
}

impl Session {
    /// Until it is asked to stop, and what it has begun is done.
    pub(crate) async fn run(
        mut self,
        mut heard: mpsc::Receiver<Heard>,
        stop: watch::Receiver<bool>,
    ) {
        let (mut stop, mut stopping) = (stop, false);
        while !(stopping && self.waiting.is_empty()) {
            let has_room = stopping || self.waiting.len() < self.in_flight;
            tokio::select! {
                verdict = first(&mut self.waiting), if !self.waiting.is_empty() => {
                    self.settle(verdict);
                }
                told = heard.recv(), if has_room => match told {
                    None => return,
                    // It was not acknowledged, so it comes again to whoever is next.
                    Some(Heard::Message(_)) if stopping => {}
                    Some(told) => self.hear(told),
                },
                _ = stop.wait_for(|stop| *stop), if !stopping => stopping = true,
            }
        }
        // Behind the last acknowledgement, in the same queue.
        drop(self.mqtt.try_disconnect());
        while heard.recv().await.is_some() {}
    }

    fn hear(&mut self, told: Heard) {
        match told {
            Heard::Connected { knows_us } => self.connected(knows_us),
            Heard::Message(message) => self.begin(message),
            // Its packet ids mean nothing on the next connection. What was begun goes on,
            // and has no second effect when it comes again.
            Heard::Lost => self.waiting.clear(),
        }
    }

    fn connected(&self, knows_us: bool) {
        tracing::info!(knows_us, "the broker is there");
        if knows_us {
            return;
        }
        let filters = self.subscriptions.iter();
        let filters = filters.map(|filter| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce));
        if let Err(error) = self.mqtt.try_subscribe_many(filters) {
            tracing::error!(%error, "the subscriptions cannot be sent");
        }
    }

    fn begin(&mut self, message: Publish) {
        let now_ms = self.client.transport().now_ms();
        let call = mapping::call(&self.mappings, &message.topic, &message.payload, now_ms);
        let (mapping, verdict) = match call {
            Ok((call, mapping)) => (Some(mapping), self.lanes.send(call)),
            Err(unfit) => {
                let (tell, told) = oneshot::channel();
                // The other end is in our hand.
                drop(tell.send(Err(unfit)));
                (None, told)
            }
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
            self.bury(&waiting.message, &unfit);
        }
        if let Err(error) = self.mqtt.try_ack(&waiting.message) {
            // It comes again after the next connection, and has no second effect then.
            tracing::warn!(%error, "an acknowledgement cannot be sent");
        }
    }

    fn bury(&self, message: &Publish, unfit: &Unfit) {
        counted::dead(unfit.code);
        tracing::warn!(
            topic = &message.topic[..message.topic.floor_char_boundary(200)],
            code = unfit.code,
            reason = unfit.reason,
            "a message became a dead letter"
        );
        let now_ms = self.client.transport().now_ms();
        let letter = letter(&message.topic, &message.payload, unfit, now_ms);
        let topic = &self.dead_letter_topic;
        let sent = self
            .mqtt
            .try_publish(topic, QoS::AtLeastOnce, false, letter);
        if let Err(error) = sent {
            tracing::error!(%error, "a dead letter cannot be sent");
        }
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
