//! What one client is to be sent, and what it was sent and has not acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::time::Instant;

use crate::account::Account;
use crate::encode::encoded_len;
use crate::packet::{Message, Outgoing, Qos, Refused, Version, reason, refused};
use crate::receipt::Receipt;

const WRONG_KIND: Refused = refused(
    reason::PROTOCOL_ERROR,
    "a message is acknowledged as one of another quality",
);

/// What the client has acknowledged: for whom else that is an acknowledgement.
pub(crate) type Settled = Result<Option<Arc<Receipt>>, Refused>;
/// A list of messages with room for more is given back when it is empty: thousands of clients
/// that were sent much once would hold it all.
const PLACES_KEPT: usize = 4;

/// A message for one client.
pub(crate) struct Queued {
    pub(crate) message: Arc<Message>,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// The identifiers that the client has given to the subscriptions that matched.
    pub(crate) subscription_ids: Vec<u32>,
    /// The shared subscription by which it has come, if by one.
    pub(crate) shared: Option<Arc<str>>,
    /// What becomes complete, among others, by this client's acknowledgement.
    pub(crate) receipt: Option<Arc<Receipt>>,
}

/// A message with a packet id, not acknowledged yet.
struct InFlight {
    id: u16,
    queued: Queued,
    /// The client has answered with PUBREC: only a PUBREL may follow.
    is_released: bool,
    /// It was sent on this connection; what was not, is sent again.
    is_sent: bool,
    /// It was sent on any connection, so it goes out with DUP the next time.
    is_dup: bool,
}

pub(crate) struct Outbox {
    /// Not sent.
    queue: VecDeque<Queued>,
    /// Sent, oldest first.
    window: VecDeque<InFlight>,
    window_max: usize,
    /// The client's Maximum Packet Size, and the version in whose words packets are counted.
    packet_bytes_max: usize,
    version: Version,
    last_id: u16,
    /// How much queue and window hold.
    account: Account,
}

/// How much is taken out at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) count_max: usize,
    pub(crate) bytes_max: usize,
}

/// What was taken out.
#[derive(Default)]
pub(crate) struct Due {
    pub(crate) packets: Vec<Outgoing>,
    /// Receipts of messages that were too old or too large to be sent. Their publishers are
    /// acknowledged: the messages were handled as the standard says.
    pub(crate) undeliverable: Vec<Arc<Receipt>>,
}

impl Outbox {
    pub(crate) fn new(total_bytes: Arc<AtomicUsize>) -> Self {
        Self {
            queue: VecDeque::new(),
            window: VecDeque::new(),
            window_max: 0,
            packet_bytes_max: 0,
            version: Version::V4,
            last_id: 0,
            account: Account::new(total_bytes),
        }
    }

    /// A connection begins: what was not acknowledged on the last one is sent again.
    pub(crate) fn connect(&mut self, window_max: usize, packet_bytes_max: usize, version: Version) {
        self.window_max = window_max;
        self.packet_bytes_max = packet_bytes_max;
        self.version = version;
        for sent in &mut self.window {
            sent.is_sent = false;
        }
    }

    /// The count of messages that wait to be sent; the bytes of those and of the ones that are
    /// not acknowledged.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.queue.len(), self.account.bytes)
    }

    pub(crate) fn push(&mut self, queued: Queued) {
        self.account.add(queued.message.bytes());
        self.queue.push_back(queued);
    }

    /// The message is not held here any more.
    fn subtract(&mut self, queued: &Queued) {
        self.account.subtract(queued.message.bytes());
    }

    /// Takes out what is to be sent now; whether there may be more.
    pub(crate) fn next(&mut self, batch: Batch, due: &mut Due) -> bool {
        let mut bytes = 0;
        // In their old order, and before anything new (MQTT 5, 4.6).
        let mut at = 0;
        while at < self.window.len() {
            if self.window[at].is_sent {
                at += 1;
                continue;
            }
            if due.packets.len() >= batch.count_max || bytes >= batch.bytes_max {
                return true;
            }
            let packet = self.window[at].packet();
            if !self.fits(&packet) {
                // The client's last connection took larger ones.
                due.undeliverable.extend(self.remove(at));
                continue;
            }
            let sent = &mut self.window[at];
            bytes += sent.queued.message.bytes();
            due.packets.push(packet);
            sent.is_sent = true;
            sent.is_dup = true;
            at += 1;
        }
        let now = Instant::now();
        while due.packets.len() < batch.count_max && bytes < batch.bytes_max {
            let Some(first) = self.queue.front() else {
                return false;
            };
            // At QoS 0 it would fit, but it must not overtake the one before it.
            if first.qos != Qos::AtMostOnce && self.window.len() >= self.window_max {
                return false;
            }
            let Some(queued) = self.queue.pop_front() else {
                return false;
            };
            if self.queue.is_empty() && self.queue.capacity() > PLACES_KEPT {
                self.queue = VecDeque::new();
            }
            let is_over = queued.message.expires.is_some_and(|expires| expires <= now);
            if is_over || !self.fits(&queued.packet(1, false)) {
                self.subtract(&queued);
                due.undeliverable.extend(queued.receipt);
                continue;
            }
            bytes += queued.message.bytes();
            if queued.qos == Qos::AtMostOnce {
                self.subtract(&queued);
                due.packets.push(queued.packet(0, false));
                continue;
            }
            let id = self.new_id();
            due.packets.push(queued.packet(id, false));
            self.window.push_back(InFlight {
                id,
                queued,
                is_released: false,
                is_sent: true,
                is_dup: true,
            });
        }
        true
    }

    /// Whether the client takes the packet as it is sent. A message that it does not take is
    /// dropped as if it had been sent (MQTT 5, 3.1.2.11.4).
    pub(crate) fn fits(&self, packet: &Outgoing) -> bool {
        // No packet of the standard is larger, so most clients cost no counting.
        const PACKET_BYTES_MAX: usize = 268_435_460;
        self.packet_bytes_max >= PACKET_BYTES_MAX
            || encoded_len(packet, self.version) <= self.packet_bytes_max
    }

    fn new_id(&mut self) -> u16 {
        // The window is no larger than a Receive Maximum, so an id is free whenever one is
        // asked for: there are 65,535, and 0 is none.
        debug_assert!(self.window.len() < usize::from(u16::MAX));
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if self.position(self.last_id).is_none() {
                return self.last_id;
            }
        }
    }

    fn position(&self, id: u16) -> Option<usize> {
        self.window.iter().position(|sent| sent.id == id)
    }

    fn remove(&mut self, at: usize) -> Option<Arc<Receipt>> {
        let sent = self.window.remove(at)?;
        if self.window.is_empty() && self.window.capacity() > PLACES_KEPT {
            self.window = VecDeque::new();
        }
        self.subtract(&sent.queued);
        sent.queued.receipt
    }

    /// A PUBACK. An id that is not known is one of a former connection, here and below.
    ///
    /// # Errors
    /// When the message takes another acknowledgement (MQTT 5, 4.3), as for those below.
    pub(crate) fn acknowledge(&mut self, id: u16) -> Settled {
        let Some(at) = self.position(id) else {
            return Ok(None);
        };
        if self.window[at].queued.qos == Qos::ExactlyOnce {
            return Err(WRONG_KIND);
        }
        Ok(self.remove(at))
    }

    /// A PUBREC: from here on the message is the client's. With a reason of failure
    /// (`goes_on` is false) that is all.
    pub(crate) fn release(&mut self, id: u16, goes_on: bool) -> Settled {
        let Some(at) = self.position(id) else {
            return Ok(None);
        };
        if self.window[at].queued.qos != Qos::ExactlyOnce {
            return Err(WRONG_KIND);
        }
        if !goes_on {
            return Ok(self.remove(at));
        }
        self.window[at].is_released = true;
        Ok(self.window[at].queued.receipt.take())
    }

    /// A PUBCOMP.
    pub(crate) fn complete(&mut self, id: u16) -> Settled {
        let Some(at) = self.position(id) else {
            return Ok(None);
        };
        // Only a PUBREL is answered with it, and that follows a PUBREC.
        if !self.window[at].is_released {
            return Err(WRONG_KIND);
        }
        Ok(self.remove(at))
    }

    /// The session ends: what has come by a shared subscription is for another member.
    pub(crate) fn leave_to_others(&mut self) -> Vec<Queued> {
        let sent = std::mem::take(&mut self.window).into_iter();
        // A message at QoS 2 that was sent may have been processed (MQTT 5, 4.8.2): it must
        // not be given to anybody else.
        let sent = sent.map(|s| s.queued);
        let sent = sent.filter(|queued| queued.qos != Qos::ExactlyOnce);
        let all = sent.chain(std::mem::take(&mut self.queue));
        all.filter(|queued| queued.shared.is_some()).collect()
    }
}

impl InFlight {
    fn packet(&self) -> Outgoing {
        if self.is_released {
            Outgoing::PubRel(self.id)
        } else {
            self.queued.packet(self.id, self.is_dup)
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
            subscription_ids: self.subscription_ids.clone(),
            message: Arc::clone(&self.message),
        }
    }
}

#[cfg(test)]
mod tests;
