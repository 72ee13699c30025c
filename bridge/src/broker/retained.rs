//! The last message of each topic that was published to be kept. There is an end to how
//! many; whoever was not published for longest makes room.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

use super::packet::Message;
use crate::topic;

pub(super) struct Retained {
    by_topic: HashMap<Box<str>, (u64, Arc<Message>)>,
    by_age: BTreeMap<u64, Box<str>>,
    published: u64,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

impl Retained {
    pub(super) fn new(count_max: usize, bytes_max: usize) -> Self {
        Self {
            by_topic: HashMap::new(),
            by_age: BTreeMap::new(),
            published: 0,
            bytes: 0,
            count_max,
            bytes_max,
        }
    }

    /// How many had to make room. An empty one takes away what was kept.
    pub(super) fn keep(&mut self, message: &Arc<Message>) -> u64 {
        self.forget(&message.topic);
        if message.payload.is_empty() {
            return 0;
        }
        self.published += 1;
        self.bytes += message.bytes();
        let entry = (self.published, Arc::clone(message));
        self.by_topic.insert(message.topic.clone(), entry);
        self.by_age.insert(self.published, message.topic.clone());
        let mut made_room = 0;
        while self.by_topic.len() > self.count_max || self.bytes > self.bytes_max {
            let Some((_, oldest)) = self.by_age.first_key_value() else {
                break;
            };
            let oldest = oldest.clone();
            self.forget(&oldest);
            made_room += 1;
        }
        made_room
    }

    fn forget(&mut self, topic: &str) {
        if let Some((age, message)) = self.by_topic.remove(topic) {
            self.by_age.remove(&age);
            self.bytes -= message.bytes();
        }
    }

    /// In the order in which they were published.
    pub(super) fn covered_by(&self, filter: &str) -> Vec<Arc<Message>> {
        let now = Instant::now();
        let lives = |message: &Arc<Message>| message.expires.is_none_or(|at| at > now);
        if !filter.contains(['+', '#']) {
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
    use crate::broker::packet::Qos;
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
        let mut kept = Retained::new(2, 1_000_000);
        let topics = |kept: &Retained| -> Vec<String> {
            let all = kept.covered_by("#");
            all.iter().map(|m| m.topic.to_string()).collect()
        };
        assert_eq!(kept.keep(&message("a", "1")), 0);
        assert_eq!(kept.keep(&message("b", "1")), 0);
        assert_eq!(kept.keep(&message("a", "2")), 0);
        assert_eq!(kept.keep(&message("c", "1")), 1);
        assert_eq!(topics(&kept), ["a", "c"]);
        assert_eq!(kept.covered_by("a")[0].payload, "2");
        kept.keep(&message("a", ""));
        assert_eq!(topics(&kept), ["c"]);
        let mut small = Retained::new(10, 300);
        small.keep(&message("a", &"x".repeat(100)));
        assert_eq!(small.keep(&message("b", &"x".repeat(100))), 1);
        assert_eq!(small.keep(&message("c", &"x".repeat(1_000))), 2);
        assert_eq!(small.bytes, 0);
    }
}
