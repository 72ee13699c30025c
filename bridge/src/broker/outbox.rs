//! What one client is to be sent, and what it was sent and has not acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::Instant;

use super::packet::{Message, Outgoing, Qos};
use super::receipt::Receipt;

pub(super) struct Queued {
    pub(super) message: Arc<Message>,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) numbers: Vec<u32>,
    /// The shared subscription that it came by, if so.
    pub(super) shared: Option<Arc<str>>,
    /// Whoever waits for it to be taken.
    pub(super) receipt: Option<Arc<Receipt>>,
}

/// Not yet acknowledged.
struct Sent {
    id: u16,
    what: Queued,
    released: bool,
    /// On this connection; what was not goes out again.
    out: bool,
    before: bool,
}

pub(super) struct Outbox {
    queue: VecDeque<Queued>,
    window: VecDeque<Sent>,
    window_max: usize,
    packet_bytes_max: usize,
    last_id: u16,
    /// Of both.
    bytes: usize,
    /// Of all clients together.
    held: Arc<AtomicUsize>,
}

/// How much is sent at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub(super) count_max: usize,
    pub(super) bytes_max: usize,
}

/// What was taken out to be sent.
#[derive(Default)]
pub(super) struct Due {
    pub(super) packets: Vec<Outgoing>,
    /// Of messages that nobody will be sent any more: too old, or too large.
    pub(super) done_with: Vec<Arc<Receipt>>,
}

impl Outbox {
    pub(super) fn new(held: Arc<AtomicUsize>) -> Self {
        Self {
            queue: VecDeque::new(),
            window: VecDeque::new(),
            window_max: 0,
            packet_bytes_max: 0,
            last_id: 0,
            bytes: 0,
            held,
        }
    }

    /// A connection begins: whatever was not acknowledged on the last one is sent again.
    pub(super) fn connect(&mut self, window_max: usize, packet_bytes_max: usize) {
        self.window_max = window_max;
        self.packet_bytes_max = packet_bytes_max;
        for sent in &mut self.window {
            sent.out = false;
        }
    }

    /// How many wait to be sent, and bytes with those that were not acknowledged.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.queue.len(), self.bytes)
    }

    pub(super) fn push(&mut self, what: Queued) {
        let bytes = what.message.bytes();
        self.bytes += bytes;
        self.held.fetch_add(bytes, Ordering::Relaxed);
        self.queue.push_back(what);
    }

    fn let_go(&mut self, what: &Queued) {
        let bytes = what.message.bytes();
        self.bytes -= bytes;
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// What is to be sent now; whether there may be more.
    pub(super) fn next(&mut self, batch: Batch, due: &mut Due) -> bool {
        let mut bytes = 0;
        for sent in self.window.iter_mut().filter(|sent| !sent.out) {
            if due.packets.len() >= batch.count_max || bytes >= batch.bytes_max {
                return true;
            }
            sent.out = true;
            bytes += sent.what.message.bytes();
            due.packets.push(sent.packet());
            sent.before = true;
        }
        let now = Instant::now();
        while due.packets.len() < batch.count_max && bytes < batch.bytes_max {
            let Some(first) = self.queue.front() else {
                return false;
            };
            if first.qos != Qos::AtMostOnce && self.window.len() >= self.window_max {
                return false;
            }
            let Some(what) = self.queue.pop_front() else {
                return false;
            };
            let is_over = what.message.expires.is_some_and(|expires| expires <= now);
            if is_over || what.message.bytes() > self.packet_bytes_max {
                self.let_go(&what);
                due.done_with.extend(what.receipt);
                continue;
            }
            bytes += what.message.bytes();
            if what.qos == Qos::AtMostOnce {
                self.let_go(&what);
                due.packets.push(what.packet(0, false));
                continue;
            }
            let id = self.new_id();
            due.packets.push(what.packet(id, false));
            self.window.push_back(Sent {
                id,
                what,
                released: false,
                out: true,
                before: true,
            });
        }
        true
    }

    fn new_id(&mut self) -> u16 {
        loop {
            // Never 0, and the window is smaller than what there is to count with.
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.window.iter().any(|sent| sent.id == self.last_id) {
                return self.last_id;
            }
        }
    }

    fn find(&self, id: u16) -> Option<usize> {
        self.window.iter().position(|sent| sent.id == id)
    }

    fn done(&mut self, at: usize) -> Option<Arc<Receipt>> {
        let sent = self.window.remove(at)?;
        self.let_go(&sent.what);
        sent.what.receipt
    }

    /// Quality 1 is done; an id that is not known is of a former connection.
    pub(super) fn acknowledge(&mut self, id: u16) -> Option<Arc<Receipt>> {
        let at = self.find(id)?;
        match self.window[at].what.qos {
            Qos::ExactlyOnce => None,
            _ => self.done(at),
        }
    }

    /// The first half of quality 2 is done; from here on the message is the client's.
    pub(super) fn release(&mut self, id: u16, goes_on: bool) -> Option<Arc<Receipt>> {
        let at = self.find(id)?;
        if !goes_on {
            return self.done(at);
        }
        self.window[at].released = true;
        self.window[at].what.receipt.take()
    }

    pub(super) fn complete(&mut self, id: u16) -> Option<Arc<Receipt>> {
        let at = self.find(id)?;
        self.done(at)
    }

    /// The session ends: what came by a shared subscription is for another of its group.
    pub(super) fn leave_to_others(&mut self) -> Vec<Queued> {
        let sent = std::mem::take(&mut self.window).into_iter();
        // Of quality 2 it may have been taken already (MQTT 5, 4.8.2-5).
        let sent = sent.map(|s| s.what).filter(|w| w.qos != Qos::ExactlyOnce);
        let all = sent.chain(std::mem::take(&mut self.queue));
        all.filter(|what| what.shared.is_some()).collect()
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Sent {
    fn packet(&self) -> Outgoing {
        match self.released {
            true => Outgoing::PubRel(self.id),
            false => self.what.packet(self.id, self.before),
        }
    }
}

impl Queued {
    fn packet(&self, id: u16, dup: bool) -> Outgoing {
        Outgoing::Publish {
            id,
            dup,
            qos: self.qos,
            retain: self.retain,
            numbers: self.numbers.clone(),
            message: Arc::clone(&self.message),
        }
    }
}

#[cfg(test)]
mod tests;
