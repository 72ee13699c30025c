//! What one client's packets do: packets in, packets out, and no I/O. The connection around
//! it reads, writes and keeps the deadlines that are set here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::time::Instant;

use super::aliases::Aliases;
use super::close_reason::CloseReason;
use crate::account::Account;
use crate::attachment::Attached;
use crate::decode::Frame;
use crate::encode::encode;
use crate::hub::{Backpressure, Hub, Subscribed, is_reserved};
use crate::metrics;
use crate::outbox::{Batch, Outbox, Settled};
use crate::packet::{
    Granted, Incoming, Message, Outgoing, Qos, SubscriptionOptions, Version, reason, refused,
};
use crate::rate::Rate;
use crate::receipt::Receipt;
use crate::rights::Access;
use crate::session::{Session, UNRELEASED_BYTES};

/// What is taken from the session's outbox at a time, under the hub's lock.
const BATCH: Batch = Batch {
    count_max: 64,
    bytes_max: 64 << 10,
};
/// A list of acknowledgements with room for more is given back when it is empty.
const ACKS_KEPT: usize = 4;
/// What an answer to a message costs of the client's rate, where any other packet costs 1: a
/// subscriber has to answer as often as others publish.
const ANSWER_COST: f64 = 0.1;
/// What a filter with wildcards costs beside the retained messages that it brings: all
/// retained topics are compared with it.
const WILDCARD_COST: u32 = 20;
/// Above it nothing is added from the outbox: what is written at a time fills a socket.
const OUTPUT_BYTES: usize = 16 << 10;
/// Above it nothing is read that would have to be answered. A client that asks and does not
/// read the answers would fill the memory otherwise.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// How many times `in_flight_max` a client of version 3.1.1 may have of messages at QoS 2
/// that it has not released. That version has no Receive Maximum by which to tell it.
const UNRELEASED_TIMES_V4: usize = 10;

pub(crate) struct Exchange {
    hub: Arc<Hub>,
    attached: Attached,
    access: Access,
    version: Version,
    aliases: Aliases,
    /// Encoded packets that are not written yet.
    pub(crate) output: BytesMut,
    /// What of it waits for the client, as a part of what waits for all clients.
    unsent: Account,
    /// By when the output has to be written.
    pub(crate) write_by: Option<Instant>,
    rate: Rate,
    /// Nothing is read before.
    pub(crate) read_after: Option<Instant>,
    /// In the order of their messages.
    pending_acks: VecDeque<PendingAck>,
    /// In a box, because most clients have none at any time.
    blocked: Option<Box<BlockedPublish>>,
}

/// An acknowledgement to a publisher.
struct PendingAck {
    /// `None` for a message at QoS 0, which is not answered; it takes part of the window all
    /// the same, so that QoS 0 is no way around backpressure.
    packet: Option<Outgoing>,
    /// What has to be complete first.
    receipt: Option<Arc<Receipt>>,
}

/// A message for which the internal client has no room yet.
struct BlockedPublish {
    id: u16,
    message: Arc<Message>,
    until: Instant,
}

impl Exchange {
    pub(crate) fn new(hub: Arc<Hub>, attached: Attached, access: Access, version: Version) -> Self {
        Self {
            aliases: Aliases::default(),
            rate: Rate::new(&hub.limits),
            attached,
            access,
            version,
            output: BytesMut::new(),
            unsent: Account::new(Arc::clone(&hub.queued_bytes)),
            write_by: None,
            read_after: None,
            pending_acks: VecDeque::new(),
            blocked: None,
            hub,
        }
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    pub(crate) fn attached(&self) -> &Attached {
        &self.attached
    }

    /// The answer to the client's CONNECT.
    pub(crate) fn accept(&mut self, granted: Granted) {
        let session_present = self.attached.session_present;
        self.send(&Outgoing::ConnAck {
            session_present,
            code: reason::OK,
            granted,
        });
    }

    /// Whether another packet may be handled now.
    pub(crate) fn may_read(&self) -> bool {
        self.read_after.is_none()
            && self.blocked.is_none()
            && self.pending_acks.len() < usize::from(self.hub.limits.in_flight_max)
            && self.output.len() < OUTPUT_BYTES_MAX
    }

    /// Whether a message waits for the internal client.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    /// When the client is given up because the internal client was behind for too long.
    pub(crate) fn blocked_until(&self) -> Option<Instant> {
        self.blocked.as_ref().map(|blocked| blocked.until)
    }

    /// Does what a packet asks for.
    ///
    /// # Errors
    /// Why the connection ends.
    pub(crate) fn handle(&mut self, frame: &Frame) -> Result<(), CloseReason> {
        debug_assert!(self.may_read(), "a packet is handled out of turn");
        self.handle_last(frame)
    }

    /// Does what a packet asks for, also when the client may not send one now: its connection
    /// is over.
    ///
    /// # Errors
    /// Why it is over, if the packet says that.
    pub(crate) fn handle_last(&mut self, frame: &Frame) -> Result<(), CloseReason> {
        let cost = if frame.is_answer() { ANSWER_COST } else { 1.0 };
        self.charge(cost, frame.bytes());
        match frame.read(self.version)? {
            Incoming::Publish { id, alias, message } => {
                let max = self.hub.limits.topic_alias_max;
                let message = self.aliases.resolve(alias, max, message)?;
                self.receive(id, message)?;
            }
            Incoming::PubAck(id) => self.settle(|outbox| outbox.acknowledge(id))?,
            Incoming::PubRec(id, goes_on) => {
                // Answered also for an id that is not known, as one of an earlier process: the
                // client could not use it again without a PUBREL.
                self.settle(|outbox| outbox.release(id, goes_on))?;
                if goes_on {
                    self.send(&Outgoing::PubRel(id));
                }
            }
            Incoming::PubRel(id) => {
                // From here on the same id is another message.
                let known = self.with(|session| session.release(id))?;
                // Told also of an id that is not known, as after a restart: the client could not
                // use it again otherwise (MQTT 5, 3.7.2.1).
                let code = if known {
                    reason::OK
                } else {
                    reason::ID_NOT_FOUND
                };
                self.send(&Outgoing::PubComp(id, code));
            }
            Incoming::PubComp(id) => self.settle(|outbox| outbox.complete(id))?,
            Incoming::Subscribe {
                id,
                subscription_id,
                filters,
            } => self.subscribe(id, subscription_id, &filters)?,
            Incoming::Unsubscribe { id, filters } => {
                let all = filters.iter();
                let codes = all.map(|f| self.hub.unsubscribe(&self.attached, f));
                let codes = codes.collect();
                self.send_if_it_fits(&Outgoing::UnsubAck { id, codes })?;
            }
            Incoming::Ping => self.send(&Outgoing::Pong),
            Incoming::Disconnect { reason, expiry_s } => {
                return Err(self.disconnect(reason, expiry_s));
            }
        }
        Ok(())
    }

    fn disconnect(&self, reason: u8, expiry_s: Option<u32>) -> CloseReason {
        // A session that was to end with its connection may not be made to outlive it
        // (MQTT 5, 3.14.2.2.2). Who is not attached any more changes nothing.
        let session = self.hub.with(&self.attached, |s| s.expiry.is_zero());
        if session == Some(true) && expiry_s.is_some_and(|s| s > 0) {
            let why = "a session is to outlive its connection after all";
            return refused(reason::PROTOCOL_ERROR, why).into();
        }
        CloseReason::Disconnect {
            with_will: reason == reason::WITH_WILL,
            expiry: expiry_s.map(|s| Duration::from_secs(s.into())),
        }
    }

    /// All of the output is with the client.
    pub(crate) fn is_written(&mut self) {
        self.write_by = None;
        // Thousands of clients that were sent something once would hold it all.
        self.output = BytesMut::new();
        self.unsent.set(0);
    }

    fn subscribe(
        &mut self,
        id: u16,
        subscription_id: Option<u32>,
        filters: &[(String, SubscriptionOptions)],
    ) -> Result<(), CloseReason> {
        let origin = self.attached.origin;
        if origin.is_external() && filters.len() > self.hub.limits.subscriptions_max {
            let why = "a packet names too many filters";
            return Err(refused(reason::QUOTA, why).into());
        }
        let (mut codes, mut cost) = (Vec::new(), 0_u32);
        for (filter, options) in filters {
            let done = match self.access.subscribe(filter) {
                Ok(()) => {
                    let hub = &self.hub;
                    hub.subscribe(&self.attached, filter, *options, subscription_id)
                }
                Err(why) => {
                    metrics::refused(why);
                    Subscribed::refused(reason::NOT_AUTHORIZED)
                }
            };
            codes.push(done.code);
            let has_wildcard = filter.contains(['+', '#']);
            cost += if has_wildcard { WILDCARD_COST } else { 1 };
            // The sum of a packet's filters, of which there are at most 1,024, stays in range.
            cost += u32::try_from(done.retained).unwrap_or(u32::MAX >> 16);
        }
        // Afterwards, when it is known: the wait is before the client's next packet.
        self.charge(cost.into(), 0);
        let is_granted = codes.iter().all(|code| !reason::is_failure(*code));
        // The retained messages lie in the outbox, so they come after this answer.
        self.send_if_it_fits(&Outgoing::SubAck { id, codes })?;
        if origin.is_internal() && is_granted {
            self.hub.internal_has_subscribed();
        }
        Ok(())
    }

    /// A message from the client.
    fn receive(&mut self, id: u16, message: Message) -> Result<(), CloseReason> {
        // First, and for everybody: it reaches nobody, and a bridge that is told "no" gives up.
        if is_reserved(&message.topic) {
            metrics::dropped("reserved topics", 1);
            self.acknowledge_unpublished(id, message.qos, reason::OK);
            return Ok(());
        }
        if let Err(why) = self.access.publish(&message.topic) {
            metrics::refused(why);
            self.acknowledge_unpublished(id, message.qos, reason::NOT_AUTHORIZED);
            return Ok(());
        }
        if message.qos == Qos::ExactlyOnce {
            let limits = Arc::clone(&self.hub.limits);
            let (known, count, has_room) = self.with(|session| {
                let has_room = session.has_room(UNRELEASED_BYTES, &limits);
                (session.received(id), session.unreleased_count(), has_room)
            })?;
            if let Some(receipt) = known {
                // Sent again: it is answered again, and not published again.
                self.acknowledge(Some(Outgoing::PubRec(id, reason::OK)), receipt);
                return Ok(());
            }
            let times = match self.version {
                Version::V4 => UNRELEASED_TIMES_V4,
                Version::V5 => 1,
            };
            if count >= usize::from(self.hub.limits.in_flight_max) * times {
                let why = "too many messages are not released";
                return Err(refused(reason::RECEIVE_MAX, why).into());
            }
            if !has_room {
                let why = "a session has too many bytes";
                return Err(refused(reason::QUOTA, why).into());
            }
        }
        let wait = Duration::from_millis(self.hub.limits.behind_ms_max);
        let until = Instant::now() + wait;
        let message = Arc::new(message);
        if self.publish(id, &message)?.is_err() {
            // Nothing more is read, which is how a slow pizzeria slows its publishers.
            metrics::waited("behind");
            self.blocked = Some(Box::new(BlockedPublish { id, message, until }));
        }
        Ok(())
    }

    /// Tries the blocked message again; if there is still no room, it stays.
    ///
    /// # Errors
    /// When the session is another connection's.
    pub(crate) fn retry_publish(&mut self) -> Result<(), CloseReason> {
        if let Some(blocked) = self.blocked.take()
            && self.publish(blocked.id, &blocked.message)?.is_err()
        {
            self.blocked = Some(blocked);
        }
        Ok(())
    }

    fn publish(
        &mut self,
        id: u16,
        message: &Arc<Message>,
    ) -> Result<Result<(), Backpressure>, CloseReason> {
        let receipt = match self.hub.publish(message, &self.attached) {
            Ok(receipt) => receipt,
            Err(backpressure) => return Ok(Err(backpressure)),
        };
        match message.qos {
            Qos::AtMostOnce if receipt.is_none() => {}
            Qos::AtMostOnce => self.acknowledge(None, receipt),
            Qos::AtLeastOnce => self.acknowledge(Some(Outgoing::PubAck(id, reason::OK)), receipt),
            Qos::ExactlyOnce => {
                let waits_for = receipt.clone();
                self.with(|session| session.receive(id, waits_for))?;
                self.acknowledge(Some(Outgoing::PubRec(id, reason::OK)), receipt);
            }
        }
        Ok(Ok(()))
    }

    /// The message goes nowhere, and the client goes on. Version 3.1.1 has no code to say so by
    /// (3.3.5.2), and its client would send an unanswered one for ever.
    fn acknowledge_unpublished(&mut self, id: u16, qos: Qos, code: u8) {
        let answer = match qos {
            Qos::AtMostOnce => return,
            Qos::AtLeastOnce => Outgoing::PubAck(id, code),
            // A failure is the end of the exchange in version 5 (4.3.3), else a PUBREL follows:
            // neither needs the id to be remembered.
            Qos::ExactlyOnce => Outgoing::PubRec(id, code),
        };
        self.acknowledge(Some(answer), None);
    }

    fn acknowledge(&mut self, packet: Option<Outgoing>, receipt: Option<Arc<Receipt>>) {
        self.pending_acks.push_back(PendingAck { packet, receipt });
    }

    /// Acknowledges in the order in which the messages have come (MQTT 5, 4.6), up to the
    /// first that the internal client has not acknowledged yet.
    pub(crate) fn send_due_acks(&mut self) {
        let is_due = |ack: &PendingAck| ack.receipt.as_ref().is_none_or(|r| r.is_complete());
        while let Some(ack) = self.pending_acks.pop_front_if(|ack| is_due(ack)) {
            if let Some(packet) = &ack.packet {
                self.send(packet);
            }
        }
        if self.pending_acks.is_empty() && self.pending_acks.capacity() > ACKS_KEPT {
            self.pending_acks = VecDeque::new();
        }
    }

    /// Takes messages from the session's outbox.
    ///
    /// # Errors
    /// When the session is another connection's.
    pub(crate) fn fill_output(&mut self) -> Result<(), CloseReason> {
        if self.output.len() >= OUTPUT_BYTES {
            return Ok(());
        }
        let due = self.hub.next(&self.attached, BATCH);
        for packet in &due.ok_or(CloseReason::TakenOver)? {
            self.send(packet);
        }
        if self.attached.origin.is_external() {
            self.unsent.set(self.output.len());
        }
        Ok(())
    }

    /// Gives the session up.
    pub(crate) fn detach(&self, with_will: bool, expiry: Option<Duration>) {
        self.hub.detach(&self.attached, with_will, expiry);
    }

    /// The last packets: what is due, and why there will be no more.
    pub(crate) fn say_goodbye(&mut self, code: u8) {
        self.send_due_acks();
        self.send(&Outgoing::Disconnect(code));
    }

    /// A client that is faster than its rate is read from later. The internal client has
    /// none: what it does is paid for by those who publish.
    fn charge(&mut self, messages: f64, bytes: usize) {
        if self.attached.origin.is_external()
            && let Some(wait) = self.rate.take(messages, bytes)
        {
            metrics::waited("rate");
            self.read_after = Some(Instant::now() + wait);
        }
    }

    fn send(&mut self, packet: &Outgoing) {
        encode(packet, self.version, &mut self.output);
        let wait = Duration::from_millis(self.hub.limits.write_ms_max);
        // From the first packet of an output on: more of them must not put it off.
        self.write_by.get_or_insert_with(|| Instant::now() + wait);
    }

    /// For an answer as long as what was asked. All others are shorter than the CONNACK, which
    /// the client takes.
    ///
    /// # Errors
    /// When the client does not take it: it may not be sent, and to leave it out would leave the
    /// client waiting (MQTT 5, 3.1.2.11.4).
    fn send_if_it_fits(&mut self, packet: &Outgoing) -> Result<(), CloseReason> {
        if !self.with(|session| session.outbox.fits(packet))? {
            let why = "a client takes no answer as long as what it asks";
            return Err(refused(reason::TOO_LARGE, why).into());
        }
        self.send(packet);
        Ok(())
    }

    fn settle(&mut self, act: impl FnOnce(&mut Outbox) -> Settled) -> Result<(), CloseReason> {
        let settled = self.hub.settle(&self.attached, act);
        Ok(settled.ok_or(CloseReason::TakenOver)??)
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> Result<T, CloseReason> {
        let done = self.hub.with(&self.attached, act);
        done.ok_or(CloseReason::TakenOver)
    }
}
