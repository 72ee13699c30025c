//! Commits of one actor that are in flight, in order.

use std::collections::VecDeque;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use pizza_store::{CommitError, CommitTicket, Committed};
use pizza_types::{Envelope, MessageId, Reply};

use crate::core::Core;
use crate::gate::Gate;
use crate::in_doubt;
use crate::stage::Outputs;

/// A turn whose commit was queued, with everything that waits for it.
pub(crate) struct Pending {
    id: MessageId,
    ticket: Option<CommitTicket>,
    pub(crate) outputs: Outputs,
}

impl Pending {
    pub(crate) fn committing(envelope: &Envelope, ticket: CommitTicket, outputs: Outputs) -> Self {
        Self {
            id: envelope.id,
            ticket: Some(ticket),
            outputs,
        }
    }

    /// There was nothing to write; what leaves still waits for the commits before it.
    pub(crate) fn uncommitted(envelope: &Envelope, outputs: Outputs) -> Self {
        Self {
            id: envelope.id,
            ticket: None,
            outputs,
        }
    }

    /// The message turned out to need no turn.
    pub(crate) fn nothing(envelope: &Envelope, version: u64) -> Self {
        Self::uncommitted(envelope, Outputs::empty(envelope, version))
    }

    /// The message was handled before; its answer leaves as any other does.
    pub(crate) fn replay(envelope: &Envelope, version: u64, reply: Reply) -> Self {
        let mut outputs = Outputs::empty(envelope, version);
        outputs.reply = reply.body;
        outputs.declined = reply.declined;
        outputs.replayed = true;
        Self::uncommitted(envelope, outputs)
    }
}

/// What became of a turn: its commit, if it had one, and what was waiting for it.
pub(crate) type Settled = (Result<Option<Committed>, CommitError>, Outputs);
type InFlight = Pin<Box<dyn Future<Output = Settled> + Send>>;

/// The turns of one activation whose outcome is not known yet.
pub(crate) struct Pipeline {
    core: Arc<Core>,
    in_flight: FuturesOrdered<InFlight>,
    /// The oldest commit, while the store is asked what became of it.
    in_doubt: Option<InFlight>,
    /// The ids of the messages in flight, oldest first, the one in doubt among them.
    ids: VecDeque<MessageId>,
    pub(crate) gate: Gate,
}

impl Pipeline {
    pub(crate) fn new(core: &Arc<Core>, durable_version: u64) -> Self {
        Self {
            core: Arc::clone(core),
            in_flight: FuturesOrdered::new(),
            in_doubt: None,
            ids: VecDeque::new(),
            gate: Gate::new(durable_version),
        }
    }

    pub(crate) fn push(&mut self, pending: Pending) {
        let Pending {
            id,
            ticket,
            outputs,
        } = pending;
        self.ids.push_back(id);
        self.in_flight.push_back(match ticket {
            Some(ticket) => Box::pin(async move { (ticket.await.map(Some), outputs) }),
            None => Box::pin(ready((Ok(None), outputs))),
        });
    }

    /// Whether a message of this id is in flight: its reply is then not in the store yet.
    pub(crate) fn holds(&self, id: MessageId) -> bool {
        self.ids.contains(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The oldest commit, once its outcome is known; never resolves when there is none.
    /// Dropped and called again, it goes on where it was.
    pub(crate) async fn next(&mut self) -> Settled {
        if self.in_doubt.is_none() {
            let Some((outcome, outputs)) = self.in_flight.next().await else {
                return std::future::pending().await;
            };
            let Err(CommitError::Unknown { detail }) = outcome else {
                self.ids.pop_front();
                return (outcome, outputs);
            };
            let core = Arc::clone(&self.core);
            // Kept in `self`: the caller drops this future whenever a message arrives.
            self.in_doubt = Some(Box::pin(async move {
                let outcome = in_doubt::resolve(&core, &outputs, detail).await;
                (outcome.map(Some), outputs)
            }));
        }
        let Some(in_doubt) = &mut self.in_doubt else {
            return std::future::pending().await;
        };
        let settled = in_doubt.await;
        self.in_doubt = None;
        self.ids.pop_front();
        settled
    }
}
