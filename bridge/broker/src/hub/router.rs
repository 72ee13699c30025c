//! From one publisher to the subscribers of a topic.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::system::{self, System};
use crate::attachment::Attached;
use crate::config::Limits;
use crate::identity::{Identity, Origin, SessionId};
use crate::metrics;
use crate::outbox::Queued;
use crate::packet::{Message, Qos, SubscriptionOptions, Will, reason};
use crate::receipt::Receipt;
use crate::retained::Retained;
use crate::session::Session;
use crate::subscriptions::{self, Group, Matches, Subscription, Subscriptions};
use crate::topic;

/// A will cannot wait for room, but it is one for each connection. Only when the internal
/// client has this many times more than it should is a will dropped.
const WILL_TIMES: usize = 4;

/// Whose messages those of the broker are: sessions are counted from 1 on.
const OF_THE_BROKER: SessionId = SessionId(0);

/// The internal client has no room for the message; its publisher has to wait.
#[derive(Debug)]
pub(crate) struct Backpressure;

/// The answer to a subscription.
pub(crate) struct Subscribed {
    pub(crate) code: u8,
    /// How many retained messages were put into the subscriber's outbox.
    pub(crate) retained: usize,
}

/// A client that gets the message, and by which shared subscription, if by one.
type Recipient = (SessionId, Subscription, Option<Arc<str>>);

pub(crate) struct Router {
    /// Boxed: a table has up to twice as many places as are taken.
    pub(crate) sessions: HashMap<SessionId, Box<Session>>,
    subscriptions: Subscriptions,
    retained: Retained,
    /// Bytes in the outboxes of all clients together, and in what they are sent just now.
    pub(super) queued_bytes: Arc<AtomicUsize>,
    /// What all sessions take beside it.
    pub(super) session_bytes: Arc<AtomicUsize>,
    pub(super) system: System,
    limits: Arc<Limits>,
}

impl Subscribed {
    pub(crate) fn refused(code: u8) -> Self {
        Self { code, retained: 0 }
    }
}

impl Router {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        Self {
            sessions: HashMap::new(),
            subscriptions: Subscriptions::default(),
            retained: Retained::new(limits.retained_max, limits.retained_bytes_max),
            queued_bytes: Arc::default(),
            session_bytes: Arc::default(),
            system: System::default(),
            limits,
        }
    }

    /// The session with this id; a new one if there is none.
    pub(crate) fn session(
        &mut self,
        id: SessionId,
        owner: &Arc<Identity>,
        client: &Arc<str>,
    ) -> &mut Session {
        let owner = Arc::clone(owner);
        let (queued, own) = (&self.queued_bytes, &self.session_bytes);
        let (client, queued, own) = (Arc::clone(client), Arc::clone(queued), Arc::clone(own));
        let new = || Box::new(Session::new(owner, client, queued, own));
        self.sessions.entry(id).or_insert_with(new)
    }

    /// The connection's session, unless another connection has taken it over.
    pub(crate) fn attached(&mut self, of: &Attached) -> Option<&mut Session> {
        let session = self.sessions.get_mut(&of.session)?;
        session.is_attached_by(of.number).then_some(&mut **session)
    }

    pub(crate) fn wake_all(&self) {
        self.sessions.values().for_each(|session| session.wake());
    }

    pub(crate) fn subscribe(
        &mut self,
        of: &Attached,
        filter: &str,
        options: SubscriptionOptions,
        id: Option<u32>,
    ) -> Subscribed {
        if let Some(reason) = topic::unfit_filter(filter) {
            metrics::refused("a filter is unfit");
            return Subscribed::refused(reason);
        }
        let is_shared = topic::shared(filter).is_some();
        let limits = Arc::clone(&self.limits);
        let Some(session) = self.attached(of) else {
            return Subscribed::refused(reason::BUSY);
        };
        // Subscribing to the same filter again replaces its options, and needs no room.
        if !session.has_filter(filter) {
            let count = session.filters().len();
            if of.origin.is_external() && count >= limits.subscriptions_max {
                metrics::refused("too many subscriptions");
                return Subscribed::refused(reason::QUOTA);
            }
            if !session.has_room(subscriptions::bytes(filter), &limits) {
                metrics::refused("a session has too many bytes");
                return Subscribed::refused(reason::QUOTA);
            }
        }
        session.add_filter(filter);
        let subscription = Subscription { options, id };
        let all = &mut self.subscriptions;
        let is_new = all.add(filter, of.origin, of.session, subscription);
        // Never for a shared subscription: MQTT 5, 4.8.2.
        let retained = if options.wants_retained(is_new) && !is_shared {
            self.send_retained(of, filter, subscription)
        } else {
            0
        };
        Subscribed {
            code: options.qos.bits(),
            retained,
        }
    }

    pub(crate) fn unsubscribe(&mut self, of: &Attached, filter: &str) -> u8 {
        let was = self.attached(of).is_some_and(|s| s.remove_filter(filter));
        if was && self.subscriptions.remove(filter, of.origin, of.session) {
            reason::OK
        } else {
            reason::NO_SUBSCRIPTION
        }
    }

    /// To every subscriber, or to none; what has to be complete before the message may be
    /// acknowledged to its publisher.
    ///
    /// # Errors
    /// When the internal client is one of the subscribers and has no room.
    pub(crate) fn publish(
        &mut self,
        message: &Arc<Message>,
        from: SessionId,
        origin: Origin,
    ) -> Result<Option<Arc<Receipt>>, Backpressure> {
        let recipients = self.recipients(message, from);
        // The internal client neither has room made for itself nor waits for itself: it
        // could not take what it is behind with while it is blocked.
        if origin.is_external() && self.is_internal_full(&recipients, 1) {
            return Err(Backpressure);
        }
        self.system.received += 1;
        let receipt = Arc::new(Receipt::new(from));
        self.dispatch(
            message,
            &recipients,
            origin.is_external().then_some(&receipt),
        );
        Ok((!receipt.is_complete()).then_some(receipt))
    }

    /// Every session that gets the message, each one's subscriptions together.
    fn recipients(&self, message: &Message, from: SessionId) -> Vec<Recipient> {
        let mut found = Matches::default();
        self.subscriptions.matching(&message.topic, &mut found);
        let each = found.each.into_iter();
        let each = each.filter(|(id, s)| *id != from || !s.options.no_local);
        let mut recipients: Vec<Recipient> = each.map(|(id, s)| (id, s, None)).collect();
        // A client with several matching subscriptions gets the message once, with the
        // highest of their qualities (MQTT 5, 3.3.4): that one has to be the first.
        recipients.sort_unstable_by_key(|(id, s, _)| (*id, Reverse(s.options.qos)));
        let groups = found.groups.into_iter();
        recipients.extend(groups.filter_map(|group| self.pick_member(group)));
        recipients
    }

    /// A member that is connected and has room; else one that may come back.
    fn pick_member(&self, group: &Group) -> Option<Recipient> {
        let mut second_best = None;
        for (id, subscription) in group.in_turn() {
            let Some(session) = self.sessions.get(&id) else {
                continue;
            };
            let recipient = (id, subscription, Some(Arc::clone(&group.filter)));
            if session.is_attached() && !self.is_full(session, 1) {
                return Some(recipient);
            }
            second_best = second_best.or(Some(recipient));
        }
        second_best
    }

    /// Whether the outbox has more than so many times what it may have.
    fn is_full(&self, session: &Session, times: usize) -> bool {
        let (count, bytes) = session.outbox.size();
        let (count_max, bytes_max) = (self.limits.queue_max, self.limits.queue_bytes_max);
        count >= count_max.saturating_mul(times) || bytes >= bytes_max.saturating_mul(times)
    }

    fn is_internal_full(&self, recipients: &[Recipient], times: usize) -> bool {
        recipients.iter().any(|(id, ..)| {
            let session = self.sessions.get(id);
            session.is_some_and(|s| s.origin.is_internal() && self.is_full(s, times))
        })
    }

    fn dispatch(
        &mut self,
        message: &Arc<Message>,
        recipients: &[Recipient],
        receipt: Option<&Arc<Receipt>>,
    ) {
        // What comes by a shared subscription is a message of its own, even where the same
        // client has another subscription to the topic.
        let same = |a: &Recipient, b: &Recipient| a.0 == b.0 && a.2.is_none() && b.2.is_none();
        for of_one in recipients.chunk_by(same) {
            let (id, subscription, shared) = &of_one[0];
            let ids = of_one.iter().filter_map(|(_, s, _)| s.id);
            let queued = Queued {
                message: Arc::clone(message),
                qos: self.quality(message, *id, *subscription),
                retain: message.retain && subscription.options.retain_as_published,
                subscription_ids: ids.collect(),
                shared: shared.clone(),
                receipt: None,
            };
            self.push(*id, queued, receipt);
        }
        if message.retain {
            let evicted = self.retained.insert(message);
            metrics::dropped("retained", evicted);
        }
    }

    /// The lower of both qualities (MQTT 5, 3.8.4), but at least QoS 1 to the internal client
    /// where it has subscribed with that: then it is never sent more than it can take, and a
    /// flood at QoS 0 cannot fill its socket ahead of everybody else's messages.
    fn quality(&self, message: &Message, to: SessionId, by: Subscription) -> Qos {
        let session = self.sessions.get(&to);
        let is_internal = session.is_some_and(|session| session.origin.is_internal());
        let sent = if is_internal {
            message.qos.max(Qos::AtLeastOnce)
        } else {
            message.qos
        };
        sent.min(by.options.qos)
    }

    fn push(&mut self, id: SessionId, mut queued: Queued, receipt: Option<&Arc<Receipt>>) {
        // Relaxed: it only changes under the hub's lock, which is held here.
        let queued_bytes = self.queued_bytes.load(Ordering::Relaxed);
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        // At QoS 0 nothing is stored for a client that is away.
        if queued.qos == Qos::AtMostOnce && !session.is_attached() {
            return;
        }
        match session.origin {
            Origin::External => {
                if self.is_full(session, 1) || queued_bytes >= self.limits.held_bytes_max {
                    metrics::dropped("queue", 1);
                    return;
                }
            }
            // Never refused here: the publisher has been made to wait before.
            Origin::Internal => {
                if queued.qos != Qos::AtMostOnce
                    && let Some(receipt) = receipt
                {
                    receipt.expect_one();
                    queued.receipt = Some(Arc::clone(receipt));
                }
            }
        }
        if let Some(session) = self.sessions.get_mut(&id) {
            session.push(queued);
        }
    }

    /// Puts the retained messages of a filter into the subscriber's outbox; how many.
    fn send_retained(&mut self, of: &Attached, filter: &str, by: Subscription) -> usize {
        let session = self.sessions.get(&of.session);
        if session.is_none_or(|session| self.is_full(session, 1)) {
            // Nothing that is found would find room. A packet of many wide filters would have
            // everything searched for each of them.
            metrics::dropped("queue", 1);
            return 0;
        }
        let mut retained = self.retained.covered_by(filter);
        if system::may_cover(filter) {
            retained.extend(self.system.covered_by(filter, self.retained.count()));
        }
        let count = retained.len();
        for message in retained {
            let queued = Queued {
                qos: message.qos.min(by.options.qos),
                message,
                // Says that it is no news, whatever the subscription wants otherwise.
                retain: true,
                subscription_ids: by.id.into_iter().collect(),
                shared: None,
                receipt: None,
            };
            self.push(of.session, queued, None);
        }
        count
    }

    /// One acknowledgement of the internal client less to wait for. With the last of them the
    /// publisher's connection is woken, to acknowledge in turn.
    pub(crate) fn acknowledged(&self, receipt: Option<Arc<Receipt>>) {
        let Some(receipt) = receipt else { return };
        if receipt.complete_one()
            && let Some(publisher) = self.sessions.get(&receipt.publisher)
        {
            publisher.wake();
        }
    }

    /// Tells the broker's own topics where it is time, and to nobody who has not asked.
    pub(crate) fn publish_system(&mut self) {
        if !self.system.is_due() {
            return;
        }
        for message in self.system.messages(self.retained.count()) {
            if self.subscriptions.has_any(&message.topic) {
                let recipients = self.recipients(&message, OF_THE_BROKER);
                self.dispatch(&Arc::new(message), &recipients, None);
            }
        }
    }

    /// Publishes the session's will, if it has one.
    pub(crate) fn publish_will(&mut self, of: SessionId) {
        let will = self.sessions.get_mut(&of).and_then(|s| s.take_will());
        let Some(message) = will.map(Will::publish) else {
            return;
        };
        let recipients = self.recipients(&message, of);
        if self.is_internal_full(&recipients, WILL_TIMES) {
            metrics::dropped("wills", 1);
            return;
        }
        // Nobody is there to be told that it has arrived.
        self.dispatch(&message, &recipients, None);
    }

    /// Ends a session: its will is published, and what it has not acknowledged of a shared
    /// subscription goes to another member of the group.
    pub(crate) fn remove_session(&mut self, id: SessionId) -> Option<Box<Session>> {
        self.publish_will(id);
        let mut session = self.sessions.remove(&id)?;
        for filter in session.filters() {
            self.subscriptions.remove(filter, session.origin, id);
        }
        for mut queued in session.outbox.leave_to_others() {
            let filter = queued.shared.as_deref().unwrap_or_default();
            let group = self.subscriptions.group(filter, session.origin);
            let Some((other, by, _)) = group.and_then(|group| self.pick_member(group)) else {
                continue;
            };
            queued.qos = self.quality(&queued.message, other, by);
            queued.subscription_ids = by.id.into_iter().collect();
            let receipt = queued.receipt.take();
            self.push(other, queued, receipt.as_ref());
            // After the push has counted the new member: the other way round the receipt
            // would be complete for a moment.
            self.acknowledged(receipt);
        }
        Some(session)
    }
}
