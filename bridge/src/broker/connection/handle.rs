//! What becomes of a packet.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{Connection, End};
use crate::broker::decode::Frame;
use crate::broker::hub::Behind;
use crate::broker::metrics;
use crate::broker::outbox::Outbox;
use crate::broker::packet::{Incoming, Message, Outgoing, Qos, Version, Wish, reason, refused};
use crate::broker::receipt::Receipt;
use crate::broker::session::{Session, Side};

/// An acknowledgement that may have to wait.
pub(super) struct Owed {
    /// Nothing for a message that nobody wants an answer to; it counts all the same.
    packet: Option<Outgoing>,
    receipt: Option<Arc<Receipt>>,
}

/// A message that waits for room.
pub(super) struct Held {
    id: u16,
    message: Arc<Message>,
    pub(super) until: Instant,
}

/// What a subscription with wildcards costs beside the messages that it brings: all topics
/// that are kept are looked at.
const WILD_COST: u32 = 20;

impl<S: AsyncRead + AsyncWrite + Send> Connection<S> {
    pub(super) fn handle(&mut self, frame: &Frame) -> Result<(), End> {
        match frame.read(self.version)? {
            Incoming::Publish { id, message } => self.publish(id, message)?,
            Incoming::PubAck(id) => self.settle(|outbox| outbox.acknowledge(id))?,
            Incoming::PubRec(id, goes_on) => {
                self.settle(|outbox| outbox.release(id, goes_on))?;
                if goes_on {
                    self.say(&Outgoing::PubRel(id));
                }
            }
            Incoming::PubRel(id) => {
                self.with(|session| session.received.remove(&id))?;
                self.say(&Outgoing::PubComp(id));
            }
            Incoming::PubComp(id) => self.settle(|outbox| outbox.complete(id))?,
            Incoming::Subscribe {
                id,
                number,
                filters,
            } => self.subscribe(id, number, &filters),
            Incoming::Unsubscribe { id, filters } => {
                let all = filters.iter();
                let codes = all.map(|f| self.hub.unsubscribe(&self.attached, f));
                let codes = codes.collect();
                self.say(&Outgoing::UnsubAck { id, codes });
            }
            Incoming::Ping => self.say(&Outgoing::Pong),
            Incoming::Disconnect { reason, expiry_s } => {
                let with_will = reason == reason::WITH_WILL;
                let expiry = expiry_s.map(|s| Duration::from_secs(s.into()));
                return Err(End::Said { with_will, expiry });
            }
        }
        Ok(())
    }

    fn subscribe(&mut self, id: u16, number: Option<u32>, filters: &[(String, Wish)]) {
        let (mut codes, mut cost) = (Vec::new(), 0_u32);
        for (filter, wish) in filters {
            let done = self.hub.subscribe(&self.attached, filter, *wish, number);
            codes.push(done.code);
            let is_wild = filter.contains(['+', '#']);
            cost += if is_wild { WILD_COST } else { 1 };
            cost += u32::try_from(done.kept).unwrap_or(u32::MAX >> 16);
        }
        self.charge(cost.into(), 0);
        // What is kept comes after the answer.
        self.say(&Outgoing::SubAck { id, codes });
        if self.attached.side == Side::House {
            self.hub.house_listens();
        }
    }

    fn publish(&mut self, id: u16, message: Message) -> Result<(), End> {
        if message.qos == Qos::ExactlyOnce {
            let (known, count) = self.with(|session| {
                let known = session.received.get(&id).cloned();
                (known, session.received.len())
            })?;
            if let Some(receipt) = known {
                self.owe(Some(Outgoing::PubRec(id)), receipt);
                return Ok(());
            }
            // Version 4 was told of no limit.
            let times = match self.version {
                Version::V4 => 10,
                Version::V5 => 1,
            };
            if count >= usize::from(self.hub.limits.in_flight_max) * times {
                let why = "too many messages are not released";
                return Err(refused(reason::RECEIVE_MAX, why).into());
            }
        }
        let wait = Duration::from_millis(self.hub.limits.behind_ms_max);
        let until = Instant::now() + wait;
        let message = Arc::new(message);
        if self.offer(id, &message)?.is_err() {
            // That is how a slow pizzeria slows its publishers.
            metrics::waited("behind");
            self.held = Some(Held { id, message, until });
        }
        Ok(())
    }

    pub(super) fn offer_again(&mut self) -> Result<(), End> {
        if let Some(held) = self.held.take()
            && self.offer(held.id, &held.message)?.is_err()
        {
            self.held = Some(held);
        }
        Ok(())
    }

    fn offer(&mut self, id: u16, message: &Arc<Message>) -> Result<Result<(), Behind>, End> {
        let receipt = match self.hub.publish(message, &self.attached) {
            Ok(receipt) => receipt,
            Err(behind) => return Ok(Err(behind)),
        };
        match message.qos {
            Qos::AtMostOnce if receipt.is_none() => {}
            Qos::AtMostOnce => self.owe(None, receipt),
            Qos::AtLeastOnce => self.owe(Some(Outgoing::PubAck(id)), receipt),
            Qos::ExactlyOnce => {
                let waits_for = receipt.clone();
                self.with(|session| session.received.insert(id, waits_for))?;
                self.owe(Some(Outgoing::PubRec(id)), receipt);
            }
        }
        Ok(Ok(()))
    }

    fn owe(&mut self, packet: Option<Outgoing>, receipt: Option<Arc<Receipt>>) {
        self.owed.push_back(Owed { packet, receipt });
    }

    /// Says what is owed, in the order in which the messages came (MQTT 5, 4.6), up to the
    /// first that the house has not taken yet.
    pub(super) fn settle_owed(&mut self) {
        let is_due = |owed: &Owed| owed.receipt.as_ref().is_none_or(|r| r.is_complete());
        while let Some(owed) = self.owed.pop_front_if(|owed| is_due(owed)) {
            if let Some(packet) = &owed.packet {
                self.say(packet);
            }
        }
    }

    fn settle(&mut self, act: impl FnOnce(&mut Outbox) -> Option<Arc<Receipt>>) -> Result<(), End> {
        let settled = self.hub.settle(&self.attached, act);
        settled.ok_or(End::TakenOver)
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> Result<T, End> {
        self.hub.with(&self.attached, act).ok_or(End::TakenOver)
    }
}
