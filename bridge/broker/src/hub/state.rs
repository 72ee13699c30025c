//! The lives of sessions: attached, taken over, detached, expired.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::router::{Router, Subscribed};
use crate::attachment::{AttachRequest, Attached};
use crate::config::Limits;
use crate::identity::{Identity, SessionId};
use crate::metrics;
use crate::packet::{SubscriptionOptions, Will, reason};
use crate::session;
use crate::subscriptions;

/// What comes of a wish for a session.
pub(crate) enum Attachment {
    Done(Attached),
    /// An older connection has it, and was asked to leave: to be tried again when this ends.
    Occupied(oneshot::Receiver<()>),
}

/// Everything under the hub's lock.
pub(crate) struct State {
    pub(crate) router: Router,
    /// By who the client is, and what it calls itself.
    by_client: HashMap<(Arc<Identity>, Arc<str>), SessionId>,
    /// Sessions of external clients.
    external_count: usize,
    /// Those of them that no connection has: the first was left first.
    unused: BTreeSet<(Instant, SessionId)>,
    last_number: u64,
    limits: Arc<Limits>,
}

impl State {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        Self {
            router: Router::new(Arc::clone(&limits)),
            by_client: HashMap::new(),
            external_count: 0,
            unused: BTreeSet::new(),
            last_number: 0,
            limits,
        }
    }

    /// With `by_force` the connection that has the session is not waited for.
    ///
    /// # Errors
    /// The reason code of a refusal: there are too many sessions already.
    pub(crate) fn attach(
        &mut self,
        request: &mut AttachRequest,
        by_force: bool,
    ) -> Result<Attachment, u8> {
        let (origin, owner) = (request.owner.origin(), Arc::clone(&request.owner));
        let key = (Arc::clone(&owner), Arc::clone(&request.client_id));
        if let Some(id) = self.by_client.get(&key).copied() {
            let session = self.router.sessions.get_mut(&id);
            let session = session.filter(|session| !by_force && session.is_attached());
            if let Some(left) = session.and_then(|session| session.ask_to_leave()) {
                return Ok(Attachment::Occupied(left));
            }
            self.take_over(id, request.clean);
        }
        let present = self.by_client.get(&key).copied();
        if origin.is_external() {
            self.make_room_for(request, present)?;
        }
        let session_present = present.is_some();
        self.external_count += usize::from(!session_present && origin.is_external());
        // One count for attachments and sessions: it never goes back, so neither repeats.
        self.last_number += 1;
        let number = self.last_number;
        let id = *self.by_client.entry(key).or_insert(SessionId(number));
        let session = self.router.session(id, &owner, &request.client_id);
        session.attach(number, &request.signals);
        session.expiry = request.expiry;
        session.set_will(request.will.take());
        self.unused.remove(&(session.gone_since, id));
        let (window_max, bytes_max) = (request.window_max, request.packet_bytes_max);
        let outbox = &mut session.outbox;
        outbox.connect(window_max, bytes_max, request.version);
        let attached = Attached {
            session: id,
            origin,
            number,
            session_present,
            signals: Arc::clone(&request.signals),
        };
        self.router.system.connected += usize::from(origin.is_external());
        Ok(Attachment::Done(attached))
    }

    /// # Errors
    /// When there are too many sessions, or they take too much memory.
    fn make_room_for(
        &mut self,
        request: &AttachRequest,
        present: Option<SessionId>,
    ) -> Result<(), u8> {
        let will = request.will.as_ref().map_or(0, Will::bytes);
        let present = present.and_then(|id| Some((id, self.router.sessions.get(&id)?)));
        let Some((id, session)) = present else {
            if self.external_count >= self.limits.sessions_max && !self.remove_oldest_unused() {
                return Err(reason::QUOTA);
            }
            let bytes = will + session::bytes(&request.client_id);
            return self.make_room(bytes).then_some(()).ok_or(reason::QUOTA);
        };
        // It must not make room for itself.
        let (gone_since, fits) = (session.gone_since, session.has_room(will, &self.limits));
        let was_unused = self.unused.remove(&(gone_since, id));
        let has_room = fits || self.make_room(will);
        if was_unused {
            self.unused.insert((gone_since, id));
        }
        let session = self.router.sessions.get(&id);
        let fits = session.is_some_and(|s| s.has_room(will, &self.limits));
        (has_room && fits).then_some(()).ok_or(reason::QUOTA)
    }

    /// Removes sessions that nobody uses until there is room for so many bytes; whether there
    /// is. What a client has left behind shall keep no other out.
    fn make_room(&mut self, bytes: usize) -> bool {
        let bytes_max = self.limits.sessions_bytes_max.saturating_sub(bytes);
        loop {
            if self.router.session_bytes.load(Ordering::Relaxed) <= bytes_max {
                return true;
            }
            if !self.remove_oldest_unused() {
                return false;
            }
        }
    }

    pub(crate) fn subscribe(
        &mut self,
        of: &Attached,
        filter: &str,
        options: SubscriptionOptions,
        id: Option<u32>,
    ) -> Subscribed {
        if of.origin.is_external() {
            // Where there is none, the subscription is refused.
            self.make_room(subscriptions::bytes(filter));
        }
        self.router.subscribe(of, filter, options, id)
    }

    /// Another connection has the client's session from here on, or a new one in its place.
    fn take_over(&mut self, id: SessionId, clean: bool) {
        let Some(session) = self.router.sessions.get_mut(&id) else {
            return;
        };
        if session.ask_to_leave().is_some() {
            // It did not leave when it was asked to. What it would have done is done here.
            self.leave(id, true, None);
        }
        let Some(session) = self.router.sessions.get_mut(&id) else {
            return;
        };
        if clean || session.is_over() {
            self.remove(id);
        } else {
            // A will whose delay is not over is never published: the client is back.
            session.take_will();
        }
    }

    /// A connection is over.
    pub(crate) fn detach(&mut self, of: &Attached, with_will: bool, expiry: Option<Duration>) {
        if self.router.attached(of).is_some() {
            self.leave(of.session, with_will, expiry);
        }
    }

    /// The session's connection is over. The will is published in here, under the same lock:
    /// published later, it would undo what the client's next connection has said.
    fn leave(&mut self, id: SessionId, with_will: bool, expiry: Option<Duration>) {
        let Some(session) = self.router.sessions.get_mut(&id) else {
            return;
        };
        session.expiry = expiry.unwrap_or(session.expiry);
        if !with_will {
            session.take_will();
        }
        let delay = session.will().map(|will| will.delay_s);
        let delay = Duration::from_secs(delay.unwrap_or_default().into());
        // The end of the session is the end of the delay (MQTT 5, 3.1.3.2.2). It also keeps
        // the sum in range: expiry is bounded, the delay is what a client says.
        session.will_due = Some(Instant::now() + delay.min(session.expiry));
        let ends = session.expiry.is_zero();
        session.detach();
        if session.origin.is_external() {
            self.unused.insert((session.gone_since, id));
            self.router.system.connected -= 1;
        }
        if ends {
            self.remove(id);
        } else if delay.is_zero() {
            self.router.publish_will(id);
        }
    }

    /// Removes the sessions whose time is over, and publishes the wills whose time has come.
    pub(crate) fn sweep(&mut self) {
        let now = Instant::now();
        let (mut over, mut due) = (Vec::new(), Vec::new());
        for (id, session) in &self.router.sessions {
            if session.is_over() {
                over.push(*id);
            } else if !session.is_attached() && session.will_due.is_some_and(|at| at <= now) {
                due.push(*id);
            }
        }
        due.into_iter().for_each(|id| self.router.publish_will(id));
        over.into_iter().for_each(|id| self.remove(id));
        self.router.publish_system();
    }

    /// Makes room by the session that was left first of those that nobody uses; whether there
    /// was one.
    fn remove_oldest_unused(&mut self) -> bool {
        let Some((_, oldest)) = self.unused.first().copied() else {
            return false;
        };
        metrics::dropped("sessions", 1);
        self.remove(oldest);
        true
    }

    fn remove(&mut self, id: SessionId) {
        let Some(session) = self.router.remove_session(id) else {
            return;
        };
        self.unused.remove(&(session.gone_since, id));
        self.external_count -= usize::from(session.origin.is_external());
        self.by_client.remove(&(session.owner, session.client_id));
    }
}
