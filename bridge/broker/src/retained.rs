//! Retained messages: the last of each topic that was published with the retain flag. Their
//! number and size are bounded; the topic whose last message is the oldest makes room.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use crate::packet::Message;
use crate::topic_tree::TopicTree;

/// What a message takes beside its own bytes: two nodes of the tree with the topic once more,
/// and its place in the order.
const OVERHEAD: usize = 256;

pub(crate) struct Retained {
    /// Each with its number in `by_age`.
    by_topic: TopicTree<(u64, Arc<Message>)>,
    /// The same by the number of a topic's last message, which rises: the first is the oldest.
    by_age: BTreeMap<u64, Arc<Message>>,
    last_number: u64,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

fn bytes(message: &Message) -> usize {
    message.bytes() + message.topic.len() + OVERHEAD
}

impl Retained {
    pub(crate) fn new(count_max: usize, bytes_max: usize) -> Self {
        Self {
            by_topic: TopicTree::default(),
            by_age: BTreeMap::new(),
            last_number: 0,
            bytes: 0,
            count_max,
            bytes_max,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.by_age.len()
    }

    /// Retains the message instead of its topic's last one; how many others had to make room.
    pub(crate) fn insert(&mut self, message: &Arc<Message>) -> u64 {
        self.remove(&message.topic);
        if message.payload.is_empty() {
            // That is how a publisher takes a retained message back (MQTT 5, 3.3.1.3).
            return 0;
        }
        self.last_number += 1;
        let number = self.last_number;
        self.bytes += bytes(message);
        let entry = || (number, Arc::clone(message));
        self.by_topic.get_or_insert(&message.topic, entry);
        self.by_age.insert(number, Arc::clone(message));
        let mut evicted = 0;
        // Also the new one itself, if it alone is too large: it is the last to go.
        while self.count() > self.count_max || self.bytes > self.bytes_max {
            let Some((_, oldest)) = self.by_age.first_key_value() else {
                break;
            };
            let oldest = Arc::clone(oldest);
            self.remove(&oldest.topic);
            evicted += 1;
        }
        evicted
    }

    fn remove(&mut self, topic: &str) {
        if let Some(removed) = self.by_topic.remove(topic) {
            let (number, message) = *removed;
            self.by_age.remove(&number);
            self.bytes -= bytes(&message);
        }
    }

    /// Those of the topics that the filter covers, in the order in which they were published.
    pub(crate) fn covered_by(&self, filter: &str) -> Vec<Arc<Message>> {
        let now = Instant::now();
        let mut found = Vec::new();
        self.by_topic.covered_by(filter, &mut |(number, message)| {
            // Expired ones stay until they are replaced or make room; they are not sent.
            if message.expires.is_none_or(|at| at > now) {
                found.push((*number, message));
            }
        });
        found.sort_unstable_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, m)| Arc::clone(m)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Qos;
    use bytes::Bytes;

    fn message(topic: &str, payload: &str) -> Arc<Message> {
        Arc::new(Message {
            topic: topic.into(),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            qos: Qos::AtMostOnce,
            retain: true,
            properties: Bytes::new(),
            expires: None,
        })
    }

    #[test]
    fn the_oldest_make_room_and_an_empty_one_takes_away() {
        let mut retained = Retained::new(2, 1_000_000);
        let topics = |retained: &Retained| -> Vec<String> {
            let all = retained.covered_by("#");
            all.iter().map(|m| m.topic.to_string()).collect()
        };
        assert_eq!(retained.insert(&message("a", "1")), 0);
        assert_eq!(retained.insert(&message("b", "1")), 0);
        assert_eq!(retained.insert(&message("a", "2")), 0);
        assert_eq!(retained.insert(&message("c", "1")), 1);
        assert_eq!(topics(&retained), ["a", "c"]);
        assert_eq!(retained.covered_by("a")[0].payload, "2");
        retained.insert(&message("a", ""));
        assert_eq!(topics(&retained), ["c"]);
        let mut small = Retained::new(10, 700);
        small.insert(&message("a", &"x".repeat(100)));
        assert_eq!(small.insert(&message("b", &"x".repeat(100))), 1);
        assert_eq!(small.insert(&message("c", &"x".repeat(2_000))), 2);
        assert_eq!(small.bytes, 0);
    }
}
