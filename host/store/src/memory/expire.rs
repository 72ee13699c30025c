//! Forgetting.

use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use super::tables::{Tables, cursor_name};
use crate::retention::Retention;

impl Tables {
    pub(super) fn expire(&mut self, now_ms: u64, keep: &Retention, limit: usize) -> usize {
        self.expire_handled(now_ms, limit) + self.expire_events(now_ms, keep, limit)
    }

    fn expire_handled(&mut self, now_ms: u64, limit: usize) -> usize {
        // Taken, not read: a sweep that gets to the end begins at the start the next time.
        let mut rows = after(&self.handled, self.swept.handled.take().as_ref());
        let looked_at: Vec<_> = rows
            .by_ref()
            .take(limit)
            .map(|(key, row)| (key.clone(), row.expires_at_ms))
            .collect();
        if rows.next().is_some() {
            self.swept.handled = looked_at.last().map(|(key, _)| key.clone());
        }
        drop(rows);
        let mut gone = 0;
        for (key, expires_at_ms) in looked_at {
            if expires_at_ms <= now_ms {
                gone += usize::from(self.handled.remove(&key).is_some());
            }
        }
        gone
    }

    fn expire_events(&mut self, now_ms: u64, retention: &Retention, limit: usize) -> usize {
        let start = self.swept.events.take();
        let mut left = limit;
        let mut gone = 0;
        for (of, stream) in &mut self.streams {
            if start.as_ref().is_some_and(|start| of <= start) {
                continue;
            }
            // A whole (stream, key) at a time: "about" the limit is what is promised.
            if left == 0 {
                return gone;
            }
            left = left.saturating_sub(stream.events.len());
            let before = stream.events.len();
            let cursors = &self.cursors;
            let handled = |subscriber: &Arc<str>| {
                let name = cursor_name(subscriber, &of.stream, &of.key);
                cursors.get(&name).copied().unwrap_or(0)
            };
            let subscribers = retention.subscribers(&of.stream).iter();
            // The slowest subscriber counts; without any, age and number decide alone.
            let handled = subscribers.map(handled).min().unwrap_or(u64::MAX);
            let (keep, newest) = (retention.of(&of.stream), stream.head);
            stream.events.retain(|position, event| {
                let may_go = keep.lets_go(*position, event.at_ms, newest, now_ms);
                !may_go || *position > handled
            });
            let is_free = retention.subscribers(&of.stream).is_empty();
            let last = stream.events.values().next();
            let is_last = last.filter(|_| stream.events.len() == 1);
            if is_free && is_last.is_some_and(|last| keep.forgets(last.at_ms, now_ms)) {
                stream.events.clear();
                stream.head = 0;
            }
            gone += before - stream.events.len();
            self.swept.events = Some(of.clone());
        }
        self.swept.events = None;
        self.streams.retain(|_, stream| stream.head > 0);
        gone
    }
}

fn after<'a, K: Ord, V>(map: &'a BTreeMap<K, V>, start: Option<&K>) -> Range<'a, K, V> {
    map.range((start.map_or(Unbounded, Excluded), Unbounded))
}
