//! Retained messages: the last of each topic that was published with the retain flag. Their
//! number and size are bounded; the topic whose last message is the oldest makes room.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

use crate::packet::Message;
use crate::topic;

pub(crate) struct Retained {
    by_topic: HashMap<Box<str>, (u64, Arc<Message>)>,
    /// The same topics by the number of their last message, which rises: the first is the
    /// oldest.
    by_age: BTreeMap<u64, Box<str>>,
    last_number: u64,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

impl Retained {
    pub(crate) fn new(count_max: usize, bytes_max: usize) -> Self {
        Self {
            by_topic: HashMap::new(),
            by_age: BTreeMap::new(),
            last_number: 0,
            bytes: 0,
            count_max,
            bytes_max,
        }
    }

    /// Retains the message instead of its topic's last one; how many others had to make room.
    pub(crate) fn insert(&mut self, message: &Arc<Message>) -> u64 {
        self.remove(&message.topic);
        if message.payload.is_empty() {
            // That is how a publisher takes a retained message back (MQTT 5, 3.3.1.3).
            return 0;
        }
        self.last_number += 1;
        self.bytes += message.bytes();
        let entry = (self.last_number, Arc::clone(message));
        self.by_topic.insert(message.topic.clone(), entry);
        self.by_age.insert(self.last_number, message.topic.clone());
        let mut evicted = 0;
        // Also the new one itself, if it alone is too large: it is the last to go.
        while self.by_topic.len() > self.count_max || self.bytes > self.bytes_max {
            let Some((_, oldest)) = self.by_age.first_key_value() else {
                break;
            };
            let oldest = oldest.clone();
            self.remove(&oldest);
            evicted += 1;
        }
        evicted
    }

    fn remove(&mut self, topic: &str) {
        if let Some((age, message)) = self.by_topic.remove(topic) {
            self.by_age.remove(&age);
            self.bytes -= message.bytes();
        }
    }

    /// Those of the topics that the filter covers, in the order in which they were published.
    pub(crate) fn covered_by(&self, filter: &str) -> Vec<Arc<Message>> {
        let now = Instant::now();
        // Expired ones stay until they are replaced or make room; they are not sent.
        let lives = |message: &Arc<Message>| message.expires.is_none_or(|at| at > now);
        if !filter.contains(['+', '#']) {
            // No wildcard, one topic: the search below looks at all of them.
            let found = self.by_topic.get(filter).map(|(_, message)| message);
            return found.into_iter().filter(|m| lives(m)).cloned().collect();
        }
        let topics = self.by_age.values();
        let covered = topics.filter(|name| topic::covers(filter, name));
        let messages = covered.filter_map(|name| self.by_topic.get(name));
        messages
            .map(|(_, m)| m)
            .filter(|m| lives(m))
            .cloned()
            .collect()
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
        let mut small = Retained::new(10, 300);
        small.insert(&message("a", &"x".repeat(100)));
        assert_eq!(small.insert(&message("b", &"x".repeat(100))), 1);
        assert_eq!(small.insert(&message("c", &"x".repeat(1_000))), 2);
        assert_eq!(small.bytes, 0);
    }
}
