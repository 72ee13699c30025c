//! Events on their way to one subscriber. A few are kept at hand, as they were published;
//! the others are read from the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_store::StoredEvent;
use tokio::sync::Notify;

/// The most events at hand for one route; further ones are read from the store when it is their
/// turn. Two full batches: one gathers while the other is given.
const EVENTS_MAX: usize = 512;

#[derive(Default)]
pub(super) struct Inbox {
    /// The events at hand by their position: publishers of one (stream, key) may overtake each
    /// other on the way.
    at_hand: BTreeMap<u64, StoredEvent>,
    /// Whether the store has, or may have, events that are not at hand.
    behind: bool,
    /// Whoever gathers a batch, and how many events are enough for it.
    gathering: Option<(usize, Arc<Notify>)>,
}

/// What a pump is to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Events(Vec<StoredEvent>),
    /// Read events from the store; `before` is the first position at hand, if there is any.
    Read {
        before: Option<u64>,
    },
    Nothing,
}

impl Inbox {
    pub(super) fn put(&mut self, event: StoredEvent) {
        if self.at_hand.len() < EVENTS_MAX {
            self.at_hand.insert(event.position, event);
        } else {
            self.behind = true;
        }
        self.tell_if_full();
    }

    /// Gathers a batch of so many events: notified at once when they are there already.
    pub(super) fn gather(&mut self, enough: usize) -> Arc<Notify> {
        let full = Arc::new(Notify::new());
        self.gathering = Some((enough, Arc::clone(&full)));
        self.tell_if_full();
        full
    }

    fn tell_if_full(&mut self) {
        let count = self.at_hand.len();
        let is_full = |(enough, _): &mut (usize, _)| count >= *enough || count >= EVENTS_MAX;
        // Told once: who gathers looks again at all that is there.
        if let Some((_, full)) = self.gathering.take_if(is_full) {
            full.notify_one();
        }
    }

    pub(super) fn look_again(&mut self) {
        self.behind = true;
    }

    /// What comes after `cursor`: the events at hand if they follow on without a gap.
    pub(super) fn next(&mut self, cursor: u64) -> Next {
        // What lies at or below the cursor was handled, or read from the store meanwhile.
        self.at_hand = self.at_hand.split_off(&cursor.saturating_add(1));
        let mut events = Vec::new();
        while let Some(first) = self.at_hand.first_entry()
            && *first.key() == cursor + 1 + events.len() as u64
        {
            events.push(first.remove());
        }
        if !events.is_empty() {
            return Next::Events(events);
        }
        let before = self.at_hand.keys().next().copied();
        // Taken before the store is read: an event that comes meanwhile sets it again.
        if std::mem::take(&mut self.behind) || before.is_some() {
            return Next::Read { before };
        }
        Next::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: u64) -> StoredEvent {
        StoredEvent {
            position,
            at_ms: 0,
            payload: bytes::Bytes::new(),
        }
    }

    #[test]
    fn events_that_follow_on_need_no_reading() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.next(3), Next::Nothing);
        for position in [5, 4, 3, 7] {
            inbox.put(event(position));
        }
        assert_eq!(inbox.next(3), Next::Events(vec![event(4), event(5)]));
        let before = Some(7);
        assert_eq!(inbox.next(5), Next::Read { before }, "6 is missing");
        assert_eq!(inbox.next(6), Next::Events(vec![event(7)]));
        assert_eq!(inbox.next(7), Next::Nothing);
    }

    #[test]
    fn what_has_no_room_is_read() {
        let mut inbox = Inbox::default();
        let count = EVENTS_MAX as u64 + 50;
        for position in 1..=count {
            inbox.put(event(position));
        }
        let Next::Events(events) = inbox.next(0) else {
            panic!("events are at hand");
        };
        assert_eq!(events.len(), EVENTS_MAX);
        let last = EVENTS_MAX as u64;
        assert_eq!(inbox.next(last), Next::Read { before: None });
        assert_eq!(inbox.next(count), Next::Nothing);
    }

    #[tokio::test]
    async fn who_gathers_hears_of_a_full_batch_and_of_no_other() {
        let told = async |full: &Notify| {
            let soon = std::time::Duration::from_millis(1);
            tokio::time::timeout(soon, full.notified()).await.is_ok()
        };
        let mut inbox = Inbox::default();
        inbox.put(event(1));
        let full = inbox.gather(3);
        inbox.put(event(2));
        assert!(!told(&full).await);
        inbox.put(event(3));
        assert!(told(&full).await);
        inbox.put(event(4));
        assert!(!told(&full).await, "it is told once");
        // What is there already is no less than what comes.
        let full = inbox.gather(4);
        assert!(told(&full).await);
        // More than there is room for would never be told of.
        let full = inbox.gather(usize::MAX);
        for position in 5..=EVENTS_MAX as u64 {
            inbox.put(event(position));
        }
        assert!(told(&full).await);
    }
}
