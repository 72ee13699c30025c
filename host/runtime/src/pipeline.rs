//! Turns of one actor whose outcome is not known yet, in order.

use std::collections::VecDeque;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use pizza_store::{CommitError, CommitTicket, Committed, StoreError, Tail};
use pizza_types::{Durability, MessageId, Reply};

use crate::core::Core;
use crate::gate::Gate;
use crate::in_doubt;
use crate::slot::{Queued, Until};
use crate::stage::Outputs;

/// A turn whose commit was queued, with everything that waits for it.
pub(crate) struct Pending {
    ticket: Option<CommitTicket>,
    /// What a turn without a commit waits for beside the turns before it.
    tail: Option<Tail>,
    pub(crate) outputs: Outputs,
}

impl Pending {
    pub(crate) fn committing(ticket: CommitTicket, outputs: Outputs) -> Self {
        Self {
            ticket: Some(ticket),
            tail: None,
            outputs,
        }
    }

    /// There was nothing to write; what leaves still waits for the commits before it.
    pub(crate) fn uncommitted(outputs: Outputs) -> Self {
        Self {
            ticket: None,
            tail: None,
            outputs,
        }
    }

    /// There was nothing to write, but it may stand on what other actors have staged.
    pub(crate) fn behind(self, tail: Option<Tail>) -> Self {
        Self { tail, ..self }
    }

    /// What whoever goes on from a staged turn hears of it; nothing of it is durable.
    pub(crate) fn staged_reply(&self) -> Reply {
        Reply {
            body: self.outputs.reply.clone(),
            declined: self.outputs.declined,
            replayed: self.outputs.replayed,
            durability: Durability::Memory,
        }
    }

    /// The message was handled before; its answer leaves as any other does.
    pub(crate) fn replay(mut outputs: Outputs, reply: Reply) -> Self {
        outputs.reply = reply.body;
        outputs.declined = reply.declined;
        outputs.replayed = true;
        Self::uncommitted(outputs)
    }
}

/// What became of a turn: its message, its commit if it had one, and what was waiting for it.
pub(crate) struct Settled {
    pub(crate) message: Queued,
    pub(crate) outcome: Result<Option<Committed>, CommitError>,
    pub(crate) outputs: Outputs,
}

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
    /// Turns that ran on a state that never was, in their order: they are run again.
    pub(crate) void: Vec<Queued>,
    /// Whether the actor may live elsewhere by now.
    pub(crate) is_lost: bool,
    /// Whether the store has yet to decide on one of those in flight.
    is_undecided: bool,
}

impl Pipeline {
    pub(crate) fn new(core: &Arc<Core>, durable_version: u64) -> Self {
        Self {
            core: Arc::clone(core),
            in_flight: FuturesOrdered::new(),
            in_doubt: None,
            ids: VecDeque::new(),
            gate: Gate::new(durable_version),
            void: Vec::new(),
            is_lost: false,
            is_undecided: false,
        }
    }

    /// Adds the newest turn. Whoever goes on from a staged one hears of it here.
    pub(crate) fn push(&mut self, mut message: Queued, pending: Pending) {
        let is_decided = pending.ticket.as_ref().is_none_or(CommitTicket::is_staged);
        self.is_undecided = !is_decided || (self.is_undecided && !self.is_empty());
        if message.until == Until::Staged && !self.is_undecided {
            message.answer_early(Ok(pending.staged_reply()));
        }
        let Pending {
            ticket,
            tail,
            outputs,
        } = pending;
        self.ids.push_back(message.envelope.id);
        self.in_flight.push_back(match (ticket, tail) {
            (Some(ticket), _) => Box::pin(async move {
                Settled {
                    outcome: ticket.await.map(Some),
                    message,
                    outputs,
                }
            }),
            (None, Some(tail)) => Box::pin(async move {
                let lost = |error: StoreError| CommitError::Unknown {
                    detail: error.to_string(),
                };
                Settled {
                    outcome: tail.await.map(|()| None).map_err(lost),
                    message,
                    outputs,
                }
            }),
            (None, None) => Box::pin(ready(Settled {
                outcome: Ok(None),
                message,
                outputs,
            })),
        });
    }

    /// Whether a commit was refused, so that all turns behind it ran on a state that never was.
    pub(crate) fn is_void(&self) -> bool {
        self.gate.is_void()
    }

    /// Whether all in flight is staged for good: who lives on the same log may go on from it.
    pub(crate) fn is_staged(&self) -> bool {
        self.is_empty() || !self.is_undecided
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

    /// The oldest turn, once its outcome is known; never resolves when there is none.
    /// Dropped and called again, it goes on where it was.
    pub(crate) async fn next(&mut self) -> Settled {
        if self.in_doubt.is_none() {
            let Some(settled) = self.in_flight.next().await else {
                return std::future::pending().await;
            };
            let (detail, commit) = match (&settled.outcome, &settled.outputs.commit) {
                (Err(CommitError::Unknown { detail }), Some(commit)) => {
                    (detail.clone(), Arc::clone(commit))
                }
                _ => {
                    self.ids.pop_front();
                    return settled;
                }
            };
            let (core, first_epoch) = (Arc::clone(&self.core), settled.outputs.first_epoch);
            // Kept in `self`: the caller drops this future whenever a message arrives.
            self.in_doubt = Some(Box::pin(async move {
                let outcome = in_doubt::resolve(&core, &commit, first_epoch, detail).await;
                Settled {
                    outcome: outcome.map(Some),
                    ..settled
                }
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
