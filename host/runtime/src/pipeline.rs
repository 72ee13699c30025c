//! Commits of one actor that are in flight, in order.

use std::collections::VecDeque;
use std::future::ready;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use pizza_store::{CommitError, CommitTicket, Committed};
use pizza_types::{Envelope, MessageId, Reply};

use crate::gate::Gate;
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

    pub(crate) fn nothing(envelope: &Envelope, version: u64) -> Self {
        Self::uncommitted(envelope, Outputs::empty(envelope, version))
    }

    pub(crate) fn replay(envelope: &Envelope, version: u64, reply: Reply) -> Self {
        let mut outputs = Outputs::empty(envelope, version);
        outputs.reply = reply.body;
        outputs.declined = reply.declined;
        outputs.replayed = true;
        Self::uncommitted(envelope, outputs)
    }
}

pub(crate) type Settled = (Result<Option<Committed>, CommitError>, Outputs);
type InFlight = Pin<Box<dyn Future<Output = Settled> + Send>>;

pub(crate) struct Pipeline {
    in_flight: FuturesOrdered<InFlight>,
    ids: VecDeque<MessageId>,
    pub(crate) gate: Gate,
}

impl Pipeline {
    pub(crate) fn new(durable_version: u64) -> Self {
        Self {
            in_flight: FuturesOrdered::new(),
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
    pub(crate) async fn next(&mut self) -> Settled {
        match self.in_flight.next().await {
            Some(settled) => {
                self.ids.pop_front();
                settled
            }
            None => std::future::pending().await,
        }
    }
}
