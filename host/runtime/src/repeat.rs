//! Messages that need no turn: they were handled before, or what they are about is no more.

use std::sync::Arc;

use bytes::Bytes;
use pizza_cluster::Delivery;
use pizza_store::StoredReply;
use pizza_types::{Body, CallError, Envelope, Reply, StreamEvent};

use crate::actor::Actor;
use crate::core::store_error;
use crate::pipeline::Pending;
use crate::reminders;
use crate::stage::Outputs;

impl Actor {
    /// What becomes of a message that can be told to need no turn before there is one. The
    /// others find out in their commit, or before their first call.
    ///
    /// # Errors
    /// When the store cannot be read, or a message before this one failed.
    pub(crate) async fn needs_no_turn(
        &mut self,
        envelope: &Envelope,
        delivery: Delivery,
    ) -> Result<Option<Pending>, CallError> {
        if let Body::Events { stream, events } = &envelope.body
            && delivery != Delivery::Redelivery
        {
            return self.events_from_before(envelope, stream, events).await;
        }
        if self.is_outdated(envelope, delivery) {
            return Ok(Some(Pending::uncommitted(self.nothing(envelope))));
        }
        // The first of two is still on its way to the store: to run the second would make all
        // behind it run twice.
        if self.pipeline.holds(envelope.id) && !matches!(envelope.body, Body::Timer { .. }) {
            self.settle_all().await?;
            let before = self.answered_before(envelope, true).await?;
            return before
                .map(|stored| self.replay(envelope, stored))
                .transpose();
        }
        Ok(None)
    }

    /// What the message was answered before, if it is one of which that is recorded.
    pub(crate) async fn answered_before(
        &mut self,
        envelope: &Envelope,
        is_recorded: bool,
    ) -> Result<Option<StoredReply>, CallError> {
        let has_lived = self.activation.as_ref().is_some_and(|a| a.has_lived());
        if !is_recorded || !has_lived {
            return Ok(None);
        }
        let store = &self.core.store;
        let stored = store.handled(&envelope.target, envelope.id).await;
        stored.map_err(store_error)
    }

    /// A message to an actor that is retired: only one that it has handled has an answer.
    ///
    /// # Errors
    /// `error` for any other, or when the store cannot be read.
    pub(crate) async fn retired(
        &mut self,
        envelope: &Envelope,
        error: CallError,
    ) -> Result<Pending, CallError> {
        let store = &self.core.store;
        let before = store.handled(&envelope.target, envelope.id).await;
        match before.map_err(store_error)? {
            Some(stored) => self.replay(envelope, stored),
            None => Err(error),
        }
    }

    /// The answer from before; it waits for the commits before it, as any other does.
    pub(crate) fn replay(
        &self,
        envelope: &Envelope,
        stored: StoredReply,
    ) -> Result<Pending, CallError> {
        let reply = self.core.earlier_reply(envelope, stored)?;
        Ok(Pending::replay(self.nothing(envelope), reply))
    }

    fn nothing(&self, envelope: &Envelope) -> Outputs {
        Outputs::empty(&envelope.target, self.version())
    }

    /// Events of a stream come in order, so the last position tells which were handled.
    async fn events_from_before(
        &mut self,
        envelope: &Envelope,
        stream: &Arc<str>,
        events: &[StreamEvent],
    ) -> Result<Option<Pending>, CallError> {
        let Some(activation) = &mut self.activation else {
            return Ok(None);
        };
        let cursor = match activation.cursor(stream) {
            Some(cursor) => cursor,
            None => {
                let actor = &envelope.target;
                let store = &self.core.store;
                let cursor = store.cursor(actor.actor_type(), stream, actor.key()).await;
                let cursor = cursor.map_err(store_error)?;
                activation.set_cursor(stream, cursor);
                cursor
            }
        };
        let handled = events.iter().filter(|e| e.position <= cursor).count();
        if handled == 0 {
            return Ok(None);
        }
        if handled < events.len() {
            // The pump that brought them must see where the subscriber stands, and bring the
            // rest.
            return Err(CallError::Moved);
        }
        let reply = Reply {
            body: Bytes::new(),
            declined: false,
            replayed: true,
            durability: self.core.store.durability(),
        };
        Ok(Some(Pending::replay(self.nothing(envelope), reply)))
    }

    /// A reminder that was cancelled or set anew since it fired. The actor knows its reminders,
    /// so whoever fires one is believed.
    fn is_outdated(&self, envelope: &Envelope, delivery: Delivery) -> bool {
        let Body::Reminder { name, .. } = &envelope.body else {
            return false;
        };
        if delivery == Delivery::Redelivery {
            return false;
        }
        let activation = self.activation.as_ref();
        let reminder = activation.and_then(|activation| activation.reminder(name));
        let is_it = reminder.is_some_and(|reminder| {
            reminders::firing_id(&envelope.target, name, reminder.version) == envelope.id
        });
        !is_it
    }
}
