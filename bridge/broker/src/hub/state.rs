//! The lives of sessions: attached, taken over, detached, expired.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::router::Router;
use crate::attachment::{AttachRequest, Attached};
use crate::config::Limits;
use crate::identity::{Origin, SessionId};
use crate::metrics;
use crate::packet::reason;

/// What comes of a wish for a session.
pub(crate) enum Attachment {
    Done(Attached),
    /// An older connection has it, and was asked to leave: to be tried again when this ends.
    Occupied(oneshot::Receiver<()>),
}

/// Everything under the hub's lock.
pub(crate) struct State {
    pub(crate) router: Router,
    by_client: HashMap<(Origin, Arc<str>), SessionId>,
    /// Sessions of external clients.
    external_count: usize,
    last_number: u64,
    limits: Arc<Limits>,
}

impl State {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        Self {
            router: Router::new(Arc::clone(&limits)),
            by_client: HashMap::new(),
            external_count: 0,
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
        let origin = request.origin;
        let key = (origin, Arc::clone(&request.client_id));
        if let Some(id) = self.by_client.get(&key).copied() {
            let session = self.router.sessions.get_mut(&id);
            let session = session.filter(|session| !by_force && session.is_attached());
            if let Some(left) = session.and_then(|session| session.ask_to_leave()) {
                return Ok(Attachment::Occupied(left));
            }
            self.take_over(id, request.clean);
        }
        let session_present = self.by_client.contains_key(&key);
        if !session_present && origin.is_external() {
            if self.external_count >= self.limits.sessions_max && !self.remove_oldest_unused() {
                return Err(reason::QUOTA);
            }
            self.external_count += 1;
        }
        // One count for attachments and sessions: it never goes back, so neither repeats.
        self.last_number += 1;
        let number = self.last_number;
        let id = *self.by_client.entry(key).or_insert(SessionId(number));
        let session = self.router.session(id, origin, &request.client_id);
        session.attach(number, &request.signals);
        session.expiry = request.expiry;
        session.will = request.will.take();
        let outbox = &mut session.outbox;
        outbox.connect(request.window_max, request.packet_bytes_max);
        Ok(Attachment::Done(Attached {
            session: id,
            origin,
            number,
            session_present,
            signals: Arc::clone(&request.signals),
        }))
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
            session.will = None;
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
        session.will = session.will.take().filter(|_| with_will);
        let delay = session.will.as_ref().map(|will| will.delay_s);
        let delay = Duration::from_secs(delay.unwrap_or_default().into());
        // The end of the session is the end of the delay (MQTT 5, 3.1.3.2.2). It also keeps
        // the sum in range: expiry is bounded, the delay is what a client says.
        session.will_due = Some(Instant::now() + delay.min(session.expiry));
        let ends = session.expiry.is_zero();
        session.detach();
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
    }

    /// Makes room by the session that was left first of those that nobody uses; whether there
    /// was one.
    fn remove_oldest_unused(&mut self) -> bool {
        let all = self.router.sessions.iter();
        let unused = all.filter(|(_, s)| !s.is_attached() && s.origin.is_external());
        let oldest = unused.min_by_key(|(_, s)| s.gone_since).map(|(id, _)| *id);
        if let Some(id) = oldest {
            metrics::dropped("sessions", 1);
            self.remove(id);
        }
        oldest.is_some()
    }

    fn remove(&mut self, id: SessionId) {
        let Some(session) = self.router.remove_session(id) else {
            return;
        };
        self.external_count -= usize::from(session.origin.is_external());
        self.by_client.remove(&(session.origin, session.client_id));
    }
}
