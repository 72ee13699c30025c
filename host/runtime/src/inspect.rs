//! An actor in the eyes of an operator. Looking changes nothing and opens nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bytes::Bytes;
use pizza_clock::Moment;
use pizza_store::{HandledRow, Inspected};
use pizza_types::{ActorId, CallError, MessageId};

use crate::core::store_error;
use crate::silo::Silo;

/// The most reminders of one actor that are shown.
const REMINDERS_MAX: usize = 256;
/// The number of rows read at a time, few because each may have a large reply.
const PAGE: usize = 64;
/// The most rows that are looked at for one history. They are in no order of time, so all must be
/// seen.
const ROWS_MAX: usize = 100_000;
/// The most bytes of a reply that a history shows.
const REPLY_BYTES_MAX: usize = 256;

/// What there is of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorView {
    /// `None` for an actor that has never committed anything.
    pub stored: Option<Inspected>,
    /// The date when it was retired, in milliseconds since the Unix epoch.
    pub retired_ms: Option<u64>,
    pub presence: Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    NotInMemory,
    AtRest,
    AtWork,
}

/// What an actor has handled, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub messages: Vec<Handled>,
    /// False when there were too many rows to look at all of them.
    pub complete: bool,
}

/// One message that an actor has handled. They are ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handled {
    pub at_ms: u64,
    pub id: MessageId,
    pub declined: bool,
    /// What was asked: the method, or what else happened; empty where it was not kept.
    pub title: std::sync::Arc<str>,
    /// Who asked; `None` when it came from outside.
    pub caller: Option<ActorId>,
    /// The trace that it belongs to, if it was in one.
    pub trace: Option<std::sync::Arc<str>>,
    /// The first bytes of the reply.
    pub reply: Bytes,
    pub reply_bytes: usize,
}

impl Silo {
    /// # Errors
    /// When there is no such actor type, or the store cannot be read.
    pub async fn inspect(&self, actor: &ActorId) -> Result<ActorView, CallError> {
        // A type that is mistyped is an error; without this it would be an actor that knows
        // nothing.
        self.core.catalog.get(actor, None)?;
        let stored = self.core.store.inspect(actor, REMINDERS_MAX).await;
        let mut stored = stored.map_err(store_error)?;
        // People read dates.
        let at = Moment::of(&*self.core.clock);
        if let Some(record) = stored.as_mut().map(|stored| &mut stored.record) {
            let date = |ms| self.core.durable.date_of(ms, at);
            record.ended_ms = record.ended_ms.map(date);
        }
        for (_, reminder) in stored.iter_mut().flat_map(|stored| &mut stored.reminders) {
            reminder.due_ms = self.core.durable.date_of(reminder.due_ms, at);
        }
        let retired = match stored {
            Some(_) => None,
            None => self.core.store.retired(actor).await.map_err(store_error)?,
        };
        let retired_ms = retired.map(|at_ms| self.core.durable.date_of(at_ms, at));
        Ok(ActorView {
            stored,
            retired_ms,
            presence: self.presence(actor),
        })
    }

    /// How many actors of a type this silo has in memory.
    #[must_use]
    pub fn in_memory_of(&self, actor_type: &str) -> usize {
        let mut count = 0;
        self.core.slots.each(|actor| {
            count += usize::from(&**actor.actor_type() == actor_type);
        });
        count
    }

    /// How many messages of an actor are on their way from this silo, by whom they are for.
    #[must_use]
    pub fn pending_from(&self, actor: &ActorId) -> Vec<(ActorId, usize)> {
        self.core.outbox.pending_from(actor)
    }

    /// The newest messages that the actor has handled and the silo still remembers.
    ///
    /// # Errors
    /// When there is no such actor type, or the store cannot be read.
    pub async fn history(&self, actor: &ActorId, limit: usize) -> Result<History, CallError> {
        self.core.catalog.get(actor, None)?;
        let kept_ms = self.core.settings.dedupe_ms;
        let mut newest = BinaryHeap::new();
        let (mut after, mut seen, mut complete) = (None, 0, false);
        while !complete && seen < ROWS_MAX {
            let rows = self.core.store.all_handled(actor, after, PAGE).await;
            let rows = rows.map_err(store_error)?;
            complete = rows.len() < PAGE;
            seen += rows.len();
            after = rows.last().map(|row| row.id);
            for row in rows {
                newest.push(Reverse(handled(row, kept_ms)));
                // The heap has the oldest on top: what is not among the newest falls out at once,
                // so memory stays bounded.
                if newest.len() > limit {
                    newest.pop();
                }
            }
        }
        let messages = newest.into_sorted_vec();
        let messages = messages.into_iter().map(|Reverse(message)| message);
        Ok(History {
            messages: messages.collect(),
            complete,
        })
    }

    fn presence(&self, actor: &ActorId) -> Presence {
        match self.core.slots.is_at_work(actor) {
            None => Presence::NotInMemory,
            Some(false) => Presence::AtRest,
            Some(true) => Presence::AtWork,
        }
    }

    /// Takes the actor out of memory if it has nothing to do; tells where it was before.
    ///
    /// # Errors
    /// When there is no such actor type.
    pub async fn deactivate(&self, actor: &ActorId) -> Result<Presence, CallError> {
        self.core.catalog.get(actor, None)?;
        match self.core.slots.evict(actor, u64::MAX) {
            Some(evicted) => {
                if let Some(activation) = evicted.activation {
                    let core = std::sync::Arc::clone(&self.core);
                    crate::deactivate::run(core, actor.clone(), activation).await;
                }
                Ok(Presence::AtRest)
            }
            // It may have begun or ended something in between: then it was at work.
            None => Ok(match self.presence(actor) {
                Presence::NotInMemory => Presence::NotInMemory,
                Presence::AtRest | Presence::AtWork => Presence::AtWork,
            }),
        }
    }
}

fn handled(row: HandledRow, kept_ms: u64) -> Handled {
    let HandledRow { id, reply } = row;
    let end = reply.reply.len().min(REPLY_BYTES_MAX);
    Handled {
        // A record says when it may be forgotten.
        at_ms: reply.expires_at_ms.saturating_sub(kept_ms),
        id,
        declined: reply.declined,
        title: reply.title,
        caller: reply.caller,
        trace: reply.trace,
        // A copy: a slice would keep all of it in memory.
        reply: Bytes::copy_from_slice(&reply.reply[..end]),
        reply_bytes: reply.reply.len(),
    }
}
