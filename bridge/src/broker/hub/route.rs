//! From one publisher to everybody who wants the message.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Attached, Behind, State};
use crate::broker::config::Limits;
use crate::broker::metrics;
use crate::broker::outbox::Queued;
use crate::broker::packet::{Message, Qos};
use crate::broker::receipt::Receipt;
use crate::broker::session::{Session, SessionId, Side};
use crate::broker::subscriptions::{Covering, Group, Subscription};

/// A client that gets the message, and by which shared subscription, if by one.
type Chosen = (SessionId, Subscription, Option<Arc<str>>);

impl State {
    pub(super) fn own(&mut self, of: &Attached) -> Option<&mut Session> {
        let session = self.sessions.get_mut(&of.session)?;
        (session.attached == Some(of.number)).then_some(session)
    }

    pub(super) fn publish(
        &mut self,
        message: &Arc<Message>,
        from: SessionId,
        side: Side,
    ) -> Result<Option<Arc<Receipt>>, Behind> {
        let chosen = self.chosen(message, from);
        if side == Side::Street && self.house_is_full(&chosen, 1) {
            return Err(Behind);
        }
        let receipt = Arc::new(Receipt::new(from));
        // The house does not wait for itself.
        let waits = side == Side::Street;
        self.hand_out(message, &chosen, waits.then_some(&receipt));
        Ok((!receipt.is_complete()).then_some(receipt))
    }

    /// Everybody who gets it, each client's subscriptions together.
    fn chosen(&self, message: &Message, from: SessionId) -> Vec<Chosen> {
        let mut found = Covering::default();
        self.subscriptions.covering(&message.topic, &mut found);
        let each = found.each.into_iter();
        let each = each.filter(|(id, s)| *id != from || !s.wish.no_local);
        let mut chosen: Vec<Chosen> = each.map(|(id, s)| (id, s, None)).collect();
        // Whoever has several that fit gets it once, as the best of them says.
        chosen.sort_unstable_by_key(|(id, s, _)| (*id, Reverse(s.wish.qos)));
        let groups = found.groups.into_iter();
        chosen.extend(groups.filter_map(|group| self.one_of(group)));
        chosen
    }

    /// Somebody who is there and has room; else somebody who may come back.
    fn one_of(&self, group: &Group) -> Option<Chosen> {
        let mut second = None;
        for (id, subscription) in group.in_turn() {
            let Some(session) = self.sessions.get(&id) else {
                continue;
            };
            let chosen = (id, subscription, Some(Arc::clone(&group.filter)));
            if session.attached.is_some() && !self.limits.is_full(session, 1) {
                return Some(chosen);
            }
            second = second.or(Some(chosen));
        }
        second
    }

    /// Whether somebody of the house has more than so many times what it may.
    fn house_is_full(&self, chosen: &[Chosen], times: usize) -> bool {
        chosen.iter().any(|(id, ..)| {
            let session = self.sessions.get(id);
            session.is_some_and(|s| s.side == Side::House && self.limits.is_full(s, times))
        })
    }

    fn hand_out(
        &mut self,
        message: &Arc<Message>,
        chosen: &[Chosen],
        receipt: Option<&Arc<Receipt>>,
    ) {
        let same = |a: &Chosen, b: &Chosen| a.0 == b.0 && a.2.is_none() && b.2.is_none();
        for of_one in chosen.chunk_by(same) {
            let (id, subscription, shared) = &of_one[0];
            let numbers = of_one.iter().filter_map(|(_, s, _)| s.number);
            let what = Queued {
                message: Arc::clone(message),
                qos: self.quality(message, *id, *subscription),
                retain: message.retain && subscription.wish.as_published,
                numbers: numbers.collect(),
                shared: shared.clone(),
                receipt: None,
            };
            self.push(*id, what, receipt);
        }
        if message.retain {
            let made_room = self.retained.keep(message);
            metrics::dropped("retained", made_room);
        }
    }

    /// The house acknowledges everything, whatever it was sent with: so it is never sent
    /// more than it can take, and nobody who is in a hurry fills its queue.
    fn quality(&self, message: &Message, id: SessionId, by: Subscription) -> Qos {
        let session = self.sessions.get(&id);
        let is_house = session.is_some_and(|session| session.side == Side::House);
        let sent = match is_house {
            true => message.qos.max(Qos::AtLeastOnce),
            false => message.qos,
        };
        sent.min(by.wish.qos)
    }

    fn push(&mut self, id: SessionId, mut what: Queued, receipt: Option<&Arc<Receipt>>) {
        let held = self.held.load(Ordering::Relaxed);
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        // Nobody waits for a message that is only good at once.
        if what.qos == Qos::AtMostOnce && session.attached.is_none() {
            return;
        }
        if session.side == Side::Street {
            let is_full = self.limits.is_full(session, 1) || held >= self.limits.held_bytes_max;
            if is_full {
                metrics::dropped("queue", 1);
                return;
            }
        } else if what.qos != Qos::AtMostOnce
            && let Some(receipt) = receipt
        {
            receipt.wait();
            what.receipt = Some(Arc::clone(receipt));
        }
        session.push(what);
    }

    /// How many messages were kept for whoever subscribes.
    pub(super) fn send_kept(&mut self, of: &Attached, filter: &str, by: Subscription) -> usize {
        let kept = self.retained.covered_by(filter);
        let count = kept.len();
        for message in kept {
            let what = Queued {
                qos: message.qos.min(by.wish.qos),
                message,
                retain: true,
                numbers: by.number.into_iter().collect(),
                shared: None,
                receipt: None,
            };
            self.push(of.session, what, None);
        }
        count
    }

    /// One session of the house less to wait for.
    pub(super) fn taken(&self, receipt: Option<Arc<Receipt>>) {
        let Some(receipt) = receipt else { return };
        if receipt.take()
            && let Some(publisher) = self.sessions.get(&receipt.publisher)
        {
            publisher.wake.notify_one();
        }
    }

    /// Another connection of the same client takes the place of what there was.
    pub(super) fn succeed(&mut self, id: SessionId, clean: bool) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let is_live = session.attached.is_some();
        session.taken_over.notify_one();
        if clean || session.is_over() {
            self.forget(id);
            return;
        }
        // A will that has time yet is not told: the client is back.
        let at_once = |delay_s: u32| is_live && delay_s == 0;
        if session.will.as_ref().is_some_and(|w| at_once(w.delay_s)) {
            self.tell_will(id);
        } else {
            session.will = None;
        }
    }

    pub(super) fn tell_will(&mut self, id: SessionId) {
        let will = self.sessions.get_mut(&id).and_then(|s| s.will.take());
        let Some(will) = will else { return };
        let chosen = self.chosen(&will.message, id);
        // It cannot wait, but it is one for each connection; even of those there is an end.
        if self.house_is_full(&chosen, 4) {
            metrics::dropped("wills", 1);
            return;
        }
        self.hand_out(&will.message, &chosen, None);
    }

    /// Of the sessions that nobody uses, the one that was left first.
    pub(super) fn forget_one(&mut self) -> bool {
        let all = self.sessions.iter();
        let unused = all.filter(|(_, s)| s.attached.is_none() && s.side == Side::Street);
        let first = unused.min_by_key(|(_, s)| s.gone_since).map(|(id, _)| *id);
        if let Some(id) = first {
            metrics::dropped("sessions", 1);
            self.forget(id);
        }
        first.is_some()
    }

    pub(super) fn forget(&mut self, id: SessionId) {
        self.tell_will(id);
        let Some(mut session) = self.sessions.remove(&id) else {
            return;
        };
        self.guests -= usize::from(session.side == Side::Street);
        for filter in &session.filters {
            self.subscriptions.remove(filter, session.side, id);
        }
        for mut what in session.outbox.leave_to_others() {
            let filter = what.shared.as_deref().unwrap_or_default();
            let group = self.subscriptions.group(filter, session.side);
            let Some((other, by, _)) = group.and_then(|group| self.one_of(group)) else {
                continue;
            };
            what.qos = self.quality(&what.message, other, by);
            what.numbers = by.number.into_iter().collect();
            let receipt = what.receipt.take();
            self.push(other, what, receipt.as_ref());
            // Counted for the one who gets it now.
            self.taken(receipt);
        }
        self.by_client.remove(&(session.side, session.client_id));
    }
}

impl Limits {
    fn is_full(&self, session: &Session, times: usize) -> bool {
        let (count, bytes) = session.outbox.size();
        let (count_max, bytes_max) = (self.queue_max, self.queue_bytes_max);
        count >= count_max.saturating_mul(times) || bytes >= bytes_max.saturating_mul(times)
    }
}
