//! What a pump knows of the events that it is yet to read.

use std::sync::Arc;

use tokio::sync::Notify;

/// The inbox of a route that has work.
#[derive(Default)]
pub(super) struct Inbox {
    /// How many events were published since the pump last read; at least one where there may be
    /// any.
    new: usize,
    /// Whoever gathers a batch, and how many events are enough for it.
    gathering: Option<(usize, Arc<Notify>)>,
}

impl Inbox {
    /// There is an event more, or may be one.
    pub(super) fn look_again(&mut self) {
        self.new += 1;
        self.tell_if_full();
    }

    /// Whether there may be events to read. Taken before the store is read: an event that comes
    /// meanwhile counts again.
    pub(super) fn take(&mut self) -> bool {
        std::mem::take(&mut self.new) > 0
    }

    /// Gathers a batch of so many events: notified at once when they are there already.
    pub(super) fn gather(&mut self, enough: usize) -> Arc<Notify> {
        let full = Arc::new(Notify::new());
        self.gathering = Some((enough, Arc::clone(&full)));
        self.tell_if_full();
        full
    }

    fn tell_if_full(&mut self) {
        let count = self.new;
        // Told once: who gathers looks again at all that is there.
        if let Some((_, full)) = self.gathering.take_if(|(enough, _)| count >= *enough) {
            full.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_taken_once() {
        let mut inbox = Inbox::default();
        assert!(!inbox.take());
        inbox.look_again();
        inbox.look_again();
        assert!(inbox.take());
        assert!(!inbox.take());
    }

    #[tokio::test]
    async fn who_gathers_hears_of_a_full_batch_and_of_no_other() {
        let told = async |full: &Notify| {
            let soon = std::time::Duration::from_millis(1);
            tokio::time::timeout(soon, full.notified()).await.is_ok()
        };
        let mut inbox = Inbox::default();
        inbox.look_again();
        let full = inbox.gather(3);
        inbox.look_again();
        assert!(!told(&full).await);
        inbox.look_again();
        assert!(told(&full).await);
        inbox.look_again();
        assert!(!told(&full).await, "it is told once");
        // What is there already is no less than what comes.
        let full = inbox.gather(4);
        assert!(told(&full).await);
    }
}
