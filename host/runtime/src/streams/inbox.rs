//! What a pump knows of the events that it is yet to read.

/// The inbox of a route that has work.
#[derive(Default)]
pub(super) struct Inbox {
    /// How many events were published since the pump last read; at least one where there may be
    /// any.
    new: usize,
}

impl Inbox {
    pub(super) fn look_again(&mut self) {
        self.new += 1;
    }

    /// Whether there may be events to read. Taken before the store is read: an event that comes
    /// meanwhile counts again.
    pub(super) fn take(&mut self) -> bool {
        std::mem::take(&mut self.new) > 0
    }
}
