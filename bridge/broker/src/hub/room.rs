//! Connections whose messages wait for the internal client to have room.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::attachment::Signals;

#[derive(Default)]
pub(crate) struct Room {
    waiting: Mutex<Vec<Arc<Signals>>>,
}

impl Room {
    /// The connection is woken when there may be room. To be called before a message is tried
    /// again: what makes room between the two is not missed then.
    pub(crate) fn wait(&self, of: &Arc<Signals>) {
        // Once, however often it is woken for something else meanwhile.
        if of.begin_to_wait_for_room() {
            self.waiting.lock().push(Arc::clone(of));
        }
    }

    pub(crate) fn notify(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        waiting.iter().for_each(|one| one.has_room());
    }
}
