//! The lives of sessions: attached, taken over, detached, expired.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::router::Router;
use crate::attachment::{AttachRequest, Attached};
use crate::config::Limits;
use crate::identity::{Origin, SessionId};
use crate::metrics;

/// Everything under the hub's lock.
pub(crate) struct State {
    pub(crate) router: Router,
    by_client: HashMap<(Origin, String), SessionId>,
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

    /// `None` when there are too many sessions already.
    pub(crate) fn attach(&mut self, request: AttachRequest) -> Option<Attached> {
        let (origin, key) = (request.origin, (request.origin, request.client_id.clone()));
        if let Some(id) = self.by_client.get(&key).copied() {
            self.take_over(id, request.clean);
        }
        let session_present = self.by_client.contains_key(&key);
        if !session_present && origin.is_external() {
            if self.external_count >= self.limits.sessions_max && !self.remove_oldest_unused() {
                return None;
            }
            self.external_count += 1;
        }
        // One count for attachments and sessions: it never goes back, so neither repeats.
        self.last_number += 1;
        let number = self.last_number;
        let id = *self.by_client.entry(key).or_insert(SessionId(number));
        let session = self.router.session(id, origin, &request.client_id);
        session.attach(number);
        session.expiry = request.expiry;
        session.will = request.will;
        let outbox = &mut session.outbox;
        outbox.connect(request.window_max, request.packet_bytes_max);
        Some(Attached {
            session: id,
            origin,
            number,
            session_present,
            wake: Arc::clone(&session.wake),
            taken_over: Arc::clone(&session.taken_over),
        })
    }

    /// Another connection of the same client is there. The will is published in here, under
    /// the same lock: published later, it would undo what the new connection has said.
    fn take_over(&mut self, id: SessionId, clean: bool) {
        let Some(session) = self.router.sessions.get_mut(&id) else {
            return;
        };
        let is_live = session.attached.is_some();
        session.taken_over.notify_one();
        if clean || session.is_over() {
            self.remove(id);
            return;
        }
        // A will whose delay is not over is never published: the client is back.
        let is_due = |delay_s: u32| is_live && delay_s == 0;
        if session.will.as_ref().is_some_and(|w| is_due(w.delay_s)) {
            self.router.publish_will(id);
        } else {
            session.will = None;
        }
    }

    /// A connection is over.
    pub(crate) fn detach(&mut self, of: &Attached, with_will: bool, expiry: Option<Duration>) {
        let Some(session) = self.router.attached(of) else {
            return;
        };
        session.attached = None;
        session.gone_since = Instant::now();
        session.expiry = expiry.unwrap_or(session.expiry);
        session.will = session.will.take().filter(|_| with_will);
        let delay = session.will.as_ref().map(|will| will.delay_s);
        let delay = Duration::from_secs(delay.unwrap_or_default().into());
        // The end of the session is the end of the delay (MQTT 5, 3.1.3.2.2). It also keeps
        // the sum in range: expiry is bounded, the delay is what a client says.
        session.will_due = Some(Instant::now() + delay.min(session.expiry));
        if session.expiry.is_zero() {
            self.remove(of.session);
        } else if delay.is_zero() {
            self.router.publish_will(of.session);
        }
    }

    /// Removes the sessions whose time is over, and publishes the wills whose time has come.
    pub(crate) fn sweep(&mut self) {
        let now = Instant::now();
        let (mut over, mut due) = (Vec::new(), Vec::new());
        for (id, session) in &self.router.sessions {
            if session.is_over() {
                over.push(*id);
            } else if session.attached.is_none() && session.will_due.is_some_and(|at| at <= now) {
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
        let unused = all.filter(|(_, s)| s.attached.is_none() && s.origin.is_external());
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
