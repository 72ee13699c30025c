//! Events on their way to one subscriber. A few are kept at hand, as they were published;
//! the others are read from the store.

use std::collections::BTreeMap;

use pizza_store::StoredEvent;

/// The most events at hand for one route; further ones are read from the store when it is their
/// turn.
const EVENTS_MAX: usize = 64;

#[derive(Default)]
pub(super) struct Inbox {
    /// The events at hand by their position: publishers of one (stream, key) may overtake each
    /// other on the way.
    at_hand: BTreeMap<u64, StoredEvent>,
    /// Whether the store has, or may have, events that are not at hand.
    behind: bool,
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
        for position in 1..=100 {
            inbox.put(event(position));
        }
        let Next::Events(events) = inbox.next(0) else {
            panic!("events are at hand");
        };
        assert_eq!(events.len(), EVENTS_MAX);
        assert_eq!(inbox.next(64), Next::Read { before: None });
        assert_eq!(inbox.next(100), Next::Nothing);
    }
}
